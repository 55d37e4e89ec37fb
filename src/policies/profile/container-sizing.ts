/**
 * Sizing of one container: how the compiled amounts meet what it already says, resource by resource.
 *
 * Reads the container's own requests and limits and the contract's. Returns what to write. A memory limit of the user's is never
 * lowered and never undercut by a request: that is a conflict, and the resource stays as it was.
 */
import type { QuantityText } from "../../api/object.ts";
import type { Container } from "../../api/pod.ts";
import { compareQuantities, wholeUnits } from "../../kube/quantity.ts";
import { remembered } from "../../kube/remembered.ts";
import { formatAmount } from "../../kube/resources.ts";
import type { ContainerSizing, SizingMode } from "./contract.ts";

/** The request would be above the limit that holds. */
export interface LimitConflict {
  readonly kind: "limit";
  readonly container: string;
  readonly resource: string;
  readonly request: string;
  readonly limit: string;
}

const mebibyte = 1024 * 1024;

/** What is to be written into one container, and what forbids some of it. */
export interface SizedContainer {
  readonly requests: Readonly<Record<string, string>>;
  readonly limits: Readonly<Record<string, string>>;
  readonly conflicts: readonly LimitConflict[];
}

/**
 * Returns the amounts of one container that differ from its own. `unstated` is what the API server takes for a request that is
 * absent, where that is not the limit alone.
 */
export function sizeContainer(input: {
  readonly container: Container;
  readonly sizing: ContainerSizing;
  readonly mode: SizingMode;
  readonly unstated?: Readonly<Record<string, string>>;
}): SizedContainer {
  const { container, sizing, mode, unstated } = input;
  const requests: Record<string, string> = {};
  const limits: Record<string, string> = {};
  const conflicts: LimitConflict[] = [];
  for (const resource of resourceNames(sizing)) {
    const stated = container.resources?.requests?.[resource];
    const hasLimit = container.resources?.limits?.[resource];
    if (stated !== undefined && isLeft(resource, sizing, hasLimit)) {
      if (hasLimit === undefined || compareQuantities(stated, hasLimit) <= 0) continue;
    }
    // The API server lets a limit stand in for a request that is absent.
    const has = { request: stated ?? unstated?.[resource] ?? hasLimit, limit: hasLimit };
    const request = nextRequest({ has: has.request, asked: sizing.requests[resource], fallback: sizing.defaultRequests[resource], mode });
    const limit = nextLimit({ has: has.limit, sizing, resource, mode, request });
    const ceiling = resource === "memory" ? (has.limit ?? limit) : limit;
    if (request !== undefined && ceiling !== undefined && compareQuantities(request, ceiling) > 0) {
      conflicts.push({ kind: "limit", container: container.name, resource, request: String(request), limit: String(ceiling) });
      continue;
    }
    const newLimit = differs(limit, has.limit);
    // A limit that stood in for the request no longer does so once it is another.
    const standsAlone = newLimit && stated === undefined && unstated?.[resource] === undefined && request !== undefined;
    if (standsAlone || differs(request, has.request)) requests[resource] = String(request);
    if (newLimit) limits[resource] = String(limit);
  }
  return { requests, limits, conflicts };
}

/** Is true where nothing is asked of a resource whose request is written, and nothing fills its limit: most containers beside the main one. */
function isLeft(resource: string, sizing: ContainerSizing, limit: QuantityText | undefined): boolean {
  if (sizing.requests[resource] !== undefined || sizing.limits[resource] !== undefined) return false;
  if (limit !== undefined) return true;
  return sizing.defaultLimits[resource] === undefined && (resource !== "memory" || sizing.memoryLimitRatio === undefined);
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

/** Returns the resources that a sizing speaks of, sorted; contracts hand out the same sizing for every Pod, so once for each. */
export const resourceNames = remembered((sizing: ContainerSizing): readonly string[] => {
  const names = [sizing.requests, sizing.defaultRequests, sizing.limits, sizing.defaultLimits].flatMap((list) => Object.keys(list));
  return [...new Set(sizing.memoryLimitRatio === undefined ? names : [...names, "memory"])].sort();
});

/** Equal amounts keep the text that the user wrote ("1000m" stays). */
function differs(next: QuantityText | undefined, has: QuantityText | undefined): boolean {
  if (next === undefined) return false;
  return has === undefined || compareQuantities(next, has) !== 0;
}
