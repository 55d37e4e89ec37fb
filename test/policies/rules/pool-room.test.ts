/**
 * POOL-003 to POOL-005: zones, room and sizes that the NodePools have.
 */
import { describe } from "vitest";
import type { NodePool } from "../../../src/api/node-pool.ts";
import type { ResourceList } from "../../../src/api/object.ts";
import type { PersistentVolume, PersistentVolumeClaim } from "../../../src/api/storage.ts";
import { catalogInstanceTypes } from "../../../src/catalog/instance-types.ts";
import { cronJob, deployment, nodePool, profile } from "../../support/objects.ts";
import { checkerOf } from "./findings.ts";

const zone = "topology.kubernetes.io/zone";
const poolIn = (name: string, className: string, ...zones: readonly string[]): NodePool =>
  nodePool({ name, labels: { "workload-class": className }, requirements: [{ key: zone, operator: "In", values: zones }] });

describe("POOL-003: zones that the class's pools lack", () => {
  const check = checkerOf("POOL-003");
  const pools = [
    poolIn("general-flex", "general", "ap-southeast-1a", "ap-southeast-1b"),
    poolIn("compute-batch", "compute", "ap-southeast-1c"),
  ];
  const selecting = (name: string) => deployment({ podSpec: { nodeSelector: { [zone]: name } } });
  check("S180: by affinity", {
    judge: selecting("ap-southeast-1c"),
    world: pools,
    finds: ['POOL-003 deny: zone ap-southeast-1c is required by affinity but no pool of class "general" offers it'],
  });
  check("by affinity, in a zone of theirs", { judge: selecting("ap-southeast-1b"), world: pools, finds: [] });
  check("a zone that no pool at all has is told as its label", { judge: selecting("eu-west-1a"), world: pools, finds: [] });
  const claim: PersistentVolumeClaim = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "data", namespace: "shop" },
    spec: { volumeName: "pv-1" },
  };
  const volume = (where: string): PersistentVolume => ({
    apiVersion: "v1",
    kind: "PersistentVolume",
    metadata: { name: "pv-1" },
    spec: { nodeAffinity: { required: { nodeSelectorTerms: [{ matchExpressions: [{ key: zone, operator: "In", values: [where] }] }] } } },
  });
  const mounting = deployment({ podSpec: { volumes: [{ name: "data", persistentVolumeClaim: { claimName: "data" } }] } });
  check("S180: by a volume", {
    judge: mounting,
    world: [...pools, claim, volume("ap-southeast-1c")],
    finds: ['POOL-003 deny: zone ap-southeast-1c is required by volume "data" but no pool of class "general" offers it'],
  });
  check("by a volume, in a zone of theirs", { judge: mounting, world: [...pools, claim, volume("ap-southeast-1a")], finds: [] });
  check("pools that name no zones", { judge: mounting, world: [nodePool(), claim, volume("ap-southeast-1c")], finds: [] });
});

describe("POOL-004: no room for a burst", () => {
  const check = checkerOf("POOL-004");
  const bursting = profile({
    spec: {
      availability: { minReplicas: 3 },
      scaling: { maxReplicas: 60, maxBurstPods: 20 },
      compute: { cpuRequest: "1", memoryRequest: "1Gi" },
    },
  });
  const pool = (limits: ResourceList, used: ResourceList = {}): NodePool => ({
    ...nodePool({ limits }),
    status: { nodes: 1, resources: { ...used } },
  });
  check("S127: 20 CPU where 12 are left", {
    judge: bursting,
    world: [deployment({ replicas: 3 }), pool({ cpu: "100" }, { cpu: "88" })],
    finds: ["POOL-004 warn: Deployment web: burst of 20 pods needs 20 CPU; NodePool general-flex has 12 CPU left under its limit"],
  });
  check("20 CPU where 20 are left", {
    judge: bursting,
    world: [deployment({ replicas: 3 }), pool({ cpu: "100" }, { cpu: "80" })],
    finds: [],
  });
  check("memory too", {
    judge: deployment({ replicas: 3 }),
    world: [bursting, pool({ cpu: "100", memory: "20Gi" }, { memory: "8Gi" })],
    finds: ["POOL-004 warn: burst of 20 pods needs 20Gi memory; NodePool general-flex has 12Gi memory left under its limit"],
  });
  check("a second pool takes the rest", {
    judge: bursting,
    world: [deployment({ replicas: 3 }), pool({ cpu: "12" }), { ...pool({ cpu: "8" }), metadata: { name: "general-more" } }],
    finds: [],
  });
  check("a second pool that takes too little", {
    judge: bursting,
    world: [deployment({ replicas: 3 }), pool({ cpu: "12" }), { ...pool({ cpu: "7" }), metadata: { name: "general-more" } }],
    finds: [
      "POOL-004 warn: Deployment web: burst of 20 pods needs 20 CPU; NodePools general-flex, general-more have 19 CPU left under their limits",
    ],
  });
  check("a pool without limits", { judge: bursting, world: [deployment({ replicas: 3 }), nodePool()], finds: [] });
});

describe("POOL-005: a little too large", () => {
  const check = checkerOf("POOL-005");
  const instanceTypes = catalogInstanceTypes({ zones: ["ap-southeast-1a"] });
  const pool = nodePool({
    name: "compute-batch",
    labels: { "workload-class": "compute" },
    requirements: [{ key: "karpenter.k8s.aws/instance-family", operator: "In", values: ["c7i"] }],
    taints: [{ key: "workload-class", value: "compute", effect: "NoSchedule" }],
  });
  const sized = (memory: string) =>
    profile({
      spec: {
        runtimeClass: "compute",
        compute: { cpuRequest: "7", memoryRequest: memory, memoryLimit: memory },
        cost: { spotAllowed: true },
      },
    });
  const batch = cronJob({ name: "web", requests: {} });
  check("a Job that asks 14Gi where 13.8Gi fit", {
    judge: batch,
    world: [sized("14Gi"), pool],
    instanceTypes,
    finds: ["POOL-005 warn: 0.2Gi less per pod fits c7i.2xlarge, up to half the cost"],
  });
  check("a Job that asks 13Gi", { judge: batch, world: [sized("13Gi"), pool], instanceTypes, finds: [] });
  check("a Job that asks far more", { judge: batch, world: [sized("20Gi"), pool], instanceTypes, finds: [] });
  check("without a profile it is recorded", {
    judge: deployment({
      requests: { cpu: "7", memory: "14Gi" },
      podSpec: { tolerations: [{ operator: "Exists" }] },
    }),
    world: [pool],
    instanceTypes,
    finds: ["POOL-005 audit: 0.2Gi less per pod fits c7i.2xlarge, up to half the cost"],
  });
  check("a small Pod shares nodes anyway", { judge: deployment(), world: [nodePool()], instanceTypes, finds: [] });
});
