/**
 * Reservation labels: what a node that is bought from a capacity reservation says of it.
 *
 * Reads a reservation. Returns Karpenter's labels of it. One list, so that the solver judges by what nodes will have.
 */
import type { Reservation } from "../api/instance-type.ts";
import { capacityReservationInterruptibleLabel, capacityReservationLabel, capacityReservationTypeLabel } from "../api/labels.ts";

type Named = Pick<Reservation, "id" | "kind" | "isInterruptible">;

/** Each label with how its value is read; a node of no reservation has none of them. */
export const reservationFacts: readonly (readonly [key: string, valueOf: (reservation: Named) => string])[] = [
  [capacityReservationLabel, ({ id }) => id],
  [capacityReservationTypeLabel, ({ kind }) => kind],
  [capacityReservationInterruptibleLabel, ({ isInterruptible }) => String(isInterruptible)],
];

/** The labels' names. */
export const reservationKeys: readonly string[] = reservationFacts.map(([key]) => key);

/** Returns the labels of a node that is bought from a reservation (karpenter.sh docs, capacity reservations). */
export function reservationLabels(reservation: Named): Readonly<Record<string, string>> {
  return Object.fromEntries(reservationFacts.map(([key, valueOf]) => [key, valueOf(reservation)]));
}
