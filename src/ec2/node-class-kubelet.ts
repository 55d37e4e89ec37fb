/**
 * The checks of an EC2NodeClass's kubelet block, which the API server makes none of.
 *
 * Reads the spec. Returns the first thing that would keep nodes from joining, or be dropped in silence, with the reason of Karpenter's
 * condition; each sentence names the field and the value. The rules are those of karpenter-provider-aws 1.15.
 */
import type { EC2NodeClassSpec } from "../api/ec2-node-class.ts";
import { nearestWord } from "../api/nearest-word.ts";
import { expressionProblem } from "../catalog/kubelet-expression.ts";
import { knownInstanceFacts } from "../catalog/known-instances.ts";
import { uncountedType } from "../catalog/node-settings.ts";
import { isQuantity } from "../kube/quantity.ts";
import { parseGoDuration } from "../kube/schedule.ts";
import { kubeletFields, managedKubeletFields, type KubeletShape } from "./kubelet-fields.ts";
import { familyOf } from "./user-data/user-data.ts";

/** What is wrong with a class, in the words of its condition. */
export interface ClassFault {
  readonly reason: string;
  readonly message: string;
}

type Kubelet = Readonly<Record<string, unknown>>;

const evictionSignals = [
  "memory.available",
  "nodefs.available",
  "nodefs.inodesFree",
  "imagefs.available",
  "imagefs.inodesFree",
  "pid.available",
] as const;
const reservable = ["cpu", "memory", "ephemeral-storage", "pid"] as const;

/** Returns what is wrong with the kubelet block, if anything. */
export function kubeletFault(spec: EC2NodeClassSpec): ClassFault | undefined {
  const { kubelet = {} } = spec;
  const invalid = [...shapeProblems(kubelet), ...meaningProblems(kubelet)];
  if (invalid.length > 0) return { reason: "InvalidKubeletConfiguration", message: invalid.join("; ") };
  const unreadable = expressionProblem(kubelet);
  if (unreadable !== undefined) return { reason: "KubeletExpressionInvalid", message: `spec.${unreadable}` };
  const uncounted = uncountedType(spec, knownInstanceFacts());
  if (uncounted !== undefined) return { reason: "KubeletExpressionEvaluationFailed", message: `spec.${uncounted}` };
  const family = familyOf(spec);
  const dropped =
    family === "AL2023"
      ? []
      : Object.keys(kubelet)
          .filter((field) => !managedKubeletFields.has(field))
          .sort();
  if (dropped.length === 0) return undefined;
  const message = `spec.kubelet.${dropped.join(", spec.kubelet.")}: amiFamily ${family} takes no such field; remove it, or use AL2023`;
  return { reason: "UnsupportedKubeletConfiguration", message };
}

function shapeProblems(kubelet: Kubelet): readonly string[] {
  return Object.keys(kubelet)
    .sort()
    .flatMap((field) => {
      const shape = kubeletFields.get(field);
      const value = kubelet[field];
      if (field === "registerWithTaints") return ["spec.kubelet.registerWithTaints is set by the provisioner; use taints of the NodePool"];
      if (shape === undefined) return [`spec.kubelet.${field} is no field of KubeletConfiguration${hint(field)}`];
      // An expression is told of by itself.
      const mayBeExpression = field === "maxPods" && typeof value === "string";
      return mayBeExpression || isShaped(value, shape)
        ? []
        : [`spec.kubelet.${field} must be ${shapeWords[shape]}, not ${JSON.stringify(value)}`];
    });
}

function hint(field: string): string {
  const meant = nearestWord(field, [...kubeletFields.keys()]);
  return meant === undefined ? "" : `; did you mean ${meant}?`;
}

const shapeWords: Readonly<Record<KubeletShape, string>> = {
  flag: "true or false",
  whole: "a whole number",
  decimal: "a number",
  text: "text",
  textMap: "an object of texts",
  flagMap: "an object of true and false",
  texts: "a list of texts",
  wholes: "a list of whole numbers",
  objects: "a list of objects",
  object: "an object",
  textsMap: "an object of lists of texts",
};

