/**
 * Buffer demand: the virtual Pods of all CapacityBuffers.
 *
 * Reads the snapshot. Returns for each buffer what it wants and the Pods that keep its room in the plan: no more than the bound of BUF-001,
 * whatever grew since admission looked, and of that no more than the ResourceQuotas of its namespace would let in after the Pods that stand
 * and are to come, since room for Pods that can't come is bought for nobody. They are asked for at every look: where standing nodes have the
 * room, the plan finds it there and buys nothing.
 */
import type { CapacityBuffer } from "../api/capacity-buffer.ts";
import type { Instant } from "../api/ports.ts";
import type { Result } from "../api/result.ts";
import { bufferBoundRule, bufferLedger } from "../policies/buffer-bound.ts";
import { isOurBuffer, type BufferProblem } from "../policies/buffer-source.ts";
import type { ContractWorld } from "../policies/profile/workload-contract.ts";
import { bufferChunks, type BufferChunks } from "./buffer-chunks.ts";
import { fairShares } from "./fair-shares.ts";
import type { QuotaRoom } from "../kube/quota-room.ts";
import { isNamespaceEnding } from "./missing-pods.ts";
import { bufferPods } from "./scheduling/buffer-pod.ts";
import type { PendingPod } from "./scheduling/pod-class.ts";

/** No more virtual Pods than these are planned for, all buffers together, in fair shares. */
export const bufferPodsMax = 20_000;

export interface BufferRoom {
  readonly buffer: CapacityBuffer;
  readonly chunks: Result<BufferChunks, BufferProblem>;
  readonly pods: readonly PendingPod[];
  /** How many chunks the bound and the quotas let in; absent: none is wanted. */
  readonly allowed?: number;
  /** What keeps it from what it wants: the bound, a quota, or both. */
  readonly limitedBy?: string;
}

/** Returns what each buffer that is ours wants, by namespace and name; what is let in is taken from the room of the quotas. */
export function bufferDemand(
  world: ContractWorld,
  { room, now }: { readonly room: QuotaRoom; readonly now: Instant },
): readonly BufferRoom[] {
  const ours = world.snapshot
    .list("CapacityBuffer")
    .filter((buffer) => isOurBuffer(buffer) && !isNamespaceEnding(world.snapshot, buffer.metadata.namespace ?? ""));
  const bound = bufferLedger({ policySet: world.policySet, now });
  const wanted = ours.map((buffer): Omit<BufferRoom, "pods"> => {
    const chunks = bufferChunks(buffer, world);
    if (!chunks.ok) return { buffer, chunks };
    const { pod, replicas } = chunks.value;
    const { namespace = "" } = buffer.metadata;
    // The bound comes first: a quota is charged for no chunk that the bound keeps out, and its words count from there.
    const fits = bound.fits(buffer, pod, replicas);
    const { count: allowed, refusal } = room.take({ ...pod, metadata: { ...pod.metadata, namespace } }, fits);
    bound.take(buffer, pod, allowed);
    const cut = fits < replicas ? `${bufferBoundRule} leaves room for ${fits} of ${replicas} in this namespace` : undefined;
    const limits = [cut, refusal].filter((limit) => limit !== undefined);
    return { buffer, chunks, allowed, ...(limits.length === 0 ? {} : { limitedBy: limits.join(", and ") }) };
  });
  const shares = fairShares(
    wanted.map(({ allowed = 0 }) => allowed),
    bufferPodsMax,
  );
  return wanted.map((one, index) => {
    const { chunks, buffer } = one;
    const { namespace = "", name = "" } = buffer.metadata;
    const count = shares[index] ?? 0;
    return { ...one, pods: chunks.ok ? bufferPods({ namespace, name }, { pod: chunks.value.pod, count }) : [] };
  });
}
