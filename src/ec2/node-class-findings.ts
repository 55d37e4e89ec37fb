/**
 * Findings: what each selector of an EC2NodeClass finds now, apart from the others.
 *
 * Reads a NodeClass; asks EC2, SSM and EKS. Returns a finding for each: what is there, why there is nothing, or that nobody
 * answered. The status of the class is written from these, and the resources of a launch are put together from them, so the two
 * never disagree.
 */
import type { SecurityGroup, Subnet } from "@aws-sdk/client-ec2";
import type { EC2NodeClass, EC2NodeClassSpec } from "../api/ec2-node-class.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { ClusterIdentity, ToldIdentity } from "./cluster-identity.ts";
import type { Ec2Calls } from "./ec2-calls.ts";
import { failureText, type Ec2Failure } from "./errors.ts";
import type { NodeClassCalls } from "./node-class-calls.ts";
import { nodeImages, type ImagePorts, type NodeImage } from "./node-class-images.ts";
import { nodePlacementGroup, nodeReservations, type NodePlacementGroup, type NodeReservation } from "./node-class-reservations.ts";
import { idFilter, tagFilters } from "./selector-filter.ts";

export type Finding<T> =
  | { readonly kind: "found"; readonly value: T }
  /** EC2 has answered, and there is nothing: the reason is the condition's. */
  | { readonly kind: "nothing"; readonly reason: string; readonly message: string }
  /** Nobody answered; what was found before still holds. */
  | { readonly kind: "failed"; readonly message: string };

export interface NodeSubnet {
  readonly id: string;
  readonly zone: string;
  readonly zoneID: string;
  readonly freeAddresses: number;
}

export interface NodeSecurityGroup {
  readonly id: string;
  readonly name: string;
}

export interface NodeClassFindings {
  /** Those with most free addresses first. */
  readonly subnets: Finding<readonly NodeSubnet[]>;
  readonly securityGroups: Finding<readonly NodeSecurityGroup[]>;
  readonly images: Finding<readonly NodeImage[]>;
  readonly reservations: Finding<readonly NodeReservation[]>;
  /** undefined where the class asks for none. */
  readonly placementGroup: Finding<NodePlacementGroup | undefined>;
  readonly cluster: ClusterIdentity;
  /** Why more may be known of the cluster later. */
  readonly clusterUnanswered?: string;
}

export interface FindingPorts extends Omit<ImagePorts, "ec2"> {
  readonly ec2: Pick<Ec2Calls, "images" | "subnets" | "securityGroups">;
  readonly calls: Pick<NodeClassCalls, "capacityReservations" | "placementGroups">;
  /** What is set and what EKS tells of the cluster. */
  readonly cluster: () => Promise<ToldIdentity>;
}

/** Asks for everything that a NodeClass selects, all at once. */
export async function nodeClassFindings(ports: FindingPorts, nodeClass: EC2NodeClass): Promise<NodeClassFindings> {
  const spec = nodeClass.spec ?? noSpec;
  const [subnets, securityGroups, images, reservations, placementGroup, { identity, unanswered }] = await Promise.all([
    subnetsOf(ports, spec),
    groupsOf(ports, spec),
    imagesOf(ports, nodeClass),
    reservationsOf(ports, spec),
    placementGroupOf(ports, spec),
    ports.cluster(),
  ]);
  const told = { cluster: identity, ...(unanswered === undefined ? {} : { clusterUnanswered: unanswered }) };
  return { subnets, securityGroups, images, reservations, placementGroup, ...told };
}

const noSpec: EC2NodeClassSpec = { subnetSelectorTerms: [], securityGroupSelectorTerms: [], amiSelectorTerms: [] };

async function subnetsOf({ ec2 }: FindingPorts, { subnetSelectorTerms: terms }: EC2NodeClassSpec): Promise<NodeClassFindings["subnets"]> {
  const found = await union(terms, ({ id, tags }) => ec2.subnets({ Filters: [...one("subnet-id", id), ...tagFilters(tags)] }));
  if (!found.ok) return { kind: "failed", message: `subnets: ${failureText(found.error)}` };
  const subnets = distinct(found.value.flatMap(toSubnet)).sort((a, b) => b.freeAddresses - a.freeAddresses || byId(a, b));
  if (subnets.length > 0) return { kind: "found", value: subnets };
  return { kind: "nothing", reason: "SubnetsNotFound", message: "subnetSelectorTerms match no subnet" };
}

