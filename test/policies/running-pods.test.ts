/** What is written on a running Pod, and what a deletion leaves behind. */
import { describe, expect, it } from "vitest";
import { platformNames } from "../../src/api/labels.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { Pod } from "../../src/api/pod.ts";
import { validate } from "../../src/policies/evaluate.ts";
import type { Verdict } from "../../src/policies/verdict.ts";
import { autoscalerAccount, contextOf, person, policySet, requestFor } from "../support/admission.ts";
import { autoscaler, budget, deployment, job, pod, profile, replicaSet } from "../support/objects.ts";

const names = platformNames();
const policies = policySet();
const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-1", uid: "uid-shop-web-1", controller: true };
const above = { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "uid-shop-web", controller: true };
const running = pod({ name: "web-1-a", owner, labels: { app: "web" } });
const beside = pod({ name: "web-1-b", owner, labels: { app: "web" } });
const world = [deployment(), replicaSet({ name: "web-1", owner: above }), running, beside, budget({ maxUnavailable: 1 })];
const other = (options: Parameters<typeof budget>[0]) => budget({ name: "other", selector: { matchLabels: { team: "a" } }, ...options });

describe("an update of a running Pod", () => {
  check(
    "into a budget that can let nobody go is refused",
    relabelled({ team: "a" }),
    [...world, other({ minAvailable: 5 })],
    ["DRAIN-045 deny"],
  );
  check(
    "into one that counts all replicas of its Deployment is refused",
    relabelled({ team: "a" }),
    [...world, other({ maxUnavailable: 1 })],
    ["DRAIN-045 deny"],
  );
  check("into one that lets it go passes", relabelled({ team: "a" }), [...world, other({ minAvailable: 0 })], []);
  check(
    "into a second budget is refused",
    relabelled({ app: "web", team: "a" }),
    [...world, other({ minAvailable: 0 })],
    ["DRAIN-045 deny"],
  );
  check(
    "of a Job's Pod into a budget that asks for a scale is refused",
    relabelled({ team: "a" }),
    [job({ name: "web-1" }), other({ maxUnavailable: 1 })],
    ["DRAIN-045 deny"],
    jobPod(),
  );
  const cluster = { apiVersion: "postgresql.cnpg.io/v1", kind: "Cluster", name: "orders", uid: "a", controller: true };
  check(
    "that an operator runs into the budget of its primary passes, as a failover does it",
    pod({ name: "orders-2", owner: cluster, labels: { role: "primary" } }),
    [budget({ name: "orders-primary", minAvailable: 1, selector: { matchLabels: { role: "primary" } } })],
    [],
    pod({ name: "orders-2", owner: cluster, labels: { role: "replica" } }),
  );
  it("into a budget that can let nobody go passes for who is named for Pods", () => {
    const policySet = withLines("settings: {controllers: [{users: [ann@example.com], makes: [Pod]}]}");
    const verdict = validate({
      policySet,
      request: requestFor(relabelled({ team: "a" }), { old: running }),
      context: contextOf([...world, other({ minAvailable: 5 })]),
    });
    expect(told(verdict)).toEqual([]);
  });
  check("out of its ReplicaSet and its budget passes, to look at it", relabelled({ app: "quarantine" }), world, []);
  check("with a foreign label passes", relabelled({ app: "web", "example.com/seen": "yes" }), world, []);
  check("with do-not-disrupt is refused", annotated({ "karpenter.sh/do-not-disrupt": "true" }), world, ["DRAIN-014 deny"]);
  check("with do-not-disrupt for a while passes", annotated({ "karpenter.sh/do-not-disrupt": "30m" }), world, []);
  check("with do-not-disrupt for years is refused", annotated({ "karpenter.sh/do-not-disrupt": "100000h" }), world, ["DRAIN-014 deny"]);
  it.each([
    ["of no controller's with do-not-disrupt is refused", {}, ["DRAIN-014 deny"]],
    ["of a hook's with do-not-disrupt is refused", { restartPolicy: "Never" }, ["DRAIN-014 deny"]],
    ["of a hook's with a deadline and do-not-disrupt passes", { restartPolicy: "Never", activeDeadlineSeconds: 600 }, []],
  ])("%s", (_, spec, expected) => {
    const taken = pod({ name: "taken", labels: { app: "q" } });
    const bare = { ...taken, spec: { ...taken.spec, ...spec } };
    const metadata = { ...bare.metadata, annotations: { "karpenter.sh/do-not-disrupt": "true" } };
    expect(told(verdictOn({ ...bare, metadata }, bare, [bare]))).toEqual(expected);
  });
  check('with safe-to-evict "false" is told', annotated({ "cluster-autoscaler.kubernetes.io/safe-to-evict": "false" }), world, [
    "DRAIN-021 warn",
  ]);
  check("with a window of ours is refused", annotated({ [names.disruptionWindowAnnotation]: "[]" }), world, ["META-001 deny"]);
  check("with a foreign annotation passes", annotated({ "example.com/seen": "yes" }), world, []);
  check("with a finalizer is refused", finalized("a/b"), world, ["DRAIN-037 deny"]);
  check("with another one beside the first is refused for that one", finalized("c/d", "a/b"), world, ["DRAIN-037 deny"], finalized("c/d"));
  check("with one finalizer less passes", finalized("c/d"), world, [], finalized("c/d", "a/b"));
  check("with a finalizer of the garbage collector's passes", finalized("foregroundDeletion"), world, []);
  check(
    "with the Job controller's, which leaves it on a ReplicaSet's Pod, is refused",
    finalized("batch.kubernetes.io/job-tracking"),
    world,
    ["DRAIN-037 deny"],
  );
  check(
    "of a Job's Pod with the Job controller's passes",
    finalized("batch.kubernetes.io/job-tracking"),
    [job({ name: "web-1" })],
    [],
    jobPod(),
  );
  it.each([
    ["by who may finalize Pods passes", true, policies, []],
    ["by who is named for Pods passes", false, withLines("settings: {controllers: [{users: [ann@example.com], makes: [Pod]}]}"), []],
    ["that policies.yaml allows passes", false, withLines("rules: {DRAIN-037: {action: deny, params: {allowed: [a/b]}}}"), []],
    [
      "by who may speak for an owner that comes with it is refused",
      true,
      policies,
      ["DRAIN-037 deny"],
      { ...owner, kind: "Job", apiVersion: "batch/v1", uid: "other" },
    ],
  ])("with a finalizer %s", (_, speaksForOwner, policySet, expected, adopted = owner) => {
    const { metadata } = finalized("a/b");
    const object = { ...running, metadata: { ...metadata, ownerReferences: [adopted] } };
    const context = { ...contextOf(world), speaksForOwner };
    const verdict = validate({ policySet, request: requestFor(object, { old: running }), context });
    expect(told(verdict).filter((one) => one.startsWith("DRAIN-037"))).toEqual(expected);
  });
  check("with a toleration of every taint is told", respecified({ tolerations: [{ operator: "Exists" }] }), world, ["DRAIN-034 warn"]);
  check(
    "with another image passes where no rule is about it",
    respecified({ containers: [{ name: "app", image: "example.com/app:2" }] }),
    world,
    [],
  );
  check("that takes its gate away passes", respecified({ schedulingGates: [] }), world, []);

  it("tells nothing of what stood before", () => {
    const pinned = annotated({ "karpenter.sh/do-not-disrupt": "true" });
    const labelled = { ...pinned, metadata: { ...pinned.metadata, labels: { app: "web", more: "yes" } } };
    expect(told(verdictOn(labelled, pinned, world))).toEqual([]);
  });
  it.each([autoscalerAccount, { username: "system:node:a", groups: ["system:nodes"] }])("by $username is not judged", (userInfo) => {
    const request = requestFor(annotated({ "karpenter.sh/do-not-disrupt": "true" }), { old: running, userInfo });
    expect(validate({ policySet: policies, request, context: contextOf(world) }).findings).toEqual([]);
  });
  it("with another image meets a rule of one's own", () => {
    const own = policySet(
      "apiVersion: platform.example.com/policies/v1\nclasses: {general: {}}\ncustom:\n  - {id: X-A-1, expression: \"pod.containers.all(c, c.image.endsWith(':1'))\", messageExpression: \"'another image'\", fix: the first}\n",
    );
    const request = requestFor(respecified({ containers: [{ name: "app", image: "example.com/app:2" }] }), { old: running });
    expect(told(validate({ policySet: own, request, context: contextOf(world) }))).toEqual(["X-A-1 deny"]);
  });
  it("is found at a new budget too, where only the labels of running Pods tell", () => {
    const odd = relabelled({ team: "a" });
    const verdict = validate({
      policySet: policies,
      request: requestFor(other({ minAvailable: 1 })),
      context: contextOf([deployment(), odd]),
    });
    expect(told(verdict).filter((one) => one.endsWith("deny"))).toEqual(["DRAIN-045 deny"]);
  });
});

