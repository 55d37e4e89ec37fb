/**
 * JOB, BARE and DS: work with an end, Pods without an owner, agents on every node.
 */
import { describe } from "vitest";
import type { Pod } from "../../../src/api/pod.ts";
import type { CronJob, DaemonSet, Job } from "../../../src/api/workload.ts";
import { budget, cronJob, deployment, job, node, pod, profile } from "../../support/objects.ts";
import { checkerOf } from "./findings.ts";

const classLabel = "platform.example.com/workload-class";
const runningOnce = (object: Pod): Pod => ({ ...object, spec: { ...object.spec, restartPolicy: "Never" } });
const inClass = (name: string) => ({ labels: { [classLabel]: name } });
const withSpec = (object: Job, spec: Partial<Job["spec"]>): Job => ({ ...object, spec: { ...object.spec, ...spec } });
const nightly = (spec: Partial<Job["spec"]>): CronJob => {
  const object = cronJob({ ...inClass("compute"), name: "web" });
  return { ...object, spec: { ...object.spec, jobTemplate: { spec: { ...object.spec.jobTemplate.spec, ...spec } } } };
};

describe("JOB-001: never tried again", () => {
  const check = checkerOf("JOB-001");
  const finding = "JOB-001 deny: Job in interruptible class with backoffLimit 0 never retries";
  check("S074, S156, S243: on interruptible nodes", { judge: withSpec(job(inClass("compute")), { backoffLimit: 0 }), finds: [finding] });
  check("S243: a CronJob on interruptible nodes", { judge: nightly({ backoffLimit: 0 }), finds: [finding] });
  check("one retry is one", { judge: withSpec(job(inClass("compute")), { backoffLimit: 1 }), finds: [] });
  check("the default is six", { judge: job(inClass("compute")), finds: [] });
  check("on nodes that only are consolidated", {
    judge: withSpec(job(), { backoffLimit: 0 }),
    finds: ['JOB-001 warn: Job in class "general", whose nodes are consolidated, with backoffLimit 0 never retries'],
  });
  check("on nodes that stay", { judge: withSpec(job({ ...inClass("system"), namespace: "platform-x" }), { backoffLimit: 0 }), finds: [] });
});

describe("JOB-002: a budget over Jobs", () => {
  const check = checkerOf("JOB-002");
  const text =
    'PodDisruptionBudget "shop" selects Job pods: a Job has no scale, so the budget allows no eviction of any pod that it selects';
  const report = job({ podLabels: { app: "web" } });
  const selecting = { name: "shop", selector: { matchLabels: { app: "web" } } };
  check("the Job second", { judge: report, world: [budget({ ...selecting, maxUnavailable: 1 })], finds: [`JOB-002 deny: ${text}`] });
  check("the budget second", {
    judge: budget({ ...selecting, minAvailable: "50%" }),
    world: [report, deployment()],
    finds: [`JOB-002 deny: Job report: ${text}`],
  });
  check("a number that must stay is counted by itself", { judge: budget({ ...selecting, minAvailable: 1 }), world: [report], finds: [] });
  check("a budget over other Pods", { judge: budget({ maxUnavailable: 1 }), world: [job()], finds: [] });
});

describe("JOB-003: an eviction is no failure", () => {
  const check = checkerOf("JOB-003");
  const finding = "JOB-003 warn: Job runs on interruptible capacity without podFailurePolicy; an eviction counts against backoffLimit";
  const policy = { rules: [{ action: "Ignore", onPodConditions: [{ type: "DisruptionTarget" }] }] };
  check("without a policy", { judge: job(inClass("compute")), finds: [finding] });
  check("with the policy", { judge: withSpec(job(inClass("compute")), { podFailurePolicy: policy }), finds: [] });
  check("on on-demand alone", { judge: job(), finds: [] });
  check("a CronJob whose profile adds it to each Job", {
    judge: nightly({}),
    world: [profile({ spec: { runtimeClass: "compute", cost: { spotAllowed: true } } })],
    finds: [],
  });
  check("a CronJob without a profile", { judge: nightly({}), finds: [finding] });
});

