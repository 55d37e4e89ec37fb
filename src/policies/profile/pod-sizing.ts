/**
 * Sizing of containers: how a profile's requests and limits meet what a Pod already says.
 *
 * Reads the containers and the compiled amounts. Returns the amounts to write, or the conflict that forbids it: a memory
 * limit of the user's is never lowered and never undercut by a request, and a Guaranteed Pod never becomes Burstable in
 * silence. A conflict leaves the resource as the user wrote it; admission refuses the workload by it.
 */
import type { Container, PodSpec, ResourceRequirements } from "../../api/pod.ts";
import { isSidecar, podRequests, qosClass, type QosClass } from "../../kube/pod-requests.ts";
import { rememberedInBursts } from "../../kube/remembered.ts";
import { formatAmount, toResources } from "../../kube/resources.ts";
import { resourceNames, sizeContainer, type LimitConflict } from "./container-sizing.ts";
import type { ContainerSizing, PodParts } from "./contract.ts";

/** Why amounts were not written. */
export type SizingConflict =
  | LimitConflict
  /** The request of the Pod as a whole (spec.resources) would be above its limit, or below what its containers ask together. */
  | {
      readonly kind: "pod-level";
      readonly resource: string;
      readonly request: string;
      readonly bound: { readonly of: "limit" | "containers"; readonly amount: string };
    }
  /** All sizing was left out, because the Pod is Guaranteed and would not stay so. */
  | { readonly kind: "qos"; readonly change: QosChange };

/** Another quality of service than the Pod was written with. */
export interface QosChange {
  readonly from: QosClass;
  readonly to: QosClass;
}

/** Where amounts are written: a container of one of the two lists. */
export interface ContainerPlace {
  readonly list: "containers" | "initContainers";
  readonly index: number;
}

/** Amounts to write into one container; only what differs from the Pod's own. */
export interface ContainerAmounts extends ContainerPlace {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
}

/** Amounts of spec.resources, for a Pod that states any. */
export type PodAmounts = Pick<ContainerAmounts, "requests" | "limits">;

export interface PodSizing {
  readonly containers: readonly ContainerAmounts[];
  readonly pod?: PodAmounts;
  readonly conflicts: readonly SizingConflict[];
  /** Where the amounts give another quality of service than the Pod was written with, and it is a better one. */
  readonly qosChange?: QosChange;
}

const noSizing: ContainerSizing = { requests: {}, limits: {}, defaultRequests: {}, defaultLimits: {} };

/**
 * Returns the amounts to write into a Pod's containers; `main` is the name of the main container, if it has one. One Pod is asked
 * about several times in a review (its compilation, then rules): the last answer is kept with it.
 */
export function sizePod(input: PodSizingInput): PodSizing {
  const last = lastSizing(input.spec);
  if (last.sizing !== undefined && last.parts === input.parts && last.main === input.main) return last.sizing;
  last.parts = input.parts;
  last.main = input.main;
  last.sizing = sizedPod(input);
  return last.sizing;
}

interface LastSizing {
  parts?: PodParts;
  main?: string | undefined;
  sizing?: PodSizing;
}

const lastSizing = rememberedInBursts<PodSpec, LastSizing>(() => ({}));

function sizedPod(input: PodSizingInput): PodSizing {
  const { spec, parts } = input;
  const podLevel = podLevelNames(spec);
  const terms = { ...input, podLevel };
  const containers: ContainerAmounts[] = [];
  const conflicts: SizingConflict[] = [];
  for (const list of ["containers", "initContainers"] as const) {
    let index = -1;
    for (const container of spec[list] ?? []) {
      index++;
      const sizing = list === "containers" ? sizingOf(container, terms) : initSizingOf(container, parts);
      if (sizing === undefined) continue;
      const sized = sizeContainer({ container, sizing, mode: parts.mode });
      conflicts.push(...sized.conflicts);
      if (hasAmounts(sized)) containers.push({ list, index, requests: sized.requests, limits: sized.limits });
    }
  }
  const pod = sizePodLevel({ ...input, containers, podLevel });
  conflicts.push(...pod.conflicts);
  if (containers.length === 0 && pod.amounts.pod === undefined) return { containers, conflicts };
  const change = qosChangeOf(spec, { containers, ...pod.amounts });
  if (change?.from === "Guaranteed") return { containers: [], conflicts: [{ kind: "qos", change }] };
  return {
    containers,
    ...(pod.amounts.pod === undefined ? {} : pod.amounts),
    conflicts,
    ...(change === undefined ? {} : { qosChange: change }),
  };
}

