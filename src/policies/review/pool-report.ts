/**
 * Pool report: what a NodePool says to the nine questions that every NodePool answers, and how the ten questions of its
 * review come out.
 *
 * Reads a NodePool, the policies, the instance types and the findings of its rules. Returns rows of words; a question that the
 * pool leaves open says so. The rules decide; the report only shows what they were decided on.
 */
import type { InstanceType } from "../../api/instance-type.ts";
import { archLabel, instanceTypeLabel, type PlatformNames } from "../../api/labels.ts";
import type { NodePool } from "../../api/node-pool.ts";
import type { Instant } from "../../api/ports.ts";
import { poolRequirements } from "../../kube/pool-requirements.ts";
import { values } from "../../kube/requirement.ts";
import { formatTaint } from "../../kube/taint.ts";
import type { PolicySet } from "../policy-set.ts";
import { typesOfPool } from "../pool-types.ts";
import type { Finding } from "../verdict.ts";
import { capacityTypesOf, classesOfPool, justificationOf, zonesOfPool } from "./pool-terms.ts";

/** One question and its answer; an open one is a blank that somebody should fill. */
export interface ReportRow {
  readonly question: string;
  readonly answer: string;
  readonly isOpen: boolean;
}

/** One question of the review, and the rules by which it came out. */
export interface ReviewAnswer {
  readonly question: string;
  readonly holds: boolean;
  /** Ids of the rules that found something. */
  readonly rules: readonly string[];
}

export interface ReportWorld {
  readonly policySet: PolicySet;
  readonly names: PlatformNames;
  readonly instanceTypes: readonly InstanceType[];
  readonly now: Instant;
}

/** The ten questions to ask before a NodePool is approved, and the rules that answer them. */
export const reviewQuestions: readonly { readonly question: string; readonly rules: readonly string[] }[] = [
  { question: "represents a workload class", rules: ["NP-006"] },
  { question: "is technical, not organisational", rules: ["NP-001", "NP-002"] },
  { question: "leaves enough instance types", rules: ["NP-003", "NP-004", "NP-019"] },
  { question: "names its zones, and they exist", rules: ["NP-008"] },
  { question: "buys the capacity types that are meant", rules: ["NP-020"] },
  { question: "has clear labels and taints", rules: ["NP-005", "NP-006"] },
  { question: "has limits", rules: ["NP-007"] },
  { question: "is disrupted safely", rules: ["NP-010", "NP-011", "NP-012", "NP-013", "NP-016", "NP-017", "NP-018", "NP-021"] },
  { question: "has somebody who pays", rules: ["COST-001", "NP-009"] },
  { question: "can be told apart from other pools", rules: ["NP-014", "NP-015"] },
];

/** Returns the ten questions with their outcome; a finding that only warns leaves a question open too. */
export function reviewAnswers(findings: readonly Finding[]): readonly ReviewAnswer[] {
  return reviewQuestions.map(({ question, rules }) => {
    const found = [...new Set(findings.map(({ rule }) => rule))].filter((id) => rules.includes(id)).sort();
    return { question, holds: found.length === 0, rules: found };
  });
}

/** Returns the nine rows of a NodePool, always the same questions in the same order. */
export function poolReport(nodePool: NodePool, world: ReportWorld): readonly ReportRow[] {
  const types = typesOfPool(nodePool, world.instanceTypes);
  const { template, limits } = nodePool.spec;
  const labels = Object.entries(template.metadata?.labels ?? {}).map((pair) => pair.join("="));
  const architecture = poolRequirements(nodePool).get(archLabel);
  return [
    row("instance categories", categoriesText(nodePool, { ...world, types })),
    row("CPU and memory", sizesText(types)),
    row("zones", zonesOfPool(nodePool)?.join(", ")),
    row("capacity types", namesCapacityType(nodePool) ? capacityTypesOf(nodePool).join(", ") : undefined),
    row("architecture", architecture === undefined ? undefined : values(architecture)?.join(", ")),
    { question: "taints", answer: (template.spec.taints ?? []).map(formatTaint).join(", ") || "none", isOpen: false },
    row("labels", [classText(nodePool, world), ...labels].filter((text) => text !== "").join(", ")),
    row("disruption", disruptionText(nodePool)),
    row(
      "limits",
      Object.entries(limits ?? {})
        .map(([name, amount]) => `${name} ${amount}`)
        .join(", "),
    ),
  ];
}

const openAnswer = "not said";

function row(question: string, answer: string | undefined): ReportRow {
  const isOpen = answer === undefined || answer === "";
  return { question, answer: isOpen ? openAnswer : answer, isOpen };
}

function namesCapacityType(nodePool: NodePool): boolean {
  return nodePool.spec.template.spec.requirements.some(({ key }) => key === "karpenter.sh/capacity-type");
}

