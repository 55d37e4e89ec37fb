/**
 * POOL-004: a burst for which the NodePools' limits leave no room.
 *
 * Reads the burst that a profile promises, what each Pod requests, and the limits and the present size of the NodePools that would
 * take them. It warns: a limit is somebody's decision, and other Pods may have gone by the time of the burst.
 */
import type { NodePool } from "../../api/node-pool.ts";
import type { Resources } from "../../api/object.ts";
import { podRequests } from "../../kube/pod-requests.ts";
import { formatBytes } from "../../kube/quantity.ts";
import { toResources } from "../../kube/resources.ts";
import { aboutWorkload, pathIn, type Facts } from "../facts.ts";
import { termsOf } from "../profile-terms.ts";
import { takingPools } from "../taking-pools.ts";
import type { WorkloadView } from "../workload-view.ts";
import { deploymentManifest, nodePoolManifest } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const exampleOf = (limit: number): string => `${nodePoolManifest({
  requirement: "{key: kubernetes.io/arch, operator: In, values: [amd64]}",
  spec: `limits: {cpu: ${limit}}`,
})}---
apiVersion: platform.example.com/v1
kind: WorkloadProfile
metadata: {name: web, namespace: shop, labels: {platform.example.com/cost-owner: billing}}
spec:
  runtimeClass: general
  availability: {minReplicas: 3}
  scaling: {maxReplicas: 60, maxBurstPods: 20}
  compute: {cpuRequest: "1", memoryRequest: 1Gi}
---${deploymentManifest({ replicas: 3, pod: "containers: [{name: app}]" })}`;

export const pool004: Rule = {
  id: "POOL-004",
  summary: "A burst that the limits of the NodePools can't take.",
  defaultAction: "warn",
  needs: ["nodePool"],
  subjects: ["profile", "workload"],
  examples: { admitted: exampleOf(20), denied: exampleOf(12) },
  judge: (facts) => (facts.snapshot.list("NodePool").length === 0 ? [] : facts.views.flatMap((view) => noRoom(facts, view))),
};

function noRoom(facts: Facts, view: WorkloadView): readonly Problem[] {
  const { binding, workload, pod } = view;
  if (binding.kind !== "bound" || !workload.hasScale) return [];
  const terms = termsOf(binding.profile, facts);
  if (terms === undefined) return [];
  const growth = terms.resolved.maxReplicas.value - terms.resolved.minReplicas.value;
  const burst = binding.profile.spec.scaling?.maxBurstPods ?? growth;
  const pools = burst < 1 ? [] : takingPools(facts, pod.spec).map(({ nodePool }) => nodePool);
  if (pools.length === 0 || pools.some(({ spec }) => spec.limits === undefined)) return [];
  const wants = podRequests(pod.spec);
  const lefts = pools.map((nodePool) => ({ nodePool, left: leftUnder(nodePool) }));
  return (["cpu", "memory"] as const).flatMap((resource): readonly Problem[] => {
    const needed = (wants[resource] ?? 0) * burst;
    const left = lefts.reduce((sum, one) => sum + (one.left[resource] ?? Infinity), 0);
    if (needed === 0 || needed <= left) return [];
    const names = lefts.map(({ nodePool }) => nodePool.metadata.name ?? "").sort();
    return [
      {
        path: pathIn(facts, { profile: "/spec/scaling" }),
        message: `${aboutWorkload(facts, view)}burst of ${burst} pods needs ${amountText(resource, needed)}; ${leftText(names, amountText(resource, left))}`,
        fix: `ask owner to raise limits.${resource}`,
        ...classOf(view),
      },
    ];
  });
}

/** What each limit leaves; a resource without a limit is not in it. */
function leftUnder({ spec, status }: NodePool): Resources {
  const used = toResources(status?.resources);
  return Object.fromEntries(
    Object.entries(toResources(spec.limits)).map(([name, limit]) => [name, Math.max(0, limit - (used[name] ?? 0))]),
  );
}

function leftText(names: readonly string[], left: string): string {
  if (names.length === 1) return `NodePool ${names[0] ?? ""} has ${left} left under its limit`;
  return `NodePools ${names.join(", ")} have ${left} left under their limits`;
}

function amountText(resource: "cpu" | "memory", amount: number): string {
  return resource === "cpu" ? `${Math.floor(amount / 10) / 100} CPU` : `${formatBytes(amount)} memory`;
}
