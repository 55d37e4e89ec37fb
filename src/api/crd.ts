/**
 * CustomResourceDefinitions of our kinds and of Karpenter's, made from the schemas.
 *
 * Reads a kind and the API domain (a setting). Returns the definition that the API server, the embedded world and
 * deploy/ take. Karpenter's kinds are as strict as upstream's. WorkloadProfile's form is checked as strictly, but unknown
 * fields are kept: the API server would refuse them, or drop them, without saying what was probably meant; the webhook
 * names the nearest known field.
 */
import { crdSurface, type PrinterColumn } from "./crd-surface.ts";
import { shapeSchemas } from "./generated/schemas.ts";
import { mapSchema, type CrdKind, type JsonSchema } from "./json-schema.ts";
import { kindTable } from "./kinds.ts";
import { defaultDomain } from "./labels.ts";
import type { KubeObject } from "./object.ts";

/** A CustomResourceDefinition (apiextensions.k8s.io/v1) with one version. */
export interface CustomResourceDefinition extends KubeObject {
  readonly spec: {
    readonly group: string;
    readonly names: {
      readonly kind: string;
      readonly listKind: string;
      readonly plural: string;
      readonly singular: string;
      readonly shortNames?: readonly string[];
      readonly categories?: readonly string[];
    };
    readonly scope: "Namespaced" | "Cluster";
    readonly versions: readonly CrdVersion[];
  };
}

/** One version of a CustomResourceDefinition. */
interface CrdVersion {
  readonly name: string;
  readonly served: boolean;
  readonly storage: boolean;
  readonly additionalPrinterColumns: readonly PrinterColumn[];
  readonly schema: { readonly openAPIV3Schema: JsonSchema };
  readonly subresources: {
    readonly status: Readonly<Record<string, never>>;
    readonly scale?: { readonly specReplicasPath: string; readonly statusReplicasPath: string };
  };
}

/** The kinds that a cluster needs from us; Karpenter's are for clusters that lack them. */
export const crdKinds: readonly CrdKind[] = ["WorkloadProfile", "NodePool", "NodeClaim", "EC2NodeClass", "NodeOverlay", "CapacityBuffer"];

/** Returns the CustomResourceDefinition of a kind; the API domain names the group of WorkloadProfile only. */
export function crdOf(kind: CrdKind, options: { readonly domain?: string } = {}): CustomResourceDefinition {
  return crdFrom({ kind, schema: shapeSchemas[kind], domain: options.domain ?? defaultDomain });
}

/** Returns the CustomResourceDefinition of a kind from a schema of its spec and status (for the generator, which has a newer one). */
export function crdFrom(source: {
  readonly kind: CrdKind;
  readonly schema: JsonSchema;
  readonly domain: string;
}): CustomResourceDefinition {
  const info = kindTable(source.domain)[source.kind];
  const surface = crdSurface[source.kind];
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${info.resource}.${info.group}` },
    spec: {
      group: info.group,
      names: {
        kind: info.kind,
        listKind: `${info.kind}List`,
        plural: info.resource,
        singular: info.kind.toLowerCase(),
        ...(surface.shortNames && { shortNames: surface.shortNames }),
        ...(surface.categories && { categories: surface.categories }),
      },
      scope: info.namespaced ? "Namespaced" : "Cluster",
      versions: [
        {
          name: info.version,
          served: true,
          storage: true,
          additionalPrinterColumns: surface.columns,
          schema: { openAPIV3Schema: structuralSchema(source.kind, source.schema) },
          subresources: { status: {}, ...(surface.scale && { scale: surface.scale }) },
        },
      ],
    },
  };
}

function structuralSchema(kind: CrdKind, schema: JsonSchema): JsonSchema {
  const { properties = {}, ...root } = withoutDocs(schema);
  const { spec = {}, ...others } = properties;
  return {
    ...root,
    properties: {
      apiVersion: { type: "string", description: "Version of the object's form." },
      kind: { type: "string", description: "Kind of the object." },
      metadata: { type: "object" },
      spec: kind === "WorkloadProfile" ? mapSchema(spec, keepingUnknown) : spec,
      ...others,
    },
  };
}

function withoutDocs(schema: JsonSchema): JsonSchema {
  return mapSchema(schema, (part) => without(part, "x-plimsoll-default", "x-plimsoll-check"));
}

/** Keeps unknown fields of an object with known ones, so that the webhook can name the nearest of those. */
function keepingUnknown(schema: JsonSchema): JsonSchema {
  return schema.properties ? { ...schema, "x-kubernetes-preserve-unknown-fields": true } : schema;
}

function without(schema: JsonSchema, ...words: readonly (keyof JsonSchema)[]): JsonSchema {
  return Object.fromEntries(Object.entries(schema).filter(([word]) => !words.some((dropped) => dropped === word)));
}
