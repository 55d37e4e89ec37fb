/**
 * CapacityBuffers: how many chunks there are, which Pods keep their room, and that no real Pod waits for one.
 */
import { describe, expect, test } from "vitest";
import type { CapacityBuffer } from "../../src/api/capacity-buffer.ts";
import { platformNames } from "../../src/api/labels.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { Pod, PodSpec } from "../../src/api/pod.ts";
import { catalogInstanceTypes } from "../../src/catalog/instance-types.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { parsePolicySet } from "../../src/policies/parse-policy-set.ts";
import type { ContractWorld } from "../../src/policies/profile/workload-contract.ts";
import { adviceOn } from "../../src/provisioner/advice.ts";
import { bufferDemand, bufferPodsMax } from "../../src/provisioner/buffer-demand.ts";
import { quotaRoom } from "../../src/kube/quota-room.ts";
import type { ObservedCluster } from "../../src/provisioner/cluster-input.ts";
import { bufferLookMs, freshMemory, nextProvisioningStep, type ProvisioningStep } from "../../src/provisioner/provisioning.ts";
import { demandPatienceMs, podDemand } from "../../src/provisioner/demand.ts";
import { launchCandidates, launchResult } from "../../src/provisioner/lifecycle/launch.ts";
import { deployment, job, namespaceObject, nodePool, pod, replicaSet, statefulSet } from "../support/objects.ts";
import { yamlText } from "../support/yaml-objects.ts";

const instanceTypes = catalogInstanceTypes({ zones: ["ap-southeast-1a"] });
const policiesText = yamlText("policies.yaml");
/** The bound of one namespace has tests of its own. */
const unbounded = policiesText.replace(/^ {2}BUF-001: .*$/m, "  BUF-001: { action: warn }");
const parsed = parsePolicySet({ text: unbounded, fileName: "policies.yaml" });
const onDemand = [{ key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] }] as const;
const pool = nodePool({ requirements: onDemand });
const requests = { cpu: "1", memory: "1Gi" };

function world(objects: readonly KubeObject[]): ContractWorld {
  if (!parsed.ok) throw new Error("policies.yaml does not parse");
  const snapshot = snapshotOf([namespaceObject(), ...objects]);
  return { policySet: parsed.value, snapshot, names: platformNames(), instanceTypes };
}

function buffer(spec: CapacityBuffer["spec"], name = "spare", metadata: Partial<KubeObject["metadata"]> = {}): CapacityBuffer {
  return {
    apiVersion: "autoscaling.x-k8s.io/v1beta1",
    kind: "CapacityBuffer",
    metadata: { name, namespace: "shop", uid: `uid-${name}`, generation: 1, ...metadata },
    spec,
  };
}

function podTemplate(spec: Partial<PodSpec> = {}): KubeObject {
  const containers = [{ name: "app", image: "example.com/app:1", resources: { requests } }];
  const template = { metadata: { labels: { app: "chunk" } }, spec: { containers, ...spec } };
  return { apiVersion: "v1", kind: "PodTemplate", metadata: { name: "chunk", namespace: "shop", generation: 7 }, template } as KubeObject;
}

function demandOf(objects: readonly KubeObject[]) {
  const of = world(objects);
  return bufferDemand(of, { room: quotaRoom(of.snapshot, 0), now: 0 });
}

const ref = { podTemplateRef: { name: "chunk" } };
const of = (kind: string, name = "web", apiGroup = "apps") => ({ scalableRef: { apiGroup, kind, name } });
const web = deployment({ name: "web", replicas: 5, requests });

