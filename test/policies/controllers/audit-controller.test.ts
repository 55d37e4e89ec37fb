/**
 * The audit's controller: reports on the embedded API server, written only when they say something else, and short slices.
 */
import { describe, expect, it } from "vitest";
import type { Change } from "../../../src/api/controller.ts";
import { platformNames } from "../../../src/api/labels.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import type { ApiRequest, Clock } from "../../../src/api/ports.ts";
import { err, ok } from "../../../src/api/result.ts";
import { apiClient } from "../../../src/cluster/api-client.ts";
import { heldObject } from "../../../src/cluster/held-object.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { auditController, wholeReadsMax, type AuditControllerPorts } from "../../../src/policies/controllers/audit-controller.ts";
import { reportShelf } from "../../../src/policies/controllers/audit-shelf.ts";
import { auditTriggers } from "../../../src/policies/controllers/audit-triggers.ts";
import type { PolicySet } from "../../../src/policies/policy-set.ts";
import type { AuditTally } from "../../../src/policies/audit-tally.ts";
import { startWorld } from "../../../src/sim/world.ts";
import { policySet } from "../../support/admission.ts";
import { budget, deployment, namespaceObject, nodePool, pod, profile } from "../../support/objects.ts";
import { yamlObjects, yamlText } from "../../support/yaml-objects.ts";

/** The rules that these rows are about: what other rules find is theirs to show. */
const judgedRules: ReadonlySet<string> = new Set(["BIND-004", "COST-001", "DRAIN-001", "DRAIN-002", "NP-007"]);

function fewRules(set: PolicySet): PolicySet {
  return { ...set, rules: new Map([...set.rules].filter(([id]) => judgedRules.has(id))) };
}

const names = platformNames();
const policies = fewRules(policySet());
const blocked = [namespaceObject(), deployment({ replicas: 1 }), budget({ minAvailable: 1 })];
const spec = { availability: { minReplicas: 3 }, scaling: { maxReplicas: 10 }, disruption: { maxUnavailable: 1 } };
const fine = [
  namespaceObject(),
  deployment({ name: "fine", replicas: 3 }),
  profile({ name: "fine", labels: { [names.costOwnerLabel]: "billing" }, spec }),
];

/** A world with or without the definitions of reports, and the controller over given objects; the clock moves only when told. */
async function opened(options: { readonly definitions?: readonly string[] } & Partial<Pick<AuditControllerPorts, "wholeOf">> = {}) {
  const state = { now: Date.parse("2026-12-01T00:00:00Z"), objects: blocked as readonly KubeObject[], urgent: new Set<string>() };
  const clock: Clock = { now: () => state.now, sleep: () => Promise.resolve() };
  const world = startWorld({ clock, seed: "audit" });
  const transport = world.transport();
  const writes: string[] = [];
  const client = apiClient({
    domain: names.domain,
    transport: {
      ...transport,
      request: (request: ApiRequest) => {
        if (request.method !== "GET") writes.push(`${request.method} ${request.path}`);
        return transport.request(request);
      },
    },
  });
  for (const file of options.definitions ?? ["policyreports", "clusterpolicyreports"]) {
    for (const object of yamlObjects(`deploy/policy-reports/${file}.yaml`)) {
      await transport.request({ method: "POST", path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body: object });
    }
  }
  await transport.request({ method: "POST", path: "/api/v1/namespaces", body: namespaceObject() });
  const told = new Map<string, AuditTally | undefined>();
  const absences: number[] = [];
  const pauses: number[] = [];
  const controller = auditController({
    ...{ snapshot: () => snapshotOf(state.objects), policySet: () => policies, instanceTypes: () => [], names, clock },
    shelf: reportShelf({ client, clock, domain: names.domain, onAbsent: () => absences.push(state.now) }),
    exempt: new Set(["kube-system"]),
    registeredAt: () => undefined,
    wholeOf: options.wholeOf ?? ((object) => Promise.resolve(ok(object))),
    takeUrgent: (namespace) => state.urgent.delete(namespace),
    pause: () => Promise.resolve(void pauses.push(state.now)),
    onAudited: (namespace, tally) => told.set(namespace, tally),
  });
  return {
    state,
    told,
    absences,
    pauses,
    client,
    /** One look at a namespace, a minute after the last; returns the step's kind and what was written. */
    look: async (namespace = "shop", afterMs = 60_000) => {
      state.now += afterMs;
      writes.length = 0;
      const observed = await controller.observe({ namespace, name: "plimsoll" });
      if (observed === undefined) throw new Error("an audit always observes something");
      const step = controller.decide(observed, state.now);
      const requeue = await controller.act(step);
      return { kind: step.kind, requeue, writes: [...writes] };
    },
    report: async () => {
      const answer = await client.request({ method: "GET", path: "/apis/wgpolicyk8s.io/v1alpha2/namespaces/shop/policyreports/plimsoll" });
      return answer.ok ? answer.body : answer.status;
    },
  };
}

