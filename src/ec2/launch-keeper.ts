/**
 * The keeper of launch attempts: writes them on their claims before they are sent, and finds them again.
 *
 * Reads claims and what stands on them. Returns attempts with what is known of their answers. The writes carry each claim's
 * resourceVersion: two processes can't each keep an attempt of their own, and a claim that our watch shows as it was is not launched twice.
 * The first member is written last, and its write is what makes the attempt: a member whose own write failed is not in it. What is
 * remembered here is a copy, which saves asking EC2 for an answer that it has given already.
 */
import type { ApiClient } from "../api/api-client.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { FleetBase } from "./fleet-request.ts";
import {
  encodeLaunchRecord,
  launchAttempt,
  launchRecordOf,
  launchToken,
  memberOf,
  type Bought,
  type LaunchRecord,
} from "./launch-attempt.ts";
import { pointedAttempt, whatIsLeft, type LeadPorts } from "./launch-lead.ts";
import type { LiveAttempt } from "./live-attempt.ts";

/** A claim that wants to be launched, and how. */
export interface LaunchAsk {
  readonly nodeClaim: NodeClaim;
  readonly base: FleetBase;
  readonly bought: Bought;
  /** What the claim keeps of the class that it is launched from. */
  readonly stamp?: Readonly<Record<string, string>>;
}

/** An attempt that stands on its claims, with the caller's claim as it is since. */
export interface KeptAttempt {
  readonly live: LiveAttempt;
  readonly nodeClaim: NodeClaim;
}

export interface AttemptKeeper {
  /** The last attempt that a claim is a member of; none where nothing was ever sent for it. */
  find(claim: NodeClaim): Promise<Result<LiveAttempt | undefined, string>>;
  /** As `find`, but of an attempt that EC2 may no longer know by its token only what came of it for the claim. */
  sendable(claim: NodeClaim): Promise<Result<LiveAttempt | undefined, string>>;
  /** Makes one attempt of claims that ask for the same; answers each in order. */
  keep(asks: readonly LaunchAsk[]): Promise<readonly Result<KeptAttempt, string>[]>;
}

export interface KeeperPorts extends LeadPorts {
  readonly client: Pick<ApiClient, "get" | "patch">;
}

/** Claims whose last attempt is remembered; the oldest are forgotten first. */
const rememberedMax = 10_000;
/** An attempt is not sent again after this long: EC2 forgets tokens, and would launch anew. A launch is given up long before. */
export const sentAgainMaxMs = 30 * 60_000;

/** Opens a keeper that remembers nothing. */
export function attemptKeeper(ports: KeeperPorts): AttemptKeeper {
  const byUid = new Map<string, LiveAttempt>();
  const byToken = new Map<string, LiveAttempt>();
  const remember = (uid: string, live: LiveAttempt): LiveAttempt => {
    byUid.delete(uid);
    byUid.set(uid, live);
    byToken.set(live.attempt.request.ClientToken, live);
    dropOldest(byUid);
    dropOldest(byToken);
    return live;
  };
  const find: AttemptKeeper["find"] = async (claim) => {
    const { uid } = memberOf(claim);
    const known = byUid.get(uid);
    if (known !== undefined) return ok(known.isDead === true ? undefined : known);
    const stored = await storedAttempt(ports, claim);
    if (!stored.ok || stored.value === undefined) return stored;
    // What a lost lead left is known for each member by itself.
    const shared = byToken.get(stored.value.attempt.request.ClientToken);
    const live = remember(uid, shared?.attempt.members.some((member) => member.uid === uid) === true ? shared : stored.value);
    return ok(live.isDead === true ? undefined : live);
  };
  return {
    find,
    sendable: async (claim) => {
      const found = await find(claim);
      if (!found.ok || found.value === undefined || !isTooOld(found.value, ports.clock.now())) return found;
      const { attempt } = found.value;
      const why = `the launch of ${new Date(attempt.at).toISOString()} is too old to be asked for again`;
      const left = await whatIsLeft(ports, claim, { token: attempt.request.ClientToken, at: attempt.at, why });
      // For this claim alone: another member may have something left.
      if (left.ok) byUid.set(memberOf(claim).uid, left.value ?? { attempt, isOwn: false, sends: 0, isDead: true });
      return left;
    },
    keep: async (asks) => {
      const kept = await writeAttempt(ports, asks);
      for (const answer of kept) if (answer.ok) remember(memberOf(answer.value.nodeClaim).uid, answer.value.live);
      return kept;
    },
  };
}

function isTooOld({ attempt, answer }: LiveAttempt, now: Instant): boolean {
  return answer === undefined && now - attempt.at >= sentAgainMaxMs;
}

/** The attempt as it stands on the API server; one that does not name the claim is none of its. */
async function storedAttempt(ports: KeeperPorts, claim: NodeClaim): Promise<Result<LiveAttempt | undefined, string>> {
  const { uid } = memberOf(claim);
  const own = launchRecordOf(claim, ports.names);
  if (!own.ok || own.value === undefined) return own.ok ? ok(undefined) : own;
  if (own.value.kind === "member") return pointedAttempt(ports, claim, own.value.pointer);
  const { attempt } = own.value;
  return ok(attempt.members.some((member) => member.uid === uid) ? { attempt, isOwn: false, sends: 0 } : undefined);
}

async function writeAttempt(ports: KeeperPorts, asks: readonly LaunchAsk[]): Promise<readonly Result<KeptAttempt, string>[]> {
  const [lead, ...others] = asks;
  if (lead === undefined) return [];
  const { base, bought } = lead;
  const asked = { base, bought, members: asks.map(({ nodeClaim }) => memberOf(nodeClaim)), at: ports.clock.now() };
  const pointer = {
    lead: memberOf(lead.nodeClaim),
    leadVersion: lead.nodeClaim.metadata.resourceVersion ?? "",
    token: launchToken(asked),
    at: asked.at,
  };
  const marked = await Promise.all(others.map((ask) => write(ports, ask, { kind: "member", pointer })));
  const without = new Set(others.flatMap(({ nodeClaim }, index) => (marked[index]?.ok === true ? [] : memberOf(nodeClaim).uid)));
  const attempt = launchAttempt({ ...asked, names: ports.names, without });
  const written = await write(ports, lead, { kind: "attempt", attempt });
  if (!written.ok) return asks.map(() => written);
  const live: LiveAttempt = { attempt, isOwn: true, sends: 0 };
  return [written, ...marked].map((answer) => (answer.ok ? ok({ live, nodeClaim: answer.value }) : answer));
}

async function write(
  { client, names }: KeeperPorts,
  { nodeClaim, stamp }: Pick<LaunchAsk, "nodeClaim" | "stamp">,
  record: LaunchRecord,
): Promise<Result<NodeClaim, string>> {
  const { name = "", resourceVersion } = nodeClaim.metadata;
  const annotations = { ...stamp, [names.launchRequestAnnotation]: encodeLaunchRecord(record) };
  const patch = { metadata: { resourceVersion, annotations } };
  const written = await client.patch("NodeClaim", { namespace: "", name }, { body: { kind: "merge", patch } });
  if (written.ok) return written;
  return err(`the launch attempt could not be kept on NodeClaim "${name}": ${written.error.message ?? String(written.error.code)}`);
}

function dropOldest(map: Map<string, LiveAttempt>): void {
  const [oldest] = map.keys();
  if (map.size > rememberedMax && oldest !== undefined) map.delete(oldest);
}
