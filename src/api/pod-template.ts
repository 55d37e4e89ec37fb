/**
 * PodTemplate, as on the wire: a Pod template that stands by itself. A CapacityBuffer names one.
 *
 * The shape of the template within it is PodTemplate of pod.ts, which every workload has.
 */
import type { KubeObject } from "./object.ts";
import type { PodTemplate } from "./pod.ts";

export interface StoredPodTemplate extends KubeObject {
  /** The API server always sends one; a file may lack it. */
  readonly template?: PodTemplate;
}
