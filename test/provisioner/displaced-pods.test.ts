/** Pods whose node is on its way out are demand: what replaces the node is bought while they still run. */
import { describe, expect, it } from "vitest";
import { platformNames } from "../../src/api/labels.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import type { Node } from "../../src/api/node.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { Pod } from "../../src/api/pod.ts";
import type { Job, StatefulSet } from "../../src/api/workload.ts";
import { catalogInstanceTypes } from "../../src/catalog/instance-types.ts";
import { keyOf } from "../../src/kube/object-key.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { emptinessController } from "../../src/provisioner/controllers/emptiness-controller.ts";
import type { ProvisionerShell } from "../../src/provisioner/controllers/shell.ts";
import { displacedPods, keptForDisplaced } from "../../src/provisioner/displaced-pods.ts";
import type { ObservedEmptiness } from "../../src/provisioner/disruption/emptiness.ts";
import { freshMemory, nextProvisioningStep, type ProvisioningStep } from "../../src/provisioner/provisioning.ts";
import { policySet } from "../support/admission.ts";
import { budget, job, namespaceObject, nodePool, pod, statefulSet } from "../support/objects.ts";

const names = platformNames();
const policies = policySet();
const now = Date.parse("2026-07-01T00:00:00Z");
const instanceTypes = catalogInstanceTypes({ zones: ["ap-southeast-1a"] });
const owner = { apiVersion: "apps/v1", kind: "ReplicaSet", name: "web-5d4f", uid: "uid-set", controller: true };
const window = JSON.stringify([{ schedule: "0 2 * * *", duration: "1h" }]);

describe("a Pod on a node that is to go", () => {
  check("needs a place", [running({})], ["shop/web-1"]);
  check("needs none while the node stays", [running({})], [], { isTainted: false });
  check("needs none where the taint is somebody else's, of another effect", [running({})], [], { isTainted: false, isForeign: true });
  check("needs one where only its NodeClaim is being deleted", [running({})], ["shop/web-1"], { isTainted: false, isDeleted: true });
  check("needs none when it is leaving already: its successor does", [running({ isLeaving: true })], []);
  check("needs one when it is leaving, where its successor comes only once it is gone", [set(1), ofSet("db-0")], ["shop/db-0"]);
  check("needs none where its StatefulSet is scaled down below it", [set(1), ofSet("db-1")], []);
  check("needs none where its StatefulSet counts from another number", [set(1, { ordinals: { start: 1 } }), ofSet("db-0")], []);
  check("needs none where its StatefulSet goes, or is another of its name", [ofSet("db-0")], []);
  check("needs none when it is leaving a node that stays", [set(1), ofSet("db-0")], [], { isTainted: false });
  check("needs one when it is leaving, of a Job that replaces only what has ended", [queue("Failed"), ofJob()], ["shop/queue-1"]);
  check("needs none when it is leaving, of a Job that has replaced it already", [queue("TerminatingOrFailed"), ofJob()], []);
  check("needs none when it is leaving, of a Job that is suspended", [queue("Failed", { suspend: true }), ofJob()], []);
  check("needs none where nobody would make it again", [running({ isBare: true })], []);
  check("needs none where it is of the node", [running({ ownerKind: "DaemonSet" })], []);
  check("needs none while it is not to be disturbed", [running({ annotations: { "karpenter.sh/do-not-disrupt": "true" } })], []);
  check(
    "needs one where that is over soon",
    [running({ annotations: { "karpenter.sh/do-not-disrupt": "1h" }, startedMsAgo: 56 * 60_000 })],
    ["shop/web-1"],
  );
  check(
    "needs none while that is long",
    [running({ annotations: { "karpenter.sh/do-not-disrupt": "1h" }, startedMsAgo: 50 * 60_000 })],
    [],
  );
  check("needs none while its disruption window is far", [running({ annotations: { [names.disruptionWindowAnnotation]: window } })], []);
  check(
    "needs one where the node ends before that window",
    [running({ annotations: { [names.disruptionWindowAnnotation]: window } })],
    ["shop/web-1"],
    {
      isDeleted: true,
      grace: "4m",
    },
  );
  check("needs none under a budget that lets nobody go", [running({}), budget({ maxUnavailable: 0, selector: {} })], []);
  check("needs one under a budget that lets one go at a time", [running({}), budget({ maxUnavailable: 1, selector: {} })], ["shop/web-1"]);
  check(
    "needs one in time for the node's end, whatever its budget",
    [running({}), budget({ maxUnavailable: 0, selector: {} })],
    ["shop/web-1"],
    {
      isDeleted: true,
      grace: "5m",
    },
  );

  function check(what: string, objects: readonly KubeObject[], expected: readonly string[], of: Leaving = {}): void {
    it(what, () => {
      const snapshot = snapshotOf([...objects, node(of), claim(of)]);
      const { pods, nodes } = displacedPods({ snapshot, names, now });
      expect(pods.map(({ key }) => key)).toEqual(expected);
      expect(nodes).toEqual(of.isTainted === false && of.isDeleted !== true ? [] : ["general-1"]);
      expect(pods.filter((one) => one.pod.spec.nodeName)).toEqual([]);
    });
  }
});