async function groupsOf(
  { ec2 }: FindingPorts,
  { securityGroupSelectorTerms: terms }: EC2NodeClassSpec,
): Promise<NodeClassFindings["securityGroups"]> {
  const found = await union(terms, ({ id, name, tags }) =>
    ec2.securityGroups({ Filters: [...one("group-id", id), ...one("group-name", name), ...tagFilters(tags)] }),
  );
  if (!found.ok) return { kind: "failed", message: `security groups: ${failureText(found.error)}` };
  const groups = distinct(found.value.flatMap(toGroup)).sort(byId);
  if (groups.length > 0) return { kind: "found", value: groups };
  return { kind: "nothing", reason: "SecurityGroupsNotFound", message: "securityGroupSelectorTerms match no security group" };
}

async function imagesOf(ports: FindingPorts, nodeClass: EC2NodeClass): Promise<NodeClassFindings["images"]> {
  const found = await nodeImages(ports, nodeClass);
  if (found.ok && found.value.length > 0) return { kind: "found", value: found.value };
  if (found.ok) return { kind: "nothing", reason: "AMINotFound", message: "amiSelectorTerms match no image" };
  const { kind, message } = found.error;
  return kind === "failed" ? { kind, message: `images: ${message}` } : { kind: "nothing", reason: "UnsupportedAlias", message };
}

/** No reservation is no fault: nodes are bought then. */
async function reservationsOf(
  { calls, now }: FindingPorts,
  { capacityReservationSelectorTerms: terms = [] }: EC2NodeClassSpec,
): Promise<NodeClassFindings["reservations"]> {
  const found = await nodeReservations(calls, terms, now());
  return found.ok ? { kind: "found", value: found.value } : { kind: "failed", message: `capacity reservations: ${found.error}` };
}

async function placementGroupOf(
  { calls }: FindingPorts,
  { placementGroupSelector: selector }: EC2NodeClassSpec,
): Promise<NodeClassFindings["placementGroup"]> {
  if (selector === undefined) return { kind: "found", value: undefined };
  const found = await nodePlacementGroup(calls, selector);
  if (!found.ok) return { kind: "failed", message: `placement group: ${found.error}` };
  if (found.value !== undefined) return { kind: "found", value: found.value };
  return {
    kind: "nothing",
    reason: "PlacementGroupNotFound",
    message: `there is no placement group "${selector.name ?? selector.id ?? ""}"`,
  };
}

/** One call a term, since terms are a disjunction; the first failure ends it. */
async function union<Term, T>(
  terms: readonly Term[],
  ask: (term: Term) => Promise<Result<readonly T[], Ec2Failure>>,
): Promise<Result<readonly T[], Ec2Failure>> {
  const found: T[] = [];
  for (const term of terms) {
    const answer = await ask(term);
    if (!answer.ok) return err(answer.error);
    found.push(...answer.value);
  }
  return ok(found);
}

function one(filter: string, value: string | undefined) {
  return idFilter(filter, value === undefined ? [] : [value]);
}

function toSubnet({ SubnetId, AvailabilityZone, AvailabilityZoneId, AvailableIpAddressCount }: Subnet): readonly NodeSubnet[] {
  if (SubnetId === undefined || AvailabilityZone === undefined) return [];
  return [{ id: SubnetId, zone: AvailabilityZone, zoneID: AvailabilityZoneId ?? "", freeAddresses: AvailableIpAddressCount ?? 0 }];
}

function toGroup({ GroupId, GroupName }: SecurityGroup): readonly NodeSecurityGroup[] {
  return GroupId === undefined ? [] : [{ id: GroupId, name: GroupName ?? "" }];
}

function distinct<T extends { readonly id: string }>(items: readonly T[]): T[] {
  return [...new Map(items.map((item) => [item.id, item])).values()];
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : Number(a.id > b.id);
}
