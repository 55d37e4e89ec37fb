/**
 * Namespace, as on the wire: our code reads its labels only.
 */
import type { KubeObject } from "./object.ts";

export interface Namespace extends KubeObject {
  readonly kind: "Namespace";
}
