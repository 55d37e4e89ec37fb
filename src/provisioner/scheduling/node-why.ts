/**
 * NodeWhy: why a planned node has its shape, and what the next best would cost.
 *
 * Reads a bin of a finished packing and the types that its claim may name. Returns data: what decides (resources that are short on
 * cheaper types, labels that Pods or their neighbours fix, how the pool was chosen), the next best type, and the cheaper types by what
 * speaks against them. Derived only for a node that somebody asks about.
 */
import type { InstanceType, Offering } from "../../api/instance-type.ts";
import { capacityTypeLabel, zoneLabel } from "../../api/labels.ts";
import { inAutoWords, isAutoPool } from "../../kube/auto-labels.ts";
import { podRequirements } from "../../kube/pod-requirements.ts";
import { formatRequirement } from "../../kube/requirement.ts";
import { intersects, requirementsOf, type Requirements } from "../../kube/requirements.ts";
import { formatAmount } from "../../kube/resources.ts";
import { roundedPrice, type Bin } from "./bin.ts";
import type { Candidate, LabelState } from "./label-state.ts";
import { topologyFor, vectorFor, type Packing } from "./packing.ts";
import type { PodClass } from "./pod-class.ts";
import { mountsClaims } from "./pod-volumes.ts";
import { isAllowed, isOffered, type PoolTemplate, type TemplateType } from "./pool-template.ts";
import { holds, kindAt } from "./resource-space.ts";

export interface NodeWhy {
  readonly driver: NodeDriver;
  /** The cheapest other type that would do, at its cheapest offering; the difference is USD an hour. */
  readonly nextBest?: NextBest;
  /** Types that the pool could have for less, by the first thing that speaks against them, most first. */
  readonly cheaper: readonly RefusedTypes[];
}

export interface NodeDriver {
  /** What cheaper types have too little of, fullest first; where none is too small, what is fullest. With the Pod that asks for most. */
  readonly resources: readonly { readonly name: string; readonly used: string; readonly usable: string; readonly pod: string }[];
  /** Labels that the pool leaves open and this node may not, each with a Pod and the rule that fixes it. */
  readonly labels: readonly { readonly key: string; readonly requirement: string; readonly by: LabelCause; readonly pod: string }[];
  /** Why this pool: no other takes these Pods, none of those that do has more weight, or it is the cheapest of equal ones. */
  readonly pool: "only" | "weight" | "price";
}

export type LabelCause = "nodeSelector" | "nodeAffinity" | "volumes" | "spread" | "affinity" | "anti-affinity" | "spread of others";

export interface NextBest {
  readonly instanceType: string;
  readonly zone: string;
  readonly capacityType: Offering["capacityType"];
  readonly pricePerHour: number;
  readonly difference: number;
}

export interface RefusedTypes {
  readonly by: "resources" | "volumes" | "ports" | "requirements" | "offerings" | "limits" | "other";
  /**
   * Every resource that is too small, driver whose volumes are too many or port that DaemonSets take (none where DaemonSets fill the
   * type alone); else the label.
   */
  readonly keys?: readonly string[];
  readonly types: number;
  readonly cheapest: string;
  readonly pricePerHour: number;
}

interface Asked {
  readonly bin: Bin;
  /** Every type that the claim may name, cheapest first. */
  readonly fallbacks: readonly Candidate[];
}

/** Explains one planned node. */
export function nodeWhy(packing: Packing, { bin, fallbacks }: Asked): NodeWhy {
  const cheaper = cheaperTypes(packing, bin);
  const next = fallbacks.find((candidate) => candidate !== bin.committed);
  const [offering] = next?.offerings ?? [];
  return {
    driver: { resources: shortResources(packing, { bin, cheaper }), labels: fixedLabels(packing, bin), pool: poolCause(packing, bin) },
    ...(next === undefined || offering === undefined
      ? undefined
      : {
          nextBest: {
            instanceType: next.type.instanceType.name,
            zone: offering.zone,
            capacityType: offering.capacityType,
            pricePerHour: next.pricePerHour,
            difference: roundedPrice(next.pricePerHour - bin.committed.pricePerHour),
          },
        }),
    cheaper,
  };
}

