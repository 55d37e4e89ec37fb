/**
 * Every file that is made from the schemas, by its path from the root of the repository.
 *
 * Reads the TypeBox schemas of src/api. Returns texts and writes nothing, so that a test can compare them with the files
 * on disk: the plain schemas for run time, the CustomResourceDefinitions, and the reference pages.
 */
import type { TSchema } from "typebox";
import { stringify } from "yaml";
import { autoNodeClassSchema } from "../src/api/auto-node-class.ts";
import { capacityBufferSchema } from "../src/api/capacity-buffer.ts";
import { crdFrom } from "../src/api/crd.ts";
import { ec2NodeClassSchema } from "../src/api/ec2-node-class.ts";
import type { CrdKind, JsonSchema, ShapeKind } from "../src/api/json-schema.ts";
import { defaultDomain } from "../src/api/labels.ts";
import { nodeClaimSchema } from "../src/api/node-claim.ts";
import { nodeOverlaySchema } from "../src/api/node-overlay.ts";
import { nodePoolSchema } from "../src/api/node-pool.ts";
import { policiesFileSchema } from "../src/api/policies-file.ts";
import { workloadProfileSchema } from "../src/api/workload-profile.ts";
import { referencePage } from "./reference-page.ts";

const sources: Readonly<Record<ShapeKind, TSchema>> = {
  WorkloadProfile: workloadProfileSchema,
  NodePool: nodePoolSchema,
  NodeClaim: nodeClaimSchema,
  EC2NodeClass: ec2NodeClassSchema,
  NodeOverlay: nodeOverlaySchema,
  CapacityBuffer: capacityBufferSchema,
  NodeClass: autoNodeClassSchema,
  PoliciesFile: policiesFileSchema,
};

const crdFiles: Readonly<Record<CrdKind, string>> = {
  WorkloadProfile: "deploy/crds/workloadprofiles.yaml",
  NodePool: "deploy/karpenter-crds/nodepools.yaml",
  NodeClaim: "deploy/karpenter-crds/nodeclaims.yaml",
  EC2NodeClass: "deploy/karpenter-crds/ec2nodeclasses.yaml",
  NodeOverlay: "deploy/karpenter-crds/nodeoverlays.yaml",
  CapacityBuffer: "deploy/karpenter-crds/capacitybuffers.yaml",
};

const referenceFiles: Readonly<Record<ShapeKind, string>> = {
  WorkloadProfile: "docs/reference/workloadprofile.md",
  NodePool: "docs/reference/nodepool.md",
  NodeClaim: "docs/reference/nodeclaim.md",
  EC2NodeClass: "docs/reference/ec2nodeclass.md",
  NodeOverlay: "docs/reference/nodeoverlay.md",
  CapacityBuffer: "docs/reference/capacitybuffer.md",
  NodeClass: "docs/reference/nodeclass.md",
  PoliciesFile: "docs/reference/policies.md",
};

/** Returns the text of each generated file by its path. */
export function generatedFiles(): ReadonlyMap<string, string> {
  const schemas = plainSchemas();
  const crdPages = entries(crdFiles).map(([kind, path]) => [path, crdPage(kind, schemas[kind])] as const);
  const referencePages = entries(referenceFiles).map(([kind, path]) => [path, referencePage({ kind, schema: schemas[kind] })] as const);
  return new Map([["src/api/generated/schemas.ts", schemasModule(schemas)], ...crdPages, ...referencePages]);
}

/** Returns the schemas as plain JSON, as they are at run time. */
export function plainSchemas(): Readonly<Record<ShapeKind, JsonSchema>> {
  return JSON.parse(JSON.stringify(sources)) as Record<ShapeKind, JsonSchema>;
}

function schemasModule(schemas: Readonly<Record<ShapeKind, JsonSchema>>): string {
  return `/**
 * The plain JSON schemas of our shapes. Generated from the schemas of src/api by \`npm run generate\`; don't edit.
 */
import type { JsonSchema, ShapeKind } from "../json-schema.ts";

/** The schema of each kind: for Kubernetes objects of spec and status, for the policies file of all of it. */
export const shapeSchemas: Readonly<Record<ShapeKind, JsonSchema>> = ${JSON.stringify(schemas, undefined, 1)};
`;
}

function crdPage(kind: CrdKind, schema: JsonSchema): string {
  const crd = crdFrom({ kind, schema, domain: defaultDomain });
  return `# Generated from the schemas of src/api by \`npm run generate\`; don't edit.\n${stringify(crd, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

function entries<Key extends string, Value>(record: Readonly<Record<Key, Value>>): readonly (readonly [Key, Value])[] {
  return Object.entries(record) as [Key, Value][];
}
