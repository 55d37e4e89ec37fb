/**
 * Relaxation: the order in which a Pod gives its preferences up, under the preference policy Respect.
 *
 * Reads a Pod's spec. Returns its rungs, the first with all preferences, each next one with one step less (karpenter.md 3.5): a
 * required node affinity term while there are others, the heaviest preferred Pod affinity, Pod anti-affinity and node affinity
 * terms, a ScheduleAnyway spread, and last the avoidance of PreferNoSchedule taints. On each rung only the first required node
 * affinity term counts, together with the heaviest preferred one. What Karpenter does not do: where all rungs fail, the Pod is
 * tried once more with all of its required terms and no preference, so that none of them can leave it without a place.
 */
import type { Affinity, NodeSelectorTerm, PodSpec, PreferredSchedulingTerm, TopologySpreadConstraint } from "../../api/pod.ts";

type Step = (spec: PodSpec) => PodSpec | undefined;

const required = "requiredDuringSchedulingIgnoredDuringExecution";
const preferred = "preferredDuringSchedulingIgnoredDuringExecution";

/** Steps that one Pod may take. */
const stepsMax = 64;

/**
 * Returns the specs to try in turn; none where the Pod prefers nothing. Preferred Pod (anti-)affinity and ScheduleAnyway spread that
 * a rung still has are meant as required; preferred node affinity stands among its required terms.
 */
export function relaxationRungs(spec: PodSpec, { hasSoftTaints }: { readonly hasSoftTaints: boolean }): readonly PodSpec[] {
  const steps = hasSoftTaints ? [...usualSteps, tolerateSoftTaints] : usualSteps;
  const rungs = [spec];
  for (let last: PodSpec | undefined = spec; last !== undefined && rungs.length < stepsMax;) {
    last = relaxed(last, steps);
    if (last !== undefined) rungs.push(last);
  }
  return rungs.length === 1 ? [] : rungs.map(hardened);
}

function relaxed(spec: PodSpec, steps: readonly Step[]): PodSpec | undefined {
  for (const step of steps) {
    const next = step(spec);
    if (next !== undefined) return next;
  }
  return undefined;
}

const usualSteps: readonly Step[] = [
  dropRequiredTerm,
  (spec) => dropHeaviestPods(spec, "podAffinity"),
  (spec) => dropHeaviestPods(spec, "podAntiAffinity"),
  dropHeaviestNodes,
  dropSpread,
];

function dropRequiredTerm(spec: PodSpec): PodSpec | undefined {
  const [first, ...others] = spec.affinity?.nodeAffinity?.[required]?.nodeSelectorTerms ?? [];
  if (first === undefined || others.length === 0) return undefined;
  return withAffinity(spec, { nodeAffinity: { ...spec.affinity?.nodeAffinity, [required]: { nodeSelectorTerms: others } } });
}

function dropHeaviestPods(spec: PodSpec, kind: "podAffinity" | "podAntiAffinity"): PodSpec | undefined {
  const terms = spec.affinity?.[kind]?.[preferred] ?? [];
  if (terms.length === 0) return undefined;
  return withAffinity(spec, { [kind]: { ...spec.affinity?.[kind], [preferred]: withoutHeaviest(terms) } });
}

function dropHeaviestNodes(spec: PodSpec): PodSpec | undefined {
  const terms = spec.affinity?.nodeAffinity?.[preferred] ?? [];
  if (terms.length === 0) return undefined;
  return withAffinity(spec, { nodeAffinity: { ...spec.affinity?.nodeAffinity, [preferred]: withoutHeaviest(terms) } });
}

/** The first wish goes, and the last constraint takes its place. */
function dropSpread(spec: PodSpec): PodSpec | undefined {
  const constraints = spec.topologySpreadConstraints ?? [];
  const index = constraints.findIndex(({ whenUnsatisfiable }) => whenUnsatisfiable === "ScheduleAnyway");
  const last = constraints.at(-1);
  if (index < 0 || last === undefined) return undefined;
  const swapped: readonly TopologySpreadConstraint[] = constraints.map((one, at) => (at === index ? last : one)).slice(0, -1);
  return { ...spec, topologySpreadConstraints: swapped };
}

function tolerateSoftTaints(spec: PodSpec): PodSpec | undefined {
  const tolerations = spec.tolerations ?? [];
  const has = tolerations.some(({ key, operator, effect }) => !key && operator === "Exists" && (!effect || effect === "PreferNoSchedule"));
  return has ? undefined : { ...spec, tolerations: [...tolerations, { operator: "Exists", effect: "PreferNoSchedule" }] };
}

/** Preferred node affinity has no group of its own: the heaviest term joins the first required one. */
function hardened(spec: PodSpec): PodSpec {
  const { [required]: needed, [preferred]: wished = [] } = spec.affinity?.nodeAffinity ?? {};
  const [first] = needed?.nodeSelectorTerms ?? [];
  const heaviest = heaviestOf(wished)?.preference;
  if (first === undefined && heaviest === undefined) return spec;
  return withAffinity(spec, { nodeAffinity: { [required]: { nodeSelectorTerms: [joined(first, heaviest)] } } });
}

function joined(...terms: readonly (NodeSelectorTerm | undefined)[]): NodeSelectorTerm {
  return {
    matchExpressions: terms.flatMap((term) => term?.matchExpressions ?? []),
    matchFields: terms.flatMap((term) => term?.matchFields ?? []),
  };
}

function heaviestOf(terms: readonly PreferredSchedulingTerm[]): PreferredSchedulingTerm | undefined {
  return [...terms].sort((a, b) => b.weight - a.weight)[0];
}

function withoutHeaviest<T extends { readonly weight: number }>(terms: readonly T[]): readonly T[] {
  return [...terms].sort((a, b) => b.weight - a.weight).slice(1);
}

function withAffinity(spec: PodSpec, part: Affinity): PodSpec {
  return { ...spec, affinity: { ...spec.affinity, ...part } };
}
