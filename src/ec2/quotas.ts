/**
 * Quotas: what the account may not have, whatever capacity EC2 has: vCPUs beyond its quotas, and addresses that subnets lack.
 *
 * Reads Service Quotas (every hour), the running instances of the whole account (every two minutes), and every answer of EC2 that
 * passes: launches, refusals, subnets. Returns what keeps a place from being had, the same object while nothing has changed, with a number
 * that grows with every change. It is told apart from a want of capacity: another zone does not help a quota, and waiting does not fill a
 * subnet. Where the quotas can't be read only EC2's refusals count.
 */
import type { CreateFleetCommandInput, CreateFleetResult, DescribeSubnetsCommandInput, Instance, Subnet } from "@aws-sdk/client-ec2";
import type { Clock, Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import { decodeVcpuQuota, quotasByPlace, type CountedPlace, type VcpuQuota } from "../catalog/vcpu-quota.ts";
import type { Ec2Calls } from "./ec2-calls.ts";
import { failureText } from "./errors.ts";
import type { MarketCalls } from "./market-calls.ts";
import type { QuotaCalls } from "./quota-calls.ts";
import { shortageOf } from "./shortage.ts";
import { largestVcpus, refusalKey, vcpuLack, vcpusOf, type Lack, type Refusal } from "./vcpu-lack.ts";

export interface AskedPlace extends CountedPlace {
  /** The subnets that a node there may stand in. */
  readonly subnets: readonly string[];
}

export interface NumberedLacks {
  readonly sequence: number;
  lackOf(place: AskedPlace): Lack | undefined;
}

/** A quota, and what is in use of it; absent while nobody has counted. */
export interface QuotaUse {
  readonly quota: VcpuQuota;
  readonly used?: number;
}

export interface LiveQuotas {
  /** What the account may have, as it was last read; asks nobody. */
  use(): readonly QuotaUse[];
  /** What is known now. Starts what is due, and waits for nothing: the next look knows more. */
  current(): NumberedLacks;
  /** The same calls, listened to: their answers tell of launches, of refusals, and of the addresses that are left. */
  listening<Calls extends Pick<Ec2Calls, "createFleet" | "subnets">>(calls: Calls): Calls;
}

export interface QuotaSources {
  readonly clock: Clock;
  readonly ec2: Pick<MarketCalls, "countInstances">;
  /** Absent where Service Quotas can't be reached. */
  readonly quotas?: QuotaCalls | undefined;
  readonly onNews?: ((news: QuotaNews) => void) | undefined;
}

export type QuotaNews =
  | { readonly kind: "unread"; readonly what: "quotas" | "usage"; readonly message: string }
  | { readonly kind: "refused"; readonly message: string };

export const quotasEveryMs = 3_600_000;
export const usageEveryMs = 2 * 60_000;
export const retryMs = 60_000;
/** A refusal counts so long, unless a later look shows fewer vCPUs in use or a larger quota. */
export const refusalMs = 5 * 60_000;
const instancesPerPage = 1_000;
/** Subnets that were seen; of an account's many only those that NodeClasses select are looked up. */
const subnetsMax = 5_000;

interface State {
  readonly sources: QuotaSources;
  quotas: readonly VcpuQuota[];
  quotaOf: (place: CountedPlace) => VcpuQuota | undefined;
  /** By the quota's code: what EC2 counted at the last look, and what was launched since. */
  used: Map<string, number> | undefined;
  /** Instances that were launched, and counted, since that look. */
  readonly launched: Set<string>;
  /** By code, or by the way to buy where no quota is known of a place. */
  readonly refusals: Map<string, Refusal>;
  readonly free: Map<string, number>;
  /** Subnets for which EC2 refused a launch. */
  readonly full: Map<string, Instant>;
  readonly due: { quotas: Instant; usage: Instant };
  readonly running: Set<"quotas" | "usage">;
  current: NumberedLacks & { readonly until: Instant };
}

/** Starts without any knowledge; nothing is asked for before somebody looks. */
export function liveQuotas(sources: QuotaSources): LiveQuotas {
  const state: State = {
    sources,
    quotas: [],
    quotaOf: () => undefined,
    used: undefined,
    launched: new Set(),
    refusals: new Map(),
    free: new Map(),
    full: new Map(),
    due: { quotas: -Infinity, usage: -Infinity },
    running: new Set(),
    current: { sequence: 0, until: Infinity, lackOf: () => undefined },
  };
  return {
    use: () => state.quotas.map((quota) => ({ quota, ...(state.used === undefined ? {} : { used: state.used.get(quota.code) ?? 0 }) })),
    current: () => {
      startDue(state);
      if (state.current.until <= sources.clock.now()) change(state);
      return state.current;
    },
    listening: (calls) => ({
      ...calls,
      createFleet: async (input: CreateFleetCommandInput) => {
        const answer = await calls.createFleet(input);
        if (answer.ok) hearFleet(state, input, answer.value);
        return answer;
      },
      subnets: async (input: DescribeSubnetsCommandInput) => {
        const answer = await calls.subnets(input);
        if (answer.ok) hearSubnets(state, answer.value);
        return answer;
      },
    }),
  };
}

/** Makes a new answer of what is known; the old one stays what it was. */
function change(state: State): void {
  const now = state.sources.clock.now();
  for (const [code, { until }] of state.refusals) if (until <= now) state.refusals.delete(code);
  for (const [subnet, until] of state.full) if (until <= now) state.full.delete(subnet);
  const until = Math.min(Infinity, ...[...state.refusals.values()].map((one) => one.until), ...state.full.values());
  const { quotaOf } = state;
  const used = state.used === undefined ? undefined : new Map(state.used);
  const [refusals, free, full] = [new Map(state.refusals), new Map(state.free), new Set(state.full.keys())];
  const isEmpty = (subnet: string): boolean => full.has(subnet) || free.get(subnet) === 0;
  state.current = {
    sequence: state.current.sequence + 1,
    until,
    lackOf: (place) => {
      const lacking = vcpuLack(place, { quota: quotaOf(place), used, refusals });
      if (lacking !== undefined || place.subnets.length === 0 || !place.subnets.every(isEmpty)) return lacking;
      return {
        kind: "addresses",
        message: `${named("subnet", place.subnets)} no free addresses for another node; add a subnet or free some`,
      };
    },
  };
}

/** A request that is sent again is answered again with the same instances, which count once. */
function hearFleet(state: State, request: CreateFleetCommandInput, { Instances = [], Errors = [] }: CreateFleetResult): void {
  const isSpot = request.TargetCapacitySpecification?.DefaultTargetCapacityType === "spot";
  const capacityType = isSpot ? "spot" : "on-demand";
  let isOther = false;
  for (const { InstanceType, InstanceIds = [] } of Instances) {
    const quota = InstanceType === undefined ? undefined : state.quotaOf({ instanceType: InstanceType, capacityType });
    const fresh = InstanceIds.filter((id) => !state.launched.has(id));
    if (quota === undefined || InstanceType === undefined || state.used === undefined || fresh.length === 0) continue;
    for (const id of fresh) state.launched.add(id);
    const inUse = (state.used.get(quota.code) ?? 0) + fresh.length * (vcpusOf(InstanceType) ?? 0);
    state.used.set(quota.code, inUse);
    // While every type still goes into the quota, nothing has become another: a launch would else renew every list of types.
    isOther ||= quota.vcpus - inUse < largestVcpus();
  }
  for (const { ErrorCode = "", ErrorMessage = "", LaunchTemplateAndOverrides } of Errors) {
    const { InstanceType, SubnetId } = LaunchTemplateAndOverrides?.Overrides ?? {};
    const shortage = shortageOf(ErrorCode);
    if (shortage === "vcpu-quota" && InstanceType !== undefined) refuse(state, { instanceType: InstanceType, capacityType });
    else if (shortage === "addresses" && SubnetId !== undefined) state.full.set(SubnetId, state.sources.clock.now() + refusalMs);
    else continue;
    isOther = true;
    state.sources.onNews?.({ kind: "refused", message: `${ErrorCode}: ${ErrorMessage}` });
  }
  if (isOther) change(state);
}

/** What needs as many vCPUs is not asked for again; usage is looked at anew, since it is not what was thought. */
function refuse(state: State, place: CountedPlace): void {
  const quota = state.quotaOf(place);
  const vcpus = vcpusOf(place.instanceType);
  if (vcpus === undefined) return;
  const key = refusalKey(quota, place);
  const known = state.refusals.get(key);
  state.refusals.set(key, {
    until: state.sources.clock.now() + refusalMs,
    vcpus: Math.min(vcpus, known?.vcpus ?? Infinity),
    // Where nobody has counted yet, only time or a larger quota ends it.
    usedThen: quota === undefined ? -Infinity : (state.used?.get(quota.code) ?? -Infinity),
    quotaThen: quota?.vcpus ?? Infinity,
  });
  state.due.usage = -Infinity;
}

function hearSubnets(state: State, subnets: readonly Subnet[]): void {
  let isOther = false;
  for (const { SubnetId, AvailableIpAddressCount } of subnets) {
    if (SubnetId === undefined || AvailableIpAddressCount === undefined) continue;
    const before = state.free.get(SubnetId);
    if (before === undefined && state.free.size >= subnetsMax) continue;
    state.free.set(SubnetId, AvailableIpAddressCount);
    // More addresses than before are what a refusal waits for.
    const isFreed = before !== undefined && AvailableIpAddressCount > before && state.full.delete(SubnetId);
    isOther ||= isFreed || (before === 0) !== (AvailableIpAddressCount === 0);
  }
  if (isOther) change(state);
}

function startDue(state: State): void {
  const now = state.sources.clock.now();
  const { due, running } = state;
  const { quotas } = state.sources;
  if (quotas !== undefined && due.quotas <= now && !running.has("quotas")) void refresh(state, "quotas", () => askQuotas(state, quotas));
  // Without a quota nobody needs to know what is used of it.
  if (state.quotas.length > 0 && due.usage <= now && !running.has("usage")) void refresh(state, "usage", () => askUsage(state));
}

async function refresh(state: State, what: "quotas" | "usage", ask: () => Promise<Result<boolean, string>>): Promise<void> {
  const { due, running, sources } = state;
  running.add(what);
  // A refusal meanwhile asks for another look.
  due[what] = Infinity;
  const answer = await ask();
  const everyMs = what === "quotas" ? quotasEveryMs : usageEveryMs;
  due[what] = Math.min(due[what], sources.clock.now() + (answer.ok ? everyMs : retryMs));
  running.delete(what);
  if (!answer.ok) sources.onNews?.({ kind: "unread", what, message: answer.error });
  else if (answer.value) change(state);
}

async function askQuotas(state: State, calls: QuotaCalls): Promise<Result<boolean, string>> {
  const answer = await calls.quotas("ec2");
  if (!answer.ok) return err(`ListServiceQuotas: ${failureText(answer.error)}`);
  const quotas = answer.value.flatMap(
    ({ QuotaCode = "", QuotaName = "", Value }) =>
      (Value === undefined ? [] : decodeVcpuQuota({ code: QuotaCode, name: QuotaName, value: Value })) ?? [],
  );
  const isSame = JSON.stringify(quotas) === JSON.stringify(state.quotas);
  if (isSame) return ok(false);
  state.quotas = quotas;
  state.quotaOf = quotasByPlace(quotas);
  forgetRefusals(state);
  return ok(true);
}

/** EC2 counts what runs or is about to. */
async function askUsage(state: State): Promise<Result<boolean, string>> {
  const answer = await state.sources.ec2.countInstances(
    { Filters: [{ Name: "instance-state-name", Values: ["pending", "running"] }], MaxResults: instancesPerPage },
    ({ InstanceType, InstanceLifecycle, Placement }: Instance) =>
      Placement?.Tenancy === "host" ? "host" : `${InstanceLifecycle ?? "on-demand"} ${InstanceType ?? ""}`,
  );
  if (!answer.ok) return err(`DescribeInstances: ${failureText(answer.error)}`);
  const used = new Map<string, number>();
  for (const [key, count] of answer.value) {
    const [capacityType, instanceType = ""] = key.split(" ");
    // Hosts and capacity blocks are counted by themselves.
    if (capacityType !== "spot" && capacityType !== "on-demand") continue;
    const quota = state.quotaOf({ instanceType, capacityType });
    if (quota !== undefined) used.set(quota.code, (used.get(quota.code) ?? 0) + count * (vcpusOf(instanceType) ?? 0));
  }
  const before = state.used;
  state.used = used;
  state.launched.clear();
  const isFreed = forgetRefusals(state);
  const isSame = before !== undefined && before.size === used.size && [...used].every(([code, vcpus]) => before.get(code) === vcpus);
  return ok(isFreed || !isSame);
}

/** Forgets refusals of quotas that have grown, or of which less is used than then; true where there was one. */
function forgetRefusals({ quotas, used, refusals }: State): boolean {
  const before = refusals.size;
  for (const { code, vcpus } of quotas) {
    const refusal = refusals.get(code);
    if (refusal !== undefined && (vcpus > refusal.quotaThen || (used === undefined ? Infinity : (used.get(code) ?? 0)) < refusal.usedThen))
      refusals.delete(code);
  }
  return refusals.size < before;
}

function named(what: string, names: readonly string[]): string {
  const [first = ""] = names;
  return names.length === 1 ? `${what} ${first} has` : `${what}s ${names.join(", ")} have`;
}
