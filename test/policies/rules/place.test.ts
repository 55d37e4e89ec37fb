/**
 * PLACE-003 to -005, REQ-003 and the mends of REQ: where a Pod may stand, and how it is treated there.
 */
import { describe } from "vitest";
import type { PodSpec, Toleration } from "../../../src/api/pod.ts";
import type { DaemonSet } from "../../../src/api/workload.ts";
import { catalogInstanceTypes } from "../../../src/catalog/instance-types.ts";
import { deployment, namespaceObject, nodePool, pod, profile } from "../../support/objects.ts";
import { checkerOf } from "./findings.ts";

const daemonSet = (podSpec: Partial<PodSpec>): DaemonSet => {
  const { spec } = deployment({ name: "agent", podSpec });
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: "agent", namespace: "shop" },
    spec: { selector: spec.selector, template: spec.template },
  };
};

describe("PLACE-003: tolerations of other people's nodes", () => {
  const check = checkerOf("PLACE-003");
  const tolerating = (toleration: Toleration) => ({ podSpec: { tolerations: [toleration] } });
  const system: Toleration = { key: "CriticalAddonsOnly", operator: "Exists" };
  const reserved = "PLACE-003 deny: toleration CriticalAddonsOnly is reserved for class system";
  check("S131: an application that tolerates the add-ons' nodes", { judge: deployment(tolerating(system)), finds: [reserved] });
  check("an add-on in a namespace that is granted them", {
    judge: deployment({ ...tolerating(system), namespace: "kube-system" }),
    finds: [],
  });
  check("another value than the taint's", {
    judge: deployment(tolerating({ key: "CriticalAddonsOnly", operator: "Equal", value: "no" })),
    finds: [],
  });
  check("a key that several classes use is told with its value", {
    judge: deployment(tolerating({ key: "workload-class", operator: "Equal", value: "regulated", effect: "NoSchedule" })),
    world: [namespaceObject("shop")],
    finds: ["PLACE-003 deny: toleration workload-class=regulated is reserved for class regulated"],
  });
  check("a class that is open to all", {
    judge: deployment(tolerating({ key: "workload-class", operator: "Equal", value: "compute", effect: "NoSchedule" })),
    world: [namespaceObject("shop")],
    finds: [],
  });
  check("a toleration of everything is no claim", { judge: deployment(tolerating({ operator: "Exists" })), finds: [] });
  check("an agent on every node is only warned", {
    judge: daemonSet({ tolerations: [system] }),
    finds: [reserved.replace("deny", "warn")],
  });
});

describe("PLACE-004: too few instance types", () => {
  const check = checkerOf("PLACE-004");
  const instanceTypes = catalogInstanceTypes({ zones: ["ap-southeast-1a", "ap-southeast-1b"] });
  const broad = nodePool({ requirements: [{ key: "karpenter.k8s.aws/instance-category", operator: "In", values: ["c", "m", "r"] }] });
  const narrow = nodePool({
    requirements: [{ key: "node.kubernetes.io/instance-type", operator: "In", values: ["m7i.large", "c7i.large"] }],
  });
  const pinned = deployment({ podSpec: { nodeSelector: { "node.kubernetes.io/instance-type": "m7i.large" } } });
  const one = "PLACE-004 deny: node affinity allows 1 instance type (m7i.large); one capacity shortage blocks this workload";
  check("S088: one type by name", { judge: pinned, world: [broad], instanceTypes, finds: [one] });
  check("one type by name, with no pool known", { judge: pinned, finds: [one] });
  check("one family that has one type in the pool", {
    judge: deployment({ podSpec: { nodeSelector: { "karpenter.k8s.aws/instance-family": "m7i" } } }),
    world: [narrow],
    instanceTypes,
    finds: [one],
  });
  check("one family that has many types in the pool", {
    judge: deployment({ podSpec: { nodeSelector: { "karpenter.k8s.aws/instance-family": "m7i" } } }),
    world: [broad],
    instanceTypes,
    finds: [],
  });
  check("two types by name", {
    judge: deployment({
      podSpec: {
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [
                { matchExpressions: [{ key: "node.kubernetes.io/instance-type", operator: "In", values: ["m7i.large", "c7i.large"] }] },
              ],
            },
          },
        },
      },
    }),
    world: [broad],
    instanceTypes,
    finds: [],
  });
  check("one type for a reason of the list", {
    judge: { ...pinned, metadata: { ...pinned.metadata, annotations: { "platform.example.com/justification": "licence" } } },
    world: [broad],
    instanceTypes,
    finds: [],
  });
  check("S091: one type for no reason of the list", {
    judge: { ...pinned, metadata: { ...pinned.metadata, annotations: { "platform.example.com/justification": "feels safer" } } },
    world: [broad],
    instanceTypes,
    finds: [one],
  });
  check("a narrow pool is not the Pod's doing", { judge: deployment(), world: [narrow], instanceTypes, finds: [] });
});

