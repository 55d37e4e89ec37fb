/**
 * Removal doubt: what looks like garbage only because the one who was asked has forgotten, or was the wrong one to ask.
 *
 * Reads garbage, the record of the API server (kube/lease-record.ts) and the cloud's list. Returns the garbage that can be judged now, and
 * whom of it to doubt, in words. A NodeClaim is written before its instance is launched: an instance of a recorded time whose NodeClaim is
 * not there had one, and it was deleted. Of an instance of any other time nobody knows that, be it one or a thousand: the API server may
 * have been restored from a backup of before the launch, or be another cluster's. In the same way a list without one instance, alive or
 * ended, says nothing of those whose Nodes still stand: it may be another account's.
 */
import type { Lease } from "../../api/lease.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Node } from "../../api/node.ts";
import type { CloudInstance } from "../../api/ports.ts";
import { recordedIn, type Recorded } from "../../kube/lease-record.ts";
import type { Garbage } from "./garbage.ts";

/** What is known of the record: nobody keeps one, it could not be read, or the Lease with it (undefined: it is not there). */
export type ApiRecord =
  | { readonly kind: "kept-by-nobody" }
  | { readonly kind: "unread"; readonly problem: string }
  | { readonly kind: "read"; readonly lease: Lease | undefined; readonly annotation: string };

/** Something to end, and why it may be none of ours to end. */
export type Doubts = ReadonlyMap<CloudInstance | NodeClaim, string>;

/** Returns the garbage without what the record has still to reach, and the doubts about the rest. */
export function doubtedGarbage(
  garbage: Garbage,
  of: { readonly record: ApiRecord; readonly instances: readonly CloudInstance[]; readonly nodes: readonly Node[] },
): { readonly garbage: Garbage; readonly doubts: Doubts } {
  const { record, nodes } = of;
  const known = garbage.instances.map((instance) => ({ instance, recorded: recordedLaunch(instance, record) }));
  const judged = known.filter(({ recorded }) => recorded !== "not-yet");
  const doubts = new Map<CloudInstance | NodeClaim, string>();
  for (const { instance, recorded } of judged) if (recorded === "unrecorded") doubts.set(instance, unrecordedText(record));
  if (of.instances.length === 0) {
    const standing = new Set(nodes.map(({ spec }) => spec?.providerID ?? ""));
    for (const claim of garbage.nodeClaims) if (standing.has(claim.status?.providerID ?? "")) doubts.set(claim, emptyListText);
  }
  return { garbage: { ...garbage, instances: judged.map(({ instance }) => instance) }, doubts };
}

/** Says whether the API server remembers the time at which an instance was launched. */
export function recordedLaunch({ launchedAt }: CloudInstance, record: ApiRecord): Recorded {
  switch (record.kind) {
    case "kept-by-nobody":
      return "recorded";
    case "unread":
      return "unrecorded";
    case "read":
      return recordedIn(record.lease, { annotation: record.annotation, at: launchedAt });
  }
}

const emptyListText = "the cloud lists no instance of this cluster at all, as another account or region would";

function unrecordedText(record: ApiRecord): string {
  return record.kind === "unread"
    ? `whether the API server remembers their launch can't be read (${record.problem})`
    : "this API server has no record of the time of their launch: it was restored from a backup, is another cluster's, or nobody led then";
}
