/**
 * POOL-001 and POOL-002: Pods that no node could ever take.
 *
 * Reads each Pod as it will be compiled, the NodePools, the instance types and the live Nodes. With no NodePool known nothing
 * is judged, and a shape only where the types of the pool are known: what cannot be told is not refused.
 */
import type { InstanceType } from "../../api/instance-type.ts";
import { wellKnownLabels } from "../../api/labels.ts";
import type { Resources } from "../../api/object.ts";
import type { PodSpec } from "../../api/pod.ts";
import { podRequests } from "../../kube/pod-requests.ts";
import { podRequirements } from "../../kube/pod-requirements.ts";
import { poolRequirements } from "../../kube/pool-requirements.ts";
import { formatBytes } from "../../kube/quantity.ts";
import { values, type Requirement } from "../../kube/requirement.ts";
import { isCompatible, type Requirements } from "../../kube/requirements.ts";
import { exceeding } from "../../kube/resources.ts";
import { podSpecPath } from "../container-path.ts";
import { aboutWorkload, pathIn, type Facts } from "../facts.ts";
import { isOffered, isPlaceLabel, leavesOpen, offeredValues } from "../offered-labels.ts";
import { isTolerated } from "../profile/zones.ts";
import { holds, mayBe, shapesOf, takingPools, type Shape } from "../taking-pools.ts";
import type { WorkloadView } from "../workload-view.ts";
import { deploymentManifest, nodePoolManifest } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const pool = nodePoolManifest({ requirement: "{key: karpenter.k8s.aws/instance-category, operator: In, values: [c, m, r]}" });

const deploymentOf = (pod: string): string => deploymentManifest({ pod });

const containersOf = (cpu: string, memory: string): string =>
  `containers: [{name: app, resources: {requests: {cpu: ${cpu}, memory: ${memory}}}}]`;

/** Values that a fix line lists; more would not be read. */
const shownValuesMax = 10;

export const pool001: Rule = {
  id: "POOL-001",
  subjects: ["workload", "profile"],
  summary: "A node label that no NodePool, no instance type and no live Node has: the Pod would stay pending.",
  defaultAction: "deny",
  needs: ["nodePool"],
  examples: {
    admitted: `${pool}---${deploymentOf(`nodeSelector: {workload-class: general}, ${containersOf("100m", "128Mi")}`)}`,
    denied: `${pool}---${deploymentOf(`nodeSelector: {workload-class: special}, ${containersOf("100m", "128Mi")}`)}`,
  },
  judge: (facts) => onWorkloads(facts, (view) => unofferedLabels(facts, view)),
};

export const pool002: Rule = {
  id: "POOL-002",
  subjects: ["workload", "profile", "pod-change"],
  summary: "A Pod larger than the largest node of every NodePool that could take it.",
  defaultAction: "deny",
  needs: ["nodePool"],
  examples: {
    admitted: `${pool}---${deploymentOf(containersOf('"1"', "1Gi"))}`,
    denied: `${pool}---${deploymentOf(containersOf('"1000"', "1Gi"))}`,
  },
  judge: (facts) => onWorkloads(facts, (view) => tooLarge(facts, view)),
};

function onWorkloads(facts: Facts, judge: (view: WorkloadView) => readonly Problem[]): readonly Problem[] {
  return facts.snapshot.list("NodePool").length > 0 ? facts.views.flatMap(judge) : [];
}

/** Labels that are told one by one; what is offered instead is looked up for each. */
const toldLabelsMax = 50;

/** One alternative without a missing label is enough; else the first alternative's labels are told. */
function unofferedLabels(facts: Facts, view: WorkloadView): readonly Problem[] {
  const missing = podRequirements(view.pod.spec).map((alternative) =>
    [...alternative.values()].filter(
      (requirement) => !isOffered(requirement, facts) && !isLeftOpen(requirement, { facts, alternative, spec: view.pod.spec }),
    ),
  );
  if (missing.some((labels) => labels.length === 0)) return [];
  return (missing[0] ?? []).slice(0, toldLabelsMax).map((requirement) => ({
    path: pathIn(facts, { workload: `${podSpecPath(view.workload.kind)}/${fieldOf(view, requirement)}` }),
    message: `${aboutWorkload(facts, view)}no NodePool offers label ${labelText(requirement)}`,
    fix: validValues(offeredValues(requirement.key, facts)),
    ...classOf(view),
  }));
}

/** A zone can't be judged while a NodePool that would take the Pod names none; where none would, the Pod's other labels are told. */
function isLeftOpen(
  requirement: Requirement,
  of: { readonly facts: Facts; readonly alternative: Requirements; readonly spec: PodSpec },
): boolean {
  if (!isPlaceLabel(requirement.key)) return false;
  const anywhere = new Map([...of.alternative].filter(([key]) => !isPlaceLabel(key)));
  const pools = of.facts.snapshot.list("NodePool");
  const taking = pools.filter((pool) => isTolerated(pool, of.spec) && isCompatible(poolRequirements(pool), anywhere, wellKnownLabels));
  return (taking.length === 0 ? pools : taking).some((pool) => leavesOpen(pool, requirement));
}

