/** What the API server is asked about who claims an owner: only where it decides, once a minute, and never for longer than a moment. */
import { describe, expect, it } from "vitest";
import type { ApiAnswer, ApiRequest } from "../../src/api/ports.ts";
import { ownerInquirer } from "../../src/cli/owner-inquiry.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import type { UserInfo } from "../../src/policies/admission-request.ts";
import type { InquiryLimits } from "../../src/webhook/admission-call.ts";
import { person, policySet, requestFor } from "../support/admission.ts";
import { deployment, pod } from "../support/objects.ts";

const policies = policySet();
const operator: UserInfo = { username: "system:serviceaccount:argo:argo", groups: ["system:authenticated"], uid: "u7" };
const workflows = {
  resources: [
    { name: "workflows/status", kind: "Workflow" },
    { name: "workflows", kind: "Workflow" },
  ],
};

describe("the owner inquiry", () => {
  it("asks nothing about an object that names no owner", () => {
    const { ask, requests } = inquiry([]);
    expect(ask(deployment())).toBeUndefined();
    expect(requests).toEqual([]);
  });

  it("asks by SubjectAccessReview about the resource that discovery names, and whom", async () => {
    const { ask, requests } = inquiry(["update workflows/finalizers shop/"]);
    expect(await ask(ofWorkflow(), operator)).toBe(true);
    expect(requests[0]?.path).toBe("/apis/argoproj.io/v1alpha1");
    const spec = { user: operator.username, groups: operator.groups, uid: "u7" };
    expect(requests[1]).toMatchObject({ path: "/apis/authorization.k8s.io/v1/subjectaccessreviews", body: { spec } });
  });

  it.each([
    ["finalizers of every one", ["update workflows/finalizers shop/"], true],
    ["status of every one", ["update workflows/status shop/"], true],
    ["finalizers of this one", ["update workflows/finalizers shop/build"], true],
    ["finalizers of another", ["update workflows/finalizers shop/other"], false],
    ["the owner itself, as teams may", ["update workflows shop/build"], false],
    ["nothing", [], false],
  ])("says of who may update %s: %s", async (_, allowed, speaks) => {
    expect(await inquiry(allowed).ask(ofWorkflow(), operator)).toBe(speaks);
  });

  it("needs both rights where the owner is judged in the object's place", async () => {
    const claimed = owned(replicaSet(), "argoproj.io/v1alpha1", "Rollout");
    expect(await inquiry(["update rollouts/status shop/"]).ask(claimed, operator)).toBe(false);
    expect(await inquiry(["update rollouts/status shop/", "update rollouts/finalizers shop/"]).ask(claimed, operator)).toBe(true);
  });

  it("keeps an answer for a minute, and asks the same once at a time", async () => {
    const { ask, requests, clock } = inquiry(["update workflows/finalizers shop/", "update workflows/status shop/"]);
    await Promise.all([ask(ofWorkflow(), operator), ask(ofWorkflow("other"), operator)]);
    expect(requests.length).toBe(3);
    clock.at += 59_000;
    await ask(ofWorkflow("third"), operator);
    expect(requests.length).toBe(3);
    clock.at += 2_000;
    await ask(ofWorkflow(), operator);
    expect(requests.length).toBe(6);
    await ask(ofWorkflow(), person);
    expect(requests.length).toBe(8);
  });

  it("takes silence for a no, and asks again the next time", async () => {
    const { ask, requests, state } = inquiry(["update workflows/finalizers shop/"]);
    state.silent = true;
    expect(await ask(ofWorkflow(), operator)).toBe(false);
    state.silent = false;
    expect(await ask(ofWorkflow(), operator)).toBe(true);
    expect(requests.filter(({ method }) => method === "GET").length).toBe(2);
  });

  it("waits no longer than the review has time", async () => {
    const { ask, state, clock } = inquiry(["update workflows/finalizers shop/"]);
    state.hangs = true;
    const waiting = Array.from({ length: 40 }, async (_, index) => ask(ofWorkflow(`w${index}`), operator, 500));
    clock.wake();
    expect(new Set(await Promise.all(waiting))).toEqual(new Set([false]));
    expect(new Set(clock.slept)).toEqual(new Set([500]));
  });

  it.each([
    ["uses little", false],
    ["uses much, as a sole API server does", true],
  ])("answers 200 that come at once, from a caller who %s", async (_, isHeavy) => {
    const { asked, requests } = inquiry(["update workflows/finalizers shop/", "update workflows/status shop/"]);
    const of = (index: number) => requestFor(ofWorkflow(`w${index}`), { userInfo: operator });
    const answers = await Promise.all(Array.from({ length: 200 }, async (_one, index) => asked(of(index), { isHeavy })));
    expect(new Set(answers)).toEqual(new Set([true]));
    expect(requests.length).toBe(3);
  });

  it("asks who finalizes a Pod that names no owner whether they may finalize Pods", async () => {
    const finalized = { ...pod(), metadata: { ...pod().metadata, finalizers: ["example.com/hold"] } };
    expect(await inquiry([]).ask(finalized, person)).toBe(false);
    expect(await inquiry(["update pods/finalizers shop/"]).ask(finalized, operator)).toBe(true);
    expect(inquiry([]).ask(pod(), person)).toBeUndefined();
  });

  it.each([
    ["our own account asks by a dry run what Pods would become", "plimsoll-system", true, true],
    ["our own account, but for good", "plimsoll-system", false, false],
    ["another's by a dry run", "shop", true, false],
  ])("of %s", async (_, namespace, dryRun, speaks) => {
    const account: UserInfo = {
      username: `system:serviceaccount:${namespace}:plimsoll`,
      groups: ["system:serviceaccounts", `system:serviceaccounts:${namespace}`, "system:authenticated"],
    };
    const { ask, requests } = inquiry([]);
    expect(await ask(ofWorkflow(), account, 3_000, dryRun)).toBe(speaks);
    expect(requests.length > 0).toBe(!speaks);
  });

  it("asks who finalizes a running Pod whether they may finalize Pods, or speak for the controller that it has", async () => {
    const running = owned(pod(), "argoproj.io/v1alpha1", "Workflow");
    const finalized = { ...running, metadata: { ...running.metadata, finalizers: ["example.com/hold"] } };
    const request = requestFor(finalized, { old: running, userInfo: operator });
    expect(await inquiry(["update workflows/status shop/build"]).asked(request)).toBe(true);
    expect(await inquiry(["update workflows/status shop/other"]).asked(request)).toBe(false);
    // The same uid under another name is another owner.
    const renamed = owned(pod(), "argoproj.io/v1alpha1", "Workflow", "other");
    const other = requestFor(finalized, { old: renamed, userInfo: operator });
    expect(await inquiry(["update workflows/status shop/build"]).asked(other)).toBe(false);
    const made = owned(pod(), "apps/v1", "ReplicaSet");
    const byHand = { ...made, metadata: { ...made.metadata, finalizers: ["example.com/hold"] } };
    expect(await inquiry(["update replicasets/status shop/build"]).asked(requestFor(byHand, { old: made, userInfo: operator }))).toBe(
      false,
    );
  });

  it("asks discovery once a version, whatever kinds are named", async () => {
    const { ask, requests } = inquiry([]);
    for (const kind of ["Workflow", "Workfloo", "Rolout"]) await ask(owned(pod(), "argoproj.io/v1alpha1", kind), operator);
    expect(requests.filter(({ method }) => method === "GET").length).toBe(1);
  });

  it.each([
    ["a kind of megabytes", owned(pod(), "v1", "K".repeat(3_000_000)), operator],
    ["an API version of megabytes", owned(pod(), `${"g".repeat(3_000_000)}/v1`, "Workflow"), operator],
    ["a name of megabytes", owned(pod(), "argoproj.io/v1alpha1", "Workflow", "n".repeat(3_000_000)), operator],
    ["a user of megabytes", ofWorkflow(), { ...operator, groups: ["g".repeat(3_000_000)] }],
  ])("sends and keeps nothing of %s", async (_, object, user) => {
    const { ask, requests } = inquiry([]);
    expect(await ask(object, user)).toBe(false);
    expect(requests).toEqual([]);
  });

  it("asks at most 16 questions at once of callers who use much, and at most 32 in all", () => {
    const { asked, state, requests } = inquiry([]);
    state.hangs = true;
    const of = (name: string) => requestFor(owned(pod(), `${name}.example.com/v1`, "Thing"), { userInfo: operator });
    for (let index = 0; index < 40; index++) void asked(of(`h${index}`), { isHeavy: true });
    expect(requests.length).toBe(16);
    for (let index = 0; index < 40; index++) void asked(of(`l${index}`));
    expect(requests.length).toBe(32);
  });

  it("keeps at most 16 MiB waiting", async () => {
    const { asked, state, requests } = inquiry([]);
    state.hangs = true;
    void asked(requestFor(owned(pod(), "v1", "Thing"), { userInfo: operator }), { bytes: 7 * 2 ** 20 });
    expect(requests.length).toBe(1);
    expect(await asked(requestFor(ofWorkflow("large"), { userInfo: operator }), { bytes: 10 * 2 ** 20 })).toBe(false);
  });

  it("asks once more where a connection broke, and takes the second answer", async () => {
    const { ask, state, requests } = inquiry(["update workflows/finalizers shop/", "update workflows/status shop/"]);
    state.breaks = 1;
    expect(await ask(ofWorkflow())).toBe(true);
    expect(requests.filter(({ method }) => method === "POST").length).toBeGreaterThan(1);
  });

  it("makes no path of an API version that none is", async () => {
    const { ask, requests } = inquiry([]);
    expect(await ask(owned(pod(), "../../v1", "Secret"), operator)).toBe(false);
    expect(requests).toEqual([]);
  });
});

