/**
 * Generates src/sim/generated: the built-in kinds' schemas and protobuf field numbers, one line a type.
 *
 * Reads Kubernetes' OpenAPI documents and the struct tags of its Go types from the module cache, at the versions that test/cluster/go.mod pins (Go
 * must be installed and the modules downloaded). Writes two files; run it after raising those versions: `tsx scripts/generate-kubernetes-schemas.ts`.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

interface Property {
  readonly $ref?: string;
  readonly type?: string;
  readonly format?: string;
  readonly items?: Property;
  readonly additionalProperties?: Property;
  readonly default?: unknown;
  readonly "x-kubernetes-list-type"?: string;
  readonly "x-kubernetes-list-map-keys"?: readonly string[];
  readonly "x-kubernetes-map-type"?: string;
  readonly "x-kubernetes-patch-strategy"?: string;
  readonly "x-kubernetes-patch-merge-key"?: string;
}
interface Definition extends Property {
  readonly properties?: Readonly<Record<string, Property>>;
  readonly required?: readonly string[];
}
type Definitions = Readonly<Record<string, Definition>>;

const outputFolder = join(import.meta.dirname, "..", "src", "sim", "generated");
const goModule = join(import.meta.dirname, "..", "test", "cluster");

/** The kinds that the embedded world serves or is sent, by the names of their definitions. */
const roots = [
  ...[
    "Pod",
    "Node",
    "Namespace",
    "Service",
    "Secret",
    "ConfigMap",
    "ServiceAccount",
    "Event",
    "ReplicationController",
    "Endpoints",
    "Binding",
    "ResourceQuota",
    "LimitRange",
  ].map((kind) => `core.v1.${kind}`),
  ...["Deployment", "ReplicaSet", "StatefulSet", "DaemonSet"].map((kind) => `apps.v1.${kind}`),
  ...[
    "batch.v1.Job",
    "batch.v1.CronJob",
    "policy.v1.PodDisruptionBudget",
    "policy.v1.Eviction",
    "autoscaling.v1.Scale",
    "autoscaling.v2.HorizontalPodAutoscaler",
  ],
  ...["coordination.v1.Lease", "discovery.v1.EndpointSlice", "events.v1.Event", "scheduling.v1.PriorityClass"],
  ...["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"].map((kind) => `admissionregistration.v1.${kind}`),
].map((name) => `io.k8s.api.${name}`);
const definitionRoot = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition";

const prefixes = ["io.k8s.api.", "io.k8s.apimachinery.pkg.apis.", "io.k8s.apimachinery.pkg.", "io.k8s.apiextensions-apiserver.pkg.apis."];
const scalars: Readonly<Record<string, string>> = {
  "io.k8s.apimachinery.pkg.api.resource.Quantity": "quantity",
  "io.k8s.apimachinery.pkg.util.intstr.IntOrString": "int-or-string",
  "io.k8s.apimachinery.pkg.apis.meta.v1.Time": "date-time",
  "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": "micro-time",
};
const formats: Readonly<Record<string, string>> = {
  "date-time": "date-time",
  byte: "byte",
  int32: "int32",
  int64: "int64",
  double: "double",
};

function moduleFolder(path: string): string {
  return execFileSync("go", ["list", "-m", "-f", "{{.Dir}}", path], { cwd: goModule, encoding: "utf8" }).trim();
}

function shortName(name: string): string {
  const prefix = prefixes.find((start) => name.startsWith(start)) ?? "";
  return name.slice(prefix.length);
}

function referenced({ $ref }: Property): string | undefined {
  return $ref?.split("/").at(-1);
}

function typeText(property: Property, definitions: Definitions): string {
  const name = referenced(property);
  if (name !== undefined) return scalars[name] ?? (definitions[name]?.properties === undefined ? "any" : shortName(name));
  if (property.type === "array") return `[${typeText(property.items ?? {}, definitions)}]`;
  if (property.type === "object")
    return property.additionalProperties === undefined ? "any" : `{${typeText(property.additionalProperties, definitions)}}`;
  return formats[property.format ?? ""] ?? property.type ?? "any";
}

function fieldText(
  field: { readonly name: string; readonly property: Property; readonly isRequired: boolean; readonly fallback: unknown },
  definitions: Definitions,
): string {
  const { name, property, isRequired, fallback } = field;
  const isZero =
    fallback === undefined ||
    fallback === "" ||
    fallback === 0 ||
    fallback === false ||
    (typeof fallback === "object" && Object.keys(fallback ?? {}).length === 0);
  const listType = property["x-kubernetes-list-type"];
  const keys = listType === "map" ? (property["x-kubernetes-list-map-keys"] ?? []).join(",") : undefined;
  const isAtomicMap = property["x-kubernetes-map-type"] === "atomic";
  const ownership = keys ?? (listType === "set" ? "set" : isAtomicMap ? "atomic" : undefined);
  const strategy = property["x-kubernetes-patch-strategy"];
  const mergeKey = property["x-kubernetes-patch-merge-key"];
  return [
    `${name}${isRequired ? "!" : ""}:${typeText(property, definitions)}`,
    isZero ? "" : `=${JSON.stringify(fallback)}`,
    ownership === undefined ? "" : `@${ownership}`,
    strategy === undefined ? "" : `~${strategy}${mergeKey === undefined ? "" : `(${mergeKey})`}`,
  ].join("");
}

