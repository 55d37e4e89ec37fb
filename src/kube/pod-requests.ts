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
import { addResources, amountOf, maxResources, toResources } from "./resources.ts";

export type QosClass = "Guaranteed" | "Burstable" | "BestEffort";

const zero: Resources = {};
const computeResources = ["cpu", "memory"] as const;

/** Returns what the Pod takes from a Node's allocatable, including `pods: 1`. Quantities must be valid (edge). */
export const podRequests = rememberedInBursts(podRequestsUnremembered);

/** Returns the same, and holds on to nothing: for a Pod so large that the last few would fill the memory. */
export function podRequestsUnremembered(spec: PodSpec): Resources {
  const wanted = effective(spec, "requests");
  addList(wanted, spec.overhead);
  wanted["pods"] = (wanted["pods"] ?? 0) + 1;
  return wanted;
}

/**
 * Returns the Pod's limits by the same rule. A name that any container leaves unlimited still shows the sum of the others:
 * this is what the stated limits add up to, not a ceiling on use.
 */
export function podLimits(spec: PodSpec): Resources {
  const limits = effective(spec, "limits");
  addList(limits, spec.overhead);
  return limits;
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

/** Amounts that are being added up: every Pod of every review passes here, so one record is made for all of its containers. */
type Sum = Record<string, number>;

type Which = "requests" | "limits";

function effective(spec: PodSpec, which: Which): Sum {
  const running: Sum = {};
  for (const container of spec.containers) addContainer(running, container, which);
  const { initContainers, resources } = spec;
  const whole = initContainers == null || initContainers.length === 0 ? running : withInitialisation(running, initContainers, which);
  return resources == null ? whole : { ...atPodLevel(whole, resources, which) };
}

function addContainer(sum: Sum, { resources }: Container, which: Which): void {
  if (which === "requests") addRequests(sum, resources);
  else addList(sum, resources?.limits);
}

/** A limit stands in for a request that is not stated. */
function addRequests(sum: Sum, resources: ResourceRequirements | undefined): void {
  const limits = resources?.limits;
  const requests = resources?.requests;
  for (const name in limits) {
    const text = requests != null && Object.hasOwn(requests, name) ? requests[name] : limits[name];
    if (text !== undefined) sum[name] = (sum[name] ?? 0) + amountOf(name, text);
  }
  for (const name in requests) {
    const text = limits != null && Object.hasOwn(limits, name) ? undefined : requests[name];
    if (text !== undefined) sum[name] = (sum[name] ?? 0) + amountOf(name, text);
  }
}

function addList(sum: Sum, list: ResourceList | undefined): void {
  for (const name in list) {
    const text = list[name];
    if (text !== undefined) sum[name] = (sum[name] ?? 0) + amountOf(name, text);
  }
}

/** Sidecars add to everything that runs after them; any other init container runs alone beside the sidecars before it. */
function withInitialisation(running: Resources, initContainers: readonly Container[], which: Which): Sum {
  let sidecars = zero;
  let heaviest = zero;
  for (const container of initContainers) {
    const moment: Sum = { ...sidecars };
    addContainer(moment, container, which);
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
