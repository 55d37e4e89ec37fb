/**
 * Obstacle faults: whether what a plan says is in the way of a Pod really is.
 *
 * Reads a plan's obstacles, and looks at each by itself in the world that the plan leaves: the nodes that a NodePool could still be
 * asked for, and those that are there, by the checker's own filters, which know nothing of volumes and resource claims. Returns a
 * sentence for each claim that is not true, and for each alternative that no claim is about.
 */
import type { NodeSelectorRequirement, Pod, PodSpec } from "../../../src/api/pod.ts";
import type { Constraint, Obstacle } from "../../../src/provisioner/scheduling/obstacle.ts";
import type { SchedulingResults, SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { freshNodes, type Future } from "./futures.ts";
import { buyableSites } from "./left-out.ts";
import { mayBuy } from "./limits.ts";
import { refusal, type World } from "./neighbours.ts";
import { worldAsPlanned } from "./plan-checker.ts";
import { plus, podAmounts } from "./pod-amounts.ts";
import { isMet, untolerated, wantsNode } from "./selection.ts";
import { refusalOfSite, type Filter, type Site } from "./site.ts";

interface Look {
  readonly input: SolveInput;
  readonly plan: SchedulingResults;
  readonly world: World;
  readonly pod: Pod;
}

/** Claims that there is nothing to hold against. */
const unread: ReadonlySet<Constraint> = new Set(["unsupported", "volumes"]);

/** Returns what is wrong with the obstacles of all Pods without a place. */
export function obstacleFaults(input: SolveInput, plan: SchedulingResults): readonly string[] {
  if (plan.unschedulable.length === 0) return [];
  const { binding } = worldAsPlanned(input, plan);
  // Where the plan itself does not hold there is no world to look at; its own check says so.
  if (binding.stuck.length > 0) return [];
  return plan.unschedulable.flatMap(({ pod: { pod }, obstacles }) => {
    const look = { input, plan, world: binding.world, pod };
    const untrue = obstacles
      .filter((one) => !unread.has(one.constraint) && !isTrue(one, look))
      .map((one) => `untrue: ${JSON.stringify(one)}`);
    return [...untrue, ...silences(obstacles, look)].map((text) => `${pod.metadata.name ?? ""}: ${text}`);
  });
}

/** Alternatives that nothing is said about. */
function silences(obstacles: readonly Obstacle[], { input, pod }: Look): readonly string[] {
  if (obstacles.some(({ pool, nodes }) => pool === undefined && nodes === undefined)) return [];
  const terms = termsOf(pod.spec).length;
  const nodes = obstacles.reduce((sum, { nodes: own }) => sum + (own?.count ?? 0), 0);
  const open = input.nodePools.filter(({ spec, metadata }) => spec.replicas === undefined && metadata.deletionTimestamp === undefined);
  return [
    ...(nodes === input.nodes.length ? [] : [`${nodes} of ${input.nodes.length} nodes are accounted for`]),
    ...open.flatMap(({ metadata }) => {
      const own = obstacles.filter(({ pool }) => pool === metadata.name);
      const told = new Set(own.map(({ term }) => term)).size;
      return told === (own.some(({ constraint }) => constraint === "taint") ? 1 : terms)
        ? []
        : [`${told} of ${terms} terms of ${metadata.name ?? ""}`];
    }),
  ];
}

function isTrue(obstacle: Obstacle, look: Look): boolean {
  if (obstacle.pool !== undefined) return isTrueOfPool(obstacle, look);
  if (obstacle.nodes !== undefined) return isTrueOfNodes(obstacle, look);
  if (obstacle.constraint === "pools") return look.input.nodePools.every((pool) => freshNodes(pool, look.input).length === 0);
  return obstacle.constraint === "requirements" && termsOf(look.pod.spec).length === 0;
}

const filters: Readonly<Partial<Record<Constraint, readonly Filter[]>>> = {
  accepting: ["NodeUnschedulable"],
  taint: ["TaintToleration"],
  requirements: ["NodeAffinity"],
  ports: ["NodePorts"],
  resources: ["NodeResourcesFit"],
  topology: ["PodTopologySpread", "InterPodAffinity"],
};

function isTrueOfNodes({ nodes, constraint, key = "" }: Obstacle, { world, pod }: Look): boolean {
  return (nodes?.names ?? []).every((name) => {
    const site = world.sites.find((one) => one.name === name);
    if (site === undefined) return false;
    if (constraint === "resources") return isTooSmall(pod.spec, { site, key });
    const [asked, place] = constraint === "topology" ? [withoutPorts(pod), roomy(site)] : [pod, site];
    const filter = refusal(asked, place, world)?.filter;
    return filter !== undefined && filters[constraint]?.includes(filter) === true;
  });
}

function isTrueOfPool(obstacle: Obstacle, look: Look): boolean {
  const pool = look.input.nodePools.find(({ metadata }) => metadata.name === obstacle.pool);
  if (pool === undefined) return false;
  const { constraint, key = "" } = obstacle;
  const spec = withTerm(look.pod.spec, obstacle.term);
  const within = obstacle.within?.split(", ") ?? [];
  const fresh = freshNodes(pool, look.input).filter(
    ({ site }) => !isFull(site) && within.every((value) => Object.values(site.labels).includes(value)),
  );
  if (constraint === "taint") return untolerated(spec, pool.spec.template.spec.taints ?? [])?.key === key;
  const asked = askedOf(spec, key);
  if (constraint === "requirements" || (constraint === "offerings" && key !== ""))
    return asked.length > 0 && fresh.every(({ site }) => !asked.every((one) => isMet(one, site.labels)));
  const wanted = fresh.filter(({ site }) => wantsNode(spec, site));
  if (constraint === "offerings") return wanted.length === 0;
  if (constraint === "types" || constraint === "places") return fresh.length === 0;
  if (constraint === "prices") return wanted.every(({ site }) => refusalOfSite({ ...look.pod, spec }, site) !== undefined);
  const refusesItself = ({ site }: Future, ...by: readonly Filter[]) =>
    by.includes(refusalOfSite({ ...look.pod, spec }, site)?.filter ?? "NodeUnschedulable");
  if (constraint === "ports") return wanted.length > 0 && wanted.every((one) => refusesItself(one, "NodePorts"));
  if (constraint === "resources" && key === "")
    return wanted.length > 0 && wanted.every((one) => refusesItself(one, "NodePorts", "NodeResourcesFit"));
  if (constraint === "resources") return wanted.length > 0 && wanted.every(({ site }) => isTooSmall(spec, { site, key }));
  if (constraint === "topology") return wanted.length > 0 && wanted.every(({ site }) => isRefusedByOthers(obstacle, { ...look, site }));
  const holding = wanted.filter(({ site }) => refusalOfSite({ ...look.pod, spec }, site) === undefined);
  const bought = (one: Future) => mayBuy(pool, { input: look.input, bought: look.plan.newNodes, more: one.type.capacity });
  if (constraint === "limits") return holding.length > 0 && holding.every((one) => !bought(one));
  if (constraint === "minValues" && key !== "") return new Set(holding.map(({ site }) => site.labels[key])).size < Number(obstacle.asked);
  return constraint === "minValues" && holding.length > 0;
}

/** Refused by Pods that are elsewhere, whatever room there is; in a world where every zone that can be bought counts, or in this one. */
function isRefusedByOthers({ key }: Obstacle, { pod, site, world, input }: Look & { readonly site: Site }): boolean {
  const [asked, place] = key === undefined ? [pod, site] : [withoutPorts(pod), roomy(site)];
  return [world.sites, [...world.sites, ...buyableSites(input)]].some((sites) => {
    const filter = refusal(asked, place, { ...world, sites: [...sites, place] })?.filter;
    return filter !== undefined && (key === undefined || filters.topology?.includes(filter) === true);
  });
}

/** The same node with room for everything. */
function roomy(site: Site): Site {
  return { ...site, allocatable: new Proxy({}, { get: () => Infinity }) };
}

function withoutPorts(pod: Pod): Pod {
  const containers = pod.spec.containers.map((container) => ({ ...container, ports: [] }));
  return { ...pod, spec: { ...pod.spec, containers } };
}

function isTooSmall(spec: PodSpec, { site, key }: { readonly site: Site; readonly key: string }): boolean {
  const used = plus(...[...site.daemons, ...site.pods.map((pod) => pod.spec)].map(podAmounts));
  return Object.entries(podAmounts(spec)).some(
    ([name, amount]) => (key === "" || name === key) && amount > 0 && amount > (site.allocatable[name] ?? 0) - (used[name] ?? 0),
  );
}

/** Says whether DaemonSets alone fill it. */
function isFull(site: Site): boolean {
  return Object.entries(plus(...site.daemons.map(podAmounts))).some(([name, amount]) => amount > (site.allocatable[name] ?? 0));
}

function termsOf({ affinity }: PodSpec): readonly (PodSpec["affinity"] | undefined)[] {
  const required = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution;
  if (required === undefined) return [affinity];
  return required.nodeSelectorTerms
    .filter(({ matchExpressions = [], matchFields = [] }) => matchExpressions.length + matchFields.length > 0)
    .map((term) => ({ ...affinity, nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [term] } } }));
}

function withTerm(spec: PodSpec, term = 0): PodSpec {
  const affinity = termsOf(spec)[term];
  return affinity === undefined ? spec : { ...spec, affinity };
}

function askedOf({ nodeSelector = {}, affinity }: PodSpec, key: string): readonly NodeSelectorRequirement[] {
  const terms = affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const selected = Object.entries(nodeSelector).map(([own, value]) => ({ key: own, operator: "In" as const, values: [value] }));
  return [...selected, ...terms.flatMap(({ matchExpressions = [] }) => matchExpressions)].filter((one) => one.key === key);
}
