/**
 * Labelled workloads: the judged workloads of a namespace whose Pods have one label.
 *
 * Reads a snapshot, and what an overlay puts over it. Returns what a walk through workloadsOf would find, by an index of each list that is
 * kept for as long as nothing in the list changes: every review that looks for who else stands under a budget would walk otherwise.
 */
import type { KubeObject } from "../api/object.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { remembered } from "../kube/remembered.ts";
import type { Workload } from "../kube/workload.ts";
import { overlaidOf } from "./overlay-snapshot.ts";
import { judgedWorkload, judgedWorkloads, standing, workloadKinds } from "./workload-view.ts";

export interface LabelPair {
  readonly key: string;
  readonly value: string;
}

/** A label, and a workload that is left out: who looks for its neighbours. */
interface Sought extends LabelPair {
  readonly but?: Workload;
}

/** Returns the workloads of a namespace whose template has a label, sorted by kind, then name. */
export function labelledWorkloads(snapshot: ClusterSnapshot, namespace: string, sought: Sought): readonly Workload[] {
  const over = overlaidOf(snapshot);
  if (over === undefined) return standingWorkloads(snapshot, namespace, sought);
  const { base, put } = over;
  const found = labelledWorkloads(base, namespace, sought);
  // Who looks for neighbours is mostly what the review brings.
  if (put === sought.but?.object || put.metadata.namespace !== namespace) return found;
  const others = found.some(({ object }) => isSame(object, put)) ? found.filter(({ object }) => !isSame(object, put)) : found;
  const [own] = standing([put]).flatMap((object) => judgedWorkload(object, snapshot) ?? []);
  if (own === undefined || !hasLabel(own, sought) || isNamedAlike(own, sought.but)) return others;
  const at = others.findIndex(({ kind, name }) => kind > own.kind || (kind === own.kind && name > own.name));
  return others.toSpliced(at < 0 ? others.length : at, 0, own);
}

function standingWorkloads(snapshot: ClusterSnapshot, namespace: string, sought: Sought): readonly Workload[] {
  const found: Workload[] = [];
  for (const kind of workloadKinds) {
    const objects = snapshot.list(kind, namespace);
    if (objects.length === 0) continue;
    const labelled = kind === "Rollout" ? labelledRollouts(objects, snapshot, sought) : byLabel(objects).get(sought.key)?.get(sought.value);
    for (const workload of labelled ?? []) if (!isNamedAlike(workload, sought.but)) found.push(workload);
  }
  return found;
}

/** What a Rollout's template is may stand elsewhere. */
function labelledRollouts(objects: readonly KubeObject[], snapshot: ClusterSnapshot, label: LabelPair): readonly Workload[] {
  return objects.flatMap((object) => judgedWorkload(object, snapshot) ?? []).filter((workload) => hasLabel(workload, label));
}

type ByLabel = ReadonlyMap<string, ReadonlyMap<string, readonly Workload[]>>;

const byLabel = remembered((objects: readonly KubeObject[]): ByLabel => {
  const index = new Map<string, Map<string, Workload[]>>();
  for (const workload of judgedWorkloads(objects)) {
    for (const [key, value] of Object.entries(workload.template.metadata?.labels ?? {})) {
      const values = index.get(key) ?? new Map<string, Workload[]>();
      index.set(key, values);
      const known = values.get(value);
      if (known === undefined) values.set(value, [workload]);
      else known.push(workload);
    }
  }
  return index;
});

function isNamedAlike(a: Workload, b: Workload | undefined): boolean {
  return a.name === b?.name && a.kind === b.kind;
}

function hasLabel({ template }: Workload, { key, value }: LabelPair): boolean {
  const labels = template.metadata?.labels ?? {};
  return Object.hasOwn(labels, key) && labels[key] === value;
}

function isSame(a: KubeObject, b: KubeObject): boolean {
  return a.kind === b.kind && a.metadata.name === b.metadata.name && a.metadata.namespace === b.metadata.namespace;
}
