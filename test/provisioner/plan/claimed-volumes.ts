/**
 * Claimed volumes: kube-scheduler's VolumeBinding and what its NodeVolumeLimits counts, read as they are documented, and random cases
 * with volumes.
 *
 * Reads a Pod, the cluster's storage and a node's labels. Returns why the Pod's volumes keep it from the node, and which it attaches. It shares no code with
 * the solver.
 */
import type { NodeSelectorTerm, Pod } from "../../../src/api/pod.ts";
import type { PersistentVolume, PersistentVolumeClaim, StorageClass } from "../../../src/api/storage.ts";
import type { VolumeClaimSpec } from "../../../src/api/volume-claim.ts";
import { zoneLabel } from "../../../src/api/labels.ts";
import type { SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { isMet, type Labels } from "./selection.ts";

export type Storage = NonNullable<SolveInput["volumes"]>;

/** Says why the Pod's volumes keep it from a node with these labels; undefined where they do not. */
export function volumeProblem(pod: Pod, labels: Labels, storage: Storage): string | undefined {
  for (const volume of pod.spec.volumes ?? []) {
    if (volume.persistentVolumeClaim !== undefined) {
      const name = volume.persistentVolumeClaim.claimName;
      const claim = storage.claims.find(({ metadata }) => metadata.name === name && metadata.namespace === pod.metadata.namespace);
      const says = claim === undefined ? `claim ${name} is not there` : claimProblem(claim, labels, storage);
      if (says !== undefined) return says;
    }
    if (volume.ephemeral !== undefined) {
      const says = classProblem(volume.ephemeral.volumeClaimTemplate?.spec ?? {}, labels, storage);
      if (says !== undefined) return says;
    }
  }
  return undefined;
}

function claimProblem({ metadata, spec, status }: PersistentVolumeClaim, labels: Labels, storage: Storage): string | undefined {
  if (metadata.deletionTimestamp !== undefined || status?.phase === "Lost") return `claim ${metadata.name ?? ""} is going or lost`;
  if (spec.volumeName === undefined) return classProblem(spec, labels, storage);
  const volume = storage.volumes.find((one) => one.metadata.name === spec.volumeName);
  if (volume === undefined) return `volume ${spec.volumeName} is not there`;
  const terms = volume.spec.nodeAffinity?.required?.nodeSelectorTerms;
  return terms === undefined || terms.some((term) => meetsTerm(term, labels)) ? undefined : `volume ${spec.volumeName} is elsewhere`;
}

function meetsTerm({ matchExpressions = [] }: NodeSelectorTerm, labels: Labels): boolean {
  return matchExpressions.length > 0 && matchExpressions.every((one) => isMet(one, labels));
}

function classProblem({ storageClassName }: VolumeClaimSpec, labels: Labels, { classes }: Storage): string | undefined {
  const defaults = classes.filter(({ metadata }) => metadata.annotations?.["storageclass.kubernetes.io/is-default-class"] === "true");
  const [newest] = defaults.sort((a, b) => Date.parse(b.metadata.creationTimestamp ?? "") - Date.parse(a.metadata.creationTimestamp ?? ""));
  const found = storageClassName === undefined ? newest : classes.find(({ metadata }) => metadata.name === storageClassName);
  if (found?.volumeBindingMode !== "WaitForFirstConsumer") return `class ${storageClassName ?? "none"} does not wait for a Pod`;
  const { allowedTopologies: allowed = [] } = found;
  const isAllowed = allowed.some(({ matchLabelExpressions = [] }) =>
    matchLabelExpressions.every(({ key, values }) => values.includes(labels[key] ?? "")),
  );
  return allowed.length === 0 || isAllowed ? undefined : `class ${storageClassName ?? ""} makes no volumes there`;
}

/** The volumes that a Pod has attached: what tells them apart, and the driver. */
export function attachedBy({ metadata: { namespace = "", name: podName = "" }, spec }: Pod, storage: Storage): readonly [string, string][] {
  return (spec.volumes ?? []).flatMap(({ name, persistentVolumeClaim, ephemeral }): readonly [string, string][] => {
    if (persistentVolumeClaim === undefined && ephemeral === undefined) return [];
    const claimName = persistentVolumeClaim?.claimName ?? `${podName}-${name}`;
    const found = storage.claims.find(({ metadata }) => metadata.name === claimName && metadata.namespace === namespace);
    const own = found?.spec ?? ephemeral?.volumeClaimTemplate?.spec;
    const csi = storage.volumes.find(({ metadata }) => metadata.name === own?.volumeName)?.spec.csi;
    if (csi !== undefined) return [[`volume ${csi.driver} ${csi.volumeHandle ?? ""}`, csi.driver]];
    const made = storage.classes.find(({ metadata }) => metadata.name === own?.storageClassName);
    return made === undefined || own?.volumeName !== undefined ? [] : [[`claim ${namespace}/${claimName}`, made.provisioner]];
  });
}

const disk = "disk.example.com";
const inZones = (...values: string[]): NodeSelectorTerm => ({ matchExpressions: [{ key: zoneLabel, operator: "In", values }] });
const volume = (name: string, ...nodeSelectorTerms: NodeSelectorTerm[]): PersistentVolume => ({
  apiVersion: "v1",
  kind: "PersistentVolume",
  metadata: { name },
  spec: {
    csi: { driver: disk, volumeHandle: name },
    ...(nodeSelectorTerms.length === 0 ? {} : { nodeAffinity: { required: { nodeSelectorTerms } } }),
  },
});
const storageClass = (name: string, of: Partial<StorageClass>): StorageClass => ({
  ...{ apiVersion: "storage.k8s.io/v1", kind: "StorageClass", metadata: { name }, provisioner: disk },
  ...of,
});
const late = "WaitForFirstConsumer" as const;
const claim = (namespace: string, name: string, of: Partial<PersistentVolumeClaim> = {}): PersistentVolumeClaim => ({
  apiVersion: "v1",
  kind: "PersistentVolumeClaim",
  metadata: { name, namespace, annotations: { "pv.kubernetes.io/bind-completed": "yes" } },
  spec: { volumeName: name },
  ...of,
});

/** Storage of every case with volumes: the same claims in each namespace. */
export const storage: Storage = {
  classes: [
    storageClass("late", { volumeBindingMode: late }),
    storageClass("late-bc", {
      volumeBindingMode: late,
      allowedTopologies: ["zone-b", "zone-c"].map((zone) => ({ matchLabelExpressions: [{ key: zoneLabel, values: [zone] }] })),
    }),
    storageClass("eager", { volumeBindingMode: "Immediate" }),
  ],
  volumes: [volume("in-a", inZones("zone-a")), volume("in-a-or-b", inZones("zone-a"), inZones("zone-b")), volume("anywhere")],
  claims: ["shop", "bank"].flatMap((namespace) => [
    ...["in-a", "in-a-or-b", "anywhere", "gone"].map((name) => claim(namespace, name)),
    ...["late", "late-bc", "eager"].map((name) => claim(namespace, name, { spec: { storageClassName: name } })),
    claim(namespace, "lost", { status: { phase: "Lost" } }),
  ]),
};

const mounts: readonly (readonly string[])[] = [
  ...[["in-a"], ["in-a-or-b"], ["late"], ["late-bc"], ["anywhere", "late-bc"], ["in-a-or-b", "late-bc"], ["ephemeral"], [], []],
  ...[["in-a", "late-bc"], ["eager"], ["gone"], ["lost"], ["missing"], ["in-a", "in-a-or-b"], ["in-a-or-b", "ephemeral"]],
];

/** The same case with volumes: which ones follows from what the Pods are, so that a name always means the same case. */
export function withVolumes(input: SolveInput): SolveInput {
  const kinds: string[] = [];
  const pods = input.pods.map(({ key, pod }) => {
    const kind = JSON.stringify([pod.metadata.namespace, pod.metadata.labels, pod.spec]);
    if (!kinds.includes(kind)) kinds.push(kind);
    const names = mounts[(kind.length + kinds.indexOf(kind) * 5) % mounts.length] ?? [];
    const volumes = names.map((name) =>
      name === "ephemeral"
        ? { name, ephemeral: { volumeClaimTemplate: { spec: { storageClassName: "late-bc" } } } }
        : { name, persistentVolumeClaim: { claimName: name } },
    );
    return { key, pod: { ...pod, spec: { ...pod.spec, volumes } } };
  });
  return { ...input, pods, volumes: storage };
}

/** How many volumes nodes and types attach in turn; 0 stands for no limit. */
const limitsInTurn = [1, 2, 0, 3, 2] as const;

/**
 * The same case with volumes of each Pod's own beside those that Pods share, and with limits: which ones follows from the order of
 * types and nodes, and from what the Pods are.
 */
export function withAttachLimits(bare: SolveInput): SolveInput {
  const input = withVolumes(bare);
  const limitOf = (at: number): { readonly attachable?: Readonly<Record<string, number>> } => {
    const count = limitsInTurn[at % limitsInTurn.length] ?? 0;
    return count === 0 ? {} : { attachable: { [disk]: count } };
  };
  const types = [...new Set([...input.instanceTypes.values()].flat().map(({ name }) => name))].sort();
  return {
    ...input,
    pods: input.pods.map(({ key, pod }, at) => (at % 3 === 0 ? { key, pod: withOwnVolumes(pod, 1 + (at % 2)) } : { key, pod })),
    nodes: input.nodes.map((node, at) => ({ ...node, ...limitOf(at) })),
    instanceTypes: new Map(
      [...input.instanceTypes].map(([pool, own]) => [pool, own.map((type) => ({ ...type, ...limitOf(types.indexOf(type.name)) }))]),
    ),
  };
}

function withOwnVolumes(pod: Pod, count: number): Pod {
  const own = Array.from({ length: count }, (_, index) => ({
    name: `own-${index}`,
    ephemeral: { volumeClaimTemplate: { spec: { storageClassName: "late" } } },
  }));
  return { ...pod, spec: { ...pod.spec, volumes: [...(pod.spec.volumes ?? []), ...own] } };
}
