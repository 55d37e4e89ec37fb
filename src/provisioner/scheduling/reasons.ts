/**
 * Why a Pod has no place: the first thing in the way of each alternative.
 *
 * Reads the packing as it ended and a class without a place. An alternative is a NodePool with one term of the Pod's node
 * affinity, or a node that is there. Each is asked in the order in which the solver asks: taint, labels, what is offered, size,
 * spread and affinity, minValues, limits. Nothing in here runs before somebody reads a reason.
 */
import { hostnameLabel } from "../../api/labels.ts";
import { podRequests } from "../../kube/pod-requests.ts";
import { conflictsOf, formatRequirements, intersection, type Requirements } from "../../kube/requirements.ts";
import { formatRequirement } from "../../kube/requirement.ts";
import { formatTaint, untoleratedTaint } from "../../kube/taint.ts";
import { emptyPoolObstacle, unpricedObstacle } from "./empty-pool.ts";
import type { LabelState } from "./label-state.ts";
import { meantValue } from "./meant-value.ts";
import { nodeObstacles } from "./node-obstacles.ts";
import { leftOut, type LeftOut, type Obstacle } from "./obstacle.ts";
import { topologyFor, type Packing } from "./packing.ts";
import type { PodClass } from "./pod-class.ts";
import type { PoolTemplate } from "./pool-template.ts";
import { isAllowedDomain, isAllowedHost } from "./probe.ts";
import { roomObstacles, sizeObstacle } from "./room-obstacles.ts";
import type { SpreadGroup } from "./topology-group.ts";

/** Alternatives that are asked: NodePools, terms of each, and domains that topology leaves open. */
const poolsAskedMax = 50;
const termsAskedMax = 8;
const domainsAskedMax = 8;
const valuesShownMax = 12;

/** Returns the reasons why no node takes a Pod of the class; never empty. */
export function leftOutOf(packing: Packing, podClass: PodClass): LeftOut {
  // A pool's reservations stand beside its other offerings: what is against those is against the pool.
  const own = packing.problem.templates.filter(({ reservation }) => reservation === undefined);
  // Where minValues may be given up, they are not what is in the way.
  const relaxed = new Set(own.filter(({ isRelaxed }) => isRelaxed === true).map(({ name }) => name));
  const templates = own.filter(({ name, isRelaxed }) => isRelaxed === true || !relaxed.has(name));
  const { alternatives } = podClass;
  if (alternatives.length === 0) return leftOut([{ constraint: "requirements" }]);
  const pools = templates.slice(0, poolsAskedMax);
  const terms = alternatives.slice(0, termsAskedMax);
  const none: readonly Obstacle[] = templates.length === 0 ? [{ constraint: "pools", fix: "create a NodePool" }] : [];
  const ofPools = pools.flatMap((template) => poolObstacles(packing, { podClass, template, terms }));
  const alternativesLeft = templates.length * alternatives.length - pools.length * terms.length;
  return leftOut([...none, ...nearestFixes(ofPools), ...nodeObstacles(packing, podClass)], alternativesLeft);
}

/** Where all that a pool lacks is a price, it is nearer than one that would need types of another kind. */
function nearestFixes(obstacles: readonly Obstacle[]): readonly Obstacle[] {
  if (!obstacles.some(({ constraint }) => constraint === "prices")) return obstacles;
  return obstacles.map((one) => {
    const { fix, ...rest } = one;
    return fix !== undefined && one.constraint === "resources" && one.available === "0" ? rest : one;
  });
}

interface Asked {
  readonly podClass: PodClass;
  readonly template: PoolTemplate;
}

