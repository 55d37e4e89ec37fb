/**
 * What a launched instance means for its NodeClaim.
 *
 * Reads the instance and the claim's candidates. Returns the labels that only the launch decided, and what the node will have.
 */
import type { InstanceType } from "../api/instance-type.ts";
import { capacityReservationLabel, capacityTypeLabel, instanceTypeLabel, regionLabel, zoneLabel } from "../api/labels.ts";
import type { LaunchOutcome } from "../api/ports.ts";
import { catalogInstanceTypes, regionOfZone } from "../catalog/instance-types.ts";
import { knownInstanceFacts } from "../catalog/known-instances.ts";
import { reservationLabels } from "../catalog/reservation-labels.ts";
import { decidedLabels, requirementsOf } from "../kube/requirements.ts";
import type { LaunchedInstance } from "./fleet-answer.ts";
import { tenancyLabel } from "./launch-tenancy.ts";

/** Returns the outcome; a type that was not among the candidates is looked up in the catalogue. */
export function launchedOutcome(instance: LaunchedInstance, candidates: readonly InstanceType[]): LaunchOutcome {
  const { instanceID, instanceType, zone, imageID, capacityType, tenancy = "default" } = instance;
  const type = candidates.find(({ name }) => name === instanceType) ?? catalogType(instanceType, zone);
  if (type === undefined)
    return { kind: "refused", message: `EC2 launched ${instanceID} as ${instanceType}, a type that is not known here` };
  return {
    kind: "launched",
    providerID: providerIDOf({ zone, instanceID }),
    imageID,
    labels: {
      ...decidedLabels(requirementsOf(type.requirements)),
      [instanceTypeLabel]: instanceType,
      [zoneLabel]: zone,
      [regionLabel]: regionOfZone(zone),
      [capacityTypeLabel]: capacityType,
      [tenancyLabel]: tenancy,
      ...boughtFrom(instance),
    },
    capacity: type.capacity,
    allocatable: type.allocatable,
  };
}

/** Those of Karpenter; an instance that EC2 put into a reservation by itself is none of it. */
function boughtFrom({ capacityType, reservation, reservationKind }: LaunchedInstance): Readonly<Record<string, string>> {
  if (capacityType !== "reserved" || reservation === undefined) return {};
  if (reservationKind === undefined) return { [capacityReservationLabel]: reservation };
  const kind = reservationKind === "capacity-block" ? reservationKind : "default";
  return reservationLabels({ id: reservation, kind, isInterruptible: reservationKind === "interruptible" });
}

function catalogType(instanceType: string, zone: string): InstanceType | undefined {
  return catalogInstanceTypes({ zones: [zone], facts: knownInstanceFacts().filter(({ name }) => name === instanceType) })[0];
}

/** Returns a providerID as the AWS cloud provider writes it. */
export function providerIDOf({ zone, instanceID }: { readonly zone: string; readonly instanceID: string }): string {
  return `aws:///${zone}/${instanceID}`;
}

/** Returns the instance id of a providerID. */
export function instanceIDOf(providerID: string): string | undefined {
  return /^aws:\/\/\/[^/]+\/(i-[0-9a-f]+)$/.exec(providerID)?.[1];
}
