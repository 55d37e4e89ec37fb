/**
 * Controller labels: which Pods of a workload a selector matches, by the labels that they will carry.
 *
 * Reads a selector, a workload and the labels of its compiled Pod. A controller adds labels that no template shows: a hash of the
 * template, a StatefulSet's ordinal, a Job's name; newer Kubernetes copies a Node's zone and region to its Pods. Values that are
 * not known beforehand count as matched wherever some value would be; of labels that differ from Pod to Pod the answer
 * says how many Pods match at least, since a budget over a part of a workload is another budget.
 */
import { regionLabel, zoneLabel } from "../api/labels.ts";
import type { LabelSelector, LabelSelectorRequirement } from "../api/object.ts";
import { remembered } from "./remembered.ts";
import { matchesSelector, type Labels } from "./selector.ts";
import type { Workload } from "./workload.ts";

/** Which Pods of a workload a selector matches. */
export type PodSelection =
  | { readonly kind: "none" }
  /** All of them; by a value that is not known beforehand, all of them while they have it. */
  | { readonly kind: "all" }
  /** Some: at least so many of a number of replicas, by the label that tells them apart. */
  | { readonly kind: "some"; readonly label: string; readonly least: (replicas: number) => number };

/** What is known of a label that a controller adds. */
type Added =
  | { readonly kind: "text"; readonly value: string }
  /** One value for all Pods, which begins so. */
  | { readonly kind: "open"; readonly prefix: string }
  /** Another value for each Pod, which tells its ordinal. */
  | { readonly kind: "ordinal"; readonly prefix: string; readonly start: number }
  /** What its Node has, where it has any. */
  | { readonly kind: "place" };

const podNameLabel = "statefulset.kubernetes.io/pod-name";
const podIndexLabel = "apps.kubernetes.io/pod-index";
const completionIndexLabel = "batch.kubernetes.io/job-completion-index";
const revisionLabel = "controller-revision-hash";
const place: Added = { kind: "place" };
const open: Added = { kind: "open", prefix: "" };

const addedKeys: ReadonlySet<string> = new Set([
  ...["pod-template-hash", "rollouts-pod-template-hash", revisionLabel, "pod-template-generation"],
  ...[podNameLabel, podIndexLabel, completionIndexLabel],
  ...["job-name", "controller-uid", "batch.kubernetes.io/job-name", "batch.kubernetes.io/controller-uid"],
  ...[zoneLabel, regionLabel],
]);

/** Says whether a selector asks for a label that a controller may add: others are told by the labels of the Pod alone. */
export const asksForAdded = remembered(({ matchLabels, matchExpressions }: LabelSelector): boolean => {
  for (const key in matchLabels) if (addedKeys.has(key)) return true;
  return matchExpressions?.some(({ key }) => addedKeys.has(key)) === true;
});

/** Returns which Pods of a workload a selector matches; `labels` are those of its Pod as compiled. An absent selector matches none. */
export function podSelection(
  selector: LabelSelector | undefined,
  { workload, labels }: { readonly workload: Workload; readonly labels: Labels | undefined },
): PodSelection {
  if (selector === undefined) return none;
  if (!asksForAdded(selector)) return matchesSelector(selector, labels) ? all : none;
  const parts: Part[] = [];
  for (const requirement of requirementsOf(selector)) {
    const added = addedBy(workload, requirement.key, labels);
    if (added === undefined) {
      if (!matchesSelector({ matchExpressions: [requirement] }, labels)) return none;
      continue;
    }
    const answer = answerOf(requirement, added);
    if (answer === "no") return none;
    if (answer === "some") parts.push({ requirement, added });
  }
  const [first] = parts;
  return first === undefined ? all : { kind: "some", label: first.requirement.key, least: (replicas) => leastOf(parts, replicas) };
}

/** Says whether a workload's selector matches none of the Pods of its own template. */
export function missesOwnPods(workload: Workload): boolean {
  const { selector, template, object } = workload;
  if (selector === undefined || object.kind !== workload.kind) return false;
  return podSelection(selector, { workload, labels: template.metadata?.labels }).kind === "none";
}

const none: PodSelection = { kind: "none" };
const all: PodSelection = { kind: "all" };

interface Part {
  readonly requirement: LabelSelectorRequirement;
  readonly added: Added;
}

function requirementsOf({ matchLabels = {}, matchExpressions = [] }: LabelSelector): readonly LabelSelectorRequirement[] {
  return [...Object.entries(matchLabels).map(([key, value]) => ({ key, operator: "In" as const, values: [value] })), ...matchExpressions];
}

