/**
 * What `plimsoll whatif` changes of a plan's input: pools, zones, ways to buy and constraints that are not there.
 *
 * Reads the solver's input and the changes. Returns the input without them, or why one of them changes nothing: a name that
 * is not known is more likely misspelt than meant.
 */
import { capacityTypeLabel, zoneLabel } from "../api/labels.ts";
import type { InstanceType } from "../api/instance-type.ts";
import type { NodePool } from "../api/node-pool.ts";
import type { Pod, PodSpec } from "../api/pod.ts";
import { err, ok, type Result } from "../api/result.ts";
import { isDaemonPod, isMirrorPod, isTerminal } from "../kube/pod-state.ts";
import type { LostZones } from "./lost-zones.ts";
import type { PlanWorld } from "./plan-world.ts";
import type { PendingPod } from "../provisioner/scheduling/pod-class.ts";
import type { SolveInput } from "../provisioner/scheduling/solve.ts";

/** Constraints by the names that the command line has for them. */
export const constraintKinds = [
  "spread",
  "affinity",
  "anti-affinity",
  "nodeSelector",
  "nodeAffinity",
  "taints",
  "limits",
  "daemonSets",
] as const;
export type ConstraintKind = (typeof constraintKinds)[number];

export interface WhatifChanges {
  readonly withoutPool: readonly string[];
  readonly withoutZone: readonly string[];
  readonly withoutCapacityType: readonly string[];
  readonly withoutConstraint: readonly ConstraintKind[];
}

/** What is changed, and what becomes of profiles where zones are lost. */
export type ChangedWorld = Pick<PlanWorld, "input" | "withoutZones">;

/** Returns the input as it would be; the error is a complete sentence. */
export function changedInput(world: ChangedWorld, changes: WhatifChanges): Result<SolveInput, string> {
  const unknown = unknownName(world.input, changes);
  if (unknown !== undefined) return err(unknown);
  const isWhole = changes.withoutZone.length === 0;
  const { input, ...again } = isWhole ? { input: world.input, madeAgain: same, spreadOut: same } : world.withoutZones(changes.withoutZone);
  const nodePools = input.nodePools.filter(({ metadata }) => !changes.withoutPool.includes(metadata.name ?? ""));
  const without = { ...input, nodePools, instanceTypes: offered(input.instanceTypes, changes) };
  const lost = withoutZones(without, { zones: changes.withoutZone, ...again });
  return ok(changes.withoutConstraint.reduce(withoutConstraint, lost));
}

function unknownName(input: SolveInput, changes: WhatifChanges): string | undefined {
  const offerings = [...input.instanceTypes.values()].flat().flatMap((type) => type.offerings);
  const known: readonly (readonly [string, readonly string[], readonly string[]])[] = [
    ["NodePool", changes.withoutPool, input.nodePools.map(({ metadata }) => metadata.name ?? "")],
    ["zone", changes.withoutZone, [...offerings.map(({ zone }) => zone), ...input.nodes.flatMap(({ labels }) => labels[zoneLabel] ?? [])]],
    ["capacity type", changes.withoutCapacityType, offerings.map(({ capacityType }) => capacityType)],
  ];
  for (const [what, named, all] of known) {
    const missing = named.find((name) => !all.includes(name));
    if (missing !== undefined)
      return `there is no ${what} "${missing}" in the plan; there is ${[...new Set(all)].sort().join(", ") || "none"}`;
  }
  return undefined;
}