function shortResources(
  { problem }: Packing,
  { bin, cheaper }: { readonly bin: Bin; readonly cheaper: readonly RefusedTypes[] },
): NodeDriver["resources"] {
  const { names } = problem.space;
  const { usable } = bin.committed;
  const shareOf = (index: number): number => ((usable[index] ?? 0) > 0 ? (bin.used[index] ?? 0) / (usable[index] ?? 1) : 0);
  const short = new Set(cheaper.flatMap(({ by, keys = [] }) => (by === "resources" || by === "volumes" ? keys : [])));
  const indexes = [...names.keys()]
    .filter((index) => kindAt(problem.space, index) !== "port")
    .sort((a, b) => shareOf(b) - shareOf(a) || a - b);
  const told = short.size === 0 ? indexes.slice(0, 1) : indexes.filter((index) => short.has(names[index] ?? ""));
  return told.map((index) => {
    const name = names[index] ?? "";
    const asks = (podClass: PodClass): number => vectorFor(problem, podClass)[index] ?? 0;
    const [largest] = [...bin.members].sort((a, b) => asks(b.podClass) - asks(a.podClass));
    const [used, most] = [bin.used[index] ?? 0, usable[index] ?? 0].map((amount) => formatAmount(name, amount));
    return { name, used: used ?? "", usable: most ?? "", pod: largest?.pending.key ?? "" };
  });
}

function fixedLabels(packing: Packing, { state, members }: Bin): NodeDriver["labels"] {
  const own = state.template.requirements;
  return [...state.requirements.values()]
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .flatMap((requirement) => {
      const { key } = requirement;
      const [before, now] = [own.get(key), requirement].map((one) => (one === undefined ? "" : formatRequirement(one)));
      if (before === now) return [];
      for (const { podClass, pending } of members) {
        const by = labelCause(packing, { podClass, key });
        if (by !== undefined) return [{ key, requirement: now ?? "", by, pod: pending.key }];
      }
      return [];
    });
}

/** What of a Pod fixes a label; its own words before those about other Pods. */
function labelCause(packing: Packing, { podClass, key }: { readonly podClass: PodClass; readonly key: string }): LabelCause | undefined {
  if (podClass.spec.nodeSelector?.[key] !== undefined) return "nodeSelector";
  if (podClass.alternatives.some((alternative) => alternative.has(key))) {
    const isOfVolumes = mountsClaims(podClass.spec) && !podRequirements(podClass.spec).some((own) => own.has(key));
    return isOfVolumes ? "volumes" : "nodeAffinity";
  }
  const groups = topologyFor(packing.problem, podClass).byKey.get(key);
  if (groups === undefined) return undefined;
  if (groups.spread.length > 0) return "spread";
  if (groups.affinity.length > 0) return "affinity";
  if (groups.antiAffinity.length > 0 || groups.refusedBy.length > 0) return "anti-affinity";
  return groups.wishes.length > 0 ? "spread" : "spread of others";
}

/** Asks which other pools would take all these Pods on one node, size aside. */
function poolCause({ problem }: Packing, { state, members }: Bin): NodeDriver["pool"] {
  const classes = [...new Set(members.map(({ podClass }) => podClass))];
  const weightOf = ({ nodePool }: PoolTemplate): number => nodePool.spec.weight ?? 0;
  const others = problem.templates.filter((template) => {
    const root = template.name === state.template.name ? undefined : problem.states.root(template);
    let states: readonly LabelState[] = root === undefined ? [] : [root];
    for (const podClass of classes) states = states.flatMap((one) => problem.states.withClass(one, podClass));
    return states.length > 0;
  });
  if (others.length === 0) return "only";
  return others.some((template) => weightOf(template) === weightOf(state.template)) ? "price" : "weight";
}

