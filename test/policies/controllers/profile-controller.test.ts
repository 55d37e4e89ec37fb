import { describe, expect, it } from "vitest";
import { err, ok } from "../../../src/api/result.ts";
import { platformNames } from "../../../src/api/labels.ts";
import type { KubeObject } from "../../../src/api/object.ts";
import type { WorkloadProfile, WorkloadProfileSpec } from "../../../src/api/workload-profile.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { decideProfile, profileController, type ProfileControllerPorts } from "../../../src/policies/controllers/profile-controller.ts";
import type { ProfileStep } from "../../../src/policies/controllers/profile-step.ts";
import { policySet } from "../../support/admission.ts";
import { budget, deployment, namespaceObject, nodePool, pod, profile, replicaSet } from "../../support/objects.ts";

const names = platformNames();
const now = Date.UTC(2026, 6, 1);

const catalogue = policySet();

function decide(objects: readonly KubeObject[], at = now): ProfileStep {
  const snapshot = snapshotOf(objects);
  const [found] = snapshot.list("WorkloadProfile");
  if (found === undefined) throw new Error("no profile among the objects");
  return decideProfile({ profile: found, snapshot, policySet: catalogue, names, instanceTypes: [] }, at);
}

/** The objects after a step, as an API server would leave them. */
function after(objects: readonly KubeObject[], step: ProfileStep): readonly KubeObject[] {
  if (step.kind !== "write") return objects;
  const gone = new Set([...step.budgets.remove, ...step.budgets.replace].map(({ metadata }) => metadata.name));
  return [
    ...objects
      .filter(({ kind, metadata }) => kind !== "PodDisruptionBudget" || !gone.has(metadata.name))
      .map((object) => (object.kind === "WorkloadProfile" && step.status !== undefined ? { ...object, status: step.status } : object)),
    ...[...step.budgets.create, ...step.budgets.replace],
  ];
}

function settled(objects: readonly KubeObject[]): {
  readonly status: NonNullable<WorkloadProfile["status"]>;
  readonly objects: readonly KubeObject[];
} {
  const world = after(objects, decide(objects));
  const found = snapshotOf(world).list("WorkloadProfile")[0];
  if (found?.status === undefined) throw new Error("a first look always writes a status");
  return { status: found.status, objects: world };
}

function conditionsOf(objects: readonly KubeObject[]): Readonly<Record<string, string>> {
  return Object.fromEntries((settled(objects).status.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]));
}

/** An API that records what it is asked, and refuses one call. */
function client(fails?: string) {
  const calls: string[] = [];
  const answer = async <T>(call: string, value: T) => {
    calls.push(call);
    return await Promise.resolve(fails === call ? err({ code: 409, message: "conflict" }) : ok(value));
  };
  const port: ProfileControllerPorts["client"] = {
    create: (kind, object, options) => answer(`create ${kind} ${object.metadata.name} by ${options?.fieldManager}`, object),
    replace: (kind, object, options) =>
      answer(`replace ${kind} ${object.metadata.name} at ${object.metadata.resourceVersion} by ${options?.fieldManager}`, object),
    applyStatus: (kind, object) => answer(`applyStatus ${kind} ${object.metadata.name}`, object as never),
    delete: (kind, key, options) => answer(`delete ${kind} ${key.name} ${options?.uid ?? "any"}`, "deleted" as const),
    patch: (kind, key) => answer(`patch ${kind} ${key.name}`, undefined as never),
  };
  return { calls, port };
}

function controller(objects: readonly KubeObject[], port: ProfileControllerPorts["client"]) {
  const snapshot = snapshotOf(objects);
  return profileController({ client: port, snapshot: () => snapshot, policySet: () => catalogue, instanceTypes: () => [], names });
}

const spec: WorkloadProfileSpec = {
  availability: { minReplicas: 3, zoneSpread: "required" },
  scaling: { maxReplicas: 50 },
  disruption: { minAvailable: "80%" },
};
const web = (over: WorkloadProfileSpec = {}) => profile({ spec: { ...spec, ...over } });
const scaledTo = (replicas: number) => deployment({ replicas });

