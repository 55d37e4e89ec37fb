/**
 * The keeper of launch attempts: writes them on their claims before they are sent, and finds them again.
 *
 * Reads claims and what stands on them. Returns attempts with what is known of their answers. The writes carry each claim's
 * resourceVersion: two processes can't each keep an attempt of their own, and a claim that our watch shows as it was is not launched twice.
 * The first member is written last, and its write is what makes the attempt: a member whose own write failed is not in it. What is
 * remembered here is a copy, which saves asking EC2 for an answer that it has given already.
 */
import type { ApiClient } from "../api/api-client.ts";
import type { PlatformNames } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { Clock } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { FleetAnswer, LaunchedInstance } from "./fleet-answer.ts";
import type { FleetBase } from "./fleet-request.ts";
import {
  encodeLaunchRecord,
  launchAttempt,
  launchRecordOf,
  memberOf,
  type Bought,
  type LaunchAttempt,
  type LaunchRecord,
} from "./launch-attempt.ts";

/** An attempt with what this process knows of it. */
export interface LiveAttempt {
  readonly attempt: LaunchAttempt;
  /** Made here: then nobody else has sent it before. */
  readonly isOwn: boolean;
  /** How often this process has sent it. */
  sends: number;
  answer?: FleetAnswer;
  /** It can never be answered, and nothing came of it. */
  isDead?: true;
}

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
  /** Makes one attempt of claims that ask for the same; answers each in order. */
  keep(asks: readonly LaunchAsk[]): Promise<readonly Result<KeptAttempt, string>[]>;
}

export interface KeeperPorts {
  readonly client: Pick<ApiClient, "get" | "patch">;
  readonly names: PlatformNames;
  readonly clock: Pick<Clock, "now">;
}

/** Claims whose last attempt is remembered; the oldest are forgotten first. */
const rememberedMax = 10_000;

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
  return {
    find: async (claim) => {
      const { uid } = memberOf(claim);
      const known = byUid.get(uid);
      if (known !== undefined) return ok(known.isDead === true ? undefined : known);
      const attempt = await storedAttempt(ports, claim);
      if (!attempt.ok || attempt.value === undefined) return attempt.ok ? ok(undefined) : attempt;
      const shared = byToken.get(attempt.value.request.ClientToken);
      const live = remember(uid, shared ?? { attempt: attempt.value, isOwn: false, sends: 0 });
      return ok(live.isDead === true ? undefined : live);
    },
    keep: async (asks) => {
      const kept = await writeAttempt(ports, asks);
      for (const answer of kept) if (answer.ok) remember(memberOf(answer.value.nodeClaim).uid, answer.value.live);
      return kept;
    },
  };
}

/** Returns which instance of an answered attempt is a claim's. */
export function instanceFor({ attempt, answer }: LiveAttempt, claim: NodeClaim): LaunchedInstance | undefined {
  const { uid } = memberOf(claim);
  const index = attempt.members.findIndex((member) => member.uid === uid);
  return index < 0 ? undefined : answer?.instances[index];
}

/** The attempt as it stands on the API server; one that does not name the claim is none of its. */
async function storedAttempt({ client, names }: KeeperPorts, claim: NodeClaim): Promise<Result<LaunchAttempt | undefined, string>> {
  const { uid } = memberOf(claim);
  const own = launchRecordOf(claim, names);
  if (!own.ok) return own;
  if (own.value === undefined) return ok(undefined);
  if (own.value.kind === "attempt") return ok(named(own.value, uid));
  const { lead } = own.value;
  // The watch may show an earlier attempt of the lead's; the API server has its last one.
  const answer = await client.get("NodeClaim", { namespace: "", name: lead });
  if (!answer.ok) {
    if (answer.error.code === 404) return ok(undefined);
    return err(
      `NodeClaim "${lead}", which keeps the launch attempt, could not be read: ${answer.error.message ?? String(answer.error.code)}`,
    );
  }
  const record = launchRecordOf(answer.value, names);
  if (!record.ok) return record;
  return ok(record.value === undefined ? undefined : named(record.value, uid));
}

function named(record: LaunchRecord, uid: string): LaunchAttempt | undefined {
  if (record.kind !== "attempt") return undefined;
  return record.attempt.members.some((member) => member.uid === uid) ? record.attempt : undefined;
}

async function writeAttempt(ports: KeeperPorts, asks: readonly LaunchAsk[]): Promise<readonly Result<KeptAttempt, string>[]> {
  const [lead, ...others] = asks;
  if (lead === undefined) return [];
  const leadName = memberOf(lead.nodeClaim).name;
  const marked = await Promise.all(others.map((ask) => write(ports, ask, { kind: "member", lead: leadName })));
  const members = [
    memberOf(lead.nodeClaim),
    ...others.filter((_ask, index) => marked[index]?.ok === true).map((ask) => memberOf(ask.nodeClaim)),
  ];
  const { base, bought } = lead;
  const attempt = launchAttempt({ base, bought, members, at: ports.clock.now(), names: ports.names });
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
