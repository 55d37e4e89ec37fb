/**
 * The audit of what runs: the same words as admission, whose it is, and what entered while nobody could judge.
 */
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import { auditedObjects, auditObject, type AuditedObject, type AuditWorld } from "../../src/policies/audit.ts";
import { auditReport } from "../../src/policies/audit-report.ts";
import { tallyOf } from "../../src/policies/audit-tally.ts";
import { evaluate } from "../../src/policies/evaluate.ts";
import type { PolicySet } from "../../src/policies/policy-set.ts";
import { contextOf, policySet, policiesText, requestFor } from "../support/admission.ts";
import { budget, deployment, namespaceObject, nodePool, pod, profile, replicaSet } from "../support/objects.ts";

/** The rules that these rows are about: what other rules find is theirs to show. */
const judgedRules: ReadonlySet<string> = new Set(["BIND-004", "COST-001", "DRAIN-001", "DRAIN-002", "EX-001"]);

function fewRules(set: PolicySet): PolicySet {
  return { ...set, rules: new Map([...set.rules].filter(([id]) => judgedRules.has(id))) };
}

const registeredAt = Date.parse("2026-11-01T10:00:00Z");
const policies = fewRules(policySet());

function worldOf(objects: readonly KubeObject[], over: Partial<AuditWorld> = {}): AuditWorld {
  return { policySet: policies, context: contextOf(objects), registeredAt, ...over };
}

function audit(objects: readonly KubeObject[], over: Partial<AuditWorld> = {}, namespace = "shop"): readonly AuditedObject[] {
  const world = worldOf(objects, over);
  return auditedObjects(world.context, namespace).map((object) => auditObject(object, world));
}

const found = (audited: readonly AuditedObject[]) =>
  audited.flatMap(({ kind, name, findings }) => findings.map(({ rule, action }) => `${kind} ${name} ${rule} ${action}`));

function created<T extends KubeObject>(object: T, at: string): T {
  return { ...object, metadata: { ...object.metadata, creationTimestamp: at } };
}

const [early, late] = ["2026-11-01T09:00:00Z", "2026-11-01T11:00:00Z"];
const blocked = [deployment({ replicas: 1 }), budget({ minAvailable: 1 })];

/** A workload and its profile that nothing is found on. */
const fine = [
  deployment({ name: "fine", replicas: 3 }),
  profile({
    name: "fine",
    labels: { "platform.example.com/cost-owner": "billing" },
    spec: { availability: { minReplicas: 3 }, scaling: { maxReplicas: 10 }, disruption: { maxUnavailable: 1 } },
  }),
];

describe("what runs is judged as if it came now", () => {
  it("has the findings that its own admission would have, in the same words", () => {
    const objects = [...blocked, namespaceObject()];
    const [first] = audit(objects);
    const { findings } = evaluate({ policySet: policies, request: requestFor(deployment({ replicas: 1 })), context: contextOf(objects) });
    expect(first?.findings).toEqual(findings);
    expect(found(audit(objects))).toContain("PodDisruptionBudget web DRAIN-002 deny");
  });
  it("is nothing where all is well", () => {
    expect(found(audit(fine))).toEqual([]);
  });
  it("leaves out what a controller made, what has ended and what goes", () => {
    const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "uid-shop-web", controller: true };
    const ended: KubeObject = { ...pod({ name: "done" }), ...{ status: { phase: "Succeeded" } } };
    const going = { ...pod({ name: "old" }), metadata: { ...pod({ name: "old" }).metadata, deletionTimestamp: late } };
    const objects = [deployment({ replicas: 3 }), replicaSet({ name: "web-1", owner }), ended, going];
    expect(audit(objects).map(({ kind, name }) => `${kind} ${name}`)).toEqual(["Deployment web"]);
  });
  it("judges what has no namespace by itself", () => {
    expect(audit([nodePool(), deployment()], {}, "").map(({ kind }) => kind)).toEqual(["NodePool"]);
  });
  it("tells a rule that breaks on its object, and goes on", () => {
    const broken = pod({ name: "a", spec: { containers: [null as never] } });
    const audited = audit([broken, ...blocked]);
    expect(audited.find(({ name }) => name === "a")?.fault).toBeDefined();
    expect(found(audited)).toContain("PodDisruptionBudget web DRAIN-002 deny");
  });
});

