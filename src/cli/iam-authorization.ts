/**
 * IAM authorizations: what one recorded call to AWS has to be allowed.
 *
 * Reads a call, where it was made, and what the calls before it have told of resources. Returns every action on every resource that AWS
 * asks its policies about, with the keys that conditions may ask for. One launch is many: the fleet, the instance, its volumes and
 * interfaces, the tags on each, the template, the image, the subnets and groups, and the role that is handed over (service
 * authorization reference of EC2 and IAM).
 */
import { err, ok, type Result } from "../api/result.ts";
import { listOf, recordOf, specifiedTags, tagsOf, textsOf, type RecordedCall, type Tags } from "../ec2/recorded-call.ts";
import type { Authorization } from "./iam-evaluation.ts";
import type { GrantNames } from "./iam-statements.ts";

type Json = Readonly<Record<string, unknown>>;
type Of = Omit<Authorization, "context"> & { readonly context?: Authorization["context"] };

/** What the calls before have told. */
export interface KnownResources {
  /** By resource, such as "instance/i-1". */
  readonly tags: Map<string, Tags>;
  /** What launch templates are made of, by name and by id. */
  readonly templates: Map<string, Json>;
}

/** Returns what is known before the first call: nothing. */
export function nothingKnown(): KnownResources {
  return { tags: new Map(), templates: new Map() };
}

export interface Needs {
  readonly authorizations: readonly Authorization[];
  /** Launch templates whose contents were never told: what they say of interfaces, images and groups is not asked about. */
  readonly untold: readonly string[];
}

/** Returns what has to be allowed for a call, and learns from it; the error names a call whose needs are not known here. */
export function needsOf(
  call: RecordedCall,
  { names, known }: { readonly names: GrantNames; readonly known: KnownResources },
): Result<Needs, string> {
  const untold = templateKeys(call.input).filter((key) => !known.templates.has(key));
  if (call.action === "CreateLaunchTemplate") known.templates.set(templateKey(call.input), recordOf(call.input["LaunchTemplateData"]));
  const needed = neededBy(call, { names, known, action: `${call.service}:${call.action}` });
  // A new resource's tags are what its request gives it; those of the answer are for the calls that follow.
  for (const [resource, tags] of Object.entries(call.tags ?? {})) known.tags.set(resource, tags);
  if (needed === undefined) return err(`${call.service}:${call.action} is no call whose permissions are known here`);
  const everywhere = { "aws:RequestedRegion": [names.region] };
  return ok({
    untold,
    authorizations: needed.map(({ action, resource, context = {} }) => ({ action, resource, context: { ...everywhere, ...context } })),
  });
}

interface At {
  readonly names: GrantNames;
  readonly known: KnownResources;
  readonly action: string;
}

/** Listing and describing know no resources. */
const withoutResource: ReadonlySet<string> = new Set([
  ...["CapacityReservations", "Images", "Instances", "InstanceStatus", "InstanceTypes", "InstanceTypeOfferings", "LaunchTemplates"].map(
    (what) => `ec2:Describe${what}`,
  ),
  ...["NetworkInterfaces", "PlacementGroups", "SecurityGroups", "SpotPriceHistory", "Subnets"].map((what) => `ec2:Describe${what}`),
  ...["iam:ListInstanceProfiles", "pricing:GetProducts", "servicequotas:ListServiceQuotas"],
]);

function neededBy({ service, action: name, input }: RecordedCall, at: At): readonly Of[] | undefined {
  const { names, action } = at;
  if (withoutResource.has(action)) return [{ action, resource: "*" }];
  switch (service) {
    case "ec2":
      return ec2Needs(name, input, at);
    case "iam":
      return iamNeeds(name, input, at);
    case "ssm":
      // The names of parameters begin with a slash, their resources have none before it.
      return [{ action, resource: `arn:${names.partition}:ssm:${names.region}:${publicAccount(input)}:parameter${String(input["Name"])}` }];
    case "eks":
      return [{ action, resource: `arn:${names.partition}:eks:${names.region}:${names.account}:cluster/${String(input["name"])}` }];
    case "sqs":
      return [{ action, resource: `arn:${names.partition}:sqs:${names.region}:${names.account}:${queueOf(input)}` }];
    default:
      return undefined;
  }
}

/** Parameters of AWS itself stand in no account. */
function publicAccount({ Name }: Json): string {
  return String(Name).startsWith("/aws/service/") ? "" : "*";
}

/** The name is the last part of a queue's address. */
function queueOf({ QueueName, QueueUrl }: Json): string {
  return typeof QueueName === "string" ? QueueName : (String(QueueUrl).split("/").at(-1) ?? "");
}

