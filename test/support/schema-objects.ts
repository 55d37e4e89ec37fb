/**
 * Objects made at random from the schemas: every field that a kind has, in shapes that no person wrote.
 *
 * Takes a source of random numbers. Returns an object of one of the kinds that the commands read. Most values fit their field; what doesn't is the
 * business of whoever mutates it.
 */
import { shapeSchemas } from "../../src/api/generated/schemas.ts";
import type { JsonSchema } from "../../src/api/json-schema.ts";
import { apiVersionOf, kindTable } from "../../src/api/kinds.ts";
import { createBuiltInSchemas } from "../../src/sim/built-in-schemas.ts";
import type { Schema } from "../../src/sim/schema.ts";

type Random = () => number;

const schemas = createBuiltInSchemas();
const kinds = kindTable();

/** Kinds with a generated schema, by the name of their type. */
const builtIn: readonly (readonly [string, string, string])[] = [
  ...(
    ["Pod", "Namespace", "Node", "ReplicationController", "Service", "LimitRange", "ResourceQuota", "PersistentVolumeClaim"] as const
  ).map((kind) => ["v1", kind, `core.v1.${kind}`] as const),
  ...(["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"] as const).map((kind) => ["apps/v1", kind, `apps.v1.${kind}`] as const),
  ...(["Job", "CronJob"] as const).map((kind) => ["batch/v1", kind, `batch.v1.${kind}`] as const),
  ["policy/v1", "PodDisruptionBudget", "policy.v1.PodDisruptionBudget"],
  ["autoscaling/v2", "HorizontalPodAutoscaler", "autoscaling.v2.HorizontalPodAutoscaler"],
  ["scheduling.k8s.io/v1", "PriorityClass", "scheduling.v1.PriorityClass"],
];
const shaped = ["WorkloadProfile", "NodePool", "NodeClaim", "EC2NodeClass", "NodeClass", "NodeOverlay", "CapacityBuffer"] as const;

/** Returns an object of a random kind; all of them are in namespace shop, and share a few names and labels so that they meet. */
export function schemaObject(random: Random): object {
  const index = Math.floor(random() * (builtIn.length + shaped.length));
  const known = builtIn[index];
  if (known !== undefined) {
    const [apiVersion, kind, reference] = known;
    return { ...object(ofBuiltIn(schemas(reference), random, 0)), ...titled(apiVersion, kind, random) };
  }
  const kind = shaped[index - builtIn.length] ?? "NodePool";
  return { ...object(ofCrd(shapeSchemas[kind], random, 0)), ...titled(apiVersionOf(kinds[kind]), kind, random) };
}

function titled(apiVersion: string, kind: string, random: Random): object {
  const metadata = object(ofBuiltIn(schemas("meta.v1.ObjectMeta"), random, 1));
  return { apiVersion, kind, metadata: { ...metadata, name: word(random), namespace: "shop", labels: { app: word(random) } } };
}

function object(value: unknown): object {
  return typeof value === "object" && value !== null ? value : {};
}

const words = ["web", "api", "batch", "db"];

function word(random: Random): string {
  return words[Math.floor(random() * words.length)] ?? "web";
}

const depthMax = 12;

/** Fields become rarer with depth, or a Pod would hold thousands. */
function isWritten(random: Random, { required, depth }: { readonly required: boolean; readonly depth: number }): boolean {
  return required ? random() < 0.97 : random() < 0.6 / (1 + depth / 3);
}

function ofBuiltIn(schema: Schema, random: Random, depth: number): unknown {
  if (depth > depthMax) return null;
  switch (schema.type) {
    case "object":
      if (schema.values !== undefined) return { app: ofBuiltIn(schema.values, random, depth + 1) };
      return Object.fromEntries(
        [...(schema.properties ?? [])]
          .filter(([name]) => isWritten(random, { required: schema.required.includes(name) || name === "spec", depth }))
          .map(([name, field]) => [name, named(name, random) ?? ofBuiltIn(field, random, depth + 1)]),
      );
    case "array":
      return many(random, () => (schema.items === undefined ? null : ofBuiltIn(schema.items, random, depth + 1)));
    default:
      return scalar(schema.type, random);
  }
}

function ofCrd(schema: JsonSchema, random: Random, depth: number): unknown {
  if (depth > depthMax) return null;
  if (schema.enum !== undefined) return schema.enum[Math.floor(random() * schema.enum.length)];
  if (schema.items !== undefined) {
    const { items } = schema;
    return many(random, () => ofCrd(items, random, depth + 1));
  }
  if (schema.properties === undefined && schema.additionalProperties !== undefined)
    return { cpu: ofCrd(schema.additionalProperties, random, depth + 1) };
  if (schema.properties === undefined) return scalar(schema.type ?? "int-or-string", random);
  return Object.fromEntries(
    Object.entries(schema.properties)
      .filter(([name]) => isWritten(random, { required: schema.required?.includes(name) === true || name === "spec", depth }))
      .map(([name, field]) => [name, named(name, random) ?? ofCrd(field, random, depth + 1)]),
  );
}

function many(random: Random, make: () => unknown): readonly unknown[] {
  return Array.from({ length: Math.floor(random() * 3) }, make);
}

/** What makes objects meet: selectors that select, operators that are known, keys that a cluster has. */
function named(name: string, random: Random): unknown {
  const choices: Readonly<Record<string, readonly unknown[]>> = {
    matchLabels: [{ app: word(random) }],
    operator: ["In", "NotIn", "Exists", "DoesNotExist", "Equal"],
    topologyKey: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"],
    whenUnsatisfiable: ["DoNotSchedule", "ScheduleAnyway"],
    kind: ["Deployment", "StatefulSet", "EC2NodeClass", "ReplicaSet"],
    replicas: [0, 1, 2, 3, 20],
    key: ["topology.kubernetes.io/zone", "karpenter.sh/capacity-type", "app"],
  };
  const known = choices[name];
  return known === undefined || random() < 0.1 ? undefined : known[Math.floor(random() * known.length)];
}

const values: Readonly<Record<string, readonly unknown[]>> = {
  boolean: [true, false],
  integer: [0, 1, 2, 30, 3600, -1, 2_147_483_647],
  number: [0, 1.5, -1],
  "int-or-string": [0, 1, "50%", "100%", "0%", "http"],
  quantity: ["100m", "1", "1Gi", "0", "10Gi", "1e3"],
  "date-time": ["2026-01-01T00:00:00Z"],
  "micro-time": ["2026-01-01T00:00:00.000000Z"],
  byte: ["YQ=="],
};

function scalar(type: string, random: Random): unknown {
  const texts = ["", "web", "zone-a", "100m", "5m", "* * * * *", "RollingUpdate", "Never", "TCP"];
  const some = values[type] ?? texts;
  return some[Math.floor(random() * some.length)];
}
