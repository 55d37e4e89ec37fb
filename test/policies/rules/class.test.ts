/**
 * CLASS-002 to CLASS-005 and OBS-001: classes that are granted, and work that is in the wrong one.
 */
import { describe } from "vitest";
import { policiesText, policySet } from "../../support/admission.ts";
import { cronJob, deployment, namespaceObject, profile } from "../../support/objects.ts";
import { checkerOf } from "./findings.ts";

const classLabel = "platform.example.com/workload-class";

describe("CLASS-002: a class that is not granted", () => {
  const check = checkerOf("CLASS-002");
  const system = 'CLASS-002 deny: namespace "shop" is not granted class "system"';
  const regulated = 'CLASS-002 deny: namespace "shop" is not granted class "regulated"';
  check("S061: class system for an application", { judge: profile({ spec: { runtimeClass: "system" } }), finds: [system] });
  check("class system for a namespace of the platform", {
    judge: profile({ namespace: "platform-dns", spec: { runtimeClass: "system" } }),
    finds: [],
  });
  check("S067: class regulated without the namespace's label", {
    judge: profile({ spec: { runtimeClass: "regulated" } }),
    world: [namespaceObject("shop")],
    finds: [regulated],
  });
  check("class regulated with the namespace's label", {
    judge: profile({ spec: { runtimeClass: "regulated" } }),
    world: [namespaceObject("shop", { "data-classification": "restricted" })],
    finds: [],
  });
  check("class regulated in a file that does not hold the Namespace", {
    judge: profile({ spec: { runtimeClass: "regulated" } }),
    finds: [regulated.replace("deny", "warn")],
  });
  check("class system by a label, without a profile", { judge: deployment({ labels: { [classLabel]: "system" } }), finds: [system] });
  check("class system by its placement, without a profile", {
    judge: deployment({ podSpec: { nodeSelector: { "workload-class": "system" }, tolerations: [{ operator: "Exists" }] } }),
    finds: [system],
  });
  check("a Namespace that loses the label its workloads and profiles live by", {
    judge: namespaceObject("shop"),
    old: namespaceObject("shop", { "data-classification": "restricted" }),
    world: [
      profile({ spec: { runtimeClass: "regulated" } }),
      deployment(),
      deployment({ name: "other", labels: { [classLabel]: "regulated" } }),
    ],
    finds: [
      regulated.replace("deny: ", "deny: Deployment other: "),
      regulated.replace("deny: ", "deny: Deployment web: "),
      regulated.replace("deny: ", "deny: WorkloadProfile web: "),
    ],
  });
  check("a Namespace that loses a label that nothing lives by", {
    judge: namespaceObject("shop"),
    old: namespaceObject("shop", { "data-classification": "restricted" }),
    world: [profile(), deployment()],
    finds: [],
  });
});

describe("CLASS-003: memory to CPU", () => {
  const check = checkerOf("CLASS-003");
  check("S064: too little memory for its CPU in class memory", {
    judge: profile({ spec: { runtimeClass: "memory", compute: { cpuRequest: "2", memoryRequest: "4Gi" } } }),
    finds: ['CLASS-003 warn: class "memory" is for 6.. GiB of memory a CPU; got 2 (4Gi and 2 CPU)'],
  });
  check("enough memory for its CPU in class memory", {
    judge: profile({ spec: { runtimeClass: "memory", compute: { cpuRequest: "2", memoryRequest: "12Gi" } } }),
    finds: [],
  });
  check("S065: too much memory for its CPU in class compute", {
    judge: profile({ spec: { runtimeClass: "compute", compute: { cpuRequest: "2", memoryRequest: "9Gi" } } }),
    finds: ['CLASS-003 warn: class "compute" is for 0..4 GiB of memory a CPU; got 4.5 (9Gi and 2 CPU)'],
  });
  check("not too much memory for its CPU in class compute", {
    judge: profile({ spec: { runtimeClass: "compute", compute: { cpuRequest: "2", memoryRequest: "8Gi" } } }),
    finds: [],
  });
});

