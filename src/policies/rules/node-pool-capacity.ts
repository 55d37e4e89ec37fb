/**
 * NP-007, NP-008, NP-009 and NP-020: how much a NodePool may buy, where, how, and for whose account.
 */
import { capacityTypeLabel, zoneLabel } from "../../api/labels.ts";
import type { NodePool } from "../../api/node-pool.ts";
import { pointer, type JsonPatchOperation } from "../../kube/json-patch.ts";
import type { Facts } from "../facts.ts";
import { capacityTypesOf, classesOfPool, nodeClassOfPool, zonesOfPool } from "../review/pool-terms.ts";
import { documents } from "./example-manifests.ts";
import { goodClass, goodPool } from "./node-pool-example.ts";
import type { Problem, Rule } from "./rule.ts";

const requirementsPath = ["spec", "template", "spec", "requirements"] as const;
const zoneLine =
  "\n        - {key: topology.kubernetes.io/zone, operator: In, values: [ap-southeast-1a, ap-southeast-1b, ap-southeast-1c]}";

export const np007: Rule = {
  id: "NP-007",
  summary: "A NodePool without limits: a mistake in one Deployment buys without end.",
  defaultAction: "deny",
  subjects: ["node-pool"],
  examples: { admitted: goodPool, denied: goodPool.replace("  limits: {cpu: 200, memory: 400Gi}\n", "") },
  judge: ({ subject }) => (subject.kind === "node-pool" ? unlimited(subject.nodePool) : []),
};

export const np008: Rule = {
  id: "NP-008",
  summary: "A NodePool that does not name its zones, or names one that nobody knows.",
  defaultAction: "warn",
  subjects: ["node-pool"],
  examples: { admitted: goodPool, denied: goodPool.replace(zoneLine, "") },
  judge: (facts) => (facts.subject.kind === "node-pool" ? badZones(facts.subject.nodePool, facts) : []),
};

export const np009: Rule = {
  id: "NP-009",
  summary: "A NodePool whose machines carry no cost tag, or another owner's: what it buys is on nobody's account, or a wrong one.",
  defaultAction: "deny",
  subjects: ["node-pool"],
  examples: {
    admitted: documents(goodClass, goodPool),
    denied: documents(goodClass.replace("    cost-center: platform\n", ""), goodPool),
  },
  judge: (facts) => (facts.subject.kind === "node-pool" ? untaggedCosts(facts.subject.nodePool, facts) : []),
};

export const np020: Rule = {
  id: "NP-020",
  summary: "A NodePool that may buy a capacity type that its class does not allow.",
  defaultAction: "deny",
  subjects: ["node-pool"],
  examples: { admitted: goodPool, denied: goodPool.replace("values: [on-demand]", "values: [on-demand, spot]") },
  judge: (facts) => (facts.subject.kind === "node-pool" ? widerThanClass(facts.subject.nodePool, facts) : []),
};

/** A static pool is as large as its replicas say. */
function unlimited({ spec }: NodePool): readonly Problem[] {
  const limited = Object.keys(spec.limits ?? {});
  if (spec.replicas !== undefined || ["cpu", "memory", "nodes"].some((name) => limited.includes(name))) return [];
  return [
    {
      path: "/spec/limits",
      message:
        limited.length === 0 ? "spec.limits is not set: the pool may grow without end" : `spec.limits bounds only ${limited.join(", ")}`,
      fix: "set spec.limits.cpu and spec.limits.memory to what peak demand needs",
    },
  ];
}

