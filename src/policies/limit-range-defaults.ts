/**
 * LimitRange defaults: the requests and limits that the API server fills into a Pod's containers before any webhook sees it.
 *
 * Reads a Pod spec as its template says and the LimitRanges of its namespace. Returns the spec as it will arrive. Templates are
 * stored without these amounts, so a workload that is judged by its template would be refused for what is filled a moment later.
 * The order is the API server's: a limit first stands in for an absent request, then each LimitRange fills what is still absent.
 */
import type { LimitRange, LimitRangeItem } from "../api/limit-range.ts";
import type { ResourceList } from "../api/object.ts";
import type { Container, PodSpec, ResourceRequirements } from "../api/pod.ts";
import { remembered } from "../kube/remembered.ts";

interface ContainerDefaults {
  readonly requests: ResourceList;
  readonly limits: ResourceList;
}

/**
 * Returns the spec with every absent request and limit that the LimitRanges give (LimitRanger of Kubernetes); the given one where
 * they give none. The API server asks several LimitRanges in no certain order; here the first by name fills.
 */
export function withLimitRangeDefaults(spec: PodSpec, limitRanges: readonly LimitRange[]): PodSpec {
  if (limitRanges.length === 0) return spec;
  const defaults = limitRanges.map(containerDefaults).filter(({ requests, limits }) => !isEmpty(requests) || !isEmpty(limits));
  if (defaults.length === 0) return spec;
  const fill = (container: Container): Container => ({ ...container, resources: filled(container.resources, defaults) });
  return {
    ...spec,
    containers: spec.containers.map(fill),
    ...(spec.initContainers === undefined ? {} : { initContainers: spec.initContainers.map(fill) }),
  };
}

/** The items of one LimitRange together; of two that name a resource the later one counts. */
const containerDefaults = remembered(({ spec }: LimitRange): ContainerDefaults =>
  spec.limits
    .filter(({ type }) => type === "Container")
    .map(defaultedItem)
    .reduce((all, { requests, limits }) => ({ requests: { ...all.requests, ...requests }, limits: { ...all.limits, ...limits } }), {
      requests: {},
      limits: {},
    }),
);

/** What the API server fills into a LimitRange itself when it is stored; a file does not have it yet. */
function defaultedItem({ default: stated = {}, defaultRequest = {}, max = {}, min = {} }: LimitRangeItem): ContainerDefaults {
  const limits = { ...max, ...stated };
  return { limits, requests: { ...min, ...limits, ...defaultRequest } };
}

function filled(resources: ResourceRequirements = {}, defaults: readonly ContainerDefaults[]): ResourceRequirements {
  const own: ContainerDefaults = { requests: { ...resources.limits, ...resources.requests }, limits: resources.limits ?? {} };
  return defaults.reduce(
    (current, { requests, limits }) => ({
      ...current,
      requests: { ...requests, ...current.requests },
      limits: { ...limits, ...current.limits },
    }),
    { ...resources, ...own },
  );
}

function isEmpty(list: ResourceList): boolean {
  return Object.keys(list).length === 0;
}
