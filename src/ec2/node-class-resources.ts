/**
 * What an EC2NodeClass selects: images, subnets and security groups, as EC2 has them now.
 *
 * Reads selector terms. Returns the resources, or what is the matter with them. Terms are a disjunction, what a
 * term states holds together. Of several images of one architecture the newest is used; EC2 leaves deprecated ones out.
 */
import type { Filter, Image, SecurityGroup, Subnet } from "@aws-sdk/client-ec2";
import type { EC2NodeClass, EC2NodeClassSpec } from "../api/ec2-node-class.ts";
import { err, ok, type Result } from "../api/result.ts";
import { imageTrouble } from "./class-trouble.ts";
import type { Ec2Calls } from "./ec2-calls.ts";
import { failureText, type Ec2Failure } from "./errors.ts";

export interface NodeClassResources {
  /** One image an architecture, in Kubernetes' words: amd64, arm64. */
  readonly images: Readonly<Record<string, string>>;
  /** One subnet a zone: the one with most free addresses. */
  readonly subnets: Readonly<Record<string, string>>;
  readonly securityGroupIDs: readonly string[];
}

/** Not ready: the NodeClass selects nothing, or what this version can't resolve. Failed: EC2 did not answer; it may pass. */
export interface NodeClassTrouble {
  readonly kind: "node-class-not-ready" | "failed";
  readonly message: string;
}

const architectures: Readonly<Record<string, string>> = { x86_64: "amd64", arm64: "arm64" };

/** Asks EC2 for everything that a NodeClass selects. */
export async function nodeClassResources(ec2: Ec2Calls, nodeClass: EC2NodeClass): Promise<Result<NodeClassResources, NodeClassTrouble>> {
  const { spec } = nodeClass;
  const name = `EC2NodeClass "${nodeClass.metadata.name ?? ""}"`;
  const notReady = (message: string) => err({ kind: "node-class-not-ready", message: `${name}: ${message}` } as const);
  const failed = (what: string, failure: Ec2Failure) =>
    err({ kind: "failed", message: `${name}: ${what}: ${failureText(failure)}` } as const);
  if (spec === undefined) return notReady("it has no spec");
  const subnets = await selectedSubnets(ec2, spec.subnetSelectorTerms);
  if (!subnets.ok) return failed("subnets", subnets.error);
  if (subnets.value.length === 0) return notReady("subnetSelectorTerms match no subnet");
  const groups = await selectedGroups(ec2, spec.securityGroupSelectorTerms);
  if (!groups.ok) return failed("security groups", groups.error);
  if (groups.value.length === 0) return notReady("securityGroupSelectorTerms match no security group");
  const indirect = imageTrouble(spec);
  if (indirect !== undefined) return notReady(indirect);
  const images = await selectedImages(ec2, spec.amiSelectorTerms);
  if (!images.ok) return failed("images", images.error);
  if (images.value.length === 0) return notReady("amiSelectorTerms match no image");
  return ok({
    images: imageByArchitecture(images.value),
    subnets: subnetByZone(subnets.value),
    securityGroupIDs: [...new Set(groups.value.flatMap(({ GroupId }) => GroupId ?? []))].sort(),
  });
}

type Found<T> = Promise<Result<readonly T[], Ec2Failure>>;

async function selectedSubnets(ec2: Ec2Calls, terms: EC2NodeClassSpec["subnetSelectorTerms"]): Found<Subnet> {
  return union(terms, ({ id, tags }) => ec2.subnets({ Filters: [...idFilter("subnet-id", id), ...tagFilters(tags)] }));
}

async function selectedGroups(ec2: Ec2Calls, terms: EC2NodeClassSpec["securityGroupSelectorTerms"]): Found<SecurityGroup> {
  return union(terms, ({ id, name, tags }) =>
    ec2.securityGroups({ Filters: [...idFilter("group-id", id), ...idFilter("group-name", name), ...tagFilters(tags)] }),
  );
}

async function selectedImages(ec2: Ec2Calls, terms: EC2NodeClassSpec["amiSelectorTerms"]): Found<Image> {
  return union(terms, ({ id, name, owner, tags }) => {
    const owners = id === undefined ? { Owners: owner === undefined ? ["self", "amazon"] : [owner] } : {};
    const filters = [...idFilter("image-id", id), ...idFilter("name", name), ...tagFilters(tags), { Name: "state", Values: ["available"] }];
    return ec2.images({ ...owners, Filters: filters });
  });
}

/** One call a term; the first failure ends it. */
async function union<Term, T>(
  terms: readonly Term[],
  ask: (term: Term) => Promise<Result<readonly T[], Ec2Failure>>,
): Promise<Result<readonly T[], Ec2Failure>> {
  const found: T[] = [];
  for (const term of terms) {
    const answer = await ask(term);
    if (!answer.ok) return answer;
    found.push(...answer.value);
  }
  return ok(found);
}

function idFilter(name: string, value: string | undefined): readonly Filter[] {
  return value === undefined ? [] : [{ Name: name, Values: [value] }];
}

/** The value "*" means any. */
function tagFilters(tags: Readonly<Record<string, string>> = {}): readonly Filter[] {
  return Object.entries(tags).map(([key, value]) =>
    value === "*" ? { Name: "tag-key", Values: [key] } : { Name: `tag:${key}`, Values: [value] },
  );
}

function imageByArchitecture(images: readonly Image[]): Readonly<Record<string, string>> {
  const newestLast = [...images].sort(
    (a, b) => compare(a.CreationDate ?? "", b.CreationDate ?? "") || compare(b.ImageId ?? "", a.ImageId ?? ""),
  );
  return Object.fromEntries(
    newestLast.flatMap(({ Architecture, ImageId }) => {
      const architecture = architectures[Architecture ?? ""];
      return architecture === undefined || ImageId === undefined ? [] : [[architecture, ImageId]];
    }),
  );
}

function subnetByZone(subnets: readonly Subnet[]): Readonly<Record<string, string>> {
  const fullestFirst = [...subnets].sort(
    (a, b) => (a.AvailableIpAddressCount ?? 0) - (b.AvailableIpAddressCount ?? 0) || compare(b.SubnetId ?? "", a.SubnetId ?? ""),
  );
  return Object.fromEntries(
    fullestFirst.flatMap(({ AvailabilityZone, SubnetId }) =>
      AvailabilityZone === undefined || SubnetId === undefined ? [] : [[AvailabilityZone, SubnetId]],
    ),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
