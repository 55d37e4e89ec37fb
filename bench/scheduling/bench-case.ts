/**
 * BenchCase: what the scheduling benchmark gives a scheduler to solve, whoever's scheduler it is.
 *
 * Kubernetes' own objects and instance types in Plimsoll's shape (CPU in millicores, other amounts in bytes and counts), as they stand in
 * one JSON file that Plimsoll's run and Karpenter's both read.
 */
import type { InstanceType } from "../../src/api/instance-type.ts";
import type { NodePool } from "../../src/api/node-pool.ts";
import type { Node } from "../../src/api/node.ts";
import type { Pod } from "../../src/api/pod.ts";

/** What comes anew with each seed. */
export interface BenchLoad {
  /** Pods without a node, in the order of their creation; their names are unique. */
  readonly pods: readonly Pod[];
  readonly nodes: readonly Node[];
  /** Pods that are on the nodes. */
  readonly boundPods: readonly Pod[];
}

/** A case as its file has it. */
export interface BenchCase extends BenchLoad {
  readonly nodePool: NodePool;
  readonly instanceTypes: readonly InstanceType[];
}

/** How many new nodes a right plan has, and how many Pods it leaves out. */
export interface RightAnswer {
  readonly nodes: number;
  readonly unschedulable: number;
}

/** A case by name, before it is made. */
export interface CaseRecipe {
  readonly name: string;
  /** One line for the reader. */
  readonly what: string;
  readonly nodePool: () => NodePool;
  readonly instanceTypes: () => readonly InstanceType[];
  /** What is measured. */
  readonly load: () => BenchLoad;
  /** The same kind of load from another seed, for warming up. */
  readonly warmUp: () => BenchLoad;
  /** True where all of that load warms a tool up, and not only some of it: a small one may leave cold what a large one needs. */
  readonly isWarmedWhole?: true;
  /** What a right plan has, where there is only one right answer. */
  readonly right?: RightAnswer;
}

/** A load without nodes. */
export function onEmptyCluster(pods: readonly Pod[]): BenchLoad {
  return { pods, nodes: [], boundPods: [] };
}
