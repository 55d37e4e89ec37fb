/**
 * What a Pod asks of a Node: effective requests, limits and quality of service.
 *
 * Reads a Pod's spec, also one that the API server has not defaulted (a template, a file). Returns numbers by
 * kube-scheduler's rule: the larger of all containers together and the heaviest moment of initialisation, then pod-level
 * resources, then overhead. A container that only has a limit requests that limit, as the API server would default it.
 */
import type { QuantityText, ResourceList, Resources } from "../api/object.ts";
import type { Container, PodSpec, ResourceRequirements } from "../api/pod.ts";
import { compareQuantities } from "./quantity.ts";
import { rememberedInBursts } from "./remembered.ts";
import { addResources, maxResources, toResources } from "./resources.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const onePod: Resources = { pods: 1 };
const zero: Resources = {};
const computeResources = ["cpu", "memory"] as const;

/** Returns what the Pod takes from a Node's allocatable, including `pods: 1`. Quantities must be valid (edge). */
export const podRequests = rememberedInBursts((spec: PodSpec): Resources =>
  addResources(effective(spec, "requests"), toResources(spec.overhead), onePod),
);

/**
 * Returns the Pod's limits by the same rule. A name that any container leaves unlimited still shows the sum of the others:
 * this is what the stated limits add up to, not a ceiling on use.
 */
export function podLimits(spec: PodSpec): Resources {
  return addResources(effective(spec, "limits"), toResources(spec.overhead));
}

/** Returns the requests of one container, with limits standing in for requests that are not stated. */
export function containerRequests(container: Container): Resources {
  return toResources(requestList(container.resources));
}

/** Says whether an init container keeps running beside the others. */
export function isSidecar(container: Container): boolean {
  return container.restartPolicy === "Always";
}

/**
 * Returns the quality-of-service class, from cpu and memory only: Guaranteed if every container (or the pod level, where
 * stated) limits both and requests as much; BestEffort if nothing is asked.
 */
export function qosClass(spec: PodSpec): QosClass {
  if (spec.resources !== undefined && asksAnything(spec.resources)) return isGuaranteed(spec.resources) ? "Guaranteed" : "Burstable";
  let asks = false;
  let guaranteed = true;
  // Every Pod of every review passes here: loops, and no list of all containers.
  for (const list of [spec.containers, spec.initContainers ?? none]) {
    for (const { resources } of list) {
      asks ||= resources !== undefined && asksAnything(resources);
      guaranteed &&= isGuaranteed(resources);
    }
  }
  if (!asks) return "BestEffort";
  return guaranteed ? "Guaranteed" : "Burstable";
}

const none: readonly Container[] = [];

function effective(spec: PodSpec, which: "requests" | "limits"): Resources {
  const of = (container: Container): Resources =>
    which === "requests" ? containerRequests(container) : toResources(container.resources?.limits);
  let running = addResources(...spec.containers.map(of));
  if (spec.initContainers !== undefined && spec.initContainers.length > 0) running = withInitialisation(running, spec.initContainers, of);
  return spec.resources === undefined ? running : atPodLevel(running, spec.resources, which);
}

/** Sidecars add to everything that runs after them; any other init container runs alone beside the sidecars before it. */
function withInitialisation(running: Resources, initContainers: readonly Container[], of: (container: Container) => Resources): Resources {
  let sidecars = zero;
  let heaviest = zero;
  for (const container of initContainers) {
    const moment = addResources(sidecars, of(container));
    if (isSidecar(container)) sidecars = moment;
    heaviest = maxResources(heaviest, moment);
  }
  return maxResources(addResources(running, sidecars), heaviest);
}

/** Pod-level amounts replace the sum of the containers; a pod-level limit stands in only for a request that nobody states. */
function atPodLevel(containers: Resources, podLevel: ResourceRequirements, which: "requests" | "limits"): Resources {
  const stated = toResources(podLevel[which]);
  const standIn = which === "requests" ? toResources(podLevel.limits) : zero;
  return { ...standIn, ...containers, ...stated };
}

function requestList(resources: ResourceRequirements | undefined): ResourceList | undefined {
  if (resources?.limits === undefined) return resources?.requests;
  return resources.requests === undefined ? resources.limits : { ...resources.limits, ...resources.requests };
}

function asksAnything({ requests, limits }: ResourceRequirements): boolean {
  return computeResources.some((name) => isPositive(requests?.[name]) || isPositive(limits?.[name]));
}

function isPositive(quantity: QuantityText | undefined): boolean {
  return quantity !== undefined && compareQuantities(quantity, 0) > 0;
}

function isGuaranteed(resources: ResourceRequirements | undefined): boolean {
  return computeResources.every((name) => {
    const limit = resources?.limits?.[name];
    const request = resources?.requests?.[name] ?? limit;
    return request !== undefined && limit !== undefined && isPositive(limit) && compareQuantities(request, limit) === 0;
  });
}