function poolObstacles(
  packing: Packing,
  { podClass, template, terms }: Asked & { readonly terms: readonly Requirements[] },
): readonly Obstacle[] {
  const pool = template.name;
  const taint = untoleratedTaint(template.taints, podClass.spec.tolerations);
  if (taint !== undefined) {
    const value = formatTaint(taint);
    return [{ pool, constraint: "taint", key: taint.key, value, fix: `add a toleration of ${value} to the Pod` }];
  }
  const isOnly = podClass.alternatives.length === 1;
  return terms.flatMap((term, index) =>
    termObstacles(packing, { podClass, template, term }).map((one) => ({ pool, ...(isOnly ? undefined : { term: index }), ...one })),
  );
}

function termObstacles(packing: Packing, { podClass, template, term }: Asked & { readonly term: Requirements }): readonly Obstacle[] {
  const { states } = packing.problem;
  const root = states.root(template);
  const empty = root === undefined ? emptyPoolObstacle(template) : undefined;
  // What is wrong with the pool whatever a Pod asks for comes before what the Pod asks for.
  if (empty?.constraint === "types") return [empty];
  const conflicts = conflictsOf(template.requirements, term, template);
  if (conflicts.length > 0) {
    return conflicts.map((conflict) => {
      const meant = conflict.meant ?? meantValue(packing.problem, term.get(conflict.key));
      return {
        constraint: "requirements",
        ...conflict,
        ...meantField(meant),
        fix: labelFix({ ...conflict, ...meantField(meant) }, template),
      };
    });
  }
  if (root === undefined) return [empty ?? { constraint: "offerings" }];
  const state = states.narrowed(root, term);
  if (state === undefined) {
    const unpriced = unpricedObstacle(template, { requirements: intersection(template.requirements, term) });
    return [unpriced ?? offeringObstacle(packing, { root, term })];
  }
  const short = sizeObstacle(packing, { podClass, state });
  if (short !== undefined) return [unpricedHolding({ podClass, state }, short.key ?? "") ?? short];
  const apart = topologyObstacle(packing, { podClass, state });
  return apart === undefined ? openObstacles(packing, { podClass, state }) : [apart];
}

/** A resource that nothing on offer has (a GPU, say) may be one of types whose price nobody has told. */
function unpricedHolding({ podClass, state }: InState, resource: string): Obstacle | undefined {
  const { template, requirements } = state;
  const asked = podRequests(podClass.spec)[resource];
  if (asked === undefined || template.types.some(({ instanceType }) => (instanceType.capacity[resource] ?? 0) > 0)) return undefined;
  return unpricedObstacle(template, { requirements, does: ({ capacity }) => (capacity[resource] ?? 0) >= asked });
}

function meantField(meant: string | undefined): { readonly meant?: string } {
  return meant === undefined ? {} : { meant };
}

function labelFix(
  { key = "", asked = "", available, meant }: Pick<Obstacle, "key" | "asked" | "available" | "meant">,
  { name }: PoolTemplate,
): string {
  if (meant !== undefined) return `write ${meant}`;
  if (available === undefined) return `don't ask for ${key}, or give NodePool ${name} the label in spec.template.metadata.labels`;
  return `ask for ${available}, or let NodePool ${name} allow ${asked}`;
}

/** The first label that nothing on offer has as the Pod asks for it, by itself; else all of them together. */
function offeringObstacle(packing: Packing, { root, term }: { readonly root: LabelState; readonly term: Requirements }): Obstacle {
  const { states } = packing.problem;
  for (const [key, requirement] of term) {
    if (states.narrowed(root, new Map([[key, requirement]])) !== undefined) continue;
    const meant = meantValue(packing.problem, requirement);
    const fix = meant === undefined ? undefined : { fix: `write ${meant}` };
    const available = shown(states.valuesOf(root, key));
    return { constraint: "offerings", key, asked: formatRequirement(requirement), available, ...meantField(meant), ...fix };
  }
  return { constraint: "offerings", asked: formatRequirements(term) };
}

function shown(values: readonly string[]): string {
  const left = values.length - valuesShownMax;
  return `${values.slice(0, valuesShownMax).join(", ") || "nothing"}${left > 0 ? ` and ${left} more` : ""}`;
}

