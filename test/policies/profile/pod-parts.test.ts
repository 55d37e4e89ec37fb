import { describe, expect, it } from "vitest";
import type { Pod } from "../../../src/api/pod.ts";
import type { WorkloadProfileSpec } from "../../../src/api/workload-profile.ts";
import type { WorkloadClass } from "../../../src/policies/class.ts";
import { compilePod, sizingConflicts, sizingOfPod } from "../../../src/policies/profile/pod-patch.ts";
import { pod } from "../../support/objects.ts";
import { batchClass, workloadClass } from "../../support/workload-class.ts";
import { contractOf, names, patched, workload } from "./contract-of.ts";

/** The Pod of a profile, compiled; and again, which must change nothing. */
function compiled(spec: WorkloadProfileSpec, before: Pod = pod(), ofClass?: WorkloadClass): Pod {
  const contract = contractOf(spec, ofClass === undefined ? {} : { class: ofClass });
  const after = patched(before, contract);
  expect(compilePod({ pod: after, contract, names })).toEqual([]);
  return after;
}

describe("accelerators", () => {
  const gpu = { name: "nvidia.com/gpu", count: 2 };
  it("are requested and limited alike", () => {
    expect(compiled({ compute: { gpu } }).spec.containers[0]?.resources).toEqual({
      requests: { cpu: "100m", memory: "128Mi", "nvidia.com/gpu": "2" },
      limits: { memory: "256Mi", "nvidia.com/gpu": "2" },
    });
  });
  it("replace other counts, and only raise them in mode floor", () => {
    const has = pod({ requests: { "nvidia.com/gpu": 4 }, limits: { "nvidia.com/gpu": 4 } });
    const counts = (spec: WorkloadProfileSpec) => compiled(spec, has).spec.containers[0]?.resources?.limits?.["nvidia.com/gpu"];
    expect([counts({ compute: { gpu } }), counts({ compute: { gpu, mode: "floor" } }), counts({ compute: { gpu, mode: "fill" } })]).toEqual(
      ["2", 4, 4],
    );
  });
  it("may be a named container's", () => {
    const two = pod({ spec: { containers: [{ name: "app" }, { name: "model" }] } });
    const { containers } = compiled({ compute: { containers: { model: { gpu } } } }, two).spec;
    expect(containers.map(({ resources }) => resources?.limits?.["nvidia.com/gpu"])).toEqual([undefined, "2"]);
  });
});

describe("sidecars", () => {
  const base = workloadClass();
  const withSidecars = workloadClass({ requests: { ...base.requests, sidecar: { cpu: "20m", memory: "32Mi" } } });
  const crew = pod({
    name: "web",
    spec: {
      containers: [{ name: "web" }, { name: "proxy" }, { name: "agent", resources: { requests: { cpu: "5m" } } }],
      initContainers: [{ name: "mesh", restartPolicy: "Always" }, { name: "migrate" }],
    },
  });
  it("that request nothing get the class's words, and keep their own; init containers that end get none", () => {
    const { containers, initContainers } = compiled({}, crew, withSidecars).spec;
    expect(containers.slice(1).map(({ resources }) => resources?.requests)).toEqual([
      { cpu: "20m", memory: "32Mi" },
      { cpu: "5m", memory: "32Mi" },
    ]);
    expect(initContainers?.map(({ resources }) => resources?.requests)).toEqual([{ cpu: "20m", memory: "32Mi" }, undefined]);
  });
  it("get nothing where the class says nothing", () => {
    expect(compiled({}, crew).spec.containers[1]?.resources).toBeUndefined();
  });
  it("are sized by name, among init containers too", () => {
    const spec: WorkloadProfileSpec = { compute: { containers: { migrate: { cpuRequest: "1" } } } };
    expect(compiled(spec, crew, withSidecars).spec.initContainers?.[1]?.resources?.requests).toEqual({ cpu: "1" });
  });
});

describe("requests of the Pod as a whole", () => {
  const whole = (resources: object, container: object = {}): Pod =>
    pod({ spec: { resources, containers: [{ name: "app", resources: container }] } });
  it("take the profile's words in the main container's place", () => {
    const { spec } = compiled({ compute: { cpuRequest: "2", memoryRequest: "1Gi" } }, whole({ requests: { cpu: "1" } }));
    expect(spec.resources).toEqual({ requests: { cpu: "2" } });
    expect(spec.containers[0]?.resources).toEqual({ requests: { memory: "1Gi" }, limits: { memory: "2Gi" } });
  });
  it("stay what a limit or the containers stood in for, where the limit is raised", () => {
    const raised = { compute: { cpuRequest: "100m", cpuLimit: "1" } };
    expect(compiled(raised, whole({ limits: { cpu: "100m" } })).spec.resources).toEqual({
      requests: { cpu: "100m" },
      limits: { cpu: "1" },
    });
    const spokenFor = whole({ limits: { cpu: "500m" } }, { requests: { cpu: "100m" } });
    expect(compiled(raised, spokenFor).spec.resources).toEqual({ limits: { cpu: "1" } });
  });
  it("are never below what the containers ask together", () => {
    const before = whole({ requests: { cpu: "4" } }, { requests: { cpu: "3", memory: "64Mi" } });
    const contract = contractOf({ compute: { cpuRequest: "2" } });
    expect(patched(before, contract).spec.resources).toEqual({ requests: { cpu: "4" } });
    expect(sizingConflicts({ pod: before, contract })).toEqual([
      { kind: "pod-level", resource: "cpu", request: "2", bound: { of: "containers", amount: "3" } },
    ]);
  });
  it("never lower or undercut a memory limit", () => {
    const before = whole({ requests: { memory: "1Gi" }, limits: { memory: "2Gi" } });
    expect(compiled({ compute: { memoryRequest: "512Mi", memoryLimit: "1Gi" } }, before).spec.resources).toEqual({
      requests: { memory: "512Mi" },
      limits: { memory: "2Gi" },
    });
    expect(sizingConflicts({ pod: before, contract: contractOf({ compute: { memoryRequest: "3Gi" } }) })).toMatchObject([
      { kind: "pod-level", request: "3Gi", bound: { of: "limit", amount: "2Gi" } },
    ]);
  });
});

