/**
 * The IAM calls that instance profiles need, over the AWS SDK.
 *
 * Reads names, paths and tags. Returns plain profiles. What is to be gone and is gone already counts as done, so that every
 * call may be repeated. ListInstanceProfiles is filtered by path again on our side: deleting on the word of a server that ignores
 * the prefix would take another's profile.
 */
import type { InstanceProfile } from "@aws-sdk/client-iam";
import { ok } from "../api/result.ts";
import { awsClient, clientSettings, everyPage, type AwsAnswer, type AwsSend, type Ec2Endpoint } from "./aws-client.ts";
import { fence, fencePlace } from "./aws-fence.ts";

/** An instance profile, as far as it matters here. */
export interface ProfileFacts {
  readonly name: string;
  readonly path: string;
  /** The role in it, by name; a profile has one at most. */
  readonly role?: string;
  /** Not told by a list. */
  readonly tags: Readonly<Record<string, string>>;
  readonly createdAt?: number;
}

export interface NewProfile {
  readonly name: string;
  readonly path: string;
  readonly tags: Readonly<Record<string, string>>;
}

/** A role in a profile. */
export interface ProfileRole {
  readonly profile: string;
  readonly role: string;
}

export interface IamCalls {
  /** A profile by name; undefined where there is none. */
  profile(name: string): AwsAnswer<ProfileFacts | undefined>;
  /** Every profile whose path starts so. */
  profilesUnder(path: string): AwsAnswer<readonly ProfileFacts[]>;
  createProfile(profile: NewProfile): AwsAnswer<void>;
  addRole(of: ProfileRole): AwsAnswer<void>;
  removeRole(of: ProfileRole): AwsAnswer<void>;
  deleteProfile(name: string): AwsAnswer<void>;
}

type Opened = Awaited<ReturnType<typeof open>>;

/** Makes the calls; credentials come from where the SDK looks for them. */
export function iamCalls(endpoint: Ec2Endpoint): IamCalls {
  const send = awsClient(() => open(endpoint));
  return { ...reading(send), ...writing(send) };
}

async function open(endpoint: Ec2Endpoint) {
  const sdk = await import("@aws-sdk/client-iam");
  const client = new sdk.IAMClient(clientSettings(endpoint));
  client.middlewareStack.add(fence(endpoint.mayChange), fencePlace);
  return { sdk, client };
}

function reading(send: AwsSend<Opened>): Pick<IamCalls, "profile" | "profilesUnder"> {
  return {
    profile: async (name) => {
      const answer = await send(async ({ client, sdk }) => {
        const { InstanceProfile } = await client.send(new sdk.GetInstanceProfileCommand({ InstanceProfileName: name }));
        return InstanceProfile === undefined ? undefined : factsOf(InstanceProfile);
      });
      return !answer.ok && answer.error.kind === "not-found" ? ok(undefined) : answer;
    },
    profilesUnder: (path) =>
      send(({ client, sdk }) =>
        everyPage(async ({ NextToken }) => {
          const marker = NextToken === undefined ? {} : { Marker: NextToken };
          const answer = await client.send(new sdk.ListInstanceProfilesCommand({ PathPrefix: path, ...marker }));
          const items = (answer.InstanceProfiles ?? []).map(factsOf).filter((profile) => profile.path.startsWith(path));
          return { items, NextToken: answer.IsTruncated === true ? answer.Marker : undefined };
        }),
      ),
  };
}

function writing(send: AwsSend<Opened>): Pick<IamCalls, "createProfile" | "addRole" | "removeRole" | "deleteProfile"> {
  const goneIsDone = async (answer: AwsAnswer<void>): AwsAnswer<void> => {
    const done = await answer;
    return !done.ok && done.error.kind === "not-found" ? ok(undefined) : done;
  };
  return {
    createProfile: ({ name, path, tags }) =>
      send(async ({ client, sdk }) => {
        const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
        await client.send(new sdk.CreateInstanceProfileCommand({ InstanceProfileName: name, Path: path, Tags }));
      }),
    addRole: ({ profile, role }) =>
      send(async ({ client, sdk }) => {
        await client.send(new sdk.AddRoleToInstanceProfileCommand({ InstanceProfileName: profile, RoleName: role }));
      }),
    removeRole: ({ profile, role }) =>
      goneIsDone(
        send(async ({ client, sdk }) => {
          await client.send(new sdk.RemoveRoleFromInstanceProfileCommand({ InstanceProfileName: profile, RoleName: role }));
        }),
      ),
    deleteProfile: (name) =>
      goneIsDone(
        send(async ({ client, sdk }) => {
          await client.send(new sdk.DeleteInstanceProfileCommand({ InstanceProfileName: name }));
        }),
      ),
  };
}

function factsOf({ InstanceProfileName = "", Path = "/", Roles = [], Tags = [], CreateDate }: InstanceProfile): ProfileFacts {
  const role = Roles[0]?.RoleName;
  return {
    name: InstanceProfileName,
    path: Path,
    ...(role === undefined ? {} : { role }),
    tags: Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value])),
    ...(CreateDate === undefined ? {} : { createdAt: CreateDate.getTime() }),
  };
}
