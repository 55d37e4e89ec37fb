/**
 * Sizing of containers: how a profile's requests and limits meet what a Pod already says.
 *
 * Reads the containers and the compiled amounts. Returns the amounts to write, or the conflict that forbids it: a memory
 * limit of the user's is never lowered and never undercut by a request, and a Guaranteed Pod never becomes Burstable in
 * silence. A conflict leaves the resource as the user wrote it; admission refuses the workload by it.
 */
import type { QuantityText, ResourceList } from "../../api/object.ts";
import type { Container, PodSpec } from "../../api/pod.ts";
import { qosClass } from "../../kube/pod-requests.ts";
import { compareQuantities, wholeUnits } from "../../kube/quantity.ts";
import { formatAmount } from "../../kube/resources.ts";
import type { ContainerSizing, PodParts, SizingMode } from "./contract.ts";

/** Why amounts were not written. */
export type SizingConflict =
  /** The request would be above the limit that holds. */
  | { readonly kind: "limit"; readonly container: string; readonly resource: string; readonly request: string; readonly limit: string }
  /** All sizing was left out, because the Pod is Guaranteed and would not stay so. */
  | { readonly kind: "qos" };

/** Amounts to write into one container of spec.containers; only what differs from the Pod's own. */
export interface ContainerAmounts {
  readonly index: number;
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
}

export interface PodSizing {
  readonly containers: readonly ContainerAmounts[];
  readonly conflicts: readonly SizingConflict[];
}

const noSizing: ContainerSizing = { requests: {}, limits: {}, defaultRequests: {}, defaultLimits: {} };
const mebibyte = 1024 * 1024;

/** Returns the amounts to write into a Pod's containers; `main` is the name of the main container, if it has one. */
export function sizePod({
  spec,
  parts,
  main,
}: {
  readonly spec: PodSpec;
  readonly parts: PodParts;
  readonly main: string | undefined;
}): PodSizing {
  const conflicts: SizingConflict[] = [];
  const containers = spec.containers.flatMap((container, index) => {
    const sizing = sizingOf(parts, container.name, main);
    if (sizing === undefined) return [];
    const sized = sizeContainer({ container, sizing, mode: parts.mode });
    conflicts.push(...sized.conflicts);
    return [{ index, requests: sized.requests, limits: sized.limits }];
  });
  if (qosClass(spec) === "Guaranteed" && qosClass(withAmounts(spec, containers)) !== "Guaranteed") {
    return { containers: [], conflicts: [{ kind: "qos" }] };
  }
  return { containers: containers.filter(hasAmounts), conflicts };
}

/** Named sizing is laid over the main container's, so a profile may state both. */
function sizingOf(parts: PodParts, container: string, main: string | undefined): ContainerSizing | undefined {
  // Mutation comes before the API server's validation: a container may be named like a member of every object.
  const named = Object.hasOwn(parts.namedSizing, container) ? parts.namedSizing[container] : undefined;
  if (container !== main || parts.mainSizing === undefined) return named;
  if (named === undefined) return parts.mainSizing;
  const base = parts.mainSizing;
  return {
    requests: { ...base.requests, ...named.requests },
    limits: { ...base.limits, ...named.limits },
    defaultRequests: base.defaultRequests,
    defaultLimits: base.defaultLimits,
    ...(base.memoryLimitRatio === undefined ? {} : { memoryLimitRatio: base.memoryLimitRatio }),
  };
}

interface SizedContainer {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
  readonly conflicts: readonly SizingConflict[];
}

function sizeContainer(input: {
  readonly container: Container;
  readonly sizing: ContainerSizing;
  readonly mode: SizingMode;
}): SizedContainer {
  const { container, sizing, mode } = input;
  const requests: Record<string, string> = {};
  const limits: Record<string, string> = {};
  const conflicts: SizingConflict[] = [];
  for (const resource of resourceNames(sizing)) {
    const has = {
      // The API server lets a limit stand in for a request that is absent.
      request: container.resources?.requests?.[resource] ?? container.resources?.limits?.[resource],
      limit: container.resources?.limits?.[resource],
    };
    const request = nextRequest({ has: has.request, asked: sizing.requests[resource], fallback: sizing.defaultRequests[resource], mode });
    const limit = nextLimit({ has: has.limit, sizing, resource, mode, request });
    const ceiling = resource === "memory" ? (has.limit ?? limit) : limit;
    if (request !== undefined && ceiling !== undefined && compareQuantities(request, ceiling) > 0) {
      conflicts.push({ kind: "limit", container: container.name, resource, request: String(request), limit: String(ceiling) });
      continue;
    }
    if (differs(request, has.request)) requests[resource] = String(request);
    if (differs(limit, has.limit)) limits[resource] = String(limit);
  }
  return { requests, limits, conflicts };
}

