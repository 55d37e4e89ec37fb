/**
 * Attach limits on the real kube-scheduler: it binds as many Pods with volumes to a Node as the plan puts there, and no more.
 *
 * Nodes have CSINodes as drivers write them; claims are bound beforehand, since no driver runs here. Each Pod may go to one Node only,
 * so that both are asked the same. Which of several equal Pods comes first is nobody's promise: their numbers are compared.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { hostnameLabel, platformNames } from "../../src/api/labels.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { Pod } from "../../src/api/pod.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { clusterInput } from "../../src/provisioner/cluster-input.ts";
import { solve } from "../../src/provisioner/scheduling/solve.ts";
import { policySet } from "../support/admission.ts";
import { startControlPlane, type ControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";

const namespace = "default";
const driver = "disk.example.com";
const waits = { timeout: 60_000, interval: 200 };

/** Nodes by name: how many volumes their driver attaches; null stands for a driver without a limit. */
const limits = { few: 3, none: null, full: 1, silent: undefined } as const;
type NodeName = keyof typeof limits;

/** Pods by what they mount; a claim of their own has their name. */
interface Group {
  readonly on: NodeName;
  readonly count: number;
  readonly own: number;
  readonly shared?: readonly string[];
}

const running: Readonly<Record<string, Group>> = {
  "runs-few": { on: "few", count: 1, own: 0, shared: ["both"] },
  "runs-full": { on: "full", count: 1, own: 1, shared: ["again"] },
};
const waiting: Readonly<Record<string, Group>> = {
  few: { on: "few", count: 4, own: 1 },
  sharing: { on: "few", count: 2, own: 0, shared: ["both"] },
  none: { on: "none", count: 6, own: 1 },
  full: { on: "full", count: 2, own: 1 },
  again: { on: "full", count: 2, own: 0, shared: ["again"] },
  silent: { on: "silent", count: 5, own: 2 },
  large: { on: "few", count: 1, own: 4 },
};

