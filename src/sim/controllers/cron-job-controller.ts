/**
 * The CronJob controller of the embedded world.
 *
 * Reads a CronJob's schedule and the clock. Makes the Job of each due time, named by that time so that it is made once;
 * honours suspend and concurrencyPolicy. Only UTC, like the rest of this world.
 */
import type { CronJob, Job } from "../../api/workload.ts";
import { controllerOf } from "../../kube/owner.ts";
import { nextAfter, parseCron, previousAtOrBefore } from "../../kube/schedule.ts";
import { timeText } from "../../kube/time-text.ts";
import type { ApiServer } from "../api-server.ts";
import { type Again, done, failed, type WorldController } from "./control-loop.ts";
import { isFinished } from "./job-controller.ts";
import { changed, keyOf, settled, worldClient, type WorldClient } from "./world-client.ts";

const minuteMs = 60_000;

/** Returns the controller. */
export function cronJobController(server: ApiServer): WorldController {
  const client = worldClient(server, "cronjob-controller");
  return {
    name: "cronjob",
    watches: { "cronjobs.batch": (event) => [keyOf(changed(event, "CronJob"))], "jobs.batch": (event) => ownerKey(changed(event, "Job")) },
    reconcile: async (key) => {
      const cronJob = client.get("CronJob", key);
      if (cronJob === undefined || cronJob.metadata.deletionTimestamp !== undefined || cronJob.spec.suspend === true) return done;
      return reconcile(client, cronJob);
    },
  };
}

function ownerKey(job: Job): readonly string[] {
  const owner = controllerOf(job);
  return owner?.kind === "CronJob" ? [`${job.metadata.namespace ?? ""}/${owner.name}`] : [];
}

async function reconcile(client: WorldClient, cronJob: CronJob): Promise<Again> {
  const schedule = parseCron(cronJob.spec.schedule);
  if (!schedule.ok) return done;
  const now = client.now();
  const due = previousAtOrBefore(schedule.value, now);
  const last = Date.parse(cronJob.status?.lastScheduleTime ?? cronJob.metadata.creationTimestamp ?? "");
  const running = client
    .list("Job", cronJob.metadata.namespace)
    .filter((job) => controllerOf(job)?.uid === cronJob.metadata.uid && !isFinished(job));
  if (due !== undefined && due > last) {
    if (!(await fire(client, cronJob, { due, running }))) return failed;
  }
  const next = nextAfter(schedule.value, now);
  return next === undefined ? done : { kind: "after", delayMs: Math.max(1, next - now) };
}

async function fire(
  client: WorldClient,
  cronJob: CronJob,
  at: { readonly due: number; readonly running: readonly Job[] },
): Promise<boolean> {
  const policy = cronJob.spec.concurrencyPolicy ?? "Allow";
  if (policy === "Forbid" && at.running.length > 0) return true;
  if (policy === "Replace") for (const job of at.running) await client.remove("Job", job);
  const created = await client.create("Job", jobOf(cronJob, at.due));
  if (!settled(created)) {
    const message = `Error creating job: ${created.ok ? "" : (created.error.message ?? "refused")}`;
    await client.tell(cronJob, { type: "Warning", reason: "FailedCreate", message });
    return false;
  }
  const lastScheduleTime = timeText(at.due);
  return settled(await client.patch("CronJob", cronJob, { status: { lastScheduleTime } }, "status"));
}

function jobOf(cronJob: CronJob, due: number): Job {
  const { metadata, spec } = cronJob;
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      ...spec.jobTemplate.metadata,
      // Kubernetes' own naming: minutes since the epoch, so one due time makes one Job.
      name: `${metadata.name ?? ""}-${Math.floor(due / minuteMs)}`,
      namespace: metadata.namespace ?? "",
      ownerReferences: [
        {
          apiVersion: "batch/v1",
          kind: "CronJob",
          name: metadata.name ?? "",
          uid: metadata.uid ?? "",
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    spec: spec.jobTemplate.spec,
  };
}