describe("the quality of service", () => {
  it("that becomes better is told, and one that would become worse is refused", () => {
    const guaranteed = { cpu: "1", memory: "1Gi" };
    const better = contractOf({ compute: { cpuRequest: "1", cpuLimit: "1", memoryRequest: "1Gi", memoryLimit: "1Gi" } });
    expect(sizingOfPod({ pod: pod(), contract: better })?.qosChange).toEqual({ from: "Burstable", to: "Guaranteed" });
    const worse = contractOf({ compute: { cpuRequest: "500m" } });
    expect(sizingOfPod({ pod: pod({ requests: guaranteed, limits: guaranteed }), contract: worse })).toEqual({
      containers: [],
      conflicts: [{ kind: "qos", change: { from: "Guaranteed", to: "Burstable" } }],
    });
  });
});

describe("what the disruption engine reads of a Pod", () => {
  const annotations = (spec: WorkloadProfileSpec, before?: Pod, ofClass?: WorkloadClass) => {
    const all = Object.entries(compiled(spec, before, ofClass).metadata.annotations ?? {});
    return Object.fromEntries(all.filter(([key]) => key !== names.compiledAnnotation));
  };
  const protect = "karpenter.sh/do-not-disrupt";
  it("is nothing where nothing is asked", () => {
    expect([annotations({}), annotations({ disruption: { protect: "none", window: [] } })]).toEqual([{}, {}]);
  });
  it("is a duration, or true until the Pod has finished", () => {
    expect(annotations({ disruption: { protect: "30m" } })).toEqual({ [protect]: "30m" });
    expect(annotations({ disruption: { protect: "untilFinished" } })).toEqual({ [protect]: "true" });
  });
  it("is the Pod's own word where the profile has none", () => {
    expect(annotations({}, pod({ annotations: { [protect]: "true" } }))).toEqual({ [protect]: "true" });
  });
  it("is the profile's windows, else the class's", () => {
    const window = [{ schedule: "0 2 * * 6", duration: "2h" }];
    const general = workloadClass();
    const classWindow = workloadClass({ disruption: { ...general.disruption, window: [{ schedule: "@daily", duration: "1h" }] } });
    expect(annotations({ disruption: { window } })).toEqual({
      [names.disruptionWindowAnnotation]: '[{"schedule":"0 2 * * 6","duration":"2h"}]',
    });
    expect(annotations({}, pod(), classWindow)).toEqual({ [names.disruptionWindowAnnotation]: '[{"schedule":"@daily","duration":"1h"}]' });
  });
});

describe("spread that the Pod has already, as anti-affinity", () => {
  const term = (topologyKey: string) => ({ topologyKey, labelSelector: { matchLabels: { app: "web" } } });
  const host = "kubernetes.io/hostname";
  const zone = "topology.kubernetes.io/zone";
  const keys = (podAntiAffinity: NonNullable<Pod["spec"]["affinity"]>["podAntiAffinity"], spec: WorkloadProfileSpec = {}) =>
    compiled(
      spec,
      pod({ labels: { app: "web" }, spec: { affinity: podAntiAffinity === undefined ? {} : { podAntiAffinity } } }),
    ).spec.topologySpreadConstraints?.map(({ topologyKey }) => topologyKey);
  it("is not doubled; a mere wish gives way to what is required", () => {
    expect(keys(undefined)).toEqual([zone, host]);
    expect(keys({ requiredDuringSchedulingIgnoredDuringExecution: [term(host)] })).toEqual([zone]);
    const wished = { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: term(zone) }] };
    expect(keys(wished)).toEqual([host]);
    expect(keys(wished, { availability: { zoneSpread: "required" } })).toEqual([zone, host]);
  });
});

describe("the class of data", () => {
  it("is a label, of the profile's word", () => {
    expect(compiled({ security: { dataClassification: "internal" } }).metadata.labels).toMatchObject({
      [names.dataClassificationLabel]: "internal",
    });
    expect(compiled({}).metadata.labels).not.toHaveProperty([names.dataClassificationLabel]);
  });
});