function nextRequest(input: {
  readonly has: QuantityText | undefined;
  readonly asked: string | undefined;
  readonly fallback: string | undefined;
  readonly mode: SizingMode;
}): QuantityText | undefined {
  const { has, asked, fallback, mode } = input;
  if (has === undefined) return asked ?? fallback;
  if (asked === undefined || mode === "fill") return has;
  return mode === "floor" && compareQuantities(asked, has) < 0 ? has : asked;
}

function nextLimit(input: {
  readonly has: QuantityText | undefined;
  readonly sizing: ContainerSizing;
  readonly resource: string;
  readonly mode: SizingMode;
  readonly request: QuantityText | undefined;
}): QuantityText | undefined {
  const { has, sizing, resource, mode, request } = input;
  const asked = sizing.limits[resource];
  if (has === undefined) return asked ?? sizing.defaultLimits[resource] ?? limitByRatio(input.resource, sizing, request);
  if (asked === undefined || mode === "fill") return has;
  const keepsHigher = mode === "floor" || resource === "memory";
  return keepsHigher && compareQuantities(asked, has) < 0 ? has : asked;
}

function limitByRatio(resource: string, sizing: ContainerSizing, request: QuantityText | undefined): string | undefined {
  if (resource !== "memory" || sizing.memoryLimitRatio === undefined || request === undefined) return undefined;
  return memoryLimitOf({ request, ratio: sizing.memoryLimitRatio });
}

/**
 * Returns the memory limit that a class's ratio gives a request, as a quantity: whole mebibytes, rounded down, so that the
 * ratio is never exceeded, but never below the request. Undefined for text that is no quantity.
 */
export function memoryLimitOf({ request, ratio }: { readonly request: QuantityText; readonly ratio: number }): string | undefined {
  const bytes = wholeUnits(request);
  if (!bytes.ok) return undefined;
  const limit = Math.floor((bytes.value * ratio) / mebibyte) * mebibyte;
  return limit < bytes.value ? String(request) : formatAmount("memory", limit);
}

function resourceNames(sizing: ContainerSizing): readonly string[] {
  const names = [sizing.requests, sizing.defaultRequests, sizing.limits, sizing.defaultLimits].flatMap((list) => Object.keys(list));
  return [...new Set(sizing.memoryLimitRatio === undefined ? names : [...names, "memory"])].sort();
}

/** Equal amounts keep the text that the user wrote ("1000m" stays). */
function differs(next: QuantityText | undefined, has: QuantityText | undefined): boolean {
  if (next === undefined) return false;
  return has === undefined || compareQuantities(next, has) !== 0;
}

function hasAmounts(amounts: ContainerAmounts): boolean {
  return Object.keys(amounts.requests).length > 0 || Object.keys(amounts.limits).length > 0;
}

function withAmounts(spec: PodSpec, amounts: readonly ContainerAmounts[]): PodSpec {
  const containers = spec.containers.map((container, index) => {
    const own = amounts.find((entry) => entry.index === index);
    if (own === undefined) return container;
    const requests: ResourceList = { ...container.resources?.requests, ...own.requests };
    return { ...container, resources: { ...container.resources, requests, limits: { ...container.resources?.limits, ...own.limits } } };
  });
  return { ...spec, containers };
}

/** Returns the sizing of a container that the profile only names (compute.containers), from its amounts. */
export function sizingOfAmounts(amounts: Pick<ContainerSizing, "requests" | "limits">, memoryLimitRatio?: number): ContainerSizing {
  return { ...noSizing, ...amounts, ...(memoryLimitRatio === undefined ? {} : { memoryLimitRatio }) };
}