describe("the plan", () => {
  const zone = "topology.kubernetes.io/zone";
  const other: Node = {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name: "other", labels: { "kubernetes.io/hostname": "other", [zone]: "ap-southeast-1a" } },
    spec: {},
    status: { allocatable: { cpu: "4", memory: "8Gi", pods: "20" } },
  };

  it("buys a node for them, once, and says that they wait for it", () => {
    const objects = [running({}), running({ name: "web-2" })];
    const first = planned(objects);
    expect(first.nodeClaims).toHaveLength(1);
    expect(first.moves.get("general-1")).toEqual({ waiting: 2, unplaced: 0 });
    const again = planned([...objects, ...first.nodeClaims]);
    expect(again.nodeClaims).toHaveLength(0);
    expect(again.moves.get("general-1")).toEqual({ waiting: 2, unplaced: 0 });
  });

  it("lets the node go once they have room where somebody is ready for them", () => {
    const found = planned([running({}), other]);
    expect(found.nodeClaims).toHaveLength(0);
    expect(found.moves.get("general-1")).toEqual({ waiting: 0, unplaced: 0 });
  });

  it("does not count them where they stand while it places them", () => {
    // One a zone, and there is one zone: counted where it stands, it would keep itself out.
    const alone = [{ topologyKey: zone, labelSelector: { matchLabels: { app: "web" } } }];
    const moved = running({ spec: { affinity: { podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: alone } } } });
    expect(planned([moved, other]).moves.get("general-1")).toEqual({ waiting: 0, unplaced: 0 });
  });

  it("buys the place of a StatefulSet's Pod once: while it runs, while it ends, and when it is gone", async () => {
    const bought = planned([set(1), ofSet("db-0", { isLeaving: false })]);
    expect(bought.nodeClaims).toHaveLength(1);
    const ending = planned([set(1), ofSet("db-0"), ...bought.nodeClaims]);
    expect([ending.nodeClaims, ending.yields]).toEqual([[], []]);
    // A Pod that is leaving already waits for no place.
    expect(ending.moves.get("general-1")).toEqual({ waiting: 0, unplaced: 0 });
    const [replacement] = bought.nodeClaims;
    if (replacement === undefined) throw new Error("nothing was bought");
    const kept = (objects: readonly KubeObject[]) =>
      keptForDisplaced({ snapshot: snapshotOf([node({}), claim({}), ...objects]), names, now }, replacement);
    expect(kept([set(1), ofSet("db-0")])).toBe("Pod shop/db-0, which has to leave its node");
    expect([kept([set(1)]), kept([running({})])]).toEqual([undefined, undefined]);
    const observed = async (objects: readonly KubeObject[]) => {
      const shell = {
        ...{ snapshot: () => snapshotOf([node({}), claim({}), replacement, ...objects]), names },
        ...{ provider: { serves: () => true }, clock: { now: () => now } },
      } as unknown as ProvisionerShell;
      const { controller } = emptinessController(shell, () => Promise.resolve({ kind: "done" }) as never);
      return ((await controller.observe(keyOf(replacement))) as ObservedEmptiness | undefined)?.keptFor;
    };
    expect(await observed([set(1), ofSet("db-0")])).toBe("Pod shop/db-0, which has to leave its node");
    expect(await observed([set(1)])).toBeUndefined();
    const gone = planned([set(1), ...bought.nodeClaims]);
    expect([gone.nodeClaims, gone.yields]).toEqual([[], []]);
    expect(planned([set(1), ofSet("db-0")]).nodeClaims).toHaveLength(1);
  });

  it("says of an empty node that nobody waits", () => {
    const step = stepOf([]);
    expect(step.kind === "idle" ? step.moves.get("general-1") : step.kind).toEqual({ waiting: 0, unplaced: 0 });
  });

  function planned(objects: readonly KubeObject[]): ProvisioningStep & { readonly kind: "plan" } {
    const step = stepOf(objects);
    if (step.kind !== "plan") throw new Error(step.kind);
    return step;
  }

  function stepOf(objects: readonly KubeObject[]): ProvisioningStep {
    const pool = nodePool();
    const snapshot = snapshotOf([namespaceObject(), pool, node({}), claim({}), ...objects]);
    const observed = {
      world: { policySet: policies, snapshot, names, instanceTypes },
      nodeClaims: snapshot.list("NodeClaim"),
      nodePools: [pool],
      instanceTypes: new Map([["general-flex", instanceTypes]]),
      memory: freshMemory,
    };
    return nextProvisioningStep(observed, now);
  }
});