describe("the chunks of a buffer", () => {
  const check = (name: string, spec: CapacityBuffer["spec"], objects: readonly KubeObject[], expected: number | string): void => {
    test(name, () => {
      const [room] = demandOf([...objects, buffer(spec)]);
      expect(room?.chunks.ok === true ? room.chunks.value.replicas : room?.chunks.error.reason).toBe(expected);
      expect(room?.pods.length).toBe(typeof expected === "number" ? expected : 0);
    });
  };
  check("are its replicas", { ...ref, replicas: 3 }, [podTemplate()], 3);
  check("are none with 0 replicas", { ...ref, replicas: 0 }, [podTemplate()], 0);
  check("are no more than its limits hold", { ...ref, replicas: 9, limits: { cpu: "4500m", memory: "1Ti" } }, [podTemplate()], 4);
  check("are no more than the closest limit holds", { ...ref, replicas: 9, limits: { cpu: "9", memory: "2Gi" } }, [podTemplate()], 2);
  check("are as many as its limits hold where nothing else is said", { ...ref, limits: { cpu: "6" } }, [podTemplate()], 6);
  check(
    "are not bound by limits of what they do not ask for",
    { ...ref, replicas: 2, limits: { "example.com/gpu": "0" } },
    [podTemplate()],
    2,
  );
  check("are none where limits alone say how many and bind nothing", { ...ref, limits: { "example.com/gpu": "4" } }, [podTemplate()], 0);
  check("are the percentage of the workload, rounded up", { ...of("Deployment"), percentage: 25 }, [web], 2);
  check("are at least one of any percentage", { ...of("Deployment"), percentage: 1 }, [web], 1);
  check("are the larger of percentage and replicas", { ...of("Deployment"), percentage: 100, replicas: 3 }, [web], 5);
  check("are the larger of replicas and percentage", { ...of("Deployment"), percentage: 10, replicas: 3 }, [web], 3);
  check("are held by limits with a percentage too", { ...of("Deployment"), percentage: 200, limits: { cpu: "7" } }, [web], 7);
  check("are none of a workload at zero", { ...of("Deployment"), percentage: 50 }, [deployment({ name: "web", replicas: 0 })], 0);
  check("follow a StatefulSet", { ...of("StatefulSet", "db"), percentage: 50 }, [statefulSet({ name: "db", replicas: 3 })], 2);
  check("follow a ReplicaSet", { ...of("ReplicaSet", "solo"), replicas: 1 }, [replicaSet({ name: "solo", replicas: 3 })], 1);
  check("take an empty group for apps", { ...of("Deployment", "web", ""), replicas: 1 }, [web], 1);
  check("can't be told without a workload", { ...of("Deployment"), replicas: 1 }, [], "ScalableRefNotFound");
  check("can't be told without a PodTemplate", { ...ref, replicas: 1 }, [], "PodTemplateNotFound");
  check("can't be told of another kind", { ...of("Job", "run"), replicas: 1 }, [job({ name: "run" })], "ResolutionFailed");
  check("can't be told of another group", { ...of("Deployment", "web", "example.com"), replicas: 1 }, [web], "ResolutionFailed");
  check("can't be told of no reference at all", { replicas: 1 }, [], "ResolutionFailed");
  check("can't be told of a template that names its node", { ...ref, replicas: 1 }, [podTemplate({ nodeName: "n" })], "ResolutionFailed");
  check("are wanted before a gate opens", { ...ref, replicas: 1 }, [podTemplate({ schedulingGates: [{ name: "later" }] })], 1);
});

test("a buffer of another strategy, one that is being deleted, and one of a namespace that is, are nobody's to plan for here", () => {
  const deletionTimestamp = "2026-01-01T00:00:00Z";
  const spec = { ...ref, replicas: 1 };
  const ending = { ...namespaceObject("going"), metadata: { name: "going", deletionTimestamp } };
  const objects = [
    podTemplate(),
    ending,
    buffer({ ...spec, provisioningStrategy: "example.com/other" }, "a"),
    buffer(spec, "b", { deletionTimestamp }),
    buffer(spec, "c", { namespace: "going" }),
    buffer({ ...spec, provisioningStrategy: "buffer.x-k8s.io/active-capacity" }, "d"),
  ];
  expect(demandOf(objects).map(({ buffer: { metadata } }) => metadata.name)).toEqual(["d"]);
});

