/**
 * What plans say of the shapes of their nodes, on random cases: the next best is the next best, and every cheaper type is accounted for.
 *
 * Read anew from the offers and the claim's own text, with the checker's filters and none of the solver's code.
 */
import { expect, it } from "vitest";
import { capacityTypeLabel, zoneLabel } from "../../../src/api/labels.ts";
import type { InstanceType } from "../../../src/api/instance-type.ts";
import type { PlannedNode } from "../../../src/provisioner/scheduling/planned-node.ts";
import { solve, type SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { casesOf, isLongRun } from "../../support/long-run.ts";
import { futuresOf } from "./futures.ts";
import { numberedCases, usualCase } from "./random-case.ts";
import { isMet } from "./selection.ts";

const count = casesOf({ ci: 60, long: 5_000 });
const timeoutMs = isLongRun ? 3_600_000 : 180_000;

it(
  "the next best type is the cheapest other one of the claim, and all types that are cheaper are counted with what is against them",
  () => {
    const faults: string[] = [];
    const causes = new Set<string>();
    for (const { name, input } of numberedCases(usualCase, count)) {
      for (const planned of solve(input).newNodes) {
        for (const { by } of planned.why.cheaper) causes.add(by);
        const problem = nextFault(planned, input) ?? cheaperFault(planned, input);
        if (problem !== undefined) faults.push(`${name}: ${problem}`);
      }
    }
    expect(faults.slice(0, 10)).toEqual([]);
    expect([...causes].sort()).toEqual(expect.arrayContaining(["offerings", "requirements", "resources"]));
  },
  timeoutMs,
);

function nextFault(planned: PlannedNode, input: SolveInput): string | undefined {
  const prices = new Map<string, number>();
  for (const { type, offering } of futuresOf(planned, { input, name: "claim" })) {
    if (type.name !== planned.instanceType) prices.set(type.name, Math.min(prices.get(type.name) ?? Infinity, offering.pricePerHour));
  }
  const least = Math.min(...prices.values());
  const said = planned.why.nextBest;
  if (said === undefined) return prices.size === 0 ? undefined : `there is a next best for ${least}`;
  if (said.pricePerHour !== least || prices.get(said.instanceType) !== least)
    return `the next best costs ${least}, not ${JSON.stringify(said)}`;
  return Math.abs(said.pricePerHour - planned.pricePerHour - said.difference) > 1e-6 ? "the difference is none" : undefined;
}

function cheaperFault(planned: PlannedNode, input: SolveInput): string | undefined {
  const { nodePool, pricePerHour, why } = planned;
  const cheaper = (input.instanceTypes.get(nodePool.metadata.name ?? "") ?? []).filter((type) => leastOf(type, nodePool) < pricePerHour);
  const told = why.cheaper.reduce((sum, { types }) => sum + types, 0);
  return told === cheaper.length
    ? undefined
    : `${told} of ${cheaper.length} cheaper types are told: ${cheaper.map(({ name }) => name).join()}`;
}

/** The least price, offered now or not, at which the NodePool's own text allows the type. */
function leastOf({ requirements: ofType, offerings }: InstanceType, { spec }: SolveInput["nodePools"][number]): number {
  const single = Object.fromEntries(
    ofType.flatMap(({ key, operator, values = [] }) => (operator === "In" ? [[key, values[0] ?? ""]] : [])),
  );
  const stated = spec.template.spec.requirements.filter(({ key }) => key in single || key === zoneLabel || key === capacityTypeLabel);
  const prices = offerings
    .filter(({ zone, capacityType }) => {
      const labels = { ...single, [zoneLabel]: zone, [capacityTypeLabel]: capacityType };
      return stated.every((one) => isMet(one, labels));
    })
    .map((offering) => offering.pricePerHour);
  return Math.min(...prices);
}
