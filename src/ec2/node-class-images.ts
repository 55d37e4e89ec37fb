/**
 * The images that an EC2NodeClass selects, with the nodes that each is for.
 *
 * Reads selector terms; asks SSM where one is an alias or names a parameter, then EC2. Returns one image for each kind of node
 * (architecture and accelerator): the newest that its owner has not deprecated, else the newest; newest first, as Karpenter sorts them.
 */
import type { DescribeImagesCommandInput, Filter, Image } from "@aws-sdk/client-ec2";
import type { EC2NodeClass, EC2NodeClassSpec } from "../api/ec2-node-class.ts";
import { canonicalJson } from "../api/hash.ts";
import type { InstanceType } from "../api/instance-type.ts";
import { archLabel, wellKnownLabels } from "../api/labels.ts";
import type { NodeSelectorRequirement } from "../api/pod.ts";
import type { Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import { isCompatible, requirementsOf } from "../kube/requirements.ts";
import type { Ec2Calls } from "./ec2-calls.ts";
import { failureText } from "./errors.ts";
import { aliasParameters, architectureRequirement } from "./node-class-alias.ts";
import { idFilter, tagFilters } from "./selector-filter.ts";
import type { SsmCalls } from "./ssm-calls.ts";

export interface NodeImage {
  readonly id: string;
  readonly name: string;
  readonly deprecated: boolean;
  readonly createdAt: string;
  readonly requirements: readonly NodeSelectorRequirement[];
}

/** Why there are no images: the class asks for what can't be, or nobody answered. */
export interface ImageTrouble {
  readonly kind: "unsupported" | "failed";
  readonly message: string;
}

export interface ImagePorts {
  readonly ec2: Pick<Ec2Calls, "images">;
  readonly ssm: SsmCalls;
  /** The cluster's version, such as "1.33". */
  readonly kubernetesVersion: () => Promise<Result<string, string>>;
  readonly now: () => Instant;
}

/** One question to EC2, and what is known of the images besides. */
interface ImageQuery {
  readonly input: DescribeImagesCommandInput;
  readonly known: ReadonlyMap<string, readonly (readonly NodeSelectorRequirement[])[]>;
}

const architectures: Readonly<Record<string, string>> = { x86_64: "amd64", arm64: "arm64" };
const noKnown: ImageQuery["known"] = new Map();

/** Asks for the images of a class; none is an answer too. */
export async function nodeImages(ports: ImagePorts, nodeClass: EC2NodeClass): Promise<Result<readonly NodeImage[], ImageTrouble>> {
  const queries = await imageQueries(ports, nodeClass.spec?.amiSelectorTerms ?? []);
  if (!queries.ok) return queries;
  const found: NodeImage[] = [];
  for (const query of queries.value) {
    const images = await ports.ec2.images(query.input);
    if (!images.ok) return err({ kind: "failed", message: failureText(images.error) });
    found.push(...images.value.flatMap((image) => imagesOf(image, query, ports.now())));
  }
  return ok(preferred(found));
}

/** Returns the image that a node of this type runs: the first whose requirements the type meets. */
export function imageOf(type: InstanceType, images: readonly NodeImage[]): NodeImage | undefined {
  const offered = requirementsOf(type.requirements);
  return images.find(({ requirements }) => isCompatible(offered, requirementsOf(requirements), wellKnownLabels));
}

/** Returns the architecture that an image is for, in Kubernetes' words. */
export function imageArchitecture({ requirements }: NodeImage): string | undefined {
  return requirements.find(({ key }) => key === archLabel)?.values?.[0];
}

type Terms = EC2NodeClassSpec["amiSelectorTerms"];

async function imageQueries(ports: ImagePorts, terms: Terms): Promise<Result<readonly ImageQuery[], ImageTrouble>> {
  const alias = terms.find((term) => term.alias !== undefined)?.alias;
  if (alias !== undefined) return aliasQuery(ports, alias);
  const ids: string[] = [];
  const queries: ImageQuery[] = [];
  for (const term of terms) {
    if (term.id !== undefined) ids.push(term.id);
    else if (term.ssmParameter !== undefined) {
      const value = await ports.ssm.parameter(term.ssmParameter);
      if (!value.ok) return err({ kind: "failed", message: `SSM parameter "${term.ssmParameter}": ${failureText(value.error)}` });
      // A parameter that is not there, or holds no image, finds nothing, like a tag that no image has.
      if (value.value?.startsWith("ami-") === true) ids.push(value.value);
    } else queries.push({ input: termInput(term), known: noKnown });
  }
  return ok(ids.length === 0 ? queries : [...queries, { input: imagesInput([...idFilter("image-id", ids)]), known: noKnown }]);
}

async function aliasQuery({ ssm, kubernetesVersion }: ImagePorts, alias: string): Promise<Result<readonly ImageQuery[], ImageTrouble>> {
  const version = await kubernetesVersion();
  if (!version.ok) return err({ kind: "failed", message: `the cluster's version, for alias ${alias}: ${version.error}` });
  const parameters = aliasParameters(alias, version.value);
  if (!parameters.ok) return err({ kind: "unsupported", message: parameters.error });
  const known = new Map<string, readonly (readonly NodeSelectorRequirement[])[]>();
  for (const { name, requirements } of parameters.value) {
    const id = await ssm.parameter(name);
    if (!id.ok) return err({ kind: "failed", message: `SSM parameter "${name}": ${failureText(id.error)}` });
    if (id.value !== undefined) known.set(id.value, [...(known.get(id.value) ?? []), ...requirements]);
  }
  return ok(known.size === 0 ? [] : [{ input: imagesInput([...idFilter("image-id", [...known.keys()])]), known }]);
}

/** A name that is asked for without an owner finds our own images and Amazon's: else anybody's that is shared would match. */
function termInput({ name, owner, tags }: Terms[number]): DescribeImagesCommandInput {
  const ownersByName = name === undefined ? {} : { Owners: ["self", "amazon"] };
  const owners = owner === undefined ? ownersByName : { Owners: [owner] };
  return { ...owners, ...imagesInput([...idFilter("name", name === undefined ? [] : [name]), ...tagFilters(tags)]) };
}

function imagesInput(filters: readonly Filter[]): DescribeImagesCommandInput {
  return { Filters: [...filters, { Name: "state", Values: ["available"] }], IncludeDeprecated: true };
}

/** An image of several variants is one image for each. */
function imagesOf(image: Image, { known }: ImageQuery, now: Instant): readonly NodeImage[] {
  const { ImageId: id = "", Name: name = "", CreationDate: createdAt = "", Architecture = "", DeprecationTime } = image;
  const architecture = architectures[Architecture];
  if (architecture === undefined || id === "") return [];
  const deprecated = DeprecationTime !== undefined && Date.parse(DeprecationTime) <= now;
  return (known.get(id) ?? [[]]).map((requirements) => ({
    id,
    name,
    deprecated,
    createdAt,
    requirements: [...requirements, architectureRequirement(architecture)].sort(byKey),
  }));
}

/** Short keys first, then by alphabet: the order in Karpenter's status. */
function byKey(a: NodeSelectorRequirement, b: NodeSelectorRequirement): number {
  return a.key.length - b.key.length || compare(a.key, b.key);
}

function preferred(images: readonly NodeImage[]): readonly NodeImage[] {
  const best = new Map<string, NodeImage>();
  for (const image of images) {
    const kind = canonicalJson(image.requirements);
    const before = best.get(kind);
    if (before === undefined || isBetter(image, before)) best.set(kind, image);
  }
  return [...best.values()].sort(
    (a, b) => createdMs(b) - createdMs(a) || compare(a.id, b.id) || compare(canonicalJson(a.requirements), canonicalJson(b.requirements)),
  );
}

function isBetter(image: NodeImage, than: NodeImage): boolean {
  if (image.deprecated !== than.deprecated) return than.deprecated;
  return createdMs(image) === createdMs(than) ? image.name > than.name : createdMs(image) > createdMs(than);
}

/** An image without a date is the oldest. */
function createdMs({ createdAt }: NodeImage): number {
  const created = Date.parse(createdAt);
  return Number.isNaN(created) ? Number.MIN_SAFE_INTEGER : Math.floor(created / 1000);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}