function ec2Needs(name: string, input: Json, at: At): readonly Of[] | undefined {
  switch (name) {
    case "CreateLaunchTemplate":
      return creations(input, { ...at, kinds: ["launch-template"], creating: ["CreateLaunchTemplate"] });
    case "CreateFleet":
      return fleetNeeds(input, at);
    case "RunInstances":
      return launchNeeds(
        { templates: templateKeys(input), overrides: [], request: input, isSpot: false },
        { ...at, actions: ["RunInstances"] },
      );
    case "TerminateInstances":
    case "RebootInstances":
      return textsOf(input["InstanceIds"]).map((id) => onResource(`instance/${id}`, at));
    case "GetConsoleOutput":
      return [onResource(`instance/${String(input["InstanceId"])}`, at)];
    case "DeleteLaunchTemplate":
      return [onResource(`launch-template/${String(input["LaunchTemplateName"] ?? input["LaunchTemplateId"])}`, at)];
    case "CreateTags": {
      const tags = tagsOf(input["Tags"]);
      return textsOf(input["Resources"]).map((id) => {
        const own = onResource(`${kindOfId(id)}/${id}`, at);
        return { ...own, context: { ...own.context, ...requestTags(tags) } };
      });
    }
    default:
      return undefined;
  }
}

/** "i-1" is an instance, "lt-1" a launch template; other kinds are tagged by nobody here. */
function kindOfId(id: string): string {
  if (id.startsWith("lt-")) return "launch-template";
  return id.startsWith("vol-") ? "volume" : "instance";
}

function onResource(resource: string, { names, known, action }: At): Of {
  return { action, resource: ec2Arn(names, resource), context: resourceTags(known.tags.get(resource)) };
}

function ec2Arn({ partition, region, account }: GrantNames, resource: string): string {
  const isPublic = resource.startsWith("image/");
  return `arn:${partition}:ec2:${region}:${isPublic ? "" : account}:${resource}`;
}

function fleetNeeds(input: Json, at: At): readonly Of[] {
  const configs = listOf(input["LaunchTemplateConfigs"]);
  const isSpot = recordOf(input["TargetCapacitySpecification"])["DefaultTargetCapacityType"] === "spot";
  const launch = {
    templates: templateKeys(input),
    overrides: configs.flatMap((config) => listOf(config["Overrides"])),
    request: input,
    isSpot,
  };
  return [
    ...creations(input, { ...at, kinds: ["fleet"], creating: ["CreateFleet"] }),
    // A fleet launches under its caller's rights, so that both actions are asked about.
    ...launchNeeds(launch, { ...at, actions: ["CreateFleet", "RunInstances"] }),
  ];
}

/** Every template that a request launches from. */
function templateKeys({ LaunchTemplateConfigs, LaunchTemplate }: Json): readonly string[] {
  const ofFleet = listOf(LaunchTemplateConfigs).map(({ LaunchTemplateSpecification }) => recordOf(LaunchTemplateSpecification));
  return [...ofFleet, ...(LaunchTemplate === undefined ? [] : [recordOf(LaunchTemplate)])].map(templateKey);
}

function templateKey({ LaunchTemplateName, LaunchTemplateId }: Json): string {
  return `launch-template/${String(LaunchTemplateName ?? LaunchTemplateId)}`;
}

interface Launch {
  readonly templates: readonly string[];
  readonly overrides: readonly Json[];
  readonly request: Json;
  readonly isSpot: boolean;
}

function launchNeeds({ templates, overrides, request, isSpot }: Launch, at: At & { readonly actions: readonly string[] }): readonly Of[] {
  const { names, known, actions } = at;
  const contents = templates.map((key) => known.templates.get(key) ?? {});
  const told = [request, ...contents];
  const used = [
    ...templates,
    ...[...overrides, ...told].flatMap(({ ImageId }) => named("image", ImageId)),
    ...[...overrides, ...told, ...told.flatMap(({ NetworkInterfaces }) => listOf(NetworkInterfaces))].flatMap(({ SubnetId }) =>
      named("subnet", SubnetId),
    ),
    ...told.flatMap((data) => groupsOf(data).map((id) => `security-group/${id}`)),
    ...told.flatMap(({ CapacityReservationSpecification: specification }) =>
      named("capacity-reservation", recordOf(recordOf(specification)["CapacityReservationTarget"])["CapacityReservationId"]),
    ),
    // A group that is named and not told by its id has an ARN of its name.
    ...told.flatMap(({ Placement }) => named("placement-group", recordOf(Placement)["GroupName"] ?? recordOf(Placement)["GroupId"])),
  ];
  // A template tags interfaces and Spot requests; one whose contents were never told may do so, too.
  const isTold = templates.every((key) => known.templates.has(key));
  const made = ["instance", "volume", ...(isTold ? ["network-interface", ...(isSpot ? ["spot-instances-request"] : [])] : [])];
  const hasProfile = told.some(({ IamInstanceProfile }) => IamInstanceProfile !== undefined);
  return [
    ...actions.flatMap((action) => [...new Set(used)].map((resource) => onResource(resource, { ...at, action: `ec2:${action}` }))),
    ...told.flatMap((specification, index) =>
      creations(specification, { ...at, kinds: madeBy(made, { specification, contents, isRequest: index === 0 }), creating: actions }),
    ),
    ...(hasProfile ? [passRole(names)] : []),
  ];
}

