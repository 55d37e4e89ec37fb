/**
 * NP-005, NP-006 and NP-014: whether a NodePool fits the catalogue of classes, and keeps clear of the other pools.
 */
import type { NodePool } from "../../api/node-pool.ts";
import { pointer, type JsonPatchOperation } from "../../kube/json-patch.ts";
import { formatTaint } from "../../kube/taint.ts";
import type { WorkloadClass } from "../class.ts";
import type { Facts } from "../facts.ts";
import { isAutoPool, translatedKey } from "../../kube/auto-labels.ts";
import { capacityTypesOf, classesOfPool, isPlacedOn } from "../review/pool-terms.ts";
import { documents } from "./example-manifests.ts";
import { goodAutoPool, goodPool } from "./node-pool-example.ts";
import type { Problem, Rule } from "./rule.ts";

export const np005: Rule = {
  id: "NP-005",
  summary: "A NodePool on which system add-ons and applications mix, or add-ons and interruptible capacity.",
  defaultAction: "deny",
  subjects: ["node-pool"],
  examples: {
    admitted: goodPool,
    denied: goodPool.replace("general-flex", "system-on-demand").replace("workload-class: general", "workload-class: system"),
  },
  judge: (facts) => (facts.subject.kind === "node-pool" ? mixed(facts.subject.nodePool, facts) : []),
};

export const np006: Rule = {
  id: "NP-006",
  summary: "A NodePool whose labels or taints are not of the catalogue, or speak another provider's words.",
  defaultAction: "deny",
  subjects: ["node-pool"],
  examples: {
    admitted: documents(goodAutoPool.replace("general-flex", "general-auto"), goodPool),
    denied: goodAutoPool.replace("eks.amazonaws.com/instance-category", "karpenter.k8s.aws/instance-category"),
  },
  judge: (facts) => (facts.subject.kind === "node-pool" ? foreignWords(facts.subject.nodePool, facts) : []),
};

export const np014: Rule = {
  id: "NP-014",
  summary: "Two NodePools that would take the same Pods, so that an order nobody chose decides.",
  defaultAction: "warn",
  subjects: ["node-pool"],
  examples: { admitted: goodPool, denied: documents(goodPool.replace("general-flex", "general-old"), goodPool) },
  judge: (facts) => (facts.subject.kind === "node-pool" ? overlaps(facts.subject.nodePool, facts) : []),
};

const addonsKey = "CriticalAddonsOnly";

/** The class of add-ons is the one whose Pods tolerate the taint that Kubernetes keeps for them. */
function isSystem({ placement }: WorkloadClass): boolean {
  return placement.tolerations.some(({ key }) => key === addonsKey);
}

function mixed(nodePool: NodePool, { policySet }: Facts): readonly Problem[] {
  const taints = nodePool.spec.template.spec.taints ?? [];
  const hard = taints.filter(({ effect }) => effect !== "PreferNoSchedule");
  const classes = classesOfPool(nodePool, policySet);
  const apps = classes.filter((one) => !isSystem(one));
  const systems = classes.filter(isSystem);
  const path = "/spec/template/spec/taints";
  const [system] = systems;
  if (system !== undefined && hard.length === 0) {
    const value = { key: addonsKey, value: "true", effect: "NoSchedule" };
    const patch: readonly JsonPatchOperation[] = [{ op: "add", path, value: [...taints, value] }];
    return [
      {
        path,
        message: `the pool is for class "${system.name}" but has no taint: applications would run beside add-ons`,
        fix: `taint it ${addonsKey}=true:NoSchedule`,
        patch,
        className: system.name,
      },
    ];
  }
  if (apps.length > 0 && taints.some(({ key }) => key === addonsKey) && systems.length > 0) {
    return [
      { path, message: `classes ${classes.map(({ name }) => name).join(" and ")} share the pool`, fix: "give add-ons a pool of their own" },
    ];
  }
  if (hard.length > 0 || !capacityTypesOf(nodePool).includes("spot")) return [];
  return [
    {
      path,
      message: "the pool has no taint and may buy Spot: add-ons that ask for nothing would run on interruptible nodes",
      fix: "taint the pool, or leave Spot to a pool that is tainted",
      action: "warn",
    },
  ];
}

function foreignWords(nodePool: NodePool, facts: Facts): readonly Problem[] {
  return [
    ...otherProvidersKeys(nodePool),
    ...unknownClassLabels(nodePool, facts),
    ...unknownTaints(nodePool, facts),
    ...noClass(nodePool, facts),
  ];
}

