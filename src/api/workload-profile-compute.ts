/**
 * spec.compute of WorkloadProfile: what each replica needs.
 *
 * Returns its schema, and the part of it that a variant of the workload may override.
 */
import { choice, intOrText, mapOf, object, optional, amount, text, whole } from "./schema-field.ts";

const containerCompute = {
  cpuRequest: optional(
    amount("CPU that each replica is promised.", { "x-plimsoll-default": "class", "x-plimsoll-check": "within the class's bounds" }),
  ),
  memoryRequest: optional(
    amount("Memory that each replica is promised.", { "x-plimsoll-default": "class", "x-plimsoll-check": "within the class's bounds" }),
  ),
  memoryLimit: optional(
    amount("Memory above which a container is killed.", {
      "x-plimsoll-default": "memoryRequest times the class's ratio",
      "x-plimsoll-check": "not below memoryRequest, not above the class's ratio",
    }),
  ),
  cpuLimit: optional(
    intOrText("CPU above which a container is throttled, or none.", {
      minimum: 0,
      pattern: "amountOrNone",
      "x-plimsoll-default": "none",
      "x-plimsoll-check": "not below cpuRequest",
    }),
  ),
  ephemeralStorageRequest: optional(amount("Disk of the node that each replica is promised.", { "x-plimsoll-default": "class" })),
  gpu: optional(
    object("Accelerators; request and limit are the same.", {
      name: text("Resource name such as nvidia.com/gpu.", { "x-plimsoll-check": "class gpu only" }),
      count: whole("How many.", { minimum: 1 }),
    }),
  ),
};

export const variantCompute = {
  ...containerCompute,
  arch: optional(choice("Processor architecture of the nodes.", ["amd64", "arm64", "any"], { "x-plimsoll-default": "class" })),
  containers: optional(
    mapOf("Sizes by container name, where a Pod has several.", object("Sizes of one container.", containerCompute), {
      "x-plimsoll-check": "each name is a container of the workload",
      maxProperties: 100,
    }),
  ),
};

export const computeSchema = object("What each replica needs.", {
  ...variantCompute,
  managedBy: optional(
    choice("Who owns the requests.", ["profile", "vpa", "none"], {
      "x-plimsoll-default": "profile",
      "x-plimsoll-check": "vpa needs a VerticalPodAutoscaler for the workload",
    }),
  ),
  mode: optional(
    choice(
      "What happens to values that a Pod already has: set overwrites, fill adds what is missing, floor raises what is lower.",
      ["set", "fill", "floor"],
      {
        "x-plimsoll-default": "set",
      },
    ),
  ),
});
