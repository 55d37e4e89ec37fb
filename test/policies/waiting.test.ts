/**
 * A workload that comes before the profile or the autoscaler of its own apply: it enters, and its Pods do not until both stand.
 */
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import type { KubeObject, OwnerReference } from "../../src/api/object.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { mutate, validate } from "../../src/policies/evaluate.ts";
import { allRules } from "../../src/policies/rules/all-rules.ts";
import { usualSubjects } from "../../src/policies/rules/rule.ts";
import { mendedByProfile } from "../../src/policies/waiting.ts";
import { contextOf, person, policiesText, policySet, requestFor, type RequestOptions, testNow } from "../support/admission.ts";
import { autoscaler, budget, deployment, pod, profile, replicaSet, statefulSet } from "../support/objects.ts";

const policies = policySet();
const profileLabel = "platform.example.com/profile";
const made = (seconds: number): string => new Date(testNow - seconds * 1_000).toISOString();

/** A real request: the API server was asked whose owner the requester speaks for. */
function judge(object: KubeObject, world: readonly KubeObject[] = [], options: RequestOptions & { readonly policies?: string } = {}) {
  const input = {
    policySet: options.policies === undefined ? policies : policySet(options.policies),
    request: requestFor(object, options),
    context: { ...contextOf(world), speaksForOwner: false },
  };
  // What a controller of Kubernetes makes is asked about once, to be compiled.
  return options.userInfo === undefined ? validate(input) : mutate(input);
}

const replicaSetAccount = { username: "system:serviceaccount:kube-system:replicaset-controller", groups: [] };
const ownerOf = ({ apiVersion, kind, metadata }: KubeObject): OwnerReference => ({
  ...{ apiVersion, kind, name: metadata.name ?? "", uid: metadata.uid ?? "", controller: true },
});

const labelled = { labels: { [profileLabel]: "web" } };
const bare = deployment({ ...labelled, requests: {} });
const set = replicaSet({ name: "web-5d4f", owner: ownerOf(bare), podLabels: { app: "web", "pod-template-hash": "5d4f" }, requests: {} });
const podOf = (name: string, hash = "5d4f") =>
  pod({ name, labels: { app: "web", "pod-template-hash": hash }, owner: ownerOf(set), requests: {} });
const late = profile({ name: "web", spec: { runtimeClass: "general", scaling: { maxReplicas: 9 }, availability: { minReplicas: 2 } } });
const sizing = { ...late, spec: { ...late.spec, disruption: { adopt: true }, compute: { cpuRequest: "100m", memoryRequest: "128Mi" } } };

const denied = ({ findings }: ReturnType<typeof judge>) => findings.filter(({ action }) => action === "deny").map(({ rule }) => rule);

