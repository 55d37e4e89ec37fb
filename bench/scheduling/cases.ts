/**
 * All cases of the scheduling benchmark, in the order in which they are run.
 *
 * Reads nothing. Returns recipes; a case is made only when it is run.
 */
import type { CaseRecipe } from "./bench-case.ts";
import { autoscalerCases } from "./autoscaler-cases.ts";
import { deploymentCase } from "./deployment-cases.ts";
import { distinctCase, diverseCase, preferenceCase } from "./diverse-cases.ts";
import { populatedCase } from "./populated-cases.ts";

const diverseCounts = [500, 1000, 2000, 5000, 10_000, 20_000];
const preferenceCount = 4000;
const distinctCount = 20_000;
const nodeCounts = [100, 1000, 5000];
/** What Karpenter takes for the first is to be compared with what Plimsoll takes for the second. */
const deploymentPodCounts = [600, 30_000];
const scalingPodCounts = [12_500, 25_000, 50_000, 100_000, 200_000];

/** Returns every case that needs no file. */
export function allCases(): readonly CaseRecipe[] {
  return [
    ...diverseCounts.map(diverseCase),
    preferenceCase(preferenceCount),
    distinctCase(distinctCount),
    ...nodeCounts.map(populatedCase),
    ...deploymentPodCounts.map(deploymentCase),
    ...autoscalerCases(),
  ];
}

/** Returns the cases that show how time grows with the number of Pods: each has twice the Pods of the one before, and is warmed up with as many. */
export function scalingCases(): readonly CaseRecipe[] {
  return scalingPodCounts.map((count) => ({ ...deploymentCase(count), isWarmedWhole: true }));
}
