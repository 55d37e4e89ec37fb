/**
 * Foreign Leases: whether another controller that must not run beside ours is alive, such as Karpenter.
 *
 * Reads Leases of others, twice if need be; writes nothing. Two provisioners on one cluster would each buy for the same
 * Pods and collect the other's nodes as garbage, so `serve` asks this before it provisions, and goes on asking.
 */
import type { ApiClient } from "../api/api-client.ts";
import type { ApiStatus } from "../api/api-status.ts";
import type { Lease } from "../api/lease.ts";
import type { ObjectKey } from "../api/object.ts";
import type { Clock } from "../api/ports.ts";
import { ok } from "../api/result.ts";
import type { Result } from "../api/result.ts";

/** Where Karpenter's own leader election stands: its chart's namespace is kube-system, older guides used karpenter. */
export const karpenterLeases: readonly ObjectKey[] = [
  { namespace: "kube-system", name: "karpenter-leader-election" },
  { namespace: "karpenter", name: "karpenter-leader-election" },
];

export interface ForeignHolder {
  readonly lease: ObjectKey;
  readonly holder: string;
}

const lookEveryMs = 1_000;
const defaultDurationMs = 15_000;
/** A Lease that claims a longer duration counts as alive when it stood unchanged for this long: not ours to wait for. */
const observeMaxMs = 60_000;

/**
 * Returns who holds one of the Leases now; undefined when nobody does.
 *
 * A Lease that names a holder is watched until it changes (alive) or has stood still for its own duration (left behind by
 * a crash), so the answer may take that long, but needs no agreement of clocks. The error is the API server's: then
 * nobody knows, and the caller should not provision.
 */
export async function foreignLeaseHolder(of: {
  readonly client: Pick<ApiClient, "get">;
  readonly clock: Clock;
  readonly leases: readonly ObjectKey[];
  readonly signal?: AbortSignal;
}): Promise<Result<ForeignHolder | undefined, ApiStatus>> {
  const answers = await Promise.all(of.leases.map((lease) => liveHolder(of, lease)));
  return answers.find((answer) => !answer.ok) ?? answers.find((answer) => answer.ok && answer.value !== undefined) ?? ok(undefined);
}

async function liveHolder(
  { client, clock, signal }: { readonly client: Pick<ApiClient, "get">; readonly clock: Clock; readonly signal?: AbortSignal },
  key: ObjectKey,
): Promise<Result<ForeignHolder | undefined, ApiStatus>> {
  const first = await readLease(client, key);
  if (!first.ok) return first;
  const holder = first.value?.spec?.holderIdentity ?? "";
  if (first.value === undefined || holder === "") return ok(undefined);
  const durationMs = (first.value.spec?.leaseDurationSeconds ?? defaultDurationMs / 1_000) * 1_000;
  for (let watchedMs = 0; watchedMs < Math.min(durationMs, observeMaxMs); watchedMs += lookEveryMs) {
    await clock.sleep(lookEveryMs, signal);
    const later = await readLease(client, key);
    if (!later.ok) return later;
    const laterHolder = later.value?.spec?.holderIdentity ?? "";
    if (later.value === undefined || laterHolder === "") return ok(undefined);
    if (later.value.metadata.resourceVersion !== first.value.metadata.resourceVersion) return ok({ lease: key, holder: laterHolder });
    if (signal?.aborted === true) break;
  }
  return ok(durationMs > observeMaxMs || signal?.aborted === true ? { lease: key, holder } : undefined);
}

async function readLease(client: Pick<ApiClient, "get">, key: ObjectKey): Promise<Result<Lease | undefined, ApiStatus>> {
  const found = await client.get<"Lease">("Lease", key);
  return !found.ok && found.error.code === 404 ? ok(undefined) : found;
}