describe("a Deployment before the profile that its label names", () => {
  it("enters with one warning that says what holds its Pods", () => {
    const verdict = judge(bare);
    expect(verdict.allowed).toBe(true);
    expect(verdict.warnings).toEqual(['[BIND-005] WorkloadProfile "web" does not stand: Pods of Deployment web are refused until it does']);
  });

  it("is judged as ever where no label names a profile", () => {
    expect(denied(judge(deployment({ requests: {} })))).toEqual(["REQ-001"]);
  });

  it("is refused for what no profile mends", () => {
    const probeless = deployment({ ...labelled, podSpec: { nodeName: "node-1" } });
    expect(denied(judge(probeless)).length).toBeGreaterThan(0);
    expect(denied(judge(budget({ maxUnavailable: 0 }), [bare]))).toEqual(["DRAIN-004"]);
    expect(denied(judge(bare, [budget({ maxUnavailable: 0 })]))).toEqual(["DRAIN-004"]);
  });

  it("waits for nothing where BIND-005 does not deny", () => {
    const warns = policiesText.replace(/BIND-005: \{ action: deny \}/, "BIND-005: { action: warn }");
    expect(denied(judge(bare, [], { policies: warns }))).toEqual(["REQ-001"]);
    expect(judge(podOf("web-5d4f-a"), [bare, set], { policies: warns, userInfo: replicaSetAccount }).allowed).toBe(true);
  });

  it("has its Pods refused until the profile stands, whoever makes them", () => {
    const first = podOf("web-5d4f-a");
    expect(denied(judge(first, [bare, set], { userInfo: replicaSetAccount }))).toEqual(["BIND-005"]);
    expect(judge(first, [bare, set, sizing], { userInfo: replicaSetAccount }).allowed).toBe(true);
    expect(judge(first, [bare, set], { userInfo: person }).allowed).toBe(false);
  });

  it("names it on its Pods alone just as well", () => {
    const inTemplate = deployment({ podLabels: { app: "web", [profileLabel]: "web" }, requests: {} });
    expect(judge(inTemplate).allowed).toBe(true);
    const own = pod({ name: "a", labels: { app: "web", [profileLabel]: "web", "pod-template-hash": "5d4f" }, owner: ownerOf(set) });
    expect(denied(judge(own, [inTemplate, set], { userInfo: replicaSetAccount }))).toEqual(["BIND-005"]);
  });

  it("holds a Pod that comes before its Deployment has reached us by the label of the Pod itself", () => {
    const own = pod({ name: "a", labels: { app: "web", [profileLabel]: "web", "pod-template-hash": "5d4f" }, owner: ownerOf(set) });
    expect(denied(judge(own, [], { userInfo: replicaSetAccount }))).toEqual(["BIND-005"]);
    expect(
      judge(own, [{ ...late, metadata: { ...late.metadata, creationTimestamp: made(3_600) } }], { userInfo: replicaSetAccount }).allowed,
    ).toBe(true);
  });

  it("has its Pods made again while one of the same template is there, since its profile may have been deleted under it", () => {
    const next = podOf("web-5d4f-b");
    expect(judge(next, [bare, set, podOf("web-5d4f-a")], { userInfo: replicaSetAccount }).allowed).toBe(true);
    expect(denied(judge(next, [bare, set, podOf("web-77aa-a", "77aa")], { userInfo: replicaSetAccount }))).toEqual(["BIND-005"]);
  });

  it("is no way in for the templates of what a controller made, nor for Pods", () => {
    const edited = replicaSet({ ...labelled, name: "web-5d4f", owner: ownerOf(bare), requests: {} });
    expect(denied(judge(edited, [deployment(), set], { old: set }))).toContain("REQ-001");
    expect(denied(judge(pod({ ...labelled, requests: {} })))).toContain("BARE-001");
    expect(denied(judge(pod({ ...labelled, requests: {} })))).toContain("REQ-001");
  });

  it("holds a ReplicaSet's Pods whatever runs, since its template may be edited under them", () => {
    const alone = replicaSet({ ...labelled, name: "web", requests: {} });
    const of = (name: string) => pod({ name, owner: ownerOf(alone), requests: {} });
    expect(denied(judge(of("b"), [alone, of("a")], { userInfo: replicaSetAccount }))).toEqual(["BIND-005"]);
  });

  it("is not named by an edit of a ReplicaSet whose Pods run: none of them would be made again", () => {
    const plain = replicaSet({ name: "web" });
    const naming = replicaSet({ name: "web", podLabels: { app: "web", [profileLabel]: "none" } });
    const running = pod({ name: "a", labels: { app: "web" }, owner: ownerOf(plain) });
    expect(denied(judge(naming, [plain, running], { old: plain }))).toEqual(["BIND-005"]);
    expect(denied(judge(naming, [plain], { old: plain }))).toEqual([]);
    // What it named before it may go on naming.
    const next = replicaSet({ name: "web", podLabels: { app: "web", [profileLabel]: "none" }, podAnnotations: { a: "b" } });
    expect(denied(judge(next, [naming, running], { old: naming }))).toEqual([]);
  });

  it("holds the Pods of a StatefulSet too", () => {
    const data = statefulSet({ ...labelled });
    const userInfo = { username: "system:serviceaccount:kube-system:statefulset-controller", groups: [] };
    expect(denied(judge(pod({ name: "web-0", owner: ownerOf(data) }), [data], { userInfo }))).toEqual(["BIND-005"]);
  });

  it("is judged by the profile that comes: one that does not mend it is refused", () => {
    const greedy = deployment({ ...labelled, limits: { memory: "8Gi" } });
    expect(judge(greedy).allowed).toBe(true);
    expect(denied(judge(late, [greedy]))).toEqual(["REQ-002"]);
    expect(denied(judge(sizing, [bare]))).toEqual([]);
  });

  // The class of these examples mends two of them by itself, one needs types, and the others' examples are profiles.
  const otherwise = new Set(["REQ-001", "DS-001", "POOL-002", "SPOT-002", "SPOT-005", "STOR-006", "TOPO-001"]);

  it("leaves no rule to the profile that is not asked about profiles", () => {
    const asked = allRules.filter(({ subjects = usualSubjects }) => subjects.includes("profile")).map(({ id }) => id);
    expect(asked).toEqual(expect.arrayContaining([...mendedByProfile]));
  });

  for (const rule of allRules.filter(({ id }) => mendedByProfile.has(id) && !otherwise.has(id))) {
    it(`leaves ${rule.id} to the profile, whose review finds it again`, () => {
      const documents = parseAllDocuments(rule.examples.denied).map((document) => document.toJS() as KubeObject);
      const found = documents.filter(({ kind }) => kind !== "WorkloadProfile");
      const workload = found.findLast(
        ({ spec }: KubeObject & { readonly spec?: object }) => spec !== undefined && ("template" in spec || "jobTemplate" in spec),
      );
      if (workload === undefined) throw new Error(`${rule.id} has no workload in its example`);
      const own = documents.find(({ kind }) => kind === "WorkloadProfile");
      const runtimeClass = workload.metadata.labels?.["platform.example.com/workload-class"] ?? "general";
      const spec = (own as { readonly spec?: object } | undefined)?.spec ?? { runtimeClass, scaling: { maxReplicas: 9 } };
      const named = { ...workload, metadata: { ...workload.metadata, labels: { ...workload.metadata.labels, [profileLabel]: "late" } } };
      const world = [...found.filter((one) => one !== workload), named];
      const verdict = judge(profile({ name: "late", spec: { ...spec, bind: undefined } as never }), world);
      expect(verdict.findings.map((finding) => `${finding.rule} ${finding.action}`)).toContain(`${rule.id} deny`);
    });
  }
});

