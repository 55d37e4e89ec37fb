import { describe, expect, it } from "vitest";
import type { WorkloadProfileSpec } from "../../../src/api/workload-profile.ts";
import { workloadOf, type Workload } from "../../../src/kube/workload.ts";
import type { WorkloadClass } from "../../../src/policies/class.ts";
import { notYetCompiled } from "../../../src/policies/profile/not-yet-compiled.ts";
import { resolvedSpec, resolveProfile } from "../../../src/policies/profile/resolve.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import { cronJob, deployment, job, pod, profile, replicaSet, statefulSet } from "../../support/objects.ts";
import { batchClass, workloadClass } from "../../support/workload-class.ts";
import { contractOf, names } from "./contract-of.ts";

function workloadFrom(object: KubeObject): Workload {
  const workload = workloadOf(object);
  if (workload === undefined) throw new Error("not a workload");
  return workload;
}

describe("which workloads get a budget", () => {
  function check(name: string, object: KubeObject, spec: WorkloadProfileSpec, expected: object) {
    it(name, () => {
      expect(contractOf(spec, { workload: workloadFrom(object) }).budget).toMatchObject(expected);
    });
  }
  const one = { kind: "budget", budget: { spec: { maxUnavailable: 1 } } };
  check(
    "a Deployment",
    deployment({ replicas: 6 }),
    { availability: { minReplicas: 6 } },
    { kind: "budget", budget: { spec: { minAvailable: "80%" } } },
  );
  check("a bare ReplicaSet", replicaSet({ replicas: 3 }), { availability: { minReplicas: 3 } }, one);
  check("a StatefulSet, one at a time whatever the class says", statefulSet({ replicas: 9 }), { availability: { minReplicas: 9 } }, one);
  check(
    "a StatefulSet, as its profile says",
    statefulSet({ replicas: 9 }),
    { availability: { minReplicas: 9 }, disruption: { minAvailable: "70%" } },
    {
      budget: { spec: { minAvailable: "70%" } },
    },
  );
  check("no Job", job(), {}, { kind: "none", reason: "kind" });
  check("no CronJob", cronJob(), {}, { kind: "none", reason: "kind" });
  check("no bare Pod", pod(), {}, { kind: "none", reason: "kind" });
  check("no single replica", deployment({ replicas: 1 }), { availability: { minReplicas: 1 } }, { kind: "none", reason: "singleton" });
  check("nothing where the profile only validates", deployment(), { validateOnly: true }, { kind: "none", reason: "validateOnly" });

  it("of another name than the profile is named after both", () => {
    const { budget } = contractOf({}, { workload: workloadFrom(deployment({ name: "api" })) });
    expect(budget).toMatchObject({ budget: { metadata: { name: "web-deployment-api" } } });
  });
});

describe("spread by kind", () => {
  function check(name: string, object: KubeObject, spec: WorkloadProfileSpec, expected: readonly object[], ofClass?: WorkloadClass) {
    it(name, () => {
      const { pod: parts } = contractOf(spec, { workload: workloadFrom(object), ...(ofClass === undefined ? {} : { class: ofClass }) });
      expect(
        parts.spread.map(({ topologyKey, whenUnsatisfiable, matchLabelKeys }) => [
          topologyKey.split("/")[1],
          whenUnsatisfiable,
          matchLabelKeys?.[0],
        ]),
      ).toEqual(expected);
    });
  }
  const three: WorkloadProfileSpec = { availability: { minReplicas: 3 } };
  const host = ["hostname", "ScheduleAnyway", undefined];
  check("requires zones of a Deployment from the class's number of replicas on", deployment(), three, [
    ["zone", "DoNotSchedule", "pod-template-hash"],
    host,
  ]);
  check("only prefers zones below that number", deployment(), {}, [["zone", "ScheduleAnyway", undefined], host]);
  check("requires zones where the profile says so", deployment(), { availability: { zoneSpread: "required" } }, [
    ["zone", "DoNotSchedule", "pod-template-hash"],
    host,
  ]);
  check("knows no template hash on a StatefulSet", statefulSet(), three, [["zone", "DoNotSchedule", undefined], host]);
  check("requires hosts where the profile says so", deployment(), { availability: { hostSpread: "required", zoneSpread: "none" } }, [
    ["hostname", "DoNotSchedule", "pod-template-hash"],
  ]);
  check("is none where the profile says none", deployment(), { availability: { hostSpread: "none", zoneSpread: "none" } }, []);
  check("is none for Jobs, whatever the class says", job(), three, []);
  check("is none for a bare Pod", pod(), three, []);
  check("counts a Job's Pods by our label where the profile asks", cronJob(), { availability: { zoneSpread: "preferred" } }, [
    ["zone", "ScheduleAnyway", undefined],
  ]);
  check("only prefers zones in class batch", deployment(), {}, [["zone", "ScheduleAnyway", undefined], host], batchClass());
});

describe("the contract's hash", () => {
  const hashOf = (spec: WorkloadProfileSpec, replicas = 3) => contractOf(spec, { workload: workloadFrom(deployment({ replicas })) }).hash;
  it("changes with what Pods get, and with nothing else", () => {
    const base = hashOf({ compute: { cpuRequest: "1" } });
    expect(hashOf({ compute: { cpuRequest: "2" } })).not.toBe(base);
    expect(hashOf({ compute: { cpuRequest: "1" }, disruption: { gracePeriodSeconds: 45 } })).not.toBe(base);
    expect(hashOf({ compute: { cpuRequest: "1" }, disruption: { maxUnavailable: 2 } })).toBe(base);
    expect(hashOf({ compute: { cpuRequest: "1" }, scaling: { maxReplicas: 9 } }, 9)).toBe(base);
  });
  it("is the Pod's profile-hash label", () => {
    const contract = contractOf({});
    expect(contract.pod.labels[names.profileHashLabel]).toBe(contract.hash);
  });
});

