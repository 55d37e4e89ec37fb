/**
 * DRAIN-001 to DRAIN-007, in both orders of each pair.
 */
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../../src/api/object.ts";
import type { Scale } from "../../../src/api/workload.ts";
import { platformNames } from "../../../src/api/labels.ts";
import { validate } from "../../../src/policies/evaluate.ts";
import { autoscalerAccount, contextOf, policiesText, policySet, requestFor } from "../../support/admission.ts";
import { autoscaler, budget, cronJob, deployment, job, profile, replicaSet, statefulSet } from "../../support/objects.ts";
import { checkerOf } from "./findings.ts";

const check = checkerOf("DRAIN-00");

const scaleTo = (replicas: number): Scale => ({
  apiVersion: "autoscaling/v1",
  kind: "Scale",
  metadata: { name: "web", namespace: "shop" },
  spec: { replicas },
});
const general = profile({ spec: { runtimeClass: "general", availability: { minReplicas: 2 }, scaling: { maxReplicas: 9 } } });
const outage = '1 replica in class "general" whose nodes are consolidated and replaced: every drain is an outage';
const blocks = (bound: string, replicas: number): string =>
  `DRAIN-002 deny: PodDisruptionBudget "web" (${bound}) leaves 0 evictions at ${replicas} ${replicas === 1 ? "replica" : "replicas"}: its nodes can never be drained`;

describe("DRAIN-001: a single replica", () => {
  check("is refused under a general profile", {
    judge: deployment({ replicas: 1 }),
    world: [general],
    finds: [`DRAIN-001 deny: ${outage}`],
  });
  check("is refused too when the profile comes second", {
    judge: general,
    world: [deployment({ replicas: 1 })],
    finds: [
      "DRAIN-001 deny: Deployment web: " + outage,
      "DRAIN-003 warn: minAvailable 80% of 2 is 2: 0 evictions. PDB compiled as maxUnavailable: 1 (80% works from minReplicas 5)",
    ],
  });
  check("is only warned of without a profile", { judge: deployment({ replicas: 1 }), finds: [`DRAIN-001 warn: ${outage}`] });
  check("is refused without a profile where params say so", {
    judge: deployment({ replicas: 1 }),
    policies: policySet(policiesText.replace("params: { unprofiled: warn }", "params: { unprofiled: deny }")),
    finds: [`DRAIN-001 deny: ${outage}`],
  });
  check("is only warned of in a namespace whose class warns", {
    judge: deployment({ replicas: 1, namespace: "dev-anna" }),
    world: [profile({ namespace: "dev-anna", spec: { runtimeClass: "general" } })],
    finds: [`DRAIN-001 warn: ${outage}`],
  });
  check("is nothing in a class that allows it", {
    judge: deployment({ replicas: 1 }),
    world: [profile({ spec: { runtimeClass: "batch" } })],
    finds: [],
  });
  check("of a Job is work, not a service", {
    judge: job(),
    world: [profile({ name: "report", spec: { runtimeClass: "general" } })],
    finds: [],
  });
  check("of a CronJob neither", { judge: cronJob(), finds: [] });
  check("is what an autoscaler's minimum of 1 leads to", {
    judge: autoscaler({ minReplicas: 1 }),
    world: [general, deployment({ replicas: 3 })],
    finds: [`DRAIN-001 deny: Deployment web: ${outage}`],
  });
  check("in the manifest is only where an autoscaler started", {
    judge: deployment({ replicas: 1 }),
    world: [general, autoscaler({ minReplicas: 2 })],
    finds: [],
  });
  check("promised by a profile is refused before there is a workload", {
    judge: profile({ spec: { runtimeClass: "general", availability: { minReplicas: 1 } } }),
    finds: [`DRAIN-001 deny: ${outage}`],
  });
  check("promised in a class that allows it gets no budget, and a warning", {
    judge: profile({ spec: { runtimeClass: "gpu", availability: { minReplicas: 1 } } }),
    finds: ['DRAIN-001 warn: 1 replica in class "gpu": no PodDisruptionBudget is compiled, and every drain is an outage'],
  });
  check("reached by a scale is refused", {
    judge: scaleTo(1),
    world: [general, deployment({ replicas: 2 })],
    finds: [`DRAIN-001 deny: ${outage}`],
  });
  check("of a ReplicaSet that its Deployment made is judged at the Deployment", {
    judge: replicaSet({
      replicas: 1,
      owner: { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "uid-shop-web", controller: true },
    }),
    world: [deployment()],
    finds: [],
  });
});

