/**
 * Arrivals: what admission let in, since it had not heard of the other object yet, is told as soon as the watch shows both.
 */
import { describe, expect, it } from "vitest";
import type { AnyTrigger, Change } from "../../../src/api/controller.ts";
import { platformNames } from "../../../src/api/labels.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { arrivalController } from "../../../src/policies/controllers/arrival-controller.ts";
import { contextOf, policySet, testNow } from "../../support/admission.ts";
import { autoscaler, budget, deployment, namespaceObject, pod, profile, replicaSet, statefulSet } from "../../support/objects.ts";

const names = platformNames();
const policies = policySet();
const bound = { runtimeClass: "general", availability: { minReplicas: 2 }, scaling: { maxReplicas: 9 } };

function dated<T extends KubeObject>(object: T, ageMs = 1_000): T {
  const creationTimestamp = new Date(testNow - ageMs).toISOString();
  return { ...object, metadata: { ...object.metadata, generation: 1, creationTimestamp } };
}

/** A controller over a world; `bring` is one change of a watch, and the look at what it concerns. */
function opened(world: readonly KubeObject[]) {
  const state = { objects: world };
  const found: string[] = [];
  const { controller, triggers } = arrivalController({
    ...{ snapshot: () => snapshotOf([namespaceObject(), ...state.objects]), policySet: () => policies, names },
    instanceTypes: () => contextOf([]).instanceTypes,
    clock: { now: () => testNow },
    exempt: new Set(["kube-system"]),
    onFound: (namespace) => found.push(namespace),
  });
  const without = ({ kind, metadata }: KubeObject) =>
    state.objects.filter((other) => other.kind !== kind || other.metadata.name !== metadata.name);
  const bring = (object: KubeObject, before?: KubeObject): Promise<readonly string[]> => {
    state.objects = [...without(object), object];
    return look(before === undefined ? { kind: "added", object } : { kind: "updated", object, before });
  };
  const drop = (object: KubeObject): Promise<readonly string[]> => {
    state.objects = without(object);
    return look({ kind: "deleted", object });
  };
  const look = async (change: Change<KubeObject>): Promise<readonly string[]> => {
    const { object } = change;
    const watching = triggers.filter(({ watches }) => watches === object.kind);
    const keys = watching.flatMap((trigger) =>
      (trigger as AnyTrigger & { keysOf(of: Change<KubeObject>): readonly never[] }).keysOf(change),
    );
    const told: string[] = [];
    for (const key of keys) {
      const observed = await controller.observe(key);
      if (observed === undefined) continue;
      const step = controller.decide(observed, testNow);
      await controller.act(step);
      for (const { regarding, reason, message } of step.events) {
        told.push(`${regarding.kind}/${regarding.name} ${reason} ${/\[[A-Z]+-\d+\]/.exec(message)?.[0] ?? ""}`.trim());
      }
    }
    return told;
  };
  return { bring, drop, found };
}

const ofWeb = { matchLabels: { app: "web" } };
const single = dated(deployment({ replicas: 1 }));
const three = dated(deployment({ replicas: 3 }));
const atThree = dated(budget({ minAvailable: 3 }));
const replicated = dated(replicationController());
const rows: readonly (readonly [string, KubeObject, KubeObject, string])[] = [
  ["a budget and its Deployment", atThree, three, "Deployment/web PolicyViolation [DRAIN-002]"],
  ["a Deployment and its budget", three, atThree, "PodDisruptionBudget/web PolicyViolation [DRAIN-002]"],
  ["a budget and its ReplicationController", atThree, replicated, "ReplicationController/web PolicyViolation [DRAIN-002]"],
  [
    "two budgets",
    dated(budget({ name: "a", maxUnavailable: 1, selector: ofWeb })),
    dated(budget({ name: "b", maxUnavailable: 1, selector: ofWeb })),
    "PodDisruptionBudget/b PolicyViolation",
  ],
  ["a profile and a workload beneath it", dated(profile({ spec: bound })), single, "Deployment/web PolicyViolation"],
  ["a workload and a profile above it", single, dated(profile({ spec: bound })), "WorkloadProfile/web PolicyViolation"],
  [
    "a profile's workload and an autoscaler",
    three,
    dated(autoscaler({ minReplicas: 1, maxReplicas: 20 })),
    "HorizontalPodAutoscaler/web PolicyViolation",
  ],
];

