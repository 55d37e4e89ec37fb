/**
 * ServedResource: how one resource of one group and version is addressed, stored, shaped and printed.
 *
 * Shapes only. The table of built-in ones stands in built-in-resources.ts; a CRD's come from crd.ts; registry.ts finds them.
 */
import type { JsonObject } from "./json.ts";
import type { Schema } from "./schema.ts";

/** A path behind an object's name. */
export type Subresource = "status" | "scale" | "binding" | "eviction" | "finalize";

/** A column of a Table: how kubectl get shows a resource. */
export interface PrintColumn {
  readonly name: string;
  readonly type: string;
  readonly format?: string;
  readonly description: string;
  /** 0 is always shown, more only with -o wide. */
  readonly priority: number;
  readonly jsonPath: string;
}

/** What only custom resources have. */
export interface CustomPart {
  readonly definition: string;
  readonly columns: readonly PrintColumn[];
  readonly scale?: { readonly specReplicasPath: string; readonly statusReplicasPath: string; readonly labelSelectorPath?: string };
  /** The paths that field selectors may name, besides name and namespace. */
  readonly selectableFields: readonly string[];
  readonly openApiSchema: JsonObject;
}

export interface ServedResource {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly singular: string;
  readonly kind: string;
  readonly listKind: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly namespaced: boolean;
  /** The store's name of the resource; two versions of one resource share it. */
  readonly storage: string;
  readonly subresources: readonly Subresource[];
  /** True where metadata.generation counts changes of the desired state. */
  readonly generation: boolean;
  /** True where the status is written through its subresource only. */
  readonly statusIsolated: boolean;
  /** True where objects can be listed and not written. */
  readonly readOnly: boolean;
  readonly schema: () => Schema;
  readonly custom?: CustomPart;
}

/** Returns the apiVersion of a resource. */
export function apiVersionOf({ group, version }: Pick<ServedResource, "group" | "version">): string {
  return group === "" ? version : `${group}/${version}`;
}