describe("DRAIN-002: a budget that leaves no eviction", () => {
  const three = ["web", "web-2", "web-3"].map((name) => deployment({ name, replicas: 1 }));
  const labelled = three.map((object) => {
    const { template } = object.spec;
    return { ...object, spec: { ...object.spec, template: { ...template, metadata: { ...template.metadata, labels: { app: "web" } } } } };
  });
  check("counts everybody under the budget together", { judge: budget({ minAvailable: 2 }), world: labelled, finds: [] });
  check("blocks all of them where together they are too few", {
    judge: budget({ minAvailable: 3 }),
    world: labelled,
    finds: [blocks("minAvailable: 3", 1)],
  });
  const rows: readonly (readonly [number, { minAvailable?: number | string; maxUnavailable?: number | string }, string | undefined])[] = [
    [1, { minAvailable: 1 }, "minAvailable: 1"],
    [2, { minAvailable: 1 }, undefined],
    [2, { minAvailable: 2 }, "minAvailable: 2"],
    [3, { minAvailable: "67%" }, "minAvailable: 67%"],
    [3, { minAvailable: "66%" }, undefined],
    [4, { minAvailable: "80%" }, "minAvailable: 80%"],
    [5, { minAvailable: "80%" }, undefined],
    [3, { minAvailable: "100%" }, "minAvailable: 100%"],
    [3, {}, "neither minAvailable nor maxUnavailable"],
    [1, { maxUnavailable: "1%" }, undefined],
    [0, { minAvailable: 1 }, undefined],
  ];
  for (const [replicas, bounds, text] of rows) {
    const finds = text === undefined ? [] : [blocks(text, replicas)];
    const others = replicas === 1 ? [`DRAIN-001 warn: ${outage}`] : [];
    check(`${JSON.stringify(bounds)} over ${replicas}, the budget second`, {
      judge: budget(bounds),
      world: [deployment({ replicas })],
      finds,
    });
    check(`${JSON.stringify(bounds)} over ${replicas}, the Deployment second`, {
      judge: deployment({ replicas }),
      world: [budget(bounds)],
      finds: [...others, ...finds],
    });
    check(`${JSON.stringify(bounds)} over ${replicas} of a StatefulSet`, {
      judge: budget(bounds),
      world: [statefulSet({ replicas })],
      finds,
    });
  }

  check("at any scale is refused before there is a workload", {
    judge: budget({ minAvailable: "100%" }),
    finds: [
      'DRAIN-002 deny: PodDisruptionBudget "web" (minAvailable: 100%) leaves 0 evictions at any number of replicas: its nodes can never be drained',
    ],
  });
  check("that selects nothing blocks nothing", { judge: budget({ minAvailable: "100%", selector: null }), finds: [] });
  check("at an autoscaler's minimum is refused at the autoscaler, if that comes last", {
    judge: autoscaler({ minReplicas: 3 }),
    world: [budget({ minAvailable: "80%" }), deployment({ replicas: 9 })],
    finds: [
      'DRAIN-002 deny: PodDisruptionBudget "web" (minAvailable: 80%) leaves 0 evictions at 3 replicas, the minReplicas of HorizontalPodAutoscaler "web": its nodes can never be drained',
    ],
  });
  check("of a Job is not judged by a scale that Jobs do not have", {
    judge: budget({ name: "report", minAvailable: 1 }),
    world: [job()],
    finds: [],
  });
  check("in another namespace is another matter", {
    judge: budget({ minAvailable: 1, namespace: "other" }),
    world: [deployment({ replicas: 1 })],
    finds: [],
  });
  const compiled = (owner: { readonly name?: string; readonly uid?: string } = {}, name = "web", bounds: object = { minAvailable: 2 }) =>
    budget({
      name,
      ...bounds,
      selector: { matchLabels: { app: "web" } },
      labels: { "app.kubernetes.io/managed-by": "workloadprofile" },
      owner: { apiVersion: platformNames().apiVersion, kind: "WorkloadProfile", name: "web", uid: "uid-shop-web", ...owner },
    });
  check("that we compiled is judged by its profile at the workload", {
    judge: deployment({ replicas: 2 }),
    world: [compiled(), profile()],
    finds: [],
  });
  const held = { world: [deployment({ replicas: 2 }), profile()] };
  const asCompiled = compiled({}, "web", { maxUnavailable: 1 });
  const exact: KubeObject & { readonly spec: object } = {
    ...asCompiled,
    spec: { ...asCompiled.spec, unhealthyPodEvictionPolicy: "AlwaysAllow" },
  };
  check("that is written as its profile compiles it passes", { ...held, judge: exact, finds: [] });
  check("that claims to be compiled, and asks for more, is judged", { ...held, judge: compiled(), finds: [blocks("minAvailable: 2", 2)] });
  check("that is tightened after we compiled it is judged", {
    ...held,
    old: asCompiled,
    judge: compiled(),
    finds: [blocks("minAvailable: 2", 2)],
  });
  const second = compiled({}, "web-more", { maxUnavailable: 0 });
  check("that claims to be compiled under another name is judged", {
    ...held,
    judge: second,
    finds: [
      'DRAIN-004 deny: PodDisruptionBudget "web-more" sets maxUnavailable: 0; it blocks every drain',
      'DRAIN-005 deny: PodDisruptionBudgets "web" and "web-more" both select pods of Deployment web; the eviction API refuses pods with two budgets',
    ],
  });
  // A profile of another workload, so that only the budget's own words speak for it.
  const other = profile({ spec: { bind: { targetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "other" } } } });
  const forged = [
    ["names a profile that nobody has", compiled({ name: "gone" })],
    ["names a profile under another uid", compiled({ uid: "another" })],
    ["has a name that no budget of its profile has", compiled({}, "mine")],
  ] as const;
  for (const [what, judge] of forged) {
    const finds = [blocks("minAvailable: 2", 2).replace('"web"', `"${judge.metadata.name ?? ""}"`)];
    check(`that ${what} is judged`, { judge, world: [deployment({ replicas: 2 }), other], finds });
    check(`that ${what} is judged with the workload that comes second`, {
      judge: deployment({ replicas: 2 }),
      world: [judge, other],
      finds,
    });
  }
  const wrong = budget({ minAvailable: 2 });
  const going = (held: typeof wrong) => ({ ...held, metadata: { ...held.metadata, deletionTimestamp: "2026-11-30T00:00:00Z" } });
  const edited = { world: [deployment({ replicas: 2 }), wrong], old: budget({ minAvailable: 1 }) };
  check("that is edited into one that blocks is judged", { ...edited, judge: wrong, finds: [blocks("minAvailable: 2", 2)] });
  // A finalizer may hold it for a while, and whoever takes the finalizer away must never be refused.
  check("that is edited while it is being deleted is let go", { ...edited, judge: going(wrong), old: going(edited.old), finds: [] });
  check("that only says that we compiled it is judged", {
    judge: budget({ minAvailable: 2, labels: { "app.kubernetes.io/managed-by": "workloadprofile" } }),
    world: [deployment({ replicas: 2 })],
    finds: [blocks("minAvailable: 2", 2)],
  });
});