function set(replicas: number, spec: Partial<StatefulSet["spec"]> = {}): StatefulSet {
  const made = statefulSet({ name: "db", replicas });
  return { ...made, spec: { ...made.spec, ...spec } };
}

function ofSet(name: string, { isLeaving = true } = {}): Pod {
  const made = running({ name, isLeaving, ownerKind: "StatefulSet", labels: { app: "db" } });
  const { spec } = set(1).spec.template;
  const reference = { apiVersion: "apps/v1", kind: "StatefulSet", name: "db", uid: "uid-shop-db", controller: true };
  return { ...made, metadata: { ...made.metadata, ownerReferences: [reference] }, spec: { ...spec, nodeName: "general-1" } };
}

function queue(podReplacementPolicy: string, spec: Partial<Job["spec"]> = {}): Job {
  const made = job({ name: "queue" });
  return { ...made, spec: { ...made.spec, parallelism: 1, completions: 2, podReplacementPolicy, ...spec } };
}

function ofJob(): Pod {
  const made = running({ name: "queue-1", isLeaving: true });
  const reference = { apiVersion: "batch/v1", kind: "Job", name: "queue", uid: "uid-shop-queue", controller: true };
  return { ...made, metadata: { ...made.metadata, ownerReferences: [reference] } };
}

interface Leaving {
  readonly isTainted?: boolean;
  /** Tainted by somebody else, with another effect. */
  readonly isForeign?: boolean;
  readonly isDeleted?: boolean;
  readonly grace?: string;
}

function node({ isTainted = true, isForeign = false }: Leaving): Node {
  const labels = {
    "karpenter.sh/nodepool": "general-flex",
    "kubernetes.io/hostname": "general-1",
    "topology.kubernetes.io/zone": "ap-southeast-1a",
    "karpenter.sh/registered": "true",
    "karpenter.sh/initialized": "true",
  };
  const effect = isForeign ? ("NoExecute" as const) : ("NoSchedule" as const);
  const taints = isTainted || isForeign ? [{ key: "karpenter.sh/disrupted", effect }] : [];
  return { apiVersion: "v1", kind: "Node", metadata: { name: "general-1", labels }, spec: { providerID: "kwok://general-1", taints } };
}

function claim({ isDeleted = false, grace }: Leaving): NodeClaim {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: {
      name: "general-1",
      uid: "uid-claim",
      labels: { "karpenter.sh/nodepool": "general-flex" },
      ...(isDeleted ? { deletionTimestamp: "2026-07-01T00:00:00Z" } : {}),
    },
    spec: {
      nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" },
      requirements: [],
      ...(grace === undefined ? {} : { terminationGracePeriod: grace }),
    },
    status: { providerID: "kwok://general-1", nodeName: "general-1" },
  };
}

function running(of: {
  readonly name?: string;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly spec?: Partial<Pod["spec"]>;
  readonly isLeaving?: boolean;
  readonly isBare?: boolean;
  readonly ownerKind?: string;
  readonly startedMsAgo?: number;
}): Pod {
  const {
    name = "web-1",
    annotations = {},
    labels = { app: "web" },
    isLeaving = false,
    isBare = false,
    ownerKind = "ReplicaSet",
    startedMsAgo = 0,
  } = of;
  const made = pod({
    name,
    annotations,
    labels,
    spec: { nodeName: "general-1", ...of.spec },
    ...(isBare ? {} : { owner: { ...owner, kind: ownerKind } }),
  });
  const metadata = isLeaving ? { ...made.metadata, deletionTimestamp: "2026-07-01T00:00:30Z" } : made.metadata;
  return { ...made, metadata, status: { phase: "Running", startTime: new Date(now - startedMsAgo).toISOString() } };
}
