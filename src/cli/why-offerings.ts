/**
 * What stands between a Pod and the offerings of a NodePool: how many of them each constraint rules out.
 *
 * Reads a Pod, a pool and its types. Returns counts by the first constraint that an offering fails, in the order in which
 * the solver asks: taints, then labels, then amounts; and the cheapest that is left. Constraints on other Pods (spread, affinity)
 * and limits rule out nothing here: they depend on the plan.
 */
import type { InstanceType, Offering } from "../api/instance-type.ts";
import { capacityTypeLabel, wellKnownLabels, zoneLabel } from "../api/labels.ts";
import type { NodePool } from "../api/node-pool.ts";
import type { Resources } from "../api/object.ts";
import type { PodSpec } from "../api/pod.ts";
import { autoWellKnownLabels, inAutoWords, isAutoPool } from "../kube/auto-labels.ts";
import { podRequests } from "../kube/pod-requests.ts";
import { podRequirements } from "../kube/pod-requirements.ts";
import { poolRequirements } from "../kube/pool-requirements.ts";
import { exactly, formatRequirement } from "../kube/requirement.ts";
import { intersection, intersects, isCompatible, requirementsOf, type Requirements } from "../kube/requirements.ts";
import { exceeding, formatAmount, subtractResources } from "../kube/resources.ts";
import { formatTaint, untoleratedTaint } from "../kube/taint.ts";
import { daemonDemand, daemonOverhead } from "../provisioner/scheduling/daemon-overhead.ts";
import type { SolveInput } from "../provisioner/scheduling/solve.ts";

/** What one constraint rules out of a pool's offerings. */
export interface RuledOut {
  readonly by: "available" | "taints" | "nodeSelector" | "nodeAffinity" | "resources";
  /** The taint, the label or the resource. */
  readonly what: string;
  readonly text: string;
  readonly offerings: number;
}

export interface PoolOfferings {
  readonly nodePool: string;
  /** What the pool may buy at all: its types in its zones, sold its ways. */
  readonly offerings: number;
  /** Most first. */
  readonly ruledOut: readonly RuledOut[];
  readonly left: number;
  readonly cheapest?: {
    readonly instanceType: string;
    readonly zone: string;
    readonly capacityType: string;
    readonly pricePerHour: number;
  };
}

type Cause = Omit<RuledOut, "offerings">;

interface Considered {
  readonly type: InstanceType;
  readonly offering: Offering;
  readonly requirements: Requirements;
}

/** Asks each offering of a pool what keeps the Pod from it. */
export function poolOfferings(
  input: SolveInput,
  { nodePool, spec }: { readonly nodePool: NodePool; readonly spec: PodSpec },
): PoolOfferings {
  const taints = nodePool.spec.template.spec.taints ?? [];
  const daemons = daemonDemand(input.daemonSets);
  const taint = untoleratedTaint(taints, spec.tolerations);
  const asked = podRequests(spec);
  const counts = new Map<string, { readonly cause: Cause; offerings: number }>();
  const left: Considered[] = [];
  const considered = offeringsOf(input, nodePool);
  for (const one of considered) {
    const room = () => subtractResources(one.type.allocatable, daemonOverhead(daemons, { requirements: one.requirements, taints }));
    const cause =
      (one.offering.available ? undefined : { by: "available" as const, what: "", text: "not to be had now" }) ??
      (taint === undefined
        ? undefined
        : { by: "taints" as const, what: formatTaint(taint), text: `its taint ${formatTaint(taint)} is not tolerated` }) ??
      labelCause(one, { spec, nodePool }) ??
      amountCause(asked, room());
    if (cause === undefined) {
      left.push(one);
      continue;
    }
    const known = counts.get(`${cause.by} ${cause.what}`);
    if (known === undefined) counts.set(`${cause.by} ${cause.what}`, { cause, offerings: 1 });
    else known.offerings += 1;
  }
  const [cheapest] = left.sort((a, b) => a.offering.pricePerHour - b.offering.pricePerHour || (a.type.name < b.type.name ? -1 : 1));
  return {
    nodePool: nodePool.metadata.name ?? "",
    offerings: considered.length,
    ruledOut: [...counts.values()].map(({ cause, offerings }) => ({ ...cause, offerings })).sort((a, b) => b.offerings - a.offerings),
    left: left.length,
    ...(cheapest === undefined ? undefined : { cheapest: { instanceType: cheapest.type.name, ...placeOf(cheapest.offering) } }),
  };
}

function placeOf({ zone, capacityType, pricePerHour }: Offering): Omit<NonNullable<PoolOfferings["cheapest"]>, "instanceType"> {
  return { zone, capacityType, pricePerHour };
}

function offeringsOf(input: SolveInput, nodePool: NodePool): readonly Considered[] {
  const ofPool = poolRequirements(nodePool);
  return (input.instanceTypes.get(nodePool.metadata.name ?? "") ?? []).flatMap((type) => {
    if (type.offerings.length === 0) return [];
    const known = requirementsOf(type.requirements);
    const own = isAutoPool(nodePool) ? inAutoWords(known) : known;
    if (intersects(ofPool, own) !== undefined) return [];
    const both = intersection(ofPool, own);
    return type.offerings.flatMap((offering): readonly Considered[] => {
      const place = new Map(
        [exactly(zoneLabel, offering.zone), exactly(capacityTypeLabel, offering.capacityType)].map((one) => [one.key, one]),
      );
      return intersects(ofPool, place) === undefined ? [{ type, offering, requirements: intersection(both, place) }] : [];
    });
  });
}

/** The first label that no alternative of the Pod's affinity agrees with; nodeSelector is named where it stands there. */
function labelCause(
  { requirements }: Considered,
  { spec, nodePool }: { readonly spec: PodSpec; readonly nodePool: NodePool },
): Cause | undefined {
  const allowUndefined = isAutoPool(nodePool) ? autoWellKnownLabels : wellKnownLabels;
  const alternatives = podRequirements(spec);
  if (alternatives.some((alternative) => isCompatible(requirements, alternative, allowUndefined))) return undefined;
  for (const alternative of alternatives) {
    for (const [key, requirement] of alternative) {
      if (isCompatible(requirements, new Map([[key, requirement]]), allowUndefined)) continue;
      const by = spec.nodeSelector?.[key] === undefined ? "nodeAffinity" : "nodeSelector";
      return { by, what: key, text: `the Pod's ${by} wants ${formatRequirement(requirement)}` };
    }
  }
  return { by: "nodeAffinity", what: "", text: "its required node affinity has only empty terms, which select no node" };
}

function amountCause(asked: Resources, room: Resources): Cause | undefined {
  const [name] = exceeding(asked, room);
  return name === undefined
    ? undefined
    : { by: "resources", what: name, text: `too small: the Pod asks for ${name} ${formatAmount(name, asked[name] ?? 0)}` };
}