describe("the first look at a profile", () => {
  it("writes the budget and the status, and the second look writes nothing", () => {
    const first = decide([web(), scaledTo(3)]);
    expect(first).toMatchObject({
      kind: "write",
      budgets: { remove: [], create: [{ metadata: { name: "web" }, spec: { maxUnavailable: 1 } }] },
    });
    expect(decide(after([web(), scaledTo(3)], first), now + 60_000)).toEqual({ kind: "keep", looksAgain: false });
  });
  it("tells everything in one status", () => {
    const pods = [pod({ name: "a", owner: ownedBy("rs") }), pod({ name: "b", owner: ownedBy("rs") })];
    const { status } = settled([web(), scaledTo(3), rs(), ...pods, nodePool(), namespaceObject()]);
    expect(status).toMatchObject({
      targetCount: 1,
      targets: [{ kind: "Deployment", name: "web", matchedBy: "name", replicas: 3, podsCompiled: 0, podsStale: 2 }],
      compiled: {
        pdb: "web: maxUnavailable 1",
        spread: "zone required, host preferred",
        placement: "workload-class=general",
        requests: "250m/256Mi",
        policyBundle: catalogue.bundle,
      },
      evictionsAllowed: { atMin: 1, now: 1, atMax: 10, summary: "1/1" },
      plan: { pool: "general-flex" },
      resolved: { runtimeClass: "general", availability: { minReplicas: 3, hostSpread: "preferred" }, compute: { cpuRequest: "250m" } },
    });
  });
  it("counts a Pod as compiled once it carries the contract's hash", () => {
    const hash = settled([web(), scaledTo(3)]).status.compiled?.hash ?? "";
    const fresh = pod({
      name: "a",
      limits: { memory: "256Mi" },
      owner: ownedBy("rs"),
      labels: { app: "web", [names.profileHashLabel]: hash },
    });
    const ended: KubeObject = { ...pod({ name: "b", owner: ownedBy("rs") }), ...{ status: { phase: "Succeeded" } } };
    expect(settled([web(), scaledTo(3), rs(), fresh, ended]).status.targets).toMatchObject([{ podsCompiled: 1, podsStale: 0 }]);
  });
});

function ownedBy(name: string) {
  return { apiVersion: "apps/v1", kind: "ReplicaSet", name, uid: `uid-shop-${name}`, controller: true };
}

function rs() {
  return replicaSet({
    name: "rs",
    owner: { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "uid-shop-web", controller: true },
  });
}

describe("the budget follows the scale", () => {
  it("is rendered again when the scale crosses the border, both ways", () => {
    let world = settled([web(), scaledTo(3)]).objects;
    const scale = (replicas: number) => {
      world = [...world.filter(({ kind }) => kind !== "Deployment"), scaledTo(replicas)];
      const step = decide(world);
      world = after(world, step);
      return step.kind !== "write" ? [] : step.budgets.replace.map(({ spec }) => spec.minAvailable ?? spec.maxUnavailable);
    };
    expect([4, 5, 50, 5, 4].map(scale)).toEqual([[], ["80%"], [], [], [1]]);
  });
});

