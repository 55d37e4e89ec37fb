/**
 * Messages of the interruption queue, decoded: events of EventBridge as AWS writes them.
 *
 * Reads one message. Returns the notice in it, nothing where it tells of nothing that we act on, or why it can't be read. Which events
 * count, and which of their fields, is as in karpenter-provider-aws pkg/controllers/interruption/messages, so that Karpenter's queue and
 * rules serve as they are.
 */
import type { CloudNotice, CloudNoticeKind } from "../../api/cloud-notices.ts";
import type { Instant } from "../../api/ports.ts";
import { err, ok, type Result } from "../../api/result.ts";
import type { SqsMessage } from "../sqs-calls.ts";

/** Between the warning and the end of a Spot instance. */
export const spotWarningMs = 120_000;
/** More instances than this in one event are not ours to wait for: the rest is seen by their state changes. */
const instancesMax = 1_000;

type Fields = Readonly<Record<string, unknown>>;
type Told = Pick<CloudNotice, "kind" | "instances" | "endsAt">;

/** What an event of one source and type says; undefined where it asks nothing of us. */
type Reader = (detail: Fields, saidAt: Instant) => Told | undefined;

const readers: Readonly<Record<string, Reader>> = {
  "aws.ec2/EC2 Spot Instance Interruption Warning": (detail, saidAt) =>
    ofInstance(detail, { kind: "spot-interruption", endsAt: saidAt + spotWarningMs }),
  "aws.ec2/EC2 Capacity Reservation Instance Interruption Warning": (detail, saidAt) =>
    ofInstance(detail, { kind: "reservation-interruption", endsAt: timeOf(detail["instance-termination-time"]) ?? saidAt + spotWarningMs }),
  "aws.ec2/EC2 Instance Rebalance Recommendation": (detail) => ofInstance(detail, { kind: "rebalance-recommendation" }),
  "aws.ec2/EC2 Instance State-change Notification": (detail) => {
    const kind = stateKinds[textOf(detail["state"]).toLowerCase()];
    return kind === undefined ? undefined : ofInstance(detail, { kind });
  },
  "aws.health/AWS Health Event": scheduledChange,
};

const stateKinds: Readonly<Record<string, CloudNoticeKind>> = {
  stopping: "instance-stopping",
  stopped: "instance-stopping",
  "shutting-down": "instance-ending",
  terminated: "instance-ending",
};

/** Returns the notice of a message; undefined where it asks nothing of us. */
export function parseNotice({ id, body, sentAt }: Pick<SqsMessage, "id" | "body" | "sentAt">): Result<CloudNotice | undefined, string> {
  const event = fieldsOf(parseJson(body));
  if (event === undefined) return err(`message ${id} of the interruption queue is not a JSON object: ${body.slice(0, 200)}`);
  const name = `${textOf(event["source"])}/${textOf(event["detail-type"])}`;
  const read = readers[name];
  if (read === undefined) return ok(undefined);
  const saidAt = timeOf(event["time"]) ?? sentAt;
  if (saidAt === undefined) return err(`message ${id} of the interruption queue (${name}) has no time`);
  const detail = fieldsOf(event["detail"]);
  if (detail === undefined) return err(`message ${id} of the interruption queue (${name}) has no detail`);
  const told = read(detail, saidAt);
  if (told === undefined) return ok(undefined);
  if (told.instances.length === 0) return err(`message ${id} of the interruption queue (${name}) names no instance`);
  return ok({ id, saidAt, ...told });
}

/** What is closed is over; an event that is only planned says when it begins. */
function scheduledChange(detail: Fields): Told | undefined {
  const isOurs = detail["service"] === "EC2" && detail["eventTypeCategory"] === "scheduledChange" && detail["statusCode"] !== "closed";
  if (!isOurs) return undefined;
  const entities = Array.isArray(detail["affectedEntities"]) ? (detail["affectedEntities"] as readonly unknown[]) : [];
  const instances = entities.map((entity) => textOf(fieldsOf(entity)?.["entityValue"])).filter((entity) => entity.startsWith("i-"));
  const endsAt = timeOf(detail["startTime"]);
  // An event may tell of other things than instances; then it is no notice.
  if (instances.length === 0) return undefined;
  return { kind: "scheduled-change", instances: instances.slice(0, instancesMax), ...(endsAt === undefined ? {} : { endsAt }) };
}

function ofInstance(detail: Fields, told: Pick<Told, "kind" | "endsAt">): Told {
  const instance = textOf(detail["instance-id"]);
  return { ...told, instances: instance === "" ? [] : [instance] };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function fieldsOf(value: unknown): Fields | undefined {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : undefined;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function timeOf(value: unknown): Instant | undefined {
  const time = typeof value === "string" ? Date.parse(value) : NaN;
  return Number.isNaN(time) ? undefined : time;
}