interface InState {
  readonly podClass: PodClass;
  readonly state: LabelState;
}

/** A label of which spread and affinity refuse every value that there is. */
function topologyObstacle(packing: Packing, { podClass, state }: InState): Obstacle | undefined {
  const topology = topologyFor(packing.problem, podClass);
  const { existing, states } = packing.problem;
  if (!isAllowedHost({ topology, rude: true }, existing.length + packing.bins.length))
    return { constraint: "topology", key: hostnameLabel };
  for (const key of topology.keys) {
    const domains = states.valuesOf(state, key);
    if (domains.length === 0 && !isAllowedDomain({ topology, rude: true }, { key, domain: undefined }))
      return { constraint: "topology", key };
    if (domains.length === 0 || domains.some((domain) => isAllowedDomain({ topology, rude: true }, { key, domain }))) continue;
    return refusedDomains(packing, { podClass, key, domains, pool: state.template.name });
  }
  return undefined;
}

function refusedDomains(
  packing: Packing,
  asked: { readonly podClass: PodClass; readonly key: string; readonly domains: readonly string[]; readonly pool: string },
): Obstacle {
  const { podClass, key, domains, pool } = asked;
  const spreads = topologyFor(packing.problem, podClass).byKey.get(key)?.spread ?? [];
  const few = spreads.find(
    ({ group: { counts, minDomains, maxSkew }, self }) =>
      counts.size < minDomains && domains.every((domain) => (counts.get(domain) ?? maxSkew) + self > maxSkew),
  );
  const available = shown(domains.map((domain) => counted((few ?? spreads[0])?.group, domain)));
  if (few === undefined) return { constraint: "topology", key, available };
  const { minDomains, counts } = few.group;
  const missing = minDomains - counts.size;
  const more = `${missing} more value${missing === 1 ? "" : "s"} of ${key}`;
  const fix = `let NodePool ${pool} use ${more}, or lower the spread's minDomains to ${counts.size}`;
  return { constraint: "topology", key, available, domains: { asked: minDomains, found: counts.size }, fix };
}

function counted(group: SpreadGroup | undefined, domain: string): string {
  if (group === undefined) return domain;
  const count = group.counts.get(domain);
  const pods = count === undefined ? "not counted" : `${count} Pod${count === 1 ? "" : "s"}`;
  return `${domain} (${pods}, maxSkew ${group.maxSkew})`;
}

/** What is in the way in the domains that topology leaves open. */
function openObstacles(packing: Packing, { podClass, state }: InState): readonly Obstacle[] {
  const topology = topologyFor(packing.problem, podClass);
  const { states } = packing.problem;
  if (topology.keys.length === 0) return roomObstacles(packing, { podClass, state });
  let open: readonly { readonly state: LabelState; readonly names: readonly string[] }[] = [{ state, names: [] }];
  for (const key of topology.keys) {
    open = open
      .flatMap((one) => {
        const domains = states.valuesOf(one.state, key).filter((domain) => isAllowedDomain({ topology, rude: true }, { key, domain }));
        const decided = domains.flatMap((domain) => {
          const next = states.withValue(one.state, key, domain);
          return next === undefined ? [] : [{ state: next, names: [...one.names, domain] }];
        });
        return states.valuesOf(one.state, key).length === 0 ? [one] : decided;
      })
      .slice(0, domainsAskedMax);
  }
  const found = open.flatMap((one) => {
    const within = one.names.length === 0 ? undefined : { within: one.names.join(", ") };
    const short = sizeObstacle(packing, { podClass, state: one.state });
    const own = short === undefined ? roomObstacles(packing, { podClass, state: one.state }) : [short];
    return own.map((obstacle) => ({ ...obstacle, ...within }));
  });
  return found.length === 0 ? [{ constraint: "topology" }] : found;
}
