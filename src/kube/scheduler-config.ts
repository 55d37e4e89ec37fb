/**
 * SchedulerConfig: the spread that kube-scheduler gives Pods which state none.
 *
 * Reads a KubeSchedulerConfiguration, or the document of Karpenter's --scheduler-config, as plain data. Returns the default constraints by
 * the name of the scheduler, or every fault with its path. What is refused is what kube-scheduler refuses
 * (pkg/scheduler/apis/config/validation/validation_pluginargs.go): it would not have started with it.
 */
import { hostnameLabel, zoneLabel } from "../api/labels.ts";
import type { TopologySpreadConstraint } from "../api/pod.ts";
import { err, ok, type Result } from "../api/result.ts";
import { isLabelKey } from "./selector.ts";

/** Constraints without a selector, which each Pod brings, by schedulerName; under "" those of every scheduler. */
export type DefaultSpreads = Readonly<Record<string, readonly TopologySpreadConstraint[]>>;

/** What kube-scheduler does by itself (systemDefaultConstraints of its PodTopologySpread plugin). */
export const systemSpread: readonly TopologySpreadConstraint[] = [
  { maxSkew: 3, topologyKey: hostnameLabel, whenUnsatisfiable: "ScheduleAnyway" },
  { maxSkew: 5, topologyKey: zoneLabel, whenUnsatisfiable: "ScheduleAnyway" },
];

const pluginName = "PodTopologySpread";
const group = "kubescheduler.config.k8s.io/";
const profilesMax = 100;
const constraintsMax = 32;

type Fields = Readonly<Record<string, unknown>>;

/** Returns the default constraints that a configuration states, or what is wrong with it. */
export function parseSchedulerConfig(document: unknown): Result<DefaultSpreads, readonly string[]> {
  const problems: string[] = [];
  const found = isFields(document) ? spreadsOf(document, problems) : undefined;
  if (found === undefined && problems.length === 0) {
    problems.push(`is neither a KubeSchedulerConfiguration nor a document with podTopologySpread.defaultConstraints`);
  }
  return found === undefined || problems.length > 0 ? err(problems) : ok(found);
}

function spreadsOf(document: Fields, problems: string[]): DefaultSpreads | undefined {
  const { kind, apiVersion, podTopologySpread } = document;
  if (isFields(podTopologySpread) && kind === undefined) {
    return { "": listed(podTopologySpread["defaultConstraints"], { path: "podTopologySpread.defaultConstraints", problems }) };
  }
  if (kind !== "KubeSchedulerConfiguration") return undefined;
  if (typeof apiVersion !== "string" || !apiVersion.startsWith(group)) problems.push(`apiVersion is ${said(apiVersion)}; write ${group}v1`);
  const profiles = document["profiles"] ?? [{}];
  if (!Array.isArray(profiles) || profiles.length > profilesMax) {
    problems.push(`profiles is not a list of at most ${profilesMax}`);
    return undefined;
  }
  const named = profiles.map((profile: unknown, index) => profileSpread(profile, { path: `profiles[${index}]`, problems }));
  return Object.fromEntries(named);
}

interface At {
  readonly path: string;
  readonly problems: string[];
}

function profileSpread(profile: unknown, { path, problems }: At): readonly [string, readonly TopologySpreadConstraint[]] {
  if (!isFields(profile)) {
    problems.push(`${path} is ${said(profile)}; write a profile`);
    return ["", []];
  }
  const { schedulerName = "default-scheduler", pluginConfig, plugins } = profile;
  const configs: readonly unknown[] = Array.isArray(pluginConfig) ? pluginConfig : [];
  const at = configs.findIndex((one) => isFields(one) && one["name"] === pluginName);
  const config = configs[at];
  const args = isFields(config) ? config["args"] : undefined;
  const spread = spreadOfArgs(isFields(args) ? args : {}, { path: `${path}.pluginConfig[${Math.max(0, at)}].args`, problems });
  return [String(schedulerName), isDisabled(plugins) ? [] : spread];
}

function spreadOfArgs(args: Fields, { path, problems }: At): readonly TopologySpreadConstraint[] {
  const { defaultingType = "System", defaultConstraints } = args;
  const constraints = listed(defaultConstraints, { path: `${path}.defaultConstraints`, problems });
  if (defaultingType === "List") return constraints;
  if (defaultingType !== "System") problems.push(`${path}.defaultingType is ${said(defaultingType)}; write System or List`);
  else if (constraints.length > 0) problems.push(`${path}.defaultingType is System, which takes no defaultConstraints; write List`);
  return systemSpread;
}

