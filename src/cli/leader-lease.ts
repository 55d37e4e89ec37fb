/**
 * The Lease of the leader: where it stands. It also keeps the record of its API server (kube/lease-record.ts).
 */
import type { ObjectKey } from "../api/object.ts";

export const leaseName = "plimsoll";

/** Returns the key of the Lease in our own namespace. */
export function leaderLease(namespace: string): ObjectKey {
  return { namespace, name: leaseName };
}