function fieldOf({ pod }: WorkloadView, { key }: Requirement): "nodeSelector" | "affinity" {
  return pod.spec.nodeSelector !== undefined && Object.hasOwn(pod.spec.nodeSelector, key) ? "nodeSelector" : "affinity";
}

function labelText(requirement: Requirement): string {
  const listed = values(requirement);
  return listed === undefined ? requirement.key : `${requirement.key}=${listed.join(",")}`;
}

function validValues(offered: readonly string[]): string {
  if (offered.length === 0) return "remove it, or add a NodePool that offers it";
  const more = offered.length > shownValuesMax ? `, and ${offered.length - shownValuesMax} more` : "";
  return `valid values: ${offered.slice(0, shownValuesMax).join(", ")}${more}`;
}

/** A shape, and how near it is to holding the Pod. */
interface JudgedShape extends Shape {
  /** The smallest share, over all wanted resources, of what is wanted that is there; 1 and more fits. */
  readonly share: number;
}

function tooLarge(facts: Facts, view: WorkloadView): readonly Problem[] {
  const want = podRequests(view.pod.spec);
  const pools = takingPools(facts, view.pod.spec);
  // Most Pods fit, and the first shape that holds one answers for all.
  if (pools.some((taking) => holds(taking, want))) return [];
  const shapes = pools.map((taking) => shapesOf(taking).filter(mayBe));
  // A pool whose types are not in the catalog may hold the Pod for all we know.
  if (shapes.some((ofPool) => ofPool.length === 0)) return [];
  const [largest] = shapes
    .flat()
    .map((shape): JudgedShape => ({ ...shape, share: shareOf(want, shape.left) }))
    .toSorted(byNearness);
  if (largest === undefined) return [];
  const over = exceeding(want, largest.left);
  return [
    {
      path: pathIn(facts, {
        workload: `${podSpecPath(view.workload.kind)}/containers`,
        "pod-change": "/spec/containers",
        profile: "/spec/compute",
      }),
      message: `${aboutWorkload(facts, view)}pod requests ${wantedText(want, over)}; largest shape in pool ${largest.taking.nodePool.metadata.name ?? ""} is ${shapeText(largest, over)}`,
      fix: fixFor(facts, view, over),
      ...classOf(view),
    },
  ];
}

/**
 * The shape that is nearest to holding the Pod first. Of equals one of a known price, the larger, the newer generation: what
 * is told as the largest should be what a node would be, not a machine of fifteen years ago.
 */
function byNearness(a: JudgedShape, b: JudgedShape): number {
  const size = (shape: Shape, name: string): number => shape.type.allocatable[name] ?? 0;
  const priced = Number(b.type.offerings.length > 0) - Number(a.type.offerings.length > 0);
  const larger = size(b, "memory") - size(a, "memory") || size(b, "cpu") - size(a, "cpu");
  const newer = generationOf(b.type) - generationOf(a.type);
  return b.share - a.share || priced || larger || newer || (a.type.name < b.type.name ? -1 : 1);
}

function generationOf({ name }: InstanceType): number {
  return Number(/\d+/.exec(name)?.[0] ?? 0);
}

function shareOf(want: Resources, have: Resources): number {
  return Math.min(...Object.entries(want).map(([name, amount]) => (amount === 0 ? Infinity : (have[name] ?? 0) / amount)));
}

function wantedText(want: Resources, over: readonly string[]): string {
  return [`${cpuText(want["cpu"] ?? 0)} CPU / ${formatBytes(want["memory"] ?? 0)}`, ...otherTexts(want, over)].join(" / ");
}

function shapeText({ type, taking: { overhead } }: Shape, over: readonly string[]): string {
  const { allocatable } = type;
  const have = [`${cpuText(allocatable["cpu"] ?? 0)} CPU / ${gibText(allocatable["memory"] ?? 0)}`, ...otherTexts(allocatable, over)].join(
    " / ",
  );
  const taken = (overhead["cpu"] ?? 0) + (overhead["memory"] ?? 0) === 0 ? "" : `, ${wantedText(overhead, [])} less for DaemonSets`;
  return `${type.name}, ${have} after system reserve${taken}`;
}

function otherTexts(amounts: Resources, over: readonly string[]): readonly string[] {
  return over.filter((name) => name !== "cpu" && name !== "memory").map((name) => `${amounts[name] ?? 0} ${name}`);
}

/** What is there is rounded down, so that nobody asks for the shown number and is refused again. */
function cpuText(millis: number): string {
  return String(Math.floor(millis / 10) / 100);
}

function gibText(bytes: number): string {
  return `${Math.floor((bytes / 1024 ** 3) * 10) / 10}Gi`;
}

function fixFor({ policySet }: Facts, { className }: WorkloadView, over: readonly string[]): string {
  const roomy = over.includes("memory") ? "memory" : "compute";
  return policySet.classes.has(roomy) && className !== roomy ? `lower to fit or use class ${roomy}` : "lower to fit";
}
