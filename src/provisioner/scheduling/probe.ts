/**
 * Probe: what a class of Pods may do at this moment of a packing.
 *
 * Reads a packing and a class. Returns in which states a bin could take one of its Pods, and which hosts are allowed. Counts
 * change with every Pod that is placed, so what was found for zones is forgotten then; what follows from labels alone stays.
 */
import { hostnameLabel } from "../../api/labels.ts";
import { compare, type LabelState } from "./label-state.ts";
import { topologyFor, vectorFor, type Packing } from "./packing.ts";
import type { PodClass } from "./pod-class.ts";
import type { Steer } from "./steering.ts";
import type { Vector } from "./resource-space.ts";
import { crowding, isIndifferent, verdictOn, type ClassTopology } from "./topology.ts";

export interface Probe {
  readonly packing: Packing;
  readonly podClass: PodClass;
  readonly topology: ClassTopology;
  /** What one Pod asks for. */
  readonly added: Vector;
  /** True where a rude domain will do. */
  readonly rude: boolean;
  /** Where the Pod is to go, and nowhere else. */
  readonly steer: Steer | undefined;
  /** The states that a bin in a state could be in with the Pod, by state id. */
  options: (readonly LabelState[] | undefined)[];
  /** True where one place is liked better than another at the same price. */
  readonly prefers: boolean;
  /** What is against a state, by state id: see liking.ts. */
  unmet: (number | undefined)[];
}

/** Opens a probe for one class. */
export function probeOf(
  packing: Packing,
  podClass: PodClass,
  { rude, steer }: { readonly rude: boolean; readonly steer?: Steer | undefined },
): Probe {
  const { problem } = packing;
  const topology = topologyFor(problem, podClass);
  const isScored = podClass.preferences === "scored" && (podClass.preferredNodes.length > 0 || problem.hasSoftTaints);
  const prefers = isScored || topology.wishesHost || topology.wishedKeys.length > 0;
  return { packing, podClass, topology, added: vectorFor(problem, podClass), rude, steer, options: [], prefers, unmet: [] };
}

/** Forgets what a placed Pod may have changed. */
export function renew(probe: Probe): void {
  if (probe.topology.keys.length === 0) return;
  probe.options = [];
  if (probe.prefers) probe.unmet = [];
}

/** Returns the states in which a bin could take the Pod: requirements narrowed, and every label that topology needs decided. */
export function optionsFor(probe: Probe, from: LabelState): readonly LabelState[] {
  const known = probe.options[from.id];
  if (known !== undefined) return known;
  const { states } = probe.packing.problem;
  let options = states.withClass(from, probe.podClass);
  for (const key of probe.topology.keys) {
    const [only] = options;
    if (only === undefined) break;
    options = options.length === 1 ? decide(probe, { state: only, key }) : options.flatMap((state) => decide(probe, { state, key }));
  }
  if (probe.podClass.preferredNodes.length > 0) options = alsoPreferred(probe, options);
  probe.options[from.id] = options;
  return options;
}

/** Each state also narrowed to what the class prefers, in every combination of its terms that is still offered. */
function alsoPreferred({ packing, podClass }: Probe, options: readonly LabelState[]): readonly LabelState[] {
  const { states } = packing.problem;
  const all = new Set(options);
  for (const { placement } of podClass.preferredNodes) {
    for (const state of [...all]) for (const narrower of states.withClass(state, placement)) all.add(narrower);
  }
  return [...all];
}

/** Says whether the host lets the Pod in. */
export function isAllowedHost({ topology, rude }: Pick<Probe, "topology" | "rude">, id: number): boolean {
  return !topology.usesHost || isGoodEnough(verdictOn(topology, { key: hostnameLabel, domain: id }), rude);
}

/** Says whether a node with this value of a label (none where undefined) lets the Pod in. */
export function isAllowedDomain(
  { topology, rude, steer }: Pick<Probe, "topology" | "rude"> & Partial<Pick<Probe, "steer">>,
  { key, domain }: { readonly key: string; readonly domain: string | undefined },
): boolean {
  if (isElsewhere(steer, { key, domain })) return false;
  if (domain === undefined) return !needsDomain(topology, key);
  return isGoodEnough(verdictOn(topology, { key, domain }), rude);
}

/** How many Pods of its wishes are on a host. */
export function crowdOnHost({ topology }: Pick<Probe, "topology">, id: number): number {
  return topology.wishesHost ? crowding(topology, { key: hostnameLabel, domain: id }) : 0;
}

function decide(probe: Probe, { state, key }: { readonly state: LabelState; readonly key: string }): readonly LabelState[] {
  const { packing, topology, steer } = probe;
  const { states } = packing.problem;
  const offered = states.valuesOf(state, key);
  const [first] = offered;
  if (first === undefined) return needsDomain(topology, key) || isElsewhere(steer, { key, domain: undefined }) ? [] : [state];
  if (offered.length === 1) {
    const isOpen = isAllowedDomain(probe, { key, domain: first });
    const next = isOpen ? states.withValue(state, key, first) : undefined;
    return next === undefined ? [] : [next];
  }
  const load = packing.load.get(key);
  const open: { readonly domain: string; readonly crowd: number; readonly load: number }[] = [];
  for (const domain of offered) {
    if (!isAllowedDomain(probe, { key, domain })) continue;
    open.push({ domain, crowd: crowding(topology, { key, domain }), load: load?.get(domain) ?? 0 });
  }
  if (open.length > 1) open.sort((a, b) => a.crowd - b.crowd || a.load - b.load || compare(a.domain, b.domain));
  const decided: LabelState[] = [];
  for (const { domain } of open) {
    const next = states.withValue(state, key, domain);
    if (next !== undefined) decided.push(next);
  }
  // With all of its values a claim may have as many types as minValues asks for, where with one of them it has too few.
  const mayStayOpen = state.template.minValues.length > 0 && steer === undefined && open.length === offered.length;
  if (mayStayOpen && isIndifferent(topology, { key, domains: offered })) decided.push(state);
  return decided;
}

function isElsewhere(steer: Steer | undefined, { key, domain }: { readonly key: string; readonly domain: string | undefined }): boolean {
  return steer !== undefined && steer.key === key && steer.domain !== domain;
}

function needsDomain(topology: ClassTopology, key: string): boolean {
  const groups = topology.byKey.get(key);
  return groups !== undefined && (groups.spread.length > 0 || groups.affinity.length > 0);
}

function isGoodEnough(verdict: ReturnType<typeof verdictOn>, rude: boolean): boolean {
  return verdict === "good" || (rude && verdict === "rude");
}