function cheaperTypes(packing: Packing, bin: Bin): readonly RefusedTypes[] {
  const { template } = bin.state;
  const offered = new Map(template.types.map((type) => [type.instanceType, type]));
  const kinds = new Map<string, RefusedTypes>();
  for (const instanceType of template.known) {
    const price = priceIn(instanceType, template.requirements, { isAvailable: false });
    if (price === undefined || price >= bin.committed.pricePerHour) continue;
    const type = offered.get(instanceType);
    const cause = type === undefined ? unofferedCause(instanceType, template) : refusalOf(packing, { bin, type });
    if (cause === undefined) continue;
    const name = nameOf(cause);
    const known = kinds.get(name);
    const isCheapest =
      known === undefined || price < known.pricePerHour || (price === known.pricePerHour && instanceType.name < known.cheapest);
    const cheapest = isCheapest ? { cheapest: instanceType.name, pricePerHour: price } : known;
    kinds.set(name, { ...known, ...cause, ...cheapest, types: (known?.types ?? 0) + 1 });
  }
  return [...kinds.values()].sort((a, b) => b.types - a.types || (nameOf(a) < nameOf(b) ? -1 : 1));
}

type Cause = Pick<RefusedTypes, "by" | "keys">;

function nameOf({ by, keys = [] }: Cause): string {
  return [by, ...keys].join(" ");
}

/** A type that the pool would not make anyway is no cheaper one. */
function unofferedCause(instanceType: InstanceType, { nodePool, requirements }: PoolTemplate): Cause | undefined {
  const known = requirementsOf(instanceType.requirements);
  if (intersects(requirements, isAutoPool(nodePool) ? inAutoWords(known) : known) !== undefined) return undefined;
  return isOffered(instanceType, requirements) ? { by: "resources" } : { by: "offerings" };
}

function refusalOf({ problem, ledgers }: Packing, { bin, type }: { readonly bin: Bin; readonly type: TemplateType }): Cause {
  const { state, committed, used } = bin;
  for (const [key, requirement] of state.requirements) {
    const own = type.requirements.get(key);
    if (own !== undefined && intersects(new Map([[key, own]]), new Map([[key, requirement]])) !== undefined)
      return { by: "requirements", keys: [key] };
  }
  const candidate = state.candidates[state.positions.get(type) ?? -1];
  if (candidate === undefined || candidate.pricePerHour >= committed.pricePerHour) return elsewhere(type.instanceType, bin);
  const nothing = used.map(() => 0);
  if (!holds(candidate.usable, used, nothing)) {
    const short = [...used.keys()].filter((index) => (used[index] ?? 0) > (candidate.usable[index] ?? 0));
    const kind = kindAt(problem.space, short[0] ?? 0);
    const keys = short.filter((index) => kindAt(problem.space, index) === kind).map((index) => problem.space.names[index] ?? "");
    return { by: causes[kind], keys };
  }
  const change = { from: committed.type.instanceType.capacity, to: type.instanceType.capacity };
  return { by: ledgers[state.template.index]?.allows(change) === false ? "limits" : "other" };
}

const causes = { resource: "resources", volumes: "volumes", port: "ports" } as const;

/** It is sold for less only in another zone or another way, or not now. */
function elsewhere(instanceType: InstanceType, { state, committed }: Bin): Cause {
  for (const key of [zoneLabel, capacityTypeLabel]) {
    const fixed = state.requirements.get(key);
    const price = priceIn(instanceType, without(state.requirements, key), { isAvailable: true });
    if (fixed !== undefined && price !== undefined && price < committed.pricePerHour) return { by: "requirements", keys: [key] };
  }
  return { by: "offerings" };
}

function without(requirements: Requirements, key: string): Requirements {
  return new Map([...requirements].filter(([own]) => own !== key));
}

function priceIn(
  { offerings }: InstanceType,
  requirements: Requirements,
  { isAvailable }: { readonly isAvailable: boolean },
): number | undefined {
  let least: number | undefined;
  for (const offering of offerings) {
    if ((isAvailable && !offering.available) || !isAllowed(offering, requirements)) continue;
    if (least === undefined || offering.pricePerHour < least) least = offering.pricePerHour;
  }
  return least;
}
