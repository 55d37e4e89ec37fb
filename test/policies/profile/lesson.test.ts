/**
 * The founding lesson's promises of the compiler, each by the words of its row in docs/checklist.yaml.
 */
import { describe, expect, it } from "vitest";
import { workloadProfileSpecSchema } from "../../../src/api/workload-profile.ts";
import type { WorkloadProfileSpec } from "../../../src/api/workload-profile.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import type { Pod } from "../../../src/api/pod.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { decideProfile } from "../../../src/policies/controllers/profile-controller.ts";
import { evaluate } from "../../../src/policies/evaluate.ts";
import { workloadContract } from "../../../src/policies/profile/workload-contract.ts";
import { contextOf, policySet, requestFor, testNow } from "../../support/admission.ts";
import { deployment, namespaceObject, nodePool, pod, profile, statefulSet } from "../../support/objects.ts";
import { workloadClass } from "../../support/workload-class.ts";
import { yamlObjects } from "../../support/yaml-objects.ts";
import { contractOf, names, patched, workload } from "./contract-of.ts";

function compiled(spec: WorkloadProfileSpec, before: Pod = pod(), over: Parameters<typeof contractOf>[1] = {}): Pod {
  return patched(before, contractOf(spec, over));
}

const zone = "topology.kubernetes.io/zone";
const six = { workload: workload(deployment({ name: "customer-api", replicas: 6 })) };
const bare = pod({ spec: { containers: [{ name: "app" }] } });

describe("what each Pod gets", () => {
  it("S018: runs on the class's architecture where nobody states one", () => {
    const archOf = (spec: WorkloadProfileSpec, ofClass = workloadClass({ arch: "amd64" })) =>
      compiled(spec, bare, {
        class: ofClass,
      }).spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms[0]?.matchExpressions?.find(
        ({ key }) => key === "kubernetes.io/arch",
      )?.values;
    expect([archOf({}), archOf({ compute: { arch: "arm64" } }), archOf({}, workloadClass())]).toEqual([["amd64"], ["arm64"], undefined]);
  });

  it("S024, S198: preStopSeconds becomes a preStop sleep, and the class's where nobody states one", () => {
    const preStop = (spec: WorkloadProfileSpec) => compiled(spec, bare).spec.containers[0]?.lifecycle?.preStop;
    expect(preStop({ disruption: { preStopSeconds: 12 } })).toEqual({ sleep: { seconds: 12 } });
    expect(preStop({})).toEqual({ sleep: { seconds: 5 } });
  });

  it("S027: replicas are spread over nodes, wished or required", () => {
    const hosts = (spec: WorkloadProfileSpec) =>
      compiled(spec, bare).spec.topologySpreadConstraints?.filter(({ topologyKey }) => topologyKey === "kubernetes.io/hostname");
    expect(hosts({})).toMatchObject([{ maxSkew: 1, whenUnsatisfiable: "ScheduleAnyway" }]);
    expect(hosts({ availability: { hostSpread: "required" } })).toMatchObject([{ maxSkew: 1, whenUnsatisfiable: "DoNotSchedule" }]);
  });

  it("S028, S104: required zone spread is the lesson's, with minDomains and honoured taints", () => {
    const spread = compiled({ availability: { minReplicas: 6, zoneSpread: "required" } }, bare, six).spec.topologySpreadConstraints;
    expect(spread?.find(({ topologyKey }) => topologyKey === zone)).toEqual({
      maxSkew: 1,
      topologyKey: zone,
      whenUnsatisfiable: "DoNotSchedule",
      labelSelector: { matchLabels: { app: "customer-api" } },
      minDomains: 3,
      nodeTaintsPolicy: "Honor",
      matchLabelKeys: ["pod-template-hash"],
    });
  });

  it("S121: preferred zone spread and the class's node selector are the lesson's", () => {
    const { spec } = compiled({ availability: { zoneSpread: "preferred", hostSpread: "none" } }, bare, six);
    expect(spec.nodeSelector).toEqual({ "workload-class": "general" });
    expect(spec.topologySpreadConstraints).toEqual([
      { maxSkew: 1, topologyKey: zone, whenUnsatisfiable: "ScheduleAnyway", labelSelector: { matchLabels: { app: "customer-api" } } },
    ]);
  });

  it("S126: the class requires zones from its number of replicas on, and wishes them below", () => {
    const wish = (minReplicas: number) =>
      compiled({ availability: { minReplicas } }, bare).spec.topologySpreadConstraints?.find(({ topologyKey }) => topologyKey === zone)
        ?.whenUnsatisfiable;
    expect([wish(2), wish(3), wish(9)]).toEqual(["ScheduleAnyway", "DoNotSchedule", "DoNotSchedule"]);
  });

  it("S095: 750m and 768Mi with a memory limit of 1.5Gi stay as they are, and the limit comes by itself", () => {
    const spec: WorkloadProfileSpec = { compute: { cpuRequest: "750m", memoryRequest: "768Mi" } };
    const resources = { requests: { cpu: "750m", memory: "768Mi" }, limits: { memory: "1.5Gi" } };
    expect(compiled(spec, pod({ spec: { containers: [{ name: "app", resources }] } })).spec.containers[0]?.resources).toEqual(resources);
    expect(compiled(spec, bare).spec.containers[0]?.resources).toEqual({ requests: resources.requests, limits: { memory: "1536Mi" } });
  });

  it("S096: a CPU limit is compiled only where profile or class asks for one", () => {
    const limitOf = (spec: WorkloadProfileSpec, ofClass = workloadClass()) => {
      const { requests, limits } = compiled(spec, bare, { class: ofClass }).spec.containers[0]?.resources ?? {};
      return [requests?.["cpu"], limits?.["cpu"]];
    };
    const strict = workloadClass({ limits: { cpu: "2", memoryRatio: 2 } });
    expect(limitOf({ compute: { cpuRequest: "750m" } })).toEqual(["750m", undefined]);
    expect(limitOf({ compute: { cpuRequest: "750m", cpuLimit: "1" } })).toEqual(["750m", "1"]);
    expect([limitOf({}, strict), limitOf({ compute: { cpuLimit: "none" } }, strict)]).toEqual([
      ["250m", "2"],
      ["250m", undefined],
    ]);
  });
});

