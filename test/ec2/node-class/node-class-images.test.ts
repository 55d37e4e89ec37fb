/**
 * Images of an EC2NodeClass: which are found, which of several is used, and for which nodes.
 */
import type { Image } from "@aws-sdk/client-ec2";
import { describe, expect, it } from "vitest";
import type { EC2NodeClass, EC2NodeClassSpec } from "../../../src/api/ec2-node-class.ts";
import { ok } from "../../../src/api/result.ts";
import { catalogInstanceTypes } from "../../../src/catalog/instance-types.ts";
import { knownInstanceFacts } from "../../../src/catalog/known-instances.ts";
import { aliasParameters } from "../../../src/ec2/node-class-alias.ts";
import { imageOf, nodeImages } from "../../../src/ec2/node-class-images.ts";
import { smallAws, type SmallAwsOptions } from "./small-aws.ts";

const now = Date.parse("2026-07-01T00:00:00Z");

function image(id: string, more: Partial<Image> = {}): Image {
  return { ImageId: id, Name: id, Architecture: "x86_64", CreationDate: "2026-01-01T00:00:00.000Z", OwnerId: "111111111111", ...more };
}

function classOf(amiSelectorTerms: EC2NodeClassSpec["amiSelectorTerms"]): EC2NodeClass {
  const spec = { subnetSelectorTerms: [], securityGroupSelectorTerms: [], amiSelectorTerms };
  return { apiVersion: "karpenter.k8s.aws/v1", kind: "EC2NodeClass", metadata: { name: "default" }, spec };
}

async function found(terms: EC2NodeClassSpec["amiSelectorTerms"], account: SmallAwsOptions, version = "1.33") {
  const aws = smallAws(account);
  const images = await nodeImages(
    { ec2: aws.ec2, ssm: aws.ssm, kubernetesVersion: () => Promise.resolve(ok(version)), now: () => now },
    classOf(terms),
  );
  return images.ok ? images.value : images.error;
}

const idsOf = (images: Awaited<ReturnType<typeof found>>) => ("kind" in images ? images.message : images.map(({ id }) => id));

describe("of several images for the same nodes", () => {
  const older = image("ami-old");
  const newer = image("ami-new", { CreationDate: "2026-06-01T00:00:00.000Z" });
  const tag = { Tags: [{ Key: "team", Value: "core" }] };

  const check = (what: string, images: readonly Image[], ids: readonly string[]) => {
    it(what, async () => {
      expect(idsOf(await found([{ tags: { team: "core" } }], { images: images.map((one) => ({ ...one, ...tag })) }))).toEqual(ids);
    });
  };
  check("the newest is used, whatever the order", [newer, older], ["ami-new"]);
  check("the newest is used, in the other order too", [older, newer], ["ami-new"]);
  check(
    "one that its owner has deprecated is not, however new",
    [older, { ...newer, DeprecationTime: "2026-06-15T00:00:00Z" }],
    ["ami-old"],
  );
  check("one that will be deprecated still is", [older, { ...newer, DeprecationTime: "2026-08-15T00:00:00Z" }], ["ami-new"]);
  check("a deprecated one is used where there is no other", [{ ...older, DeprecationTime: "2026-06-15T00:00:00Z" }], ["ami-old"]);
  check("the later name decides between equals", [image("ami-1", { Name: "a" }), image("ami-2", { Name: "b" })], ["ami-2"]);
  check("each architecture has its own", [older, image("ami-arm", { Architecture: "arm64" })], ["ami-arm", "ami-old"]);
  check("one of no architecture that we know is none", [image("ami-mac", { Architecture: "x86_64_mac" })], []);
});

describe("an image is found", () => {
  const own = image("ami-own", { Name: "nodes-1" });
  const foreign = image("ami-foreign", { Name: "nodes-2", OwnerId: "999999999999", CreationDate: "2026-06-01T00:00:00.000Z" });
  const images = [own, foreign];

  it("by name among our own and Amazon's, so that nobody slips one in", async () => {
    expect(idsOf(await found([{ name: "nodes-*" }], { images }))).toEqual(["ami-own"]);
  });
  it("by name of a named owner", async () => {
    expect(idsOf(await found([{ name: "nodes-*", owner: "999999999999" }], { images }))).toEqual(["ami-foreign"]);
  });
  it("by id, whoever owns it", async () => {
    expect(idsOf(await found([{ id: "ami-foreign" }], { images }))).toEqual(["ami-foreign"]);
  });
  it("by an SSM parameter", async () => {
    expect(idsOf(await found([{ ssmParameter: "/golden" }], { images, parameters: { "/golden": "ami-own" } }))).toEqual(["ami-own"]);
  });
  it("not by a parameter that holds something else", async () => {
    expect(idsOf(await found([{ ssmParameter: "/golden" }], { images, parameters: { "/golden": "snap-1" } }))).toEqual([]);
  });
});

