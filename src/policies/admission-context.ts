/**
 * AdmissionContext: all that a verdict may know besides the request and the policies.
 *
 * Made from memory (the informers' snapshot, or a folder of files), so that judging a request never waits for anything.
 */
import type { InstanceType } from "../api/instance-type.ts";
import type { PlatformNames } from "../api/labels.ts";
import type { Instant } from "../api/ports.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";

/** The cluster as it is known, without the requested change; `instanceTypes` may be empty, then no shape is judged. */
export interface AdmissionContext {
  readonly snapshot: ClusterSnapshot;
  readonly instanceTypes: readonly InstanceType[];
  readonly names: PlatformNames;
  readonly now: Instant;
  /**
   * Whether who asks may speak for the owner that the object names, as the API server said (owner-claim.ts); false too where it did not
   * answer. Absent where nobody asks: in files, and of what stands.
   */
  readonly speaksForOwner?: boolean;
}
