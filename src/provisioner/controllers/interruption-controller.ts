/**
 * The interruption controller: acts on each notice of the cloud, and says so when it can hear none.
 *
 * Reads notices as they are heard, and the snapshot. Asks for replacements (a request that is safe to repeat), and only then calls a notice
 * done: one whose process dies in between is heard again. What a notice asks for is lifecycle/interruption.ts's answer.
 */
import { assertNever } from "../../api/assert.ts";
import type { CloudNotice, CloudNotices, UnreadableNotice } from "../../api/cloud-notices.ts";
import type { Controller, ControllerStep, Requeue } from "../../api/controller.ts";
import type { ReplaceNode } from "../../api/disruption.ts";
import type { ObjectKey } from "../../api/object.ts";
import {
  interruptedClaims,
  interruptionAnswer,
  type InterruptedClaim,
  type RebalanceAction,
  type Replacement,
} from "../lifecycle/interruption.ts";
import type { ControllerEntry, ProvisionerShell } from "./shell.ts";

type ObservedNotice =
  | { readonly kind: "deaf"; readonly trouble: string }
  | { readonly kind: "unreadable"; readonly notice: UnreadableNotice }
  | {
      readonly kind: "notice";
      readonly notice: CloudNotice;
      readonly interrupted: readonly InterruptedClaim[];
      readonly rebalance: RebalanceAction;
      /** Whether a launch is asked for whose answer is not written yet: the notice may be of its instance. */
      readonly isLaunching: boolean;
    };

type NoticeStep = ControllerStep &
  (
    | { readonly kind: "tell-trouble"; readonly trouble: string }
    | { readonly kind: "forget"; readonly id: string }
    | { readonly kind: "wait"; readonly delayMs: number }
    | { readonly kind: "replace"; readonly id: string; readonly replacements: readonly Replacement[] }
  );

/** No notice has this id: SQS' are UUIDs. */
const queueKey: ObjectKey = { namespace: "", name: "queue" };
/** A launch is answered, and its answer written, within this time of the first word of its instance. */
const launchAnswerMaxMs = 60_000;
const launchPollMs = 5_000;

/** Makes the controller; it listens only while it runs. */
export function interruptionController(
  shell: ProvisionerShell,
  { notices, replace }: { readonly notices: CloudNotices; readonly replace: ReplaceNode },
): ControllerEntry {
  const controller: Controller<ObservedNotice, NoticeStep> = {
    name: "interruption",
    observe: (key) => Promise.resolve(observe(shell, { notices, key })),
    decide: (observed, now) => {
      if (observed.kind === "deaf") return { kind: "tell-trouble", trouble: observed.trouble };
      if (observed.kind === "unreadable") return unreadableStep(observed.notice);
      return noticeStep(observed, now);
    },
    act: (step) => act(step, { notices, replace }),
  };
  const wake = (enqueue: (key: ObjectKey) => void) =>
    notices.listen({
      heard: (id) => {
        enqueue({ namespace: "", name: id });
      },
      failed: () => {
        enqueue(queueKey);
      },
    });
  return { controller, triggers: [], needs: ["NodeClaim", "Node", "Pod"], wake };
}

function observe(
  { snapshot, provider, world, names }: ProvisionerShell,
  { notices, key }: { readonly notices: CloudNotices; readonly key: ObjectKey },
): ObservedNotice | undefined {
  if (key.name === queueKey.name) {
    const trouble = notices.trouble();
    return trouble === undefined ? undefined : { kind: "deaf", trouble };
  }
  const notice = notices.get(key.name);
  if (notice === undefined) return undefined;
  if (notice.kind === "unreadable") return { kind: "unreadable", notice };
  const now = snapshot();
  const nodeClaims = now.list("NodeClaim").filter(({ spec }) => provider.serves(spec.nodeClassRef));
  return {
    kind: "notice",
    notice,
    interrupted: interruptedClaims(notice.instances, { snapshot: now, nodeClaims }),
    rebalance: world().policySet.settings.rebalanceRecommendation,
    isLaunching: nodeClaims.some(
      ({ metadata, status }) => status?.providerID === undefined && metadata.annotations?.[names.launchRequestAnnotation] !== undefined,
    ),
  };
}

function unreadableStep({ id, message }: UnreadableNotice): NoticeStep {
  return { kind: "forget", id, decision: { rejected: [{ subject: id, reason: { reason: "UnreadableNotice", message } }] } };
}

function noticeStep(
  { notice, interrupted, rebalance, isLaunching }: Extract<ObservedNotice, { readonly kind: "notice" }>,
  now: number,
): NoticeStep {
  // Other people's instances stand in the same account.
  if (interrupted.length === 0) {
    const isEarly = isLaunching && now - notice.saidAt < launchAnswerMaxMs;
    return isEarly ? { kind: "wait", delayMs: launchPollMs } : { kind: "forget", id: notice.id };
  }
  const { events, replacements } = interruptionAnswer(notice, { interrupted, rebalance, now });
  return {
    kind: "replace",
    id: notice.id,
    replacements,
    events,
    decision: {
      chosen: { notice: notice.kind, replaced: replacements.map(({ nodeClaim }) => nodeClaim.metadata.name ?? "") },
      rejected:
        replacements.length > 0
          ? []
          : interrupted.map(({ nodeClaim }) => ({
              subject: nodeClaim.metadata.name ?? "",
              reason: { reason: "EventOnly", message: "settings.rebalanceRecommendation is event: the node stays" },
            })),
    },
  };
}

async function act(
  step: NoticeStep,
  { notices, replace }: { readonly notices: CloudNotices; readonly replace: ReplaceNode },
): Promise<Requeue> {
  switch (step.kind) {
    case "tell-trouble":
      return { kind: "retry", reason: step.trouble };
    case "wait":
      return { kind: "after", delayMs: step.delayMs };
    case "forget":
      return doneWith(notices, step.id);
    case "replace": {
      const answers = await Promise.all(step.replacements.map(({ nodeClaim, request }) => replace(nodeClaim, request)));
      const failed = answers.find((answer) => !answer.ok);
      if (failed?.ok === false) return { kind: "retry", reason: failed.error };
      return doneWith(notices, step.id);
    }
    default:
      return assertNever(step);
  }
}

async function doneWith(notices: CloudNotices, id: string): Promise<Requeue> {
  const done = await notices.done(id);
  return done.ok ? { kind: "done" } : { kind: "retry", reason: done.error };
}
