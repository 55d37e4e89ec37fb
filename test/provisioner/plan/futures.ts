/**
 * Futures: what a planned node, a NodeClaim on its way, or one more node may become.
 *
 * Reads NodePools, types and requirements. Returns sites: one for each type and offering that the requirements allow, with the
 * labels, the room and the DaemonSet Pods that such a Node would have. Nothing is chosen here, everything is listed.
 */
import type { InstanceType, Offering } from "../../../src/api/instance-type.ts";
import {
  capacityTypeLabel,
  hostnameLabel,
  initializedLabel,
  instanceTypeLabel,
  nodePoolLabel,
  registeredLabel,
  zoneLabel,
} from "../../../src/api/labels.ts";
import type { NodePool } from "../../../src/api/node-pool.ts";
import type { NodeSelectorRequirement, PodSpec } from "../../../src/api/pod.ts";
import type { NodeState } from "../../../src/provisioner/scheduling/node-state.ts";
import type { PlannedNode } from "../../../src/provisioner/scheduling/planned-node.ts";
import type { SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { isMet, untolerated, wantsNode, type Labels } from "./selection.ts";
import type { Site } from "./site.ts";

/** One thing that a node may become. */
export interface Future {
  readonly site: Site;
  readonly type: InstanceType;
  readonly offering: Offering;
}

type Requirements = readonly NodeSelectorRequirement[];

/** Everything that the NodeClaim of a planned node may be launched as. */
export function futuresOf(planned: PlannedNode, { input, name }: { readonly input: SolveInput; readonly name: string }): readonly Future[] {
  const pool = planned.nodePool.metadata.name ?? "";
  return offered(input.instanceTypes.get(pool) ?? []).flatMap(({ type, offering }) => {
    const labels = labelsOf({ pool: planned.nodePool, name, type, offering, requirements: planned.requirements });
    if (!isAllowed(planned.requirements, labels)) return [];
    return [{ type, offering, site: newSite(input, { pool: planned.nodePool, name, labels, type }) }];
  });
}

/** Every empty node that a NodePool could still be asked for, once for each way to decide its own labels. */
export function freshNodes(pool: NodePool, input: SolveInput): readonly Future[] {
  const { replicas, template } = pool.spec;
  if (replicas !== undefined || pool.metadata.deletionTimestamp !== undefined) return [];
  const name = `one-more-${pool.metadata.name ?? ""}`;
  return offered(input.instanceTypes.get(pool.metadata.name ?? "") ?? []).flatMap(({ type, offering }) =>
    decisions(ownRequirements(template.spec.requirements, type)).flatMap((requirements) => {
      const labels = labelsOf({ pool, name, type, offering, requirements });
      if (!isAllowed(template.spec.requirements, labels)) return [];
      return [{ type, offering, site: newSite(input, { pool, name, labels, type }) }];
    }),
  );
}

/** What a standing node is, or all that a NodeClaim on its way may still become; its room is known in either case. */
export function standingFutures(state: NodeState, input: SolveInput): readonly Site[] {
  const labels = state.requirements === undefined ? [state.labels] : comingLabels(state, state.requirements, input);
  return labels.map((all) => {
    const decided = { ...all, [hostnameLabel]: all[hostnameLabel] ?? state.name };
    const bare = { name: state.name, labels: decided, taints: state.taints };
    const { allocatable, accepting, pods, attachable } = state;
    const running = new Set(pods.flatMap(({ metadata }) => (metadata.ownerReferences ?? []).map(({ kind, name }) => `${kind} ${name}`)));
    const missing = input.daemonSets.filter(({ name }) => !running.has(`DaemonSet ${name.slice(name.indexOf("/") + 1)}`));
    return { ...bare, allocatable, attachable, accepting, pods, daemons: daemonsOn(missing, bare), storage: input.volumes };
  });
}

function comingLabels(state: NodeState, requirements: Requirements, input: SolveInput): readonly Labels[] {
  const types = input.instanceTypes.get(state.nodePool ?? "") ?? [];
  const decided = { ...singleValues(requirements), ...state.labels, [registeredLabel]: "true", [initializedLabel]: "true" };
  const possible = types.flatMap((type) =>
    type.offerings
      .map((offering): Labels => ({ ...decided, ...typeLabels(type, offering) }))
      .filter((labels) => isAllowed(requirements, labels)),
  );
  return possible.length === 0 ? [decided] : possible;
}

function offered(types: readonly InstanceType[]): readonly { readonly type: InstanceType; readonly offering: Offering }[] {
  return types.flatMap((type) => type.offerings.filter(({ available }) => available).map((offering) => ({ type, offering })));
}

function newSite(
  input: SolveInput,
  of: { readonly pool: NodePool; readonly name: string; readonly labels: Labels; readonly type: InstanceType },
): Site {
  const bare = { name: of.name, labels: of.labels, taints: of.pool.spec.template.spec.taints ?? [] };
  return {
    ...bare,
    allocatable: of.type.allocatable,
    attachable: of.type.attachable,
    accepting: true,
    pods: [],
    daemons: daemonsOn(input.daemonSets, bare),
    storage: input.volumes,
  };
}

/** A DaemonSet's Pod comes where no taint keeps it away and the labels are those it asks for; it takes what its like take elsewhere. */
function daemonsOn(daemonSets: SolveInput["daemonSets"], node: Pick<Site, "name" | "labels" | "taints">): readonly PodSpec[] {
  return daemonSets
    .filter(({ spec }) => untolerated(spec, node.taints) === undefined && wantsNode(spec, node))
    .map(({ spec, live }) => (live === undefined ? spec : specTaking(live)));
}

function specTaking({ requests, ports }: NonNullable<SolveInput["daemonSets"][number]["live"]>): PodSpec {
  const asked = Object.fromEntries(
    Object.entries(requests).flatMap(([name, amount]) => (name === "pods" ? [] : [[name, name === "cpu" ? `${amount}m` : String(amount)]])),
  );
  const opened = ports.map(({ port, protocol, ip }) => ({ containerPort: port, hostPort: port, protocol, hostIP: ip }));
  return { containers: [{ name: "agent", resources: { requests: asked }, ports: opened }] };
}

/** Labels of a Node of the pool: the template's, those the claim decides, the type's and the offering's. */
function labelsOf(of: {
  readonly pool: NodePool;
  readonly name: string;
  readonly type: InstanceType;
  readonly offering: Offering;
  readonly requirements: Requirements;
}): Labels {
  const { template } = of.pool.spec;
  const { group, kind, name } = template.spec.nodeClassRef;
  return {
    ...singleValues(ownRequirements(of.requirements, of.type)),
    ...template.metadata?.labels,
    [`${group}/${kind.toLowerCase()}`]: name,
    ...typeLabels(of.type, of.offering),
    [nodePoolLabel]: of.pool.metadata.name ?? "",
    [hostnameLabel]: of.name,
    [registeredLabel]: "true",
    [initializedLabel]: "true",
  };
}

function typeLabels(type: InstanceType, { zone, capacityType }: Offering): Labels {
  const single = Object.fromEntries(
    type.requirements.flatMap(({ key, operator, values = [] }) =>
      operator === "In" && values.length === 1 ? [[key, values[0] ?? ""]] : [],
    ),
  );
  return { ...single, [instanceTypeLabel]: type.name, [zoneLabel]: zone, [capacityTypeLabel]: capacityType };
}

/** Requirements that the type has nothing to say to: the claim itself decides these labels. */
function ownRequirements(requirements: Requirements, type: InstanceType): Requirements {
  const stated = new Set([...type.requirements.map(({ key }) => key), zoneLabel, capacityTypeLabel, instanceTypeLabel]);
  return requirements.filter(({ key }) => !stated.has(key));
}

/** A label with several values left gets the smallest: the claim must come out the same each time. */
function singleValues(requirements: Requirements): Labels {
  return Object.fromEntries(
    requirements.flatMap(({ key, operator, values = [] }) =>
      operator === "In" && values.length > 0 ? [[key, [...values].sort()[0] ?? ""]] : [],
    ),
  );
}

/** Each way to decide labels with several values: a Pod that asks for one of them narrows the claim to it. */
function decisions(requirements: Requirements): readonly Requirements[] {
  return requirements.reduce<readonly Requirements[]>(
    (all, requirement) => {
      const { operator, values = [] } = requirement;
      const each = operator === "In" ? values.map((value) => ({ ...requirement, values: [value] })) : [requirement];
      return all.flatMap((before) => each.map((one) => [...before, one]));
    },
    [[]],
  );
}

function isAllowed(requirements: Requirements, labels: Labels): boolean {
  return requirements.every((requirement) => isMet(requirement, labels));
}

/** Says why the pool's own text forbids such a node; undefined where it does not. */
export function poolProblem(pool: NodePool, { labels }: Site): string | undefined {
  const unmet = pool.spec.template.spec.requirements.find((requirement) => !isMet(requirement, labels));
  return unmet === undefined ? undefined : `the NodePool asks for ${JSON.stringify(unmet)}, the node has ${labels[unmet.key] ?? "nothing"}`;
}
