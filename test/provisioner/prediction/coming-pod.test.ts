/**
 * Coming Pods: whose word is taken for what the next Pod will be.
 */
import { expect, test } from "vitest";
import { platformNames } from "../../../src/api/labels.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import type { Pod } from "../../../src/api/pod.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { workloadOf } from "../../../src/kube/workload.ts";
import { parsePolicySet } from "../../../src/policies/parse-policy-set.ts";
import { admittedPod, comingShape, sentPod, type ComingInput } from "../../../src/provisioner/prediction/coming-pod.ts";
import { dryRunAnswer, dryRunKey, dryRunPod, type DryRunAnswer } from "../../../src/provisioner/prediction/dry-run.ts";
import { deployment, namespaceObject, pod, profile, replicaSet } from "../../support/objects.ts";
import { yamlText } from "../../support/yaml-objects.ts";

const parsed = parsePolicySet({ text: yamlText("policies.yaml"), fileName: "policies.yaml" });
const web = deployment({ name: "web", replicas: 3, requests: { cpu: "1", memory: "1Gi" } });

function inputOf(objects: readonly KubeObject[], more: Partial<ComingInput> = {}): ComingInput {
  const workload = workloadOf(web);
  if (!parsed.ok || workload === undefined) throw new Error("policies.yaml parses, and a Deployment is a workload");
  const snapshot = snapshotOf([namespaceObject(), web, ...objects]);
  return { policySet: parsed.value, snapshot, names: platformNames(), instanceTypes: [], workload, ...more };
}

/** What a cluster with a mesh makes of a Pod: a second container, and more for the first. */
function injected(from: Pod, name: string, at = "2026-01-01T00:00:00Z"): Pod {
  const containers = [
    ...from.spec.containers.map((one) => ({ ...one, resources: { requests: { cpu: "1500m", memory: "1Gi" } } })),
    { name: "proxy", resources: { requests: { cpu: "100m", memory: "64Mi" } } },
  ];
  const metadata = { ...from.metadata, name, uid: name, creationTimestamp: at };
  return { ...from, metadata, spec: { ...from.spec, nodeName: "n", containers } };
}

const mesh: KubeObject & { readonly webhooks: object } = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "MutatingWebhookConfiguration",
  metadata: { name: "mesh", uid: "mesh", generation: 1 },
  webhooks: [{ name: "mesh.example.com", clientConfig: {}, rules: [{ operations: ["CREATE"], apiGroups: [""], resources: ["pods"] }] }],
};

const sizes = (shape: ReturnType<typeof comingShape>): unknown =>
  shape.kind === "known" ? shape.open.spec.containers.map(({ resources }) => resources?.requests?.["cpu"]) : shape;

test("without anybody else's webhook the template and the contract tell", () => {
  expect(sizes(comingShape(inputOf([])))).toEqual(["1"]);
  const bound = profile({ name: "web", spec: { compute: { cpuRequest: "750m", memoryRequest: "1Gi" } } });
  expect(sizes(comingShape(inputOf([bound])))).toEqual(["750m"]);
});

test("another's webhook is waited for, by its name", () => {
  const shape = comingShape(inputOf([mesh]));
  expect(shape).toEqual({ kind: "awaited", message: "waits for its first Pod, which mesh.example.com may change or refuse" });
});

test("a live sibling tells what the webhooks make of the next Pod, but for its node", () => {
  const input = inputOf([mesh]);
  const shape = comingShape({ ...input, siblings: [injected(admittedPod(input), "web-1-a")] });
  expect(sizes(shape)).toEqual(["1500m", "100m"]);
  expect(shape.kind === "known" && shape.open.spec.nodeName).toBe(undefined);
});

test("the newest sibling tells", () => {
  const input = inputOf([mesh]);
  const old = admittedPod(input);
  const siblings = [injected(old, "web-1-b", "2026-01-02T00:00:00Z"), { ...old, metadata: { ...old.metadata, name: "web-1-a" } }];
  expect(sizes(comingShape({ ...input, siblings }))).toEqual(["1500m", "100m"]);
});

