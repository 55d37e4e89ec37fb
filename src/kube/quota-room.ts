/**
 * Quota room: how many more Pods a namespace's ResourceQuotas let in.
 *
 * Reads the quotas and the Pods of a snapshot. Returns one ledger for all that is predicted, which each workload takes its Pods from.
 * What is used is counted from the Pods of the same snapshot, not read from the quota's status: the status is another watch, and
 * Pods that it counts and the snapshot lacks are Pods that are still predicted. Scopes and names are those of Kubernetes' Pod evaluator.
 */
import type { Resources } from "../api/object.ts";
import type { Pod } from "../api/pod.ts";
import type { Instant } from "../api/ports.ts";
import type { QuotaScopeRequirement, ResourceQuota } from "../api/resource-quota.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { podLimits, podRequests, qosClass } from "./pod-requests.ts";
import { isTerminal } from "./pod-state.ts";
import { amountOf } from "./resources.ts";

/** How many Pods may enter, and which quota keeps the others out. */
export interface QuotaGrant {
  readonly count: number;
  /** Present where fewer than wanted may enter. */
  readonly refusal?: string;
}

export interface QuotaRoom {
  /** Takes room for up to `count` Pods such as this one; what was taken is gone for who asks next. */
  take(pod: Pod, count: number): QuotaGrant;
}

interface Ledger {
  readonly quota: ResourceQuota;
  readonly left: Record<string, number>;
}

/** Opens the ledgers of a snapshot; a namespace's are made when its first Pod asks. */
export function quotaRoom(snapshot: ClusterSnapshot, now: Instant): QuotaRoom {
  const byNamespace = new Map<string, readonly Ledger[]>();
  const ledgersOf = (namespace: string): readonly Ledger[] => {
    const known = byNamespace.get(namespace);
    if (known !== undefined) return known;
    const quotas = snapshot.list("ResourceQuota", namespace);
    const pods = quotas.length === 0 ? [] : snapshot.list("Pod", namespace);
    const ledgers = quotas.map((quota) => ledgerOf(quota, { pods, now }));
    byNamespace.set(namespace, ledgers);
    return ledgers;
  };
  return {
    take: (pod, count) => {
      const concerned = ledgersOf(pod.metadata.namespace ?? "").filter(({ quota }) => isInScopes(quota, pod));
      if (concerned.length === 0) return { count };
      const usage = usageOf(pod);
      const grants = concerned.map((ledger) => grantOf(ledger, { pod, usage, count }));
      const least = grants.reduce((a, b) => (b.count < a.count ? b : a));
      for (const { left } of concerned) {
        for (const name in left) left[name] = (left[name] ?? 0) - least.count * (usage[name] ?? 0);
      }
      return least;
    },
  };
}

/**
 * A Pod that has ended is charged for nothing but its object, nor is one that should be gone: upstream gives it its grace once more
 * after the deletionTimestamp, which has it in already.
 */
function isCharged(pod: Pod, now: Instant): boolean {
  if (isTerminal(pod)) return false;
  const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata;
  if (deletionTimestamp === undefined || deletionGracePeriodSeconds === undefined) return true;
  return now <= Date.parse(deletionTimestamp) + deletionGracePeriodSeconds * 1_000;
}

function ledgerOf(quota: ResourceQuota, { pods, now }: { readonly pods: readonly Pod[]; readonly now: Instant }): Ledger {
  const hard = Object.entries(quota.spec?.hard ?? {});
  const left: Record<string, number> = Object.fromEntries(hard.map(([name, text]) => [name, amountOf(name, text)]));
  for (const pod of pods) {
    if (!isInScopes(quota, pod)) continue;
    const usage = isCharged(pod, now) ? usageOf(pod) : objectUsage;
    for (const name in left) left[name] = (left[name] ?? 0) - (usage[name] ?? 0);
  }
  return { quota, left };
}