describe("an alias", () => {
  const base = "/aws/service/eks/optimized-ami/1.33/amazon-linux-2023";
  const parameters = {
    [`${base}/x86_64/standard/recommended/image_id`]: "ami-standard",
    [`${base}/x86_64/nvidia/recommended/image_id`]: "ami-nvidia",
    [`${base}/x86_64/neuron/recommended/image_id`]: "ami-neuron",
    [`${base}/arm64/standard/recommended/image_id`]: "ami-arm",
  };
  const images = [image("ami-standard"), image("ami-nvidia"), image("ami-neuron"), image("ami-arm", { Architecture: "arm64" })];
  const types = catalogInstanceTypes({ zones: ["us-east-1a"], facts: knownInstanceFacts() });
  const typeNamed = (name: string) => types.find((type) => type.name === name)!;

  it.each([
    ["m7i.large", "ami-standard"],
    ["m7g.large", "ami-arm"],
    ["g6.xlarge", "ami-nvidia"],
    ["inf2.xlarge", "ami-neuron"],
    // Of arm64 with a GPU there is no image here.
    ["g5g.xlarge", undefined],
  ])("gives %s the image %s", async (name, id) => {
    const resolved = await found([{ alias: "al2023@latest" }], { images, parameters });
    if ("kind" in resolved) throw new Error(resolved.message);
    expect(imageOf(typeNamed(name), resolved)?.id).toBe(id);
  });

  it("that finds no parameter finds no image", async () => {
    expect(idsOf(await found([{ alias: "al2023@latest" }], { images }))).toEqual([]);
  });

  it("is not answered while SSM is not: what is missing now may be there in a minute", async () => {
    const aws = smallAws({ images, parameters });
    aws.fail("GetParameter", "ThrottlingException");
    const ports = { ec2: aws.ec2, ssm: aws.ssm, kubernetesVersion: () => Promise.resolve(ok("1.33")), now: () => now };
    expect(await nodeImages(ports, classOf([{ alias: "al2023@latest" }]))).toMatchObject({ ok: false, error: { kind: "failed" } });
  });

  const names = (alias: string, version: string) => {
    const told = aliasParameters(alias, version);
    return told.ok ? told.value.map(({ name }) => name) : told.error;
  };
  it("of a release has that release in every path", () => {
    expect(names("al2023@v20260715", "1.33")).toContain(
      `${base}/x86_64/standard/amazon-eks-node-al2023-x86_64-standard-1.33-v20260715/image_id`,
    );
    expect(names("bottlerocket@v1.46.0", "1.33")).toEqual([
      "/aws/service/bottlerocket/aws-k8s-1.33/x86_64/1.46.0/image_id",
      "/aws/service/bottlerocket/aws-k8s-1.33/arm64/1.46.0/image_id",
      "/aws/service/bottlerocket/aws-k8s-1.33-nvidia/x86_64/1.46.0/image_id",
      "/aws/service/bottlerocket/aws-k8s-1.33-nvidia/arm64/1.46.0/image_id",
    ]);
    expect(names("al2@v20240625", "1.30")).toContain(
      "/aws/service/eks/optimized-ami/1.30/amazon-linux-2-arm64/amazon-eks-arm64-node-1.30-v20240625/image_id",
    );
    expect(names("windows2022@latest", "1.33")).toEqual([
      "/aws/service/ami-windows-latest/Windows_Server-2022-English-Core-EKS_Optimized-1.33/image_id",
    ]);
  });
  it("of a family that the cluster is too new or too old for says which would do", () => {
    expect(names("al2@latest", "1.33")).toBe("alias al2@latest: EKS has images of AL2 up to 1.32, this cluster is 1.33; use al2023");
    expect(names("windows2025@latest", "1.34")).toBe("alias windows2025@latest needs EKS 1.35, this cluster is 1.34; use windows2022");
  });
});