describe("podPatch", () => {
  it("sets what is allowed, last, and notes it", () => {
    const after = compiled({ podPatch: { priorityClassName: "high" } });
    expect(after.spec.priorityClassName).toBe("high");
    expect(after.metadata.annotations?.[names.compiledAnnotation]).toContain('"/spec/priorityClassName":{"from":null,"to":"high"}');
  });
  it("frees what the API server has filled in from the old value", () => {
    const before = pod({ spec: { priorityClassName: "low", priority: 10 } });
    const { spec } = compiled({ podPatch: { priorityClassName: "high" } }, before);
    expect([spec.priorityClassName, spec.priority]).toEqual(["high", undefined]);
    expect(compiled({ podPatch: { priorityClassName: "low" } }, before).spec.priority).toBe(10);
  });
  it("leaves out, and names, what is not allowed", () => {
    const spec: WorkloadProfileSpec = { podPatch: { schedulerName: "mine", hostNetwork: true, priorityClassName: { $patch: "delete" } } };
    expect(contractOf(spec).refusedPatch).toEqual(["hostNetwork", "priorityClassName", "schedulerName"]);
    expect(compiled(spec).spec).not.toHaveProperty("schedulerName");
    expect(contractOf({ podPatch: { priorityClassName: "high" } }, { class: workloadClass({ podPatch: false }) }).refusedPatch).toEqual([
      "priorityClassName",
    ]);
  });
});

describe("variants", () => {
  const spec: WorkloadProfileSpec = {
    compute: { cpuRequest: "500m", memoryRequest: "512Mi" },
    overrides: [
      { match: { labels: { tier: "big" } }, compute: { cpuRequest: "2" }, availability: { zones: ["ap-southeast-1a"] } },
      { match: { labels: { tier: "big", also: "x" } }, compute: { cpuRequest: "4" } },
      { match: { stage: "canary" }, compute: { cpuRequest: "250m" } },
    ],
  };
  const cpuOf = (labels: Readonly<Record<string, string>>, stableHash?: string) => {
    const found = workload();
    const contract = contractOf(spec, { workload: stableHash === undefined ? found : { ...found, stableHash } });
    const after = patched(pod({ labels: { app: "web", ...labels } }), contract);
    expect(compilePod({ pod: after, contract, names })).toEqual([]);
    return after.spec.containers[0]?.resources?.requests?.["cpu"];
  };
  it("are chosen by the Pod's labels, the first match first", () => {
    expect([cpuOf({}), cpuOf({ tier: "big" }), cpuOf({ tier: "big", also: "x" })]).toEqual(["500m", "2", "2"]);
  });
  it("are chosen by the stage of a Rollout: what is not stable is canary, and the first revision is stable", () => {
    const hash = "rollouts-pod-template-hash";
    expect([cpuOf({ [hash]: "b" }, "a"), cpuOf({ [hash]: "a" }, "a"), cpuOf({ [hash]: "b" }), cpuOf({}, "a")]).toEqual([
      "250m",
      "500m",
      "500m",
      "500m",
    ]);
  });
  it("carry a hash of their own, so that each Pod is stale by its own contract", () => {
    const contract = contractOf(spec);
    const hashes = [contract.pod, ...contract.variants.map((variant) => variant.pod)].map(({ labels }) => labels[names.profileHashLabel]);
    expect(new Set(hashes).size).toBe(4);
  });
});

describe("the on-demand floor", () => {
  const floor = (asked: number | string | undefined, replicas: number, ofClass = batchClass()) =>
    contractOf(
      { cost: { spotAllowed: true, ...(asked === undefined ? {} : { spotFloorOnDemand: asked }) } },
      { class: ofClass, workload: { ...workload(), replicas } },
    ).onDemandFloor;
  it("is a count, or a share rounded up", () => {
    expect([floor(2, 10)?.replicas, floor("50%", 5)?.replicas, floor("1%", 3)?.replicas]).toEqual([2, 3, 1]);
  });
  it("is the class's where the profile says nothing, and none of 0", () => {
    expect(floor(undefined, 4, batchClass({ spotFloorOnDemand: "50%" }))?.replicas).toBe(2);
    expect([floor(undefined, 4), floor("0%", 4), floor(0, 4)]).toEqual([undefined, undefined, undefined]);
  });
  it("means nothing where Spot is not allowed, or nothing else is", () => {
    expect(floor("50%", 4, batchClass({ allowSpot: false }))).toBeUndefined();
    expect(floor("50%", 4, batchClass({ capacityTypes: ["spot"] }))).toBeUndefined();
  });
  it("does not make Pods stale when the scale moves, and does when another floor is asked", () => {
    const hashOf = (asked: string, replicas: number) =>
      contractOf({ cost: { spotAllowed: true, spotFloorOnDemand: asked } }, { class: batchClass(), workload: { ...workload(), replicas } })
        .hash;
    expect(hashOf("50%", 4)).toBe(hashOf("50%", 40));
    expect(hashOf("50%", 4)).not.toBe(hashOf("60%", 4));
  });
});
