/**
 * Advice: what the provisioner says when admission asks it something, before anything is bought.
 *
 * Reads a question and what the provisioner would solve over now. Returns the answer. Questions and answers are plain data, since
 * the two sides may live in two threads.
 */
import type { InstanceType } from "../api/instance-type.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { NodePool } from "../api/node-pool.ts";
import type { Instant } from "../api/ports.ts";
import type { ContractWorld } from "../policies/profile/workload-contract.ts";
import { podDemand } from "./demand.ts";

/** How many Pods wait for a node, those to come included. */
export interface AdviceRequest {
  readonly kind: "waiting-pods";
}

export interface AdviceAnswer {
  readonly kind: "waiting-pods";
  readonly pods: number;
}

/** What an answer is made from: the same things that a plan is made from. */
export interface AdviceWorld {
  readonly world: ContractWorld;
  readonly nodeClaims: readonly NodeClaim[];
  /** The pools that our provider serves. */
  readonly nodePools: readonly NodePool[];
  /** By pool name; a pool whose NodeClass is not ready has no entry. */
  readonly instanceTypes: ReadonlyMap<string, readonly InstanceType[]>;
}

/** Returns the answer to a question of admission. */
export function adviceOn(request: AdviceRequest, { world }: AdviceWorld, now: Instant): AdviceAnswer {
  return { kind: request.kind, pods: podDemand({ ...world, memory: new Map(), now }).pods.length };
}