describe("a buffer asks for no more than the namespace's quotas let in", () => {
  const quota = (name: string, hard: Readonly<Record<string, string>>, scopes: readonly string[] = []): KubeObject =>
    ({ apiVersion: "v1", kind: "ResourceQuota", metadata: { name, namespace: "shop" }, spec: { hard, scopes } }) as KubeObject;
  const running = pod({ name: "old", requests: { cpu: "1", memory: "1Gi" } });
  const check = (name: string, objects: readonly KubeObject[], expected: readonly [number, string | undefined][]): void => {
    test(name, () => {
      const rooms = demandOf([podTemplate(), ...objects]);
      expect(rooms.map(({ pods, limitedBy }) => [pods.length, limitedBy])).toEqual(expected);
    });
  };
  const ten = buffer({ ...ref, replicas: 10 }, "a");
  check("all of it, without any", [ten], [[10, undefined]]);
  check("all of it, where they have the room", [ten, quota("q", { "requests.cpu": "10" })], [[10, undefined]]);
  check(
    "as much as the closest has",
    [ten, quota("q", { "requests.cpu": "9", pods: "4" })],
    [[4, 'ResourceQuota "q" leaves pods for 4 of 10 more Pods']],
  );
  check(
    "beside the Pods that stand",
    [ten, running, quota("q", { "requests.cpu": "6" })],
    [[5, 'ResourceQuota "q" leaves requests.cpu for 5 of 10 more Pods']],
  );
  check(
    "nothing, where they are used up",
    [ten, running, quota("q", { pods: "1" })],
    [[0, 'ResourceQuota "q" leaves pods for 0 of 10 more Pods']],
  );
  check(
    "nothing of what they want stated and the template does not",
    [ten, quota("q", { "limits.cpu": "99" })],
    [[0, 'ResourceQuota "q" refuses Pods that don\'t state limits.cpu']],
  );
  check("whatever one for other Pods says", [ten, quota("q", { pods: "1" }, ["BestEffort"])], [[10, undefined]]);
  check(
    "together with those before it",
    [ten, buffer({ ...ref, replicas: 5 }, "b"), quota("q", { pods: "12" })],
    [
      [10, undefined],
      [2, 'ResourceQuota "q" leaves pods for 2 of 5 more Pods'],
    ],
  );
});

