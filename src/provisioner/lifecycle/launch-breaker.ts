/**
 * The launch breaker: a NodePool whose nodes don't join buys no more of them, but for one to try with.
 *
 * Reads what stands on the NodePool about its last failures to join, and its NodeClaims. Returns how many nodes may be bought of it now.
 * A mistake in a role, a subnet or an image makes every node of a pool fail alike, fifteen minutes and some money later each: after two in a
 * row the pool waits, longer each time, and then buys a single one. The first that joins forgets all of it.
 */
import { nodePoolLabel, type PlatformNames } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { NodePool } from "../../api/node-pool.ts";
import type { Instant, JoinFailure } from "../../api/ports.ts";
import { claimCondition, isTrue } from "./claim-status.ts";
import { lacksCapacity } from "./launch.ts";

/** Failures to join, one after the other, with the last one's cause. */
export interface JoinFailures {
  /** Name of the last NodeClaim that was given up. */
  readonly nodeClaim: string;
  readonly count: number;
  readonly at: Instant;
  readonly cause: JoinFailure["cause"];
  readonly message: string;
}

/** What a pool may buy now: a number of nodes, and when to look again where that is fewer than wanted. */
export interface BuyingLimit {
  readonly nodesMax: number;
  readonly againMs: number;
  readonly because?: string;
}

type BreakerNames = Pick<PlatformNames, "joinFailuresAnnotation">;

/** So many failures in a row open the breaker. */
export const joinFailuresMax = 2;
export const breakerBaseMs = 60_000;
export const breakerMaxMs = 30 * 60_000;
/** So many nodes that are launched and have not joined for so long hold further ones, while none of the pool joins. */
const suspectsMax = 3;
const suspectAfterMs = 5 * 60_000;
const lookMs = 10_000;
const messageMax = 1024;

const noLimit: BuyingLimit = { nodesMax: Infinity, againMs: Infinity };

/** Returns the failures that stand on a NodePool; none where it says nothing that can be read. */
export function joinFailuresOf({ metadata }: NodePool, { joinFailuresAnnotation }: BreakerNames): JoinFailures | undefined {
  const [count, at, cause, nodeClaim = "", ...message] = (metadata.annotations?.[joinFailuresAnnotation] ?? "").split(" ");
  const [failures, time] = [Number(count), Date.parse(at ?? "")];
  const known = causes.find((one) => one === cause);
  if (!Number.isSafeInteger(failures) || failures < 1 || Number.isNaN(time) || known === undefined) return undefined;
  return { count: failures, at: time, cause: known, nodeClaim, message: message.join(" ") };
}

const causes: readonly JoinFailure["cause"][] = [
  "node-role-permissions",
  "access-entry",
  "private-endpoints",
  "security-group",
  "bootstrap",
  "image-or-user-data",
  "dns",
  "no-addresses",
  "unknown",
];

/**
 * Returns the annotation's text after one more failure. A claim counts once; once the breaker is open only one that was launched since the
 * last failure does: a hundred nodes of one burst are two failures, and each further try is one more.
 */
export function joinFailuresText(
  before: JoinFailures | undefined,
  of: { readonly failure: JoinFailure; readonly nodeClaim: NodeClaim; readonly now: Instant },
): string {
  const { failure, nodeClaim, now } = of;
  const { name = "" } = nodeClaim.metadata;
  const isCounted =
    before === undefined || (before.nodeClaim !== name && (before.count < joinFailuresMax || launchedAt(nodeClaim) > before.at));
  const count = (before?.count ?? 0) + (isCounted ? 1 : 0);
  const at = isCounted ? now : before.at;
  return `${count} ${new Date(at).toISOString()} ${failure.cause} ${name} ${failure.message.slice(0, messageMax)}`;
}

/** Says whether a node has joined, and since the last failure if there was one. */
export function hasJoinedSince(failures: JoinFailures | undefined, nodeClaims: readonly NodeClaim[]): boolean {
  return nodeClaims.some((claim) => isTrue(claim, "Registered") && registeredAt(claim) > (failures?.at ?? -Infinity));
}

/** Returns how many nodes of a pool may be bought now. */
export function buyingLimit(of: {
  readonly nodePool: NodePool;
  /** Of the whole cluster. */
  readonly nodeClaims: readonly NodeClaim[];
  readonly names: BreakerNames;
  readonly now: Instant;
}): BuyingLimit {
  const { nodePool, names, now } = of;
  const own = of.nodeClaims.filter(({ metadata }) => metadata.labels?.[nodePoolLabel] === nodePool.metadata.name);
  const failures = joinFailuresOf(nodePool, names);
  const isOpen = failures !== undefined && failures.count >= joinFailuresMax && !hasJoinedSince(failures, own);
  if (!isOpen) return suspicion(own, now);
  const because = `its last ${failures.count} nodes did not join (${failures.cause}): ${failures.message}`;
  const leftMs = failures.at + Math.min(breakerMaxMs, breakerBaseMs * 2 ** (failures.count - joinFailuresMax)) - now;
  if (leftMs > 0) return { nodesMax: 0, againMs: leftMs, because };
  return { nodesMax: own.some(isTrying) ? 0 : 1, againMs: lookMs, because };
}

/** A claim that waits for capacity tries nothing: what it waits for may never come. */
function isTrying(claim: NodeClaim): boolean {
  return claim.metadata.deletionTimestamp === undefined && !isTrue(claim, "Registered") && !lacksCapacity(claim);
}

/** Nodes that are late, and none that came meanwhile: before they are given up, no more are bought. */
function suspicion(own: readonly NodeClaim[], now: Instant): BuyingLimit {
  const late = own.filter((claim) => isLaunchedAlone(claim) && now - launchedAt(claim) >= suspectAfterMs);
  const first = Math.min(...late.map(launchedAt));
  if (late.length < suspectsMax || own.some((claim) => isTrue(claim, "Registered") && registeredAt(claim) >= first)) return noLimit;
  const because = `${late.length} nodes were launched more than ${suspectAfterMs / 60_000} minutes ago, and none has joined`;
  return { nodesMax: 0, againMs: lookMs, because };
}

function isLaunchedAlone(claim: NodeClaim): boolean {
  return claim.metadata.deletionTimestamp === undefined && isTrue(claim, "Launched") && !isTrue(claim, "Registered");
}

function launchedAt(claim: NodeClaim): Instant {
  return Date.parse(claimCondition(claim, "Launched")?.lastTransitionTime ?? "");
}

function registeredAt(claim: NodeClaim): Instant {
  return Date.parse(claimCondition(claim, "Registered")?.lastTransitionTime ?? "");
}
