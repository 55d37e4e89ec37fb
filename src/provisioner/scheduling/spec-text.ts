/**
 * SpecText: all that scheduling reads of a Pod's spec, as text.
 *
 * Reads specs. Returns texts, equal for Pods that nothing in their specs tells apart; what volumes they mount is told by what they have.
 */
import type { Container, PodAffinityTerm, PodSpec } from "../../api/pod.ts";
import { priorityOf } from "../../kube/pod-priority.ts";
import { hostPorts } from "./host-ports.ts";
import { preferredPods, type PreferenceUse } from "./preference.ts";

interface SpecText {
  readonly text: string;
  /** The same for equal texts of equal priority. */
  readonly number: number;
}

/** Returns the text of all that scheduling reads of a spec, found once for each object: Pods of one workload often share theirs. */
export function specTexts(preferences: PreferenceUse): (spec: PodSpec) => SpecText {
  const bySpec = new Map<PodSpec, SpecText>();
  const numbers = new Map<string, number>();
  return (spec) => {
    const known = bySpec.get(spec);
    if (known !== undefined) return known;
    const text = specText(spec, preferences);
    const name = text + priorityText(spec);
    const number = numbers.get(name) ?? numbers.size;
    numbers.set(name, number);
    const made = { text, number };
    bySpec.set(spec, made);
    return made;
  };
}

function specText(spec: PodSpec, preferences: PreferenceUse): string {
  return JSON.stringify([
    spec.containers.map(resourcesOf),
    spec.initContainers?.map(resourcesOf),
    spec.resources,
    spec.overhead,
    spec.nodeSelector,
    requiredAffinity(spec),
    spec.tolerations,
    spec.topologySpreadConstraints,
    hostPorts(spec),
    ...(preferences === "ignored" ? [] : (spec.affinity?.nodeAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? [])),
    ...preferredText(spec, preferences),
  ]);
}

/** Returns what tells priorities apart; nothing for that of most Pods. */
export function priorityText(spec: PodSpec): string {
  const priority = priorityOf(spec);
  return priority === 0 ? "" : ` ${priority}`;
}

/** What a Pod prefers of other Pods; nothing where that is not looked at, so that texts stay those of Pods without preferences. */
export function preferredText(spec: PodSpec, preferences: PreferenceUse): readonly unknown[] {
  return preferences === "ignored" ? [] : preferredPods(spec);
}

function resourcesOf(container: Container): unknown {
  return [container.resources, container.restartPolicy];
}

/** Returns all affinity that is required, its Pod terms as they are read. */
export function requiredAffinity({ affinity }: PodSpec, read: (term: PodAffinityTerm) => PodAffinityTerm = (term) => term): unknown {
  if (affinity === undefined) return undefined;
  return [
    affinity.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution,
    affinity.podAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.map(read),
    affinity.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.map(read),
  ];
}