const reportPath = "/apis/wgpolicyk8s.io/v1alpha2/namespaces/shop/policyreports/plimsoll";

describe("the report of a namespace", () => {
  it("is applied once, kept while it says the same, and deleted when nothing is found any more", async () => {
    const at = await opened();
    expect(await at.look()).toMatchObject({ kind: "put", writes: [`PATCH ${reportPath}`], requeue: { kind: "done" } });
    expect(await at.report()).toMatchObject({
      kind: "PolicyReport",
      summary: { fail: 2 },
      results: [{ policy: "DRAIN-002", result: "fail" }, { policy: "DRAIN-002" }, {}, {}],
    });
    expect(await at.look()).toMatchObject({ kind: "keep", writes: [] });
    at.state.objects = fine;
    expect(await at.look()).toMatchObject({ kind: "take", writes: [`DELETE ${reportPath}`] });
    expect([await at.report(), (await at.look()).kind]).toEqual([404, "keep"]);
  });
  it("is not asked for again within seconds, but where something was let in that should not have been", async () => {
    const at = await opened();
    await at.look();
    expect(await at.look("shop", 1_000)).toMatchObject({ kind: "later", requeue: { kind: "after", delayMs: 2_000 } });
    at.state.urgent.add("shop");
    expect((await at.look("shop", 0)).kind).toBe("keep");
    at.state.urgent.add("shop");
    expect((await at.look("shop", 100)).kind).toBe("later");
  });
  it("comes back when somebody deleted it, once the copy is no longer trusted", async () => {
    const at = await opened();
    await at.look();
    await at.client.request({ method: "DELETE", path: reportPath });
    expect((await at.look()).kind).toBe("keep");
    expect((await at.look("shop", 300_000)).kind).toBe("put");
  });
  it("goes to openreports.io where the cluster has that alone", async () => {
    const rename = (kind: string, plural: string) => (text: string) =>
      text
        .replaceAll(kind, kind.replace("Policy", ""))
        .replaceAll(plural, plural.replace("policy", ""))
        .replaceAll("wgpolicyk8s.io", "openreports.io")
        .replaceAll("v1alpha2", "v1alpha1")
        .replaceAll(kind.toLowerCase(), kind.replace("Policy", "").toLowerCase());
    const at = await opened({ definitions: [] });
    const { parse } = await import("yaml");
    for (const [kind, plural] of [
      ["PolicyReport", "policyreports"],
      ["ClusterPolicyReport", "clusterpolicyreports"],
    ] as const) {
      const body: unknown = parse(rename(kind, plural)(yamlText(`deploy/policy-reports/${plural}.yaml`)));
      const made = await at.client.request({ method: "POST", path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body });
      expect(made).toMatchObject({ ok: true });
    }
    expect((await at.look()).writes).toEqual(["PATCH /apis/openreports.io/v1alpha1/namespaces/shop/reports/plimsoll"]);
  });
  it("of what has no namespace is the cluster's own", async () => {
    const at = await opened();
    at.state.objects = [...blocked, nodePool()];
    const { kind, writes } = await at.look("");
    expect([kind, writes]).toEqual(["put", ["PATCH /apis/wgpolicyk8s.io/v1alpha2/clusterpolicyreports/plimsoll"]]);
    expect(at.told.get("")?.objects).toBe(1);
  });
});

