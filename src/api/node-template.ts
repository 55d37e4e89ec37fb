/**
 * The fields that a NodePool's template and a NodeClaim share: class reference, taints, lifetimes.
 *
 * Returns their schemas. One definition, because a NodeClaim is a NodePool's template with its requirements narrowed.
 */
import { choice, list, mapOf, object, optional, quantity, text, type CelRule } from "./schema-field.ts";

const atomic = { "x-kubernetes-list-type": "atomic" } as const;

const taint = object("One taint.", {
  key: text("The taint's key.", { minLength: 1, pattern: "qualifiedName" }),
  value: optional(text("The taint's value.", { pattern: "qualifiedName" })),
  effect: choice("What happens to Pods that don't tolerate it.", ["NoSchedule", "PreferNoSchedule", "NoExecute"]),
  timeAdded: optional(text("When it was added; Kubernetes writes it.", { format: "date-time" })),
});

/** Returns the schema of nodeClassRef under a kind's own CEL rules (a NodePool may not change group and kind). */
export function nodeClassRef(rules: readonly CelRule[]) {
  const filled = (field: string) => ({ "x-kubernetes-validations": [{ rule: "self != ''", message: `${field} may not be empty` }] });
  return object(
    "The NodeClass with the provider's settings.",
    {
      group: text("API group of the NodeClass.", { pattern: "noSlash", ...filled("group") }),
      kind: text("Kind of the NodeClass.", filled("kind")),
      name: text("Name of the NodeClass.", filled("name")),
    },
    rules.length === 0 ? {} : { "x-kubernetes-validations": rules },
  );
}

export const taintList = list("Taints of the node; Pods must tolerate them.", taint, atomic);

export const startupTaintList = list(
  "Taints that the node starts with and that somebody removes; Pods need not tolerate them, and the node is not initialized before.",
  taint,
  atomic,
);

export const expireAfter = text("Age at which the node is replaced, or Never.", { default: "720h", pattern: "durationOrNever" });

export const terminationGracePeriod = text("Longest drain; after it the node goes, whatever blocks. Without it a drain may wait forever.", {
  pattern: "duration",
});

/** Returns the schema of resource amounts by resource name. */
export function resourceAmounts(description: string) {
  return mapOf(description, quantity("The amount."));
}