describe("the words fit the case", () => {
  const told = (judge: KubeObject, world: readonly KubeObject[], rule: string) => {
    const { findings } = validate({ policySet: policySet(), request: requestFor(judge), context: contextOf(world) });
    return findings
      .filter((finding) => finding.rule === rule)
      .map(({ message, fix, patch }) => ({ message, fix, patch: patch !== undefined }));
  };
  const whole = budget({ minAvailable: "100%" });

  it("a budget over a Job is not mended by another form of it", () => {
    const message =
      'PodDisruptionBudget "web" (minAvailable: 100%) leaves 0 evictions at any number of replicas: its nodes can never be drained';
    expect(told(whole, [job({ name: "web" })], "DRAIN-002")).toEqual([
      { message, fix: "delete the PDB, or select only what has a scale", patch: false },
    ]);
    expect(told(whole, [], "DRAIN-002")).toEqual([{ message, fix: "use maxUnavailable: 1, or delete the PDB", patch: true }]);
  });

  it("a workload that has no name yet is told by its generateName", () => {
    const generated: KubeObject = { ...deployment(), metadata: { namespace: "shop", generateName: "web-" } };
    const world = [budget({ name: "a", maxUnavailable: 1, selector: { matchLabels: { app: "web" } } }), budget({ maxUnavailable: 1 })];
    expect(told(generated, world, "DRAIN-005").map(({ message }) => message)).toEqual([
      'PodDisruptionBudgets "a" and "web" both select pods of Deployment (generateName web-); the eviction API refuses pods with two budgets',
    ]);
  });

  it("one replica of which a class only warns needs no exemption", () => {
    const dev = { namespace: "dev-anna", spec: { runtimeClass: "general" } };
    expect(told(deployment({ replicas: 1, namespace: "dev-anna" }), [profile(dev)], "DRAIN-001")[0]?.fix).toBe(
      "set replicas/minReplicas 2 where an outage matters",
    );
    expect(told(deployment({ replicas: 1 }), [general], "DRAIN-001")[0]?.fix).toBe(
      "set replicas/minReplicas 2, or class with singletons allowed, or an exemption",
    );
  });

  it("one replica is one replica", () => {
    expect(told(deployment({ replicas: 1 }), [budget({ minAvailable: 1 })], "DRAIN-002")[0]?.message).toContain("at 1 replica:");
    const two = profile({ spec: { runtimeClass: "general", availability: { minReplicas: 2 }, scaling: { maxReplicas: 9 } } });
    expect(told(deployment({ replicas: 1 }), [two], "SCALE-001")[0]?.message).toBe(
      "1 replica is below availability.minReplicas 2 of profile web",
    );
  });
});