function classText(nodePool: NodePool, { policySet }: ReportWorld): string {
  const names = classesOfPool(nodePool, policySet).map(({ name }) => name);
  return names.length === 0 ? "" : `class ${names.join(", ")}`;
}

/** What the pool asks of the kind of machine, in its own words, and what a pin costs. */
function categoriesText(nodePool: NodePool, world: ReportWorld & { readonly types: readonly InstanceType[] }): string | undefined {
  const asked = nodePool.spec.template.spec.requirements
    .filter(({ key }) => key === instanceTypeLabel || /\/instance-(category|family|generation|size|gpu-name|accelerator-name)$/.test(key))
    .map(
      ({ key, operator, values: wanted = [] }) =>
        `${key.slice(key.indexOf("/") + 1).replace("instance-", "")} ${operator} ${wanted.join(", ")}`,
    );
  if (asked.length === 0) return undefined;
  const count = `${world.types.length} type${world.types.length === 1 ? "" : "s"}`;
  const justification = justificationOf(nodePool, world);
  const why =
    justification.kind === "given"
      ? `; justified: ${justification.reason}${justification.until === undefined ? "" : ` until ${justification.until}`}${alternativesText(world)}`
      : "";
  return `${asked.join("; ")} (${count})${why}`;
}

/** The cheapest machine of a known price that is at least as large as the smallest of the pool. */
function alternativesText({ types, instanceTypes }: ReportWorld & { readonly types: readonly InstanceType[] }): string {
  const [smallest] = types.toSorted((a, b) => (a.capacity["cpu"] ?? 0) - (b.capacity["cpu"] ?? 0));
  if (smallest === undefined) return "";
  const isEnough = (type: InstanceType): boolean =>
    ["cpu", "memory"].every((name) => (type.capacity[name] ?? 0) >= (smallest.capacity[name] ?? 0)) && !types.includes(type);
  const priced = instanceTypes.filter(isEnough).flatMap(({ name, offerings }) => {
    const onDemand = offerings.filter(({ capacityType }) => capacityType === "on-demand").map(({ pricePerHour }) => pricePerHour);
    return onDemand.length === 0 ? [] : [{ name, pricePerHour: Math.min(...onDemand) }];
  });
  const [cheapest] = priced.sort((a, b) => a.pricePerHour - b.pricePerHour || (a.name < b.name ? -1 : 1));
  return cheapest === undefined ? "" : `; without the pin from $${cheapest.pricePerHour.toFixed(4)} an hour (${cheapest.name})`;
}

function sizesText(types: readonly InstanceType[]): string | undefined {
  if (types.length === 0) return undefined;
  const cpus = types.map(({ capacity }) => (capacity["cpu"] ?? 0) / 1000);
  const memories = types.map(
    (type) => Number(type.requirements.find(({ key }) => key.endsWith("/instance-memory"))?.values?.[0] ?? 0) / 1024,
  );
  const [largest] = types.toSorted(
    (a, b) => allocatable(b, "memory") - allocatable(a, "memory") || allocatable(b, "cpu") - allocatable(a, "cpu"),
  );
  const pod =
    largest === undefined
      ? ""
      : `; largest Pod ${Math.floor(allocatable(largest, "cpu"))}m / ${gibText(allocatable(largest, "memory"))} (${largest.name})`;
  return `${Math.min(...cpus)} to ${Math.max(...cpus)} vCPU, ${Math.min(...memories)} to ${Math.max(...memories)} GiB${pod}`;
}

function allocatable({ allocatable: amounts }: InstanceType, name: string): number {
  return amounts[name] ?? 0;
}

function gibText(bytes: number): string {
  return `${Math.floor((bytes / 1024 ** 3) * 10) / 10}Gi`;
}

function disruptionText({ spec }: NodePool): string | undefined {
  const { disruption, template } = spec;
  const { expireAfter, terminationGracePeriod } = template.spec;
  if (disruption === undefined) return undefined;
  const budgets = (disruption.budgets ?? []).map(
    ({ nodes, schedule, duration }) => `${nodes}${schedule === undefined ? "" : ` (${schedule} for ${duration ?? "?"})`}`,
  );
  return [
    `${disruption.consolidationPolicy ?? "WhenEmptyOrUnderutilized"} after ${disruption.consolidateAfter ?? "0s"}`,
    ...(budgets.length === 0 ? [] : [`budgets ${budgets.join(", ")}`]),
    ...(expireAfter === undefined ? [] : [`nodes expire after ${expireAfter}`]),
    ...(terminationGracePeriod === undefined ? [] : [`drain at most ${terminationGracePeriod}`]),
  ].join("; ");
}