describe("two objects that each pass without the other", () => {
  it.each(rows)("%s: the second one is told of, and the report is asked for", async (what, first, second, told) => {
    const beside = what === "two budgets" ? [three] : what.includes("autoscaler") ? [dated(profile({ spec: bound }))] : [];
    const { bring, found } = opened([...beside, first]);
    const events = await bring(second);
    expect(events.map((event) => event.startsWith(told))).toEqual([true]);
    expect(found).toEqual(["shop"]);
  });

  it("are told of where both were updated, each from a state that was right", async () => {
    const { bring } = opened([budget({ minAvailable: 1 })]);
    const next = { ...single, metadata: { ...single.metadata, generation: 2 } };
    expect(await bring(next, three)).toEqual([expect.stringMatching(/^Deployment\/web PolicyViolation/)]);
  });
});

describe("a deletion", () => {
  const lent = [single, budget({ minAvailable: 1 })];
  const hpa = autoscaler({ minReplicas: 3, maxReplicas: 5 });
  const claimed = { ...hpa, metadata: { ...hpa.metadata, ownerReferences: [ownerOf(three)] } };
  const shop = { ...namespaceObject(), metadata: { ...namespaceObject().metadata, deletionTimestamp: "2026-12-01T00:00:00Z" } };
  const rows: readonly (readonly [string, KubeObject, readonly KubeObject[], readonly string[]])[] = [
    ["of an autoscaler that made a replica lawful", hpa, lent, ["Deployment/web PolicyViolation [DRAIN-002]"]],
    ["of one that names a controller", claimed, lent, ["Deployment/web PolicyViolation [DRAIN-002]"]],
    ["of an autoscaler that lent nothing", hpa, [three, budget({ minAvailable: 1 })], []],
    ["of a budget that guarded nobody", budget({ name: "other", maxUnavailable: 1 }), [three], []],
    ["beside its workload's own", hpa, lent.slice(1), []],
    ["with its namespace", hpa, [...lent, shop], []],
  ];
  it.each(rows)("%s is told of on what it leaves", async (_, gone, world, told) => {
    const { drop, found } = opened([...world, gone]);
    expect(await drop(gone)).toEqual(told);
    expect(found).toEqual(told.length > 0 ? ["shop"] : []);
  });

  const set = dated(statefulSet());
  const pods = ["web-0", "web-1"].map((name) => pod({ name, labels: { app: "web" }, owner: ownerOf(set) }));
  const both = budget({
    name: "both",
    minAvailable: 3,
    selector: { matchExpressions: [{ key: "app", operator: "In", values: ["web", "api"] }] },
  });
  const beside = [deployment({ name: "api" }), both];
  const going = (finalizer: string) => ({
    ...set,
    metadata: { ...set.metadata, deletionTimestamp: "2026-12-01T00:00:00Z", finalizers: [finalizer] },
  });
  const left = "Deployment/api PolicyViolation [DRAIN-002]";
  it("of a workload makes Events on those that its Pods helped under a budget, when it goes and when it begins", async () => {
    expect(await opened(beside).drop(set)).toEqual([left]);
    const { bring, drop, found } = opened(beside);
    expect(await bring(going("foregroundDeletion"), set)).toEqual([left]);
    expect(await drop(going("foregroundDeletion"))).toEqual([left]);
    expect(found).toEqual(["shop", "shop"]);
  });
  it("of a StatefulSet makes an Event on itself where its Pods stay under a budget", async () => {
    const own = [...pods, budget({ minAvailable: 1 })];
    expect(await opened(own).bring(going("example.com/hold"), set)).toEqual(["StatefulSet/web PolicyViolation [DRAIN-047]"]);
    expect(await opened(own).bring(going("orphan"), set)).toEqual(["StatefulSet/web PolicyViolation [DRAIN-047]"]);
    expect(await opened(own).bring(going("foregroundDeletion"), set)).toEqual([]);
    expect(await opened(pods).bring(going("example.com/hold"), set)).toEqual([]);
  });
  it("of a ReplicaSet that its Deployment makes again is not told of", async () => {
    const made = dated(replicaSet({ name: "web", owner: ownerOf(three) }));
    expect(await opened([three, ...beside]).drop(made)).toEqual([]);
  });
});