/** An API server that allows what is listed, as "VERB RESOURCE/SUBRESOURCE NAMESPACE/NAME". */
function inquiry(allowed: readonly string[]) {
  const requests: ApiRequest[] = [];
  const state = { silent: false, hangs: false, breaks: 0 };
  const wakes: (() => void)[] = [];
  const clock = {
    at: 0,
    slept: [] as number[],
    wake: () => {
      for (const wake of wakes.splice(0)) wake();
    },
  };
  const request = async (sent: ApiRequest): Promise<ApiAnswer> => {
    requests.push(sent);
    if (state.hangs) return new Promise(() => undefined);
    if (state.silent) return { ok: false, status: 0, error: { code: 0 } };
    if (sent.method === "GET") return { ok: true, status: 200, body: sent.path.includes("argoproj") ? discovery() : coreDiscovery };
    if (state.breaks > 0) {
      state.breaks -= 1;
      return { ok: false, status: 0, error: { code: 0 } };
    }
    const { verb, resource, subresource, namespace, name } = (sent.body as SubjectAccessReview).spec.resourceAttributes;
    const asked = `${verb} ${resource}/${subresource} ${namespace}/${name}`;
    return { ok: true, status: 201, body: { status: { allowed: allowed.includes(asked) } } };
  };
  const inquirer = ownerInquirer({
    transport: { request },
    clock: {
      now: () => clock.at,
      sleep: (ms) =>
        new Promise((wake) => {
          clock.slept.push(ms);
          wakes.push(wake);
        }),
    },
    policySet: () => policies,
    snapshot: () => snapshotOf([]),
    ownNamespace: "plimsoll-system",
  });
  const ask = (object: Parameters<typeof requestFor>[0], userInfo = operator, withinMs = 3_000, dryRun = false) =>
    asked({ ...requestFor(object, { userInfo }), dryRun }, { withinMs });
  const asked = (of: ReturnType<typeof requestFor>, limits: Partial<InquiryLimits> = {}) =>
    inquirer({ phase: "validate", tier: "open", request: of }, { withinMs: 3_000, bytes: 1_000, isHeavy: false, ...limits });
  return { ask, asked, requests, state, clock };
}

interface SubjectAccessReview {
  readonly spec: { readonly resourceAttributes: Readonly<Record<"verb" | "resource" | "subresource" | "namespace" | "name", string>> };
}

const coreDiscovery = { resources: [{ name: "pods", kind: "Pod" }] };

function discovery(): object {
  return { resources: [...workflows.resources, { name: "rollouts", kind: "Rollout" }] };
}

function ofWorkflow(name = "build") {
  return owned(pod(), "argoproj.io/v1alpha1", "Workflow", name);
}

function replicaSet(): Parameters<typeof requestFor>[0] {
  return { ...deployment(), kind: "ReplicaSet" };
}

function owned(object: Parameters<typeof requestFor>[0], apiVersion: string, kind: string, name = "build") {
  return { ...object, metadata: { ...object.metadata, ownerReferences: [{ apiVersion, kind, name, uid: "u1", controller: true }] } };
}
