/**
 * Pool workloads: who runs, or could run, on the nodes of a NodePool.
 *
 * Reads the workloads of every namespace as they will be compiled. Returns views, sorted by namespace, kind and name. Only for
 * requests about NodePools, which are few; a cluster of very many workloads is looked through up to a bound.
 */
import type { KindName } from "../../api/kinds.ts";
import { wellKnownLabels } from "../../api/labels.ts";
import type { NodePool } from "../../api/node-pool.ts";
import { podRequirements } from "../../kube/pod-requirements.ts";
import { poolRequirements } from "../../kube/pool-requirements.ts";
import { isCompatible } from "../../kube/requirements.ts";
import { untoleratedTaint } from "../../kube/taint.ts";
import { proverOf } from "../drain-cover.ts";
import type { Facts } from "../facts.ts";
import { judgedWorkload, viewOf, type WorkloadView } from "../workload-view.ts";

const workloadsExaminedMax = 5_000;
const kinds = [
  "CronJob",
  "Deployment",
  "Job",
  "Pod",
  "ReplicaSet",
  "ReplicationController",
  "Rollout",
  "StatefulSet",
] as const satisfies readonly KindName[];

/** Returns the workloads whose Pods the pool would take. */
export function workloadsOnPool(pool: NodePool, facts: Facts): readonly WorkloadView[] {
  const workloads = kinds
    .flatMap((kind) => facts.snapshot.list(kind).flatMap((object) => judgedWorkload(object, facts.snapshot) ?? []))
    .slice(0, workloadsExaminedMax);
  return workloads.map((workload) => viewOf(workload, facts)).filter((view) => isTakenBy(pool, view));
}

function isTakenBy(pool: NodePool, { pod }: WorkloadView): boolean {
  if (untoleratedTaint(pool.spec.template.spec.taints, pod.spec.tolerations) !== undefined) return false;
  return podRequirements(pod.spec).some((asked) => isCompatible(poolRequirements(pool), asked, wellKnownLabels));
}

/** Returns the workloads of a pool of which no Pod can be evicted at some scale, as "namespace/name". */
export function drainBlockersOnPool(pool: NodePool, facts: Facts): readonly string[] {
  const prove = proverOf(facts.snapshot);
  return workloadsOnPool(pool, facts)
    .filter((view) => view.workload.hasScale)
    .filter((view) => view.foreignBudgets.some((budget) => prove(budget, { view }).blocked !== undefined))
    .map(({ workload }) => `${workload.namespace}/${workload.name}`);
}
