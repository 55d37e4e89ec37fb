/**
 * WP-001 to WP-006, CLASS-001 and COST-001: what a profile may not say.
 */
import { describe } from "vitest";
import type { ResourceList } from "../../../src/api/object.ts";
import type { PodSpec } from "../../../src/api/pod.ts";
import type { WorkloadProfile } from "../../../src/api/workload-profile.ts";
import { policiesText, policySet } from "../../support/admission.ts";
import { deployment, namespaceObject, pod, profile } from "../../support/objects.ts";
import { checkerOf } from "./findings.ts";

const known = "known: batch, compute, general, gpu, memory, regulated, system";

/** A profile of fields that its type does not have. */
function unchecked(spec: Readonly<Record<string, unknown>>): WorkloadProfile {
  return { ...profile(), ...{ spec } };
}

describe("WP: a profile that contradicts itself", () => {
  const check = checkerOf("WP");
  check("a class that is nearly one", {
    judge: profile({ spec: { runtimeClass: "genral" } }),
    finds: [`WP-001 deny: spec.runtimeClass "genral" is not in the catalogue (${known}); did you mean "general"?`],
  });
  check("a class that is nothing like one", {
    judge: profile({ spec: { runtimeClass: "zzz" } }),
    finds: [`WP-001 deny: spec.runtimeClass "zzz" is not in the catalogue (${known})`],
  });
  check("a class label that is none, on a workload without a profile", {
    judge: deployment({ labels: { "platform.example.com/workload-class": "bach" } }),
    finds: [`WP-001 deny: label platform.example.com/workload-class "bach" is not in the catalogue (${known}); did you mean "batch"?`],
  });
  check("a minimum above the maximum", {
    judge: profile({ spec: { availability: { minReplicas: 9 }, scaling: { maxReplicas: 3 } } }),
    finds: ["WP-002 deny: spec.availability.minReplicas 9 is greater than spec.scaling.maxReplicas 3"],
  });
  check("a maximum below the class's minimum", {
    judge: profile({ spec: { scaling: { maxReplicas: 1 } } }),
    finds: ["WP-002 deny: spec.availability.minReplicas 2 is greater than spec.scaling.maxReplicas 1"],
  });
  check("equal bounds are bounds", {
    judge: profile({ spec: { availability: { minReplicas: 3 }, scaling: { maxReplicas: 3 } } }),
    finds: [],
  });
  check("both budgets", {
    judge: profile({ spec: { availability: { minReplicas: 5 }, disruption: { minAvailable: "80%", maxUnavailable: 1 } } }),
    finds: ["WP-003 deny: spec.disruption.minAvailable and spec.disruption.maxUnavailable are both set"],
  });
  check("a count that is the minimum", {
    judge: profile({ spec: { availability: { minReplicas: 3 }, disruption: { minAvailable: 3 } } }),
    finds: ["WP-004 deny: spec.disruption.minAvailable 3 is an integer not below minReplicas 3, so 0 pods could ever be evicted"],
  });
  check("a count below the minimum", {
    judge: profile({ spec: { availability: { minReplicas: 3 }, disruption: { minAvailable: 2 } } }),
    finds: [],
  });
  check("more unknown fields than anybody reads, the rest as a count", {
    judge: unchecked({ runtimeClass: "general", ...Object.fromEntries(Array.from({ length: 1_000 }, (_, index) => [`zz${index}`, 1])) }),
    finds: [
      ...Array.from({ length: 20 }, (_, index) => `WP-005 deny: unknown field spec.zz${index}`).sort(),
      "WP-005 deny: unknown fields besides these: 980",
    ],
  });
  check("unknown fields at several depths, all at once", {
    judge: unchecked({ runtimeclass: "general", availability: { minreplicas: 3 }, compute: { containers: { app: { cpu: "1" } } } }),
    finds: [
      "WP-005 deny: unknown field spec.availability.minreplicas; nearest known field is spec.availability.minReplicas",
      "WP-005 deny: unknown field spec.compute.containers.app.cpu; nearest known field is spec.compute.containers.app.gpu",
      "WP-005 deny: unknown field spec.runtimeclass; nearest known field is spec.runtimeClass",
    ],
  });
  check("a field on the wrong level", {
    judge: unchecked({ minReplicas: 3 }),
    finds: ["WP-005 deny: unknown field spec.minReplicas; nearest known field is spec.availability.minReplicas"],
  });
  check("a field that is like none", { judge: unchecked({ qqqqqqqq: 1 }), finds: ["WP-005 deny: unknown field spec.qqqqqqqq"] });
  check("what a podPatch holds is the Pod's business", { judge: unchecked({ podPatch: { spec: { whatever: 1 } } }), finds: [] });
  check("a limit below its request", {
    judge: profile({ spec: { compute: { memoryRequest: "768Mi", memoryLimit: "512Mi" } } }),
    finds: ["WP-006 deny: compute.memoryLimit 512Mi is below memoryRequest 768Mi"],
  });
  check("a limit below its request is the profile's own, whatever stands that it binds", {
    judge: profile({ spec: { compute: { memoryRequest: "768Mi", memoryLimit: "512Mi" } } }),
    world: [deployment({ requests: {}, limits: {} })],
    finds: ["WP-006 deny: compute.memoryLimit 512Mi is below memoryRequest 768Mi"],
  });
  check("a limit below its request, of a named container and of CPU", {
    judge: profile({ spec: { compute: { containers: { mesh: { cpuRequest: "1", cpuLimit: "500m" } } } } }),
    finds: ["WP-006 deny: compute.containers.mesh.cpuLimit 500m is below cpuRequest 1"],
  });
  check("a CPU limit of none", { judge: profile({ spec: { compute: { cpuRequest: "1", cpuLimit: "none" } } }), finds: [] });
  check("a workload's own limit below the profile's request is refused, never lowered", {
    judge: deployment({ requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "512Mi" } }),
    world: [profile({ spec: { compute: { cpuRequest: "500m", memoryRequest: "768Mi" } } })],
    finds: ['WP-006 deny: container "app": memory limit 512Mi is below the profile\'s memoryRequest 768Mi'],
  });
  check("a profile's request above the limit of a workload that stands already is warned of", {
    judge: profile({ spec: { compute: { cpuRequest: "500m", memoryRequest: "768Mi" } } }),
    world: [deployment({ requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "512Mi" } })],
    finds: ['WP-006 warn: memoryRequest 768Mi is above the memory limit 512Mi of Deployment web, container "app"'],
  });
  const asWhole = (resources: PodSpec["resources"], requests: ResourceList = { cpu: "100m", memory: "256Mi" }) =>
    deployment({ requests, podSpec: resources === undefined ? {} : { resources } });
  check("so is a Pod whose limit as a whole is below the profile's request", {
    judge: asWhole({ requests: { memory: "1Gi" }, limits: { memory: "2Gi" } }),
    world: [profile({ spec: { compute: { memoryRequest: "3Gi" } } })],
    finds: ["WP-006 deny: the Pod as a whole: memory limit 2Gi is below the profile's memoryRequest 3Gi"],
  });
  check("and one whose containers together request more than the profile gives the Pod", {
    judge: asWhole({ requests: { cpu: "4" } }, { cpu: "3", memory: "256Mi" }),
    world: [profile({ spec: { compute: { cpuRequest: "2" } } })],
    finds: ["WP-006 deny: the Pod as a whole would request 2 cpu by the profile, less than the 3 that its containers request together"],
  });
  check("a Pod whose amounts as a whole have room is no conflict", {
    judge: asWhole({ requests: { memory: "1Gi" }, limits: { memory: "4Gi" } }),
    world: [profile({ spec: { compute: { memoryRequest: "3Gi" } } })],
    finds: [],
  });
});

