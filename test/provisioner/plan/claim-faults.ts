/**
 * Claim faults: what is wrong with the NodeClaims of a plan, each by itself.
 *
 * Reads the input, planned nodes and what each may become. Returns faults: of its types and offerings, its price, its NodePool,
 * and of the Pods on it, which each of its futures must hold.
 */
import type { Pod } from "../../../src/api/pod.ts";
import type { SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import type { PlannedNode } from "../../../src/provisioner/scheduling/planned-node.ts";
import type { Fault } from "./fault.ts";
import { poolProblem, type Future } from "./futures.ts";
import { refusalOfSite, withPod, type Site } from "./site.ts";

/** Returns all faults of one planned node. */
export function claimFaults(
  planned: PlannedNode,
  {
    name,
    futures,
    policy,
  }: { readonly name: string; readonly futures: readonly Future[]; readonly policy?: SolveInput["minValuesPolicy"] | undefined },
): readonly Fault[] {
  const { deletionTimestamp } = planned.nodePool.metadata;
  if (planned.nodePool.spec.replicas !== undefined || deletionTimestamp !== undefined) {
    return [{ rule: "pool", says: `${name}: NodePool ${planned.nodePool.metadata.name ?? ""} makes no nodes for Pods` }];
  }
  if (futures.length === 0) return [{ rule: "claim", says: `${name} may not be launched as anything` }];
  const outside = futures.flatMap(({ site }) => poolProblem(planned.nodePool, site) ?? []).slice(0, 1);
  return [
    ...typeFaults(planned, { name, futures }),
    ...priceFaults(planned, { name, futures }),
    ...outside.map((says): Fault => ({ rule: "pool", says: `${name}: ${says}` })),
    ...minValuesFaults(planned, { name, futures, policy }),
    ...futures.flatMap((future) =>
      roomFaults(
        planned.pods.map(({ pod }) => pod),
        { ...future.site, name: nameOf(name, future) },
      ),
    ),
  ];
}

/** Faults of Pods that the site itself does not take together. */
export function roomFaults(pods: readonly Pod[], site: Site): readonly Fault[] {
  const faults: Fault[] = [];
  let filled = site;
  for (const pod of pods) {
    const refused = refusalOfSite(pod, filled);
    if (refused !== undefined) faults.push({ rule: refused.filter, says: `${pod.metadata.name ?? ""} on ${site.name}: ${refused.says}` });
    filled = withPod(filled, pod);
  }
  return faults;
}

function nameOf(name: string, { type, offering }: Future): string {
  return `${name} as ${type.name} ${offering.capacityType} in ${offering.zone}`;
}

/** The types it lists are those its requirements allow, and the one it starts with is among them. */
function typeFaults(
  planned: PlannedNode,
  { name, futures }: { readonly name: string; readonly futures: readonly Future[] },
): readonly Fault[] {
  const listed = planned.instanceTypes.map((type) => type.name);
  const possible = [...new Set(futures.map(({ type }) => type.name))];
  const chosen = futures.find((future) => isChosen(planned, future));
  const zones = [...new Set(futures.filter(({ type }) => type.name === planned.instanceType).map(({ offering }) => offering.zone))];
  return [
    ...(isSameSet(listed, possible) ? [] : [fault("claim", `${name} lists ${listed.join()}, its requirements allow ${possible.join()}`)]),
    ...(chosen === undefined ? [fault("claim", `${name} starts with an offering that it does not allow`)] : []),
    ...(isSameSet(planned.zones, zones) ? [] : [fault("claim", `${name} says zones ${planned.zones.join()}, not ${zones.join()}`)]),
    ...(planned.pods.length === 0 ? [fault("claim", `${name} is made for no Pod`)] : []),
  ];
}

export function isChosen(planned: PlannedNode, { type, offering }: Future): boolean {
  return type.name === planned.instanceType && offering.zone === planned.zone && offering.capacityType === planned.capacityType;
}

/** The price is that of the offering it starts with, nothing that it allows is cheaper, and its types stand cheapest first. */
function priceFaults(
  planned: PlannedNode,
  { name, futures }: { readonly name: string; readonly futures: readonly Future[] },
): readonly Fault[] {
  const cheapest = (all: readonly Future[]) => Math.min(...all.map(({ offering }) => offering.pricePerHour));
  const chosen = cheapest(futures.filter((future) => isChosen(planned, future)));
  // An offering that it does not allow is a fault of its own, and has no price.
  if (chosen === Infinity) return [];
  const prices = planned.instanceTypes.map((type) => cheapest(futures.filter((future) => future.type.name === type.name)));
  const isSorted = prices.every((price, index) => index === 0 || price >= (prices[index - 1] ?? 0));
  return [
    ...(planned.pricePerHour === chosen ? [] : [fault("price", `${name} says ${planned.pricePerHour}, its offering costs ${chosen}`)]),
    ...(planned.pricePerHour === cheapest(futures) ? [] : [fault("price", `${name} could start cheaper: ${cheapest(futures)}`)]),
    ...(isSorted ? [] : [fault("price", `the types of ${name} are not cheapest first`)]),
  ];
}

/** A claim that gives up minValues asks for as many values as it leaves, and says so; the policy must allow it. */
function minValuesFaults(
  planned: PlannedNode,
  of: { readonly name: string; readonly futures: readonly Future[]; readonly policy: SolveInput["minValuesPolicy"] | undefined },
): readonly Fault[] {
  const isRelaxed = of.policy === "BestEffort" && planned.isMinValuesRelaxed === true;
  const said = new Map(planned.requirements.map(({ key, minValues = 0 }) => [key, minValues]));
  // Of several requirements on a label the largest counts.
  const { requirements } = planned.nodePool.spec.template.spec;
  const asks = new Map<string, number>();
  for (const { key, minValues = 0 } of requirements) asks.set(key, Math.max(minValues, asks.get(key) ?? 0));
  return [...asks].flatMap(([key, minValues]) => {
    const values = new Set(of.futures.map(({ site }) => site.labels[key])).size;
    const asked = isRelaxed ? Math.min(values, minValues) : minValues;
    if (values < asked) return [fault("minValues", `${of.name} leaves ${values} values of ${key}, ${asked} are asked for`)];
    return said.get(key) === asked
      ? []
      : [fault("minValues", `${of.name} asks for ${said.get(key) ?? 0} values of ${key}, it should be ${asked}`)];
  });
}

function fault(rule: Fault["rule"], says: string): Fault {
  return { rule, says };
}

function isSameSet(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one) => b.includes(one));
}
