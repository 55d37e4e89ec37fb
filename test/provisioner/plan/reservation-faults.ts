/**
 * Reservation faults: claims that count on more of a capacity reservation than there is.
 *
 * Reads the input and planned nodes. Returns a fault for each reservation that more claims are for than it has instances left, the
 * claims on their way included, and for each claim on reserved capacity that does not say which.
 */
import type { SchedulingResults, SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import type { Fault } from "./fault.ts";

const reservationLabel = "karpenter.k8s.aws/capacity-reservation-id";
const typeLabel = "node.kubernetes.io/instance-type";

interface Asked {
  readonly key: string;
  readonly values?: readonly string[];
}

/** Returns the faults of a whole plan. */
export function reservationFaults(input: SolveInput, { newNodes }: SchedulingResults): readonly Fault[] {
  const vague = newNodes.filter(({ capacityType, requirements }) => capacityType === "reserved" && idOf(requirements) === undefined);
  const coming = input.nodes.filter(({ labels }) => labels[typeLabel] === undefined).map(({ requirements = [] }) => idOf(requirements));
  const used = [...coming, ...newNodes.map(({ requirements }) => idOf(requirements))];
  const offerings = [...input.instanceTypes.values()].flat().flatMap((type) => type.offerings);
  const left = new Map(
    offerings.flatMap(({ reservation }) => (reservation === undefined ? [] : [[reservation.id, reservation.remaining ?? Infinity]])),
  );
  const over = [...left].flatMap(([id, remaining]): readonly Fault[] => {
    const claims = used.filter((one) => one === id).length;
    return claims <= remaining || claims === coming.filter((one) => one === id).length
      ? []
      : [{ rule: "reservations", says: `${id} has ${remaining} left, and ${claims} claims are for it` }];
  });
  return [...over, ...vague.map((): Fault => ({ rule: "reservations", says: "a claim on reserved capacity names no reservation" }))];
}

function idOf(requirements: readonly Asked[]): string | undefined {
  const { values = [] } = requirements.find(({ key }) => key === reservationLabel) ?? {};
  return values.length === 1 ? values[0] : undefined;
}