describe("fields that are not compiled yet", () => {
  function check(spec: WorkloadProfileSpec, expected: readonly string[]) {
    it(`${JSON.stringify(spec)} names ${expected.join(", ") || "nothing"}`, () => {
      expect(notYetCompiled(spec)).toEqual(expected);
    });
  }
  check({}, []);
  check({ scaling: { manage: "hpa", metrics: [{ type: "cpu", target: 70 }], headroomPods: 2 } }, ["scaling.headroomPods"]);
  check({ scaling: { manage: "none", maxBurstPods: 5, lagMetric: "lag", headroomPods: "0%" } }, []);
});

describe("resolved values", () => {
  const resolve = (spec: WorkloadProfileSpec, over: Partial<Parameters<typeof resolveProfile>[0]> = {}) =>
    resolveProfile({ profile: profile({ spec }), workloadClass: workloadClass(), names, ...over });

  it("name who said them", () => {
    const resolved = resolve({ availability: { minReplicas: 4 }, compute: { memoryRequest: "1Gi" } });
    expect(resolved.minReplicas).toEqual({ value: 4, source: "profile" });
    expect(resolved.maxReplicas).toEqual({ value: 4, source: "platform" });
    expect(resolved.memoryRequest).toEqual({ value: "1Gi", source: "profile" });
    expect(resolved.cpuRequest).toEqual({ value: "250m", source: "class" });
    expect(resolved.budget).toEqual({ value: { field: "minAvailable", value: "80%" }, source: "class" });
  });
  it("stand in the spec with every default, and leave what was written", () => {
    const spec: WorkloadProfileSpec = {
      runtimeClass: "general",
      availability: { minReplicas: 3 },
      scaling: { maxReplicas: 50 },
      compute: { memoryRequest: "768Mi" },
    };
    expect(resolvedSpec(spec, resolve(spec))).toEqual({
      runtimeClass: "general",
      rollout: "none",
      validateOnly: false,
      availability: {
        minReplicas: 3,
        zoneSpread: "required",
        hostSpread: "preferred",
        surviveZoneLoss: false,
        zones: ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"],
      },
      scaling: { maxReplicas: 50, maxBurstPods: 47, headroomPods: 0, manage: "none" },
      compute: {
        cpuRequest: "250m",
        memoryRequest: "768Mi",
        memoryLimit: "1536Mi",
        cpuLimit: "none",
        arch: "any",
        mode: "set",
        managedBy: "profile",
      },
      disruption: { minAvailable: "80%", gracePeriodSeconds: 30, preStopSeconds: 5, adopt: false, quorum: false, protect: "none" },
      cost: { spotAllowed: false },
    });
  });
  it("allow at least one replica at the most", () => {
    expect(resolve({ availability: { minReplicas: 0 } }).maxReplicas.value).toBe(1);
  });
  it("take the cost owner from spec, then the profile's label, then the namespace's", () => {
    const namespaceLabels = { [names.costOwnerLabel]: "space" };
    const labelled = profile({ labels: { [names.costOwnerLabel]: "label" } });
    expect(resolve({ cost: { owner: "spec" } }, { namespaceLabels }).costOwner).toBe("spec");
    expect(resolve({}, { profile: labelled, namespaceLabels }).costOwner).toBe("label");
    expect(resolve({}, { namespaceLabels }).costOwner).toBe("space");
    expect(resolve({}).costOwner).toBeUndefined();
  });
});

describe("a required spread while a zone is lost", () => {
  const zones = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"];
  const compiled = (lostZones: readonly string[], availability: WorkloadProfileSpec["availability"] = {}) => {
    const { pod: parts, hash } = contractOf({ availability: { minReplicas: 6, ...availability } }, { status: { lostZones } });
    const kept = parts.nodeRequirements.find(({ key }) => key === "topology.kubernetes.io/zone");
    return { minDomains: parts.spread[0]?.minDomains, kept: kept?.values, hash };
  };
  const whole = compiled([]);
  it.each([
    { lost: [], minDomains: 3, kept: undefined },
    { lost: zones.slice(2), minDomains: 2, kept: zones.slice(0, 2) },
    { lost: zones.slice(1), minDomains: 1, kept: zones.slice(0, 1) },
    { lost: zones, minDomains: 3, kept: undefined },
    { lost: ["elsewhere-1a"], minDomains: 3, kept: undefined },
  ])("asks for the zones that are left, and makes no running Pod stale: $lost", ({ lost, ...expected }) => {
    expect(compiled(lost)).toEqual({ ...expected, hash: whole.hash });
  });
  it("keeps within the profile's own zones", () => {
    const own = { zones: zones.slice(1) };
    expect(compiled(zones.slice(2), own)).toMatchObject({ minDomains: 1, kept: zones.slice(1, 2), hash: compiled([], own).hash });
  });
  it("is no matter of a spread that is only preferred", () => {
    expect(compiled(zones.slice(2), { zoneSpread: "preferred" }).kept).toBeUndefined();
  });
});
