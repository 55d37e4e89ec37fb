/**
 * PriorityClass (scheduling.k8s.io/v1), as on the wire.
 */
import type { KubeObject } from "./object.ts";

export interface PriorityClass extends KubeObject {
  readonly value: number;
  readonly globalDefault?: boolean;
}
