import { describe, expect, it } from "vitest";
import { platformNames } from "../../../src/api/labels.ts";
import type { InstanceType } from "../../../src/api/instance-type.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import type { Pod } from "../../../src/api/pod.ts";
import { applyJsonPatch } from "../../../src/kube/json-patch.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { workloadOf } from "../../../src/kube/workload.ts";
import type { WorkloadClass } from "../../../src/policies/class.ts";
import { compileProfile } from "../../../src/policies/profile/compile.ts";
import type { CompiledContract } from "../../../src/policies/profile/contract.ts";
import { compilePod } from "../../../src/policies/profile/pod-patch.ts";
import { yamlObjects } from "../../support/yaml-objects.ts";
import { batchClass, workloadClass } from "../../support/workload-class.ts";

const names = platformNames();
const lab = yamlObjects("examples/lab/a0-infrastructure.yaml");
const allZones = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"];

/** One type with an offering of both capacity types in each zone that is not lost. */
function offeredIn(zones: readonly string[]): readonly InstanceType[] {
  const offerings = allZones.flatMap((zone) =>
    (["on-demand", "spot"] as const).map((capacityType) => ({ zone, capacityType, pricePerHour: 1, available: zones.includes(zone) })),
  );
  return [{ name: "m7i.xlarge", requirements: [], capacity: {}, allocatable: {}, offerings }];
}

interface Case {
  readonly files: readonly string[];
  readonly class: WorkloadClass;
  readonly zones?: readonly string[];
  readonly namespaceLabels?: Readonly<Record<string, string>>;
}

/** Compiles the workload of the files, and the Pod that its controller would send. */
function compileExample({ files, class: ofClass, zones = allZones, namespaceLabels }: Case): { contract: CompiledContract; pod: Pod } {
  const objects: readonly KubeObject[] = [...lab, ...files.flatMap(yamlObjects)];
  const snapshot = snapshotOf(objects);
  const [profile] = snapshot.list("WorkloadProfile");
  const workload = objects.flatMap((object) => workloadOf(object) ?? [])[0];
  if (profile === undefined || workload === undefined) throw new Error("an example has a profile and a workload");
  const contract = compileProfile({
    profile,
    workload,
    workloadClass: ofClass,
    names,
    bundle: "b0b0b0b0",
    capacity: { nodePools: snapshot.list("NodePool"), instanceTypes: offeredIn(zones) },
    namespaceLabels: namespaceLabels ?? snapshot.get("Namespace", { namespace: "", name: workload.namespace })?.metadata.labels ?? {},
  });
  const { metadata, spec } = workload.template;
  const written: Pod = { apiVersion: "v1", kind: "Pod", metadata: metadata ?? {}, spec };
  const compiled = applyJsonPatch(written, compilePod({ pod: written, contract, names }));
  if (!compiled.ok) throw new Error(compiled.error);
  return { contract, pod: compiled.value };
}

/** The Pod without its note, which repeats everything else. */
function withoutNote(pod: Pod): Pod {
  return { ...pod, metadata: { ...pod.metadata, annotations: {} } };
}

const checkout: Case = { files: ["examples/lab/a1-checkout-api.yaml"], class: workloadClass() };

describe("A1, checkout-api", () => {
  it("S237: becomes exactly this Pod", () => {
    const { pod, contract } = compileExample(checkout);
    expect(withoutNote(pod)).toEqual({
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        labels: {
          app: "checkout-api",
          "platform.example.com/workload-class": "general",
          "platform.example.com/cost-owner": "checkout",
          "platform.example.com/profile": "checkout-api",
          "platform.example.com/profile-hash": contract.hash,
        },
        annotations: {},
      },
      spec: {
        containers: [
          {
            name: "checkout-api",
            image: "registry.example.com/checkout-api:2.11.0",
            ports: [{ containerPort: 8080 }],
            readinessProbe: { httpGet: { path: "/ready", port: 8080 } },
            resources: { requests: { cpu: "1", memory: "2Gi" }, limits: { memory: "3Gi" } },
            lifecycle: { preStop: { sleep: { seconds: 5 } } },
          },
        ],
        nodeSelector: { "workload-class": "general" },
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] }] }],
            },
          },
        },
        topologySpreadConstraints: [
          {
            maxSkew: 1,
            topologyKey: "topology.kubernetes.io/zone",
            whenUnsatisfiable: "DoNotSchedule",
            labelSelector: { matchLabels: { app: "checkout-api" } },
            minDomains: 3,
            nodeTaintsPolicy: "Honor",
            matchLabelKeys: ["pod-template-hash"],
          },
          {
            maxSkew: 1,
            topologyKey: "kubernetes.io/hostname",
            whenUnsatisfiable: "ScheduleAnyway",
            labelSelector: { matchLabels: { app: "checkout-api" } },
          },
        ],
        terminationGracePeriodSeconds: 60,
      },
    });
  });

  it("keeps its budget as written", () => {
    const { contract } = compileExample(checkout);
    expect(contract.budget).toMatchObject({
      kind: "budget",
      adjusted: false,
      budget: { metadata: { name: "checkout-api" }, spec: { minAvailable: "80%", unhealthyPodEvictionPolicy: "AlwaysAllow" } },
    });
    expect(contract.findings).toEqual([]);
    expect(contract.notYetCompiled).toEqual([]);
  });

  it("asks for as many zones as can take it, at least two, and is not stale for it", () => {
    const zonesOf = (zones: readonly string[]) => compileExample({ ...checkout, zones }).contract;
    expect(zonesOf(allZones.slice(1)).pod.spread[0]?.minDomains).toBe(2);
    expect(zonesOf(["ap-southeast-1a"]).pod.spread[0]?.minDomains).toBe(2);
    expect(zonesOf(allZones.slice(1)).hash).toBe(zonesOf(allZones).hash);
  });
});