function isShaped(value: unknown, shape: KubeletShape): boolean {
  switch (shape) {
    case "flag":
      return typeof value === "boolean";
    case "whole":
      return Number.isSafeInteger(value);
    case "decimal":
      return typeof value === "number";
    case "text":
      return typeof value === "string";
    case "textMap":
      return isRecord(value) && Object.values(value).every((one) => typeof one === "string");
    case "flagMap":
      return isRecord(value) && Object.values(value).every((one) => typeof one === "boolean");
    case "texts":
      return Array.isArray(value) && value.every((one) => typeof one === "string");
    case "wholes":
      return Array.isArray(value) && value.every((one) => Number.isSafeInteger(one));
    case "objects":
      return Array.isArray(value) && value.every(isRecord);
    case "object":
      return isRecord(value);
    case "textsMap":
      return isRecord(value) && Object.values(value).every((one) => Array.isArray(one));
  }
}

function meaningProblems(kubelet: Kubelet): readonly string[] {
  const soft = entriesOf(kubelet, "evictionSoft");
  const grace = entriesOf(kubelet, "evictionSoftGracePeriod");
  const lacks = (list: readonly [string, string][], signal: string) => !list.some(([other]) => other === signal);
  return [
    ...["evictionHard", "evictionSoft", "evictionSoftGracePeriod", "evictionMinimumReclaim"].flatMap((field) =>
      signalProblems(kubelet, field),
    ),
    ...soft.flatMap(([signal]) => (lacks(grace, signal) ? [`spec.kubelet.evictionSoft[${signal}] needs an evictionSoftGracePeriod`] : [])),
    ...grace.flatMap(([signal]) => (lacks(soft, signal) ? [`spec.kubelet.evictionSoftGracePeriod[${signal}] needs an evictionSoft`] : [])),
    ...["kubeReserved", "systemReserved"].flatMap((field) => reservedProblems(kubelet, field)),
    ...numberProblems(kubelet),
  ];
}

function signalProblems(kubelet: Kubelet, field: string): readonly string[] {
  return entriesOf(kubelet, field).flatMap(([signal, text]) => {
    const at = `spec.kubelet.${field}[${signal}]`;
    const isKnown = evictionSignals.some((known) => known === signal);
    const unknown = isKnown ? [] : [`${at} is no eviction signal; these are: ${evictionSignals.join(", ")}`];
    if (field === "evictionSoftGracePeriod") {
      const period = parseGoDuration(text);
      return period.ok && period.value >= 0 ? unknown : [...unknown, `${at}: "${text}" must be a duration such as 30s`];
    }
    const percent = /^(\d+(?:\.\d+)?)%$/.exec(text)?.[1];
    const isThreshold = percent === undefined ? isQuantity(text) && !text.startsWith("-") : Number(percent) <= 100;
    return isThreshold ? unknown : [...unknown, `${at}: "${text}" must be a share such as 5% or a quantity such as 500Mi`];
  });
}

function reservedProblems(kubelet: Kubelet, field: string): readonly string[] {
  return entriesOf(kubelet, field).flatMap(([name, text]) => {
    const at = `spec.kubelet.${field}[${name}]`;
    if (!reservable.some((known) => known === name)) return [`${at} can't be reserved; these can: ${reservable.join(", ")}`];
    return text.startsWith("-") ? [`${at}: "${text}" can't be below 0`] : [];
  });
}

function numberProblems(kubelet: Kubelet): readonly string[] {
  const whole = (field: string): number | undefined => {
    const value = kubelet[field];
    return typeof value === "number" ? value : undefined;
  };
  const high = whole("imageGCHighThresholdPercent");
  const low = whole("imageGCLowThresholdPercent");
  const outside = ["imageGCHighThresholdPercent", "imageGCLowThresholdPercent"].flatMap((field) => {
    const value = whole(field);
    return value === undefined || (value >= 0 && value <= 100) ? [] : [`spec.kubelet.${field}: ${value} must be between 0 and 100`];
  });
  const below = ["maxPods", "podsPerCore", "evictionMaxPodGracePeriod"].flatMap((field) => {
    const value = whole(field);
    return value === undefined || value >= 0 ? [] : [`spec.kubelet.${field}: ${value} can't be below 0`];
  });
  const inverted = high !== undefined && low !== undefined && high <= low;
  const order = inverted ? [`spec.kubelet.imageGCHighThresholdPercent (${high}) must be above imageGCLowThresholdPercent (${low})`] : [];
  return [...outside, ...below, ...order];
}

/** The entries of a field that maps text to text, sorted; a field of another shape is told of elsewhere. */
function entriesOf(kubelet: Kubelet, field: string): readonly [string, string][] {
  const value = kubelet[field];
  if (!isRecord(value)) return [];
  const entries = Object.entries(value).flatMap(([key, text]): [string, string][] => (typeof text === "string" ? [[key, text]] : []));
  return entries.sort(([a], [b]) => (a < b ? -1 : 1));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
