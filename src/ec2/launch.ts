/**
 * Launch: exactly one instance for a NodeClaim, whatever dies in between, and elsewhere at once where there is none.
 *
 * Reads the NodeClaim and its candidates. Whatever was tried for it before is answered first (launch-keeper.ts): the same request with the
 * same token has the same instances. Only an attempt that is answered and gave this claim nothing is followed by another, in the same look
 * and without the offerings that lacked. Claims that ask for the same within a moment are one request.
 */
import type { ApiClient } from "../api/api-client.ts";
import { hashOf } from "../api/hash.ts";
import type { InstanceType, Offering } from "../api/instance-type.ts";
import type { PlatformNames } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { Clock, LaunchOutcome } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { ReadyClass } from "./class-type-list.ts";
import { isIPv6, type ClusterIdentity } from "./cluster-identity.ts";
import type { Ec2Calls } from "./ec2-calls.ts";
import { fleetRequest } from "./fleet-request.ts";
import { launchBatches, type LaunchBatches } from "./launch-batch.ts";
import { launchGroups, type LaunchGroup } from "./launch-groups.ts";
import type { Bought } from "./launch-attempt.ts";
import { launchImages, type ImageOf } from "./launch-images.ts";
import { attemptKeeper, type AttemptKeeper, type KeptAttempt, type LaunchAsk } from "./launch-keeper.ts";
import { launchOffers, offeringConcern, type LaunchOffers } from "./launch-offers.ts";
import { launchedOutcome } from "./launch-outcome.ts";
import { launchSender, type Sent } from "./launch-send.ts";
import { addressesOf, subnetLedger, type SubnetLedger, type TakenSubnets } from "./launch-subnets.ts";
import { launchTemplate } from "./launch-template.ts";
import type { TemplateStore } from "./launch-templates.ts";
import { launchTenancy } from "./launch-tenancy.ts";
import { instanceFor, type LiveAttempt } from "./live-attempt.ts";
import type { NodeClassTrouble } from "./node-class-resources.ts";
import { classStamp } from "./node-class-stamp.ts";
import { typeKubelets } from "./type-kubelets.ts";
import type { UnavailableOfferings } from "./unavailable-offerings.ts";

export { instanceIDOf, providerIDOf } from "./launch-outcome.ts";

export interface LaunchPorts {
  readonly ec2: Ec2Calls;
  readonly client: Pick<ApiClient, "get" | "patch">;
  readonly clock: Clock;
  readonly names: PlatformNames;
  readonly cluster: ClusterIdentity;
  readonly unavailable: UnavailableOfferings;
  readonly templates: TemplateStore;
}

export interface LaunchInput {
  readonly nodeClaim: NodeClaim;
  /** The claim's possible types, cheapest first. */
  readonly candidates: readonly InstanceType[];
  /** Asked only where something new is to be requested: the NodeClass may be another than it was for what was sent before. */
  readonly ready: () => Promise<Result<ReadyClass, NodeClassTrouble>>;
}

export interface Launcher {
  launch(input: LaunchInput): Promise<LaunchOutcome>;
  /** The last attempt that a claim is a member of. */
  readonly attemptOf: AttemptKeeper["find"];
}

/** Attempts of one look: each leaves out what the last one found lacking. */
const attemptsMax = 4;
/** A claim that lacks capacity is tried again when something may have come back, but not more often or more seldom than this. */
const retryMinMs = 1_000;
const retryMaxMs = 30_000;

interface Desk extends LaunchPorts {
  readonly keeper: AttemptKeeper;
  readonly subnets: SubnetLedger;
  readonly batches: LaunchBatches<LaunchAsk, Result<KeptAttempt, string>>;
  readonly send: (live: LiveAttempt) => Promise<Sent>;
  /** By claim, until its attempt is answered, however many looks that takes. */
  readonly taken: Map<string, TakenSubnets>;
}

/** Claims whose subnets are taken at most; what the oldest took is counted until its time is over. */
const takenMax = 10_000;

/** What the last attempt of a look came to that gave the claim nothing. */
type SpentLaunch = Extract<LaunchOutcome, { readonly kind: "insufficient-capacity" | "failed" }>;

