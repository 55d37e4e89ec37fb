/**
 * When capacity blocks end, as EC2 says.
 *
 * Reads DescribeCapacityReservations by id: instances stand on a block also where no EC2NodeClass selects it any more. Returns ends by
 * reservation; one that EC2 does not know, or that has no end, is not named.
 */
import type { CloudReservations } from "../../api/cloud-notices.ts";
import type { Instant } from "../../api/ports.ts";
import { err, ok } from "../../api/result.ts";
import { failureText } from "../errors.ts";
import type { NodeClassCalls } from "../node-class-calls.ts";

/** Makes whoever can be asked. */
export function blockEnds(calls: Pick<NodeClassCalls, "capacityReservations">): CloudReservations {
  return {
    endsOf: async (ids) => {
      const ends = new Map<string, Instant>();
      // Each alone: one id that EC2 does not know fails a call for all.
      for (const id of ids) {
        const found = await calls.capacityReservations({ CapacityReservationIds: [id] });
        if (!found.ok) return err(`when capacity block ${id} ends is not known: ${failureText(found.error)}`);
        const endsAt = found.value[0]?.EndDate?.getTime();
        if (endsAt !== undefined) ends.set(id, endsAt);
      }
      return ok(ends);
    },
  };
}
