/**
 * What was launched for whom: no claim gets a second instance while its first one lives, and no client token more than it has members.
 *
 * Reads what each NodeClaim keeps of its launch, and each launch of EC2. Returns problems as sentences. It counts by token and by claim and
 * not in sum: a claim that ends without an instance must not hide another one's second. An instance that was launched long after its caller
 * was gone is nobody's fault; that it is found and ended is looked at elsewhere.
 */
import type { SimulatedInstance } from "./simulated-ec2.ts";

export type LaunchedInstance = Pick<SimulatedInstance, "id" | "token" | "state">;

export interface LaunchWatch {
  /** Told the launch annotation of a claim whenever the claim changes. */
  readonly onRecord: (of: { readonly uid: string; readonly text: string }) => void;
  readonly onLaunch: (instance: LaunchedInstance) => void;
  /** These came of a request that arrived when its caller had long stopped to wait. */
  readonly onLate: (ids: readonly string[]) => void;
  problems(): readonly string[];
}

interface Double {
  readonly uid: string;
  readonly first: LaunchedInstance;
  readonly second: LaunchedInstance;
}

/** Starts with nothing launched. */
export function startLaunchWatch(): LaunchWatch {
  /** The last text of each claim: most changes of a claim do not touch it. */
  const texts = new Map<string, string>();
  /** Uids of each token's members, in the order in which instances are given to them. */
  const membersOf = new Map<string, readonly string[]>();
  const byToken = new Map<string, LaunchedInstance[]>();
  const byUid = new Map<string, LaunchedInstance[]>();
  const late = new Set<string>();
  const doubles: Double[] = [];
  return {
    onRecord: ({ uid, text }) => {
      if (texts.get(uid) === text) return;
      texts.set(uid, text);
      const launch = keptLaunch(text);
      if (launch !== undefined) membersOf.set(launch.token, launch.uids);
    },
    onLaunch: (instance) => {
      const launched = listAt(byToken, instance.token);
      const uid = membersOf.get(instance.token)?.[launched.length];
      launched.push(instance);
      if (uid === undefined) return;
      const own = listAt(byUid, uid);
      doubles.push(...own.filter(isAlive).map((first) => ({ uid, first, second: instance })));
      own.push(instance);
    },
    onLate: (ids) => {
      for (const id of ids) late.add(id);
    },
    problems: () => [
      ...[...byToken].flatMap(([token, launched]) => {
        const members = membersOf.get(token)?.length ?? 0;
        const counted = launched.filter(({ id }) => !late.has(id)).length;
        return counted > members ? [`${counted} instances were launched for ${members} NodeClaims with the token "${token}"`] : [];
      }),
      ...doubles
        .filter(({ first, second }) => !late.has(first.id) && !late.has(second.id))
        .map(({ uid, first, second }) => `NodeClaim ${uid} was given instance ${second.id} while its instance ${first.id} lived`),
    ],
  };
}

function listAt(lists: Map<string, LaunchedInstance[]>, key: string): LaunchedInstance[] {
  const list = lists.get(key) ?? [];
  lists.set(key, list);
  return list;
}

/** The launch that a lead keeps; the others only point to it. */
function keptLaunch(text: string): { readonly token: string; readonly uids: readonly string[] } | undefined {
  const kept = JSON.parse(text) as { readonly token?: string; readonly members?: readonly { uid: string }[] };
  if (kept.token === undefined || kept.members === undefined) return undefined;
  return { token: kept.token, uids: kept.members.map(({ uid }) => uid) };
}

function isAlive({ state }: LaunchedInstance): boolean {
  return state === "pending" || state === "running";
}
