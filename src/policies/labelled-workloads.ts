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

/** Returns the workloads of a namespace whose template has a label, sorted by kind, then name. */
export function labelledWorkloads(snapshot: ClusterSnapshot, namespace: string, label: LabelPair): readonly Workload[] {
  const over = overlaidOf(snapshot);
  if (over === undefined) return workloadKinds.flatMap((kind) => ofKind(kind, { snapshot, namespace, label }));
  const { base, put } = over;
  const others = labelledWorkloads(base, namespace, label).filter(({ object }) => !isSame(object, put));
  const [own] = put.metadata.namespace === namespace ? standing([put]).flatMap((object) => judgedWorkload(object, snapshot) ?? []) : [];
  if (own === undefined || !hasLabel(own, label)) return others;
  const at = others.findIndex(({ kind, name }) => kind > own.kind || (kind === own.kind && name > own.name));
  return others.toSpliced(at < 0 ? others.length : at, 0, own);
}

interface Asked {
  readonly snapshot: ClusterSnapshot;
  readonly namespace: string;
  readonly label: LabelPair;
}

function ofKind(kind: (typeof workloadKinds)[number], { snapshot, namespace, label }: Asked): readonly Workload[] {
  const objects = snapshot.list(kind, namespace);
  // What a Rollout's template is may stand elsewhere.
  if (kind === "Rollout")
    return objects.flatMap((object) => judgedWorkload(object, snapshot) ?? []).filter((workload) => hasLabel(workload, label));
  return byLabel(objects).get(textOf(label)) ?? [];
}

const byLabel = remembered((objects: readonly KubeObject[]): ReadonlyMap<string, readonly Workload[]> => {
  const index = new Map<string, Workload[]>();
  for (const workload of judgedWorkloads(objects)) {
    for (const [key, value] of Object.entries(workload.template.metadata?.labels ?? {})) {
      const text = textOf({ key, value });
      const known = index.get(text);
      if (known === undefined) index.set(text, [workload]);
      else known.push(workload);
    }
  }
  return index;
});

/** No key has a "=". */
function textOf({ key, value }: LabelPair): string {
  return `${key}=${value}`;
}

function hasLabel({ template }: Workload, { key, value }: LabelPair): boolean {
  const labels = template.metadata?.labels ?? {};
  return Object.hasOwn(labels, key) && labels[key] === value;
}

function isSame(a: KubeObject, b: KubeObject): boolean {
  return a.kind === b.kind && a.metadata.name === b.metadata.name && a.metadata.namespace === b.metadata.namespace;
}
