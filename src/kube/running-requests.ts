/**
 * What a Pod that has a node takes from it, resizes in place included.
 *
 * Reads a Pod with its status. Returns amounts by kube-scheduler's rule (component-helpers' PodRequests with status
 * resources): of what a container asks for, what the kubelet has granted and what it runs with, the largest counts; a resize
 * that the kubelet calls infeasible will never come, so what is asked for does not count then. Init containers that end have
 * nothing to resize.
 */
import type { ResourceList, Resources } from "../api/object.ts";
import type { Container, ContainerStatus, Pod } from "../api/pod.ts";
import { isSidecar, podRequests } from "./pod-requests.ts";
import { compareQuantities } from "./quantity.ts";

/** Returns what the Pod takes from its Node's allocatable, including `pods: 1`. Quantities must be valid (edge). */
export function runningRequests(pod: Pod): Resources {
  const { spec, status } = pod;
  const granted = status?.containerStatuses;
  if (granted === undefined && status?.initContainerStatuses === undefined) return podRequests(spec);
  const isInfeasible = hasInfeasibleResize(pod);
  const containers = resized(spec.containers, { statuses: granted, isInfeasible });
  const sidecars = resized(spec.initContainers ?? [], { statuses: status?.initContainerStatuses, isInfeasible }, isSidecar);
  // The amounts of a spec are remembered by its object, so an unchanged spec is asked about as it is.
  if (containers === undefined && sidecars === undefined) return podRequests(spec);
  const initContainers = sidecars ?? spec.initContainers;
  return podRequests({ ...spec, containers: containers ?? spec.containers, ...(initContainers === undefined ? {} : { initContainers }) });
}

interface Granted {
  readonly statuses: readonly ContainerStatus[] | undefined;
  readonly isInfeasible: boolean;
}

/** The containers with the amounts that count; undefined where they are those of the spec. */
function resized(
  containers: readonly Container[],
  { statuses, isInfeasible }: Granted,
  concerns: (container: Container) => boolean = () => true,
): readonly Container[] | undefined {
  if (statuses === undefined) return undefined;
  const all = containers.map((container): Container => {
    const status = concerns(container) ? statuses.find(({ name }) => name === container.name) : undefined;
    if (status?.resources === undefined) return container;
    const actual = largest(status.resources.requests, status.allocatedResources);
    // A container that states a limit alone asks for that limit.
    const asked = { ...container.resources?.limits, ...container.resources?.requests };
    const requests = isInfeasible ? actual : largest(asked, actual);
    if (isEqual(requests, asked)) return container;
    return { ...container, resources: { requests } };
  });
  return all.some((container, index) => container !== containers[index]) ? all : undefined;
}

function largest(a: ResourceList | undefined, b: ResourceList | undefined): ResourceList {
  const all: Record<string, ResourceList[string]> = { ...a };
  for (const [name, amount] of Object.entries(b ?? {})) {
    const other = all[name];
    if (other === undefined || compareQuantities(amount, other) > 0) all[name] = amount;
  }
  return all;
}

function isEqual(a: ResourceList, b: ResourceList): boolean {
  const names = Object.keys(a);
  return (
    names.length === Object.keys(b).length &&
    names.every((name) => {
      const [one, other] = [a[name], b[name]];
      return one !== undefined && other !== undefined && compareQuantities(one, other) === 0;
    })
  );
}

function hasInfeasibleResize({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, reason }) => type === "PodResizePending" && reason === "Infeasible") === true;
}
