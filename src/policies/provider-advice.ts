/**
 * Provider advice: what speaks for Karpenter of one's own, and what for EKS Auto Mode.
 *
 * Reads NodePools, their classes, add-ons and profiles as they are written. Returns six reasons for each of the two, each with
 * what in the files speaks for it. Nothing is guessed: what no file can say stays open. What Auto Mode can do is AWS's to change,
 * so a reason that it meets by now says so, with the month in which that was looked up.
 */
import type { AutoNodeClass } from "../api/auto-node-class.ts";
import type { EC2NodeClass } from "../api/ec2-node-class.ts";
import type { NodePool } from "../api/node-pool.ts";
import type { KubeObject } from "../api/object.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { parseGoDuration } from "../kube/schedule.ts";

/** One reason; it holds where something speaks for it. */
export interface ProviderReason {
  readonly reason: string;
  readonly holds: "yes" | "no" | "unsaid";
  /** What in the files decides, as sentences without an end. */
  readonly because: readonly string[];
  /** What Auto Mode has of it by now. */
  readonly note?: string;
}

export interface ProviderAdvice {
  readonly provider: "karpenter" | "eks-auto";
  /** What Auto Mode has no place for; where empty, it is possible whatever else holds. */
  readonly obstacles: readonly string[];
  readonly karpenter: readonly ProviderReason[];
  readonly eksAuto: readonly ProviderReason[];
}

const lookedUp = "as of November 2026";
/** AWS replaces a node of Auto Mode after 21 days at the latest. */
const autoLifeMaxMs = 21 * 24 * 3_600_000;
const hasNoFiles = "no NodePool or class among the files says otherwise";

/** Returns the advice: Karpenter of one's own where one of its reasons holds. */
export function adviseProvider(snapshot: ClusterSnapshot): ProviderAdvice {
  const karpenter = reasonsForKarpenter(snapshot);
  const obstacles = obstaclesOf(snapshot);
  const provider = karpenter.some(({ holds }) => holds === "yes") ? "karpenter" : "eks-auto";
  return { provider, obstacles, karpenter, eksAuto: reasonsForAuto(snapshot, obstacles) };
}

function reasonsForKarpenter(snapshot: ClusterSnapshot): readonly ProviderReason[] {
  const [pools, classes] = [snapshot.list("NodePool"), snapshot.list("EC2NodeClass")];
  const reserving = [...classes, ...snapshot.list("NodeClass")].filter(reserves);
  return [
    found("EC2 instances are chosen precisely", pools.flatMap(preciseTypes), `Auto Mode takes such requirements too, ${lookedUp}`),
    found(
      "capacity reservations are used",
      reserving.map((of) => `${titleOf(of)} selects capacity reservations`),
      `Auto Mode's NodeClass selects reservations too, ${lookedUp}`,
    ),
    found("images or start-up are one's own", classes.flatMap(ownImages)),
    found(
      "fleets of accelerators are run",
      pools.filter(buysAccelerators).map((pool) => `${titleOf(pool)} asks for accelerators`),
      `Auto Mode runs accelerated instances with drivers that AWS chooses, ${lookedUp}`,
    ),
    found("disruption is tuned finely", pools.flatMap(tunedDisruption), "Auto Mode takes budgets, and replaces nodes after 504h"),
    { reason: "somebody is ready to own the controller", holds: "unsaid", because: ["no file says who"] },
  ];
}

function reasonsForAuto(snapshot: ClusterSnapshot, obstacles: readonly string[]): readonly ProviderReason[] {
  const classes = snapshot.list("EC2NodeClass");
  const profiles = snapshot.list("WorkloadProfile").length;
  const own = classes.flatMap(ownImages);
  const opened = classes.filter(({ spec }) => spec?.metadataOptions !== undefined || spec?.associatePublicIPAddress === true);
  return [
    unless("AWS is to manage the nodes", own),
    found("fewer add-ons are to be run", addOnsOf(snapshot, clusterAddOns)),
    unless(
      "AWS's own choices of security will do",
      opened.map((of) => `${titleOf(of)} sets metadataOptions or public addresses`),
    ),
    found("load balancing, network and storage are to come along", addOnsOf(snapshot, infrastructureAddOns)),
    found("teams are to work on contracts", profiles === 0 ? [] : [`${profiles} WorkloadProfiles are among the files`]),
    unless("its constraints are accepted", obstacles),
  ];
}

