/**
 * Discovery: which groups, versions and resources there are, in the aggregated and in the legacy form.
 *
 * Reads the registry. Returns the documents of /api, /apis, /apis/GROUP and their versions, as kubectl and client-go read them.
 */
import type { JsonObject } from "./json.ts";
import type { Registry } from "./registry.ts";
import { apiVersionOf, type ServedResource, type Subresource } from "./served-resource.ts";

const resourceVerbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"] as const;

const subresourceForms: Readonly<
  Record<
    Subresource,
    { readonly verbs: readonly string[]; readonly kind?: { readonly group: string; readonly version: string; readonly kind: string } }
  >
> = {
  status: { verbs: ["get", "patch", "update"] },
  scale: { verbs: ["get", "patch", "update"], kind: { group: "autoscaling", version: "v1", kind: "Scale" } },
  binding: { verbs: ["create"], kind: { group: "", version: "v1", kind: "Binding" } },
  eviction: { verbs: ["create"], kind: { group: "policy", version: "v1", kind: "Eviction" } },
  finalize: { verbs: ["update"] },
};

/** Returns the aggregated discovery of the core group (path /api) or of all others (/apis). */
export function aggregatedDiscovery(registry: Registry, path: string): JsonObject {
  const groups = groupsOf(registry, path === "/api");
  return {
    kind: "APIGroupDiscoveryList",
    apiVersion: "apidiscovery.k8s.io/v2",
    metadata: {},
    items: groups.map(([group, versions]) => ({
      metadata: group === "" ? {} : { name: group },
      versions: versions.map(([version, resources]) => ({ version, resources: resources.map(aggregatedResource), freshness: "Current" })),
    })),
  };
}

function aggregatedResource(served: ServedResource): JsonObject {
  return {
    resource: served.resource,
    responseKind: responseKind(served),
    scope: served.namespaced ? "Namespaced" : "Cluster",
    singularResource: served.singular,
    verbs: verbsOf(served),
    ...(served.shortNames.length === 0 ? {} : { shortNames: served.shortNames }),
    ...(served.categories.length === 0 ? {} : { categories: served.categories }),
    ...(served.subresources.length === 0
      ? {}
      : {
          subresources: served.subresources.map((subresource) => ({
            subresource,
            responseKind: subresourceForms[subresource].kind ?? responseKind(served),
            verbs: subresourceForms[subresource].verbs,
          })),
        }),
  };
}

function responseKind({ group, version, kind }: ServedResource): JsonObject {
  return { group, version, kind };
}

/** Namespaces can't be deleted as a collection. */
function verbsOf({ storage, readOnly }: ServedResource): readonly string[] {
  if (readOnly) return ["get", "list", "watch"];
  return storage === "namespaces" ? resourceVerbs.filter((verb) => verb !== "deletecollection") : resourceVerbs;
}

/** Returns the legacy discovery document of a path; undefined where there is none. */
export function legacyDiscovery(registry: Registry, path: string): JsonObject | undefined {
  const parts = path.split("/").filter((part) => part !== "");
  const [root, group, version] = parts;
  if (root === "api") return parts.length === 1 ? coreVersions() : resourceList(registry, "", parts[1]);
  if (root !== "apis") return undefined;
  const groups = groupsOf(registry, false);
  if (group === undefined)
    return {
      kind: "APIGroupList",
      apiVersion: "v1",
      groups: groups.map(([name, versions]) =>
        apiGroup(
          name,
          versions.map(([item]) => item),
        ),
      ),
    };
  const found = groups.find(([name]) => name === group);
  if (found === undefined) return undefined;
  if (version === undefined)
    return {
      kind: "APIGroup",
      apiVersion: "v1",
      ...apiGroup(
        group,
        found[1].map(([item]) => item),
      ),
    };
  return parts.length === 3 ? resourceList(registry, group, version) : undefined;
}

function coreVersions(): JsonObject {
  return { kind: "APIVersions", versions: ["v1"], serverAddressByClientCIDRs: [{ clientCIDR: "0.0.0.0/0", serverAddress: "127.0.0.1" }] };
}

function apiGroup(name: string, versions: readonly string[]): JsonObject {
  const forms = versions.map((version) => ({ groupVersion: `${name}/${version}`, version }));
  return { name, versions: forms, ...(forms[0] === undefined ? {} : { preferredVersion: forms[0] }) };
}

function resourceList(registry: Registry, group: string, version: string | undefined): JsonObject | undefined {
  const served = registry.all().filter((item) => item.group === group && item.version === version);
  const [first] = served;
  if (first === undefined) return undefined;
  return { kind: "APIResourceList", apiVersion: "v1", groupVersion: apiVersionOf(first), resources: served.flatMap(legacyResources) };
}

function legacyResources(served: ServedResource): readonly JsonObject[] {
  const { resource, singular, namespaced, kind, shortNames, categories } = served;
  const main = {
    name: resource,
    singularName: singular,
    namespaced,
    kind,
    verbs: verbsOf(served),
    ...(shortNames.length === 0 ? {} : { shortNames }),
    ...(categories.length === 0 ? {} : { categories }),
  };
  const subresources = served.subresources.map((subresource) => {
    const { verbs, kind: other } = subresourceForms[subresource];
    return {
      name: `${resource}/${subresource}`,
      singularName: "",
      namespaced,
      ...(other === undefined || other.group === ""
        ? { kind: other?.kind ?? kind }
        : { group: other.group, version: other.version, kind: other.kind }),
      verbs,
    };
  });
  return [main, ...subresources];
}

type Versions = readonly (readonly [version: string, resources: readonly ServedResource[]])[];

/** Returns groups with their versions, in the order of the registry. */
export function groupsOf(registry: Registry, core: boolean): readonly (readonly [group: string, versions: Versions])[] {
  const groups = new Map<string, Map<string, ServedResource[]>>();
  for (const served of registry.all()) {
    if ((served.group === "") !== core) continue;
    const versions = groups.get(served.group) ?? new Map<string, ServedResource[]>();
    groups.set(served.group, versions);
    versions.set(served.version, [...(versions.get(served.version) ?? []), served]);
  }
  return [...groups].map(([group, versions]) => [group, [...versions]]);
}