/** What {@link sizePod} reads. */
export interface PodSizingInput {
  readonly spec: PodSpec;
  readonly parts: PodParts;
  readonly main: string | undefined;
}

function qosChangeOf(spec: PodSpec, amounts: Pick<PodSizing, "containers" | "pod">): QosChange | undefined {
  const from = qosClass(spec);
  // What asks for something and leaves a container without a CPU limit is Burstable before and after: most Pods.
  if (from === "Burstable" && amounts.pod === undefined && leavesUnlimited(spec, amounts.containers)) return undefined;
  const to = qosClass(withAmounts(spec, amounts));
  return from === to ? undefined : { from, to };
}

function leavesUnlimited(spec: PodSpec, amounts: readonly ContainerAmounts[]): boolean {
  if (spec.resources != null) return false;
  const limited = new Set(
    amounts.filter(({ list, limits }) => list === "containers" && limits["cpu"] !== undefined).map(({ index }) => index),
  );
  return spec.containers.some(({ resources }, index) => resources?.limits?.["cpu"] === undefined && !limited.has(index));
}

/**
 * The sizing of one container. Named sizing is laid over the main container's, so a profile may state both; a container beside
 * it that is not named gets what the class gives sidecars. What the Pod states as a whole is not asked of its main container.
 */
function sizingOf(
  container: Container,
  of: Omit<PodSizingInput, "spec"> & { readonly podLevel: ReadonlySet<string> },
): ContainerSizing | undefined {
  const { parts, main, podLevel } = of;
  const named = namedSizingOf(container, parts);
  // Without a main container nobody can say which are sidecars.
  const sidecar = main === undefined || container.name === main ? undefined : parts.sidecarSizing;
  if (container.name !== main || parts.mainSizing === undefined) return named ?? sidecar;
  const base = withoutNames(parts.mainSizing, podLevel);
  if (named === undefined) return base;
  return {
    requests: { ...base.requests, ...named.requests },
    limits: { ...base.limits, ...named.limits },
    defaultRequests: base.defaultRequests,
    defaultLimits: base.defaultLimits,
    ...(base.memoryLimitRatio === undefined ? {} : { memoryLimitRatio: base.memoryLimitRatio }),
  };
}

function initSizingOf(container: Container, parts: PodParts): ContainerSizing | undefined {
  return namedSizingOf(container, parts) ?? (isSidecar(container) ? parts.sidecarSizing : undefined);
}

/** Mutation comes before the API server's validation: a container may be named like a member of every object. */
function namedSizingOf({ name }: Container, { namedSizing }: PodParts): ContainerSizing | undefined {
  return Object.hasOwn(namedSizing, name) ? namedSizing[name] : undefined;
}

/** Returns cpu and memory where the Pod states them as a whole: there the profile's amounts are the Pod's, not a container's. */
function podLevelNames({ resources }: PodSpec): ReadonlySet<string> {
  if (resources == null) return noNames;
  if (resources.requests == null && resources.limits == null) return noNames;
  return new Set(["cpu", "memory"].filter((name) => resources.requests?.[name] !== undefined || resources.limits?.[name] !== undefined));
}

const noNames: ReadonlySet<string> = new Set();

