/**
 * Left out: the proof that a Pod without a place has none.
 *
 * Reads the world as the plan leaves it. Returns a fault for each Pod that a node of it, or one more node that a NodePool may
 * still buy, would take at once.
 */
import { hostnameLabel } from "../../../src/api/labels.ts";
import type { NodePool } from "../../../src/api/node-pool.ts";
import type { Pod } from "../../../src/api/pod.ts";
import type { PlannedNode } from "../../../src/provisioner/scheduling/planned-node.ts";
import type { SchedulingResults, SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import type { Fault } from "./fault.ts";
import { freshNodes, futuresOf, type Future } from "./futures.ts";
import { mayBuy } from "./limits.ts";
import { refusal, type World } from "./neighbours.ts";
import { withPod, type Site } from "./site.ts";

interface LeftOutInput {
  readonly input: SolveInput;
  readonly plan: SchedulingResults;
  /** With every planned Pod bound. */
  readonly world: World;
}

/** Returns the faults of all Pods without a place; Pods that nothing tells apart are asked about once. */
export function leftOutFaults({ input, plan, world }: LeftOutInput): readonly Fault[] {
  const unlike = new Map(
    plan.unschedulable.map(({ pod: { pod } }) => [JSON.stringify([pod.metadata.namespace, pod.metadata.labels, pod.spec]), pod]),
  );
  return [...unlike.values()].flatMap((pod) => {
    const place = placeFor(pod, { input, plan, world });
    if (place === undefined) return [];
    return [{ rule: "left out", says: `${pod.metadata.name ?? ""} is left out, but ${place} takes it` }];
  });
}

/** A standing node, a planned one as it would be launched, or one more that a NodePool may still buy. */
function placeFor(pod: Pod, { input, plan, world }: LeftOutInput): string | undefined {
  const standing = world.sites.find((site, at) => {
    if (refusal(pod, site, world) !== undefined) return false;
    const planned = plan.newNodes[at - input.nodes.length];
    return planned === undefined || mayHoldMore(pod, { planned, input, world, at });
  });
  return standing?.name ?? oneMore(pod, { input, plan, world });
}

/** With one more Pod a claim may become less, as its rules allow only some of its futures; its NodePool's minValues may ask for more than that. */
function mayHoldMore(
  pod: Pod,
  { planned, input, world, at }: Pick<LeftOutInput, "input" | "world"> & { readonly planned: PlannedNode; readonly at: number },
): boolean {
  const left = futuresOf(planned, { input, name: "claim" }).filter(({ site }) => {
    const full = planned.pods.reduce((filled, { pod: own }) => withPod(filled, own), site);
    const sites = world.sites.map((other, index) => (index === at ? full : other));
    return refusal(pod, full, { ...world, sites }) === undefined;
  });
  return enoughOf(left, keptOf(planned.nodePool, planned.isMinValuesRelaxed === true)) !== undefined;
}

function oneMore(pod: Pod, { input, plan, world }: LeftOutInput): string | undefined {
  for (const pool of input.nodePools) {
    const taking = freshNodes(pool, input).filter(
      ({ type, site }) =>
        mayBuy(pool, { input, bought: plan.newNodes, more: type.capacity }) &&
        refusal(pod, site, { ...world, sites: [...world.sites, site] }) === undefined,
    );
    const found = enoughOf(taking, keptOf(pool, input.minValuesPolicy === "BestEffort"));
    if (found !== undefined) return `one more node of ${pool.metadata.name ?? ""}, ${found.type.name} in ${found.offering.zone}`;
  }
  return undefined;
}

/** The requirements whose minValues must be kept: by the policy BestEffort a new claim keeps none, and one that could keep them all keeps them. */
function keptOf({ spec }: NodePool, isRelaxed: boolean): NodePool["spec"]["template"]["spec"]["requirements"] {
  return isRelaxed ? [] : spec.template.spec.requirements;
}

/** One of the futures that one NodeClaim could have, where the pool's minValues leave it enough of them. */
function enoughOf(
  taking: readonly Future[],
  requirements: readonly { readonly key: string; readonly minValues?: number }[],
): Future | undefined {
  return taking.find((one) => {
    // A claim whose zone matters is fixed to one.
    const alike = taking.filter(({ offering }) => offering.zone === one.offering.zone);
    return requirements.every(({ key, minValues = 0 }) => new Set(alike.map(({ site }) => site.labels[key])).size >= minValues);
  });
}

/** An empty node of everything that could be bought, which takes no Pods: with it a zone counts before there is a node in it. */
export function buyableSites(input: SolveInput): readonly Site[] {
  return input.nodePools.flatMap((pool) =>
    freshNodes(pool, input).map(({ site, type, offering }): Site => {
      const name = `${site.name}-${type.name}-${offering.zone}-${offering.capacityType}`;
      return { ...site, name, labels: { ...site.labels, [hostnameLabel]: name }, accepting: false };
    }),
  );
}