function badZones(nodePool: NodePool, { policySet, instanceTypes }: Facts): readonly Problem[] {
  const zones = zonesOfPool(nodePool);
  const ofClasses = [...new Set(classesOfPool(nodePool, policySet).flatMap((one) => one.zones))].sort();
  const known = new Set([...policySet.classes.values()].flatMap((one) => one.zones));
  if (zones === undefined) {
    const value = { key: zoneLabel, operator: "In", values: ofClasses };
    const patch: readonly JsonPatchOperation[] = [{ op: "add", path: pointer(...requirementsPath, "-"), value }];
    return [
      {
        path: pointer(...requirementsPath),
        message: "the pool does not name its zones; the subnets of its NodeClass decide",
        fix: `require ${zoneLabel} In ${ofClasses.length > 0 ? ofClasses.join(", ") : "the zones that are meant"}`,
        ...(ofClasses.length > 0 ? { patch } : {}),
      },
    ];
  }
  const strange = known.size === 0 || instanceTypes.length === 0 ? [] : zones.filter((zone) => !known.has(zone));
  if (strange.length === 0) return [];
  return [
    {
      path: pointer(...requirementsPath, zoneIndex(nodePool)),
      message: `zone${strange.length === 1 ? "" : "s"} ${strange.join(", ")} ${strange.length === 1 ? "is" : "are"} not of any class`,
      fix: `valid zones: ${[...known].sort().join(", ")}`,
    },
  ];
}

function zoneIndex({ spec }: NodePool): number {
  return spec.template.spec.requirements.findIndex(({ key }) => key === zoneLabel);
}

/** Bills go by the tags of machines, and these stand on the NodeClass; the owner that the pool names is COST-001's. */
function untaggedCosts(nodePool: NodePool, { policySet, names, snapshot }: Facts): readonly Problem[] {
  const { requiredOn, tagKey } = policySet.costOwners;
  const nodeClass = nodeClassOfPool(nodePool, snapshot);
  if (!requiredOn.includes("nodepool") || nodeClass === undefined) return [];
  const owner = nodePool.metadata.labels?.[names.costOwnerLabel] ?? nodePool.spec.template.metadata?.labels?.[names.costOwnerLabel];
  const tag = nodeClass.spec?.tags?.[tagKey];
  const path = "/spec/template/spec/nodeClassRef";
  const className = `${nodeClass.kind} "${nodeClass.metadata.name ?? ""}"`;
  if (tag === undefined)
    return [{ path, message: `${className} does not tag its machines with ${tagKey}`, fix: `set spec.tags.${tagKey} there` }];
  if (owner === undefined || owner === tag) return [];
  return [
    {
      path,
      message: `the pool's cost owner is ${owner}, but ${className} tags its machines ${tagKey}=${tag}: the bill goes there`,
      fix: "give the pool a NodeClass of its owner, or name the same owner in both",
      action: "warn",
    },
  ];
}

function widerThanClass(nodePool: NodePool, { policySet }: Facts): readonly Problem[] {
  const [workloadClass] = classesOfPool(nodePool, policySet);
  if (workloadClass === undefined) return [];
  const allowed: readonly string[] = workloadClass.capacityTypes;
  const own = capacityTypesOf(nodePool);
  const wider = own.filter((one) => !allowed.includes(one));
  if (wider.length === 0 || allowed.length === 0) return [];
  const index = nodePool.spec.template.spec.requirements.findIndex(({ key }) => key === capacityTypeLabel);
  const left = own.filter((one) => allowed.includes(one));
  const value = { key: capacityTypeLabel, operator: "In", values: left.length > 0 ? left : allowed };
  const patch: readonly JsonPatchOperation[] = [
    index < 0
      ? { op: "add", path: pointer(...requirementsPath, "-"), value }
      : { op: "replace", path: pointer(...requirementsPath, index), value },
  ];
  return [
    {
      path: index < 0 ? pointer(...requirementsPath) : pointer(...requirementsPath, index),
      message: `the pool may buy ${wider.join(", ")}${index < 0 ? " (it names no capacity type)" : ""}; class "${workloadClass.name}" allows ${allowed.join(", ")}`,
      fix: `require ${capacityTypeLabel} In ${value.values.join(", ")}`,
      patch,
      className: workloadClass.name,
    },
  ];
}