describe("CLASS-004: work that the class is not for", () => {
  const check = checkerOf("CLASS-004");
  const gpu = { runtimeClass: "gpu" } as const;
  check("S066: class gpu without an accelerator", {
    judge: deployment({ labels: { [classLabel]: "gpu" } }),
    finds: ['CLASS-004 deny: class "gpu" is for accelerators, but no container requests one'],
  });
  check("class gpu with an accelerator", {
    judge: deployment({ labels: { [classLabel]: "gpu" }, limits: { "nvidia.com/gpu": "1" } }),
    finds: [],
  });
  check("class gpu with an accelerator that its profile gives", {
    judge: deployment(),
    world: [profile({ spec: { ...gpu, compute: { gpu: { name: "nvidia.com/gpu", count: 1 } } } })],
    finds: [],
  });
  check("class gpu without an accelerator, the profile second", {
    judge: profile({ spec: gpu }),
    world: [deployment()],
    finds: ['CLASS-004 deny: Deployment web: class "gpu" is for accelerators, but no container requests one'],
  });
  check("a profile alone leaves the accelerator to its workload", { judge: profile({ spec: gpu }), finds: [] });
  const restart = 'CLASS-004 deny: disruption.restartable false in class "general", whose nodes are consolidated and replaced';
  check("S031: work that may not be restarted, on nodes that come and go", {
    judge: profile({ spec: { disruption: { restartable: false } } }),
    finds: [restart],
  });
  check("work that may not be restarted, but is protected", {
    judge: profile({ spec: { disruption: { restartable: false, protect: "2h" } } }),
    finds: [],
  });
  check("work that may not be restarted, on nodes that stay", {
    judge: profile({ namespace: "platform-db", spec: { runtimeClass: "system", disruption: { restartable: false } } }),
    finds: [],
  });
});

describe("CLASS-005: fields that a class requires", () => {
  const check = checkerOf("CLASS-005");
  const window = [{ schedule: "0 2 * * 6", duration: "4h" }];
  check("neither a classification nor a window", {
    judge: profile({ spec: { runtimeClass: "regulated" } }),
    finds: [
      'CLASS-005 deny: class "regulated" requires disruption.window',
      'CLASS-005 deny: class "regulated" requires security.dataClassification',
    ],
  });
  check("both, one of them by the namespace", {
    judge: profile({ spec: { runtimeClass: "regulated", disruption: { window } } }),
    world: [namespaceObject("shop", { "data-classification": "restricted" })],
    finds: [],
  });
  check("both, one of them by the class", {
    judge: profile({ spec: { runtimeClass: "regulated", security: { dataClassification: "restricted" } } }),
    policies: policySet(
      policiesText.replace(
        "disruption: { maxUnavailable: 1, preStopSeconds: 5, maxGraceSeconds: 600, consolidates: true }\n\n# Who",
        'disruption: { maxUnavailable: 1, window: [{ schedule: "0 2 * * 6", duration: 4h }] }\n\n# Who',
      ),
    ),
    finds: [],
  });
});

describe("OBS-001: how far a queue is behind", () => {
  const check = checkerOf("OBS-001");
  const missing = 'OBS-001 deny: class "batch" requires scaling.lagMetric (queue lag)';
  check("S133: a worker without its metric", { judge: profile({ spec: { runtimeClass: "batch" } }), finds: [missing] });
  check("a worker with its metric", { judge: profile({ spec: { runtimeClass: "batch", scaling: { lagMetric: "lag" } } }), finds: [] });
  check("a Job has no queue", { judge: profile({ spec: { runtimeClass: "batch" } }), world: [cronJob({ name: "web" })], finds: [] });
  check("a class that does not ask", { judge: profile(), finds: [] });
});
