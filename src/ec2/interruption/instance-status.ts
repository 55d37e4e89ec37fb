/**
 * What EC2's status checks say of instances: those that are impaired, and those with an event to come.
 *
 * Reads DescribeInstanceStatus by four filters, so that an account with thousands of healthy instances answers with few. Returns troubles,
 * whosesoever the instances are: who asks knows his own. A check counts once it has failed for two minutes, as in
 * karpenter-provider-aws pkg/providers/instancestatus. That of attached volumes, which it leaves out, is told here and asks for nothing.
 */
import type {
  DescribeInstanceStatusCommandInput,
  EbsStatusSummary,
  InstanceStatus,
  InstanceStatusEvent,
  InstanceStatusSummary,
} from "@aws-sdk/client-ec2";
import type { CloudHealth, InstanceTrouble } from "../../api/cloud-notices.ts";
import type { Clock, Instant } from "../../api/ports.ts";
import { err, ok } from "../../api/result.ts";
import { timeText } from "../../kube/time-text.ts";
import type { Ec2StatusCalls } from "../ec2-calls.ts";
import { failureText } from "../errors.ts";

/** A check that fails for a shorter time may pass by itself. */
export const impairedMinMs = 120_000;

const eventCodes = ["instance-reboot", "system-reboot", "system-maintenance", "instance-retirement", "instance-stop"];
const filters: readonly NonNullable<DescribeInstanceStatusCommandInput["Filters"]>[number][] = [
  { Name: "instance-status.status", Values: ["impaired"] },
  { Name: "system-status.status", Values: ["impaired"] },
  { Name: "attached-ebs-status.status", Values: ["impaired"] },
  { Name: "event.code", Values: eventCodes },
];
/** EC2 leaves an event that is over in its answers for a week, and says so in front of its description. */
const overPattern = /^\[(completed|canceled)\]/i;

/** Makes whoever can be asked. */
export function instanceStatus(options: { readonly ec2: Ec2StatusCalls; readonly clock: Pick<Clock, "now"> }): CloudHealth {
  return {
    troubles: async () => {
      const answers = await Promise.all(filters.map((filter) => options.ec2.instanceStatuses({ Filters: [filter] })));
      const failed = answers.find((answer) => !answer.ok);
      if (failed?.ok === false) return err(`the status of instances is not known: ${failureText(failed.error)}`);
      const now = options.clock.now();
      const found = new Map<string, InstanceTrouble>();
      for (const answer of answers) {
        for (const status of answer.ok ? answer.value : []) {
          for (const trouble of troublesOf(status, now)) found.set(`${trouble.instance}/${trouble.kind}`, trouble);
        }
      }
      return ok([...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, trouble]) => trouble));
    },
  };
}

function troublesOf(status: InstanceStatus, now: Instant): readonly InstanceTrouble[] {
  const { InstanceId: instance, InstanceStatus: own, SystemStatus: system, AttachedEbsStatus: volumes, Events = [] } = status;
  if (instance === undefined) return [];
  const troubles: InstanceTrouble[] = [];
  const ownSince = impairedSince(own, now);
  const systemSince = impairedSince(system, now);
  const volumesSince = impairedSince(volumes, now);
  if (ownSince !== undefined) troubles.push({ instance, kind: "InstanceImpaired", message: `its own status check fails ${ownSince}` });
  if (systemSince !== undefined) troubles.push({ instance, kind: "SystemImpaired", message: `the check of its host fails ${systemSince}` });
  if (volumesSince !== undefined)
    troubles.push({ instance, kind: "VolumeImpaired", message: `the check of its EBS volumes fails ${volumesSince}` });
  const [event] = Events.filter(isToCome).sort((a, b) => (a.NotBefore?.getTime() ?? 0) - (b.NotBefore?.getTime() ?? 0));
  if (event !== undefined) troubles.push({ instance, kind: "ScheduledEvent", ...eventTold(event) });
  return troubles;
}

function isToCome({ Code, Description = "" }: InstanceStatusEvent): boolean {
  return Code !== undefined && eventCodes.includes(Code) && !overPattern.test(Description);
}

function eventTold({ Code = "instance-stop", NotBefore }: InstanceStatusEvent): Pick<InstanceTrouble, "message" | "endsAt"> {
  if (NotBefore === undefined) return { message: `${Code} is scheduled` };
  return { message: `${Code} is scheduled for ${timeText(NotBefore.getTime())}`, endsAt: NotBefore.getTime() };
}

/** Since when a check fails, in words; undefined while it does not, or not for long. */
function impairedSince(summary: InstanceStatusSummary | EbsStatusSummary | undefined, now: Instant): string | undefined {
  if (summary?.Status !== "impaired") return undefined;
  const times = (summary.Details ?? []).flatMap(({ ImpairedSince }) => (ImpairedSince === undefined ? [] : [ImpairedSince.getTime()]));
  if (times.length === 0) return "now";
  const since = Math.min(...times);
  return now - since < impairedMinMs ? undefined : `since ${timeText(since)}`;
}