describe("a budget with a plain number over Pods without a scale", () => {
  const ofReport = (minAvailable: number) => budget({ name: "b", minAvailable, selector: { matchLabels: { app: "report" } } });
  const three = job({ replicas: 3 });
  const bare = ["a", "b"].map((name) => pod({ name, labels: { app: "report" } }));
  it.each([
    ["above all Pods of a Job is refused", ofReport(1000), [three], ["JOB-002 deny"]],
    ["of all Pods of a Job passes: it ends", ofReport(3), [three], []],
    ["that other Pods meet passes", ofReport(4), [three, deployment({ podLabels: { app: "report" } })], []],
    ["is refused at the Job that comes second", three, [ofReport(1000)], ["JOB-002 deny"]],
    ["passes at the Job that comes second", three, [ofReport(3)], []],
    ["above all bare Pods is refused", ofReport(1000), bare, ["DRAIN-045 deny"]],
    ["below all bare Pods passes", ofReport(1), bare, []],
  ] as const)("%s", (_, object, standing, expected) => {
    const verdict = validate({ policySet: policies, request: requestFor(object), context: contextOf(standing) });
    expect(told(verdict).filter((one) => /^(JOB-002|DRAIN-045) deny/.test(one))).toEqual(expected);
  });
});

describe("labels of running Pods that their template lacks", () => {
  const labelled = [
    relabelled({ app: "web", team: "a" }),
    { ...relabelled({ app: "web", team: "a" }), metadata: { ...beside.metadata, labels: { app: "web", team: "a" } } },
  ];
  const made = [deployment({ replicas: 2 }), replicaSet({ name: "web-1", owner: above }), ...labelled];
  const mate = deployment({ name: "mate", replicas: 3, podLabels: { app: "mate", team: "a" } });
  const aside = pod({ name: "web-1-a", labels: { team: "a" } });
  const takenAside = ["a", "b"].map((name) => pod({ name, labels: { team: "a", "pod-template-hash": "1" } }));
  const operated = ["a", "b"].map((name) =>
    pod({ name, labels: { team: "a" }, owner: { apiVersion: "example.com/v1", kind: "Ring", name: "r", uid: "r", controller: true } }),
  );
  const earlierSet = {
    ...replicaSet({ name: "web-1", owner: above }),
    spec: { ...deployment({ replicas: 2, podLabels: { app: "web", team: "a" } }).spec },
  };
  const earlier = deployment({ replicas: 2, podLabels: { app: "web", v: "2" } });
  const denied = (object: KubeObject, standing: readonly KubeObject[], old?: KubeObject) => {
    const request = requestFor(object, old === undefined ? {} : { old });
    return told(validate({ policySet: policies, request, context: contextOf(standing) })).filter((one) => one.endsWith("deny"));
  };
  it.each([
    ["a second budget over them, and over another workload", other({ maxUnavailable: 1 }), [...made, mate, budget({ minAvailable: 1 })]],
    ["a budget that the last of them can't leave", other({ minAvailable: 1 }), made],
    ["a budget that counts what they come from", other({ maxUnavailable: 1 }), made],
    ["a budget over a Pod that was taken aside", other({ minAvailable: 1 }), [deployment(), aside]],
    ["a budget over two that were taken aside: the last stays", other({ minAvailable: 1 }), [deployment(), ...takenAside]],
  ])("refuse %s", (_, object, standing) => {
    expect(denied(object, standing)).toEqual(["DRAIN-045 deny"]);
  });
  it.each([
    ["a budget that asks for none", other({ minAvailable: 0 }), made],
    ["a budget that their neighbours satisfy", other({ minAvailable: 2 }), [...made, mate]],
    ["a plain number over an operator's Pods", other({ minAvailable: 1 }), operated],
    ["a budget by their template", budget({ minAvailable: 1 }), made],
    ["a budget over a workload, and a Pod that was taken aside", other({ maxUnavailable: 1 }), [mate, aside]],
  ])("let in %s", (_, object, standing) => {
    expect(denied(object, standing)).toEqual([]);
  });
  it("let a budget be updated beside a Pod that was taken aside", () => {
    expect(denied(budget({ maxUnavailable: 2 }), [...world, ...takenAside], budget({ maxUnavailable: 1 }))).toEqual([]);
  });
  it("let a rollout that goes on be scaled, and refuse it to one that is paused", () => {
    const guarded = [earlierSet, ...labelled, other({ minAvailable: 1 })];
    const rolling = (replicas: number, paused: boolean) => ({ ...earlier, spec: { ...earlier.spec, replicas, paused } });
    const found = [false, true].map((paused) => denied(rolling(1, paused), [rolling(2, paused), ...guarded], rolling(2, paused)));
    expect(found.map((rules) => rules.includes("DRAIN-045 deny"))).toEqual([false, true]);
  });
  it("count steps only where the namespace has budgets", () => {
    const steps = (standing: readonly KubeObject[]) => {
      const [from, to] = [2, 3].map((replicas) => ({ ...earlier, spec: { ...earlier.spec, replicas } }));
      if (from === undefined || to === undefined) return 0;
      return validate({ policySet: policies, request: requestFor(to, { old: from }), context: contextOf([from, ...standing]) }).steps ?? 0;
    };
    expect(steps(labelled)).toBe(steps([]));
    expect(steps([...labelled, budget({ minAvailable: 0 })])).toBeGreaterThan(steps([budget({ minAvailable: 0 })]));
  });
  it("refuse a scale that leaves none of those to go that an earlier template made", () => {
    const guarded = [earlier, ...made.slice(1), other({ minAvailable: 1 })];
    const scaled = (replicas: number) => ({ ...earlier, spec: { ...earlier.spec, replicas } });
    expect(denied(scaled(1), guarded, earlier)).toContain("DRAIN-045 deny");
    expect(denied(scaled(3), guarded, earlier)).toEqual([]);
  });
});

