/**
 * Lease (coordination.k8s.io/v1), as on the wire: who leads.
 */
import type { KubeObject } from "./object.ts";

export interface Lease extends KubeObject {
  readonly spec?: {
    readonly holderIdentity?: string;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string;
    readonly renewTime?: string;
    readonly leaseTransitions?: number;
  };
}
