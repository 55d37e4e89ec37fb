/**
 * Secret, as on the wire.
 */
import type { KubeObject } from "./object.ts";

export interface Secret extends KubeObject {
  readonly type?: string;
  /** Values are base64 text. */
  readonly data?: Readonly<Record<string, string>>;
}