describe("DRAIN-003: a share that rounds to every replica", () => {
  const adjusted = (share: string, replicas: number, from: string): string =>
    `DRAIN-003 warn: minAvailable ${share} of ${replicas} is ${replicas}: 0 evictions. PDB compiled as maxUnavailable: 1${from}`;
  for (const minReplicas of [2, 3, 4]) {
    check(`80% of ${minReplicas} is adjusted`, {
      judge: profile({ spec: { availability: { minReplicas }, disruption: { minAvailable: "80%" } } }),
      finds: [adjusted("80%", minReplicas, " (80% works from minReplicas 5)")],
    });
  }
  for (const minReplicas of [5, 6, 10, 50, 60]) {
    check(`80% of ${minReplicas} stands`, {
      judge: profile({ spec: { availability: { minReplicas }, disruption: { minAvailable: "80%" } } }),
      finds: [],
    });
  }
  check("100% works nowhere", {
    judge: profile({ spec: { availability: { minReplicas: 3 }, disruption: { minAvailable: "100%" } } }),
    finds: [adjusted("100%", 3, "")],
  });
  check("can be made to refuse", {
    judge: profile({ spec: { availability: { minReplicas: 3 }, disruption: { minAvailable: "80%" } } }),
    policies: policySet(policiesText.replace("DRAIN-003: { action: warn }", "DRAIN-003: { action: deny }")),
    finds: [adjusted("80%", 3, " (80% works from minReplicas 5)").replace("warn", "deny")],
  });
});

describe("DRAIN-004, -005, -006: budgets that are wrong by themselves or together", () => {
  for (const maxUnavailable of [0, "0%"]) {
    check(`maxUnavailable ${maxUnavailable} is DRAIN-004 alone`, {
      judge: budget({ maxUnavailable }),
      world: [deployment({ replicas: 3 })],
      finds: [`DRAIN-004 deny: PodDisruptionBudget "web" sets maxUnavailable: ${maxUnavailable}; it blocks every drain`],
    });
  }
  check("maxUnavailable 0 is told at the workload too, if that comes second", {
    judge: deployment({ replicas: 3 }),
    world: [budget({ maxUnavailable: 0 })],
    finds: ['DRAIN-004 deny: PodDisruptionBudget "web" sets maxUnavailable: 0; it blocks every drain'],
  });
  check("an empty selector is DRAIN-006", {
    judge: budget({ maxUnavailable: 1, selector: {} }),
    finds: ['DRAIN-006 deny: PodDisruptionBudget "web" has an empty selector and would cover every pod in namespace shop'],
  });
  check("no selector selects nothing", { judge: budget({ maxUnavailable: 1, selector: null }), world: [deployment()], finds: [] });
  const two =
    'DRAIN-005 deny: PodDisruptionBudgets "one" and "two" both select pods of Deployment web; the eviction API refuses pods with two budgets';
  const selector = { matchLabels: { app: "web" } };
  check("two budgets, the second second", {
    judge: budget({ name: "two", maxUnavailable: 1, selector }),
    world: [deployment(), budget({ name: "one", maxUnavailable: 1, selector })],
    finds: [two],
  });
  check("two budgets, the workload second", {
    judge: deployment(),
    world: [budget({ name: "two", maxUnavailable: 1, selector }), budget({ name: "one", maxUnavailable: 1, selector })],
    finds: [two],
  });
  check("a foreign budget beside the one that a profile compiles", {
    judge: budget({ name: "mine", maxUnavailable: 1, selector }),
    world: [deployment(), general],
    finds: [
      'DRAIN-005 deny: PodDisruptionBudgets "mine" and "web" both select pods of Deployment web; the eviction API refuses pods with two budgets',
    ],
  });
  check("a profile whose budget would be the second", {
    judge: profile({ spec: { runtimeClass: "general", availability: { minReplicas: 5 } } }),
    world: [deployment({ replicas: 5 }), budget({ name: "mine", maxUnavailable: 1, selector })],
    finds: [
      'DRAIN-005 deny: PodDisruptionBudgets "mine" and "web" both select pods of Deployment web; the eviction API refuses pods with two budgets',
    ],
  });
  check("a foreign budget of the compiled one's own name stands in for it", {
    judge: profile({ spec: { runtimeClass: "general", availability: { minReplicas: 5 } } }),
    world: [deployment({ replicas: 5 }), budget({ maxUnavailable: 1 })],
    finds: [],
  });
});

