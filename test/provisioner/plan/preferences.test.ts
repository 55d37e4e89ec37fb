/**
 * Preferences on random cases, by each policy: plans hold, nobody loses a place, and scored ones cost nothing.
 */
import { describe, expect, it } from "vitest";
import { zoneLabel } from "../../../src/api/labels.ts";
import type { Affinity, PodSpec } from "../../../src/api/pod.ts";
import type { PreferencePolicy } from "../../../src/provisioner/scheduling/preference.ts";
import { solve, type SchedulingResults, type SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { casesOf, isLongRun } from "../../support/long-run.ts";
import { planFaults } from "./plan-checker.ts";
import { numberedCases, usualCase } from "./random-case.ts";

const count = casesOf({ ci: 200, long: 20_000 });
const timeoutMs = isLongRun ? 7_200_000 : 180_000;
const preferredZone = "zone-c";

describe("preferences, on random cases", () => {
  it(
    "scored, cost no dollar, no node and no Pod its place, and are met more often than by chance",
    () => {
      const failures: string[] = [];
      let [met, byChance] = [0, 0];
      for (const { name, input } of numberedCases(usualCase, count)) {
        const wishing = withWishes(input);
        const [scored, ignored] = [by(wishing, "Score"), by(wishing, "Ignore")];
        const costs = [scored.pricePerHour - ignored.pricePerHour, scored.unschedulable.length - ignored.unschedulable.length];
        const isCheaper = costs.some((cost) => cost < -1e-9);
        if (costs.some((cost) => cost > 1e-6) && !isCheaper) failures.push(`${name} costs ${costs.join()}`);
        if (!isCheaper && scored.newNodes.length > ignored.newNodes.length) failures.push(`${name} has more nodes`);
        failures.push(...faultsOf(wishing, scored).map((says) => `${name} ${says}`));
        met += metBy(scored);
        byChance += metBy(ignored);
      }
      expect(failures).toEqual([]);
      expect(met / byChance).toBeGreaterThan(1.1);
    },
    timeoutMs,
  );

  it(
    "respected, are no reason to break a rule, or to leave a Pod out while a node takes it",
    () => {
      const failures: string[] = [];
      for (const { name, input } of numberedCases(usualCase, count)) {
        const wishing = withWishes(input);
        failures.push(...faultsOf(wishing, by(wishing, "Respect")).map((says) => `${name} ${says}`));
      }
      expect(failures).toEqual([]);
    },
    timeoutMs,
  );

  it(
    "ignored, are as if they were not there, and without any all policies plan the same",
    () => {
      const failures: string[] = [];
      for (const { name, input } of numberedCases(usualCase, count)) {
        const bare = withoutWishes(input);
        const expected = placesOf(by(bare, "Ignore"));
        if (placesOf(by(input, "Ignore")) !== expected) failures.push(`${name} with wishes that are ignored`);
        for (const policy of ["Score", "Respect"] as const) {
          const isOrdered = policy === "Respect" && bare.pods.some(({ pod }) => requiredTerms(pod.spec) > 1);
          const hasSoftTaints = input.nodePools.some(({ spec }) =>
            spec.template.spec.taints?.some(({ effect }) => effect === "PreferNoSchedule"),
          );
          if (!isOrdered && !hasSoftTaints && placesOf(by(bare, policy)) !== expected) failures.push(`${name} by ${policy}`);
        }
      }
      expect(failures).toEqual([]);
    },
    timeoutMs,
  );
});

function by(input: SolveInput, preferencePolicy: PreferencePolicy): SchedulingResults {
  return solve({ ...input, preferencePolicy });
}

function faultsOf(input: SolveInput, plan: SchedulingResults): readonly string[] {
  return planFaults(input, plan)
    .slice(0, 1)
    .map(({ rule, says }) => `${rule}: ${says}`);
}

/** Every other template prefers a zone, beside what it prefers already. */
function withWishes(input: SolveInput): SolveInput {
  const templates = [...new Set(input.pods.map(({ pod }) => pod.spec))];
  const pods = input.pods.map(({ key, pod }) =>
    templates.indexOf(pod.spec) % 2 === 0 ? { key, pod: { ...pod, spec: withZone(pod.spec) } } : { key, pod },
  );
  return { ...input, pods };
}

function withZone(spec: PodSpec): PodSpec {
  const preference = { matchExpressions: [{ key: zoneLabel, operator: "In" as const, values: [preferredZone] }] };
  const nodeAffinity = { ...spec.affinity?.nodeAffinity, preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 77, preference }] };
  return { ...spec, affinity: { ...spec.affinity, nodeAffinity } };
}

function withoutWishes(input: SolveInput): SolveInput {
  const pods = input.pods.map(({ key, pod }) => {
    const { affinity, topologySpreadConstraints: spread } = pod.spec;
    const rules = spread?.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === "DoNotSchedule");
    const spec: PodSpec = {
      ...pod.spec,
      ...(affinity === undefined ? {} : { affinity: onlyRequired(affinity) }),
      ...(rules === undefined ? {} : { topologySpreadConstraints: rules }),
    };
    return { key, pod: { ...pod, spec } };
  });
  return { ...input, pods };
}

function onlyRequired(affinity: Affinity): Affinity {
  const without = (part: object): object => ({ ...part, preferredDuringSchedulingIgnoredDuringExecution: undefined });
  return Object.fromEntries(Object.entries(affinity).map(([kind, part]) => [kind, without(part as object)]));
}

function requiredTerms({ affinity }: PodSpec): number {
  return affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms.length ?? 0;
}

/** Pods that prefer the zone and are in it. */
function metBy({ newNodes, existing }: SchedulingResults): number {
  const inZone = [
    ...newNodes.filter(({ zones }) => zones.join() === preferredZone),
    ...existing.filter(({ node }) => node.labels[zoneLabel] === preferredZone),
  ];
  const prefers = ({ affinity }: PodSpec) =>
    affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution?.some(({ weight }) => weight === 77) === true;
  return inZone.flatMap(({ pods }) => pods).filter(({ pod }) => prefers(pod.spec)).length;
}

function placesOf({ newNodes, existing, unschedulable }: SchedulingResults): string {
  return JSON.stringify([
    newNodes.map(({ pods, ...node }) => ({ ...node, nodePool: node.nodePool.metadata.name, pods: pods.map(({ key }) => key) })),
    existing.map(({ node, pods }) => [node.name, pods.map(({ key }) => key)]),
    unschedulable.map(({ pod }) => pod.key),
  ]);
}
