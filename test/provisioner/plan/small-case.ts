/**
 * Small cases: a few Pods for which everything can be tried, and nothing but the price to choose by.
 *
 * Returns the random cases of random-case.ts, cut to so many Pods, without weights, limits, minValues and preferences: a plan
 * may have to pay for those.
 */
import type { NodePool } from "../../../src/api/node-pool.ts";
import type { Affinity, Pod, PodSpec } from "../../../src/api/pod.ts";
import type { SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { caseCalled, numberedCases, type CaseLimits, type NumberedCase } from "./random-case.ts";

export interface SmallCaseLimits {
  readonly podsMax: number;
  /** No Pod minds another. */
  readonly alone: boolean;
}

/** Returns so many cases. */
export function smallCases(limits: SmallCaseLimits & { readonly count: number }): readonly NumberedCase[] {
  return [...numberedCases(caseLimits(limits), limits.count)].map(({ name, input }) => ({ name, input: cut(input, limits) }));
}

/** Returns the case of a name that a failing check has printed. */
export function smallCaseCalled(limits: SmallCaseLimits, name: string): NumberedCase {
  return { name, input: cut(caseCalled(caseLimits(limits), name), limits) };
}

function caseLimits({ alone }: SmallCaseLimits): CaseLimits {
  return { replicasMax: 4, deploymentsMax: 4, nodesMax: 1, poolsMax: 1, alone };
}

function cut(input: SolveInput, { podsMax }: SmallCaseLimits): SolveInput {
  return {
    ...input,
    nodePools: input.nodePools.map(withoutWishes),
    pods: input.pods.slice(0, podsMax).map(({ key, pod }) => ({ key, pod: withoutPreferences(pod) })),
  };
}

function withoutWishes(pool: NodePool): NodePool {
  const { template } = pool.spec;
  const requirements = template.spec.requirements.filter(({ minValues }) => minValues === undefined);
  return { ...pool, spec: { template: { ...template, spec: { ...template.spec, requirements } } } };
}

function withoutPreferences(pod: Pod): Pod {
  const { affinity = {}, topologySpreadConstraints = [] } = pod.spec;
  const spec: PodSpec = {
    ...pod.spec,
    affinity: required(affinity),
    topologySpreadConstraints: topologySpreadConstraints.filter(({ whenUnsatisfiable }) => whenUnsatisfiable === "DoNotSchedule"),
  };
  return { ...pod, spec };
}

function required({ nodeAffinity, podAffinity, podAntiAffinity }: Affinity): Affinity {
  const field = "requiredDuringSchedulingIgnoredDuringExecution";
  return {
    ...(nodeAffinity?.[field] === undefined ? {} : { nodeAffinity: { [field]: nodeAffinity[field] } }),
    ...(podAffinity?.[field] === undefined ? {} : { podAffinity: { [field]: podAffinity[field] } }),
    ...(podAntiAffinity?.[field] === undefined ? {} : { podAntiAffinity: { [field]: podAntiAffinity[field] } }),
  };
}