describe("DRAIN-007: a scale into a block", () => {
  const world = [deployment({ replicas: 2 }), budget({ minAvailable: 1 })];
  const refused = 'DRAIN-007 deny: scaling Deployment web from 2 to 1 leaves PDB "web" with 0 allowed evictions';
  check("is refused", { judge: scaleTo(1), world, finds: [`DRAIN-001 warn: ${outage}`, refused] });
  check("by an edit of the workload is the same", {
    judge: deployment({ replicas: 1 }),
    old: deployment({ replicas: 2 }),
    world,
    finds: [`DRAIN-001 warn: ${outage}`, refused],
  });
  check("by an autoscaler is only recorded", {
    judge: scaleTo(1),
    world,
    userInfo: autoscalerAccount,
    finds: [`DRAIN-001 warn: ${outage}`, refused.replace("deny", "audit")],
  });
  check("to 0 leaves no Pod to evict", { judge: scaleTo(0), world, finds: [] });
  check("from 0 is one too", {
    judge: scaleTo(1),
    world: [deployment({ replicas: 0 }), budget({ minAvailable: 1 })],
    finds: [`DRAIN-001 warn: ${outage}`, refused.replace("from 2", "from 0")],
  });
  check("from 0 to enough is none", { judge: scaleTo(2), world: [deployment({ replicas: 0 }), budget({ minAvailable: 1 })], finds: [] });
  check("that grows is none", { judge: scaleTo(3), world, finds: [] });
  check("between two blocked counts is no worse", {
    judge: scaleTo(2),
    world: [deployment({ replicas: 3 }), budget({ minAvailable: 3 })],
    finds: [],
  });
  check("of a workload that is not known is let through", { judge: scaleTo(1), finds: [] });

  it("tells an autoscaler nothing", () => {
    const request = requestFor(scaleTo(1), { userInfo: autoscalerAccount });
    const verdict = validate({ policySet: policySet(), request, context: contextOf(world) });
    expect({ allowed: verdict.allowed, warnings: verdict.warnings }).toEqual({ allowed: true, warnings: [] });
  });
});

describe("DRAIN-015: a budget that selects nothing", () => {
  const rules = (judge: KubeObject, world: readonly KubeObject[] = []) =>
    validate({ policySet: policySet(), request: requestFor(judge), context: contextOf(world) }).findings.map(({ rule }) => rule);
  const selecting = (labels: Readonly<Record<string, string>>) => budget({ maxUnavailable: 1, selector: { matchLabels: labels } });

  it("warns of a label value that no template has", () => {
    expect(rules(selecting({ app: "wbe" }), [deployment()])).toContain("DRAIN-015");
    expect(rules(selecting({ "app.kubernetes.io/name": "wbe" }))).toContain("DRAIN-015");
    const own = deployment({ podLabels: { "example.com/app": "web" } });
    expect(rules(selecting({ "example.com/app": "wbe" }), [own])).toContain("DRAIN-015");
  });

  it("is not told of an operator's own, whose Pods are known once they run", () => {
    expect(rules(selecting({ "cnpg.io/cluster": "db" }), [deployment()])).not.toContain("DRAIN-015");
    const owner = { apiVersion: "postgresql.cnpg.io/v1", kind: "Cluster", name: "db", uid: "u", controller: true };
    expect(rules(budget({ maxUnavailable: 1, selector: { matchLabels: { app: "db" } }, owner }))).not.toContain("DRAIN-015");
  });
});
