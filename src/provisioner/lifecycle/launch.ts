/**
 * Launch: which types a NodeClaim may become, and what an outcome means for it.
 *
 * Reads a NodeClaim, what its provider offers, and what the provider answered. Returns candidates, cheapest first, and
 * what to write: the labels that the launch decided and the status, that the claim waits for capacity (it is kept, and tried again), or that it
 * is given up so that its Pods are planned anew.
 */
import { assertNever } from "../../api/assert.ts";
import type { Reason } from "../../api/controller.ts";
import type { InstanceType, Offering } from "../../api/instance-type.ts";
import { instanceTypeLabel } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { Instant, LaunchOutcome } from "../../api/ports.ts";
import { has } from "../../kube/requirement.ts";
import { decidedLabels, fromLabels, intersection, intersects, requirementsOf } from "../../kube/requirements.ts";
import { fitsWithin, toResourceList, toResources } from "../../kube/resources.ts";
import { hasMarketPrice, sensiblePriceMax } from "../scheduling/sensible-price.ts";
import { isAllowed } from "../scheduling/pool-template.ts";
import { cameTrue, changes, claimCondition, claimStatusAfter, type ClaimStatus, type ConditionChange } from "./claim-status.ts";

/** What a launch's outcome asks to be written. */
export type LaunchResult =
  | { readonly kind: "launched"; readonly labels: Readonly<Record<string, string>>; readonly status: ClaimStatus }
  /** The claim can't be had as it is: it is deleted, and its Pods are planned anew. */
  | { readonly kind: "given-up"; readonly reason: Reason }
  /** Nothing to be had now: the claim says so and is tried again after a while. */
  | {
      readonly kind: "lacking";
      readonly status: ClaimStatus;
      readonly retryAfterMs: number;
      readonly reason: Reason;
      readonly isNews: boolean;
    }
  /** Something that may pass; the claim says so and is tried again. */
  | { readonly kind: "failed"; readonly status: ClaimStatus; readonly message: string };

/** The reason of the condition Launched after a launch that did not come off. */
export const launchFailedReason = "LaunchFailed";
/** The reason of it, and of the Event, where no capacity was to be had. */
export const capacityReason = "InsufficientCapacityError";

/** Says whether a claim waits for capacity: its last launch found none. */
export function lacksCapacity(claim: NodeClaim): boolean {
  const launched = claimCondition(claim, "Launched");
  return launched?.status === "Unknown" && launched.reason === capacityReason;
}

/** Where a cloud does not know when to ask again. */
const capacityRetryMs = 5_000;

/** Karpenter's bound for a condition's message. */
const messageMax = 1024;

/**
 * Returns the types that a claim may become, with only the offerings that it allows and that are to be had; cheapest first. What costs many
 * times the cheapest, had or not, is none of them, unless the claim asks for variety.
 */
export function launchCandidates(claim: NodeClaim, types: readonly InstanceType[]): readonly InstanceType[] {
  // Labels count too: a launch whose answer was written only in part is repeated as it was decided.
  const wanted = intersection(requirementsOf(claim.spec.requirements), fromLabels(claim.metadata.labels));
  const requests = toResources(claim.spec.resources?.requests);
  const named = wanted.get(instanceTypeLabel);
  // The claim may name dear types alone, as it was planned while the others lacked capacity: prices are compared with all that would do.
  const ofAnyName = new Map([...wanted].filter(([key]) => key !== instanceTypeLabel));
  const fitting = types
    .filter(({ offerings }) => offerings.length > 0)
    .filter((type) => intersects(ofAnyName, requirementsOf(type.requirements)) === undefined && fitsWithin(requests, type.allocatable))
    .map((type) => ({ ...type, offerings: type.offerings.filter((offering) => isAllowed(offering, wanted)) }));
  const dearest = isFree(claim) ? sensiblePriceMax * Math.min(...fitting.flatMap(pricesOf)) : Infinity;
  return fitting
    .filter(({ name }) => named === undefined || has(named, name))
    .map((type) => ({ ...type, offerings: offeringsUpTo(type, dearest) }))
    .filter(({ offerings }) => offerings.length > 0)
    .sort((a, b) => cheapestPrice(a) - cheapestPrice(b) || (a.name < b.name ? -1 : 1));
}

/** Neither launched as something already, nor in want of variety. */
function isFree({ metadata, spec }: NodeClaim): boolean {
  return metadata.labels?.[instanceTypeLabel] === undefined && spec.requirements.every(({ minValues }) => minValues === undefined);
}

/** Returns what to write after a launch was answered. */
export function launchResult(input: {
  readonly nodeClaim: NodeClaim;
  readonly outcome: LaunchOutcome;
  readonly now: Instant;
}): LaunchResult {
  const { nodeClaim, outcome, now } = input;
  switch (outcome.kind) {
    case "launched":
      return {
        kind: "launched",
        labels: { ...decidedLabels(requirementsOf(nodeClaim.spec.requirements)), ...outcome.labels },
        status: claimStatusAfter(nodeClaim, {
          conditions: [cameTrue("Launched")],
          fields: {
            providerID: outcome.providerID,
            imageID: outcome.imageID,
            capacity: toResourceList(outcome.capacity),
            allocatable: toResourceList(outcome.allocatable),
          },
          now,
        }),
      };
    case "insufficient-capacity":
      return lackingResult({ nodeClaim, now, outcome });
    case "node-class-not-ready":
      return { kind: "given-up", reason: { reason: "NodeClassNotReady", message: outcome.message.slice(0, messageMax) } };
    case "refused":
      return { kind: "given-up", reason: { reason: launchFailedReason, message: outcome.message.slice(0, messageMax) } };
    case "failed": {
      const message = outcome.message.slice(0, messageMax);
      const failed = { type: "Launched", status: "Unknown", reason: launchFailedReason, message } as const;
      return { kind: "failed", message, status: claimStatusAfter(nodeClaim, { conditions: [failed], now }) };
    }
    default:
      return assertNever(outcome);
  }
}

function lackingResult(of: {
  readonly nodeClaim: NodeClaim;
  readonly outcome: Extract<LaunchOutcome, { readonly kind: "insufficient-capacity" }>;
  readonly now: Instant;
}): LaunchResult {
  const { nodeClaim, outcome, now } = of;
  const { retryAfterMs = capacityRetryMs } = outcome;
  const reason: Reason = { reason: capacityReason, message: outcome.message.slice(0, messageMax) };
  const condition: ConditionChange = { type: "Launched", status: "Unknown", ...reason };
  return {
    kind: "lacking",
    reason,
    retryAfterMs,
    isNews: changes(nodeClaim, condition),
    status: claimStatusAfter(nodeClaim, { conditions: [condition], now }),
  };
}

function pricesOf({ offerings }: InstanceType): readonly number[] {
  return offerings.filter(hasMarketPrice).map(({ pricePerHour }) => pricePerHour);
}

function offeringsUpTo(type: InstanceType, dearest: number): readonly Offering[] {
  return type.offerings
    .filter((offering) => offering.available && (offering.pricePerHour <= dearest || !hasMarketPrice(offering)))
    .sort((a, b) => a.pricePerHour - b.pricePerHour || (a.zone < b.zone ? -1 : 1));
}

function cheapestPrice({ offerings }: InstanceType): number {
  return offerings[0]?.pricePerHour ?? Infinity;
}
