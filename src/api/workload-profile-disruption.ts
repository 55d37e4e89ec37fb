/**
 * spec.disruption of WorkloadProfile: how much may be taken away at once, how a Pod ends, and what the code promises.
 *
 * Returns its schema. Promises are left unset until somebody has checked the code; unset is not false.
 */
import { choice, flag, intOrText, list, object, optional, text, whole } from "./schema-field.ts";

const atomic = { "x-kubernetes-list-type": "atomic" } as const;

const guarantees = object("What the code promises, for work that may be interrupted; leave out what nobody has checked.", {
  ackAfterCompletion: optional(flag("A message is acknowledged only after its work is done.")),
  retryable: optional(flag("Work that was cut short is tried again.")),
  duplicateSafe: optional(flag("The same work done twice does no harm.")),
  stopsPullingOnTerm: optional(flag("SIGTERM stops the pulling of new work.")),
  inFlightSafe: optional(flag("Work in flight at the kill is not lost.")),
  deadLetter: optional(flag("Work that keeps failing is put aside.")),
});

export const disruptionSchema = object("How much of the workload may be taken away at once, and how a Pod ends.", {
  minAvailable: optional(
    intOrText("Replicas that must stay available while Pods are evicted.", {
      minimum: 0,
      pattern: "percent",
      "x-plimsoll-default": "class",
      "x-plimsoll-check": "not beside maxUnavailable; a count must be below minReplicas",
    }),
  ),
  maxUnavailable: optional(
    intOrText("Replicas that may be unavailable while Pods are evicted.", {
      minimum: 0,
      pattern: "percent",
      "x-plimsoll-default": "class",
      "x-plimsoll-check": "not beside minAvailable; above 0",
    }),
  ),
  gracePeriodSeconds: optional(
    whole("Seconds from SIGTERM to SIGKILL.", {
      minimum: 0,
      "x-plimsoll-default": "30",
      "x-plimsoll-check": "not below maxRequestSeconds; on Spot at most 110; within the class's limit",
    }),
  ),
  preStopSeconds: optional(
    whole("Seconds to wait before SIGTERM, so that traffic moves away first.", {
      minimum: 0,
      "x-plimsoll-default": "class, else 0",
      "x-plimsoll-check": "below gracePeriodSeconds",
    }),
  ),
  maxRequestSeconds: optional(whole("Longest request that must be able to finish.", { minimum: 0 })),
  maxTaskSeconds: optional(whole("Longest task that must be able to finish.", { minimum: 0 })),
  adopt: optional(
    flag("Whether the profile may take over a PodDisruptionBudget of its name that somebody else made.", { "x-plimsoll-default": "false" }),
  ),
  quorum: optional(
    flag("The replicas vote: only one may be away at a time.", {
      "x-plimsoll-default": "false",
      "x-plimsoll-check": "replicas are odd and at least 3",
    }),
  ),
  idempotent: optional(flag("Work done twice does no harm.", { "x-plimsoll-check": "class batch needs it or all guarantees" })),
  restartable: optional(flag("Work can start again from the beginning.")),
  checkpointed: optional(flag("Work goes on from its last checkpoint.")),
  guarantees: optional(guarantees),
  protect: optional(
    text("Keeps the provisioner from disrupting the Pod: never kept, until the Pod has finished, or for a duration after its start.", {
      pattern: "protect",
      "x-plimsoll-default": "none",
      "x-plimsoll-check": "within the class's limit; not on a service with more than one replica",
    }),
  ),
  window: optional(
    list(
      "When voluntary disruption is allowed.",
      object("One window.", {
        schedule: text("When it opens: cron of five fields, in UTC.", { pattern: "cron" }),
        duration: text("How long it stays open.", { pattern: "duration" }),
        timezone: optional(choice("The time zone of the schedule.", ["UTC"], { "x-plimsoll-default": "UTC" })),
      }),
      { ...atomic, "x-plimsoll-default": "class" },
    ),
  ),
});