describe("a namespace's buffers are bought no further than BUF-001 lets them", () => {
  const sized = (more: Readonly<Record<string, string>>) =>
    podTemplate({ containers: [{ name: "app", image: "example.com/app:1", resources: { requests: { ...requests, ...more } } }] });
  const big = sized({ cpu: "4" });
  const bounded = "BUF-001: { action: deny, params: { chunks: 20, cpu: 64, memoryGib: 512, devices: 0 } }";
  const check = (
    name: string,
    row: { buffers: readonly CapacityBuffer[]; bought: readonly number[]; line?: string; template?: KubeObject },
  ) => {
    test(name, () => {
      const text = unbounded.replace("BUF-001: { action: warn }", row.line ?? bounded);
      const own = parsePolicySet({ text, fileName: "policies.yaml" });
      if (!own.ok) throw new Error(JSON.stringify(own.error));
      const judged = { ...world([row.template ?? big, web, ...row.buffers]), policySet: own.value };
      const rooms = bufferDemand(judged, { room: quotaRoom(judged.snapshot, 0), now: 0 });
      expect(rooms.map(({ pods }) => pods.length)).toEqual(row.bought);
      const isCut = row.buffers.map(({ spec }, at) => (spec.replicas ?? 0) > (row.bought[at] ?? 0));
      expect(rooms.map(({ limitedBy }) => limitedBy?.startsWith("BUF-001") === true)).toEqual(isCut);
    });
  };
  const many = [buffer({ ...ref, replicas: 48 })];
  check("by vCPU, whatever the template grew to since it was judged", { buffers: many, bought: [16] });
  check("by all of them together", {
    buffers: [buffer({ ...ref, replicas: 10 }, "a"), buffer({ ...ref, replicas: 10 }, "b")],
    bought: [10, 6],
  });
  check("by chunks, however small", { buffers: [buffer({ ...of("Deployment"), replicas: 40 })], bought: [20] });
  check("by devices", { buffers: [buffer({ ...ref, replicas: 1 })], bought: [0], template: sized({ "nvidia.com/gpu": "1" }) });
  test("and then by what quotas let in of that: the words name both, and neither counts what the other cuts", () => {
    const own = parsePolicySet({ text: unbounded.replace("BUF-001: { action: warn }", bounded), fileName: "policies.yaml" });
    if (!own.ok) throw new Error(JSON.stringify(own.error));
    const check = (hard: Readonly<Record<string, string>>, expected: readonly (readonly [number, string | undefined])[]): void => {
      const quota = { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "q", namespace: "shop" }, spec: { hard } } as KubeObject;
      const buffers = [buffer({ ...ref, replicas: 48 }, "a"), buffer({ ...of("Deployment"), replicas: 4 }, "b")];
      const judged = { ...world([big, web, quota, ...buffers]), policySet: own.value };
      const rooms = bufferDemand(judged, { room: quotaRoom(judged.snapshot, 0), now: 0 });
      expect(rooms.map(({ pods, limitedBy }) => [pods.length, limitedBy])).toEqual(expected);
    };
    const cut = "BUF-001 leaves room for 16 of 48 in this namespace";
    check({ "requests.cpu": "200" }, [
      [16, cut],
      [0, "BUF-001 leaves room for 0 of 4 in this namespace"],
    ]);
    check({ pods: "14" }, [
      [14, `${cut}, and ResourceQuota "q" leaves pods for 14 of 16 more Pods`],
      [0, 'ResourceQuota "q" leaves pods for 0 of 4 more Pods'],
    ]);
  });
  check("not where the rule refuses nothing", { buffers: many, bought: [48], line: "BUF-001: { action: warn }" });
  check("not outside of its scope", { buffers: many, bought: [48], line: 'BUF-001: { action: deny, scope: { namespaces: ["!shop"] } }' });
});

test("all buffers together are bounded, and none starves the others", () => {
  const wanted = [2_000_000_000, 5, 2_000_000_000];
  const objects = [podTemplate(), ...wanted.map((replicas, at) => buffer({ ...ref, replicas }, `b${at}`))];
  const half = Math.floor((bufferPodsMax - 5) / 2);
  expect(demandOf(objects).map(({ pods }) => pods.length)).toEqual([half, 5, bufferPodsMax - 5 - half]);
});

test("a virtual Pod is marked, of the lowest priority, and like the Pods of its template", () => {
  const { pods, loose, remarks } = podDemand({ ...world([podTemplate(), buffer({ ...ref, replicas: 2 })]), memory: new Map(), now: 0 });
  expect(pods.map(({ key }) => key)).toEqual(["shop/CapacityBuffer/spare#0", "shop/CapacityBuffer/spare#1"]);
  expect(pods[0]?.pod).toMatchObject({
    metadata: {
      namespace: "shop",
      labels: { app: "chunk" },
      annotations: {
        "karpenter.sh/capacity-buffer-fake-pod": "true",
        "karpenter.sh/capacity-buffer-name": "spare",
        "karpenter.sh/capacity-buffer-namespace": "shop",
      },
    },
    spec: { priority: -2_147_483_648, containers: [{ resources: { requests } }] },
  });
  expect(pods[0]?.pod.metadata.uid).toBeUndefined();
  expect({ loose: loose.size, remarks }).toEqual({ loose: 0, remarks: [] });
});