describe("conditions", () => {
  function check(name: string, objects: readonly KubeObject[], expected: Readonly<Record<string, string>>) {
    it(name, () => {
      expect(conditionsOf(objects)).toMatchObject(expected);
    });
  }
  check("say that a drain is safe because the budget was adjusted", [web(), scaledTo(3)], {
    Accepted: "True Accepted",
    Bound: "True Bound",
    Compiled: "True Compiled",
    DrainSafe: "True AdjustedForDrain",
    ZoneSpread: "True Required",
    Ready: "True Ready",
  });
  check("say that nothing is bound yet", [web()], {
    Bound: "False NoWorkload",
    Compiled: "Unknown NoWorkload",
    DrainSafe: "Unknown NoWorkload",
    Ready: "False BoundNoWorkload",
  });
  check("name an unknown class", [web({ runtimeClass: "genral" }), scaledTo(3)], {
    Accepted: "False Refused",
    Bound: "False NoWorkload",
    Ready: "False AcceptedRefused",
  });
  check(
    "name a second profile that claims the workload",
    [
      web({ bind: { targetRef: { kind: "Deployment", name: "web" } } }),
      profile({ name: "zz", spec: { bind: { targetRef: { kind: "Deployment", name: "web" } } } }),
      scaledTo(3),
    ],
    { Bound: "False Ambiguous", Ready: "False BoundAmbiguous" },
  );
  check("name fields that this version does not compile", [web({ scaling: { maxReplicas: 9, headroomPods: 2 } }), scaledTo(3)], {
    Compiled: "False NotYetCompiled",
    Ready: "False CompiledNotYetCompiled",
  });
  check("refuse to adopt in silence", [web(), scaledTo(3), budget({ minAvailable: 1 })], {
    Compiled: "False ForeignBudget",
    DrainSafe: "False ForeignBudget",
  });
  check(
    "see a second budget of somebody else's",
    [web(), scaledTo(3), budget({ name: "other", maxUnavailable: 1, selector: { matchLabels: { app: "web" } } })],
    { DrainSafe: "False TwoBudgets" },
  );
  check("call a single replica unsafe where its class does", [web({ availability: { minReplicas: 1 }, scaling: {} }), scaledTo(1)], {
    DrainSafe: "False Singleton",
  });
  check(
    "let a single replica be where its class does",
    [web({ runtimeClass: "batch", availability: { minReplicas: 1 }, scaling: {} }), scaledTo(1)],
    { DrainSafe: "True SingletonWithoutBudget" },
  );
  check("know a NodePool that takes the Pods", [web(), scaledTo(3), nodePool()], { Placeable: "True NodePoolFound" });
  check("know that none does", [web(), scaledTo(3), nodePool({ labels: { "workload-class": "batch" } })], {
    Placeable: "False NoNodePool",
    Ready: "False PlaceableNoNodePool",
  });
  it("leave out what cannot be judged", () => {
    expect(Object.keys(conditionsOf([web({ availability: { minReplicas: 3, zoneSpread: "none" } }), scaledTo(3)]))).toEqual([
      "Accepted",
      "Bound",
      "Compiled",
      "DrainSafe",
      "Ready",
    ]);
  });
  it("tell what the loss of one zone leaves", () => {
    const { status } = settled([web({ availability: { minReplicas: 6, zoneSpread: "required" } }), scaledTo(6)]);
    expect(status.conditions?.find(({ type }) => type === "ZoneSpread")?.message).toBe("3 zones; one zone lost leaves 4 of 6 (67%)");
  });
  it("tell that a zone is lost, and Pods that wait for it are made again", () => {
    const lost: WorkloadProfile = {
      ...web({ availability: { minReplicas: 6, zoneSpread: "required" } }),
      status: { lostZones: ["ap-southeast-1c"] },
    };
    const { status } = settled([lost, scaledTo(6)]);
    expect(status.conditions?.find(({ type }) => type === "ZoneSpread")).toMatchObject({
      status: "False",
      reason: "ZoneLost",
      message:
        "ap-southeast-1c is lost: nothing that these Pods could run on is to be had there; new Pods are spread over 2 zones, and over all again once there is",
    });
    expect(status.conditions?.find(({ type }) => type === "Ready")).toMatchObject({ status: "False", reason: "ZoneSpreadZoneLost" });
  });
  it("keep their date while their status stays", () => {
    const world = settled([web(), scaledTo(3)]).objects.map((object) => (object.kind === "Deployment" ? scaledTo(4) : object));
    const step = decide(world, now + 3_600_000);
    const dates = step.kind === "write" ? step.status?.conditions?.map(({ lastTransitionTime }) => lastTransitionTime) : [];
    expect(new Set(dates)).toEqual(new Set(["2026-07-01T00:00:00Z"]));
  });
});

