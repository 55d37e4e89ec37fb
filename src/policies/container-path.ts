/**
 * Container path: where a container stands in the object that is judged.
 *
 * Reads the facts and a container's name. Returns the JSON Pointer into a workload of any kind, or the profile's part that
 * sizes containers where a profile is judged.
 */
import { isWorkloadKind } from "../kube/workload.ts";
import type { Facts } from "./facts.ts";
import { pathIn } from "./facts.ts";
import type { WorkloadView } from "./workload-view.ts";

/** Returns the pointer of the Pod spec in a workload of a kind; of a kind that nobody here knows, only its Pods are judged. */
export function podSpecPath(kind: WorkloadView["workload"]["kind"]): string {
  if (kind === "CronJob") return "/spec/jobTemplate/spec/template/spec";
  return isWorkloadKind(kind) && kind !== "Pod" ? "/spec/template/spec" : "/spec";
}

/** Returns the pointer of a field of a container; `field` is the rest of the pointer, such as "resources/requests". */
export function containerPath(facts: Facts, view: WorkloadView, at: { readonly container: string; readonly field: string }): string {
  const spec = podSpecPath(view.workload.kind);
  const { containers, initContainers = [] } = view.pod.spec;
  const index = containers.findIndex(({ name }) => name === at.container);
  const initIndex = initContainers.findIndex(({ name }) => name === at.container);
  const list = index >= 0 ? `containers/${index}` : `initContainers/${initIndex}`;
  return pathIn(facts, { workload: `${spec}/${list}/${at.field}`, "pod-change": `/spec/${list}/${at.field}`, profile: "/spec/compute" });
}