/** A new attempt, and the subnets that it may use. */
interface Begun extends KeptAttempt {
  readonly taken: TakenSubnets;
}

/** Opens a launcher; all that it remembers may be lost. */
export function launcher(ports: LaunchPorts): Launcher {
  const keeper = attemptKeeper(ports);
  const subnets = subnetLedger(ports.clock);
  const desk: Desk = {
    ...ports,
    keeper,
    subnets,
    batches: launchBatches({ clock: ports.clock, run: (asks) => keeper.keep(asks) }),
    send: launchSender({ ...ports, subnets }),
    taken: new Map(),
  };
  return { launch: (input) => launch(desk, input), attemptOf: (claim) => keeper.find(claim) };
}

async function launch(desk: Desk, input: LaunchInput): Promise<LaunchOutcome> {
  let { nodeClaim } = input;
  let spent: SpentLaunch | undefined;
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const found = await desk.keeper.sendable(nodeClaim);
    if (!found.ok) return { kind: "failed", message: found.error };
    let live = found.value;
    if (live === undefined || isSpentFor(live, nodeClaim)) {
      const begun = await begin(desk, { ...input, nodeClaim });
      if (!begun.ok) return withLack(begun.error, spent);
      ({ live, nodeClaim } = begun.value);
      keepTaken(desk, nodeClaim, begun.value.taken);
    }
    const sent = await desk.send(live);
    if (sent.kind === "failed") return sent;
    const instance = instanceFor(live, nodeClaim);
    settleTaken(desk, nodeClaim, instance?.subnetID);
    if (instance !== undefined) return launchedOutcome(instance, input.candidates);
    if (sent.kind === "dead") spent = { kind: "failed", message: sent.message };
    else if (live.answer !== undefined) {
      const { isCapacity, message } = live.answer;
      // The next look makes a new attempt: it may pass, and what lacked capacity is left out of it.
      if (!isCapacity) return { kind: "failed", message };
      // What was not tried in this look is tried in the next one, which need not wait for anything to come back.
      spent = { kind: "insufficient-capacity", message, retryAfterMs: retryMinMs };
    }
  }
  return spent ?? lacking(desk, nodeClaim, "");
}

function keepTaken({ taken }: Desk, nodeClaim: NodeClaim, now: TakenSubnets): void {
  taken.set(nodeClaim.metadata.uid ?? "", now);
  const [oldest] = taken.keys();
  if (taken.size > takenMax && oldest !== undefined) taken.delete(oldest);
}

function settleTaken({ taken }: Desk, nodeClaim: NodeClaim, used: string | undefined): void {
  const uid = nodeClaim.metadata.uid ?? "";
  taken.get(uid)?.settle(used);
  taken.delete(uid);
}

/** Answered, and nothing in it for this claim: a member beyond the instances that EC2 had. */
function isSpentFor(live: LiveAttempt, nodeClaim: NodeClaim): boolean {
  return live.answer !== undefined && instanceFor(live, nodeClaim) === undefined;
}

/** Makes a new attempt and keeps it on the claim; whatever it needs on EC2 is there before. */
async function begin(desk: Desk, { nodeClaim, candidates, ready }: LaunchInput): Promise<Result<Begun, LaunchOutcome>> {
  const found = await ready();
  if (!found.ok) return found;
  const { nodeClass, resources } = found.value;
  const addresses = addressesOf(nodeClaim, { prefixes: nodeClass.spec?.ipPrefixCount, isIPv6: isIPv6(resources.cluster) });
  const taken = desk.subnets.take(resources.subnetList, addresses);
  const failed = (outcome: LaunchOutcome) => {
    taken.settle(undefined);
    return err(outcome);
  };
  const imageOf = launchImages(resources.amis);
  const tenancy = launchTenancy(nodeClaim) === "dedicated" ? ({ tenancy: "dedicated" } as const) : {};
  const isAvailable = (instanceType: string, { zone, capacityType, reservation }: Offering): boolean =>
    !desk.unavailable.has({
      instanceType,
      zone,
      capacityType,
      ...tenancy,
      ...(reservation === undefined ? {} : { reservation: reservation.id }),
    });
  const offers = launchOffers({ nodeClaim, candidates, imageOf, subnets: taken.subnets, isAvailable });
  if (!offers.ok) return failed(lacking(desk, nodeClaim, [offers.error, ...fullText(taken, addresses)].join("; ")));
  const groups = await ensuredGroups(desk, { nodeClaim, nodeClass, resources, imageOf, offers: offers.value });
  if (!groups.ok) return failed(groups.error);
  const { cluster } = desk;
  const base = fleetRequest({ nodeClaim, nodeClass, offers: offers.value, groups: groups.value, subnets: taken.subnets, cluster });
  const bought = { ...boughtBy(offers.value), ...tenancy };
  const kept = await desk.batches.add(hashOf({ base, bought }), { nodeClaim, base, bought, stamp: classStamp(nodeClass, resources) });
  return kept.ok ? ok({ ...kept.value, taken }) : failed({ kind: "failed", message: kept.error });
}

