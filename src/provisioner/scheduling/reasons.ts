/**
 * Why a Pod has no place, in plain words.
 *
 * Reads the packing as it ended and a class without a place. Returns one sentence for each NodePool and one for the nodes
 * that exist: the first thing that stands in the way, in the order in which the solver asks.
 */
import { hostnameLabel } from "../../api/labels.ts";
import { compatible } from "../../kube/requirements.ts";
import { formatAmount } from "../../kube/resources.ts";
import { formatTaint, untoleratedTaint } from "../../kube/taint.ts";
import { cheapestHolding } from "./bin.ts";
import { acceptsClass, type ExistingNode } from "./existing-node.ts";
import type { LabelState } from "./label-state.ts";
import { topologyFor, vectorFor, type Packing } from "./packing.ts";
import type { PodClass } from "./pod-class.ts";
import { limitReason } from "./pool-limits.ts";
import type { PoolTemplate } from "./pool-template.ts";
import { holds, type Vector } from "./resource-space.ts";
import { verdictOn } from "./topology.ts";

/** Returns the reasons why no node takes a Pod of the class; never empty. */
export function reasonsFor(packing: Packing, podClass: PodClass): readonly string[] {
  const { templates, existing } = packing.problem;
  if (podClass.alternatives.length === 0) return ["its required node affinity has only empty terms, which select no node"];
  const pools = templates.map((template) => `NodePool ${template.name}: ${poolReason(packing, { podClass, template })}`);
  const nodes = existing.length === 0 ? [] : [existingReason(packing, podClass)];
  return [...(pools.length === 0 ? ["there is no NodePool to buy a node from"] : pools), ...nodes];
}

function poolReason(packing: Packing, { podClass, template }: { readonly podClass: PodClass; readonly template: PoolTemplate }): string {
  const { states } = packing.problem;
  const taint = untoleratedTaint(template.taints, podClass.spec.tolerations);
  if (taint !== undefined) return `the Pod does not tolerate its taint ${formatTaint(taint)}`;
  const conflicts = podClass.alternatives.map((alternative) => compatible(template.requirements, alternative, template));
  if (conflicts.every((conflict) => conflict !== undefined)) return conflicts.join("; or ");
  const root = states.root(template);
  if (root === undefined) return "no instance type that it allows is offered now";
  const [state] = states.withClass(root, podClass);
  if (state === undefined) return "no instance type that it allows and the Pod asks for is offered now";
  const added = vectorFor(packing.problem, podClass);
  const short = shortage(packing, { added, room: state.largest });
  if (short !== undefined) return `no instance type is large enough: the Pod asks for ${short} beside DaemonSets`;
  return topologyReason(packing, { podClass, state }) ?? capacityReason(packing, { state, added });
}

/** Names what is asked for and the most there is, of the first resource that is short. */
function shortage(packing: Packing, { added, room }: { readonly added: Vector; readonly room: Vector }): string | undefined {
  const { names } = packing.problem.space;
  const index = added.findIndex((amount, position) => amount > (room[position] ?? 0));
  const name = names[index];
  if (name === undefined) return undefined;
  return `${name} ${formatAmount(name, added[index] ?? 0)}, and there is at most ${formatAmount(name, Math.max(0, room[index] ?? 0))}`;
}

function topologyReason(
  packing: Packing,
  { podClass, state }: { readonly podClass: PodClass; readonly state: LabelState },
): string | undefined {
  const topology = topologyFor(packing.problem, podClass);
  const { existing, states } = packing.problem;
  const fresh = existing.length + packing.bins.length;
  if (verdictOn(topology, { key: hostnameLabel, domain: fresh }) === "refused")
    return "its Pod affinity needs a node where another Pod already is";
  for (const key of topology.keys) {
    const domains = states.valuesOf(state, key);
    const open = domains.filter((domain) => verdictOn(topology, { key, domain }) !== "refused");
    if (open.length > 0) continue;
    if (domains.length === 0) return `its constraint over ${key} needs nodes with that label`;
    return `its spread or Pod (anti-)affinity over ${key} refuses every value: ${domains.map((domain) => describe(packing, { podClass, key, domain })).join(", ")}`;
  }
  return undefined;
}

function describe(packing: Packing, input: { readonly podClass: PodClass; readonly key: string; readonly domain: string }): string {
  const groups = topologyFor(packing.problem, input.podClass).byKey.get(input.key);
  const [spread] = groups?.spread ?? [];
  const count = spread?.group.counts.get(input.domain);
  return spread === undefined
    ? input.domain
    : `${input.domain} (${count === undefined ? "not counted" : `${count} Pods`}, maxSkew ${spread.group.maxSkew})`;
}

function capacityReason(packing: Packing, { state, added }: { readonly state: LabelState; readonly added: Vector }): string {
  const ledger = packing.ledgers[state.template.index];
  const used = added.map(() => 0);
  const unlimited = cheapestHolding(state, { used, added, ledger: undefined, from: undefined });
  if (unlimited === undefined && state.template.minValues.length > 0) return "too few instance types hold the Pod for the pool's minValues";
  if (unlimited === undefined) return "no instance type holds all that the Pod asks for at once";
  const { capacity } = unlimited.candidate.type.instanceType;
  if (ledger !== undefined && !ledger.allows({ from: undefined, to: capacity })) return limitReason(ledger.remaining(), capacity);
  return "its constraints and those of other Pods leave no zone in which a type is offered now";
}

function existingReason(packing: Packing, podClass: PodClass): string {
  const counts = new Map<string, number>();
  for (const node of packing.problem.existing) {
    const reason = nodeReason(packing, { podClass, node });
    counts.set(reason, (counts.get(reason) ?? 0) + 1);
  }
  const parts = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([reason, count]) => `${count} ${reason}`);
  return `existing nodes: ${parts.join(", ")}`;
}

function nodeReason(packing: Packing, { podClass, node }: { readonly podClass: PodClass; readonly node: ExistingNode }): string {
  if (!node.state.accepting) return "going away or cordoned";
  if (untoleratedTaint(node.facts.taints, podClass.spec.tolerations) !== undefined) return "with a taint that the Pod does not tolerate";
  if (!acceptsClass(node, podClass)) return "with other labels";
  if (!holds(node.free, packing.usedExisting[node.id] ?? [], vectorFor(packing.problem, podClass))) return "without room";
  return "refused by spread or Pod (anti-)affinity";
}
