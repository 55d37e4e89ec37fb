/**
 * Interrupted offerings: what EC2 takes back now is not what it sells best next.
 *
 * Reads a notice and the NodeClaims of the snapshot. Marks the offering of each instance that is taken back, before anybody buys its
 * replacement: a Spot instance's type and zone, or the reservation that an instance stood in.
 */
import { assertNever } from "../../api/assert.ts";
import type { CloudNotice } from "../../api/cloud-notices.ts";
import { capacityReservationLabel, capacityTypeLabel, instanceTypeLabel, zoneLabel } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import { instanceIDOf } from "../launch-outcome.ts";

/** An offering as its NodeClaim tells it. */
export interface InterruptedOffering {
  readonly instanceType: string;
  readonly zone: string;
  readonly capacityType: "spot" | "reserved";
  readonly reservation?: string;
}

/** Makes the function that is told of each notice; instances that are not ours mark nothing. */
export function rememberInterrupted(of: {
  readonly snapshot: () => ClusterSnapshot;
  readonly mark: (offering: InterruptedOffering) => void;
}): (notice: CloudNotice) => void {
  return (notice) => {
    const capacityType = takenBack(notice.kind);
    if (capacityType === undefined) return;
    const instances = new Set(notice.instances);
    for (const claim of of.snapshot().list("NodeClaim")) {
      const instance = instanceIDOf(claim.status?.providerID ?? "");
      if (instance === undefined || !instances.has(instance)) continue;
      const offering = offeringOf(claim, capacityType);
      if (offering !== undefined) of.mark(offering);
    }
  };
}

/** What the cloud takes back; undefined where it only ends or mends one instance. */
function takenBack(kind: CloudNotice["kind"]): InterruptedOffering["capacityType"] | undefined {
  switch (kind) {
    case "spot-interruption":
      return "spot";
    case "reservation-interruption":
      return "reserved";
    case "rebalance-recommendation":
    case "scheduled-change":
    case "instance-stopping":
    case "instance-ending":
      return undefined;
    default:
      return assertNever(kind);
  }
}

function offeringOf({ metadata }: NodeClaim, capacityType: InterruptedOffering["capacityType"]): InterruptedOffering | undefined {
  const { [instanceTypeLabel]: instanceType, [zoneLabel]: zone, [capacityReservationLabel]: reservation } = metadata.labels ?? {};
  // A notice of another kind of capacity than the claim's is about what it has become meanwhile.
  if (instanceType === undefined || zone === undefined || metadata.labels?.[capacityTypeLabel] !== capacityType) return undefined;
  return { instanceType, zone, capacityType, ...(reservation === undefined ? {} : { reservation }) };
}
