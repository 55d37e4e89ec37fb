/**
 * Served kinds: the apiVersion under which an API server serves each built-in kind.
 *
 * Reads an object. Returns the apiVersion that it should have, where it names a built-in kind in a built-in group, or none, that does not serve it.
 * A kind of the same name in a custom group (a Volcano Job) is another kind, and is left alone.
 */
import { apiVersionOf, kindTable } from "../api/kinds.ts";
import type { KubeObject } from "../api/object.ts";

/** Groups that no custom resource may have. */
const builtInGroups: ReadonlySet<string> = new Set([
  "",
  "admissionregistration.k8s.io",
  "apps",
  "autoscaling",
  "batch",
  "coordination.k8s.io",
  "discovery.k8s.io",
  "extensions",
  "networking.k8s.io",
  "policy",
  "rbac.authorization.k8s.io",
  "scheduling.k8s.io",
  "storage.k8s.io",
]);

/** Built-in kinds that we don't read. */
const unread: Readonly<Record<string, string>> = {
  ...Object.fromEntries(["ConfigMap", "Endpoints", "Secret", "ServiceAccount"].map((kind) => [kind, "v1"])),
  ...Object.fromEntries(["Ingress", "IngressClass", "NetworkPolicy"].map((kind) => [kind, "networking.k8s.io/v1"])),
  ...Object.fromEntries(["ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding"].map((kind) => [kind, "rbac.authorization.k8s.io/v1"])),
};

/** Older versions that are still served beside the one that we read. */
const alsoServed: ReadonlySet<string> = new Set(["autoscaling/v1/HorizontalPodAutoscaler"]);

/** Returns the group of an apiVersion; "" for the core group. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
}

/** Returns the apiVersion that an object should have instead of its own; undefined where its own may be right. */
export function rightApiVersion({ apiVersion, kind }: KubeObject): string | undefined {
  if (!builtInGroups.has(groupOf(apiVersion)) || alsoServed.has(`${apiVersion}/${kind}`)) return undefined;
  const known = Object.values(kindTable()).find((info) => info.kind === kind);
  const served = known === undefined ? unread[kind] : apiVersionOf(known);
  // WorkloadProfiles may be of any domain.
  return served === apiVersion || kind === "WorkloadProfile" ? undefined : served;
}
