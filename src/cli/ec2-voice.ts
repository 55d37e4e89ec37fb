/**
 * What EC2 tells of its instances: the notices of an interruption queue, where one is named, and status checks.
 */
import type { CapacitySources } from "./process-parts.ts";
import type { Ec2Endpoint } from "../ec2/aws-client.ts";
import type { Ec2StatusCalls } from "../ec2/ec2-calls.ts";
import { instanceStatus } from "../ec2/interruption/instance-status.ts";
import { rememberInterrupted } from "../ec2/interruption/interrupted-offerings.ts";
import { noticeQueue } from "../ec2/interruption/notice-queue.ts";
import { sqsCalls, type SqsCalls } from "../ec2/sqs-calls.ts";
import type { UnavailableOfferings } from "../ec2/unavailable-offerings.ts";
import type { CloudVoice } from "../provisioner/controllers/provisioner-controllers.ts";

/** Returns whom to listen to, and whom to ask; SQS is first called when somebody listens. */
export function ec2Voice(of: {
  readonly endpoint: Ec2Endpoint;
  readonly ec2: Ec2StatusCalls;
  /** The queue's name; without it nothing is heard before its instance is gone. */
  readonly interruptionQueue: string | undefined;
  readonly unavailable: UnavailableOfferings;
  /** Counts what the queue tells; absent: nobody does. */
  readonly heard: ((sqs: SqsCalls) => SqsCalls) | undefined;
  readonly sources: Pick<CapacitySources, "clock" | "snapshot">;
}): CloudVoice {
  const { endpoint, ec2, interruptionQueue: queueName, unavailable, heard } = of;
  const { clock, snapshot } = of.sources;
  const health = instanceStatus({ ec2, clock });
  if (queueName === undefined) return { health };
  const remember = rememberInterrupted({
    snapshot,
    mark: (offering) => {
      unavailable.mark(offering, "interrupted");
    },
  });
  const sqs = sqsCalls({ ...endpoint, queueName });
  return { health, notices: noticeQueue({ sqs: heard?.(sqs) ?? sqs, clock, remember }) };
}
