/**
 * Buffer bound: how much room the CapacityBuffers of one namespace may keep together.
 *
 * Reads the settings of BUF-001, a namespace and Pods. Returns how many chunks still fit. Admission tells who writes a buffer; the
 * provisioner holds the same bound when it buys, because a template or a workload can grow after the buffer that names it was let in.
 */
import type { CapacityBuffer } from "../api/capacity-buffer.ts";
import type { Pod } from "../api/pod.ts";
import type { Instant } from "../api/ports.ts";
import { podRequests } from "../kube/pod-requests.ts";
import { hasExpired, isNamedBy } from "./exemption.ts";
import type { PolicySet, RuleParams } from "./policy-set.ts";
import { actionAt, isNamespaceInScope } from "./rule-action.ts";
import { matchesSelector } from "../kube/selector.ts";

/** The rule whose bound it is. */
export const bufferBoundRule = "BUF-001";

/** Amounts by what is bounded: chunks, vCPU, GiB of memory, and devices (GPUs and all other extended resources). */
export type BufferAmounts = Readonly<Record<BoundedName, number>>;

const boundedNames = ["chunks", "cpu", "memoryGib", "devices"] as const;
type BoundedName = (typeof boundedNames)[number];

/** How much is named in a sentence. */
const units: Readonly<Record<BoundedName, string>> = { chunks: "chunks", cpu: "vCPU", memoryGib: "GiB of memory", devices: "devices" };

const gib = 1024 ** 3;

/** Returns what one chunk takes of the bound. */
export function chunkAmounts({ spec }: Pick<Pod, "spec">): BufferAmounts {
  const requests = podRequests(spec);
  const devices = Object.entries(requests).filter(([name]) => name.includes("/"));
  return {
    chunks: 1,
    cpu: (requests["cpu"] ?? 0) / 1000,
    memoryGib: (requests["memory"] ?? 0) / gib,
    devices: devices.reduce((sum, [, amount]) => sum + amount, 0),
  };
}

/** Returns the bound that a rule's parameters set. */
export function boundOf(params: RuleParams): BufferAmounts {
  const of = (name: BoundedName): number => Number(params[name]);
  return { chunks: of("chunks"), cpu: of("cpu"), memoryGib: of("memoryGib"), devices: of("devices") };
}

/** Returns amounts taken a number of times. */
export function timesAmounts(each: BufferAmounts, count: number): BufferAmounts {
  const of = (name: BoundedName): number => (each[name] === 0 ? 0 : each[name] * count);
  return { chunks: of("chunks"), cpu: of("cpu"), memoryGib: of("memoryGib"), devices: of("devices") };
}

/** Returns the sum of amounts. */
export function sumAmounts(all: readonly BufferAmounts[]): BufferAmounts {
  const of = (name: BoundedName): number => all.reduce((sum, one) => sum + one[name], 0);
  return { chunks: of("chunks"), cpu: of("cpu"), memoryGib: of("memoryGib"), devices: of("devices") };
}

/** Returns what goes beyond a bound, in words: "192 vCPU of 64", or undefined where nothing does. */
export function beyondText(amounts: BufferAmounts, bound: BufferAmounts): string | undefined {
  const over = boundedNames.filter((name) => amounts[name] > bound[name]);
  return over.length === 0 ? undefined : over.map((name) => `${rounded(amounts[name])} ${units[name]} of ${bound[name]}`).join(", ");
}

function rounded(amount: number): number {
  return Math.round(amount * 10) / 10;
}

/** Says whether a buffer is let beyond the bound by an exemption that holds. */
export function isBeyondBound({ metadata }: CapacityBuffer, { policySet, now }: BoundWorld): boolean {
  const { namespace = "", name = "", labels = {} } = metadata;
  const candidate = { kind: "CapacityBuffer", namespace, name, labels };
  return policySet.exemptions.some(
    (exemption) => exemption.rules.includes(bufferBoundRule) && !hasExpired(exemption, now) && isNamedBy(exemption, candidate),
  );
}

interface BoundWorld {
  readonly policySet: Pick<PolicySet, "rules" | "exemptions">;
  readonly now: Instant;
}

export interface BufferLedger {
  /** Returns how many of `count` chunks the bound of the buffer's namespace has room for. */
  fits(buffer: CapacityBuffer, chunk: Pick<Pod, "spec">, count: number): number;
  /** Takes chunks out of that bound: what was taken is gone for the buffer that asks next. */
  take(buffer: CapacityBuffer, chunk: Pick<Pod, "spec">, count: number): void;
}

/** Opens the bounds of all namespaces, whole; where the rule refuses nothing, it bounds nothing. */
export function bufferLedger(world: BoundWorld): BufferLedger {
  const setting = world.policySet.rules.get(bufferBoundRule);
  const taken = new Map<string, BufferAmounts>();
  const takenIn = ({ metadata: { namespace = "" } }: CapacityBuffer): BufferAmounts => taken.get(namespace) ?? nothing;
  const boundFor = (buffer: CapacityBuffer): BufferAmounts | undefined => {
    if (setting === undefined || actionAt(setting, world.now) !== "deny" || setting.scope.classes.length > 0) return undefined;
    const { namespace = "", labels } = buffer.metadata;
    if (!isNamespaceInScope(setting.scope.namespaces, namespace) || isBeyondBound(buffer, world)) return undefined;
    if (setting.scope.labels !== undefined && !matchesSelector(setting.scope.labels, labels)) return undefined;
    return boundOf(setting.params);
  };
  return {
    fits: (buffer, chunk, count) => {
      const bound = boundFor(buffer);
      if (bound === undefined) return count;
      const [each, before] = [chunkAmounts(chunk), takenIn(buffer)];
      const fits = boundedNames.filter((name) => each[name] > 0).map((name) => Math.floor((bound[name] - before[name]) / each[name]));
      return Math.max(0, Math.min(count, ...fits));
    },
    take: (buffer, chunk, count) => {
      if (boundFor(buffer) === undefined) return;
      taken.set(buffer.metadata.namespace ?? "", sumAmounts([takenIn(buffer), timesAmounts(chunkAmounts(chunk), count)]));
    },
  };
}

const nothing: BufferAmounts = { chunks: 0, cpu: 0, memoryGib: 0, devices: 0 };