function found(reason: string, because: readonly string[], note?: string): ProviderReason {
  const holds = because.length > 0 ? "yes" : "no";
  return { reason, holds, because, ...(note === undefined || holds === "no" ? {} : { note }) };
}

function unless(reason: string, against: readonly string[]): ProviderReason {
  return against.length > 0 ? { reason, holds: "no", because: against } : { reason, holds: "yes", because: [hasNoFiles] };
}

/** What a NodeClass of Auto Mode can't say, and nodes that would live longer than AWS lets them. */
function obstaclesOf(snapshot: ClusterSnapshot): readonly string[] {
  return [...snapshot.list("EC2NodeClass").flatMap(ownImages), ...snapshot.list("NodePool").flatMap(tooLongLived)];
}

function titleOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.name ?? ""}`;
}

function reserves({ spec }: EC2NodeClass | AutoNodeClass): boolean {
  return (spec?.capacityReservationSelectorTerms ?? []).length > 0;
}

/** An alias names AWS's own image; whatever else finds one finds somebody's. */
function ownImages(nodeClass: EC2NodeClass): readonly string[] {
  const { amiSelectorTerms = [], amiFamily, userData, kubelet } = nodeClass.spec ?? {};
  const title = titleOf(nodeClass);
  return [
    ...(amiFamily === "Custom" || amiSelectorTerms.some(({ alias }) => alias === undefined) ? [`${title} selects images of its own`] : []),
    ...(userData === undefined ? [] : [`${title} has userData`]),
    ...(kubelet === undefined ? [] : [`${title} sets the kubelet`]),
  ];
}

const typeKeys: ReadonlySet<string> = new Set(["node.kubernetes.io/instance-type"]);

function preciseTypes(pool: NodePool): readonly string[] {
  const named = pool.spec.template.spec.requirements.filter(({ key, operator }) => typeKeys.has(key) && operator === "In");
  return named.map(({ values = [] }) => `${titleOf(pool)} names ${values.length} instance types`);
}

const acceleratorKey = /\/instance-(gpu|accelerator)-/;

function buysAccelerators({ spec }: NodePool): boolean {
  const { requirements, taints = [] } = spec.template.spec;
  return requirements.some(({ key }) => acceleratorKey.test(key)) || taints.some(({ key }) => key === "nvidia.com/gpu");
}

/** Several budgets, or one that has a time or a reason: somebody has thought about when. */
function tunedDisruption(pool: NodePool): readonly string[] {
  const budgets = pool.spec.disruption?.budgets ?? [];
  const isTuned = budgets.length > 1 || budgets.some(({ schedule, reasons }) => schedule !== undefined || reasons !== undefined);
  return isTuned ? [`${titleOf(pool)} says when and why how many nodes may go (${budgets.length} of disruption.budgets)`] : [];
}

function tooLongLived(pool: NodePool): readonly string[] {
  const { expireAfter } = pool.spec.template.spec;
  if (expireAfter === undefined) return [];
  const life = expireAfter === "Never" ? undefined : parseGoDuration(expireAfter);
  if (life?.ok === true && life.value <= autoLifeMaxMs) return [];
  return [`${titleOf(pool)} keeps nodes for ${expireAfter}, and Auto Mode for 504h at most`];
}

/** What Auto Mode runs outside of the cluster's nodes, by the names of its usual manifests. */
const clusterAddOns: ReadonlySet<string> = new Set(["coredns", "kube-proxy", "karpenter", "eks-pod-identity-agent", "cluster-autoscaler"]);
const infrastructureAddOns: ReadonlySet<string> = new Set([
  ...["aws-node", "aws-load-balancer-controller", "ebs-csi-controller", "ebs-csi-node"],
]);

function addOnsOf(snapshot: ClusterSnapshot, names: ReadonlySet<string>): readonly string[] {
  return [...snapshot.list("DaemonSet"), ...snapshot.list("Deployment")]
    .filter(({ metadata }) => names.has(metadata.name ?? ""))
    .map((addOn) => `${titleOf(addOn)} would be AWS's to run`);
}
