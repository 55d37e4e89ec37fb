/**
 * The world of files: the cluster that admission would see if it held the objects of a command's files, and nothing else.
 *
 * Reads objects and the clock. Returns what is judged and compiled by: a snapshot, and the catalog's instance types in the zones that
 * its NodePools name.
 */
import type { PlatformNames } from "../api/labels.ts";
import type { KubeObject } from "../api/object.ts";
import { catalogInstanceTypes } from "../catalog/instance-types.ts";
import { zonesOfNodePools } from "../catalog/zones.ts";
import { snapshotOf } from "../kube/snapshot-of.ts";
import type { Workload } from "../kube/workload.ts";
import type { AdmissionContext } from "../policies/admission-context.ts";
import { workloadsOf } from "../policies/workload-view.ts";

/** Returns the world of some objects, as of now. */
export function fileWorld(objects: readonly KubeObject[], names: PlatformNames): AdmissionContext {
  const snapshot = snapshotOf(objects, names.domain);
  const instanceTypes = catalogInstanceTypes({ zones: zonesOfNodePools(snapshot.list("NodePool")) });
  return { snapshot, instanceTypes, names, now: Date.now() };
}

/** Returns the namespaces that objects are in, each once, sorted; "" stands for those that are in none. */
export function namespacesOf(objects: readonly KubeObject[]): readonly string[] {
  return [...new Set(objects.map(({ metadata }) => metadata.namespace ?? ""))].sort();
}

/** Returns the workloads of the namespaces that objects are in. */
export function fileWorkloads(objects: readonly KubeObject[], { snapshot }: AdmissionContext): readonly Workload[] {
  return namespacesOf(objects).flatMap((namespace) => workloadsOf(snapshot, namespace));
}
