/**
 * CONF, PDB-004, SEC and COST: who else has a hand in a workload, and who pays.
 */
import { describe } from "vitest";
import type { EC2NodeClass } from "../../../src/api/ec2-node-class.ts";
import type { ScaledObject, VerticalContainerPolicy, VerticalPodAutoscaler } from "../../../src/api/foreign-autoscaler.ts";
import type { NodePool } from "../../../src/api/node-pool.ts";
import { policiesText, policySet } from "../../support/admission.ts";
import { autoscaler, budget, deployment, namespaceObject, nodePool, profile } from "../../support/objects.ts";
import { checkerOf } from "./findings.ts";

const bounded = profile({ spec: { availability: { minReplicas: 3 }, scaling: { maxReplicas: 9 } } });
const scaledObject = (spec: Partial<ScaledObject["spec"]> = {}, name = "web"): ScaledObject => ({
  apiVersion: "keda.sh/v1alpha1",
  kind: "ScaledObject",
  metadata: { name, namespace: "shop" },
  spec: { scaleTargetRef: { name: "web" }, ...spec },
});

describe("CONF-002: autoscalers outside the profile", () => {
  const check = checkerOf("CONF-002");
  const below = 'CONF-002 deny: HorizontalPodAutoscaler "web" minReplicas 1 is below profile minReplicas 3';
  const above = 'CONF-002 deny: HorizontalPodAutoscaler "web" maxReplicas 12 is above profile maxReplicas 9';
  const world = [bounded, deployment({ replicas: 3 })];
  check("below and above", { judge: autoscaler({ minReplicas: 1, maxReplicas: 12 }), world, finds: [above, below] });
  check("below, by its default", { judge: autoscaler({ maxReplicas: 9 }), world, finds: [below] });
  check("at the bounds", { judge: autoscaler({ minReplicas: 3, maxReplicas: 9 }), world, finds: [] });
  check("the profile second", {
    judge: bounded,
    world: [deployment({ replicas: 3 }), autoscaler({ minReplicas: 1, maxReplicas: 9 })],
    finds: [below.replace("deny: ", "deny: Deployment web: ")],
  });
  check("without a profile", { judge: autoscaler({ minReplicas: 1 }), world: [deployment()], finds: [] });
  check("a ScaledObject that goes to zero", {
    judge: scaledObject({ maxReplicaCount: 9 }),
    world,
    finds: ['CONF-002 deny: ScaledObject "web" minReplicaCount 0 is below profile minReplicas 3'],
  });
  check("a ScaledObject within the bounds", { judge: scaledObject({ minReplicaCount: 3, maxReplicaCount: 9 }), world, finds: [] });
  check("a ScaledObject that rests below its minimum", {
    judge: scaledObject({ minReplicaCount: 3, maxReplicaCount: 9, idleReplicaCount: 0 }),
    world,
    finds: ['CONF-002 deny: ScaledObject "web" idleReplicaCount 0 is below profile minReplicas 3'],
  });
});

describe("CONF-003: two autoscalers", () => {
  const check = checkerOf("CONF-003");
  const both = 'CONF-003 deny: HPA and KEDA ScaledObject "web" both scale Deployment web';
  const aimless = { ...scaledObject({}, "aimless"), spec: { triggers: [] } };
  check("one that aims at nothing leaves its neighbours as they are", {
    judge: scaledObject(),
    world: [deployment(), autoscaler(), aimless],
    finds: [both],
  });
  check("one that aims at nothing is no autoscaler itself", { judge: aimless, world: [deployment()], finds: [] });
  check("KEDA second", { judge: scaledObject(), world: [deployment(), autoscaler()], finds: [both] });
  check("the HorizontalPodAutoscaler second", { judge: autoscaler(), world: [deployment(), scaledObject()], finds: [both] });
  check("the one that KEDA makes itself", {
    judge: {
      ...autoscaler({ name: "keda-hpa-web", target: { kind: "Deployment", name: "web" } }),
      metadata: {
        name: "keda-hpa-web",
        namespace: "shop",
        ownerReferences: [{ apiVersion: "keda.sh/v1alpha1", kind: "ScaledObject", name: "web", uid: "u", controller: true }],
      },
    },
    world: [deployment(), scaledObject()],
    finds: [],
  });
  check("two of one kind", {
    judge: autoscaler({ name: "b", target: { kind: "Deployment", name: "web" } }),
    world: [deployment(), autoscaler({ name: "a", target: { kind: "Deployment", name: "web" } })],
    finds: ['CONF-003 deny: HPAs "a" and "b" both scale Deployment web'],
  });
  check("a profile that would make a second one", {
    judge: profile({ spec: { scaling: { manage: "hpa", maxReplicas: 9 } } }),
    world: [deployment(), autoscaler()],
    finds: ['CONF-003 deny: HorizontalPodAutoscaler "web" already scales Deployment web'],
  });
  check("a profile that makes none", { judge: profile(), world: [deployment(), autoscaler()], finds: [] });
});

