/**
 * The status.conditions list of every kind, as Kubernetes defines a condition.
 *
 * Reads which reading of a condition a kind keeps (NodeClaim allows an empty reason). Returns its schema.
 */
import { choice, list, object, optional, text, whole } from "./schema-field.ts";

const type = text("What the condition speaks of, in CamelCase.", { maxLength: 316, pattern: "conditionType" });
const status = choice("Whether it holds.", ["True", "False", "Unknown"]);
const lastTransitionTime = text("When the status last changed.", { format: "date-time" });
const message = text("A sentence for people; may be empty.", { maxLength: 32768 });
const observedGeneration = optional(
  whole("The metadata.generation that the condition was computed from.", { format: "int64", minimum: 0 }),
);
const byType = { "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"] } as const;

const strictCondition = object("One observation.", {
  type,
  status,
  lastTransitionTime,
  reason: text("The cause of the last change, in CamelCase.", { minLength: 1, maxLength: 1024, pattern: "conditionReason" }),
  message,
  observedGeneration,
});

/** Conditions with a reason and a message, one of each type. */
export const conditionList = list("What has been observed, one condition a type.", strictCondition, byType);

/** Conditions as {@link conditionList} has them, without the promise that types are unique (EC2NodeClass). */
export const plainConditionList = list("What has been observed.", strictCondition);

/** Conditions whose reason and message may be left out or empty, one of each type (NodeClaim). */
export const laxConditionList = list(
  "What has been observed, one condition a type.",
  object("One observation.", {
    type,
    status,
    lastTransitionTime,
    reason: optional(
      text("The cause of the last change, in CamelCase; may be empty.", { maxLength: 1024, pattern: "conditionReasonOrEmpty" }),
    ),
    message: optional(message),
    observedGeneration,
  }),
  byType,
);
