/**
 * The Job controller of the embedded world.
 *
 * Reads a Job and its Pods. Keeps up to `parallelism` Pods running until `completions` have succeeded or more than
 * `backoffLimit` have failed, and tells the status. A Pod whose failure the podFailurePolicy ignores (DisruptionTarget) does not count.
 */
import type { Condition } from "../../api/object.ts";
import type { Pod } from "../../api/pod.ts";
import type { Job } from "../../api/workload.ts";
import { controllerOf } from "../../kube/owner.ts";
import { isActive, isReady, podCondition } from "../../kube/pod-state.ts";
import { timeText } from "../../kube/time-text.ts";
import type { ApiServer } from "../api-server.ts";
import { type Again, done, failed, type WorldController } from "./control-loop.ts";
import { podOfTemplate } from "./pod-of-template.ts";
import { changed, keyOf, settled, worldClient, type WorldClient } from "./world-client.ts";

const defaultBackoffLimit = 6;

/** Returns the controller. */
export function jobController(server: ApiServer): WorldController {
  const client = worldClient(server, "job-controller");
  return {
    name: "job",
    watches: {
      "jobs.batch": (event) => [keyOf(changed(event, "Job"))],
      pods: (event) => ownerKey(changed(event, "Pod")),
    },
    reconcile: async (key) => {
      const job = client.get("Job", key);
      if (job === undefined || job.metadata.deletionTimestamp !== undefined || isFinished(job)) return done;
      return reconcile(client, job);
    },
  };
}

/** Is true once a Job has completed or failed. */
export function isFinished(job: Job): boolean {
  return (job.status?.conditions ?? []).some(({ type, status }) => (type === "Complete" || type === "Failed") && status === "True");
}

function ownerKey(pod: Pod): readonly string[] {
  const owner = controllerOf(pod);
  return owner?.kind === "Job" ? [`${pod.metadata.namespace ?? ""}/${owner.name}`] : [];
}

async function reconcile(client: WorldClient, job: Job): Promise<Again> {
  const pods = ownPods(client, job);
  const succeeded = pods.filter((pod) => pod.status?.phase === "Succeeded").length;
  const failures = pods.filter((pod) => pod.status?.phase === "Failed" && !isIgnored(job, pod)).length;
  const active = pods.filter(isActive);
  const completions = job.spec.completions ?? 1;
  const isFailed = failures > (job.spec.backoffLimit ?? defaultBackoffLimit);
  const wanted = isFailed || job.spec.suspend === true ? 0 : Math.min(job.spec.parallelism ?? 1, completions - succeeded);
  for (let missing = wanted - active.length; missing > 0; missing--) {
    const answer = await client.create("Pod", podOf(job));
    if (answer.ok) continue;
    await client.tell(job, { type: "Warning", reason: "FailedCreate", message: `Error creating: ${answer.error.message ?? "refused"}` });
    return failed;
  }
  for (const pod of active.slice(0, Math.max(0, active.length - wanted))) await client.remove("Pod", pod);
  return (await writeStatus(client, job, { succeeded, failures, completions, isFailed })) ? done : failed;
}

function ownPods(client: WorldClient, job: Job): readonly Pod[] {
  return client.list("Pod", job.metadata.namespace).filter((pod) => controllerOf(pod)?.uid === job.metadata.uid);
}

/** podFailurePolicy {action: Ignore, onPodConditions: [{type: DisruptionTarget}]}: an eviction is no failure of the work. */
function isIgnored(job: Job, pod: Pod): boolean {
  const policy = JSON.stringify(job.spec.podFailurePolicy ?? {});
  return policy.includes("Ignore") && policy.includes("DisruptionTarget") && podCondition(pod, "DisruptionTarget")?.status === "True";
}

function podOf(job: Job): Pod {
  const { name = "", uid = "" } = job.metadata;
  return podOfTemplate(job, {
    "batch.kubernetes.io/job-name": name,
    "job-name": name,
    "batch.kubernetes.io/controller-uid": uid,
    "controller-uid": uid,
  });
}

interface JobCounts {
  readonly succeeded: number;
  readonly failures: number;
  readonly completions: number;
  readonly isFailed: boolean;
}

async function writeStatus(client: WorldClient, job: Job, counts: JobCounts): Promise<boolean> {
  const active = ownPods(client, job).filter(isActive);
  const now = timeText(client.now());
  const isComplete = counts.succeeded >= counts.completions;
  const end = endCondition({ isComplete, isFailed: counts.isFailed, now });
  const status = {
    active: active.length,
    ready: active.filter(isReady).length,
    succeeded: counts.succeeded,
    failed: counts.failures,
    ...(end === undefined ? {} : { conditions: [...(job.status?.conditions ?? []), end] }),
    ...(isComplete ? { completionTime: now } : {}),
  };
  const known = new Map<string, unknown>(Object.entries(job.status ?? {}));
  if (end === undefined && Object.entries(status).every(([name, value]) => (known.get(name) ?? 0) === value) && known.has("startTime"))
    return true;
  const startTime = known.get("startTime") ?? now;
  return settled(await client.patch("Job", job, { status: { startTime, ...status } }, "status"));
}

function endCondition(at: { readonly isComplete: boolean; readonly isFailed: boolean; readonly now: string }): Condition | undefined {
  const times = { lastProbeTime: at.now, lastTransitionTime: at.now };
  if (at.isComplete)
    return {
      type: "Complete",
      status: "True",
      reason: "CompletionsReached",
      message: "Reached expected number of succeeded pods",
      ...times,
    };
  if (!at.isFailed) return undefined;
  return {
    type: "Failed",
    status: "True",
    reason: "BackoffLimitExceeded",
    message: "Job has reached the specified backoff limit",
    ...times,
  };
}
