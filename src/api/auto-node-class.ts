/**
 * NodeClass of EKS Auto Mode (eks.amazonaws.com/v1), as on the wire: read for review, never written.
 */
import type { KubeObject } from "./object.ts";

export interface AutoNodeClass extends KubeObject {
  readonly spec: Readonly<Record<string, unknown>>;
}