describe("BARE-001: nobody makes it again", () => {
  const check = checkerOf("BARE-001");
  const text = 'bare Pod in class "general": nothing recreates it after a drain';
  check("a Pod of one's own", { judge: pod(), finds: [`BARE-001 deny: ${text}`] });
  check("in a namespace that only warns of singletons", { judge: pod({ namespace: "dev-x" }), finds: [`BARE-001 warn: ${text}`] });
  check("on nodes that stay", {
    judge: pod({ ...inClass("system"), namespace: "platform-x" }),
    finds: [`BARE-001 warn: ${text.replace("general", "system")}`],
  });
  const hook = pod({ annotations: { "helm.sh/hook": "test" } });
  check("a hook of Helm's", {
    judge: runningOnce(hook),
    finds: [`BARE-001 warn: ${text}`],
  });
  check("a Pod that starts again for ever, whatever it calls itself", {
    judge: hook,
    finds: [`BARE-001 deny: ${text}`],
  });
  check("a Pod of an operator", {
    judge: pod({ owner: { apiVersion: "example.com/v1", kind: "Widget", name: "web", uid: "u", controller: true } }),
    finds: [],
  });
  check("a Deployment", { judge: deployment(), finds: [] });
});

describe("DS-001: an agent that sizing can't see", () => {
  const check = checkerOf("DS-001", "REQ-001");
  const agent = (requests?: { readonly cpu?: string; readonly memory?: string }): DaemonSet => {
    const { spec } = deployment({
      name: "agent",
      podSpec: { containers: [{ name: "app", ...(requests === undefined ? {} : { resources: { requests } }) }] },
    });
    return { apiVersion: "apps/v1", kind: "DaemonSet", metadata: { name: "agent", namespace: "shop" }, spec };
  };
  const finding = (missing: string, nodes: string): string =>
    `DS-001 deny: DaemonSet "agent" has no ${missing} request; it would be invisible to node sizing (${nodes})`;
  check("nothing at all", { judge: agent(), finds: [finding("cpu/memory", "0 nodes")] });
  check("no memory, on two nodes", {
    judge: agent({ cpu: "50m" }),
    world: [node({ name: "a" }), node({ name: "b" })],
    finds: [finding("memory", "2 nodes")],
  });
  check("both", { judge: agent({ cpu: "50m", memory: "64Mi" }), finds: [] });
  check("filled in by a profile", { judge: agent(), world: [profile({ name: "agent", spec: {} })], finds: [] });
});

describe("the budget that a profile compiles", () => {
  const check = checkerOf("JOB-002");
  const api = profile({ name: "api", spec: { runtimeClass: "general", availability: { minReplicas: 3 }, scaling: { maxReplicas: 9 } } });
  const serving = deployment({ name: "api", replicas: 3 });
  const reports = cronJob({ name: "nightly", podLabels: { app: "api" } });
  const text =
    'PodDisruptionBudget "api" of its profile also selects pods of CronJob nightly: a Job has no scale, so it allows no eviction at all';
  const compiled = { ...budget({ name: "api", maxUnavailable: 1 }) };
  const held = {
    ...compiled,
    spec: { ...compiled.spec, unhealthyPodEvictionPolicy: "AlwaysAllow" as const },
    metadata: {
      ...compiled.metadata,
      labels: { "app.kubernetes.io/managed-by": "workloadprofile" },
      ownerReferences: [{ apiVersion: "platform.example.com/v1", kind: "WorkloadProfile", name: "api", uid: api.metadata.uid ?? "" }],
    },
  };

  check("is refused with its profile where it selects a CronJob's Pods too", {
    judge: api,
    world: [serving, reports],
    finds: [`JOB-002 deny: Deployment api: ${text}`],
  });

  check("is refused with its Deployment", { judge: serving, world: [api, reports], finds: [`JOB-002 deny: ${text}`] });

  check("is refused with the CronJob that comes last", {
    judge: reports,
    world: [api, serving, held],
    finds: [
      'JOB-002 deny: PodDisruptionBudget "api" selects Job pods: a Job has no scale, so the budget allows no eviction of any pod that it selects',
    ],
  });

  check("is fine where the CronJob's Pods have labels of their own", {
    judge: api,
    world: [serving, cronJob({ name: "nightly" })],
    finds: [],
  });
});
