/**
 * `plimsoll class [NAME]`: what a class of workloads is, gives and asks.
 *
 * Reads a policies file. Prints the catalogue in a line a class, or one class with its bounds and defaults as they hold in a
 * namespace: what an application team would otherwise look up in a file that is not its own.
 */
import { nearestWord } from "../api/nearest-word.ts";
import { classFor, type RequestRange, type WorkloadClass } from "../policies/class.ts";
import type { ClassGrant, PolicySet } from "../policies/policy-set.ts";
import { readPolicies } from "./offline.ts";
import type { ProgramSurroundings } from "./surroundings.ts";

export interface ClassRequest extends Pick<ProgramSurroundings, "stdout" | "stderr"> {
  readonly name: string | undefined;
  readonly policies: string;
  readonly namespace: string;
}

/** Runs the command; returns 0, or 2 where there is no such class or the policies are bad. */
export function runClass(request: ClassRequest): number {
  const { policySet, problems } = readPolicies(request.policies);
  for (const line of problems) request.stderr.write(`${line}\n`);
  if (policySet === undefined) return 2;
  if (request.name === undefined) {
    request.stdout.write(listText(policySet));
    return 0;
  }
  const workloadClass = classFor(policySet, { className: request.name, namespace: request.namespace });
  if (workloadClass === undefined) {
    const nearest = nearestWord(request.name, [...policySet.classes.keys()]);
    request.stderr.write(`no such class: ${request.name}${nearest === undefined ? "" : `; nearest ${nearest}`}\n`);
    return 2;
  }
  request.stdout.write(classText(workloadClass, policySet));
  return 0;
}

function listText({ classes, settings }: PolicySet): string {
  const width = Math.max(...[...classes.keys()].map((name) => name.length));
  return [...classes.values()]
    .map(({ name, purpose = "" }) => `${name.padEnd(width)}  ${purpose}${name === settings.defaultClass ? " (default)" : ""}\n`)
    .join("");
}

function classText(workloadClass: WorkloadClass, policySet: PolicySet): string {
  const { name, purpose, requests, requires } = workloadClass;
  const rows: readonly (readonly [string, string])[] = [
    ["capacity", `${workloadClass.capacityTypes.join(", then ")}; Spot ${workloadClass.allowSpot ? "on request" : "never"}`],
    ["pools", workloadClass.pools.join(", then ") || "none named"],
    ["zones", workloadClass.zones.join(", ") || "any"],
    ["cpu request", rangeText(requests.cpu)],
    ["memory request", rangeText(requests.memory)],
    ["limits", limitsText(workloadClass)],
    ...placementRows(workloadClass),
    ...availabilityRows(workloadClass),
    ["budget", budgetText(workloadClass)],
    ["grace period", graceText(workloadClass)],
    ["must declare", requires.join(", ") || "nothing"],
    ["open to", grantText(policySet.grants.get(name))],
    ["while nobody answers", policySet.settings.failurePolicy.get(name) === "closed" ? "requests are refused" : "requests pass"],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return `${name}${purpose === undefined ? "" : `: ${purpose}`}\n${rows.map(([label, text]) => `  ${label.padEnd(width)}  ${text}\n`).join("")}`;
}

function rangeText(range: RequestRange): string {
  return `${range.min ?? "any"} to ${range.max ?? "any"}, ${range.default === undefined ? "no default" : `default ${range.default}`}`;
}

function limitsText({ limits }: WorkloadClass): string {
  return `cpu ${limits.cpu}, memory ${limits.memoryRatio} times the request`;
}

function placementRows({ placement }: WorkloadClass): readonly (readonly [string, string])[] {
  const selector = Object.entries(placement.nodeSelector).map(([key, value]) => `${key}=${value}`);
  const tolerations = placement.tolerations.map(
    ({ key, value, effect }) => `${key ?? "all"}${value === undefined ? "" : `=${value}`}:${effect ?? "all"}`,
  );
  return [
    ["node selector", selector.join(", ") || "none"],
    ["tolerates", tolerations.join(", ") || "nothing"],
  ];
}

function availabilityRows({ availability }: WorkloadClass): readonly (readonly [string, string])[] {
  const { minReplicas, zoneSpread, zoneSpreadFrom, hostSpread, singletons } = availability;
  const { default: singleton, ...byKind } = singletons;
  const kinds = Object.entries(byKind).map(([kind, action]) => `${kind} ${action}`);
  return [
    ["replicas", `at least ${minReplicas} unless the profile says more`],
    ["zone spread", zoneSpread === "none" ? "none" : `${zoneSpread} from ${zoneSpreadFrom} replicas on`],
    ["host spread", hostSpread],
    ["single replica", [singleton, ...kinds].join("; ")],
  ];
}

function budgetText({ disruption }: WorkloadClass): string {
  const { minAvailable, maxUnavailable } = disruption;
  if (minAvailable !== undefined) return `minAvailable ${minAvailable}`;
  return maxUnavailable === undefined ? "none unless the profile names one" : `maxUnavailable ${maxUnavailable}`;
}

function graceText({ disruption }: WorkloadClass): string {
  const { gracePeriodSeconds, maxGraceSeconds, preStopSeconds } = disruption;
  const most = maxGraceSeconds === undefined ? "" : `, at most ${maxGraceSeconds} s`;
  return `${gracePeriodSeconds} s${most}${preStopSeconds === 0 ? "" : `; preStop ${preStopSeconds} s`}`;
}

function grantText(grant: ClassGrant | undefined): string {
  if (grant === undefined) return "every namespace";
  const labels = Object.entries(grant.namespaceSelector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const who = [...grant.namespaces, ...(labels.length === 0 ? [] : [`namespaces labelled ${labels.join(", ")}`])].join(", ");
  return `${who}${grant.requestFrom === undefined ? "" : `; ask ${grant.requestFrom}`}`;
}
