/**
 * POOL-001 and POOL-002: Pods that no node could take, against the catalog's own instance types.
 */
import { describe, expect, it } from "vitest";
import { catalogInstanceTypes } from "../../../src/catalog/instance-types.ts";
import type { DaemonSet } from "../../../src/api/workload.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import { validate } from "../../../src/policies/evaluate.ts";
import { contextOf, policySet, requestFor } from "../../support/admission.ts";
import { cronJob, deployment, nodePool, profile } from "../../support/objects.ts";
import { checkerOf } from "./findings.ts";

const check = checkerOf("POOL");
const zones = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"];
const instanceTypes = catalogInstanceTypes({ zones });
const zoneLabel = "topology.kubernetes.io/zone";
const regionLabel = "topology.kubernetes.io/region";
const category = { key: "karpenter.k8s.aws/instance-category", operator: "In", values: ["c", "m", "r"] } as const;
const general = nodePool({ requirements: [category, { key: zoneLabel, operator: "In", values: zones.slice(0, 2) }] });
const selecting = (nodeSelector: Record<string, string>) => deployment({ podSpec: { nodeSelector } });

describe("POOL-001: a label that no node has", () => {
  check("nothing is judged without a NodePool", { judge: selecting({ "workload-class": "special" }), finds: [] });
  check("a label of the pool", { judge: selecting({ "workload-class": "general" }), world: [general], finds: [] });
  check("another value of it", {
    judge: selecting({ "workload-class": "special" }),
    world: [general],
    finds: ["POOL-001 deny: no NodePool offers label workload-class=special"],
  });
  check("a label that no pool has", {
    judge: selecting({ disk: "ssd" }),
    world: [general],
    finds: ["POOL-001 deny: no NodePool offers label disk=ssd"],
  });
  check("a zone of the pool", { judge: selecting({ [zoneLabel]: "ap-southeast-1b" }), world: [general], instanceTypes, finds: [] });
  check("a zone that the pool leaves out", {
    judge: selecting({ [zoneLabel]: "ap-southeast-1c" }),
    world: [general],
    instanceTypes,
    finds: [`POOL-001 deny: no NodePool offers label ${zoneLabel}=ap-southeast-1c`],
  });
  check("a well-known label that the pool leaves open, and a type has", {
    judge: selecting({ "node.kubernetes.io/instance-type": "m7i.large" }),
    world: [general],
    instanceTypes,
    finds: [],
  });
  check("a well-known label that no type of the pool has", {
    judge: selecting({ "node.kubernetes.io/instance-type": "p5.48xlarge" }),
    world: [general],
    instanceTypes,
    finds: ["POOL-001 deny: no NodePool offers label node.kubernetes.io/instance-type=p5.48xlarge"],
  });
  check("a well-known label, with no types known", {
    judge: selecting({ "node.kubernetes.io/instance-type": "p5.48xlarge" }),
    world: [general],
    finds: [],
  });
  check("a label of a live Node", {
    judge: selecting({ disk: "ssd" }),
    world: [general, { apiVersion: "v1", kind: "Node", metadata: { name: "n1", labels: { disk: "ssd" } } } satisfies KubeObject],
    finds: [],
  });
  check("the NodeClass of the pool", {
    judge: selecting({ "karpenter.k8s.aws/ec2nodeclass": "default" }),
    world: [general],
    instanceTypes,
    finds: [],
  });
  const open = nodePool({ name: "open", requirements: [category] });
  const inVirginia = selecting({ "workload-class": "general", [zoneLabel]: "us-east-1a" });
  check("a zone, where a pool that takes the Pod names none: the catalog's own are only assumed", {
    judge: inVirginia,
    world: [open],
    instanceTypes,
    finds: [],
  });
  check("a zone, where such a pool only leaves some out", {
    judge: inVirginia,
    world: [nodePool({ requirements: [{ key: zoneLabel, operator: "NotIn", values: ["us-east-1f"] }] })],
    instanceTypes,
    finds: [],
  });
  check("a zone that the only pool with open zones leaves out", {
    judge: inVirginia,
    world: [nodePool({ requirements: [{ key: zoneLabel, operator: "NotIn", values: ["us-east-1a"] }] })],
    instanceTypes,
    finds: [`POOL-001 deny: no NodePool offers label ${zoneLabel}=us-east-1a`],
  });
  check("a zone, where only a pool that can't take the Pod names none", {
    judge: inVirginia,
    world: [general, nodePool({ name: "open", labels: { "workload-class": "batch" } })],
    instanceTypes,
    finds: [`POOL-001 deny: no NodePool offers label ${zoneLabel}=us-east-1a`],
  });
  check("a zone, where no pool takes the Pod anyway", {
    judge: selecting({ "workload-class": "special", [zoneLabel]: "us-east-1a" }),
    world: [open],
    instanceTypes,
    finds: ["POOL-001 deny: no NodePool offers label workload-class=special"],
  });
  check("a region, where a pool that takes the Pod names neither zone nor region", {
    judge: selecting({ [regionLabel]: "us-east-1" }),
    world: [open],
    instanceTypes,
    finds: [],
  });
  check("the region of the pool's zones", { judge: selecting({ [regionLabel]: "ap-southeast-1" }), world: [general], finds: [] });
  check("another region than that of the pool's zones", {
    judge: selecting({ [regionLabel]: "us-east-1" }),
    world: [general],
    finds: [`POOL-001 deny: no NodePool offers label ${regionLabel}=us-east-1`],
  });
  const affinity = (...terms: readonly (readonly string[])[]) => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: terms.map((values) => ({ matchExpressions: [{ key: "workload-class", operator: "In" as const, values }] })),
        },
      },
    },
  });
  check("one offered value of several", { judge: deployment({ podSpec: affinity(["special", "general"]) }), world: [general], finds: [] });
  check("one offered term of several", { judge: deployment({ podSpec: affinity(["special"], ["general"]) }), world: [general], finds: [] });
  check("no offered term", {
    judge: cronJob({ podSpec: affinity(["special"], ["other"]) }),
    world: [general],
    finds: ["POOL-001 deny: no NodePool offers label workload-class=special"],
  });
  check("a profile whose class has no pool, told at the profile too", {
    judge: profile({ spec: { runtimeClass: "memory" } }),
    world: [general, deployment()],
    instanceTypes,
    finds: ["POOL-001 deny: Deployment web: no NodePool offers label workload-class=memory"],
  });

  function checkFix(name: string, world: readonly KubeObject[], expected: string) {
    it(name, () => {
      const request = requestFor(selecting({ "workload-class": "general", [zoneLabel]: "eu-west-1a" }));
      const { findings } = validate({ policySet: policySet(), request, context: contextOf(world, instanceTypes) });
      expect(findings.filter(({ rule }) => rule === "POOL-001")).toEqual([
        {
          rule: "POOL-001",
          action: "deny",
          path: "/spec/template/spec/nodeSelector",
          message: `no NodePool offers label ${zoneLabel}=eu-west-1a`,
          fix: expected,
        },
      ]);
    });
  }
  checkFix("lists the values that there are", [general], "valid values: ap-southeast-1a, ap-southeast-1b");
  checkFix(
    "lists no zone that no pool names",
    [general, nodePool({ name: "open", labels: { "workload-class": "batch" } })],
    "valid values: ap-southeast-1a, ap-southeast-1b",
  );
});

