/**
 * A small AWS for tests of EC2NodeClasses: the calls' ports over plain lists, which answers as AWS does and remembers what it was asked.
 *
 * Reads what there is. Returns the ports, and the state to look at. `deny` and `silence` make a call fail.
 */
import type { CapacityReservation, DescribeImagesCommandInput, Filter, Image, SecurityGroup, Subnet, Tag } from "@aws-sdk/client-ec2";
import { err, ok } from "../../../src/api/result.ts";
import type { AwsAnswer } from "../../../src/ec2/aws-client.ts";
import type { ClusterIdentity } from "../../../src/ec2/cluster-identity.ts";
import type { Ec2Calls } from "../../../src/ec2/ec2-calls.ts";
import type { EksCalls } from "../../../src/ec2/eks-calls.ts";
import { failureKindOf } from "../../../src/ec2/errors.ts";
import type { IamCalls, ProfileFacts } from "../../../src/ec2/iam-calls.ts";
import type { NodeClassCalls } from "../../../src/ec2/node-class-calls.ts";
import type { SsmCalls } from "../../../src/ec2/ssm-calls.ts";

export interface SmallAwsOptions {
  readonly images?: readonly Image[];
  readonly subnets?: readonly Subnet[];
  readonly groups?: readonly SecurityGroup[];
  readonly parameters?: Readonly<Record<string, string>>;
  readonly roles?: readonly string[];
  readonly reservations?: readonly CapacityReservation[];
  readonly cluster?: ClusterIdentity;
  readonly now?: () => number;
}

export interface SmallAws {
  readonly ec2: Pick<Ec2Calls, "images" | "subnets" | "securityGroups">;
  readonly calls: NodeClassCalls;
  readonly ssm: SsmCalls;
  readonly eks: EksCalls;
  readonly iam: IamCalls;
  /** Names of calls, in order. */
  readonly asked: string[];
  readonly profiles: Map<string, ProfileFacts>;
  /** Launch templates by name, with their tags. */
  readonly templates: Map<string, readonly Tag[]>;
  readonly roles: Set<string>;
  /** From now on the call fails with the code; without one it works again. */
  fail(call: string, code?: string, message?: string): void;
}

/** Opens an account with these things in it. */
export function smallAws(options: SmallAwsOptions = {}): SmallAws {
  const asked: string[] = [];
  const codes = new Map<string, { readonly code: string; readonly message: string }>();
  const answer = <T>(call: string, value: () => T): AwsAnswer<T> => {
    asked.push(call);
    const failure = codes.get(call);
    return Promise.resolve(failure === undefined ? ok(value()) : err({ kind: failureKindOf(failure.code), ...failure }));
  };
  const state = {
    asked,
    profiles: new Map<string, ProfileFacts>(),
    templates: new Map<string, readonly Tag[]>(),
    roles: new Set(options.roles ?? []),
  };
  const fail = (call: string, code?: string, message = `${call} answered so`): void => {
    if (code === undefined) codes.delete(call);
    else codes.set(call, { code, message });
  };
  return {
    ...state,
    fail,
    ec2: describing(options, answer),
    calls: classCalls({ reservations: options.reservations ?? [], templates: state.templates }, answer),
    iam: iamOf({ ...state, now: options.now ?? (() => 0) }, answer),
    ssm: { parameter: (name) => answer("GetParameter", () => options.parameters?.[name]) },
    eks: { cluster: () => answer("DescribeCluster", () => options.cluster) },
  };
}

type Answering = <T>(call: string, value: () => T) => AwsAnswer<T>;

function describing({ images = [], subnets = [], groups = [] }: SmallAwsOptions, answer: Answering): SmallAws["ec2"] {
  return {
    images: (input) => answer("DescribeImages", () => images.filter((image) => isImageOf(image, input))),
    subnets: ({ Filters }) =>
      answer("DescribeSubnets", () => subnets.filter((subnet) => isMatch(Filters, { "subnet-id": subnet.SubnetId, tags: subnet.Tags }))),
    securityGroups: ({ Filters }) =>
      answer("DescribeSecurityGroups", () =>
        groups.filter((group) => isMatch(Filters, { "group-id": group.GroupId, "group-name": group.GroupName, tags: group.Tags })),
      ),
  };
}