describe("a cluster without report definitions", () => {
  it("is told of once, and counted all the same", async () => {
    const at = await opened({ definitions: [] });
    expect((await at.look()).kind).toBe("keep");
    expect((await at.look("shop", 600_000)).kind).toBe("keep");
    expect([at.absences.length, at.told.get("shop")?.counts.map(({ rule }) => rule)]).toEqual([1, expect.arrayContaining(["DRAIN-002"])]);
  });
});

describe("what is looked at", () => {
  it("a namespace that is gone, that goes, or that never meets admission has no counts", async () => {
    const at = await opened();
    const going = { ...namespaceObject(), metadata: { ...namespaceObject().metadata, deletionTimestamp: "2026-12-01T00:00:00Z" } };
    for (const [namespace, objects] of [
      ["shop", [going, deployment()]],
      ["none", blocked],
      ["kube-system", [namespaceObject("kube-system")]],
    ] as const) {
      at.state.objects = objects;
      expect([(await at.look(namespace)).kind, at.told.has(namespace), at.told.get(namespace)]).toEqual(["keep", true, undefined]);
    }
  });
  it("a busy namespace waits for its turn: at most one look in three seconds", async () => {
    const at = await opened();
    await at.look();
    expect((await at.look("shop", 1_000)).requeue).toEqual({ kind: "after", delayMs: 2_000 });
    expect((await at.look("shop", 2_000)).kind).toBe("keep");
  });
  it("the loop is let go after each slice of 5 ms", async () => {
    const at = await opened();
    const objects = [namespaceObject(), ...Array.from({ length: 20 }, (_, index) => deployment({ name: `web-${index}`, replicas: 3 }))];
    at.state.objects = objects;
    // Each reading of the clock takes a millisecond: that of an object.
    const clock: Clock = { now: () => (at.state.now += 1), sleep: () => Promise.resolve() };
    const pauses: number[] = [];
    const controller = auditController({
      ...{ snapshot: () => snapshotOf(objects), policySet: () => policies, instanceTypes: () => [], names, clock },
      shelf: reportShelf({ client: at.client, clock, domain: names.domain, onAbsent: () => undefined }),
      exempt: new Set(),
      registeredAt: () => undefined,
      wholeOf: (object) => Promise.resolve(ok(object)),
      pause: () => Promise.resolve(void pauses.push(at.state.now)),
      onAudited: () => undefined,
    });
    await controller.observe({ namespace: "shop", name: "plimsoll" });
    expect(pauses.length).toBeGreaterThanOrEqual(3);
    expect(pauses.length).toBeLessThanOrEqual(5);
  });
});

describe("a namespace of a thousand workloads", () => {
  it("is judged one object at a time, and its report is made in a step of its own", async () => {
    const at = await opened();
    const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-1", uid: "u", controller: true };
    const workloads = Array.from({ length: 1_000 }, (_, index) => deployment({ name: `web-${index}`, replicas: 1 }));
    const pods = workloads.map(({ metadata }) => pod({ name: `${metadata.name ?? ""}-1`, owner }));
    const objects = [namespaceObject(), ...workloads, ...pods];
    const steps = { pauses: 0 };
    const state = { now: at.state.now };
    const controller = auditController({
      ...{ snapshot: () => snapshotOf(objects), policySet: () => policies, instanceTypes: () => [], names },
      // Time moves at each reading, by as much as a slice may take: nobody may go on without letting go.
      clock: { now: () => (state.now += 5), sleep: () => Promise.resolve() },
      shelf: reportShelf({
        client: at.client,
        clock: { now: () => 0, sleep: () => Promise.resolve() },
        domain: names.domain,
        onAbsent: () => undefined,
      }),
      exempt: new Set(),
      registeredAt: () => undefined,
      wholeOf: (object) => Promise.resolve(ok(object)),
      pause: () => Promise.resolve(void (steps.pauses += 1)),
      onAudited: () => undefined,
    });
    const observed = await controller.observe({ namespace: "shop", name: "plimsoll" });
    if (observed?.kind !== "seen") throw new Error("a namespace was not seen");
    expect(observed.audited?.tally.objects).toBe(1_000);
    expect(observed.audited?.report?.results.length).toBe(300);
    // One for each object, Pods that are not judged too, and one before the report.
    expect(steps.pauses).toBe(2_001);
    expect(controller.decide(observed, state.now).kind).toBe("put");
  });
});