describe("a deletion", () => {
  const single = deployment({ replicas: 1 });
  const lent = [single, autoscaler({ minReplicas: 3 }), budget({ minAvailable: 1 })];
  it("of an autoscaler that made a workload lawful passes, and tells what is left", () => {
    const { allowed, warnings } = deletion(autoscaler({ minReplicas: 3 }), lent);
    expect([allowed, warnings]).toEqual([true, [expect.stringMatching(/^Deployment web is left behind: \[DRAIN-002\] /)]]);
  });
  it("of a profile tells what its workload is without", () => {
    const bare = deployment({ replicas: 1, requests: {} });
    const own = profile({
      spec: { runtimeClass: "general", compute: { cpuRequest: "100m", memoryRequest: "128Mi" }, availability: { minReplicas: 1 } },
    });
    const { allowed, warnings } = deletion(own, [bare, own]);
    expect([allowed, warnings.some((text) => text.includes("REQ-001"))]).toEqual([true, true]);
  });
  it.each([
    [
      "of what lent nothing says nothing",
      autoscaler({ minReplicas: 3 }),
      [deployment({ replicas: 3 }), autoscaler({ minReplicas: 3 }), budget({ minAvailable: 1 })],
      person,
    ],
    ["by a controller says nothing", autoscaler({ minReplicas: 3 }), lent, autoscalerAccount],
    ["with its workload's own says nothing", autoscaler({ minReplicas: 3 }), [going(single), ...lent.slice(1)], person],
    [
      "with its namespace says nothing",
      autoscaler({ minReplicas: 3 }),
      [...lent, going({ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } })],
      person,
    ],
    ["of another kind says nothing", single, lent, person],
  ])("%s", (_, object, standing, userInfo) => {
    expect(deletion(object, standing, userInfo)).toEqual({ allowed: true, findings: [], warnings: [], patch: [] });
  });
});

