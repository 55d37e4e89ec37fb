/**
 * CompiledPools: what all NodePools would make, and every label state found so far, kept from one run to the next.
 *
 * Reads NodePools, their instance types, DaemonSets and the resources that are asked for. Returns templates and states. A
 * cluster's pools and types change a few times a day and are solved over many times a minute; so the last few compilations
 * are kept, and used again where every pool, list of types and DaemonSet is the very same object. The answer is that of a
 * fresh compilation.
 */
import type { InstanceType } from "../../api/instance-type.ts";
import type { NodePool } from "../../api/node-pool.ts";
import { daemonDemand, type DaemonSetPods } from "./daemon-overhead.ts";
import { labelStates, type LabelStates } from "./label-state.ts";
import { minValuesPolicies, withRelaxed, type MinValuesPolicy } from "./min-values.ts";
import { poolTemplates, type PoolTemplate } from "./pool-template.ts";
import type { PlacementIds } from "./pod-class.ts";
import { reservedTemplates } from "./reserved-template.ts";
import type { ResourceSpace } from "./resource-space.ts";

export interface CompiledPools {
  readonly templates: readonly PoolTemplate[];
  readonly states: LabelStates;
}

interface PoolsInput {
  readonly nodePools: readonly NodePool[];
  readonly instanceTypes: ReadonlyMap<string, readonly InstanceType[]>;
  readonly daemonSets: readonly DaemonSetPods[];
  readonly space: ResourceSpace;
  readonly minValuesPolicy?: MinValuesPolicy;
}

/** What one run asks of the memory. */
export interface CompiledRun {
  /** Numbers of placements, which states are found by: the same text has the same number in every run. */
  readonly placementIdOf: PlacementIds;
  readonly pools: (input: PoolsInput) => CompiledPools;
}

/** How many compilations are kept: what is asked by turns about one cluster, with and without some pool. */
const compilationsMax = 4;
/** Placements and states are the Pods' own, and a process lives long: past these numbers everything is forgotten. */
const placementsMax = 10_000;
const statesMax = 20_000;

interface Kept {
  readonly parts: readonly unknown[];
  readonly pools: CompiledPools;
}

/** Opens an empty memory; each call of what it returns begins a run. */
export function compiledMemory(): () => CompiledRun {
  const placements = new Map<string, number>();
  const kept: Kept[] = [];
  return () => {
    if (placements.size > placementsMax || kept.some(({ pools }) => pools.states.size() > statesMax)) {
      placements.clear();
      kept.length = 0;
    }
    return {
      placementIdOf: (placement) => {
        const number = placements.get(placement) ?? placements.size;
        placements.set(placement, number);
        return number;
      },
      pools: (input) => {
        const parts = partsOf(input);
        const known = kept.find((one) => one.parts.length === parts.length && one.parts.every((part, index) => part === parts[index]));
        if (known !== undefined) return known.pools;
        if (kept.length >= compilationsMax) kept.shift();
        const made = poolTemplates({ ...input, daemonSets: daemonDemand(input.daemonSets) });
        const all = made.flatMap((template) => withRelaxed(reservedTemplates(template), input.minValuesPolicy));
        const templates = all.map((template, index) => ({ ...template, index }));
        const pools = { templates, states: labelStates() };
        kept.push({ parts, pools });
        return pools;
      },
    };
  };
}

/** Everything that a compilation is made of; objects are never changed, so the same object says the same. */
function partsOf({ nodePools, instanceTypes, daemonSets, space, minValuesPolicy = minValuesPolicies[0] }: PoolsInput): readonly unknown[] {
  return [
    space.names.join(),
    minValuesPolicy,
    // What live Pods take is worked out anew in each run, mostly to the same amounts.
    ...daemonSets.flatMap(({ name, spec, live }) => [name, spec, live === undefined ? "" : JSON.stringify(live)]),
    ...nodePools.flatMap((nodePool) => [nodePool, instanceTypes.get(nodePool.metadata.name ?? "")]),
  ];
}