/** Where the plugin filters nothing, no Pod is spread by it. */
function isDisabled(plugins: unknown): boolean {
  const names = (point: unknown, list: string): readonly unknown[] => {
    const entries = isFields(point) ? point[list] : undefined;
    return Array.isArray(entries) ? entries.map((one: unknown) => (isFields(one) ? one["name"] : undefined)) : [];
  };
  const points = isFields(plugins) ? [plugins["multiPoint"], plugins["filter"]] : [];
  const isOn = points.some((point) => names(point, "enabled").includes(pluginName));
  return !isOn && points.some((point) => names(point, "disabled").some((name) => name === pluginName || name === "*"));
}

function listed(list: unknown, { path, problems }: At): readonly TopologySpreadConstraint[] {
  if (list === undefined) return [];
  if (!Array.isArray(list) || list.length > constraintsMax) {
    problems.push(`${path} is not a list of at most ${constraintsMax} constraints`);
    return [];
  }
  const constraints = list.flatMap((one: unknown, index) => constraintOf(one, { path: `${path}[${index}]`, problems }) ?? []);
  const seen = new Set<string>();
  for (const { topologyKey, whenUnsatisfiable } of constraints) {
    const name = `${topologyKey} with ${whenUnsatisfiable}`;
    if (seen.has(name)) problems.push(`${path} names ${name} twice; keep one`);
    seen.add(name);
  }
  return constraints;
}

const policies = ["Honor", "Ignore"] as const;
const actions = ["DoNotSchedule", "ScheduleAnyway"] as const;
/** matchLabelKeys are lawful and do nothing: the selector that a Pod brings takes their place. */
const constraintFields: ReadonlySet<string> = new Set([
  ...["maxSkew", "topologyKey", "whenUnsatisfiable", "minDomains", "nodeAffinityPolicy", "nodeTaintsPolicy", "matchLabelKeys"],
]);

function constraintOf(constraint: unknown, { path, problems }: At): TopologySpreadConstraint | undefined {
  if (!isFields(constraint)) {
    problems.push(`${path} is ${said(constraint)}; write a constraint`);
    return undefined;
  }
  const { maxSkew, topologyKey, minDomains } = constraint;
  for (const name of Object.keys(constraint)) {
    if (name === "labelSelector") problems.push(`${path}.labelSelector is not for defaults: each Pod brings its own; leave it out`);
    else if (!constraintFields.has(name)) problems.push(`${path} has the unknown field ${said(name)}`);
  }
  const oneOf = <T extends string>(name: string, choices: readonly T[]): T | undefined => {
    const choice = choices.find((one) => one === constraint[name]);
    if (choice === undefined) problems.push(`${path}.${name} is ${said(constraint[name])}; write ${choices.join(" or ")}`);
    return choice;
  };
  const policy = (name: "nodeAffinityPolicy" | "nodeTaintsPolicy") => {
    const value = constraint[name] === undefined ? undefined : oneOf(name, policies);
    return value === undefined ? {} : { [name]: value };
  };
  const action = oneOf("whenUnsatisfiable", actions);
  if (!isCount(maxSkew)) problems.push(`${path}.maxSkew is ${said(maxSkew)}; write a whole number above 0`);
  const isKey = typeof topologyKey === "string" && isLabelKey(topologyKey);
  if (!isKey) problems.push(`${path}.topologyKey is ${said(topologyKey)}; write a label such as ${zoneLabel}`);
  if (minDomains !== undefined && !isCount(minDomains))
    problems.push(`${path}.minDomains is ${said(minDomains)}; write a whole number above 0`);
  if (action === undefined || !isCount(maxSkew) || !isKey) return undefined;
  return {
    ...{ maxSkew, topologyKey, whenUnsatisfiable: action },
    ...(isCount(minDomains) ? { minDomains } : {}),
    ...{ ...policy("nodeAffinityPolicy"), ...policy("nodeTaintsPolicy") },
  };
}

function isCount(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value > 0 && value < 2 ** 31;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const saidMax = 60;

function said(value: unknown): string {
  if (value === undefined) return "absent";
  const text = JSON.stringify(value);
  return text.length > saidMax ? `${text.slice(0, saidMax)}…` : text;
}
