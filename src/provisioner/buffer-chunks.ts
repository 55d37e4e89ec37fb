/**
 * Buffer chunks: what a CapacityBuffer wants, resolved.
 *
 * Reads a CapacityBuffer and the template that it refers to. Returns one chunk as a Pod and how many there are to be, by the rules of
 * Karpenter 1.15, or why that can't be told, in the API's own words. A chunk is the Pod that admission would let in, so that the room
 * that is kept is the room that will be needed.
 */
import type { CapacityBuffer } from "../api/capacity-buffer.ts";
import type { Pod } from "../api/pod.ts";
import { err, ok, type Result } from "../api/result.ts";
import { bufferSource, chunksWanted, type BufferProblem, type BufferSource } from "../policies/buffer-source.ts";
import type { ContractWorld } from "../policies/profile/workload-contract.ts";
import { statedShape } from "./prediction/coming-pod.ts";
import { isProvisionable } from "./provisionable.ts";

export interface BufferChunks extends Pick<BufferSource, "podTemplate"> {
  /** One chunk. */
  readonly pod: Pod;
  readonly replicas: number;
}

/** Returns the chunks of a buffer that is ours, or why there are none. */
export function bufferChunks(buffer: CapacityBuffer, world: ContractWorld): Result<BufferChunks, BufferProblem> {
  const source = bufferSource(buffer, world.snapshot);
  if (!source.ok) return source;
  const { workload, scale, podTemplate } = source.value;
  const { open } = statedShape({ ...world, workload });
  // A gate is opened by whoever set it, once the Pod is there; the room is wanted before.
  const pod = { ...open, spec: { ...open.spec, schedulingGates: [] } };
  if (!isProvisionable(pod)) {
    const message = "Pods of the template wait for no node of a NodePool: it names a node, or its node affinity refuses every NodePool";
    return err({ reason: "ResolutionFailed", message });
  }
  return ok({ pod, replicas: chunksWanted(buffer, { pod, scale }), ...(podTemplate === undefined ? {} : { podTemplate }) });
}
