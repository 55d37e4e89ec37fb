/**
 * Drain Pod: what the drain rules ask of a workload's Pods.
 *
 * Reads views. Returns how a Pod ends, which kinds serve, and where in the judged workload its Pod stands.
 */
import type { Container, LifecycleHandler, PodSpec } from "../api/pod.ts";
import type { Workload } from "../kube/workload.ts";
import { podSpecPath } from "./container-path.ts";
import { mainContainerOf } from "./profile/main-container.ts";
import type { WorkloadView } from "./workload-view.ts";

/** What cluster-autoscaler reads of a Pod before it takes its node. */
export const safeToEvictAnnotation = "cluster-autoscaler.kubernetes.io/safe-to-evict";

const servingKinds: ReadonlySet<string> = new Set(["Deployment", "StatefulSet", "ReplicaSet", "ReplicationController", "Rollout"]);

/** Is true for kinds that serve with their replicas: a Job's Pod is work, a DaemonSet's belongs to its node, a bare Pod has its own rule. */
export function isServing({ kind }: Workload): boolean {
  return servingKinds.has(kind);
}

/** What the API server fills in for an absent terminationGracePeriodSeconds. */
const defaultGraceSeconds = 30;

/** Returns the seconds from SIGTERM, preStop included, to SIGKILL. */
export function graceSecondsOf({ terminationGracePeriodSeconds }: PodSpec): number {
  return terminationGracePeriodSeconds ?? defaultGraceSeconds;
}

/** Returns the seconds that a container's preStop hook is known to take: a sleep, its own or of the command; undefined where nobody can tell. */
export function preStopSecondsOf({ lifecycle }: Container): number | undefined {
  const hook = lifecycle?.preStop;
  return hook === undefined ? 0 : (hook.sleep?.seconds ?? commandSleepSeconds(hook));
}

/** The first sleep of a command counts: what follows takes more time, never less. */
function commandSleepSeconds({ exec }: LifecycleHandler): number | undefined {
  const seconds = /\bsleep\s+(\d+(?:\.\d+)?)(s|m)?\b/.exec((exec?.command ?? []).join(" "));
  return seconds === null ? undefined : Number(seconds[1]) * (seconds[2] === "m" ? 60 : 1);
}

/** Returns the container that serves: the main one, else the first. */
export function servingContainerOf({ pod, workload }: WorkloadView): Container | undefined {
  const { containers } = pod.spec;
  const main = mainContainerOf({ pod, workloadName: workload.name });
  return containers.find(({ name }) => name === main) ?? containers[0];
}

/** Returns the pointer of a field of the Pod's spec in the judged workload, such as "/spec/template/spec/tolerations/0". */
export function podFieldPath({ workload, isRunning }: WorkloadView, field: string): string {
  return `${podSpecPath(isRunning === true ? "Pod" : workload.kind)}/${field}`;
}

/** Returns the pointer of a field of the Pod's metadata in the judged workload. */
export function podMetadataPath({ workload, isRunning }: WorkloadView, field: string): string {
  return `${podSpecPath(isRunning === true ? "Pod" : workload.kind).replace(/\/spec$/, "")}/metadata/${field}`;
}

/** Returns the pointer of an annotation of the Pod in the judged workload. */
export function podAnnotationPath(view: WorkloadView, annotation: string): string {
  return podMetadataPath(view, `annotations/${annotation.replaceAll("~", "~0").replaceAll("/", "~1")}`);
}