/** Owners are told by OwnerId, "self" being 111111111111. */
function isImageOf(image: Image, { Filters, Owners }: DescribeImagesCommandInput): boolean {
  const names = (Owners ?? []).map((owner) => (owner === "self" ? "111111111111" : owner));
  const isOwned = Owners === undefined || names.includes(image.OwnerId ?? "") || names.includes(image.ImageOwnerAlias ?? "");
  return isOwned && isMatch(Filters, { "image-id": image.ImageId, name: image.Name, state: "available", tags: image.Tags });
}

function isMatch(filters: readonly Filter[] | undefined, of: Readonly<Record<string, string | undefined | readonly Tag[]>>): boolean {
  const tags = (of["tags"] ?? []) as readonly Tag[];
  return (filters ?? []).every(({ Name = "", Values = [] }) => {
    if (Name === "tag-key") return tags.some(({ Key = "" }) => Values.includes(Key));
    if (Name.startsWith("tag:")) return tags.some(({ Key = "", Value = "" }) => `tag:${Key}` === Name && Values.includes(Value));
    const value = of[Name];
    return typeof value === "string" && Values.some((one) => new RegExp(`^${one.replaceAll("*", ".*")}$`).test(value));
  });
}

function classCalls(
  { reservations, templates }: Required<Pick<SmallAwsOptions, "reservations">> & Pick<SmallAws, "templates">,
  answer: Answering,
): NodeClassCalls {
  return {
    capacityReservations: ({ CapacityReservationIds: ids }) =>
      answer("DescribeCapacityReservations", () => reservations.filter((one) => ids?.includes(one.CapacityReservationId ?? "") ?? true)),
    placementGroups: () => answer("DescribePlacementGroups", () => []),
    launchTemplates: (filters) =>
      answer("DescribeLaunchTemplates", () => [...templates].flatMap(([name, tags]) => (isMatch(filters, { tags }) ? [name] : []))),
    createTemplate: ({ LaunchTemplateName: name = "", TagSpecifications }) =>
      answer("CreateLaunchTemplate", () => void templates.set(name, TagSpecifications?.[0]?.Tags ?? [])),
    deleteTemplate: (name) => answer("DeleteLaunchTemplate", () => void templates.delete(name)),
    dryRunFleet: () => answer("CreateFleet", () => undefined),
    dryRunInstances: () => answer("RunInstances", () => undefined),
  };
}

/** ListInstanceProfiles ignores the prefix here, as some servers do: the port's own filter is part of the real port alone. */
function iamOf(
  { profiles, roles, now }: Pick<SmallAws, "profiles" | "roles"> & { readonly now: () => number },
  answer: Answering,
): IamCalls {
  return {
    profile: (name) => answer("GetInstanceProfile", () => profiles.get(name)),
    profilesUnder: () => answer("ListInstanceProfiles", () => [...profiles.values()]),
    createProfile: ({ name, path, tags }) =>
      answer("CreateInstanceProfile", () => void profiles.set(name, { name, path, tags, createdAt: now() })),
    addRole: async ({ profile, role }) => {
      if (!roles.has(role)) return err({ kind: "not-found", code: "NoSuchEntity", message: `The role with name ${role} cannot be found.` });
      const known = profiles.get(profile);
      return answer("AddRoleToInstanceProfile", () => {
        if (known !== undefined) profiles.set(profile, { ...known, role });
      });
    },
    removeRole: ({ profile }) => {
      const { role, ...rest } = profiles.get(profile) ?? { name: profile, path: "/", tags: {} };
      return answer(`RemoveRoleFromInstanceProfile ${role ?? ""}`, () => void profiles.set(profile, rest));
    },
    deleteProfile: (name) => answer("DeleteInstanceProfile", () => void profiles.delete(name)),
  };
}