describe("PLACE-005: one node by its name", () => {
  const check = checkerOf("PLACE-005");
  const hostname = "kubernetes.io/hostname";
  check("S150, S151: nodeName", {
    judge: deployment({ podSpec: { nodeName: "ip-10-0-1-7" } }),
    finds: ["PLACE-005 deny: spec.nodeName pins the pod to one node"],
  });
  check("S150: a hostname selector", {
    judge: deployment({ podSpec: { nodeSelector: { [hostname]: "ip-10-0-1-7" } } }),
    finds: ["PLACE-005 deny: hostname selector pins the pod to one node"],
  });
  const affinity = (names: readonly string[]) => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: hostname, operator: "In" as const, values: names }] }],
        },
      },
    },
  });
  check("a hostname affinity", {
    judge: deployment({ podSpec: affinity(["a"]) }),
    finds: ["PLACE-005 deny: hostname affinity pins the pod to one node"],
  });
  check("two hosts to choose from", { judge: deployment({ podSpec: affinity(["a", "b"]) }), finds: [] });
});

describe("REQ-003: another quality of service", () => {
  const check = checkerOf("REQ-003");
  const same = { cpu: "1", memory: "1Gi" };
  const guaranteed = deployment({ requests: same, limits: same });
  const sizing = (mode: "set" | "fill") => profile({ spec: { compute: { cpuRequest: "500m", memoryRequest: "512Mi", mode } } });
  const lost = "REQ-003 deny: mutation would change QoS class Guaranteed to Burstable for pod template";
  check("a Guaranteed Pod that a profile would make Burstable", { judge: guaranteed, world: [sizing("set")], finds: [lost] });
  check("the same, the profile second", {
    judge: sizing("set"),
    world: [guaranteed],
    finds: [lost.replace("deny: ", "deny: Deployment web: ")],
  });
  check("a Guaranteed Pod that a profile only fills", { judge: guaranteed, world: [sizing("fill")], finds: [] });
  check("a Burstable Pod stays one", { judge: deployment(), world: [sizing("set")], finds: [] });
});

describe("what is told of requests", () => {
  const check = checkerOf("REQ", "WP", "DS");
  check("an unknown class leads, and is told alone", {
    judge: deployment({ labels: { "platform.example.com/workload-class": "zzz" }, podSpec: { containers: [{ name: "app" }] } }),
    finds: [
      'WP-001 deny: label platform.example.com/workload-class "zzz" is not in the catalogue (known: batch, compute, general, gpu, memory, regulated, system)',
    ],
  });
  check("a running Pod whose limit is raised in place far above its request", {
    judge: pod({ requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "2Gi" } }),
    old: pod({ requests: { cpu: "100m", memory: "128Mi" } }),
    subResource: "resize",
    finds: ['REQ-002 deny: container "app" may use 16x its memory request (cap 2x): requests 128Mi, limits 2Gi'],
  });
});