await describeOnControlPlane("attach limits", () => {
  let plane: ControlPlane;

  beforeAll(async () => {
    plane = await startControlPlane({ without: ["kwok", "kube-controller-manager"] });
    await send(plane, `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: "default" } });
    for (const name of Object.keys(limits)) await standNode(plane, name);
    await makeVolumes(plane);
    for (const pod of podsOf(running)) await send(plane, podsPath, { ...pod, spec: { ...pod.spec, nodeName: nodeOf(pod) } });
  }, 600_000);

  afterAll(async () => {
    await plane.close();
  });

  test("the scheduler binds as many Pods of each kind as the plan has places for", { timeout: 120_000 }, async () => {
    const pods = podsOf(waiting);
    const planned = await plannedPods(plane, pods);
    for (const pod of pods) await send(plane, podsPath, pod);
    await expect.poll(async () => (await listed(plane, podsPath)).filter(isUnseen).length, waits).toBe(0);
    const seen = (await listed(plane, podsPath)).map((object) => object as Pod & Seen);
    const bound = seen.filter(({ metadata, spec }) => spec.nodeName && kindOf(metadata.name) in waiting);
    expect(countByKind(bound.map(({ metadata }) => metadata.name))).toEqual(countByKind(planned));
    expect(countByKind(planned)).toEqual({ few: 2, sharing: 2, none: 6, again: 2, silent: 5 });
    const refused = seen
      .filter(({ spec }) => !spec.nodeName)
      .map(({ status }) => status?.conditions?.map(({ message }) => message).join() ?? "");
    expect(refused).toHaveLength(5);
    for (const says of refused) expect(says).toContain("exceed max volume count");
  });
});

interface Seen {
  readonly status?: { readonly conditions?: readonly { readonly type: string; readonly message?: string }[] };
}

const podsPath = `/api/v1/namespaces/${namespace}/pods`;

/** Returns the names of the Pods that a plan over the cluster as it stands puts on its Nodes. */
async function plannedPods(plane: ControlPlane, pods: readonly Pod[]): Promise<readonly string[]> {
  const paths = [podsPath, "/api/v1/nodes", "/api/v1/persistentvolumes", `/api/v1/namespaces/${namespace}/persistentvolumeclaims`];
  const ofStorage = ["storageclasses", "csinodes"].map((resource) => `/apis/storage.k8s.io/v1/${resource}`);
  const objects = await Promise.all([...paths, ...ofStorage].map((path) => listed(plane, path)));
  const world = { snapshot: snapshotOf(objects.flat()), names: platformNames(), policySet: policySet(), instanceTypes: [] };
  const pending = pods.map((pod) => ({ key: `${namespace}/${pod.metadata.name ?? ""}`, pod }));
  const input = clusterInput({ world, nodeClaims: [], nodePools: [], instanceTypes: new Map() }, { pods: pending, now: 0 });
  return solve(input).existing.flatMap(({ pods: own }) => own.map(({ pod }) => pod.metadata.name ?? ""));
}

function podsOf(groups: Readonly<Record<string, Group>>): readonly Pod[] {
  return Object.entries(groups).flatMap(([kind, { on, count, own, shared = [] }]) =>
    Array.from({ length: count }, (_, index): Pod => {
      const name = `${kind}-${index}`;
      const claims = [...Array.from({ length: own }, (_one, at) => `${name}-${at}`), ...shared];
      return {
        ...{ apiVersion: "v1", kind: "Pod", metadata: { name, namespace } },
        spec: {
          containers: [{ name: "app", image: "example.com/app:1" }],
          nodeSelector: { [hostnameLabel]: on },
          volumes: claims.map((claimName) => ({ name: claimName, persistentVolumeClaim: { claimName } })),
        },
      };
    }),
  );
}

async function makeVolumes(plane: ControlPlane): Promise<void> {
  await send(plane, "/apis/storage.k8s.io/v1/storageclasses", { metadata: { name: "disks" }, provisioner: driver });
  const mounted = [...podsOf(running), ...podsOf(waiting)].flatMap(({ spec }) => spec.volumes ?? []);
  for (const name of new Set(mounted.map((volume) => volume.name))) {
    const common = { accessModes: ["ReadWriteOnce"], storageClassName: "disks" };
    const claimRef = { kind: "PersistentVolumeClaim", namespace, name };
    const csi = { driver, volumeHandle: `handle-${name}` };
    await send(plane, "/api/v1/persistentvolumes", {
      metadata: { name: `volume-${name}` },
      spec: { ...common, capacity: { storage: "1Gi" }, claimRef, csi },
    });
    await send(plane, `/api/v1/namespaces/${namespace}/persistentvolumeclaims`, {
      metadata: { name, annotations: { "pv.kubernetes.io/bind-completed": "yes" } },
      spec: { ...common, resources: { requests: { storage: "1Gi" } }, volumeName: `volume-${name}` },
    });
  }
}

/** Admission taints a new Node as not ready; nobody takes that off but us. */
async function standNode(plane: ControlPlane, name: string): Promise<void> {
  const amounts = { cpu: "8", memory: "32Gi", pods: "100" };
  await send(plane, "/api/v1/nodes", {
    metadata: { name, labels: { [hostnameLabel]: name } },
    status: { allocatable: amounts, capacity: amounts, conditions: [{ type: "Ready", status: "True" }] },
  });
  const untainted = {
    method: "PATCH",
    path: `/api/v1/nodes/${name}`,
    body: { spec: { taints: null } },
    contentType: "application/merge-patch+json",
  } as const;
  if ((await plane.request(untainted)).status >= 300) throw new Error(`Node ${name} keeps its taint`);
  const limit = limits[name as NodeName];
  if (limit === undefined) return;
  const allocatable = limit === null ? {} : { allocatable: { count: limit } };
  const drivers = [{ name: driver, nodeID: name, topologyKeys: [], ...allocatable }];
  await send(plane, "/apis/storage.k8s.io/v1/csinodes", { metadata: { name }, spec: { drivers } });
}

async function send(plane: ControlPlane, path: string, body: unknown): Promise<void> {
  const answer = await plane.request({ method: "POST", path, body });
  if (answer.status >= 300) throw new Error(`POST ${path}: ${JSON.stringify(answer.body)}`);
}

async function listed(plane: ControlPlane, path: string): Promise<readonly KubeObject[]> {
  const { body } = await plane.request({ method: "GET", path });
  const { kind, apiVersion, items } = body as { readonly kind: string; readonly apiVersion: string; readonly items: readonly KubeObject[] };
  return items.map((item) => ({ ...item, apiVersion, kind: kind.replace(/List$/, "") }));
}

/** Neither bound nor refused yet. */
function isUnseen(object: KubeObject): boolean {
  const { spec, status } = object as Pod & Seen;
  return !spec.nodeName && status?.conditions?.some(({ type }) => type === "PodScheduled") !== true;
}

function nodeOf({ spec }: Pod): string {
  return spec.nodeSelector?.[hostnameLabel] ?? "";
}

function kindOf(name = ""): string {
  return name.replace(/-\d+$/, "");
}

function countByKind(names: readonly (string | undefined)[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[kindOf(name)] = (counts[kindOf(name)] ?? 0) + 1;
  return counts;
}
