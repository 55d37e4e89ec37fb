/**
 * Advice: what the provisioner says when admission asks it something, before anything is bought.
 *
 * Reads a question and what the provisioner would solve over now. Returns the answer. Questions and answers are plain data, since
 * the two sides may live in two threads.
 */
import type { KubeObject } from "../api/object.ts";
import type { Instant } from "../api/ports.ts";
import { adviceWords } from "./advice-words.ts";
import { capacityAdvice, type AdviceLimits } from "./capacity-advice.ts";
import type { ObservedCluster } from "./cluster-input.ts";
import { podDemand } from "./demand.ts";
import { bufferOf } from "./scheduling/buffer-pod.ts";

export type AdviceRequest =
  /** How many Pods wait for a node, those to come included. */
  | { readonly kind: "waiting-pods" }
  /** What a workload, as it would be stored, needs and costs. */
  | { readonly kind: "capacity"; readonly object: KubeObject };

export type AdviceAnswer =
  | { readonly kind: "waiting-pods"; readonly pods: number }
  /** Absent words: it asks for nothing more. */
  | { readonly kind: "capacity"; readonly words?: string };

/** Returns the answer to a question of admission. */
export function adviceOn(
  request: AdviceRequest,
  observed: ObservedCluster,
  { now, ...limits }: AdviceLimits & { readonly now: Instant },
): AdviceAnswer {
  if (request.kind === "waiting-pods") {
    const { pods, later } = podDemand({ ...observed.world, memory: new Map(), now });
    const waiting = pods.filter((pod) => bufferOf(pod) === undefined).length;
    return { kind: request.kind, pods: later.reduce((sum, { count }) => sum + count, waiting) };
  }
  const advice = capacityAdvice(request.object, observed, { now, ...limits });
  return advice === undefined ? { kind: request.kind } : { kind: request.kind, words: adviceWords(advice) };
}
