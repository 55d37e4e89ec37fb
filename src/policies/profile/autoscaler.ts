/**
 * The HorizontalPodAutoscaler of one workload: what spec.scaling asks where its manage is hpa.
 *
 * Reads the profile's terms and the workload. Returns the autoscaler as it is written, or why there is none. It says only
 * what the profile says: bounds, signals and how fast it may grow; how it shrinks stays the API server's default.
 */
import type { HorizontalPodAutoscaler, HorizontalPodAutoscalerMetric } from "../../api/horizontal-pod-autoscaler.ts";
import type { WorkloadProfile, WorkloadProfileSpec } from "../../api/workload-profile.ts";
import { budgetName, childMetadata } from "./budget.ts";
import type { CompiledAutoscaler, ProfileReference } from "./contract.ts";
import type { CompileSurroundings } from "./pod-parts.ts";
import type { ResolvedProfile } from "./resolve.ts";

type Metric = NonNullable<NonNullable<WorkloadProfileSpec["scaling"]>["metrics"]>[number];

/** How long the count of maxBurstPods is. */
const burstSeconds = 60;
const defaultMetric: Metric = { type: "cpu", target: 70 };

export interface AutoscalerInput extends CompileSurroundings {
  readonly profile: WorkloadProfile;
  readonly resolved: ResolvedProfile;
  readonly reference: ProfileReference;
}

/** Returns the autoscaler of a workload; kinds without a scale subresource have none. */
export function compileAutoscaler(input: AutoscalerInput): CompiledAutoscaler {
  const { profile, workload, resolved, reference, names } = input;
  const { scaling } = profile.spec;
  if (scaling?.manage !== "hpa" || !workload.hasScale) return { kind: "none" };
  const asked = scaling.metrics === undefined || scaling.metrics.length === 0 ? [defaultMetric] : scaling.metrics;
  const metrics = asked.map((metric) => metricOf(metric, scaling.lagMetric));
  if (metrics.some((metric) => metric === undefined)) {
    return { kind: "refused", text: "an external metric of scaling.metrics has no name", fix: "set its name, or scaling.lagMetric" };
  }
  const [minReplicas, maxReplicas] = [Math.max(1, resolved.minReplicas.value), resolved.maxReplicas.value];
  const burst = scaling.maxBurstPods ?? Math.max(1, maxReplicas - minReplicas);
  const { apiVersion, kind, name } = workload;
  const autoscaler: HorizontalPodAutoscaler = {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: childMetadata({
      name: budgetName({ profile: reference.name, kind, workload: name }),
      profile: reference,
      profileApiVersion: names.apiVersion,
    }),
    spec: {
      scaleTargetRef: { apiVersion, kind, name },
      minReplicas,
      maxReplicas,
      metrics: metrics.flatMap((metric) => metric ?? []),
      behavior: { scaleUp: { selectPolicy: "Max", policies: [{ type: "Pods", value: burst, periodSeconds: burstSeconds }] } },
    },
  };
  return { kind: "autoscaler", autoscaler };
}

/** A percentage, or a bare number, is of the request; a quantity is an average a Pod. */
function metricOf({ type, name, target }: Metric, lagMetric: string | undefined): HorizontalPodAutoscalerMetric | undefined {
  if (type === "external") {
    const metric = name ?? lagMetric;
    if (metric === undefined) return undefined;
    return { type: "External", external: { metric: { name: metric }, target: { type: "AverageValue", averageValue: String(target) } } };
  }
  const share = /^(\d+)%?$/.exec(String(target))?.[1];
  if (share === undefined)
    return { type: "Resource", resource: { name: type, target: { type: "AverageValue", averageValue: String(target) } } };
  return { type: "Resource", resource: { name: type, target: { type: "Utilization", averageUtilization: Number(share) } } };
}