function deletion(object: KubeObject, standing: readonly KubeObject[], userInfo = person): Verdict {
  const { object: oldObject, ...rest } = requestFor(object, { operation: "DELETE", userInfo });
  return validate({
    policySet: policies,
    request: { ...rest, ...(oldObject === undefined ? {} : { oldObject }) },
    context: contextOf(standing),
  });
}

function check(name: string, object: Pod, standing: readonly KubeObject[], expected: readonly string[], old: Pod = running): void {
  it(name, () => {
    const { ownerReferences = [] } = old.metadata;
    const owned = { ...object, metadata: { ...object.metadata, ownerReferences } };
    expect(told(verdictOn(owned, old, standing))).toEqual(expected);
  });
}

function verdictOn(object: Pod, old: Pod, standing: readonly KubeObject[]): Verdict {
  return validate({ policySet: policies, request: requestFor(object, { old }), context: contextOf(standing) });
}

function told({ findings }: Verdict): readonly string[] {
  return findings.map(({ rule, action }) => `${rule} ${action}`);
}

function jobPod(): Pod {
  return pod({
    name: "web-1-a",
    labels: { app: "web" },
    owner: { apiVersion: "batch/v1", kind: "Job", name: "web-1", uid: "uid-shop-web-1", controller: true },
  });
}

function relabelled(labels: Readonly<Record<string, string>>): Pod {
  return { ...running, metadata: { ...running.metadata, labels } };
}

function finalized(...finalizers: readonly string[]): Pod {
  return { ...running, metadata: { ...running.metadata, finalizers } };
}

function withLines(lines: string) {
  return policySet(`apiVersion: platform.example.com/policies/v1\nclasses: {general: {}}\n${lines}\n`);
}

function annotated(annotations: Readonly<Record<string, string>>): Pod {
  return { ...running, metadata: { ...running.metadata, annotations } };
}

function respecified(spec: object): Pod {
  return { ...running, spec: { ...running.spec, ...spec } };
}

function going<T extends KubeObject>(object: T): T {
  return { ...object, metadata: { ...object.metadata, deletionTimestamp: "2026-11-30T00:00:00Z" } };
}