test("a sibling of another contract tells nothing", () => {
  const before = profile({ name: "web", spec: { compute: { cpuRequest: "750m", memoryRequest: "1Gi" } } });
  const sibling = injected(admittedPod(inputOf([before])), "web-1-a");
  const after = {
    ...before,
    metadata: { ...before.metadata, generation: 2 },
    spec: { compute: { cpuRequest: "2", memoryRequest: "1Gi" } },
  };
  expect(sizes(comingShape(inputOf([after], { siblings: [sibling] })))).toEqual(["2"]);
  expect(comingShape(inputOf([after, mesh], { siblings: [sibling] })).kind).toBe("awaited");
});

test("a dry run tells before the first Pod is there, for as long as nobody with a say in it changes", () => {
  const input = inputOf([mesh]);
  const answer: DryRunAnswer = { kind: "pod", pod: injected(admittedPod(input), "web-x") };
  const dryRuns = new Map([[dryRunKey(input), answer]]);
  expect(sizes(comingShape({ ...input, dryRuns }))).toEqual(["1500m", "100m"]);
  const changed = inputOf([{ ...mesh, metadata: { ...mesh.metadata, generation: 2 } }], { dryRuns });
  expect(comingShape(changed).kind).toBe("awaited");
  const refused = new Map([[dryRunKey(input), { kind: "refused", message: "no" } as const]]);
  expect(comingShape({ ...input, dryRuns: refused })).toEqual({ kind: "refused", reason: "AdmissionRefuses", message: "no" });
});

test("a dry run asks for the Pod that the controller would send, as its workload's own", () => {
  const { workload } = inputOf([]);
  const { metadata, spec } = dryRunPod(sentPod({ workload }), workload);
  expect(metadata).toMatchObject({ generateName: "web-", namespace: "shop", labels: { app: "web" } });
  expect(metadata.name).toBeUndefined();
  expect(metadata.ownerReferences).toMatchObject([{ kind: "Deployment", name: "web", uid: web.metadata.uid, controller: true }]);
  expect(spec).toBe(web.spec.template.spec);
});

const refusals: readonly (readonly [number, string, string | undefined])[] = [
  [403, 'pods "web-" is forbidden: violates PodSecurity', "refused"],
  [422, "spec.containers: Required value", "refused"],
  [403, 'pods is forbidden: User "plimsoll" cannot create resource "pods" in API group ""', undefined],
  [403, 'pods "web-" is forbidden: exceeded quota: team', undefined],
  [500, "failed calling webhook", undefined],
  [0, "no answer", undefined],
];
for (const [code, message, expected] of refusals) {
  test(`of a dry run's ${code} "${message}" follows ${expected ?? "nothing"}`, () => {
    expect(dryRunAnswer({ ok: false, error: { code, message } })?.kind).toBe(expected);
  });
}

test("a LimitRange fills the Pod to come, and one that it breaks is refused", () => {
  const range = (limits: object): KubeObject =>
    ({ apiVersion: "v1", kind: "LimitRange", metadata: { name: "team", namespace: "shop" }, spec: { limits: [limits] } }) as KubeObject;
  const bare = deployment({ name: "web", requests: {} });
  const workload = workloadOf(bare);
  if (workload === undefined) throw new Error("a Deployment is a workload");
  const filled = range({ type: "Container", defaultRequest: { cpu: "333m", memory: "1Gi" } });
  expect(sizes(comingShape(inputOf([filled], { workload })))).toEqual(["333m"]);
  expect(comingShape(inputOf([range({ type: "Container", min: { cpu: "4" } })])).kind).toBe("refused");
});

