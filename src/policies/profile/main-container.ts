/**
 * The main container: the one that a profile sizes when a Pod has several.
 *
 * Reads a Pod or a template. Returns the container's name, by this order: the default-container
 * annotation of kubectl, the container that the workload's template made unambiguous, the only one, the one with the
 * workload's name. Undefined is what REQ-006 refuses.
 */
import { defaultContainerAnnotation } from "../../api/labels.ts";
import type { Container, PodTemplate } from "../../api/pod.ts";

/** What {@link mainContainerOf} reads; `templateMain` is the answer for the workload's template, where a Pod is asked about. */
export interface MainContainerInput {
  readonly pod: PodTemplate;
  readonly workloadName: string;
  readonly templateMain?: string;
}

/** Returns the name of the main container, or undefined where the Pod has several and none is marked. */
export function mainContainerOf({ pod, workloadName, templateMain }: MainContainerInput): string | undefined {
  const { containers } = pod.spec;
  const annotated = pod.metadata?.annotations?.[defaultContainerAnnotation];
  if (hasContainer(containers, annotated)) return annotated;
  // A sidecar that another webhook injected must not take the main container's place, or hide it.
  if (hasContainer(containers, templateMain)) return templateMain;
  if (containers.length === 1) return containers[0]?.name;
  return hasContainer(containers, workloadName) ? workloadName : undefined;
}

function hasContainer(containers: readonly Container[], name: string | undefined): boolean {
  return name !== undefined && containers.some((container) => container.name === name);
}
