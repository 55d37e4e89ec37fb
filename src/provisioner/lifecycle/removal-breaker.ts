/**
 * The removal breaker: whether garbage may be ended, or is so much, or so doubtful, that somebody is asked first.
 *
 * Reads what would be ended, what of it is doubted (removal-doubt.ts), all that is known of its NodePools, and what was ended in the last
 * ten minutes. Returns one verdict a NodePool. What is doubted is never ended unasked. Of the rest nothing at all is ended where it is more
 * than three nodes, or 5 % of the pool: somebody may have taken finalizers off, or a snapshot have nothing in it. The question, its
 * answer and what was ended stand on the NodePool, so a restart forgets none of them. Of nodes whose NodePool is not there, what was ended
 * is known to this process alone.
 */
import { shortHashOf } from "../../api/hash.ts";
import { nodePoolLabel, type PlatformNames } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { NodePool } from "../../api/node-pool.ts";
import type { CloudInstance, Instant } from "../../api/ports.ts";
import { timeText } from "../../kube/time-text.ts";
import type { Garbage } from "./garbage.ts";
import type { Doubts } from "./removal-doubt.ts";

/** Removals of one pool within this time count together. */
export const removalWindowMs = 10 * 60_000;
/** So many nodes may go whatever the pool's size. */
export const removalsMax = 3;
/** And this share of the pool. */
export const removalShareMax = 0.05;
/** Nodes of one pool that one look ends; the next one goes on. */
export const endsMax = 100;
/** What the record holds; beyond that nothing more is let go within ten minutes, whatever the answer. */
const ledgerMax = 2_000;
/** Nodes that a question names. */
const namedMax = 5;

export type RemovalNames = Pick<PlatformNames, "removalsAnnotation" | "removalsHeldAnnotation" | "allowRemovalsAnnotation">;

export interface PoolRemovals {
  /** Empty for nodes of no pool. */
  readonly pool: string;
  /** Absent where the cluster has no such NodePool. */
  readonly nodePool?: NodePool;
  /** What to end now. */
  readonly garbage: Suspects;
  /** What the NodePool's annotations should say before anything is ended; null takes one away. Empty where they say it. */
  readonly annotations: Readonly<Record<string, string | null>>;
  /** What was let go in the last ten minutes, and what is now: the record of a pool that is not there. */
  readonly ledger: string;
  /** How many nodes somebody is asked about. */
  readonly heldCount: number;
  /** Why more of it is not ended; absent where nothing is held. */
  readonly held?: string;
}

/** What looks like garbage; claims whose instance the cloud itself calls ended are none of it. */
export type Suspects = Pick<Garbage, "instances" | "nodeClaims">;

interface Judged {
  readonly garbage: Suspects;
  /** About some of it: that goes by an answer alone, be it much or little. */
  readonly doubts: Doubts;
  readonly instances: readonly CloudInstance[];
  readonly nodeClaims: readonly NodeClaim[];
  readonly nodePools: readonly NodePool[];
  /** What was ended of pools that are not there, by their names. */
  readonly ledgers: ReadonlyMap<string, string>;
  readonly names: RemovalNames;
  readonly now: Instant;
}

/** Returns a verdict for each pool with garbage, and for each that has a question open which has settled itself; sorted by pool. */
export function judgeRemovals(judged: Judged): readonly PoolRemovals[] {
  const { garbage, nodePools, names } = judged;
  const asked = nodePools.filter(({ metadata }) => metadata.annotations?.[names.removalsHeldAnnotation] !== undefined);
  const pools = new Set([
    ...garbage.instances.map(instancePool),
    ...garbage.nodeClaims.map(claimPool),
    ...asked.map(({ metadata }) => metadata.name ?? ""),
  ]);
  return [...pools].sort().map((pool) => judgePool(pool, judged));
}

