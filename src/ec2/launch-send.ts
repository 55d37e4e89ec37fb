/**
 * Sends launch attempts, and does what their answers ask for.
 *
 * Reads an attempt that stands on its claims. Returns whether it was answered. An answer is noted once: offerings and subnets that lack are
 * left alone for a while, and the instances of several claims get their names. An attempt that can't be answered (its template is gone, a
 * parameter names what is not there) is given up after a look at what it may have left; one that was sent but once has left nothing.
 */
import { nodeClaimTag, type PlatformNames } from "../api/labels.ts";
import type { Clock } from "../api/ports.ts";
import type { Ec2Calls } from "./ec2-calls.ts";
import { failureText, isOfWayToBuy, type Ec2Failure } from "./errors.ts";
import { askedOfferings, describedInstance, fleetAnswer, refusedAnswer, type FleetAnswer, type LaunchedInstance } from "./fleet-answer.ts";
import type { SubnetLedger } from "./launch-subnets.ts";
import type { TemplateStore } from "./launch-templates.ts";
import { hiddenMaxMs, type LiveAttempt } from "./live-attempt.ts";
import type { UnavailableOfferings } from "./unavailable-offerings.ts";

export interface SendPorts {
  readonly ec2: Pick<Ec2Calls, "createFleet" | "instances" | "tagInstances">;
  readonly clock: Pick<Clock, "now">;
  readonly names: PlatformNames;
  readonly unavailable: UnavailableOfferings;
  readonly subnets: SubnetLedger;
  readonly templates: TemplateStore;
}

export type Sent =
  | { readonly kind: "answered" }
  /** Nothing came of it and nothing can: another attempt is due. */
  | { readonly kind: "dead"; readonly message: string }
  /** Nobody knows yet; the same is to be sent again. */
  | { readonly kind: "failed"; readonly message: string };

/** Returns a function that sends an attempt; its members share one call. */
export function launchSender(ports: SendPorts): (live: LiveAttempt) => Promise<Sent> {
  const underway = new Map<LiveAttempt, Promise<Sent>>();
  return async (live) => {
    if (live.answer !== undefined) return { kind: "answered" };
    const sending = underway.get(live) ?? send(ports, live);
    underway.set(live, sending);
    try {
      return await sending;
    } finally {
      underway.delete(live);
    }
  };
}

async function send(ports: SendPorts, live: LiveAttempt): Promise<Sent> {
  live.sends += 1;
  const reply = await ports.ec2.createFleet(live.attempt.request);
  if (reply.ok) return noted(ports, live, fleetAnswer(live.attempt, reply.value));
  const { kind, code } = reply.error;
  if (kind === "insufficient-capacity" || isOfWayToBuy(code))
    return noted(ports, live, refusedAnswer(live.attempt, { code, message: failureText(reply.error) }));
  switch (kind) {
    case "launch-template-not-found":
      for (const { LaunchTemplateSpecification } of live.attempt.request.LaunchTemplateConfigs ?? [])
        ports.templates.forget(LaunchTemplateSpecification?.LaunchTemplateName ?? "");
      return givenUp(ports, live, reply.error);
    case "invalid":
      return givenUp(ports, live, reply.error);
    default:
      return { kind: "failed", message: failureText(reply.error) };
  }
}

async function noted(ports: SendPorts, live: LiveAttempt, answer: FleetAnswer): Promise<Sent> {
  const { unavailable, subnets } = ports;
  const { instances, lacking, exhausted, isCapacity } = answer;
  for (const { offering, why } of lacking) unavailable.mark(offering, why);
  for (const subnet of exhausted) subnets.exhaust(subnet);
  // An answer that names no offering means all of them: the next attempt must not ask for the same at once.
  if (isCapacity && instances.length + lacking.length + exhausted.length === 0)
    for (const offering of askedOfferings(live.attempt)) unavailable.mark(offering);
  for (const instance of instances) unavailable.clear(instance);
  live.answer = answer;
  await nameInstances(ports, live, instances);
  return { kind: "answered" };
}

/** One that could not be named now is named when instances are listed (launch-owners.ts). */
async function nameInstances({ ec2 }: SendPorts, { attempt }: LiveAttempt, instances: readonly LaunchedInstance[]): Promise<void> {
  if (attempt.members.length === 1) return;
  await Promise.all(
    instances.map(async ({ instanceID }, index) => {
      const member = attempt.members[index];
      if (member !== undefined) await ec2.tagInstances([instanceID], [{ Key: nodeClaimTag, Value: member.name }]);
    }),
  );
}

/** An attempt that nobody had sent before, the SDK included, has left nothing; of another, EC2 is asked until what it left would show. */
async function givenUp(ports: SendPorts, live: LiveAttempt, failure: Ec2Failure): Promise<Sent> {
  const { ec2, names, clock } = ports;
  const message = failureText(failure);
  const { attempt, isOwn, sends } = live;
  const dead = (): Sent => {
    live.isDead = true;
    return { kind: "dead", message };
  };
  if (isOwn && sends === 1 && (failure.attempts ?? 1) === 1) return dead();
  const left = await ec2.instances({ Filters: [{ Name: `tag:${names.launchTag}`, Values: [attempt.request.ClientToken] }] });
  if (!left.ok) return { kind: "failed", message: `${message}; and what it left is not known: ${failureText(left.error)}` };
  if (left.value.length === attempt.members.length) {
    const instances = left.value
      .flatMap((instance) => describedInstance(instance, attempt.bought))
      .toSorted((a, b) => (a.instanceID < b.instanceID ? -1 : 1));
    return noted(ports, live, { instances, lacking: [], exhausted: [], isCapacity: false, message });
  }
  if (left.value.length === 0 && clock.now() - attempt.at >= hiddenMaxMs) return dead();
  return {
    kind: "failed",
    message: `${message}; ${left.value.length} of ${attempt.members.length} instances of the attempt are to be seen`,
  };
}
