/**
 * MIG rules: a move to other NodePools, class by class.
 *
 * While it is under way, a new NodePool without the migration's taint would attract every Pod at once (MIG-001). What a class that
 * has moved still carries of it is left over (MIG-002), and a move past its day is told to everybody whom it still concerns
 * (MIG-003): hybrid ownership is meant to end.
 */
import type { NodePool } from "../../api/node-pool.ts";
import { addAt, startPatch } from "../../kube/json-patch.ts";
import { formatTaint } from "../../kube/taint.ts";
import { podSpecPath } from "../container-path.ts";
import { aboutWorkload, pathIn } from "../facts.ts";
import { isMigrating, migrationTaintValue, type Migration } from "../migration.ts";
import type { WorkloadView } from "../workload-view.ts";
import { deploymentManifest } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const policies = (more: string): string => `migration:
  active: true
  taint: migration.platform.example.com/karpenter
  ${more}
`;

const poolOf = (taints: string): string => `
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: general-flex}
spec:
  limits: {cpu: 200, memory: 400Gi}
  template:
    metadata: {labels: {workload-class: general}}
    spec:
      nodeClassRef: {group: karpenter.k8s.aws, kind: EC2NodeClass, name: default}
      taints: [${taints}]
      requirements:
        - {key: topology.kubernetes.io/zone, operator: In, values: [ap-southeast-1a, ap-southeast-1b, ap-southeast-1c]}
        - {key: karpenter.sh/capacity-type, operator: In, values: [on-demand]}
        - {key: karpenter.k8s.aws/instance-category, operator: In, values: [c, m, r]}
`;

const workerOf = (tolerations: string): string =>
  deploymentManifest({
    name: "worker",
    labels: "platform.example.com/workload-class: batch",
    pod: [`tolerations: [${tolerations}]`, "containers: [{name: app, image: worker:1, resources: {requests: {cpu: 100m, memory: 128Mi}}}]"],
  });

const optIn = '{key: migration.platform.example.com/karpenter, operator: Equal, value: "true", effect: NoSchedule}';
const boundProfile = `
apiVersion: platform.example.com/v1
kind: WorkloadProfile
metadata: {name: worker, namespace: shop}
spec: {runtimeClass: general, compute: {cpuRequest: 100m, memoryRequest: 128Mi}}
---`;

export const mig001: Rule = {
  id: "MIG-001",
  summary: "A NodePool without the migration's taint while the migration is under way: it would attract every Pod.",
  defaultAction: "deny",
  subjects: ["node-pool"],
  examples: {
    policies: policies("classesDone: [batch]"),
    admitted: poolOf('{key: migration.platform.example.com/karpenter, value: "true", effect: NoSchedule}'),
    denied: poolOf(""),
  },
  judge({ subject, policySet }) {
    const { migration } = policySet;
    if (subject.kind !== "node-pool" || migration?.active !== true) return [];
    const { nodePool } = subject;
    const moved = migration.classesDone.some((name) => policySet.classes.get(name)?.pools.includes(nodePool.metadata.name ?? ""));
    return moved ? [] : poolProblems(nodePool, migration);
  },
};

/** Any taint that keeps Pods off will do; one with the migration's key and another value keeps off those who opt in. */
function poolProblems(nodePool: NodePool, { taintKey }: Migration): readonly Problem[] {
  const name = nodePool.metadata.name ?? "";
  const taints = nodePool.spec.template.spec.taints ?? [];
  const wanted = { key: taintKey, value: migrationTaintValue, effect: "NoSchedule" } as const;
  const place = ["spec", "template", "spec", "taints"];
  const at = taints.findIndex(({ key }) => key === taintKey);
  const own = taints[at];
  if (own !== undefined && own.value !== migrationTaintValue) {
    const message = `NodePool "${name}" has taint ${formatTaint(own)}, which Pods that opt in by ${formatTaint(wanted)} do not tolerate`;
    const { operations } = addAt(startPatch(nodePool), [...place, at, "value"], migrationTaintValue);
    return [{ path: `/spec/template/spec/taints/${at}`, message, fix: `set the taint ${formatTaint(wanted)}`, patch: operations }];
  }
  if (taints.some(({ effect }) => effect !== "PreferNoSchedule")) return [];
  const message = `NodePool "${name}" is untainted while migration is active and would attract every pod`;
  const { operations } = addAt(startPatch(nodePool), [...place, "-"], wanted);
  return [{ path: "/spec/template/spec/taints", message, fix: `add taint ${formatTaint(wanted)}`, patch: operations }];
}

export const mig002: Rule = {
  id: "MIG-002",
  summary: "A workload of a class that has moved still carries the migration's toleration or node selector.",
  defaultAction: "warn",
  needs: ["migration"],
  examples: { policies: policies("classesDone: [batch]"), admitted: workerOf(""), denied: workerOf(optIn) },
  judge(facts) {
    const { migration } = facts.policySet;
    if (migration === undefined || migration.classesDone.length === 0) return [];
    return facts.views.flatMap((view) =>
      migration.classesDone.includes(view.className ?? "")
        ? leftovers(view, migration).map(({ key, field }) => ({
            path: pathIn(facts, { workload: `${podSpecPath(view.workload.kind)}/${field}` }),
            message: `${aboutWorkload(facts, view)}class "${view.className}" finished migrating; ${key} is leftover`,
            fix: "remove it",
            ...classOf(view),
          }))
        : [],
    );
  },
};

/** What the person wrote, not what is compiled: a class that has moved compiles none of it. */
function leftovers({ podAsWritten }: WorkloadView, migration: Migration): readonly { readonly key: string; readonly field: string }[] {
  const { tolerations = [], nodeSelector = {} } = podAsWritten.spec;
  return [
    ...(tolerations.some(({ key }) => key === migration.taintKey)
      ? [{ key: `toleration ${migration.taintKey}`, field: "tolerations" }]
      : []),
    ...Object.entries(migration.nodeSelector)
      .filter(([key, value]) => nodeSelector[key] === value)
      .map(([key]) => ({ key: `selector ${key}`, field: "nodeSelector" })),
  ];
}

export const mig003: Rule = {
  id: "MIG-003",
  summary: "A migration past its day is still active, and the workload's Pods are still placed by it.",
  defaultAction: "warn",
  needs: ["migration"],
  examples: {
    policies: policies('until: "2026-11-30"'),
    admitted: `${boundProfile}${workerOf("").replace("workload-class: batch", "workload-class: general").replace("name: worker,", "name: other,")}`,
    denied: `${boundProfile}${workerOf("").replace("workload-class: batch", "workload-class: general")}`,
  },
  judge(facts) {
    const { migration } = facts.policySet;
    if (migration?.until === undefined || facts.now < migration.until.at) return [];
    const { until } = migration;
    return facts.views
      .filter(({ contract }) => contract?.profile !== undefined && isMigrating(migration, contract.className))
      .map((view) => ({
        path: "",
        message: `${aboutWorkload(facts, view)}the migration was to end on ${until.text}, and class "${view.className}" is still placed by it`,
        fix: "name the class in migration.classesDone, or set another migration.until, in policies.yaml",
        ...classOf(view),
      }));
  },
};