describe("what entered while nobody could judge", () => {
  check("is what would be refused, and is younger than our registration", late, registeredAt, true);
  check("is nothing that stood before we were there", early, registeredAt, false);
  check("is not guessed at where nothing is known of a registration", late, undefined, false);

  function check(statement: string, at: string, since: number | undefined, expected: boolean): void {
    it(statement, () => {
      const audited = audit([created(deployment({ replicas: 1 }), at), budget({ minAvailable: 1 })], { registeredAt: since });
      expect(audited.map(({ kind, unseen }) => [kind, unseen])).toContainEqual(["Deployment", expected]);
    });
  }

  const labels = { "platform.example.com/workload-class": "general" };
  const ownedPod = (name: string, at: string, over: object = {}) =>
    created(
      pod({ name, owner: { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-1", uid: "uid-shop-web-1", controller: true }, ...over }),
      at,
    );
  const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "uid-shop-web", controller: true };
  const withPods = (...pods: readonly KubeObject[]) => [
    deployment({ replicas: 3 }),
    replicaSet({ name: "web-1", owner }),
    profile(),
    ...pods,
  ];

  it("tells Pods without their contract once, on the workload that a person restarts", () => {
    const objects = withPods(ownedPod("a", late), ownedPod("b", late), ownedPod("c", early), ownedPod("d", late, { labels }));
    const [entry] = audit(objects).filter(({ kind }) => kind === "Deployment");
    const told = entry?.findings.filter(({ rule }) => rule === "ENTERED-UNSEEN");
    expect(told).toMatchObject([
      {
        action: "warn",
        message: "2 Pods were created while admission was away or had not heard of the profile, so without the contract: a, b",
      },
    ]);
  });
  it("says nothing of Pods that are older than we are, or compiled", () => {
    expect(found(audit(withPods(ownedPod("c", early), ownedPod("d", late, { labels })))).join()).not.toContain("ENTERED-UNSEEN");
  });
});

describe("whose it is", () => {
  const label = (owner: string) => ({ "platform.example.com/cost-owner": owner });
  const ownersOf = (objects: readonly KubeObject[]) => Object.fromEntries(audit(objects).map(({ kind, owner }) => [kind, owner]));
  const oneReplica = (over: object = {}) => deployment({ replicas: 1, ...over });
  check(
    "its own label comes first",
    [oneReplica({ labels: label("own"), podLabels: { app: "web", ...label("pods") } }), budget({ minAvailable: 1 })],
    "own",
  );
  check(
    "then its Pods'",
    [
      oneReplica({ podLabels: { app: "web", ...label("pods") } }),
      budget({ minAvailable: 1 }),
      profile({ spec: { cost: { owner: "profile" } } }),
    ],
    "pods",
  );
  check(
    "then its profile's",
    [
      oneReplica(),
      budget({ minAvailable: 1 }),
      profile({ spec: { cost: { owner: "profile" } } }),
      namespaceObject("shop", label("namespace")),
    ],
    "profile",
  );
  check("then its namespace's", [oneReplica(), budget({ minAvailable: 1 }), namespaceObject("shop", label("namespace"))], "namespace");
  check("and nobody's where nobody says so", [oneReplica(), budget({ minAvailable: 1 }), namespaceObject()], "");

  function check(statement: string, objects: readonly KubeObject[], owner: string): void {
    it(statement, () => {
      expect(ownersOf(objects)["Deployment"]).toBe(owner);
    });
  }
});

describe("the report", () => {
  const audited = (count: number): readonly AuditedObject[] =>
    audit([
      ...Array.from({ length: count }, (_, index) => created(deployment({ name: `web-${index}`, replicas: 1 }), late)),
      ...Array.from({ length: count }, (_, index) =>
        budget({ name: `web-${index}`, minAvailable: 1, selector: { matchLabels: { app: `web-${index}` } } }),
      ),
      ...fine,
    ]);
  const report = (objects: readonly AuditedObject[]) =>
    auditReport({ namespace: "shop", audited: objects, bundle: policies.bundle, domain: "platform.example.com" });

  it("says what would be refused first, on which object, whose, and with the fix", () => {
    const content = report(audited(1));
    expect(content?.metadata).toMatchObject({
      name: "plimsoll",
      namespace: "shop",
      labels: { "app.kubernetes.io/managed-by": "plimsoll" },
    });
    expect(content?.results[0]).toMatchObject({
      source: "plimsoll",
      policy: "DRAIN-002",
      category: "DRAIN",
      result: "fail",
      severity: "high",
      resources: [{ apiVersion: "apps/v1", kind: "Deployment", name: "web-0", namespace: "shop", uid: "uid-shop-web-0" }],
      properties: { action: "deny", entered: "unseen" },
    });
    expect(content?.results[0]?.message).toContain("; fix: ");
    expect(content?.summary).toMatchObject({ pass: 2, error: 0, skip: 0 });
  });
  it("lists at most 300 results, the worst, and counts the others", () => {
    const content = report(audited(200));
    const total = audited(200).flatMap(({ findings }) => findings).length;
    expect(total).toBeGreaterThan(300);
    expect(content?.results.length).toBe(300);
    expect(content?.results.every(({ result }) => result === "fail")).toBe(true);
    expect(content?.metadata.annotations?.["platform.example.com/results-left-out"]).toBe(String(total - 300));
    expect((content?.summary.fail ?? 0) + (content?.summary.warn ?? 0)).toBe(total);
  });
  it("has a hash of its content, whatever the order of the objects", () => {
    const hash = (objects: readonly AuditedObject[]) => report(objects)?.metadata.annotations?.["platform.example.com/report-hash"];
    expect(hash(audited(2))).toBe(hash([...audited(2)].reverse()));
    expect(hash(audited(2))).not.toBe(hash(audited(1)));
  });
  it("is none where nothing was found", () => {
    expect(report(audit(fine))).toBeUndefined();
  });
});

it("an audit rule is told by the audit alone: admission lets it in without a word, and the tally has it", () => {
  const audits = fewRules(
    policySet(
      policiesText
        .replace(/^rules:\n/m, "rules:\n  DRAIN-002: { action: audit }\n")
        .replace(/^ {2}DRAIN-002: (?!\{ action: audit \}).*\n/m, ""),
    ),
  );
  const audited = audit(blocked, { policySet: audits });
  expect(tallyOf(audited).counts).toContainEqual({ owner: "", rule: "DRAIN-002", outcome: "audit", objects: 2 });
  expect(audited.every(({ unseen }) => !unseen)).toBe(true);
});

describe("exemptions", () => {
  const exempting = (expires: string) =>
    fewRules(
      policySet(
        `${policiesText.replace(/^exemptions:[^]*?(?=^\S)/m, "")}
exemptions:
  - id: EX-1
    rules: [DRAIN-001, DRAIN-002]
    match: { namespace: shop, kind: Deployment, name: web }
    owner: dba@example.com
    reason: single writer, failover tested
    expires: "${expires}"
`,
      ),
    );
  it("are honoured: what they lift is skipped, with whose it is, and counted", () => {
    const audited = audit(blocked, { policySet: exempting("2026-12-31") }).filter(({ kind }) => kind === "Deployment");
    const report = auditReport({ namespace: "shop", audited, bundle: "x", domain: "platform.example.com" });
    expect(report?.results.find(({ policy }) => policy === "DRAIN-002")).toMatchObject({
      result: "skip",
      scored: false,
      properties: { exemption: "EX-1", exemptionOwner: "dba@example.com" },
    });
    expect(report?.summary).toMatchObject({ fail: 0, skip: 1 });
    const { exempted, counts } = tallyOf(audited);
    expect([exempted.get("EX-1"), counts.find(({ rule }) => rule === "DRAIN-002")?.outcome]).toEqual([1, "exempted"]);
  });
  it("that have ended lift nothing", () => {
    const audited = audit(blocked, { policySet: exempting("2026-11-30") }).filter(({ kind }) => kind === "Deployment");
    expect(found(audited)).toEqual(expect.arrayContaining(["Deployment web DRAIN-002 deny", "Deployment web EX-001 deny"]));
    expect(tallyOf(audited).exempted.size).toBe(0);
  });
});

describe("a report that is sifted as objects come", () => {
  const subject = { namespace: "shop", bundle: "b", domain: "platform.example.com" };
  const many = audit([
    namespaceObject(),
    ...Array.from({ length: 350 }, (_, index) => deployment({ name: `web-${index}`, replicas: 1 + (index % 2) })),
    ...Array.from({ length: 50 }, (_, index) => budget({ name: `web-${index}`, minAvailable: 1 })),
  ]);
  const weight = { fail: 0, error: 1, warn: 2, skip: 3, pass: 4 };
  it("lists what sorting all of it at once would list", () => {
    const all = many.flatMap((object) => auditReport({ ...subject, audited: [object] })?.results ?? []);
    const orders = new Map(
      all.map((one) => [one, [weight[one.result], one.policy, one.resources[0]?.kind, one.resources[0]?.name, one.message].join("\n")]),
    );
    const sorted = all.toSorted((a, b) => ((orders.get(a) ?? "") < (orders.get(b) ?? "") ? -1 : 1));
    expect(all.length).toBeGreaterThan(500);
    const report = auditReport({ ...subject, audited: many });
    expect(report?.results).toEqual(sorted.slice(0, 300));
    expect(report?.metadata.annotations?.["platform.example.com/results-left-out"]).toBe(String(all.length - 300));
  });
  it("says the same in whatever order they come", () => {
    expect(auditReport({ ...subject, audited: many.toReversed() })).toEqual(auditReport({ ...subject, audited: many }));
  });
});
