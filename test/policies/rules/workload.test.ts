/**
 * BIND, SCALE, REQ and PLACE: what a workload may not say, and what its profile makes of it.
 */
import { describe } from "vitest";
import type { Scale } from "../../../src/api/workload.ts";
import { autoscalerAccount, policiesText, policySet } from "../../support/admission.ts";
import { autoscaler, budget, cronJob, deployment, job, pod, profile, replicaSet, statefulSet } from "../../support/objects.ts";
import { checkerOf } from "./findings.ts";

const scaleTo = (replicas: number): Scale => ({
  apiVersion: "autoscaling/v1",
  kind: "Scale",
  metadata: { name: "web", namespace: "shop" },
  spec: { replicas },
});
const bounded = profile({ spec: { availability: { minReplicas: 3 }, scaling: { maxReplicas: 9 } } });

describe("BIND: which profile", () => {
  const check = checkerOf("BIND");
  const selecting = (name: string) => profile({ name, spec: { bind: { selector: { matchLabels: { app: "web" } } } } });
  const targeting = (name: string) => profile({ name, spec: { bind: { targetRef: { kind: "Deployment", name: "web" } } } });
  check("none yet is recorded, and never told", {
    judge: profile(),
    finds: ["BIND-001 audit: WorkloadProfile web matches no workload yet"],
  });
  check("its workload was there first", { judge: profile(), world: [deployment()], finds: [] });
  check("two that select, the workload second", {
    judge: deployment(),
    world: [selecting("one"), selecting("two")],
    finds: ['BIND-002 deny: profiles "one" and "two" both select Deployment/web'],
  });
  check("two that select, the second profile second", {
    judge: selecting("two"),
    world: [deployment(), selecting("one")],
    finds: ['BIND-002 deny: profiles "one" and "two" both select Deployment/web'],
  });
  check("a label against a target", {
    judge: deployment({ labels: { "platform.example.com/profile": "one" } }),
    world: [profile({ name: "one" }), targeting("two")],
    finds: ['BIND-003 deny: label names profile "one" but profile "two" targets this workload'],
  });
  for (const object of [deployment(), statefulSet(), cronJob({ name: "web" }), job({ name: "web" }), pod({ name: "web" })]) {
    check(`no profile for a ${object.kind}`, {
      judge: object,
      finds: [`BIND-004 warn: ${object.kind} web has no WorkloadProfile; class "general" is assumed`],
    });
  }
  check("no profile where every workload needs one", {
    judge: deployment(),
    policies: policySet(policiesText.replace("unprofiled: warn #", "unprofiled: deny #")),
    finds: ['BIND-004 deny: Deployment web has no WorkloadProfile; class "general" is assumed'],
  });
  check("no profile where none is needed", {
    judge: deployment(),
    policies: policySet(policiesText.replace("unprofiled: warn #", "unprofiled: allow #")),
    finds: [],
  });
  check("the class of a label", {
    judge: deployment({ labels: { "platform.example.com/workload-class": "memory" } }),
    finds: ['BIND-004 warn: Deployment web has no WorkloadProfile; class "memory" is assumed'],
  });
  check("the class of a placement", {
    judge: deployment({ podSpec: { nodeSelector: { "workload-class": "batch" } } }),
    finds: ['BIND-004 warn: Deployment web has no WorkloadProfile; class "batch" is assumed'],
  });
  check("a Pod of a Deployment was judged there", {
    judge: pod({ owner: { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5d4f", uid: "uid-shop-web-5d4f", controller: true } }),
    world: [replicaSet({ name: "web-5d4f" })],
    finds: [],
  });
  check("a Pod of an unknown kind is judged itself", {
    judge: pod({ owner: { apiVersion: "example.com/v1", kind: "Widget", name: "web", uid: "u", controller: true } }),
    finds: ['BIND-004 warn: Pod web-1 has no WorkloadProfile; class "general" is assumed'],
  });
});

describe("SCALE-001: replicas against the profile", () => {
  const check = checkerOf("SCALE");
  const below = (replicas: number): string =>
    `SCALE-001 deny: ${replicas} ${replicas === 1 ? "replica" : "replicas"} is below availability.minReplicas 3 of profile web`;
  check("below", { judge: deployment({ replicas: 2 }), world: [bounded], finds: [below(2)] });
  check("at the bounds", { judge: deployment({ replicas: 3 }), world: [bounded], finds: [] });
  check("above", {
    judge: deployment({ replicas: 10 }),
    world: [bounded],
    finds: ["SCALE-001 deny: 10 replicas is above scaling.maxReplicas 9 of profile web"],
  });
  check("above a maximum that nobody wrote", { judge: deployment({ replicas: 10 }), world: [profile()], finds: [] });
  check("the profile second", {
    judge: bounded,
    world: [deployment({ replicas: 2 })],
    finds: [below(2).replace("deny: ", "deny: Deployment web: ")],
  });
  check("by scale, down", { judge: scaleTo(2), world: [bounded, deployment({ replicas: 5 })], finds: [below(2)] });
  check("by scale, up but not up to it", { judge: scaleTo(2), world: [bounded, deployment({ replicas: 1 })], finds: [] });
  check("by an autoscaler outside the bounds", {
    judge: scaleTo(2),
    userInfo: autoscalerAccount,
    world: [bounded, deployment({ replicas: 5 }), autoscaler({ minReplicas: 1 })],
    finds: [below(2)],
  });
  check("by an autoscaler inside the bounds", {
    judge: scaleTo(4),
    userInfo: autoscalerAccount,
    world: [bounded, deployment({ replicas: 5 }), autoscaler({ minReplicas: 3 })],
    finds: [],
  });
  check("in a manifest that an autoscaler has long left behind", {
    judge: deployment({ replicas: 1 }),
    world: [bounded, autoscaler({ minReplicas: 3 })],
    finds: [],
  });
  check("an edit beside replicas that were outside before", {
    judge: deployment({ replicas: 2, labels: { "platform.example.com/cost-owner": "billing" } }),
    old: deployment({ replicas: 2 }),
    world: [bounded, budget({ maxUnavailable: 1 })],
    finds: [],
  });
  check("a Job has no scale", { judge: job({ name: "web" }), world: [bounded], finds: [] });
});

describe("REQ: requests and limits", () => {
  const check = checkerOf("REQ");
  const bare = { containers: [{ name: "app" }] };
  const none = 'REQ-001 deny: container "app" has no cpu/memory request and no profile sets one';
  check("S092: none at all", { judge: deployment({ podSpec: bare }), finds: [none] });
  check("none at all, in a CronJob", { judge: cronJob({ podSpec: bare }), finds: [none] });
  check("one of two", {
    judge: deployment({ requests: { cpu: "100m" } }),
    finds: [none.replace("cpu/memory", "memory")],
  });
  check("a limit stands in for a request", { judge: deployment({ requests: {}, limits: { cpu: "1", memory: "1Gi" } }), finds: [] });
  check("the Pod's own requests stand in", {
    judge: deployment({ podSpec: { ...bare, resources: { requests: { cpu: "1", memory: "1Gi" } } } }),
    finds: [],
  });
  check("a profile fills them in", { judge: deployment({ podSpec: bare }), world: [profile({ spec: {} })], finds: [] });
  check("an init container that ends needs none, a sidecar does", {
    judge: deployment({
      podSpec: { initContainers: [{ name: "migrate" }, { name: "mesh", restartPolicy: "Always" }] },
    }),
    finds: ['REQ-001 deny: container "mesh" has no cpu/memory request and no profile sets one'],
  });
  check("ratios over both caps", {
    judge: deployment({ requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "4", memory: "8Gi" } }),
    finds: [
      'REQ-002 deny: container "app" may use 80x its cpu request and 64x its memory request (caps 10x, 2x): requests 50m/128Mi, limits 4/8Gi',
    ],
  });
  check("a ratio over one cap", {
    judge: deployment({ requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "1", memory: "257Mi" } }),
    finds: ['REQ-002 warn: container "app" may use 2.1x its memory request (cap 2x): requests 128Mi, limits 257Mi'],
  });
  check("a CPU ratio alone never refuses: a container that lacks CPU is slower, and goes on", {
    judge: deployment({ requests: { cpu: "10m", memory: "128Mi" }, limits: { cpu: "500m", memory: "128Mi" } }),
    finds: ['REQ-002 audit: container "app" may use 50x its cpu request (cap 10x): requests 10m, limits 500m'],
  });
  check("a memory ratio that public charts have", {
    judge: deployment({ requests: { cpu: "100m", memory: "220Mi" }, limits: { memory: "450Mi" } }),
    finds: ['REQ-002 warn: container "app" may use 2.1x its memory request (cap 2x): requests 220Mi, limits 450Mi'],
  });
  check("a memory ratio at the cap of refusals", {
    judge: deployment({ requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "1Gi" } }),
    finds: ['REQ-002 warn: container "app" may use 8x its memory request (cap 2x): requests 128Mi, limits 1Gi'],
  });
  check("a memory ratio above it", {
    judge: deployment({ requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "1025Mi" } }),
    finds: ['REQ-002 deny: container "app" may use 8.1x its memory request (cap 2x): requests 128Mi, limits 1025Mi'],
  });
  check("ratios at the caps", {
    judge: deployment({ requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "1", memory: "256Mi" } }),
    finds: [],
  });
  check("a class without caps of its own takes the rule's", {
    judge: deployment({
      requests: { cpu: "100m", memory: "128Mi" },
      limits: { memory: "512Mi" },
      labels: { "platform.example.com/workload-class": "batch" },
    }),
    policies: policySet(policiesText.replace("params: { cpu: 10, memory: 2, memoryDeny: 8 }", "params: { memory: 3 }")),
    finds: ['REQ-002 warn: container "app" may use 4x its memory request (cap 3x): requests 128Mi, limits 512Mi'],
  });
  const requests = { cpu: "100m", memory: "128Mi" };
  const two = (annotations?: Record<string, string>) =>
    deployment({
      podSpec: { containers: ["app", "mesh"].map((name) => ({ name, resources: { requests } })) },
      ...(annotations === undefined ? {} : { podAnnotations: annotations }),
    });
  const sizing = profile({ spec: { compute: { cpuRequest: "500m", memoryRequest: "256Mi" } } });
  check("two containers, none of them the main one", {
    judge: two(),
    world: [sizing],
    finds: ["REQ-006 deny: profile sizes one container but the pod has 2 and none is marked default"],
  });
  check("two containers, one of them marked", {
    judge: two({ "kubectl.kubernetes.io/default-container": "app" }),
    world: [sizing],
    finds: [],
  });
  check("two containers, both sized by name", {
    judge: two(),
    world: [profile({ spec: { compute: { containers: { app: { cpuRequest: "1" }, mesh: { cpuRequest: "50m" } } } } })],
    finds: [],
  });
  check("two containers, the profile second", {
    judge: sizing,
    world: [two()],
    finds: ["REQ-006 deny: Deployment web: profile sizes one container but the pod has 2 and none is marked default"],
  });
});

describe("PLACE-002: a selector without its toleration", () => {
  const check = checkerOf("PLACE");
  const selector = { nodeSelector: { "workload-class": "batch" } };
  check("S014, S181: stays pending for ever", {
    judge: deployment({ podSpec: selector }),
    finds: ["PLACE-002 deny: nodeSelector workload-class=batch without toleration workload-class=batch:NoSchedule"],
  });
  check("with a toleration for everything is fine", {
    judge: deployment({ podSpec: { ...selector, tolerations: [{ operator: "Exists" }] } }),
    finds: [],
  });
  check("with a profile of the class is fine", {
    judge: deployment({ podSpec: selector }),
    world: [profile({ spec: { runtimeClass: "batch" } })],
    finds: [],
  });
  check("of a class without taint is fine", {
    judge: deployment({ podSpec: { nodeSelector: { "workload-class": "general" } } }),
    finds: [],
  });
});