describe("CONF-004: two who set requests", () => {
  const check = checkerOf("CONF-004");
  const vpa = (updateMode?: string): VerticalPodAutoscaler => ({
    apiVersion: "autoscaling.k8s.io/v1",
    kind: "VerticalPodAutoscaler",
    metadata: { name: "web", namespace: "shop" },
    spec: { targetRef: { kind: "Deployment", name: "web" }, ...(updateMode === undefined ? {} : { updatePolicy: { updateMode } }) },
  });
  const finding = 'CONF-004 deny: VPA "web" in mode Auto also sets requests of Deployment web';
  const managed = (managedBy: "profile" | "vpa" | "none") => profile({ spec: { compute: { managedBy } } });
  check("a VPA beside a profile", { judge: deployment(), world: [vpa(), managed("profile")], finds: [finding] });
  check("a VPA that only recommends", { judge: deployment(), world: [vpa("Off"), managed("profile")], finds: [] });
  check("a VPA that owns the requests", { judge: deployment(), world: [vpa(), managed("vpa")], finds: [] });
  check("nobody who owns the requests", {
    judge: managed("vpa"),
    world: [deployment()],
    finds: ["CONF-004 warn: compute.managedBy is vpa, but no VerticalPodAutoscaler sets requests of Deployment web"],
  });
  check("requests that nobody manages", { judge: deployment(), world: [vpa(), managed("none")], finds: [] });
  check("amounts that a VPA's profile states have no effect", {
    judge: profile({ spec: { compute: { managedBy: "vpa", cpuRequest: "500m", memoryLimit: "1Gi" } } }),
    world: [deployment(), vpa()],
    finds: [
      "CONF-004 warn: compute.cpuRequest, memoryLimit have no effect: compute.managedBy is vpa, so Pods of Deployment web keep what their template says",
    ],
  });
  check("amounts that no controller manages have no effect either", {
    judge: profile({ spec: { compute: { managedBy: "none", cpuRequest: "500m" } } }),
    world: [deployment()],
    finds: [
      "CONF-004 warn: compute.cpuRequest has no effect: compute.managedBy is none, so Pods of Deployment web keep what their template says",
    ],
  });
  const bounded = (policy: VerticalContainerPolicy): VerticalPodAutoscaler => {
    const made = vpa();
    return { ...made, spec: { ...made.spec, resourcePolicy: { containerPolicies: [{ containerName: "*", ...policy }] } } };
  };
  check("a VPA within the class's bounds", {
    judge: deployment(),
    world: [bounded({ minAllowed: { cpu: "100m" }, maxAllowed: { cpu: "4", memory: "16Gi" } }), managed("vpa")],
    finds: [],
  });
  check("a VPA beyond the class's bounds", {
    judge: deployment(),
    world: [bounded({ minAllowed: { cpu: "1m" }, maxAllowed: { memory: "64Gi" } }), managed("vpa")],
    finds: [
      'CONF-004 warn: VPA "web" may set what class "general" does not allow: maxAllowed memory 64Gi, where requests are at most 32Gi',
      'CONF-004 warn: VPA "web" may set what class "general" does not allow: minAllowed cpu 1m, where requests are at least 50m',
    ],
  });
  const chase =
    'CONF-004 warn: HorizontalPodAutoscaler "web" scales Deployment web by cpu and VPA "web" sets its cpu requests: each undoes the other';
  check("an autoscaler by CPU beside a VPA, with the requests managed either way", {
    judge: deployment(),
    world: [vpa(), autoscaler()],
    finds: [chase],
  });
  check("and with a profile that leaves them to it", { judge: deployment(), world: [vpa(), autoscaler(), managed("vpa")], finds: [chase] });
  check("an autoscaler by CPU beside a VPA that sets memory alone", {
    judge: deployment(),
    world: [bounded({ controlledResources: ["memory"] }), autoscaler()],
    finds: [],
  });
  check("an autoscaler beside a VPA that only recommends", { judge: deployment(), world: [vpa("Off"), autoscaler()], finds: [] });
});