describe("the seed's billing-api", () => {
  const billing: Case = {
    files: ["examples/billing-api/profile.yaml", "examples/billing-api/deployment.yaml"],
    class: workloadClass(),
    namespaceLabels: { "platform.example.com/cost-owner": "billing" },
  };

  it("is compiled as one at a time, and says why", () => {
    const { contract, pod } = compileExample(billing);
    expect(contract.budget).toMatchObject({
      kind: "budget",
      adjusted: true,
      budget: { spec: { maxUnavailable: 1, selector: { matchLabels: { app: "billing-api" } } } },
    });
    expect(contract.findings.map(({ rule, text }) => `${rule}: ${text}`)).toEqual([
      "DRAIN-003: minAvailable 80% of 3 is 3: 0 evictions. PDB compiled as maxUnavailable: 1 (80% works from minReplicas 5)",
    ]);
    expect(contract.notYetCompiled).toEqual([]);
    expect(pod.spec.containers[0]?.resources).toEqual({ requests: { cpu: "500m", memory: "768Mi" }, limits: { memory: "1536Mi" } });
    expect(pod.spec.topologySpreadConstraints?.map(({ whenUnsatisfiable }) => whenUnsatisfiable)).toEqual([
      "DoNotSchedule",
      "ScheduleAnyway",
    ]);
    expect(pod.spec.terminationGracePeriodSeconds).toBeUndefined();
    expect(pod.metadata.labels?.["platform.example.com/cost-owner"]).toBe("billing");
  });
});

describe("A2, invoice-export-worker", () => {
  it("S238, S080: lands on Spot as the seed's workload does, spread where that is possible", () => {
    const { contract, pod } = compileExample({ files: ["examples/lab/a2-invoice-export-worker.yaml"], class: batchClass() });
    expect(pod.spec.tolerations).toEqual([{ key: "workload-class", operator: "Equal", value: "batch", effect: "NoSchedule" }]);
    expect(pod.spec.nodeSelector).toEqual({ "workload-class": "batch" });
    expect(pod.spec.affinity).toBeUndefined();
    expect(
      pod.spec.topologySpreadConstraints?.map(({ topologyKey, whenUnsatisfiable, minDomains }) => [
        topologyKey,
        whenUnsatisfiable,
        minDomains,
      ]),
    ).toEqual([
      ["topology.kubernetes.io/zone", "ScheduleAnyway", undefined],
      ["kubernetes.io/hostname", "ScheduleAnyway", undefined],
    ]);
    expect(pod.spec.terminationGracePeriodSeconds).toBe(90);
    expect(contract.budget).toMatchObject({ kind: "budget", adjusted: false, budget: { spec: { maxUnavailable: "20%" } } });
    expect(contract.notYetCompiled).toEqual([]);
  });
});

describe("A3, fraud-model-batch", () => {
  const compute = workloadClass({
    name: "compute",
    placement: {
      nodeSelector: { "workload-class": "compute" },
      tolerations: [{ key: "workload-class", operator: "Equal", value: "compute", effect: "NoSchedule" }],
    },
    capacityTypes: ["spot", "on-demand"],
    allowSpot: true,
  });

  it("S239: has no budget, tolerates its class, and is spread over nothing", () => {
    const { contract, pod } = compileExample({ files: ["examples/lab/a3-fraud-model-batch.yaml"], class: compute });
    expect(contract.budget).toEqual({ kind: "none", reason: "kind" });
    expect(pod.spec.tolerations).toEqual([{ key: "workload-class", operator: "Equal", value: "compute", effect: "NoSchedule" }]);
    expect(pod.spec.topologySpreadConstraints).toBeUndefined();
    expect(pod.spec.containers[0]?.resources).toEqual({ requests: { cpu: "7", memory: "13Gi" }, limits: { memory: "13Gi" } });
    expect(contract.notYetCompiled).toEqual([]);
  });
});