function judgePool(pool: string, judged: Judged): PoolRemovals {
  const { names, now, doubts } = judged;
  const nodePool = judged.nodePools.find(({ metadata }) => metadata.name === pool);
  const found: Suspects = {
    instances: judged.garbage.instances.filter((instance) => instancePool(instance) === pool),
    nodeClaims: judged.garbage.nodeClaims.filter((claim) => claimPool(claim) === pool),
  };
  const known = nodePool?.metadata.annotations ?? {};
  const text = nodePool === undefined ? judged.ledgers.get(pool) : known[names.removalsAnnotation];
  const base = { pool, ...(nodePool === undefined ? {} : { nodePool }), ledger: text ?? "", heldCount: 0 };
  const noQuestion = { [names.removalsHeldAnnotation]: null };
  if (countOf(found) === 0) return { ...base, garbage: found, annotations: changed(known, noQuestion) };
  const size = poolSize(pool, judged);
  const recent = recentRemovals(text, now);
  const limit = Math.max(removalsMax, Math.floor(size * removalShareMax));
  const answer = known[names.allowRemovalsAnnotation];
  const split = splitSuspects(found, { licensed: recent ?? new Map(), limit, doubts, remembers: nodePool !== undefined });
  const asked = recent === undefined ? found : split.asked;
  const isAnswered = countOf(asked) === 0 || (allowedCount(answer) >= countOf(asked) && (recent?.size ?? 0) < ledgerMax);
  const isFree = recent !== undefined && isAnswered;
  const goes = recent === undefined ? nothing : firstOf(isFree ? found : without(found, asked));
  const added = without(goes, split.licensed);
  const ledger = recent === undefined || countOf(added) === 0 ? (text ?? "") : ledgerWith(recent, { added, now });
  const record = countOf(added) === 0 ? {} : { [names.removalsAnnotation]: ledger };
  if (!isFree) {
    const question = { ...split, asked, pool, size, limit, recent: recent?.size, answer, names, doubts, isAskable: nodePool !== undefined };
    const held = heldText(question);
    const annotations = changed(known, { ...record, [names.removalsHeldAnnotation]: held });
    return { ...base, garbage: goes, ledger, annotations, held, heldCount: countOf(asked) };
  }
  // An answer is used up by what it lets go.
  const left = countOf(without(asked, goes));
  const rest = left === 0 ? null : String(allowedCount(answer) - (countOf(asked) - left));
  const spent = { ...noQuestion, ...record, [names.allowRemovalsAnnotation]: rest };
  return { ...base, garbage: goes, ledger, annotations: changed(known, spent) };
}

const nothing: Suspects = { instances: [], nodeClaims: [] };

interface SplitSuspects {
  /** What was let go before and is still there: it is ended, and counts once. */
  readonly licensed: Suspects;
  /** What somebody has to be asked about: all that is new where it is too much, else what is doubted. */
  readonly asked: Suspects;
  readonly isTooMuch: boolean;
}

function splitSuspects(
  found: Suspects,
  of: {
    readonly licensed: ReadonlyMap<string, string>;
    readonly limit: number;
    readonly doubts: Doubts;
    /** Whether the licence stands on a NodePool, and so was lost with whatever else a restored API server has lost. */
    readonly remembers: boolean;
  },
): SplitSuspects {
  const { limit, doubts, remembers } = of;
  const licensed = suspectsOf(found, (one, id) => of.licensed.has(id) && (remembers || !doubts.has(one)));
  const fresh = without(found, licensed);
  const doubted = suspectsOf(fresh, (one) => doubts.has(one));
  const isTooMuch = of.licensed.size + countOf(fresh) - countOf(doubted) > limit;
  return { licensed, asked: isTooMuch ? fresh : doubted, isTooMuch };
}

function countOf({ instances, nodeClaims }: Suspects): number {
  return instances.length + nodeClaims.length;
}

function firstOf({ instances, nodeClaims }: Suspects): Suspects {
  const first = instances.slice(0, endsMax);
  return { instances: first, nodeClaims: nodeClaims.slice(0, endsMax - first.length) };
}

function suspectsOf({ instances, nodeClaims }: Suspects, isMeant: (suspect: CloudInstance | NodeClaim, id: string) => boolean): Suspects {
  return {
    instances: instances.filter((instance) => isMeant(instance, instanceId(instance))),
    nodeClaims: nodeClaims.filter((claim) => isMeant(claim, claimId(claim))),
  };
}

function without(suspects: Suspects, others: Suspects): Suspects {
  const left = new Set<CloudInstance | NodeClaim>([...others.instances, ...others.nodeClaims]);
  return suspectsOf(suspects, (one) => !left.has(one));
}

/** Short, since a NodePool carries it. */
function instanceId({ providerID }: CloudInstance): string {
  return shortHashOf(providerID);
}

function claimId({ metadata }: NodeClaim): string {
  return shortHashOf(["NodeClaim", metadata.uid ?? metadata.name ?? ""]);
}

/** Only what differs: a question that stands is not written again. */
function changed(known: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string | null>>): PoolRemovals["annotations"] {
  return Object.fromEntries(Object.entries(wanted).filter(([key, value]) => (known[key] ?? null) !== value));
}

