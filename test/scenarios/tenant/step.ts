/**
 * Steps: what a tenant asks of the API server, as data that can be dropped, played again and printed.
 *
 * A name or a value may stand for what only the cluster knows: "$rs:web" is the newest ReplicaSet of the Pods labelled app=web, "$pod:web" a
 * running Pod of them, and "$uid:Kind/name" the uid of an object. One step is one request, or two at once by two clients.
 */

export type Kind =
  | "Deployment"
  | "StatefulSet"
  | "ReplicaSet"
  | "ReplicationController"
  | "DaemonSet"
  | "Job"
  | "CronJob"
  | "Pod"
  | "PodDisruptionBudget"
  | "HorizontalPodAutoscaler"
  | "Service"
  | "ConfigMap"
  | "WorkloadProfile";

export interface Ask {
  readonly who: "ann" | "bob";
  readonly verb: "create" | "patch" | "delete" | "evict";
  readonly kind: Kind;
  readonly name: string;
  readonly subresource?: "scale" | "resize" | "ephemeralcontainers";
  /** The object, or the patch. */
  readonly body?: unknown;
  /** Of a patch: merge by default. */
  readonly patchType?: "merge" | "strategic" | "json";
  readonly cascade?: "Background" | "Foreground" | "Orphan";
}

export interface Step {
  /** What kind of move it is of; faults are counted by it. */
  readonly move: string;
  readonly asks: readonly Ask[];
  /** Wait first until every Pod of the namespace runs. */
  readonly atRest?: boolean;
}

export const domain = "platform.example.com";

const kinds: Readonly<Record<Kind, { readonly group: string; readonly version: string; readonly plural: string }>> = {
  Deployment: { group: "apps", version: "v1", plural: "deployments" },
  StatefulSet: { group: "apps", version: "v1", plural: "statefulsets" },
  ReplicaSet: { group: "apps", version: "v1", plural: "replicasets" },
  DaemonSet: { group: "apps", version: "v1", plural: "daemonsets" },
  ReplicationController: { group: "", version: "v1", plural: "replicationcontrollers" },
  Job: { group: "batch", version: "v1", plural: "jobs" },
  CronJob: { group: "batch", version: "v1", plural: "cronjobs" },
  Pod: { group: "", version: "v1", plural: "pods" },
  PodDisruptionBudget: { group: "policy", version: "v1", plural: "poddisruptionbudgets" },
  HorizontalPodAutoscaler: { group: "autoscaling", version: "v2", plural: "horizontalpodautoscalers" },
  Service: { group: "", version: "v1", plural: "services" },
  ConfigMap: { group: "", version: "v1", plural: "configmaps" },
  WorkloadProfile: { group: domain, version: "v1", plural: "workloadprofiles" },
};

/** Every kind that a tenant makes here, for whoever cleans up: those that make others first. */
export const madeKinds = Object.keys(kinds) as readonly Kind[];

/** The apiVersion of a kind. */
export function apiVersionOf(kind: Kind): string {
  const { group, version } = kinds[kind];
  return group === "" ? version : `${group}/${version}`;
}

/** The path of a kind in a namespace, of one object if it is named. */
export function pathOf(kind: Kind, namespace: string, name?: string): string {
  const { plural } = kinds[kind];
  const apiVersion = apiVersionOf(kind);
  const root = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  return `${root}/namespaces/${namespace}/${plural}${name === undefined ? "" : `/${name}`}`;
}

/** A step in the words of kubectl, one line a request. */
export function stepLines({ asks, atRest }: Step): readonly string[] {
  const wait = atRest === true ? ["# once its Pods run:"] : [];
  const together = asks.length > 1 ? ["# at once:"] : [];
  return [...wait, ...together, ...asks.map(askLine)];
}

function askLine({ who, verb, kind, name, subresource, body, patchType = "merge", cascade }: Ask): string {
  const target = `${kinds[kind].plural}/${name}${subresource === undefined ? "" : ` --subresource ${subresource}`}`;
  switch (verb) {
    case "create":
      return `${who}$ kubectl create -f - <<< '${JSON.stringify(body)}'`;
    case "patch":
      return `${who}$ kubectl patch ${target} --type ${patchType} -p '${JSON.stringify(body)}'`;
    case "delete":
      return `${who}$ kubectl delete ${target} --wait=false${cascade === undefined ? "" : ` --cascade=${cascade.toLowerCase()}`}`;
    case "evict":
      return `${who}$ kubectl evict ${target}`;
  }
}