/** One launch template for each group; groups that a template does not tell apart are one. */
async function ensuredGroups(
  { templates }: Desk,
  of: ReadyClass & { readonly nodeClaim: NodeClaim; readonly imageOf: ImageOf; readonly offers: LaunchOffers },
): Promise<Result<readonly (LaunchGroup & { readonly template: string })[], LaunchOutcome>> {
  const { nodeClaim, nodeClass, resources, imageOf, offers } = of;
  const { securityGroupIDs, instanceProfile, cluster, placementGroup } = resources;
  const { capacityType } = offers;
  const placed = placementGroup === undefined ? {} : { placementGroup };
  const named = new Map<string, LaunchGroup & { readonly template: string }>();
  const kubelets = typeKubelets(nodeClass.spec, offers.types);
  if (!kubelets.ok) return err({ kind: "node-class-not-ready", message: kubelets.error });
  const kubeletOf = ({ name }: InstanceType) => kubelets.value.get(name);
  for (const group of launchGroups({ nodeClaim, offers, imageOf, kubeletOf })) {
    const made = launchTemplate({ ...group, nodeClass, nodeClaim, securityGroupIDs, instanceProfile, cluster, capacityType, ...placed });
    if (!made.ok) return err({ kind: "node-class-not-ready", message: made.error });
    const stands = await templates.ensure(made.value);
    if (!stands.ok) return err({ kind: "failed", message: stands.error });
    const { name: template } = made.value;
    const types = [...(named.get(template)?.types ?? []), ...group.types];
    named.set(template, { ...group, types, template });
  }
  return ok([...named.values()]);
}

function boughtBy({ capacityType, reservationKind, types }: LaunchOffers): Bought {
  const reserved = types
    .flatMap(({ offerings }) => offerings)
    .flatMap(({ zone, reservation }): readonly [string, string][] => (reservation === undefined ? [] : [[zone, reservation.id]]));
  return {
    capacityType,
    ...(reservationKind === undefined ? {} : { reservationKind }),
    ...(reserved.length === 0 ? {} : { reservations: Object.fromEntries(reserved) }),
  };
}

function fullText({ full }: TakenSubnets, addresses: number): readonly string[] {
  return full.map(({ zone, freeAddresses }) => `no subnet in ${zone} has ${addresses} free addresses (the most is ${freeAddresses})`);
}

/** What ends of other claims' offerings is no reason to look. */
function lacking({ unavailable, clock }: Desk, nodeClaim: NodeClaim, message: string): LaunchOutcome {
  const nextMs = (unavailable.nextEnd(offeringConcern(nodeClaim)) ?? Infinity) - clock.now();
  return { kind: "insufficient-capacity", message, retryAfterMs: Math.min(retryMaxMs, Math.max(retryMinMs, nextMs)) };
}

/** What EC2 said a moment ago is told before what follows from it. */
function withLack(outcome: LaunchOutcome, spent: SpentLaunch | undefined): LaunchOutcome {
  if (outcome.kind !== "insufficient-capacity" || spent === undefined) return outcome;
  return { ...outcome, message: `${spent.message}; ${outcome.message}` };
}