describe("a Deployment that leaves its replicas to an autoscaler to come", () => {
  const omitted = deployment({
    ...labelled,
    replicas: 1,
    annotations: { "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify({ spec: { template: {} } }) },
  });
  const standing = { ...omitted, metadata: { ...omitted.metadata, annotations: {}, creationTimestamp: made(5) } };
  const two = budget({ minAvailable: 2 });
  const scaler = autoscaler({ minReplicas: 3, maxReplicas: 9 });
  const first = pod({ name: "web-5d4f-a", labels: { app: "web", "pod-template-hash": "5d4f" }, owner: ownerOf(set) });

  it("enters beside a budget that its one replica would break, and its Pod does not until the autoscaler stands", () => {
    expect(denied(judge(omitted, [two, sizing]))).toEqual([]);
    expect(
      judge(omitted, [two, sizing]).warnings.some((text) => text.includes("[DRAIN-002] its Pods are refused until an autoscaler")),
    ).toBe(true);
    expect(denied(judge(first, [standing, set, two, sizing], { userInfo: replicaSetAccount }))).toContain("DRAIN-002");
    expect(judge(first, [standing, set, two, sizing, scaler], { userInfo: replicaSetAccount }).allowed).toBe(true);
  });

  it("is refused where one replica is what was written", () => {
    const written = { "kubectl.kubernetes.io/last-applied-configuration": JSON.stringify({ spec: { replicas: 1 } }) };
    expect(denied(judge(deployment({ replicas: 1, annotations: written }), [two]))).toEqual(["DRAIN-002"]);
    expect(denied(judge(deployment({ replicas: 1 }), [two]))).toEqual(["DRAIN-002"]);
  });

  it("may be Helm's, whose charts leave replicas out where they bring an autoscaler", () => {
    expect(denied(judge(deployment({ replicas: 1, labels: { "app.kubernetes.io/managed-by": "Helm" } }), [two]))).toEqual([]);
  });

  it("is refused for what no autoscaler mends", () => {
    expect(denied(judge(omitted, [budget({ minAvailable: "100%" }), sizing]))).toEqual(["DRAIN-002"]);
  });

  it("lets its budget and its profile in while it is young and has no Pod, and no longer", () => {
    expect(denied(judge(two, [standing, set]))).toEqual([]);
    expect(denied(judge(sizing, [standing, set]))).toEqual([]);
    expect(denied(judge(two, [standing, set, first]))).toEqual(["DRAIN-002"]);
    const old = { ...standing, metadata: { ...standing.metadata, creationTimestamp: made(601) } };
    expect(denied(judge(two, [old, set]))).toEqual(["DRAIN-002"]);
    // Its Pod stays out all the same.
    expect(denied(judge(first, [old, set, two], { userInfo: replicaSetAccount }))).toEqual(["BIND-005"]);
    expect(denied(judge(first, [old, set, two, sizing], { userInfo: replicaSetAccount }))).toContain("DRAIN-002");
  });

  it("has its Pod made again where it has run before", () => {
    const status = { observedGeneration: 1, conditions: [{ type: "Progressing", status: "True", reason: "NewReplicaSetAvailable" }] };
    const ran = { ...standing, metadata: { ...standing.metadata, generation: 1 }, status };
    expect(judge(first, [ran, set, two, sizing], { userInfo: replicaSetAccount }).allowed).toBe(true);
  });

  it("waits for nothing in files, which are all that there will be", () => {
    const { selector, template } = omitted.spec;
    const verdict = validate({
      policySet: policies,
      request: requestFor({ ...omitted, spec: { selector, template } } as KubeObject),
      context: { ...contextOf([two]), snapshot: snapshotOf([two]) },
    });
    expect(denied(verdict)).toEqual(["DRAIN-002"]);
  });
});
