/**
 * Rounds: classes take their turns, until a round places none.
 *
 * Reads a packing, which it changes, and the classes that wait. Returns those left. One that finds no place waits for the next round,
 * because affinity may need another Pod to be placed before it. Where the plan is cut short, what waits is left as it is: every
 * Pod was placed beside those before it, so what stands is legal.
 */
import { binLists, type BinLists } from "./bin-lists.ts";
import type { Bin, BinMember } from "./bin.ts";
import { classRun, type Choice, type ClassRun, type OpeningRule } from "./class-run.ts";
import type { ExistingNode } from "./existing-node.ts";
import { openBin, placeInBin, placeOnExisting, vectorFor, type Packing } from "./packing.ts";
import type { PlanCut } from "./plan-cut.ts";
import type { PendingPod, PodClass } from "./pod-class.ts";
import { isEqual } from "./resource-space.ts";
import type { Steer, Steers } from "./steering.ts";

export interface UnplacedPods {
  readonly podClass: PodClass;
  readonly pods: readonly PendingPod[];
  /** Whether one of them was looked at and found no place. */
  readonly isLookedAt?: boolean;
}

/** Rounds after which Pods that wait for others are given up; each round but the last places at least one. */
const roundsMax = 32;

export interface Rounds {
  readonly waiting: readonly UnplacedPods[];
  readonly nodes: readonly (readonly ExistingNode[])[];
  readonly strategy: { readonly opening: OpeningRule; readonly steers?: Steers };
  readonly lists: ListsInTurn;
  readonly cut: PlanCut;
}

/** Places classes in turn until a round places none; returns those left. */
export function placeInRounds(packing: Packing, { waiting: all, ...how }: Rounds): readonly UnplacedPods[] {
  let waiting = all;
  for (let round = 0; round < roundsMax && waiting.length > 0; round += 1) {
    const before = countOf(waiting);
    waiting = waiting
      .map((one, index, turns) => placeClass(packing, how, { one, next: turns[index + 1]?.podClass }))
      .filter(({ pods }) => pods.length > 0);
    if (how.cut.isMade() || countOf(waiting) === before) break;
  }
  return waiting;
}

/** Pods of one class that are placed between two questions whether the plan is to be cut short. */
const podsBetweenAsksMax = 64;

/** Places the Pods of one class until one finds no place, for then none will in this round; returns those left. */
function placeClass(
  packing: Packing,
  { nodes, strategy, lists, cut }: Omit<Rounds, "waiting">,
  { one: turn, next }: { readonly one: UnplacedPods; /** The class that comes after it. */ readonly next: PodClass | undefined },
): UnplacedPods {
  const { podClass, pods, isLookedAt = false } = turn;
  if (cut.isDue()) return { podClass, pods, isLookedAt };
  const tried = waysOf(packing, { podClass, steer: strategy.steers?.get(podClass.id) });
  const runs = tried.map(({ one, steer }) =>
    classRun(packing, {
      podClass: one,
      nodes: nodes[one.id] ?? [],
      opening: strategy.opening,
      lists: lists(one, one === podClass ? next : undefined),
      pods: pods.length,
      steer,
    }),
  );
  for (let index = 0; index < pods.length; index += 1) {
    const pending = pods[index];
    if (pending === undefined) break;
    if (index > 0 && index % podsBetweenAsksMax === 0 && cut.isDue()) return { podClass, pods: pods.slice(index), isLookedAt };
    const found = firstChoice(runs);
    if (found === undefined) return { podClass, pods: pods.slice(index), isLookedAt: true };
    const bin = place(packing, { choice: found.choice, member: { podClass: tried[found.at]?.one ?? podClass, pending } });
    for (const run of runs) run.placed(bin);
    packing.waiting[podClass.id] = (packing.waiting[podClass.id] ?? 0) - 1;
  }
  return { podClass, pods: [] };
}

interface Way {
  readonly one: PodClass;
  readonly steer: Steer | undefined;
}

/** Under the policy Respect a Pod is tried with all of its preferences first, then with fewer; each time where it is steered to, then anywhere. */
function waysOf(
  { problem }: Packing,
  { podClass, steer }: { readonly podClass: PodClass; readonly steer: Steer | undefined },
): readonly Way[] {
  const relaxed = problem.relaxations[podClass.id];
  if (relaxed === undefined && steer === undefined) return [{ one: podClass, steer }];
  const anywhere = [...(relaxed ?? []), podClass].map((one) => ({ one, steer: undefined }));
  return steer === undefined
    ? anywhere
    : anywhere.flatMap(({ one }) => [
        { one, steer },
        { one, steer: undefined },
      ]);
}

function firstChoice(runs: readonly ClassRun[]): { readonly choice: Choice; readonly at: number } | undefined {
  for (let at = 0; at < runs.length; at += 1) {
    const choice = runs[at]?.next();
    if (choice !== undefined) return { choice, at };
  }
  return undefined;
}

/** Returns the lists of a class, given the one that comes after it. */
export type ListsInTurn = (podClass: PodClass, next: PodClass | undefined) => BinLists;

/** Lists are those of the class before, where both ask for the same amounts under the same labels. */
export function listsInTurn(packing: Packing): ListsInTurn {
  const { problem } = packing;
  const isAlike = (a: PodClass, b: PodClass | undefined): boolean => {
    if (b === undefined || a.placementId !== b.placementId) return false;
    return isEqual(vectorFor(problem, a), vectorFor(problem, b));
  };
  let last: { readonly podClass: PodClass; readonly lists: BinLists } | undefined;
  return (podClass, next) => {
    const isSame = isAlike(podClass, last?.podClass);
    const lists =
      last !== undefined && isSame
        ? last.lists
        : binLists(packing, { added: vectorFor(problem, podClass), isForOne: !isAlike(podClass, next) });
    last = { podClass, lists };
    return lists;
  };
}

/** Places a Pod where it was chosen to go; returns the bin that it went to, if it is one. */
function place(packing: Packing, { choice, member }: { readonly choice: Choice; readonly member: BinMember }): Bin | undefined {
  if (choice.kind === "existing") {
    placeOnExisting(packing, { node: choice.node, member });
    return undefined;
  }
  const bin = choice.kind === "new" ? openBin(packing, choice.fit) : choice.bin;
  placeInBin(packing, { bin, fit: choice.fit, member });
  return bin;
}

/** Returns how many Pods wait. */
export function countOf(waiting: readonly UnplacedPods[]): number {
  return waiting.reduce((sum, { pods }) => sum + pods.length, 0);
}
