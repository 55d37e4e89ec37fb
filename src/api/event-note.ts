/**
 * EventNote: what our code wants said on an object; the recorder of cluster/ makes the Event of it.
 */
import type { ObjectKey } from "./object.ts";

/** What an object's Event tells; one per (regarding, reason, message), counted by the recorder. */
export interface EventNote {
  readonly regarding: { readonly apiVersion: string; readonly kind: string; readonly uid?: string } & ObjectKey;
  readonly type: "Normal" | "Warning";
  readonly reason: string;
  readonly message: string;
}