describe("PDB-004: somebody else's budget", () => {
  const check = checkerOf("PDB-004");
  const text = 'PodDisruptionBudget "web" exists and is not owned by this profile';
  const foreign = budget({ maxUnavailable: 1 });
  check("the profile second", {
    judge: profile(),
    world: [deployment(), foreign],
    finds: [`PDB-004 deny: Deployment web: ${text}`],
  });
  check("the workload second", { judge: deployment(), world: [profile(), foreign], finds: [`PDB-004 deny: ${text}`] });
  check("S023: the budget second", { judge: foreign, world: [profile(), deployment()], finds: [`PDB-004 deny: ${text}`] });
  check("one that is adopted", { judge: profile({ spec: { disruption: { adopt: true } } }), world: [deployment(), foreign], finds: [] });
  check("one of another name", { judge: profile(), world: [deployment(), budget({ name: "other", maxUnavailable: 1 })], finds: [] });
});

describe("SEC-001: whose rights a Pod has", () => {
  const check = checkerOf("SEC-001");
  const regulated = { labels: { "platform.example.com/workload-class": "regulated" } };
  check("S161: the default ServiceAccount of regulated work", {
    judge: deployment({ ...regulated, podSpec: { serviceAccountName: "default" } }),
    finds: ["SEC-001 deny: pod uses the default ServiceAccount in class regulated"],
  });
  check("S161: none named, and the host's network", {
    judge: deployment({ ...regulated, podSpec: { hostNetwork: true } }),
    finds: [
      "SEC-001 deny: pod uses the default ServiceAccount in class regulated",
      "SEC-001 deny: pod uses hostNetwork in class regulated",
    ],
  });
  check("S161: a ServiceAccount of its own", { judge: deployment({ ...regulated, podSpec: { serviceAccountName: "web" } }), finds: [] });
  check("the default ServiceAccount of other work", { judge: deployment(), finds: [] });
  check("the host's network of other work is recorded", {
    judge: deployment({ podSpec: { hostNetwork: true } }),
    finds: ["SEC-001 audit: pod uses hostNetwork in class general"],
  });
  check("the host's network of other work, as policies.yaml has it", {
    judge: deployment({ podSpec: { hostNetwork: true } }),
    policies: policySet(policiesText.replace("elsewhere: audit", "elsewhere: warn")),
    finds: ["SEC-001 warn: pod uses hostNetwork in class general"],
  });
});

describe("COST-001: on whose account", () => {
  const check = checkerOf("COST-001");
  const label = "platform.example.com/cost-owner";
  const missing = `no cost owner: set label ${label} on the NodePool`;
  const labelled = (owner: string): NodePool => ({ ...nodePool(), metadata: { name: "general-flex", labels: { [label]: owner } } });
  const nodeClass = (tags: Readonly<Record<string, string>>): EC2NodeClass => ({
    apiVersion: "karpenter.k8s.aws/v1",
    kind: "EC2NodeClass",
    metadata: { name: "default" },
    spec: {
      tags,
      amiSelectorTerms: [{ alias: "al2023@v20260715" }],
      subnetSelectorTerms: [{ id: "subnet-1" }],
      securityGroupSelectorTerms: [{ id: "sg-1" }],
    },
  });
  check("S120: a NodePool that nobody pays for", { judge: nodePool(), world: [nodeClass({})], finds: [`COST-001 deny: ${missing}`] });
  check("a NodePool whose NodeClass is not known yet", { judge: nodePool(), finds: [`COST-001 warn: ${missing}`] });
  check("a NodePool with an owner", { judge: labelled("platform"), world: [nodeClass({})], finds: [] });
  check("a NodePool whose NodeClass is tagged", { judge: nodePool(), world: [nodeClass({ "cost-center": "platform" })], finds: [] });
  check("a NodePool with an owner that is not in the list", {
    judge: labelled("nobody"),
    finds: [`COST-001 deny: cost owner "nobody" is not known: set label ${label} on the NodePool`],
  });
  check("a Namespace that takes the owner away from its profiles", {
    judge: namespaceObject("shop"),
    old: namespaceObject("shop", { [label]: "billing" }),
    world: [profile(), profile({ name: "own", labels: { [label]: "billing" } })],
    finds: [`COST-001 warn: WorkloadProfile web: no cost owner: set label ${label} on the profile or namespace`],
  });
});
