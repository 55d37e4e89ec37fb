/**
 * Images of the stand-in: EKS' own, their SSM parameters, and what moto forgets of registered ones.
 *
 * Reads which releases a test says are out. Returns the parameters that an alias is resolved by, and the images that they name:
 * for each Kubernetes version and family one image a release, of Amazon's account, with an id that is for ever the same.
 */
import { textAt } from "../../src/catalog/json-record.ts";
import { ec2ID } from "./ec2-reservations.ts";
import {
  ec2Params,
  errorAnswer,
  filtersOf,
  isDryRun,
  jsonAnswer,
  listed,
  passesFilters,
  withList,
  xmlAnswer,
  type Answer,
  type AwsRequest,
  type Handlers,
  type Onward,
} from "./ec2-wire.ts";
import { parseXml, xml, xmlAll, xmlFields, xmlMapped, xmlTags, xmlText, xmlWith, type XmlElement } from "./ec2-xml.ts";

export interface StandInImage {
  readonly id: string;
  readonly name: string;
  readonly architecture: "x86_64" | "arm64";
  readonly createdAt: string;
  readonly isWindows: boolean;
  /** SSM parameters that name exactly this image. */
  readonly parameters: readonly string[];
  /** SSM parameters that name the newest of these. */
  readonly newestParameters: readonly string[];
}

export interface ImageDesk {
  /** Another release of every family is out, newer than all before; such as v20261120. */
  release(name: string): void;
  /** Amazon no longer recommends an image. */
  deprecate(imageID: string): void;
  /** Every image of EKS, oldest first. */
  all(): readonly StandInImage[];
  readonly handlers: Handlers;
}

interface Desk {
  readonly versions: readonly string[];
  readonly releases: string[];
  readonly deprecated: Set<string>;
  /** By id: architectures of images that were registered, which moto loses. */
  readonly registered: Map<string, string>;
}

const amazonID = "602401143452";
const firstReleases = ["v20260903", "v20261015"];
/** AL2 has no images for later versions. */
const lastMinorOfAL2 = 32;

/** Opens the desk, with two releases out for these Kubernetes versions. */
export function openImages(versions: readonly string[]): ImageDesk {
  const desk: Desk = { versions, releases: [...firstReleases], deprecated: new Set(), registered: new Map() };
  return {
    release: (name) => desk.releases.push(name),
    deprecate: (imageID) => desk.deprecated.add(imageID),
    all: () => imagesOf(desk),
    handlers: {
      "ssm:GetParameter": (request, onward) => getParameter(desk, request, onward),
      "ssm:GetParameters": (request) => getParameters(desk, request),
      "ec2:DescribeImages": (request, onward) => describeImages(desk, request, onward),
      "ec2:RegisterImage": (request, onward) => registerImage(desk, request, onward),
    },
  };
}

interface Variant {
  readonly name: string;
  readonly architecture: "x86_64" | "arm64";
  readonly parameter: (release: string) => string;
  readonly isWindows?: boolean;
}

const eks = "/aws/service/eks/optimized-ami";

