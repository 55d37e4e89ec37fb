/**
 * Buffer demand: the virtual Pods of all CapacityBuffers.
 *
 * Reads the snapshot. Returns for each buffer what it wants and the Pods that keep its room in the plan. They are asked for at every
 * look: where standing nodes have the room, the plan finds it there and buys nothing.
 */
import type { CapacityBuffer } from "../api/capacity-buffer.ts";
import type { Result } from "../api/result.ts";
import type { ContractWorld } from "../policies/profile/workload-contract.ts";
import { bufferChunks, isOurBuffer, type BufferChunks, type BufferProblem } from "./buffer-chunks.ts";
import { fairShares } from "./fair-shares.ts";
import { isNamespaceEnding } from "./missing-pods.ts";
import { bufferPods } from "./scheduling/buffer-pod.ts";
import type { PendingPod } from "./scheduling/pod-class.ts";

/** No more virtual Pods than these are planned for, all buffers together, in fair shares. */
export const bufferPodsMax = 20_000;

export interface BufferRoom {
  readonly buffer: CapacityBuffer;
  readonly chunks: Result<BufferChunks, BufferProblem>;
  readonly pods: readonly PendingPod[];
}

/** Returns what each buffer that is ours wants, by namespace and name. */
export function bufferDemand(world: ContractWorld): readonly BufferRoom[] {
  const ours = world.snapshot
    .list("CapacityBuffer")
    .filter((buffer) => isOurBuffer(buffer) && !isNamespaceEnding(world.snapshot, buffer.metadata.namespace ?? ""));
  const wanted = ours.map((buffer) => ({ buffer, chunks: bufferChunks(buffer, world) }));
  const shares = fairShares(
    wanted.map(({ chunks }) => (chunks.ok ? chunks.value.replicas : 0)),
    bufferPodsMax,
  );
  return wanted.map(({ buffer, chunks }, index) => {
    const { namespace = "", name = "" } = buffer.metadata;
    const count = shares[index] ?? 0;
    return { buffer, chunks, pods: chunks.ok ? bufferPods({ namespace, name }, { pod: chunks.value.pod, count }) : [] };
  });
}