describe("CLASS-001: a profile outside its class", () => {
  const check = checkerOf("CLASS-001");
  function row(name: string, spec: WorkloadProfile["spec"], message?: string): void {
    check(name, { judge: profile({ spec }), finds: message === undefined ? [] : [`CLASS-001 deny: ${message}`] });
  }
  row("S092: CPU above", { compute: { cpuRequest: "12" } }, 'class "general" allows cpuRequest 50m..8; got 12');
  row("CPU at the bound", { compute: { cpuRequest: "8000m" } });
  row("CPU below", { compute: { cpuRequest: "10m" } }, 'class "general" allows cpuRequest 50m..8; got 10m');
  row("memory above", { compute: { memoryRequest: "64Gi" } }, 'class "general" allows memoryRequest 64Mi..32Gi; got 64Gi');
  row("seven CPU and 13 GiB in class compute", { runtimeClass: "compute", compute: { cpuRequest: "7", memoryRequest: "13Gi" } });
  row("zero replicas of a service", { availability: { minReplicas: 0 } }, 'class "general" allows minReplicas 1 and more; got 0');
  row("zero replicas of a worker", { runtimeClass: "batch", availability: { minReplicas: 0 } });
  row("too many replicas", { scaling: { maxReplicas: 201 } }, 'class "general" allows maxReplicas 1..200; got 201');
  row(
    "accelerators where there are none",
    { compute: { gpu: { name: "nvidia.com/gpu", count: 1 } } },
    'class "general" allows no gpu; got 1',
  );
  row(
    "a foreign zone",
    { availability: { zones: ["ap-southeast-1a", "eu-west-1a"] } },
    'class "general" allows zones ap-southeast-1a, ap-southeast-1b, ap-southeast-1c; got eu-west-1a',
  );
  row(
    "a podPatch of what policies.yaml keeps shut",
    { podPatch: { priorityClassName: "high", schedulerName: "mine" } },
    "podPatch may not set schedulerName; policies.yaml allows priorityClassName, runtimeClassName",
  );
  row(
    "a grace period that no Spot notice gives",
    { runtimeClass: "batch", disruption: { gracePeriodSeconds: 300 } },
    'class "batch" allows gracePeriodSeconds 0..110; got 300',
  );
  row(
    "S092: more together than the class's quota",
    { compute: { cpuRequest: "8" }, scaling: { maxReplicas: 101 } },
    'class "general" allows 800 cpu together; got 808 (101 replicas of 8)',
  );
  row("as much together as the class's quota", { compute: { cpuRequest: "8" }, scaling: { maxReplicas: 100 } });
  row(
    "more accelerators than there are on a node, of a named container",
    { runtimeClass: "gpu", compute: { containers: { app: { gpu: { name: "nvidia.com/gpu", count: 9 } } } } },
    'class "gpu" allows gpu.count 1..8; got 9',
  );
  const protecting = policySet(policiesText.replace("maxNodeAge: 336h", "maxNodeAge: 336h, maxProtect: 4h"));
  check("a protection longer than the class's", {
    judge: profile({ spec: { disruption: { protect: "5h" } } }),
    policies: protecting,
    finds: ['CLASS-001 deny: class "general" allows protect up to 4h; got 5h'],
  });
  check("a protection as long as the class's", {
    judge: profile({ spec: { disruption: { protect: "240m" } } }),
    policies: protecting,
    finds: [],
  });
  check("a workload's own request above the class's most", {
    judge: deployment({ requests: { cpu: "9", memory: "1Gi" } }),
    finds: ['CLASS-001 deny: class "general" allows cpuRequest 50m..8; got 9 in container "app"'],
  });
  check("a workload's own request below the class's least may be a sidecar's", {
    judge: deployment({ requests: { cpu: "10m", memory: "32Mi" } }),
    finds: [],
  });
  check("a Pod that is resized in place above the class's most", {
    judge: pod({ requests: { cpu: "9", memory: "1Gi" } }),
    old: pod({ requests: { cpu: "8", memory: "1Gi" } }),
    subResource: "resize",
    finds: ['CLASS-001 deny: class "general" allows cpuRequest 50m..8; got 9 in container "app"'],
  });
  check("a Pod that is resized in place within its class", {
    judge: pod({ requests: { cpu: "8", memory: "1Gi" } }),
    old: pod({ requests: { cpu: "1", memory: "1Gi" } }),
    subResource: "resize",
    finds: [],
  });
  check("a rule that is narrowed to other classes", {
    judge: profile({ spec: { compute: { cpuRequest: "12" } } }),
    policies: policySet(policiesText.replace("CLASS-001: { action: deny }", "CLASS-001: { action: deny, scope: { classes: [batch] } }")),
    finds: [],
  });
  check("a rule that is narrowed away from a namespace", {
    judge: profile({ spec: { compute: { cpuRequest: "12" } } }),
    policies: policySet(
      policiesText.replace("CLASS-001: { action: deny }", 'CLASS-001: { action: deny, scope: { namespaces: ["!sh*"] } }'),
    ),
    finds: [],
  });
  check("a rule that is staged, before its day", {
    judge: profile({ spec: { compute: { cpuRequest: "12" } } }),
    policies: policySet(
      policiesText.replace("CLASS-001: { action: deny }", 'CLASS-001: { action: audit, until: "2027-03-31", then: deny }'),
    ),
    finds: ['CLASS-001 audit: class "general" allows cpuRequest 50m..8; got 12'],
  });
  check("a rule that is staged, on its day", {
    judge: profile({ spec: { compute: { cpuRequest: "12" } } }),
    policies: policySet(
      policiesText.replace("CLASS-001: { action: deny }", 'CLASS-001: { action: audit, until: "2026-12-01", then: deny }'),
    ),
    finds: ['CLASS-001 deny: class "general" allows cpuRequest 50m..8; got 12'],
  });
  check("a rule that is off", {
    judge: profile({ spec: { compute: { cpuRequest: "12" } } }),
    policies: policySet(policiesText.replace("CLASS-001: { action: deny }", "CLASS-001: { action: off }")),
    finds: [],
  });
});

describe("COST-001: nobody pays", () => {
  const check = checkerOf("COST");
  const owner = "platform.example.com/cost-owner";
  const missing = `no cost owner: set label ${owner} on the profile or namespace`;
  check("says so", { judge: profile(), finds: [`COST-001 warn: ${missing}`] });
  check("is content with the profile's label", { judge: profile({ labels: { [owner]: "billing" } }), finds: [] });
  check("is content with the profile's field", { judge: profile({ spec: { cost: { owner: "fraud" } } }), finds: [] });
  check("is content with the namespace's label", {
    judge: profile(),
    world: [namespaceObject("shop", { [owner]: "checkout" })],
    finds: [],
  });
  check("does not know everybody", {
    judge: profile({ labels: { [owner]: "nobody" } }),
    finds: [`COST-001 warn: cost owner "nobody" is not known: set label ${owner} on the profile or namespace`],
  });
});
