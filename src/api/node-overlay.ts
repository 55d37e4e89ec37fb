/**
 * NodeOverlay (karpenter.sh/v1alpha1): what is known better than the catalogue of some instance types.
 *
 * One schema; the TypeScript type, the CRD, the validator and the docs table come from it. Fields and validations are
 * Karpenter 1.15's, so that its manifests apply unchanged. What it does to prices and capacity is in catalog/node-overlay.ts.
 */
import { conditionList } from "./condition-list.ts";
import { overlayRequirementList } from "./node-selector-requirement.ts";
import { resourceAmounts } from "./node-template.ts";
import type { KubeObject } from "./object.ts";
import { object, optional, text, whole, type Shape } from "./schema-field.ts";

const countedByTheCatalogue = ["cpu", "memory", "ephemeral-storage", "pods"];

const capacity = {
  ...resourceAmounts("Extended resources that nodes of these types have besides the catalogue's; the scheduler must see them too."),
  "x-kubernetes-validations": [
    {
      rule: `self.all(name, !(name in [${countedByTheCatalogue.map((name) => `'${name}'`).join(", ")}]))`,
      message: "capacity takes extended resources only; cpu, memory, ephemeral-storage and pods are the type's own",
    },
  ],
};

export const nodeOverlaySpecSchema = object(
  "What is known better, and of which nodes.",
  {
    requirements: overlayRequirementList(),
    price: optional(text("The price in USD an hour, in place of the known one; also prices a type without one.", { pattern: "price" })),
    priceAdjustment: optional(
      text("What is added to the known price: USD an hour such as -0.05, or a percentage such as -15%; never below 0.", {
        pattern: "priceAdjustment",
      }),
    ),
    capacity: optional(capacity),
    weight: optional(
      whole("Of overlays that concern the same, the one of more weight counts; without it, 0.", {
        format: "int32",
        minimum: 1,
        maximum: 10_000,
      }),
    ),
  },
  {
    "x-kubernetes-validations": [
      { rule: "!has(self.price) || !has(self.priceAdjustment)", message: "price and priceAdjustment exclude each other" },
    ],
  },
);

export const nodeOverlaySchema = object("What is known better than the catalogue: prices and extended resources of some instance types.", {
  spec: nodeOverlaySpecSchema,
  status: optional(object("What has been observed.", { conditions: optional(conditionList) })),
});

/** A NodeOverlay, as on the wire. */
export interface NodeOverlay extends KubeObject, Shape<typeof nodeOverlaySchema> {}