describe("what is not known", () => {
  it("is waited for: a budget is never taken away because its workload was not listed yet", async () => {
    const world = settled([web(), scaledTo(3)]).objects;
    const full = snapshotOf(world.filter(({ kind }) => kind !== "Deployment"));
    const partial = {
      ...full,
      list: full.list.bind(full),
      get: full.get.bind(full),
      by: full.by.bind(full),
      knows: (kind: string) => kind !== "Deployment",
    };
    const [found] = full.list("WorkloadProfile");
    const step =
      found === undefined
        ? undefined
        : decideProfile({ profile: found, snapshot: partial, policySet: catalogue, names, instanceTypes: [] }, now);
    expect(step).toEqual({ kind: "wait" });
    expect(step === undefined ? undefined : await controller([], client().port).act(step)).toEqual({ kind: "after", delayMs: 1000 });
  });
  it("keeps the budget of a profile whose class has gone", () => {
    const world = settled([web(), scaledTo(3)]).objects.map((object) =>
      object.kind === "WorkloadProfile" ? { ...object, spec: { ...spec, runtimeClass: "gone" } } : object,
    );
    expect(decide(world)).toMatchObject({ kind: "write", budgets: { remove: [], create: [], replace: [] } });
  });
});

describe("a Pod that waits for a lost zone", () => {
  const spread = { maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "DoNotSchedule", minDomains: 4 } as const;
  const made = pod({ name: "a", owner: ownedBy("rs"), spec: { topologySpreadConstraints: [spread] } });
  const stuck: KubeObject = {
    ...made,
    metadata: { ...made.metadata, creationTimestamp: "2026-06-30T00:00:00Z", resourceVersion: "5" },
    ...{ status: { phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable" }] } },
  };

  it("is deleted once, with an event, and looked at again", async () => {
    const world = settled([web(), scaledTo(3), rs(), stuck]).objects;
    const step = decide(world);
    expect(step).toMatchObject({ kind: "write", remake: { metadata: { name: "a" } }, events: [{ type: "Warning", reason: "ZoneLost" }] });
    const { calls, port } = client();
    expect(await controller(world, port).act(step)).toEqual({ kind: "after", delayMs: 30_000 });
    expect(calls).toEqual(["delete Pod a uid-shop-a"]);
  });
});

describe("two workloads of one name", () => {
  it("each have their own budget", () => {
    const twin: KubeObject = { ...replicaSet({ name: "web", replicas: 3, podLabels: { app: "twin" } }) };
    const step = decide([web(), scaledTo(3), twin]);
    expect(step.kind === "write" ? step.budgets.create.map(({ metadata }) => metadata.name) : []).toEqual(["web", "web-replicaset-web"]);
  });
});

describe("acting", () => {
  const theirs = budget({ minAvailable: 1 });
  const adopting = [
    web({ disruption: { minAvailable: "80%", adopt: true } }),
    scaledTo(3),
    { ...theirs, metadata: { ...theirs.metadata, resourceVersion: "7" } },
  ];
  it("takes a budget over by one write of what it has seen, then tells", async () => {
    const { calls, port } = client();
    const ours = controller(adopting, port);
    const observed = await ours.observe({ namespace: "shop", name: "web" });
    expect(observed === undefined ? undefined : await ours.act(ours.decide(observed, now))).toEqual({ kind: "done" });
    expect(calls).toEqual(["replace PodDisruptionBudget web at 7 by plimsoll-compiler", "applyStatus WorkloadProfile web"]);
  });
  it("takes no budget that was made since it looked: it asks to be called again, and writes nothing more", async () => {
    const { calls, port } = client("create PodDisruptionBudget web by plimsoll-compiler");
    const ours = controller([web(), scaledTo(3)], port);
    const observed = await ours.observe({ namespace: "shop", name: "web" });
    expect(observed === undefined ? undefined : await ours.act(ours.decide(observed, now))).toEqual({
      kind: "retry",
      reason: "create PodDisruptionBudget web: conflict",
    });
    expect(calls).toHaveLength(1);
  });
  it("has nothing to do for a profile that is gone or going", async () => {
    const { port } = client();
    const going = { ...web(), metadata: { ...web().metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } };
    expect(await controller([], port).observe({ namespace: "shop", name: "web" })).toBeUndefined();
    expect(await controller([going], port).observe({ namespace: "shop", name: "web" })).toBeUndefined();
  });
});