describe("the room of a buffer", () => {
  const spare = buffer({ ...ref, replicas: 2 });

  function cluster(objects: readonly KubeObject[], claims: readonly NodeClaim[], own = pool): ObservedCluster {
    const types = new Map([[own.metadata.name ?? "", instanceTypes]]);
    return { world: world([own, ...claims, ...objects]), nodeClaims: claims, nodePools: [own], instanceTypes: types };
  }

  function plan(objects: readonly KubeObject[], claims: readonly NodeClaim[] = [], now = 0): ProvisioningStep & { readonly kind: "plan" } {
    const step = nextProvisioningStep({ ...cluster(objects, claims), memory: freshMemory }, now);
    if (step.kind !== "plan") throw new Error(`expected a plan, got ${step.kind}`);
    return step;
  }

  test("is bought, for as long as it takes, without a word on Pods that do not exist and without a promise to those that do", () => {
    const step = plan([podTemplate(), spare]);
    expect(step).toMatchObject({
      nodeClaims: [{ metadata: { annotations: { [platformNames().plannedPodsAnnotation]: "" } } }],
      events: [],
    });
    expect(Number.parseInt(step.nodeClaims[0]?.spec.resources?.requests?.["cpu"] as string, 10)).toBeGreaterThanOrEqual(2);
    expect(step.againMs).toBe(bufferLookMs);
    expect(plan([podTemplate(), spare], [], 10 * demandPatienceMs).nodeClaims).toHaveLength(1);
  });

  test("is found where it stands, taken by Pods that come, and bought again at once", () => {
    const claims = plan([podTemplate(), spare]).nodeClaims.map(launched);
    expect(plan([podTemplate(), spare], claims).nodeClaims).toEqual([]);
    const comes = deployment({ name: "web", replicas: 4, requests: { cpu: "800m", memory: "512Mi" } });
    const refill = plan([podTemplate(), spare, comes], claims);
    expect(refill.nodeClaims).toHaveLength(1);
    // The Deployment's Pods are on the node that stands: what is bought was made for none of them.
    expect(refill.nodeClaims[0]?.metadata.annotations?.[platformNames().plannedPodsAnnotation]).toBe("");
    expect(plan([podTemplate(), spare, comes], [...claims, ...refill.nodeClaims.map(launched)]).nodeClaims).toEqual([]);
  });

  test("yields to every real Pod where a NodePool's limit holds only one of them", () => {
    const tight = nodePool({ requirements: onDemand, limits: { cpu: "2" } });
    const least: Pod = pod({ name: "least", spec: { ...podSpecOf(), priority: -1_000_000 } });
    const observed = { ...cluster([podTemplate(), spare, least], [], tight), memory: freshMemory };
    const first = nextProvisioningStep(observed, 0);
    const step = first.kind === "collect" ? nextProvisioningStep({ ...observed, memory: first.memory }, first.delayMs) : first;
    if (step.kind !== "plan") throw new Error(step.kind);
    expect(step.nodeClaims).toHaveLength(1);
    expect(step.nodeClaims[0]?.metadata.annotations?.[platformNames().plannedPodsAnnotation]).toMatch(/=1$/);
    expect(step.events?.filter(({ type }) => type === "Warning")).toEqual([]);
  });

  test("is no Pod that waits, to admission", () => {
    const answer = adviceOn({ kind: "waiting-pods" }, cluster([podTemplate(), spare, pod({ name: "real" })], []), { now: 0 });
    expect(answer).toEqual({ kind: "waiting-pods", pods: 1 });
  });

  function podSpecOf(): PodSpec {
    return { containers: [{ name: "app", image: "example.com/app:1", resources: { requests } }] };
  }

  function launched(claim: NodeClaim): NodeClaim {
    const [type] = launchCandidates(claim, instanceTypes);
    if (type === undefined) throw new Error("the claim has a candidate");
    const { capacity, allocatable, offerings } = type;
    const labels = { "node.kubernetes.io/instance-type": type.name, "topology.kubernetes.io/zone": offerings[0]?.zone ?? "" };
    const providerID = `kwok://${claim.metadata.name ?? ""}`;
    const outcome = { kind: "launched", providerID, imageID: "kwok", labels, capacity, allocatable } as const;
    const result = launchResult({ nodeClaim: claim, outcome, now: 0 });
    if (result.kind !== "launched") throw new Error("launched");
    const metadata = { ...claim.metadata, uid: `uid-${claim.metadata.name ?? ""}`, labels: { ...claim.metadata.labels, ...result.labels } };
    return { ...claim, metadata, status: result.status };
  }
});