describe("what stands beside the Pods", () => {
  it("S023, S099: the budget of 80% is payment-api's as the lesson writes it, from 5 replicas on", () => {
    const budgetAt = (replicas: number) => {
      const object = deployment({ name: "payment-api", replicas });
      const { budget } = contractOf(
        { availability: { minReplicas: replicas }, disruption: { minAvailable: "80%" } },
        { workload: workload(object) },
      );
      return budget.kind === "budget" ? budget.budget.spec : undefined;
    };
    const policy = { selector: { matchLabels: { app: "payment-api" } }, unhealthyPodEvictionPolicy: "AlwaysAllow" };
    expect(budgetAt(5)).toEqual({ minAvailable: "80%", ...policy });
    expect(budgetAt(4)).toEqual({ maxUnavailable: 1, ...policy });
  });

  it("S110: the budget of a StatefulSet lets one Pod go at a time", () => {
    const { budget } = contractOf({ availability: { minReplicas: 3 } }, { workload: workload(statefulSet({ replicas: 3 })) });
    expect(budget.kind === "budget" ? budget.budget.spec.maxUnavailable : budget.reason).toBe(1);
  });

  it("S124: the status tells the budget, and what it allows at the smallest, the present and the largest scale", () => {
    const web = profile({ spec: { availability: { minReplicas: 3 }, scaling: { maxReplicas: 10 }, disruption: { minAvailable: "80%" } } });
    const snapshot = snapshotOf([namespaceObject(), web, deployment({ replicas: 6 })]);
    const step = decideProfile({ profile: web, snapshot, policySet: policySet(), names, instanceTypes: [] }, testNow);
    const status = step.kind === "write" ? step.status : undefined;
    expect(status?.compiled?.pdb).toBe("web: minAvailable 80%");
    expect(status?.evictionsAllowed).toEqual({ atMin: 1, now: 1, atMax: 2, summary: "1/1" });
  });
});