describe("an object that is held in part", () => {
  const env = Array.from({ length: 5_000 }, (_unused, index) => ({ name: `NAME_${index}`, value: "v" }));
  const large = (name: string, replicas: number): KubeObject => {
    const { spec, ...rest } = deployment({ name, replicas, labels: { app: name } });
    const [container, ...others] = spec.template.spec.containers;
    const containers = [{ ...container, env }, ...others];
    return { ...rest, spec: { ...spec, template: { ...spec.template, spec: { ...spec.template.spec, containers } } } } as KubeObject;
  };

  it("is judged as it is stored, one read after the other, and so many of a namespace in one look", async () => {
    const reads = { open: 0, most: 0, names: [] as string[] };
    const stored = Array.from({ length: wholeReadsMax + 2 }, (_unused, index) => large(`web-${String(index).padStart(2, "0")}`, 1));
    const at = await opened({
      wholeOf: async ({ metadata }) => {
        reads.most = Math.max(reads.most, (reads.open += 1));
        await Promise.resolve();
        reads.open -= 1;
        reads.names.push(metadata.name ?? "");
        const found = stored.find((one) => one.metadata.name === metadata.name);
        return found === undefined ? err("gone") : ok(found);
      },
    });
    at.state.objects = [namespaceObject(), ...stored.map(heldObject)];
    await at.look();
    expect({ most: reads.most, reads: reads.names.length, first: reads.names[0] }).toEqual({
      most: 1,
      reads: wholeReadsMax,
      first: "web-00",
    });
    expect(at.told.get("shop")?.counts.filter(({ outcome }) => outcome === "error")).toMatchObject([{ objects: 2 }]);
  });

  it("is told as not judged where it can't be read", async () => {
    const at = await opened({ wholeOf: () => Promise.resolve(err("no answer within 30000 ms")) });
    at.state.objects = [namespaceObject(), heldObject(large("web", 1))];
    await at.look();
    expect(at.told.get("shop")?.counts.map(({ outcome }) => outcome)).toEqual(["error"]);
  });
});

describe("what wakes the audit", () => {
  const snapshot = snapshotOf([namespaceObject(), namespaceObject("other")]);
  const triggers = auditTriggers({ snapshot: () => snapshot, names });
  function check(statement: string, change: Change<KubeObject>, namespaces: readonly string[]): void {
    it(statement, () => {
      const found = triggers.filter(({ watches }) => watches === change.object.kind);
      // The trigger is that of the object's own kind.
      const keys = found.flatMap((trigger) =>
        (trigger.keysOf as (of: Change<KubeObject>) => readonly { readonly namespace: string }[])(change),
      );
      expect(keys.map(({ namespace }) => namespace)).toEqual(namespaces);
    });
  }
  const updated = <T extends KubeObject>(object: T, before: T): Change<T> => ({ kind: "updated", object, before });
  const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-1", uid: "u", controller: true };
  const compiled = pod({ owner, labels: { [names.workloadClassLabel]: "general" } });
  check("a workload, its namespace", { kind: "added", object: deployment() }, ["shop"]);
  check("not a workload's status", updated(deployment(), { ...deployment() }), []);
  check("a NodePool, every namespace: Pods may no longer fit", { kind: "added", object: nodePool() }, ["", "other", "shop"]);
  check("a Namespace's labels, itself", updated(namespaceObject("shop", { a: "b" }), namespaceObject()), ["shop"]);
  check("a bare Pod", { kind: "added", object: pod() }, ["shop"]);
  check("a Pod that entered without its contract", { kind: "added", object: pod({ owner }) }, ["shop"]);
  check("no other Pod", { kind: "added", object: compiled }, []);
  check("no Pod's status", updated(pod({ owner }), pod({ owner })), []);
});