/** Nodes of a pool that are known at all, by claim or by instance; each counts once. */
function poolSize(pool: string, { instances, nodeClaims }: Judged): number {
  const claims = nodeClaims.filter((claim) => claimPool(claim) === pool);
  const ofClaims = new Set(claims.flatMap(({ status }) => (status?.providerID === undefined ? [] : [status.providerID])));
  const alive = instances.filter((instance) => instancePool(instance) === pool && instance.state !== "terminated");
  return claims.length + alive.filter(({ providerID }) => !ofClaims.has(providerID)).length;
}

function instancePool({ nodePool }: CloudInstance): string {
  return nodePool ?? "";
}

function claimPool({ metadata }: NodeClaim): string {
  return metadata.labels?.[nodePoolLabel] ?? "";
}

const entryPattern = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:00Z)=((?:[0-9a-f]{8}\+?)+)$/;

/** What was let go in the last ten minutes, with the minute; undefined where the record can't be read: then nobody knows. */
function recentRemovals(text: string | undefined, now: Instant): ReadonlyMap<string, string> | undefined {
  const recent = new Map<string, string>();
  for (const entry of (text ?? "").split(",").filter((part) => part !== "")) {
    const [, minute, ids = ""] = entryPattern.exec(entry) ?? [];
    if (minute === undefined) return undefined;
    // The entry may be of the minute's last second.
    if (now - Date.parse(minute) >= removalWindowMs + 60_000) continue;
    for (const id of ids.split("+")) recent.set(id, minute);
  }
  return recent;
}

/** The record with what goes now: one entry a minute, at most twelve. */
function ledgerWith(recent: ReadonlyMap<string, string>, { added, now }: { readonly added: Suspects; readonly now: Instant }): string {
  const minute = timeText(now - (now % 60_000));
  const ids = [...added.instances.map(instanceId), ...added.nodeClaims.map(claimId)];
  const byMinute = new Map<string, string[]>();
  for (const [id, at] of [...recent, ...ids.map((id): [string, string] => [id, minute])]) {
    byMinute.set(at, [...(byMinute.get(at) ?? []), id]);
  }
  return [...byMinute].map(([at, all]) => `${at}=${all.join("+")}`).join(",");
}

function allowedCount(answer: string | undefined): number {
  return answer !== undefined && /^\d{1,6}$/.test(answer) ? Number(answer) : -1;
}

interface HeldQuestion {
  readonly pool: string;
  readonly asked: Suspects;
  readonly isTooMuch: boolean;
  readonly doubts: Doubts;
  readonly size: number;
  readonly limit: number;
  readonly recent: number | undefined;
  readonly answer: string | undefined;
  readonly names: RemovalNames;
  readonly isAskable: boolean;
}

function heldText(question: HeldQuestion): string {
  const { pool, asked, size, recent, answer, names } = question;
  const wanted = countOf(asked);
  if (recent === undefined) {
    return `${wanted} nodes look like garbage, and the annotation ${names.removalsAnnotation} can't be read: nothing is ended; remove that annotation`;
  }
  const all = [...asked.instances.map(({ providerID }) => providerID), ...asked.nodeClaims.map(({ metadata }) => metadata.name ?? "")];
  const named = all.sort().slice(0, namedMax).join(", ");
  const more = all.length > namedMax ? ` and ${all.length - namedMax} more` : "";
  const wrong = answer === undefined ? "" : `; ${names.allowRemovalsAnnotation}=${answer.slice(0, 20)} does not answer that`;
  const byHand =
    pool === ""
      ? "they name no NodePool that could answer: end them by hand"
      : `there is no NodePool "${pool}" to answer: make it, or end them by hand`;
  const fix = question.isAskable
    ? `if they are: kubectl annotate nodepool ${pool} ${names.allowRemovalsAnnotation}=${wanted} --overwrite`
    : byHand;
  return `${wanted} of ${size} nodes look like garbage${whyHeld(question)}: none is ended (${named}${more})${wrong}; ${fix}`;
}

/** Why none of it is ended: it is too much, it is doubted, or both. */
function whyHeld({ asked, isTooMuch, doubts, recent = 0, limit }: HeldQuestion): string {
  const before = recent === 0 ? "" : ` after ${recent} in 10 minutes`;
  const doubted = [...asked.instances, ...asked.nodeClaims].flatMap((one) => doubts.get(one) ?? []);
  return `${isTooMuch ? `${before}, more than ${limit}` : ""}${[...new Set(doubted)].map((doubt) => `; ${doubt}`).join("")}`;
}