function variantsOf(version: string, release: string): readonly Variant[] {
  const bare = release.replace(/^v/, "");
  const al2023 = [
    ["x86_64", "standard"],
    ["x86_64", "nvidia"],
    ["x86_64", "neuron"],
    ["arm64", "standard"],
    ["arm64", "nvidia"],
  ].map(([architecture = "", variant = ""]): Variant => {
    const name = `amazon-eks-node-al2023-${architecture}-${variant}-${version}-${release}`;
    const parameter = (which: string) => `${eks}/${version}/amazon-linux-2023/${architecture}/${variant}/${which}/image_id`;
    return { name, architecture: architecture === "arm64" ? "arm64" : "x86_64", parameter };
  });
  const al2 = [
    ["", "node"],
    ["-gpu", "gpu-node"],
    ["-arm64", "arm64-node"],
  ].map(([suffix = "", kind = ""]): Variant => {
    const parameter = (which: string) => `${eks}/${version}/amazon-linux-2${suffix}/${which}/image_id`;
    return { name: `amazon-eks-${kind}-${version}-${release}`, architecture: suffix === "-arm64" ? "arm64" : "x86_64", parameter };
  });
  const bottlerocket = ["", "-nvidia"].flatMap((flavour) =>
    (["x86_64", "arm64"] as const).map((architecture): Variant => {
      const name = `bottlerocket-aws-k8s-${version}${flavour}-${architecture}-v1.${bare}.0`;
      const parameter = (which: string) => `/aws/service/bottlerocket/aws-k8s-${version}${flavour}/${architecture}/${which}/image_id`;
      return { name, architecture, parameter };
    }),
  );
  const windows = ["2019", "2022", "2025"].map((year): Variant => {
    const base = `Windows_Server-${year}-English-Core-EKS_Optimized-${version}`;
    const parameter = () => `/aws/service/ami-windows-latest/${base}/image_id`;
    return { name: `${base}-${bare}`, architecture: "x86_64", parameter, isWindows: true };
  });
  const minor = Number(version.split(".")[1]);
  return [...al2023, ...(minor <= lastMinorOfAL2 ? al2 : []), ...bottlerocket, ...windows];
}

function imagesOf({ versions, releases }: Desk): readonly StandInImage[] {
  return releases.flatMap((release) =>
    versions.flatMap((version) =>
      variantsOf(version, release).map(({ name, architecture, parameter, isWindows = false }): StandInImage => {
        const bottlerocketRelease = /-v(1\.\d+\.0)$/.exec(name)?.[1];
        const pinned = name.startsWith("bottlerocket")
          ? [parameter(bottlerocketRelease ?? ""), parameter(`v${bottlerocketRelease ?? ""}`)]
          : [parameter(name)];
        return {
          id: ec2ID("ami", name),
          name,
          architecture,
          createdAt: `${release.replace(/^v(\d{4})(\d{2})(\d{2}).*$/, "$1-$2-$3")}T00:00:00.000Z`,
          isWindows,
          parameters: isWindows ? [] : pinned,
          newestParameters: [parameter(name.startsWith("bottlerocket") ? "latest" : "recommended")],
        };
      }),
    ),
  );
}

function parameterOf(desk: Desk, name: string, region: string): object | undefined {
  const images = imagesOf(desk);
  const found = images.find(({ parameters }) => parameters.includes(name)) ?? images.findLast((one) => one.newestParameters.includes(name));
  if (found === undefined) return undefined;
  return {
    Name: name,
    Type: "String",
    Value: found.id,
    Version: desk.releases.length,
    LastModifiedDate: Date.parse(found.createdAt) / 1000,
    ARN: `arn:aws:ssm:${region}::parameter${name}`,
    DataType: "aws:ec2:image",
  };
}

/** Parameters of one's own are moto's. */
function getParameter(desk: Desk, request: AwsRequest, onward: Onward): Answer | Promise<Answer> {
  const name = textAt(request.json, "Name") ?? "";
  if (!name.startsWith("/aws/service/")) return onward();
  const Parameter = parameterOf(desk, name, request.region);
  return Parameter === undefined
    ? errorAnswer(request, { status: 400, code: "ParameterNotFound", message: `${name} not found` })
    : jsonAnswer({ Parameter });
}

function getParameters(desk: Desk, { json, region }: AwsRequest): Answer {
  const names = Array.isArray(json["Names"]) ? json["Names"].map(String) : [];
  const found = names.flatMap((name) => parameterOf(desk, name, region) ?? []);
  return jsonAnswer({ Parameters: found, InvalidParameters: names.filter((name) => parameterOf(desk, name, region) === undefined) });
}

