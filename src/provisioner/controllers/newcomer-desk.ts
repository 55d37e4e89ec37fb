/**
 * The newcomer desk: before nodes are bought for a workload that was never planned for, the API server itself says who has a say in its Pods.
 *
 * Each kind has a watch of its own, so a profile that was applied just before its Deployment may be heard of after it; a plan without it
 * would buy nodes of the wrong shape. Reads the snapshot. Lays what it lacks on the admitted desk, where it stays until the watch brings
 * it. An API server that doesn't answer is asked again at the next look.
 */
import type { ApiClient } from "../../api/api-client.ts";
import { isKindName } from "../../api/kinds.ts";
import type { KubeObject } from "../../api/object.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import { missingPods } from "../missing-pods.ts";
import type { AdmittedDesk } from "./admitted-desk.ts";

/** Asks for the workloads of a snapshot that are new since the last call. */
export type NewcomerDesk = (snapshot: ClusterSnapshot) => Promise<void>;

const workloadKinds = ["Deployment", "StatefulSet", "ReplicaSet", "Job"] as const;
/** Of a namespace: who shapes Pods, or keeps them out. */
const deciderKinds = ["WorkloadProfile", "LimitRange", "ResourceQuota"] as const;
/** Namespaces of one look; more at once come with a new leader, whose watches have had their time. */
const namespacesMax = 20;

/** Opens a desk; it forgets everything with the process. */
export function newcomerDesk({ client, admitted }: Asker): NewcomerDesk {
  let known: ReadonlyMap<string, number> = new Map();
  return async (snapshot) => {
    const standing = new Map(
      workloadKinds.flatMap((kind) => snapshot.list(kind)).map(({ metadata }) => [metadata.uid ?? "", metadata.generation ?? 0] as const),
    );
    if ([...standing].every(([uid, generation]) => known.get(uid) === generation)) return;
    const newcomers = missingPods(snapshot).filter(({ uid }) => known.get(uid) !== standing.get(uid));
    const namespaces = [...new Set(newcomers.map(({ workload }) => workload.namespace))].slice(0, namespacesMax);
    const answers = await Promise.all(namespaces.map((namespace) => deciders(client, namespace)));
    const unheard = new Set(namespaces.filter((_namespace, index) => answers[index] === undefined));
    for (const { uid, workload } of newcomers) if (unheard.has(workload.namespace)) standing.delete(uid);
    for (const object of answers.flatMap((answer) => answer ?? [])) if (!isIn(snapshot, object)) admitted.add(object, { isStored: true });
    known = standing;
  };
}

interface Asker {
  readonly client: Pick<ApiClient, "list">;
  readonly admitted: AdmittedDesk;
}

/** Returns who has a say in the Pods of a namespace, itself among them; undefined where one of the questions was not answered. */
async function deciders(client: Asker["client"], namespace: string): Promise<readonly KubeObject[] | undefined> {
  const lists = await Promise.all([
    client.list("Namespace", { fieldSelector: `metadata.name=${namespace}` }),
    ...deciderKinds.map((kind) => client.list(kind, { namespace })),
  ]);
  return lists.every(({ ok }) => ok) ? lists.flatMap((list): readonly KubeObject[] => (list.ok ? list.value : [])) : undefined;
}

function isIn(snapshot: ClusterSnapshot, { kind, metadata }: KubeObject): boolean {
  const { namespace = "", name = "", generation = 0 } = metadata;
  const there = isKindName(kind) ? snapshot.get(kind, { namespace, name }) : undefined;
  return there !== undefined && (there.metadata.generation ?? 0) >= generation;
}
