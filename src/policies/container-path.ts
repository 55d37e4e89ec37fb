/**
 * Container path: where a container stands in the object that is judged.
 *
 * Reads the facts and a container's name. Returns the JSON Pointer into a workload of any kind, or the profile's part that
 * sizes containers where a profile is judged.
 */
import type { PodSpec } from "../api/pod.ts";
import { rememberedInBursts } from "../kube/remembered.ts";
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
  const list = placesOf(view.pod.spec).get(at.container) ?? "initContainers/-1";
  return pathIn(facts, { workload: `${spec}/${list}/${at.field}`, "pod-change": `/spec/${list}/${at.field}`, profile: "/spec/compute" });
}

/** Where each container stands by its name, the first of a name; a Pod may have thousands that are all told of. */
const placesOf = rememberedInBursts(({ containers, initContainers = [] }: PodSpec): ReadonlyMap<string, string> => {
  const places = new Map<string, string>();
  const note = (list: string) => (container: { readonly name: string }, index: number) => {
    if (!places.has(container.name)) places.set(container.name, `${list}/${index}`);
  };
  containers.forEach(note("containers"));
  initContainers.forEach(note("initContainers"));
  return places;
});