test("a namespace that enforces Pod Security lets in no Pod that violates it", () => {
  const enforcing = namespaceObject("shop", { "pod-security.kubernetes.io/enforce": "restricted" });
  const shape = comingShape(inputOf([enforcing], { siblings: [pod({ name: "web-1-a" })] }));
  expect(shape).toMatchObject({ kind: "refused", reason: "PodSecurityRefuses" });
});

test("a RuntimeClass that may add overhead is waited for", () => {
  const sandboxed = workloadOf(deployment({ name: "web", podSpec: { runtimeClassName: "gvisor" } }));
  if (sandboxed === undefined) throw new Error("a Deployment is a workload");
  expect(comingShape(inputOf([], { workload: sandboxed })).kind).toBe("awaited");
});

test("a Pod of a priority class that is not there is refused in the API server's words, but not on paper", () => {
  const classed = (priorityClassName: string): ComingInput["workload"] => {
    const workload = workloadOf(deployment({ name: "web", podSpec: { priorityClassName } }));
    if (workload === undefined) throw new Error("a Deployment is a workload");
    return workload;
  };
  const workload = classed("urgent");
  const refused = { kind: "refused", reason: "PriorityClassMissing" };
  const message = "the API server would refuse its Pods: no PriorityClass with name urgent was found";
  expect(comingShape(inputOf([], { workload }))).toEqual({ ...refused, message });
  expect(comingShape(inputOf([mesh], { workload, siblings: [pod({ name: "web-1" })] }))).toEqual({ ...refused, message });
  expect(comingShape(inputOf([], { workload, isOnPaper: true })).kind).toBe("known");
  expect(comingShape(inputOf([], { workload: classed("system-node-critical") })).kind).toBe("known");
  const urgent = { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name: "urgent" }, value: 7 } as KubeObject;
  const shape = comingShape(inputOf([urgent], { workload }));
  expect(shape.kind === "known" && shape.open.spec.priority).toBe(7);
});

/** A Pod that asks for so much, changed so often since it was made. */
const sized = (cpu: string, { name = "web-1", at = "2026-01-01T00:00:00Z", generation = 1 } = {}): Pod => {
  const made = pod({ name, labels: { app: "web" }, requests: { cpu, memory: "1Gi" }, limits: { memory: "2Gi" } });
  return { ...made, metadata: { ...made.metadata, generation, creationTimestamp: at } };
};

test("a ReplicaSet of one's own has no sibling in a Pod that asks for other amounts than its template states", () => {
  const own = workloadOf(replicaSet({ name: "web", requests: { cpu: "1", memory: "1Gi" } }));
  if (own === undefined) throw new Error("a ReplicaSet is a workload");
  const limited = (siblings: readonly Pod[], more: readonly KubeObject[] = []): unknown => {
    const shape = comingShape(inputOf(more, { workload: own, siblings }));
    return shape.kind === "known" ? shape.open.spec.containers.map(({ resources }) => resources) : shape.kind;
  };
  expect(limited([sized("1000m")])).toEqual([{ requests: { cpu: "1000m", memory: "1Gi" }, limits: { memory: "2Gi" } }]);
  expect(limited([sized("4")])).toEqual([{ requests: { cpu: "1", memory: "1Gi" } }]);
  expect(limited([sized("4", { at: "2026-01-02T00:00:00Z" }), sized("1", { name: "web-0" })])).toMatchObject([{ requests: { cpu: "1" } }]);
  expect(limited([sized("4", { generation: 2 })], [mesh])).toBe("awaited");
});

test("a Pod that was resized in place is no shape of the others, unless nobody else can tell", () => {
  const resized = sized("4", { name: "web-2", at: "2026-01-02T00:00:00Z", generation: 2 });
  expect(sizes(comingShape(inputOf([], { siblings: [resized] })))).toEqual(["1"]);
  expect(sizes(comingShape(inputOf([mesh], { siblings: [resized, sized("1500m")] })))).toEqual(["1500m"]);
  expect(sizes(comingShape(inputOf([mesh], { siblings: [resized] })))).toEqual(["4"]);
});