describe("nothing is told", () => {
  const rows: readonly {
    readonly what: string;
    readonly world: readonly KubeObject[];
    readonly object: KubeObject;
    readonly before?: KubeObject;
  }[] = [
    { what: "of a budget that lets Pods go", world: [three], object: dated(budget({ maxUnavailable: 1 })) },
    { what: "of what stands as it may", world: [dated(profile({ spec: bound }))], object: three },
    {
      what: "of what has long been there, as a watch that begins replays it",
      world: [atThree],
      object: dated(deployment({ replicas: 3 }), 3_600_000),
    },
    { what: "of a change beside what was wrong before", world: [atThree], object: relabelled(three), before: three },
    { what: "of a status", world: [atThree], object: { ...three, status: { replicas: 3 } } as KubeObject, before: three },
    {
      what: "of what goes",
      world: [atThree],
      object: { ...three, metadata: { ...three.metadata, deletionTimestamp: "2026-12-01T00:00:00Z" } },
    },
    { what: "in a namespace that never meets admission", world: [inKubeSystem(atThree)], object: inKubeSystem(three) },
    {
      what: "of what a controller made of a workload that is judged",
      world: [three, atThree],
      object: dated(replicaSet({ name: "web-5d4f", owner: ownerOf(three) })),
    },
  ];
  it.each(rows)("$what", async ({ world, object, before }) => {
    const { bring, found } = opened(world);
    expect(await bring(object, before)).toEqual([]);
    expect(found).toEqual([]);
  });
});

describe("a Pod that was made before anybody had heard of its profile", () => {
  const set = dated(replicaSet({ name: "web-5d4f", owner: ownerOf(three) }));
  const podOf = (annotations: Readonly<Record<string, string>>, ageMs: number) =>
    dated(
      pod({
        name: "web-5d4f-x",
        owner: { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5d4f", uid: set.metadata.uid ?? "", controller: true },
        annotations,
      }),
      ageMs,
    );
  const note = (name: string) => ({ [names.compiledAnnotation]: JSON.stringify({ profile: name, changed: {} }) });
  const stands = dated(profile({ spec: bound }), 5_000);

  it("is told of when it comes, and when the profile comes", async () => {
    expect(await opened([three, set, stands]).bring(podOf({}, 1_000))).toEqual(["Pod/web-5d4f-x ContractMissing"]);
    const late = await opened([three, set, podOf({}, 1_000)]).bring(stands);
    expect(late).toContain("Pod/web-5d4f-x ContractMissing");
  });

  it("and not where it carries the contract, or was made before the profile", async () => {
    expect(await opened([three, set, stands]).bring(podOf(note("web"), 1_000))).toEqual([]);
    expect(await opened([three, set, stands]).bring(podOf({}, 30_000))).toEqual([]);
    expect(await opened([three, set]).bring(podOf({}, 1_000))).toEqual([]);
  });
});

/** Its selector is a plain map. */
function replicationController(): KubeObject {
  const { metadata, spec } = replicaSet({ replicas: 3 });
  return { apiVersion: "v1", kind: "ReplicationController", metadata, spec: { ...spec, selector: { app: "web" } } } as KubeObject;
}

function relabelled(object: KubeObject): KubeObject {
  return { ...object, metadata: { ...object.metadata, generation: 2, labels: { ...object.metadata.labels, team: "shop" } } };
}

function inKubeSystem<T extends KubeObject>(object: T): T {
  return { ...object, metadata: { ...object.metadata, namespace: "kube-system" } };
}

function ownerOf({ apiVersion, kind, metadata }: KubeObject) {
  return { apiVersion, kind, name: metadata.name ?? "", uid: metadata.uid ?? "", controller: true };
}