function grantOf(
  { quota, left }: Ledger,
  { pod, usage, count }: { readonly pod: Pod; readonly usage: Resources; readonly count: number },
): QuotaGrant {
  const title = `ResourceQuota "${quota.metadata.name ?? ""}"`;
  const unstated = Object.keys(left).find((name) => mustBeStated(name) && !isStated(pod, name));
  if (unstated !== undefined) return { count: 0, refusal: `${title} refuses Pods that don't state ${unstated}` };
  let least: QuotaGrant = { count };
  for (const name of Object.keys(left).sort()) {
    const each = usage[name] ?? 0;
    if (each <= 0) continue;
    const fits = Math.max(0, Math.floor((left[name] ?? 0) / each));
    if (fits < least.count) least = { count: fits, refusal: `${title} leaves ${name} for ${fits} of ${count} more Pods` };
  }
  return least;
}

/** What every Pod that is stored is charged for, whatever its state. */
const objectUsage: Resources = { "count/pods": 1 };

/** Usage by every name that a quota may count it under. */
function usageOf({ spec }: Pod): Resources {
  const [requests, limits] = [podRequests(spec), podLimits(spec)];
  const usage: Record<string, number> = { ...objectUsage, pods: 1 };
  for (const name in requests) {
    if (name === "pods") continue;
    usage[`requests.${name}`] = requests[name] ?? 0;
    if (!name.includes("/")) usage[name] = requests[name] ?? 0;
  }
  for (const name in limits) usage[`limits.${name}`] = limits[name] ?? 0;
  return usage;
}

const statedNames: ReadonlySet<string> = new Set(["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"]);

function mustBeStated(name: string): boolean {
  return statedNames.has(name);
}

/** Each container must say it, or the Pod as a whole. */
function isStated({ spec }: Pod, name: string): boolean {
  const [first = "", second] = name.split(".");
  const resource = second ?? first;
  const says = (resources: Pod["spec"]["resources"]): boolean =>
    resources?.limits?.[resource] !== undefined || (first !== "limits" && resources?.requests?.[resource] !== undefined);
  return says(spec.resources) || [...(spec.initContainers ?? []), ...spec.containers].every(({ resources }) => says(resources));
}

function isInScopes({ spec }: ResourceQuota, pod: Pod): boolean {
  const plain = (spec?.scopes ?? []).map((scopeName): QuotaScopeRequirement => ({ scopeName, operator: "Exists" }));
  return [...plain, ...(spec?.scopeSelector?.matchExpressions ?? [])].every((requirement) => matchesScope(requirement, pod));
}

function matchesScope({ scopeName, operator, values = [] }: QuotaScopeRequirement, { spec }: Pod): boolean {
  switch (scopeName) {
    case "Terminating":
      return spec.activeDeadlineSeconds !== undefined;
    case "NotTerminating":
      return spec.activeDeadlineSeconds === undefined;
    case "BestEffort":
      return qosClass(spec) === "BestEffort";
    case "NotBestEffort":
      return qosClass(spec) !== "BestEffort";
    case "CrossNamespacePodAffinity":
      return asksOtherNamespaces(spec);
    case "PriorityClass":
      return matchesPriority(spec.priorityClassName ?? "", { operator, values });
    default:
      // A scope that is not of Pods counts none of them.
      return false;
  }
}

function matchesPriority(name: string, { operator, values = [] }: Omit<QuotaScopeRequirement, "scopeName">): boolean {
  switch (operator) {
    case "In":
      return values.includes(name);
    case "NotIn":
      return !values.includes(name);
    case "Exists":
      return name !== "";
    case "DoesNotExist":
      return name === "";
  }
}

function asksOtherNamespaces({ affinity }: Pod["spec"]): boolean {
  return [affinity?.podAffinity, affinity?.podAntiAffinity].some((one) =>
    [
      ...(one?.requiredDuringSchedulingIgnoredDuringExecution ?? []),
      ...(one?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(({ podAffinityTerm }) => podAffinityTerm),
    ].some(({ namespaces = [], namespaceSelector }) => namespaces.length > 0 || namespaceSelector !== undefined),
  );
}
