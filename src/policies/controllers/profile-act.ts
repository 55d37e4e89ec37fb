/**
 * Act of the profile's controller: the writes of one step, in an order that leaves no workload unprotected.
 *
 * Reads a step. Makes the child objects first, then what follows from them, the status last: it tells what has been done.
 * A write that fails ends the step, and the next observation decides anew.
 */
import type { ApiClient, DeleteOptions } from "../../api/api-client.ts";
import type { ApiStatus } from "../../api/api-status.ts";
import type { Requeue } from "../../api/controller.ts";
import { compilerFieldManager } from "../../api/labels.ts";
import type { KubeObject } from "../../api/object.ts";
import type { HorizontalPodAutoscaler } from "../../api/horizontal-pod-autoscaler.ts";
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import type { Result } from "../../api/result.ts";
import { keyOf } from "../../kube/object-key.ts";
import type { TemplateRoll } from "../profile/template-roll.ts";
import type { ChildWrites, ProfileStep } from "./profile-step.ts";

/** What the controller asks of the API. */
export type ProfileClient = Pick<ApiClient, "create" | "replace" | "applyStatus" | "delete" | "patch">;

interface ChildKinds {
  readonly PodDisruptionBudget: PodDisruptionBudget;
  readonly HorizontalPodAutoscaler: HorizontalPodAutoscaler;
}

type Written = Extract<ProfileStep, { kind: "write" }>;

const unknownRetryMs = 1_000;
const waitingLookMs = 30_000;
const manager = { fieldManager: compilerFieldManager } as const;

/** Writes one step; says when to look again. */
export async function actOnProfile(step: ProfileStep, client: ProfileClient): Promise<Requeue> {
  if (step.kind === "wait") return { kind: "after", delayMs: unknownRetryMs };
  if (step.kind === "keep") return settled(step.looksAgain);
  return (
    (await writeChildren({ kind: "PodDisruptionBudget", writes: step.budgets, client })) ??
    (await writeChildren({ kind: "HorizontalPodAutoscaler", writes: step.autoscalers, client })) ??
    (await remakePod(step, client)) ??
    (await tellStatus(step, client)) ??
    (await rollTemplates(step.rolls, client)) ??
    settled(step.looksAgain)
  );
}

/** Returns when to come again where a write failed: a conflict (409) means that somebody else was there since we looked. */
async function writeChildren<K extends keyof ChildKinds>(of: {
  readonly kind: K;
  readonly writes: ChildWrites<ChildKinds[K]>;
  readonly client: ProfileClient;
}): Promise<Requeue | undefined> {
  const { kind, writes, client } = of;
  for (const child of writes.remove) {
    const removed = await client.delete(kind, keyOf(child), preconditionsOf(child));
    if (!removed.ok) return retry(`delete ${kind} ${child.metadata.name}`, removed);
  }
  for (const child of writes.create) {
    const created = await client.create<keyof ChildKinds>(kind, child, manager);
    if (!created.ok) return retry(`create ${kind} ${child.metadata.name}`, created);
  }
  for (const child of writes.replace) {
    const replaced = await client.replace<keyof ChildKinds>(kind, child, manager);
    if (!replaced.ok) return retry(`replace ${kind} ${child.metadata.name}`, replaced);
  }
  return undefined;
}

async function remakePod({ remake }: Written, client: ProfileClient): Promise<Requeue | undefined> {
  if (remake === undefined) return undefined;
  // The resourceVersion spares a Pod that has been bound since.
  const remade = await client.delete("Pod", keyOf(remake), preconditionsOf(remake));
  return remade.ok ? undefined : retry(`delete Pod ${remake.metadata.name}`, remade);
}

async function tellStatus({ profile, status }: Written, client: ProfileClient): Promise<Requeue | undefined> {
  if (status === undefined) return undefined;
  const told = await client.applyStatus("WorkloadProfile", { metadata: { ...profile }, status }, manager);
  return told.ok ? undefined : retry(`apply the status of WorkloadProfile ${profile.name}`, told);
}

/** Last, since a policy may refuse the workload as it is now: that must not keep the rest from being written and told. */
async function rollTemplates(rolls: readonly TemplateRoll[], client: ProfileClient): Promise<Requeue | undefined> {
  for (const { kind, namespace, name, uid, resourceVersion, annotations } of rolls) {
    const metadata = { ...(uid === undefined ? {} : { uid }), ...(resourceVersion === undefined ? {} : { resourceVersion }) };
    const patch = { metadata, spec: { template: { metadata: { annotations } } } };
    const rolled = await client.patch(kind, { namespace, name }, { ...manager, body: { kind: "merge", patch } });
    if (!rolled.ok) return retry(`roll ${kind} ${name}`, rolled);
  }
  return undefined;
}

function preconditionsOf({ metadata: { uid, resourceVersion } }: KubeObject): DeleteOptions {
  return { ...(uid === undefined ? {} : { uid }), ...(resourceVersion === undefined ? {} : { resourceVersion }) };
}

function settled(looksAgain: boolean): Requeue {
  return looksAgain ? { kind: "after", delayMs: waitingLookMs } : { kind: "done" };
}

function retry(what: string, failed: Extract<Result<unknown, ApiStatus>, { ok: false }>): Requeue {
  return { kind: "retry", reason: `${what}: ${failed.error.message ?? failed.error.reason ?? `status ${failed.error.code}`}` };
}
