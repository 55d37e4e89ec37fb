/**
 * The example corpus: every YAML file of ours that shows admission something, each in namespaces of its own.
 *
 * Reads the rules' examples, examples/ and test/corpus. The namespaces get a number, so that all files can be in one cluster
 * side by side; globs of policies.yaml match them as before.
 */
import { readdirSync } from "node:fs";
import { parseAllDocuments } from "yaml";
import { kindTable } from "../../src/api/kinds.ts";
import { canonicalJson } from "../../src/api/hash.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { allRules } from "../../src/policies/rules/all-rules.ts";
import { yamlText } from "./yaml-objects.ts";

/** One file; its objects are in the namespaces that it gets in the cluster. */
export interface ExampleFile {
  readonly name: string;
  readonly objects: readonly KubeObject[];
}

/** Files whose objects can be in one cluster at the same time. */
export type ExampleBatch = readonly ExampleFile[];

/** Returns every file of the example corpus. */
export function exampleFiles(): readonly ExampleFile[] {
  const texts: readonly (readonly [string, string])[] = [
    ...allRules.flatMap(({ id, examples }): readonly (readonly [string, string])[] => [
      [`${id}-admitted.yaml`, examples.admitted],
      [`${id}-denied.yaml`, examples.denied],
    ]),
    ...["examples", "test/corpus/workloads"].flatMap((folder) =>
      readdirSync(new URL(`../../${folder}`, import.meta.url), { recursive: true, encoding: "utf8" })
        .filter((path) => path.endsWith(".yaml"))
        .sort()
        .map((path) => [`${folder}/${path}`, yamlText(`${folder}/${path}`)] as const),
    ),
  ];
  return texts.map(([name, text], index) => ({
    name,
    objects: parseAllDocuments(text)
      .map((document) => document.toJS() as KubeObject | null)
      // No client creates a status: the API server drops it. A Scale is no object of its own: nobody can apply one.
      .filter((object): object is KubeObject => object !== null && object.kind !== "Scale")
      .map((object) => placed(withImages(withoutStatus(object)), index)),
  }));
}

/**
 * Packs files into batches: those that bring far-reaching objects never share one with a file that brings another object of
 * the same name. With `alone` each of them is a batch by itself, so that no file sees another's NodePools.
 */
export function batchesOf(files: readonly ExampleFile[], { alone }: { readonly alone: boolean }): readonly ExampleBatch[] {
  const batches: { readonly files: ExampleFile[]; readonly farReaching: Map<string, string> }[] = [{ files: [], farReaching: new Map() }];
  for (const file of files) {
    const own = new Map(farReachingOf([file]).map((object) => [keyOf(object), canonicalJson(object)]));
    const fits = (batch: (typeof batches)[number], index: number): boolean =>
      own.size === 0 ? index === 0 : index > 0 && !alone && [...own].every(([key, text]) => (batch.farReaching.get(key) ?? text) === text);
    let home = batches.find(fits);
    if (home === undefined) {
      home = { files: [], farReaching: new Map() };
      batches.push(home);
    }
    home.files.push(file);
    for (const [key, text] of own) home.farReaching.set(key, text);
  }
  return batches.map((batch) => batch.files).filter((batch) => batch.length > 0);
}

/**
 * Returns the objects of files whose effect is not kept in a namespace of the file's own, each once: those without a
 * namespace, but for Namespaces, and DaemonSets, whose Pods take room on every node.
 */
export function farReachingOf(files: readonly ExampleFile[]): readonly KubeObject[] {
  const reaches = (object: KubeObject): boolean => object.kind === "DaemonSet" || (!isNamespaced(object) && object.kind !== "Namespace");
  const found = files.flatMap(({ objects }) => objects.filter(reaches));
  return [...new Map(found.map((object) => [keyOf(object), object])).values()];
}

/** Returns the path below which an object is created; kinds that our code doesn't know are the few of Kubernetes' own. */
export function collectionPath({ apiVersion, kind, metadata }: KubeObject): string {
  const known = Object.values(kindTable()).find((info) => info.kind === kind && apiVersion.startsWith(info.group));
  const resource = known?.resource ?? `${kind.toLowerCase()}s`;
  const place = metadata.namespace === undefined ? "" : `/namespaces/${metadata.namespace}`;
  return `/${apiVersion.includes("/") ? "apis" : "api"}/${apiVersion}${place}/${resource}`;
}

function withoutStatus(object: KubeObject): KubeObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== "status")) as unknown as KubeObject;
}

/** Rules never read images, so their examples leave them out; the API server wants one. */
function withImages<T>(value: T): T {
  return JSON.parse(JSON.stringify(value), (key, part: unknown) =>
    // A profile's compute.containers is a map.
    (key === "containers" || key === "initContainers") && Array.isArray(part)
      ? part.map((one: object) => ({ image: "registry.example.com/app:1", ...one }))
      : part,
  ) as T;
}

function placed(object: KubeObject, index: number): KubeObject {
  const renamed = (name: string): string => (name === "kube-system" ? name : `${name}-${index}`);
  const { metadata } = object;
  if (object.kind === "Namespace") return { ...object, metadata: { ...metadata, name: renamed(metadata.name ?? "") } };
  return isNamespaced(object) ? { ...object, metadata: { ...metadata, namespace: renamed(metadata.namespace ?? "default") } } : object;
}

const clusterWideBeside: ReadonlySet<string> = new Set(["ClusterRole", "ClusterRoleBinding", "CustomResourceDefinition"]);

function isNamespaced({ kind, apiVersion }: KubeObject): boolean {
  const known = Object.values(kindTable()).find((info) => info.kind === kind && apiVersion.startsWith(info.group));
  return known?.namespaced ?? !clusterWideBeside.has(kind);
}

function keyOf({ kind, apiVersion, metadata }: KubeObject): string {
  return `${apiVersion} ${kind} ${metadata.namespace ?? ""} ${metadata.name ?? ""}`;
}