/** What is made is tagged by the request or by a template; what neither tags is asked about once, without tags. */
function madeBy(
  made: readonly string[],
  { specification, contents, isRequest }: { readonly specification: Json; readonly contents: readonly Json[]; readonly isRequest: boolean },
): readonly string[] {
  const isTaggedBy = (by: Json, kind: string): boolean => Object.keys(specifiedTags(by, kind)).length > 0;
  return made.filter((kind) => isTaggedBy(specification, kind) || (isRequest && !contents.some((data) => isTaggedBy(data, kind))));
}

/** Resources that a request makes, and the tags that it gives them. */
function creations(
  specification: Json,
  { names, kinds, creating }: { readonly names: GrantNames; readonly kinds: readonly string[]; readonly creating: readonly string[] },
): readonly Of[] {
  return kinds.flatMap((kind) => {
    const tags = specifiedTags(specification, kind);
    const [resource, context] = [ec2Arn(names, `${kind}/*`), requestTags(tags)];
    const made = creating.map((action) => ({ action: `ec2:${action}`, resource, context }));
    const isTagged = Object.keys(tags).length > 0;
    // Whoever launches tags: an instance is tagged by RunInstances, also in a fleet.
    const by = creating.at(-1) ?? "";
    return isTagged ? [...made, { action: "ec2:CreateTags", resource, context: { ...context, "ec2:CreateAction": [by] } }] : made;
  });
}

function groupsOf({ NetworkInterfaces, SecurityGroupIds }: Json): readonly string[] {
  return [...listOf(NetworkInterfaces).flatMap(({ Groups }) => textsOf(Groups)), ...textsOf(SecurityGroupIds)];
}

function named(kind: string, id: unknown): readonly string[] {
  return typeof id === "string" && id !== "" ? [`${kind}/${id}`] : [];
}

function passRole({ partition, account, nodeRole }: GrantNames): Of {
  const resource = `arn:${partition}:iam::${account}:role/${nodeRole}`;
  return { action: "iam:PassRole", resource, context: { "iam:PassedToService": ["ec2.amazonaws.com"] } };
}

function iamNeeds(name: string, input: Json, { names, known, action }: At): readonly Of[] | undefined {
  const profile = String(input["InstanceProfileName"]);
  const arn = (path: unknown): string =>
    `arn:${names.partition}:iam::${names.account}:instance-profile${typeof path === "string" ? path : "/"}${profile}`;
  const own: Of = { action, resource: arn(undefined), context: resourceTags(known.tags.get(`instance-profile/${profile}`)) };
  switch (name) {
    case "CreateInstanceProfile": {
      const made = { resource: arn(input["Path"]), context: requestTags(tagsOf(input["Tags"])) };
      return [
        { action, ...made },
        { action: "iam:TagInstanceProfile", ...made },
      ];
    }
    case "AddRoleToInstanceProfile":
      return [own, passRole({ ...names, nodeRole: String(input["RoleName"]) })];
    case "GetInstanceProfile":
    case "RemoveRoleFromInstanceProfile":
    case "DeleteInstanceProfile":
      return [own];
    default:
      return undefined;
  }
}

function requestTags(tags: Tags): Authorization["context"] {
  const keys = Object.keys(tags);
  if (keys.length === 0) return {};
  return { ...Object.fromEntries(Object.entries(tags).map(([key, value]) => [`aws:RequestTag/${key}`, [value]])), "aws:TagKeys": keys };
}

function resourceTags(tags: Tags = {}): Authorization["context"] {
  return Object.fromEntries(
    Object.entries(tags).flatMap(([key, value]) => ["aws", "ec2"].map((prefix) => [`${prefix}:ResourceTag/${key}`, [value]])),
  );
}
