/**
 * What EC2 tells of its instances: the notices of an interruption queue, where there is one, and status checks.
 */
import type { CapacitySources } from "./process-parts.ts";
import type { Ec2StatusCalls } from "../ec2/ec2-calls.ts";
import { instanceStatus } from "../ec2/interruption/instance-status.ts";
import { rememberInterrupted } from "../ec2/interruption/interrupted-offerings.ts";
import { noticeQueue } from "../ec2/interruption/notice-queue.ts";
import type { SqsCalls } from "../ec2/sqs-calls.ts";
import type { UnavailableOfferings } from "../ec2/unavailable-offerings.ts";
import type { CloudVoice } from "../provisioner/controllers/provisioner-controllers.ts";

/** Returns whom to listen to, and whom to ask; SQS is first called when somebody listens. */
export function ec2Voice(
  of: Pick<CapacitySources, "clock" | "snapshot"> & {
    readonly ec2: Ec2StatusCalls;
    /** Without a queue nothing is heard before its instance is gone. */
    readonly sqs: SqsCalls | undefined;
    readonly unavailable: UnavailableOfferings;
  },
): CloudVoice {
  const { ec2, sqs, unavailable, clock, snapshot } = of;
  const health = instanceStatus({ ec2, clock });
  if (sqs === undefined) return { health };
  const remember = rememberInterrupted({
    snapshot,
    mark: (offering) => {
      unavailable.mark(offering, "interrupted");
    },
  });
  return { health, notices: noticeQueue({ sqs, clock, remember }) };
}