/** moto keeps the name alone. */
async function registerImage(desk: Desk, request: AwsRequest, onward: Onward): Promise<Answer> {
  const { params } = request;
  const answer = await onward();
  const id = answer.status === 200 ? xmlText(parseXml(answer.body), "imageId") : undefined;
  if (id === undefined) return answer;
  desk.registered.set(id, params.get("Architecture") ?? "i386");
  const tags = [...params].flatMap(([name, value]): [string, string][] => {
    const [, index, part] = /^TagSpecification\.1\.Tag\.(\d+)\.(Key|Value)$/.exec(name) ?? [];
    return index === undefined || part === undefined ? [] : [[`Tag.${index}.${part}`, value]];
  });
  if (tags.length > 0) await onward(ec2Params("CreateTags", { "ResourceId.1": id, ...Object.fromEntries(tags) }));
  return answer;
}

/** EKS' images are not moto's: each answers for its own. A deprecated image is seen by who asks for it, and by its owner. */
async function describeImages(desk: Desk, request: AwsRequest, onward: Onward): Promise<Answer> {
  const { params } = request;
  if (isDryRun(request)) return onward();
  const ids = listed(params, "ImageId");
  const owners = listed(params, "Owner");
  const images = imagesOf(desk);
  const known = new Set(images.map(({ id }) => id));
  const isAmazons = owners.length === 0 || owners.some((owner) => owner === "amazon" || owner === amazonID);
  const own = images.filter(
    (image) =>
      isAmazons &&
      (ids.length === 0 || ids.includes(image.id)) &&
      (params.get("IncludeDeprecated") === "true" || !desk.deprecated.has(image.id)) &&
      passesFilters(params, { fields: filterable(image) }),
  );
  const items = own.map((image) => xml("item", imageFields(image, desk.deprecated.has(image.id))));
  const askedIDs = ids.length > 0 ? ids : (filtersOf(params).find(({ name }) => name === "image-id")?.values ?? []);
  if (askedIDs.length > 0 && askedIDs.every((id) => known.has(id))) return answered(items);
  const others = ids.filter((id) => !known.has(id));
  const answer = await onward(withList(withoutPaging(params), "ImageId", others));
  if (answer.status !== 200) return answer;
  const theirs = xmlMapped(parseXml(answer.body), ["imagesSet", "item"], (item) => corrected(desk, item));
  return answered([...items, ...xmlAll(theirs, "imagesSet", "item")]);
}

/** All on one page, as few as there are. */
function withoutPaging(params: URLSearchParams): URLSearchParams {
  const whole = new URLSearchParams(params);
  whole.delete("MaxResults");
  return whole;
}

function answered(items: readonly XmlElement[]): Answer {
  const attributes = ' xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"';
  return xmlAnswer({ name: "DescribeImagesResponse", attributes, children: [xml("imagesSet", items)] });
}

function corrected({ registered }: Desk, item: XmlElement): XmlElement {
  const architecture = registered.get(xmlText(item, "imageId") ?? "");
  return architecture === undefined ? item : xmlWith(item, xmlFields({ architecture }));
}

function filterable({ id, name, architecture }: StandInImage): Readonly<Record<string, string>> {
  return { "image-id": id, name, architecture, state: "available", "owner-id": amazonID, "owner-alias": "amazon", "is-public": "true" };
}

function imageFields(image: StandInImage, isDeprecated: boolean): readonly XmlElement[] {
  const { id, name, architecture, createdAt, isWindows } = image;
  return [
    ...xmlFields({
      imageId: id,
      imageLocation: `amazon/${name}`,
      imageState: "available",
      imageOwnerId: amazonID,
      imageOwnerAlias: "amazon",
      isPublic: true,
      architecture,
      imageType: "machine",
      platform: isWindows ? "windows" : undefined,
      name,
      creationDate: createdAt,
      deprecationTime: isDeprecated ? "2026-11-01T00:00:00.000Z" : undefined,
      rootDeviceType: "ebs",
      rootDeviceName: isWindows ? "/dev/sda1" : "/dev/xvda",
      virtualizationType: "hvm",
      hypervisor: "xen",
    }),
    xmlTags({}),
  ];
}
