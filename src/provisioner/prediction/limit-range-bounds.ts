/**
 * LimitRange bounds: why the API server would refuse a Pod for the LimitRanges of its namespace.
 *
 * Reads a Pod as it will enter and the LimitRanges. Returns the first bound that it breaks, in words (LimitRanger of Kubernetes: a
 * minimum wants a request, a maximum a limit, and an amount that is not stated breaks both).
 */
import type { LimitRange, LimitRangeItem } from "../../api/limit-range.ts";
import type { Resources } from "../../api/object.ts";
import type { Container, PodSpec } from "../../api/pod.ts";
import { podLimits, podRequests } from "../../kube/pod-requests.ts";
import { amountOf, toResources } from "../../kube/resources.ts";

/** What one container, or a whole Pod, asks for. */
interface Amounts {
  readonly subject: string;
  readonly requests: Resources;
  readonly limits: Resources;
}

/** Returns which bound of which LimitRange a Pod breaks; undefined where it keeps them all. */
export function limitRangeRefusal(spec: PodSpec, limitRanges: readonly LimitRange[]): string | undefined {
  for (const { metadata, spec: range } of limitRanges) {
    for (const item of range.limits) {
      for (const amounts of amountsFor(item, spec)) {
        const broken = brokenBound(item, amounts);
        if (broken !== undefined) return `LimitRange "${metadata.name ?? ""}" refuses its Pods: ${broken} (${amounts.subject})`;
      }
    }
  }
  return undefined;
}

function amountsFor({ type }: LimitRangeItem, spec: PodSpec): readonly Amounts[] {
  if (type === "Pod") return [{ subject: "Pod", requests: podRequests(spec), limits: podLimits(spec) }];
  return type === "Container" ? [...(spec.initContainers ?? []), ...spec.containers].map(containerAmounts) : [];
}

function containerAmounts({ name, resources }: Container): Amounts {
  const limits = toResources(resources?.limits);
  // A limit stands in for a request that is not stated.
  return { subject: `container ${name}`, requests: { ...limits, ...toResources(resources?.requests) }, limits };
}

function brokenBound({ min, max, maxLimitRequestRatio }: LimitRangeItem, { requests, limits }: Amounts): string | undefined {
  const [least, most] = [toResources(min), toResources(max)];
  for (const name in least) {
    const wanted = least[name] ?? 0;
    if ((requests[name] ?? -1) < wanted) return `requests less ${name} than min ${min?.[name] ?? ""}`;
    if (limits[name] !== undefined && limits[name] < wanted) return `limits ${name} below min ${min?.[name] ?? ""}`;
  }
  for (const name in most) {
    const allowed = most[name] ?? 0;
    if ((limits[name] ?? Infinity) > allowed) return `no limit of ${name} within max ${max?.[name] ?? ""}`;
    if ((requests[name] ?? 0) > allowed) return `requests more ${name} than max ${max?.[name] ?? ""}`;
  }
  for (const name in maxLimitRequestRatio) {
    const ratio = maxLimitRequestRatio[name] ?? "0";
    const [request = 0, limit = 0] = [requests[name], limits[name]];
    // The ratio is a quantity of its own ("1.5" is stored as "1500m"), read in thousandths as cpu is.
    const isAbove = request === 0 || limit === 0 || (limit / request) * 1_000 > amountOf("cpu", ratio);
    if (isAbove) return `limit to request of ${name} above ${ratio}`;
  }
  return undefined;
}