function offered(types: SolveInput["instanceTypes"], changes: WhatifChanges): SolveInput["instanceTypes"] {
  const { withoutZone, withoutCapacityType } = changes;
  if (withoutZone.length + withoutCapacityType.length === 0) return types;
  const left = (type: InstanceType): InstanceType => ({
    ...type,
    requirements: type.requirements.map((requirement) => {
      const gone = requirement.key === zoneLabel ? withoutZone : requirement.key === capacityTypeLabel ? withoutCapacityType : [];
      return gone.length === 0
        ? requirement
        : { ...requirement, values: (requirement.values ?? []).filter((value) => !gone.includes(value)) };
    }),
    offerings: type.offerings.filter(
      ({ zone, capacityType }) => !withoutZone.includes(zone) && !withoutCapacityType.includes(capacityType),
    ),
  });
  return new Map([...types].map(([pool, list]) => [pool, list.map(left)]));
}

/** Nodes of a lost zone are gone, and their Pods need a place elsewhere. */
function withoutZones(
  input: SolveInput,
  { zones, madeAgain, spreadOut }: { readonly zones: readonly string[] } & Omit<LostZones, "input">,
): SolveInput {
  const isLost = ({ labels }: SolveInput["nodes"][number]): boolean => zones.includes(labels[zoneLabel] ?? "");
  const homeless = spreadOut(input.nodes.filter(isLost).flatMap(({ pods }) => pods.filter(movesOn).map((pod) => unbound(madeAgain(pod)))));
  return homeless.length === 0 && !input.nodes.some(isLost)
    ? input
    : { ...input, nodes: input.nodes.filter((node) => !isLost(node)), pods: [...input.pods, ...homeless] };
}

function same<T>(one: T): T {
  return one;
}

function movesOn(pod: Pod): boolean {
  return !isDaemonPod(pod) && !isMirrorPod(pod) && !isTerminal(pod);
}

function unbound(pod: Pod): PendingPod {
  const { namespace = "", name = "" } = pod.metadata;
  return { key: `${namespace}/${name}`, pod: { ...pod, spec: without(pod.spec, ["nodeName"]) } };
}

function withoutConstraint(input: SolveInput, kind: ConstraintKind): SolveInput {
  if (kind === "daemonSets") return { ...input, daemonSets: [] };
  if (kind === "limits") return { ...input, nodePools: input.nodePools.map(unlimited) };
  if (kind === "taints")
    return { ...input, nodePools: input.nodePools.map(untainted), nodes: input.nodes.map((node) => ({ ...node, taints: [] })) };
  const relaxed = new Map<PodSpec, PodSpec>();
  const pods = input.pods.map((pending): PendingPod => {
    const { key, pod, ...rest } = pending;
    // Pods that share a spec go on sharing one, as the solver works out each once.
    const spec = relaxed.get(pod.spec) ?? relaxedSpec(pod.spec, kind);
    relaxed.set(pod.spec, spec);
    return { ...(kind === "spread" ? {} : rest), key, pod: { ...pod, spec } };
  });
  return { ...input, pods };
}

function unlimited(pool: NodePool): NodePool {
  return { ...pool, spec: without(pool.spec, ["limits"]) };
}

function untainted(pool: NodePool): NodePool {
  const { template } = pool.spec;
  return { ...pool, spec: { ...pool.spec, template: { ...template, spec: without(template.spec, ["taints"]) } } };
}

function relaxedSpec(spec: PodSpec, kind: Exclude<ConstraintKind, "daemonSets" | "limits" | "taints">): PodSpec {
  if (kind === "spread") return without(spec, ["topologySpreadConstraints"]);
  if (kind === "nodeSelector") return without(spec, ["nodeSelector"]);
  if (spec.affinity === undefined) return spec;
  return { ...spec, affinity: without(spec.affinity, [affinityFields[kind]]) };
}

const affinityFields = { affinity: "podAffinity", "anti-affinity": "podAntiAffinity", nodeAffinity: "nodeAffinity" } as const;

/** Returns an object without those of its fields. */
function without<T extends object, K extends keyof T>(from: T, names: readonly K[]): Omit<T, K> {
  const gone: ReadonlySet<PropertyKey> = new Set(names);
  return Object.fromEntries(Object.entries(from).filter(([name]) => !gone.has(name))) as Omit<T, K>;
}
