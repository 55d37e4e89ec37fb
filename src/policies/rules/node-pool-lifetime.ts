/**
 * NP-015 to NP-018: how long a NodePool's nodes live, how long they may take to end, and whose pools they are.
 */
import type { NodePool } from "../../api/node-pool.ts";
import { formatDuration, parseGoDuration } from "../../kube/schedule.ts";
import type { JsonPatchOperation } from "../../kube/json-patch.ts";
import type { Facts } from "../facts.ts";
import type { RuleParams } from "../policy-set.ts";
import { isAutoPool } from "../../kube/auto-labels.ts";
import { workloadsOnPool } from "../review/pool-workloads.ts";
import { deploymentManifest, documents } from "./example-manifests.ts";
import { goodAutoPool, goodPool } from "./node-pool-example.ts";
import type { Problem, Rule } from "./rule.ts";

const patientDeployment = deploymentManifest({
  name: "export",
  pod: [
    "terminationGracePeriodSeconds: 7200",
    "nodeSelector: {workload-class: general}",
    "containers: [{name: app, image: export:1, resources: {requests: {cpu: 100m, memory: 128Mi}}}]",
  ],
});

export const np015: Rule = {
  id: "NP-015",
  summary: "An edit of a NodePool that EKS Auto Mode brings along; AWS allows only to switch it off.",
  defaultAction: "deny",
  subjects: ["node-pool"],
  examples: { admitted: goodAutoPool, denied: goodAutoPool.replace("name: general-flex", "name: general-purpose") },
  judge: ({ subject }) => (subject.kind === "node-pool" ? builtIn(subject.nodePool) : []),
};

export const np016: Rule = {
  id: "NP-016",
  summary: "Nodes of EKS Auto Mode that would live longer than AWS lets them.",
  defaultAction: "deny",
  subjects: ["node-pool"],
  params: { hours: { kind: "number", default: 504, min: 1, meaning: "The longest life of an Auto Mode node, in hours." } },
  examples: { admitted: goodAutoPool, denied: goodAutoPool.replace("expireAfter: 336h", "expireAfter: 720h") },
  judge: ({ subject }, params) => (subject.kind === "node-pool" ? tooOld(subject.nodePool, params) : []),
};

export const np017: Rule = {
  id: "NP-017",
  summary: "Nodes that expire but may drain for ever: one Pod that can't be evicted keeps an expired node.",
  defaultAction: "warn",
  subjects: ["node-pool"],
  examples: { admitted: goodPool, denied: goodPool.replace("      terminationGracePeriod: 1h\n", "") },
  judge: ({ subject }) => (subject.kind === "node-pool" ? endless(subject.nodePool) : []),
};

export const np018: Rule = {
  id: "NP-018",
  summary: "A NodePool whose nodes end sooner than a workload on them may take to stop.",
  defaultAction: "warn",
  subjects: ["node-pool"],
  examples: {
    admitted: documents(patientDeployment, goodPool.replace("terminationGracePeriod: 1h", "terminationGracePeriod: 3h")),
    denied: documents(patientDeployment, goodPool),
  },
  judge: (facts) => (facts.subject.kind === "node-pool" ? tooShort(facts.subject.nodePool, facts) : []),
};

const builtInNames: ReadonlySet<string> = new Set(["general-purpose", "system"]);

function builtIn(nodePool: NodePool): readonly Problem[] {
  const name = nodePool.metadata.name ?? "";
  if (!isAutoPool(nodePool) || !builtInNames.has(name)) return [];
  return [
    {
      path: "/metadata/name",
      message: `NodePool "${name}" is built into EKS Auto Mode and may not be edited`,
      fix: "make a pool of your own, and switch the built-in one off if it is in the way",
    },
  ];
}

function tooOld(nodePool: NodePool, params: RuleParams): readonly Problem[] {
  const { expireAfter } = nodePool.spec.template.spec;
  if (!isAutoPool(nodePool) || expireAfter === undefined) return [];
  const hours = Number(params["hours"]);
  const lifeMs = durationMs(expireAfter);
  if (lifeMs === undefined || lifeMs <= hours * 3_600_000) return [];
  const path = "/spec/template/spec/expireAfter";
  const patch: readonly JsonPatchOperation[] = [{ op: "replace", path, value: `${hours}h` }];
  return [
    { path, message: `expireAfter ${expireAfter} is longer than the ${hours}h of EKS Auto Mode`, fix: `set at most ${hours}h`, patch },
  ];
}

/** Auto Mode has a bound of its own. */
function endless(nodePool: NodePool): readonly Problem[] {
  const { expireAfter, terminationGracePeriod } = nodePool.spec.template.spec;
  if (isAutoPool(nodePool) || terminationGracePeriod !== undefined || expireAfter === undefined || expireAfter === "Never") return [];
  return [
    {
      path: "/spec/template/spec/terminationGracePeriod",
      message: `nodes expire after ${expireAfter}, but terminationGracePeriod is not set: a drain may take for ever`,
      fix: "set terminationGracePeriod to the longest that a drain may take, such as 24h",
    },
  ];
}

function tooShort(nodePool: NodePool, facts: Facts): readonly Problem[] {
  const { terminationGracePeriod } = nodePool.spec.template.spec;
  const boundMs = terminationGracePeriod === undefined ? undefined : durationMs(terminationGracePeriod);
  if (terminationGracePeriod === undefined || boundMs === undefined) return [];
  const patient = workloadsOnPool(nodePool, facts)
    .map(({ pod, workload }) => ({ graceSeconds: pod.spec.terminationGracePeriodSeconds ?? 30, workload }))
    .filter(({ graceSeconds }) => graceSeconds * 1000 > boundMs)
    .sort((a, b) => b.graceSeconds - a.graceSeconds);
  const [longest] = patient;
  if (longest === undefined) return [];
  const { workload, graceSeconds } = longest;
  const more = patient.length === 1 ? "" : ` (and ${patient.length - 1} more)`;
  return [
    {
      path: "/spec/template/spec/terminationGracePeriod",
      message: `terminationGracePeriod ${terminationGracePeriod} is shorter than the ${graceSeconds} s that ${workload.kind} ${workload.namespace}/${workload.name} may take to stop${more}`,
      fix: `set at least ${formatDuration(graceSeconds * 1000)}`,
    },
  ];
}

/** Undefined for what is no duration, which the schema tells; Never is longer than anything. */
function durationMs(text: string): number | undefined {
  if (text === "Never") return Infinity;
  const parsed = parseGoDuration(text);
  return parsed.ok ? parsed.value : undefined;
}