/** A requirement in the other provider's words is never met, since its nodes don't have that label. */
function otherProvidersKeys(nodePool: NodePool): readonly Problem[] {
  const to = isAutoPool(nodePool) ? "auto" : "karpenter";
  const whose = isAutoPool(nodePool) ? "EKS Auto Mode" : "Karpenter";
  return nodePool.spec.template.spec.requirements.flatMap((requirement, index) => {
    const key = translatedKey(requirement.key, to);
    if (key === undefined) return [];
    const path = pointer("spec", "template", "spec", "requirements", index);
    const patch: readonly JsonPatchOperation[] = [{ op: "replace", path: `${path}/key`, value: key }];
    return [{ path, message: `no node of ${whose} has label ${requirement.key}`, fix: `use ${key}`, patch }];
  });
}

function unknownClassLabels(nodePool: NodePool, { policySet }: Facts): readonly Problem[] {
  const known = new Map<string, Set<string>>();
  for (const { placement } of policySet.classes.values()) {
    for (const [key, value] of Object.entries(placement.nodeSelector)) known.set(key, (known.get(key) ?? new Set()).add(value));
  }
  return Object.entries(nodePool.spec.template.metadata?.labels ?? {}).flatMap(([key, value]) => {
    const values = known.get(key);
    if (values === undefined || values.has(value)) return [];
    return [
      {
        path: pointer("spec", "template", "metadata", "labels", key),
        message: `label ${key}=${value} is of no class`,
        fix: `valid values: ${[...values].sort().join(", ")}`,
      },
    ];
  });
}

function unknownTaints(nodePool: NodePool, { policySet }: Facts): readonly Problem[] {
  const { taints = [] } = nodePool.spec.template.spec;
  const tolerations = [...policySet.classes.values()].flatMap(({ placement }) => placement.tolerations);
  const known = new Set([...tolerations.map(({ key }) => key ?? ""), policySet.migration?.taintKey ?? "", "eks-auto-mode"]);
  const listed = [...new Set(tolerations.map(({ key }) => key ?? ""))].sort().join(", ");
  return taints.flatMap((taint, index) =>
    known.has(taint.key)
      ? []
      : [
          {
            path: pointer("spec", "template", "spec", "taints", index),
            message: `taint ${formatTaint(taint)} is tolerated by no class, so nothing of the catalogue runs here`,
            fix: `use a taint of the catalogue (${listed}), or add a toleration to a class`,
          },
        ],
  );
}

function noClass(nodePool: NodePool, { policySet }: Facts): readonly Problem[] {
  if (policySet.classes.size === 0 || classesOfPool(nodePool, policySet).length > 0) return [];
  const selectors = [...policySet.classes.values()].flatMap(({ placement }) =>
    Object.entries(placement.nodeSelector).map((pair) => pair.join("=")),
  );
  return [
    {
      path: "/spec/template/metadata/labels",
      message: "the pool represents no class of the catalogue: no class selects its nodes, and none lists it",
      fix: `label its nodes for a class, such as ${[...new Set(selectors)].slice(0, 3).join(", ")}`,
      action: "warn",
    },
  ];
}

function overlaps(nodePool: NodePool, { policySet, snapshot }: Facts): readonly Problem[] {
  const name = nodePool.metadata.name ?? "";
  const others = snapshot.list("NodePool").filter(({ metadata }) => metadata.name !== name && metadata.deletionTimestamp === undefined);
  const own = [...policySet.classes.values()].filter((one) => isPlacedOn(one, nodePool));
  return others.flatMap((other) => {
    // A class that lists both has said in which order it wants them.
    const shared = own.filter((one) => isPlacedOn(one, other) && !isListed(one, name, other.metadata.name ?? ""));
    if (shared.length === 0 || !sharesCapacity(nodePool, other)) return [];
    return [
      {
        path: "/spec/template",
        message: `pods of class ${shared.map((one) => one.name).join(", ")} match NodePool "${other.metadata.name ?? ""}" too: ${decidingOrder(nodePool, other)}`,
        fix: "tell them apart by label or taint, or list both in the class's pools",
      },
    ];
  });
}

function isListed({ pools }: WorkloadClass, ...names: readonly string[]): boolean {
  return names.every((name) => pools.includes(name));
}

function sharesCapacity(a: NodePool, b: NodePool): boolean {
  const types = capacityTypesOf(b);
  return capacityTypesOf(a).some((one) => types.includes(one));
}

/** Karpenter tries pools by weight, then by name, the last in the alphabet first. Two provisioners know no order. */
function decidingOrder(a: NodePool, b: NodePool): string {
  if (isAutoPool(a) !== isAutoPool(b)) return "two provisioners answer, and whichever is faster buys";
  const [weightA, weightB] = [a.spec.weight ?? 0, b.spec.weight ?? 0];
  const [nameA, nameB] = [a.metadata.name ?? "", b.metadata.name ?? ""];
  const first = weightA > weightB || (weightA === weightB && nameA > nameB) ? nameA : nameB;
  return weightA === weightB
    ? `"${first}" is tried first, by its name alone (equal weight ${weightA})`
    : `"${first}" is tried first (weights ${nameA} ${weightA}, ${nameB} ${weightB})`;
}
