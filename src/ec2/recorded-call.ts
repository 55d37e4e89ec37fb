/**
 * RecordedCall: one call to AWS, as far as its permission depends on it.
 *
 * Reads what the SDK tells its logger of each call, answered or not. Returns the service, the action and the input, and the tags of
 * the resources that the answer tells of: a permission may ask for the tags of what a later call changes. User data, which may hold
 * secrets and which no permission asks for, is left out.
 */
import type { Tag } from "@aws-sdk/client-ec2";

export type Tags = Readonly<Record<string, string>>;

export interface RecordedCall {
  /** The service's prefix in policies: ec2, iam, servicequotas. */
  readonly service: string;
  readonly action: string;
  readonly input: Readonly<Record<string, unknown>>;
  /** By resource, such as "instance/i-1" or "launch-template/NAME". */
  readonly tags?: Readonly<Record<string, Tags>>;
}

/** The SDK's Logger. */
export interface CallLogger {
  debug(...content: unknown[]): void;
  info(...content: unknown[]): void;
  warn(...content: unknown[]): void;
  error(...content: unknown[]): void;
}

type Json = Readonly<Record<string, unknown>>;

/** A page of instances; more tags than this are not kept of one answer. */
const taggedMax = 1_000;

/** Returns a logger for SDK clients that tells each call; retries of one call are one. */
export function callLogger(onCall: (call: RecordedCall) => void): CallLogger {
  return contentLogger((content) => {
    const call = recordedCall(content);
    if (call !== undefined) onCall(call);
  });
}

/** Returns a logger for SDK clients that hands on what the SDK tells of calls, answered or failed. */
export function contentLogger(take: (content: unknown) => void): CallLogger {
  return { debug: () => undefined, info: take, warn: () => undefined, error: take };
}

/** Returns one logger that tells several. */
export function toEach(loggers: readonly CallLogger[]): CallLogger {
  return contentLogger((content) => {
    for (const logger of loggers) logger.info(content);
  });
}

/** Returns which call a line of the SDK's log is about; other lines are about none. */
export function calledBy(content: unknown): Pick<RecordedCall, "service" | "action"> | undefined {
  const { clientName, commandName } = recordOf(content);
  if (typeof clientName !== "string" || typeof commandName !== "string") return undefined;
  return { service: clientName.replace(/Client$/, "").toLowerCase(), action: commandName.replace(/Command$/, "") };
}

function recordedCall(content: unknown): RecordedCall | undefined {
  const called = calledBy(content);
  if (called === undefined) return undefined;
  const { service, action } = called;
  const { input, output } = recordOf(content);
  const [asked, answered] = [recordOf(input), recordOf(output)];
  const tags = Object.fromEntries(taggedResources(action, asked, answered).slice(0, taggedMax));
  return { service, action, input: recordOf(withoutSecrets(asked)), ...(Object.keys(tags).length === 0 ? {} : { tags }) };
}

function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, key === "UserData" ? "(left out)" : withoutSecrets(inner)]));
}

type Tagged = readonly (readonly [string, Tags])[];

function taggedResources(action: string, input: Json, output: Json): Tagged {
  switch (action) {
    case "CreateLaunchTemplate": {
      const tags = specifiedTags(input, "launch-template");
      return templateNames({ ...input, ...recordOf(output["LaunchTemplate"]) }).map((name) => [name, tags]);
    }
    case "DescribeLaunchTemplates":
      return listOf(output["LaunchTemplates"]).flatMap((template) =>
        templateNames(template).map((name): [string, Tags] => [name, tagsOf(template["Tags"])]),
      );
    case "CreateFleet": {
      const tags = specifiedTags(input, "instance");
      return listOf(output["Instances"]).flatMap(({ InstanceIds }) =>
        textsOf(InstanceIds).map((id): [string, Tags] => [`instance/${id}`, tags]),
      );
    }
    case "DescribeInstances":
      return listOf(output["Reservations"]).flatMap(({ Instances }) =>
        listOf(Instances).map(({ InstanceId, Tags }): [string, Tags] => [`instance/${String(InstanceId)}`, tagsOf(Tags)]),
      );
    case "CreateInstanceProfile":
      return [[`instance-profile/${String(input["InstanceProfileName"])}`, tagsOf(input["Tags"])]];
    case "GetInstanceProfile": {
      const profile = recordOf(output["InstanceProfile"]);
      return "Tags" in profile ? [[`instance-profile/${String(profile["InstanceProfileName"])}`, tagsOf(profile["Tags"])]] : [];
    }
    default:
      return [];
  }
}

/** Returns the tags that a request gives what it makes of one type. */
export function specifiedTags(input: Json, resourceType: string): Tags {
  const given = listOf(input["TagSpecifications"]).filter(({ ResourceType }) => ResourceType === resourceType);
  return Object.assign({}, ...given.map(({ Tags }) => tagsOf(Tags))) as Tags;
}

/** Returns a list of the SDK's tags by key. */
export function tagsOf(value: unknown): Tags {
  const tags = listOf(value) as readonly Tag[];
  return Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value]));
}

/** A template is called by its name or by its id. */
function templateNames({ LaunchTemplateId, LaunchTemplateName }: Json): readonly string[] {
  return [LaunchTemplateId, LaunchTemplateName].flatMap((name) => (typeof name === "string" ? [`launch-template/${name}`] : []));
}

/** Returns the object that a value is, or one without fields. */
export function recordOf(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** Returns the objects of a list; none where the value is no list. */
export function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(recordOf) : [];
}

/** Returns the texts of a list; none where the value is no list. */
export function textsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((item): item is string => typeof item === "string") : [];
}