function reachable(definitions: Definitions): readonly string[] {
  const seen = new Set<string>();
  const waiting = [...roots, definitionRoot];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (seen.has(name)) continue;
    seen.add(name);
    const text = JSON.stringify(definitions[name]);
    waiting.push(...[...text.matchAll(/"\$ref":"#\/definitions\/([^"]+)"/g)].map(([, reference = ""]) => reference));
  }
  return [...seen].filter((name) => scalars[name] === undefined && definitions[name]?.properties !== undefined);
}

function schemaLines(folder: string): readonly (readonly [string, string])[] {
  const read = (file: string): unknown => JSON.parse(readFileSync(join(folder, file), "utf8"));
  const { definitions } = read("swagger.json") as { readonly definitions: Definitions };
  // Defaults stand in the third version of the documents only.
  const groups = [
    "api__v1",
    "apis__apps__v1",
    "apis__batch__v1",
    "apis__policy__v1",
    "apis__autoscaling__v2",
    "apis__autoscaling__v1",
    "apis__discovery.k8s.io__v1",
    "apis__apiextensions.k8s.io__v1",
  ];
  const withDefaults = groups.map(
    (group) => (read(`v3/${group}_openapi.json`) as { readonly components: { readonly schemas: Definitions } }).components.schemas,
  );
  return reachable(definitions).map((name) => {
    const { properties = {}, required = [], ...definition } = definitions[name] ?? {};
    const fallbackOf = (field: string): unknown =>
      withDefaults.map((schemas) => schemas[name]?.properties?.[field]?.default).find((value) => value !== undefined);
    const fields = Object.entries(properties).map(([field, property]) =>
      fieldText({ name: field, property, isRequired: required.includes(field), fallback: fallbackOf(field) }, definitions),
    );
    const suffix = definition["x-kubernetes-map-type"] === "atomic" ? "@atomic" : "";
    return [`${shortName(name)}${suffix}`, fields.join(" ")];
  });
}

function protobufLines(types: ReadonlySet<string>): readonly (readonly [string, string])[] {
  const api = moduleFolder("k8s.io/api");
  const groups = [
    "core",
    "apps",
    "batch",
    "policy",
    "autoscaling",
    "coordination",
    "discovery",
    "events",
    "scheduling",
    "admissionregistration",
  ];
  const sources = groups.flatMap((group) =>
    ["v1", "v2"].map((version) => [`${group}.${version}`, join(api, group, version, "types.go")] as const),
  );
  const meta = ["meta.v1", join(moduleFolder("k8s.io/apimachinery"), "pkg/apis/meta/v1/types.go")] as const;
  const all = new Map<string, string>();
  for (const [group, path] of [...sources, meta]) {
    if (!existsSync(path)) continue;
    for (const [, name = "", body = ""] of readFileSync(path, "utf8").matchAll(/^type (\w+) struct \{\n([\s\S]*?)^\}/gm))
      all.set(`${group}.${name}`, structText(group, body));
  }
  const wanted = new Set([...all.keys()].filter((name) => types.has(name)));
  for (const name of [...wanted]) for (const [, inlined = ""] of (all.get(name) ?? "").matchAll(/~(\S+)/g)) wanted.add(inlined);
  return [...wanted].map((name) => [name, all.get(name) ?? ""] as const).filter(([, text]) => text !== "");
}

function structText(group: string, body: string): string {
  const fields = body.split("\n").flatMap((line) => {
    const [, type = "", tag = ""] = /^\s+(?:\w+\s+)?(\S+)\s+`(.*)`/.exec(line) ?? [];
    const number = /protobuf:"[^,"]*,(\d+)/.exec(tag)?.[1];
    if (number === undefined) return [];
    const [name = "", ...options] = (/json:"([^"]*)"/.exec(tag)?.[1] ?? "").split(",");
    if (name === "" || options.includes("inline")) return [`${number}~${group}.${type.replace(/^\*/, "").split(".").at(-1) ?? ""}`];
    return [`${number}${type.startsWith("*") ? "*" : ""}:${name}`];
  });
  return fields.join(" ");
}

/** Replaces the table of a generated file; its head, which is written by hand, stays. */
function writeTable(file: string, lines: readonly (readonly [string, string])[]): void {
  const path = join(outputFolder, file);
  const text = readFileSync(path, "utf8");
  const head = text.slice(0, text.indexOf("= {\n") + 4);
  const table = lines
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, fields]) => `  ${JSON.stringify(name)}: ${JSON.stringify(fields)},\n`);
  writeFileSync(path, `${head}${table.join("")}};\n`);
}

const schemas = schemaLines(join(moduleFolder("k8s.io/kubernetes"), "api", "openapi-spec"));
writeTable("kubernetes-types.ts", schemas);
writeTable("protobuf-fields.ts", protobufLines(new Set(schemas.map(([name]) => name.replace("@atomic", "")))));