/** What a workload's controller makes of a label, whatever the template says of it; undefined where it adds none of that key. */
function addedBy(workload: Workload, key: string, labels: Labels | undefined): Added | undefined {
  const { kind, name, object } = workload;
  if (key === zoneLabel || key === regionLabel) return labels?.[key] === undefined ? place : undefined;
  // A Pod that stands for its owner carries everything already.
  if (object.kind !== kind || kind === "Pod") return undefined;
  switch (kind) {
    case "Deployment":
      return key === "pod-template-hash" ? open : undefined;
    case "Rollout":
      return key === "rollouts-pod-template-hash" ? open : undefined;
    case "DaemonSet":
      return key === revisionLabel || key === "pod-template-generation" ? open : undefined;
    case "StatefulSet":
      return addedByStatefulSet(key, { name, start: startOf(object) });
    case "Job":
    case "CronJob":
      return addedByJob(key, workload);
    default:
      return undefined;
  }
}

function addedByStatefulSet(key: string, { name, start }: { readonly name: string; readonly start: number }): Added | undefined {
  if (key === revisionLabel) return { kind: "open", prefix: `${name}-` };
  if (key === podNameLabel) return { kind: "ordinal", prefix: `${name}-`, start };
  return key === podIndexLabel ? { kind: "ordinal", prefix: "", start } : undefined;
}

function addedByJob(key: string, { kind, name }: Workload): Added | undefined {
  if (key === "controller-uid" || key === "batch.kubernetes.io/controller-uid") return open;
  if (key === completionIndexLabel) return { kind: "ordinal", prefix: "", start: 0 };
  if (key !== "job-name" && key !== "batch.kubernetes.io/job-name") return undefined;
  if (kind === "CronJob") return { kind: "open", prefix: `${name}-` };
  return name === "" ? open : { kind: "text", value: name };
}

function startOf(object: object): number {
  const spec: unknown = "spec" in object ? object.spec : undefined;
  const ordinals: unknown = typeof spec === "object" && spec !== null && "ordinals" in spec ? spec.ordinals : undefined;
  const start: unknown = typeof ordinals === "object" && ordinals !== null && "start" in ordinals ? ordinals.start : undefined;
  return typeof start === "number" ? start : 0;
}

function answerOf(requirement: LabelSelectorRequirement, added: Added): "all" | "some" | "no" {
  const { operator, values = [] } = requirement;
  if (added.kind === "text") return matchesSelector({ matchExpressions: [requirement] }, { [requirement.key]: added.value }) ? "all" : "no";
  // A Node may have no zone, and an older API server copies none: either may hold, of all Pods alike.
  if (operator === "Exists") return "all";
  if (operator === "DoesNotExist") return added.kind === "place" ? "all" : "no";
  if (added.kind === "open") return operator === "NotIn" || values.some((value) => value.startsWith(added.prefix)) ? "all" : "no";
  if (added.kind === "ordinal" && operator === "In") return values.some((value) => ordinalIn(value, added) !== undefined) ? "some" : "no";
  return "some";
}

/** How many of so many Pods satisfy every part at least: ordinals are counted, of places one Pod may be alone in its own. */
function leastOf(parts: readonly Part[], replicas: number): number {
  const counted = parts.flatMap(({ requirement, added }) => (added.kind === "ordinal" ? [{ requirement, added }] : []));
  const selected = counted.length === 0 ? replicas : countedOrdinals(counted, replicas);
  return counted.length < parts.length ? Math.min(1, selected) : selected;
}

interface OrdinalPart {
  readonly requirement: LabelSelectorRequirement;
  readonly added: Added & { readonly kind: "ordinal" };
}

function countedOrdinals(parts: readonly OrdinalPart[], replicas: number): number {
  const sets = parts.map(({ requirement: { operator, values = [] }, added }) => ({
    isIn: operator === "In",
    ordinals: new Set(values.flatMap((value) => ordinalIn(value, added) ?? [])),
    start: added.start,
  }));
  const start = sets[0]?.start ?? 0;
  const named = new Set(sets.flatMap(({ ordinals }) => [...ordinals]).filter((ordinal) => ordinal < start + replicas));
  const matching = [...named].filter((ordinal) => sets.every(({ isIn, ordinals }) => ordinals.has(ordinal) === isIn)).length;
  return matching + (sets.every(({ isIn }) => !isIn) ? replicas - named.size : 0);
}

function ordinalIn(value: string, { prefix, start }: Added & { readonly kind: "ordinal" }): number | undefined {
  const text = value.startsWith(prefix) ? value.slice(prefix.length) : "";
  if (!/^(0|[1-9]\d{0,9})$/.test(text)) return undefined;
  const ordinal = Number(text);
  return ordinal < start ? undefined : ordinal;
}