function sizePodLevel(of: PodSizingInput & { readonly containers: readonly ContainerAmounts[]; readonly podLevel: ReadonlySet<string> }): {
  readonly amounts: Pick<PodSizing, "pod">;
  readonly conflicts: readonly SizingConflict[];
} {
  const { spec, parts, podLevel, containers } = of;
  if (podLevel.size === 0 || parts.mainSizing === undefined) return { amounts: {}, conflicts: [] };
  const sizing = withoutNames(parts.mainSizing, new Set(resourceNames(parts.mainSizing).filter((name) => !podLevel.has(name))));
  const container: Container = { name: "", ...(spec.resources === undefined ? {} : { resources: spec.resources }) };
  const together = podRequests({ ...withAmounts(spec, { containers }), resources: {}, overhead: {} });
  const unstated = Object.fromEntries(
    [...podLevel].flatMap((name) => (together[name] === undefined ? [] : [[name, formatAmount(name, together[name])] as const])),
  );
  const sized = sizeContainer({ container, sizing, mode: parts.mode, unstated });
  const low = Object.entries(sized.requests).filter(
    ([name, request]) => (toResources({ [name]: request })[name] ?? 0) < (together[name] ?? 0),
  );
  const refused = new Set(low.map(([name]) => name));
  const kept = (list: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(list).filter(([name]) => !refused.has(name)));
  const pod = { requests: kept(sized.requests), limits: kept(sized.limits) };
  return {
    amounts: hasAmounts(pod) ? { pod } : {},
    conflicts: [
      ...sized.conflicts.map((conflict) => podLevelConflict(conflict, { of: "limit", amount: conflict.limit })),
      ...low.map(([resource, request]) =>
        podLevelConflict({ resource, request }, { of: "containers", amount: formatAmount(resource, together[resource] ?? 0) }),
      ),
    ],
  };
}

function podLevelConflict(
  { resource, request }: { readonly resource: string; readonly request: string },
  bound: Extract<SizingConflict, { kind: "pod-level" }>["bound"],
): SizingConflict {
  return { kind: "pod-level", resource, request, bound };
}

function withoutNames(sizing: ContainerSizing, names: ReadonlySet<string>): ContainerSizing {
  if (names.size === 0) return sizing;
  const rest = (list: Readonly<Record<string, string>>) => Object.fromEntries(Object.entries(list).filter(([name]) => !names.has(name)));
  return {
    requests: rest(sizing.requests),
    limits: rest(sizing.limits),
    defaultRequests: rest(sizing.defaultRequests),
    defaultLimits: rest(sizing.defaultLimits),
    ...(sizing.memoryLimitRatio === undefined || names.has("memory") ? {} : { memoryLimitRatio: sizing.memoryLimitRatio }),
  };
}

function hasAmounts(amounts: PodAmounts): boolean {
  for (const name in amounts.requests) if (Object.hasOwn(amounts.requests, name)) return true;
  for (const name in amounts.limits) if (Object.hasOwn(amounts.limits, name)) return true;
  return false;
}

function withAmounts(spec: PodSpec, amounts: Pick<PodSizing, "containers" | "pod">): PodSpec {
  if (amounts.containers.length === 0 && amounts.pod === undefined) return spec;
  const sized = (list: ContainerPlace["list"]): readonly Container[] =>
    (spec[list] ?? []).map((container, index) => {
      const own = amounts.containers.find((entry) => entry.list === list && entry.index === index);
      return own === undefined ? container : { ...container, resources: withLists(container.resources, own) };
    });
  return {
    ...spec,
    containers: sized("containers"),
    ...(spec.initContainers == null ? {} : { initContainers: sized("initContainers") }),
    ...(amounts.pod === undefined ? {} : { resources: withLists(spec.resources, amounts.pod) }),
  };
}

function withLists(resources: ResourceRequirements | undefined, own: PodAmounts): ResourceRequirements {
  return { ...resources, requests: { ...resources?.requests, ...own.requests }, limits: { ...resources?.limits, ...own.limits } };
}

/** Returns the sizing of a container that the profile only names (compute.containers), from its amounts. */
export function sizingOfAmounts(amounts: Pick<ContainerSizing, "requests" | "limits">, memoryLimitRatio?: number): ContainerSizing {
  return { ...noSizing, ...amounts, ...(memoryLimitRatio === undefined ? {} : { memoryLimitRatio }) };
}