describe("what a team writes", () => {
  const words = (schema: unknown): readonly string[] => {
    if (typeof schema !== "object" || schema === null) return [];
    const members = "properties" in schema && typeof schema.properties === "object" && schema.properties !== null ? schema.properties : {};
    return [...Object.keys(members), ...Object.values(schema).flatMap(words)];
  };
  it("S119: has no word of Karpenter in it", () => {
    expect(words(workloadProfileSpecSchema)).toContain("runtimeClass");
    expect(
      words(workloadProfileSpecSchema).filter((word) => /karpenter|node ?pool|node ?class|consolidat|expireafter/i.test(word)),
    ).toEqual([]);
  });
  it("S231: has no word of a cloud in it", () => {
    expect(words(workloadProfileSpecSchema).filter((word) => /instance|ec2|aws|\bami\b|subnet|family|launch/i.test(word))).toEqual([]);
  });
  it("S062: means class general where it states none", () => {
    const world = [namespaceObject(), profile(), deployment()];
    const answer = workloadContract({
      workload: workload(),
      policySet: policySet(),
      snapshot: snapshotOf(world),
      names,
      instanceTypes: [],
    });
    expect(answer.kind === "compiled" ? answer.workloadClass.name : answer.kind).toBe("general");
  });
});

describe("billing-api, as the lesson writes it", () => {
  const files = ["namespace", "profile", "deployment"].flatMap((name) => yamlObjects(`examples/billing-api/${name}.yaml`));
  const find = (kind: string): KubeObject => {
    const found = files.find((object) => object.kind === kind);
    if (found === undefined) throw new Error(`no ${kind} in the example`);
    return { ...found, metadata: { ...found.metadata, ...(kind === "Namespace" ? {} : { namespace: "billing" }) } };
  };
  const world = [find("Namespace"), find("WorkloadProfile"), find("Deployment")];

  it("S232: is accepted with one warning", () => {
    const { allowed, warnings } = evaluate({
      policySet: policySet(),
      request: requestFor(find("WorkloadProfile")),
      context: contextOf([find("Namespace")]),
    });
    expect([allowed, warnings]).toEqual([true, [expect.stringMatching(/^\[DRAIN-003\]/)]]);
  });

  it("S233: becomes defaults, a budget, spread, sizes, placement, checks and a pool", () => {
    const snapshot = snapshotOf([...world, nodePool()]);
    const [found] = snapshot.list("WorkloadProfile");
    const owner = snapshot.list("Deployment")[0];
    if (found === undefined || owner === undefined) throw new Error("the example has both");
    const answer = workloadContract({ workload: workload(owner), policySet: policySet(), snapshot, names, instanceTypes: [] });
    if (answer.kind !== "compiled") throw new Error(answer.kind);
    const { contract } = answer;
    const { metadata, spec } = patched({ apiVersion: "v1", kind: "Pod", metadata: {}, spec: owner.spec.template.spec }, contract);
    expect(spec.containers[0]?.lifecycle?.preStop).toEqual({ sleep: { seconds: 5 } });
    expect(spec.containers[0]?.resources).toEqual({ requests: { cpu: "500m", memory: "768Mi" }, limits: { memory: "1536Mi" } });
    expect(spec.topologySpreadConstraints?.map(({ topologyKey }) => topologyKey)).toEqual([zone, "kubernetes.io/hostname"]);
    expect(spec.nodeSelector).toEqual({ "workload-class": "general" });
    expect(metadata.labels).toMatchObject({ [names.profileLabel]: "billing-api", [names.costOwnerLabel]: "billing" });
    expect(contract.budget).toMatchObject({ kind: "budget", adjusted: true, budget: { spec: { maxUnavailable: 1 } } });
    const step = decideProfile({ profile: found, snapshot, policySet: policySet(), names, instanceTypes: [] }, testNow);
    const conditions = step.kind === "write" ? step.status?.conditions : [];
    expect(conditions?.map(({ type, status }) => `${type} ${status}`)).toEqual(expect.arrayContaining(["Accepted True", "Placeable True"]));
  });
});
