/**
 * What EC2 tells of its instances: the notices of an interruption queue, where there is one, status checks, and when capacity blocks end.
 */
import type { CapacitySources } from "./process-parts.ts";
import type { Ec2StatusCalls } from "../ec2/ec2-calls.ts";
import { blockEnds } from "../ec2/interruption/block-ends.ts";
import { instanceStatus } from "../ec2/interruption/instance-status.ts";
import { rememberInterrupted } from "../ec2/interruption/interrupted-offerings.ts";
import { noticeQueue } from "../ec2/interruption/notice-queue.ts";
import type { NodeClassCalls } from "../ec2/node-class-calls.ts";
import type { SqsCalls } from "../ec2/sqs-calls.ts";
import type { UnavailableOfferings } from "../ec2/unavailable-offerings.ts";
import type { CloudVoice } from "../provisioner/controllers/provisioner-controllers.ts";

/** Returns whom to listen to, and whom to ask; SQS is first called when somebody listens. */
export function ec2Voice(
  of: Pick<CapacitySources, "clock" | "snapshot"> & {
    readonly ec2: Ec2StatusCalls;
    readonly calls: Pick<NodeClassCalls, "capacityReservations">;
    /** Without a queue nothing is heard before its instance is gone. */
    readonly sqs: SqsCalls | undefined;
    readonly unavailable: UnavailableOfferings;
  },
): CloudVoice {
  const { ec2, calls, sqs, unavailable, clock, snapshot } = of;
  const asked = { health: instanceStatus({ ec2, clock }), reservations: blockEnds(calls) };
  if (sqs === undefined) return asked;
  const remember = rememberInterrupted({
    snapshot,
    mark: (offering) => {
      unavailable.mark(offering, "interrupted");
    },
  });
  return { ...asked, notices: noticeQueue({ sqs, clock, remember }) };
}
