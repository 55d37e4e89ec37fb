/**
 * What nodes of an EC2NodeClass are launched with: images, subnets, security groups, a profile, reservations.
 *
 * Reads the findings of its selectors. Returns the resources, or what is the matter: the class is not ready, or nobody
 * answered. Of several images for the same nodes the first counts, of several subnets in a zone the one with most free addresses.
 */
import type { EC2NodeClass } from "../api/ec2-node-class.ts";
import { err, ok, type Result } from "../api/result.ts";
import { amiFamilyOf } from "../catalog/node-settings.ts";
import type { ClusterIdentity } from "./cluster-identity.ts";
import type { Finding, NodeClassFindings, NodeSecurityGroup, NodeSubnet } from "./node-class-findings.ts";
import { profileUnseen } from "./node-class-dry-run.ts";
import { imageArchitecture, type NodeImage } from "./node-class-images.ts";
import type { NodePlacementGroup, NodeReservation } from "./node-class-reservations.ts";
import type { NodeClassConditionType } from "./node-class-status.ts";
import { clusterTrouble } from "./user-data/user-data.ts";

export interface NodeClassResources {
  /** The image of each architecture for nodes without accelerators, in Kubernetes' words: amd64, arm64. */
  readonly images: Readonly<Record<string, string>>;
  /** One subnet a zone: the one with most free addresses. */
  readonly subnets: Readonly<Record<string, string>>;
  readonly securityGroupIDs: readonly string[];
  /** Every image with the nodes that it is for, preferred first. */
  readonly amis: readonly NodeImage[];
  /** Every subnet, those with most free addresses first. */
  readonly subnetList: readonly NodeSubnet[];
  readonly securityGroups: readonly NodeSecurityGroup[];
  readonly instanceProfile: string;
  readonly reservations: readonly NodeReservation[];
  readonly placementGroup?: NodePlacementGroup;
  readonly cluster: ClusterIdentity;
  /** Why more may be known of the cluster later. */
  readonly clusterUnanswered?: string;
}

/** Not ready: the NodeClass selects nothing, or is not valid. Failed: nobody answered; it may pass. */
export interface NodeClassTrouble {
  readonly kind: "node-class-not-ready" | "failed";
  readonly message: string;
}

/** Returns the resources of a class. Its status is asked for two things: the profile made of its role, and a finding against it. */
export function nodeClassResources(nodeClass: EC2NodeClass, findings: NodeClassFindings): Result<NodeClassResources, NodeClassTrouble> {
  const notReady = (message: string) => err({ kind: "node-class-not-ready", message: named(nodeClass, message) } as const);
  const { spec } = nodeClass;
  if (spec === undefined) return notReady("it has no spec");
  if (nodeClass.metadata.deletionTimestamp !== undefined) return notReady("it is being deleted");
  const { subnets, securityGroups, images, reservations, placementGroup, cluster, clusterUnanswered } = findings;
  const trouble = troubleOf(nodeClass, [subnets, securityGroups, images, reservations, placementGroup]);
  if (trouble !== undefined) return err(trouble);
  const lacking = clusterTrouble(amiFamilyOf(spec) ?? "Custom", cluster);
  if (lacking !== undefined && clusterUnanswered !== undefined)
    return err({ kind: "failed", message: named(nodeClass, clusterUnanswered) });
  const invalid = validationTrouble(nodeClass) ?? lacking;
  if (invalid !== undefined) return notReady(invalid);
  const instanceProfile = spec.instanceProfile ?? madeProfile(nodeClass) ?? "";
  if (instanceProfile === "") return notReady(`no instance profile has been made of spec.role ${JSON.stringify(spec.role ?? "")} yet`);
  const group = valueOf(placementGroup);
  return ok({
    images: imageByArchitecture(valueOf(images) ?? []),
    subnets: subnetByZone(valueOf(subnets) ?? []),
    securityGroupIDs: (valueOf(securityGroups) ?? []).map(({ id }) => id),
    amis: valueOf(images) ?? [],
    subnetList: valueOf(subnets) ?? [],
    securityGroups: valueOf(securityGroups) ?? [],
    instanceProfile,
    reservations: valueOf(reservations) ?? [],
    ...(group === undefined ? {} : { placementGroup: group }),
    cluster,
    ...(clusterUnanswered === undefined ? {} : { clusterUnanswered }),
  });
}

/** What no finding has: nothing there counts before no answer, since it is the class's own. */
function troubleOf(nodeClass: EC2NodeClass, findings: readonly Finding<unknown>[]): NodeClassTrouble | undefined {
  const nothing = findings.find(({ kind }) => kind === "nothing");
  if (nothing?.kind === "nothing") return { kind: "node-class-not-ready", message: named(nodeClass, nothing.message) };
  const failed = findings.find(({ kind }) => kind === "failed");
  return failed?.kind === "failed" ? { kind: "failed", message: named(nodeClass, failed.message) } : undefined;
}

/** What the checks of this very spec have found against it; a profile that EC2 does not see yet would be refused. */
function validationTrouble(nodeClass: EC2NodeClass): string | undefined {
  const profile = conditionOfSpec(nodeClass, "InstanceProfileReady");
  if (profile?.status === "False") return profile.message;
  const validation = conditionOfSpec(nodeClass, "ValidationSucceeded");
  const isAgainst = validation?.status === "False" || (validation?.status === "Unknown" && validation.reason === profileUnseen);
  return isAgainst ? validation.message : undefined;
}

/** The profile that stands in the status, as long as it is the one made of this very spec's role. */
function madeProfile(nodeClass: EC2NodeClass): string | undefined {
  return conditionOfSpec(nodeClass, "InstanceProfileReady")?.status === "True" ? nodeClass.status?.instanceProfile : undefined;
}

/** What was said of another spec says nothing of this one. */
function conditionOfSpec({ metadata, status }: EC2NodeClass, type: NodeClassConditionType) {
  const condition = status?.conditions?.find((one) => one.type === type);
  return condition?.observedGeneration === (metadata.generation ?? 0) ? condition : undefined;
}

function named({ metadata }: EC2NodeClass, message: string): string {
  return `EC2NodeClass "${metadata.name ?? ""}": ${message}`;
}

function valueOf<T>(finding: Finding<T>): T | undefined {
  return finding.kind === "found" ? finding.value : undefined;
}

/** One image for the nodes without accelerators, else any; the first wins, so entries are turned round. */
function imageByArchitecture(images: readonly NodeImage[]): Readonly<Record<string, string>> {
  const isSpecial = ({ requirements }: NodeImage) => requirements.some(({ operator }) => operator === "Exists");
  const usualFirst = [...images.filter((image) => !isSpecial(image)), ...images.filter(isSpecial)];
  const entries = usualFirst.flatMap((image): [string, string][] => {
    const architecture = imageArchitecture(image);
    return architecture === undefined ? [] : [[architecture, image.id]];
  });
  return Object.fromEntries(entries.reverse());
}

function subnetByZone(subnets: readonly NodeSubnet[]): Readonly<Record<string, string>> {
  return Object.fromEntries(subnets.map(({ zone, id }): [string, string] => [zone, id]).reverse());
}
