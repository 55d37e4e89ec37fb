/**
 * Sibling: a live Pod that tells what the next Pod of its workload will be, after every webhook of the cluster.
 *
 * Reads a workload's live Pods and the next Pod as admission of ours would leave it. Returns the newest Pod of the same template
 * and contract without what is its own alone: name, node, volumes that carry its name. An injected sidecar, a changed image or a
 * larger request is in it because it is in the Pod that came.
 */
import type { PlatformNames } from "../../api/labels.ts";
import type { Pod, PodSpec, ResourceRequirements, Volume } from "../../api/pod.ts";
import { jsonEquals } from "../../kube/json-patch.ts";
import { compareQuantities } from "../../kube/quantity.ts";

/** Labels that name one Pod. */
const ownLabels: ReadonlySet<string> = new Set([
  "statefulset.kubernetes.io/pod-name",
  "apps.kubernetes.io/pod-index",
  "batch.kubernetes.io/job-completion-index",
]);

/** Returns the next Pod as its newest sibling is; undefined where no live Pod is known to be of this template and contract. */
export function siblingShape(input: {
  /** The next Pod as template, defaults and contract make it. */
  readonly next: Pod;
  readonly live: readonly Pod[];
  readonly names: Pick<PlatformNames, "compiledAnnotation" | "onDemandFloorLabel">;
  readonly template: PodSpec;
  /** True where the live Pods are known to be of this template; else those that ask for other amounts than it states are not. */
  readonly isOfTemplate: boolean;
  /** True to take one of this template that was changed since it was made, too: resized in place, say. */
  readonly isChangedTold?: boolean;
}): Pod | undefined {
  const { next, live, names, template, isOfTemplate, isChangedTold = false } = input;
  const isTold = (pod: Pod): boolean => (isOfTemplate && (isChangedTold || isAsMade(pod))) || hasAmountsOf(pod, { next, template });
  let newest: Pod | undefined;
  for (const pod of live) {
    if (newest !== undefined && createdAt(pod) <= createdAt(newest)) continue;
    if (isAlike(pod, { next, names }) && isTold(pod)) newest = pod;
  }
  return newest === undefined ? undefined : withoutOwn(newest, next);
}

function createdAt({ metadata }: Pod): string {
  return `${metadata.creationTimestamp ?? ""}/${metadata.name ?? ""}`;
}

function isAlike(
  pod: Pod,
  { next, names }: { readonly next: Pod; readonly names: Pick<PlatformNames, "compiledAnnotation" | "onDemandFloorLabel"> },
): boolean {
  const floor = names.onDemandFloorLabel;
  if (pod.metadata.labels?.[floor] !== next.metadata.labels?.[floor]) return false;
  if (!hasContainersOf(pod, next)) return false;
  return isOfContract(pod.metadata.annotations?.[names.compiledAnnotation], next.metadata.annotations?.[names.compiledAnnotation]);
}

/** Each container of the template is in the Pod; a ReplicaSet of a person's own may have changed its template since. */
function hasContainersOf(pod: Pod, next: Pod): boolean {
  const names = new Set(pod.spec.containers.map(({ name }) => name));
  return next.spec.containers.every(({ name }) => names.has(name));
}

/** The API server counts the changes of a Pod's spec from 1; binding it to a node is none. Before Kubernetes 1.33 it didn't count. */
function isAsMade({ metadata: { generation = 1 } }: Pod): boolean {
  return generation <= 1;
}

/** Each amount that the template states is the Pod's as it would be the next one's; what admission adds beside them is its own matter. */
function hasAmountsOf(pod: Pod, { next, template }: { readonly next: Pod; readonly template: PodSpec }): boolean {
  const [theirs, ours] = [amountsByOwner(pod.spec), amountsByOwner(next.spec)];
  for (const [owner, stated] of amountsByOwner(template)) {
    for (const part of ["requests", "limits"] as const) {
      for (const name in stated?.[part]) {
        const [is, was] = [ours.get(owner)?.[part]?.[name], theirs.get(owner)?.[part]?.[name]];
        if (is === was) continue;
        if (is === undefined || was === undefined || compareQuantities(is, was) !== 0) return false;
      }
    }
  }
  return true;
}

/** The amounts of the whole Pod under "", those of containers under their names, which a Pod has once. */
function amountsByOwner({ resources, initContainers = [], containers }: PodSpec): ReadonlyMap<string, ResourceRequirements | undefined> {
  const named = [...initContainers, ...containers].map((one) => [one.name, one.resources] as const);
  return new Map([["", resources], ...named]);
}

/** Two notes tell of one contract where all is equal, or where only the bundle is another and the changes are the same. */
function isOfContract(was: string | undefined, is: string | undefined): boolean {
  if (was === is) return true;
  if (was === undefined || is === undefined) return false;
  const [before, now] = [noteOf(was), noteOf(is)];
  if (before === undefined || now === undefined) return false;
  if (jsonEquals(before["changed"], now["changed"])) return true;
  return ["profile", "generation", "bundle"].every((key) => before[key] === now[key]);
}

function noteOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : undefined;
  } catch {
    // Somebody else's text under our name: nothing is known of the Pod's contract.
    return undefined;
  }
}

function withoutOwn(pod: Pod, next: Pod): Pod {
  const labels = Object.fromEntries(Object.entries(pod.metadata.labels ?? {}).filter(([key]) => !ownLabels.has(key)));
  const spec: { -readonly [K in keyof PodSpec]: PodSpec[K] } = { ...pod.spec };
  delete spec.nodeName;
  const claimed = new Set((next.spec.volumes ?? []).map(({ name }) => name));
  // A StatefulSet's claims are named after each Pod; those of the template are all Pods'.
  const isShared = ({ name, persistentVolumeClaim }: Volume): boolean => persistentVolumeClaim === undefined || claimed.has(name);
  const { name, namespace } = next.metadata;
  const { annotations } = pod.metadata;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...(name === undefined ? {} : { name }),
      ...(namespace === undefined ? {} : { namespace }),
      labels: { ...next.metadata.labels, ...labels },
      ...(annotations === undefined ? {} : { annotations }),
    },
    spec: spec.volumes === undefined ? spec : { ...spec, volumes: spec.volumes.filter(isShared) },
  };
}
