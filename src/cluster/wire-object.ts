/**
 * Objects off the wire: list bodies and watch lines, decoded as far as the cluster's plumbing looks into them.
 *
 * Reads unknown JSON. Returns KubeObjects and versions. A codec (`as`, here only): the API server validated what it
 * stores, so only what the plumbing itself relies on is checked. It never changes what it was given: the in-process API
 * server hands out its own objects.
 */
import { apiVersionOf } from "../api/kinds.ts";
import type { KindInfo } from "../api/kinds.ts";
import type { KubeObject, ObjectMeta } from "../api/object.ts";

/** A decoded page of a list. */
export interface ListPage {
  readonly items: readonly unknown[];
  readonly resourceVersion: string;
  /** Empty on the last page. */
  readonly continueToken: string;
}

/** Reads the body of a list answer; a body without items is an empty page (Go writes a nil list as null). */
export function decodeListPage(body: unknown): ListPage {
  const list = (body ?? {}) as {
    readonly items?: readonly unknown[] | null;
    readonly metadata?: { readonly resourceVersion?: string; readonly continue?: string };
  };
  return { items: list.items ?? [], resourceVersion: list.metadata?.resourceVersion ?? "", continueToken: list.metadata?.continue ?? "" };
}

/**
 * Returns an item of a list or a line of a watch as an object with apiVersion and kind (the API server leaves both out of
 * the items of typed lists) and without metadata.managedFields (half of many objects' bytes, and nothing of ours reads
 * them from a store); undefined when it is no named object.
 */
export function decodeObject(value: unknown, info: Pick<KindInfo, "group" | "version" | "kind">): KubeObject | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const object = value as Partial<KubeObject>;
  if (typeof object.metadata?.name !== "string") return undefined;
  const metadata: ObjectMeta & { managedFields?: unknown } = { ...object.metadata };
  delete metadata.managedFields;
  return { ...object, apiVersion: object.apiVersion ?? apiVersionOf(info), kind: object.kind ?? info.kind, metadata };
}

/** Returns metadata.resourceVersion of a watch line's object, a bookmark's too; "" when it has none. */
export function resourceVersionOf(value: unknown): string {
  return (value as Partial<KubeObject> | undefined)?.metadata?.resourceVersion ?? "";
}