describe("POOL-002: a Pod larger than every node", () => {
  const xlarge = nodePool({
    name: "general-purpose",
    labels: {},
    requirements: [
      { key: "karpenter.k8s.aws/instance-size", operator: "In", values: ["large", "xlarge"] },
      { key: "karpenter.k8s.aws/instance-category", operator: "In", values: ["m"] },
    ],
  });
  const asking = (cpu: string, memory: string) => deployment({ requests: { cpu, memory } });
  const agent: DaemonSet = {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "agent", namespace: "kube-system" },
    spec: {
      selector: { matchLabels: { app: "agent" } },
      template: { spec: { containers: [{ name: "agent", resources: { requests: { cpu: "100m", memory: "128Mi" } } }] } },
    },
  };
  check("one that fits", { judge: asking("2", "8Gi"), world: [xlarge], instanceTypes, finds: [] });
  check("S176: one that the whole node would be too small for", {
    judge: asking("4", "16Gi"),
    world: [xlarge],
    instanceTypes,
    finds: [
      "POOL-002 deny: pod requests 4 CPU / 16Gi; largest shape in pool general-purpose is m7i.xlarge, 3.92 CPU / 13.8Gi after system reserve",
    ],
  });
  check("one that only a DaemonSet is in the way of", {
    judge: asking("3900m", "8Gi"),
    world: [xlarge, agent],
    instanceTypes,
    finds: [
      "POOL-002 deny: pod requests 3.9 CPU / 8Gi; largest shape in pool general-purpose is m7i.xlarge, 3.92 CPU / 13.8Gi after system reserve, 0.1 CPU / 128Mi less for DaemonSets",
    ],
  });
  check("one that another pool takes", {
    judge: asking("4", "16Gi"),
    world: [xlarge, nodePool({ requirements: [category] })],
    instanceTypes,
    finds: [],
  });
  check("with no types known nothing is judged", { judge: asking("400", "16Gi"), world: [xlarge], finds: [] });
  check("a resource that no node of the pool has", {
    judge: deployment({ requests: { cpu: "1", memory: "1Gi", "nvidia.com/gpu": "1" } }),
    world: [xlarge],
    instanceTypes,
    finds: [
      "POOL-002 deny: pod requests 1 CPU / 1Gi / 1 nvidia.com/gpu; largest shape in pool general-purpose is m7i.xlarge, 3.92 CPU / 13.8Gi / 0 nvidia.com/gpu after system reserve",
    ],
  });
});

it("what held one Pod of a placement is asked again for the next, which may be larger", () => {
  const policies = policySet();
  const context = { ...contextOf([general]), instanceTypes };
  const refusedBy = (cpu: string) => {
    const requests = { cpu, memory: "1Gi" };
    const object = deployment({ podSpec: { containers: [{ name: "app", resources: { requests } }] } });
    return validate({ policySet: policies, request: requestFor(object), context }).findings.some(({ rule }) => rule === "POOL-002");
  };
  // Thrice, since the first two bursts only find out that the placement comes again.
  expect(["1", "1", "1", "1000", "40", "1000", "1"].map(refusedBy)).toEqual([false, false, false, true, false, true, false]);
});
