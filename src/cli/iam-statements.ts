/**
 * IAM statements: all that the provisioner may do on AWS, and no more, each with what it is for.
 *
 * Reads the names of an account, a cluster and what stands beside it. Returns statements in three groups, since a managed policy holds 6,144
 * characters. What changes anything carries the cluster's tag, on what is made by the request, on what is there by the resource: another
 * cluster's instances can't be touched by a mistake of ours. The tags are Karpenter's, so its role serves as well but for what
 * docs/reference/permissions.md names.
 */

export interface GrantNames {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
  readonly cluster: string;
  /** Name of the nodes' role. */
  readonly nodeRole: string;
  /** Name of the queue of interruption notices. */
  readonly queue: string;
}

/** A statement as AWS reads it. */
export interface GrantStatement {
  readonly Sid: string;
  readonly Effect: "Allow";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>>;
}

export interface GrantGroup {
  readonly name: string;
  readonly statements: readonly GrantStatement[];
}

/** Statements that change something and carry no tag of the cluster, each with its reason. */
export const untaggedGrants: Readonly<Record<string, string>> = {
  UseToLaunch: "images, subnets and groups are used and not changed, and belong to the account: no cluster's tag stands on them",
  PassNodeRole: "a role is named, not tagged: it is one role, and only EC2 may get it",
  HearInterruptions: "the queue is named: it is the cluster's own",
};

/** What each statement is for. */
export const grantReasons: Readonly<Record<string, string>> = {
  UseToLaunch: "A launch names its image, subnets, security groups, reservation and placement group.",
  LaunchFromTemplates: "A fleet launches from a launch template that the cluster owns.",
  LaunchTagged: "Fleets, instances, volumes, interfaces, Spot requests and launch templates are made, and born with the cluster's tags.",
  TagWhatIsMade: "Tags are given by the call that makes a thing, and by no other.",
  NameOwn: "Instances learn after their launch which NodeClaim and which Node is whose; those of Karpenter, which cluster, too.",
  SeeOwn: "The console of an instance that never joined says why.",
  EndOwn: "Instances end, and launch templates that nobody uses go.",
  PassNodeRole: "An instance gets the nodes' role, by its instance profile.",
  CreateProfiles: "An EC2NodeClass with spec.role gets an instance profile.",
  ChangeProfiles: "The role is put into the profile; the profile goes with its EC2NodeClass.",
  ReadEc2: "What there is to launch from and into, what runs, how it fares, and what Spot costs.",
  ReadImageParameters: "An image alias is looked up where AWS publishes its images.",
  ReadCluster: "User data holds the cluster's endpoint, certificate authority and Service addresses.",
  ReadProfiles: "Whether the profile is there, with the role in it.",
  List: "Profiles that nobody uses any more, on-demand prices and vCPU quotas; AWS knows no resources for these.",
  HearInterruptions: "Spot warnings and other notices are read from the cluster's queue, and taken off it.",
};

/** Returns every statement, by group. */
export function grantGroups(names: GrantNames): readonly GrantGroup[] {
  return [
    { name: "Launch", statements: launchGrants(names) },
    { name: "Profiles", statements: profileGrants(names) },
    { name: "Read", statements: readGrants(names) },
  ];
}

type Condition = NonNullable<GrantStatement["Condition"]>;

const launching = ["ec2:RunInstances", "ec2:CreateFleet"];

function launchGrants(names: GrantNames): readonly GrantStatement[] {
  const made = ec2Arns(names, ["fleet", "instance", "volume", "network-interface", "launch-template", "spot-instances-request"]);
  const creating = [...launching, "ec2:CreateLaunchTemplate"];
  const requested = requestTags(names, "karpenter.sh/nodepool");
  const owned = resourceTags(names, "karpenter.sh/nodepool");
  return [
    // What is used may be another account's that shares it; images and snapshots have none in their ARN.
    allow("UseToLaunch", launching, [
      ...ec2Arns({ ...names, account: "" }, ["image", "snapshot"]),
      ...ec2Arns({ ...names, account: "*" }, ["snapshot", "security-group", "subnet", "capacity-reservation", "placement-group"]),
    ]),
    allow("LaunchFromTemplates", launching, ec2Arns(names, ["launch-template"]), owned),
    allow("LaunchTagged", creating, made, requested),
    allow("TagWhatIsMade", ["ec2:CreateTags"], made, {
      ...requested,
      StringEquals: { ...requested["StringEquals"], "ec2:CreateAction": creating.map((action) => action.replace("ec2:", "")) },
    }),
    allow("NameOwn", ["ec2:CreateTags"], ec2Arns(names, ["instance"]), {
      ...owned,
      "ForAllValues:StringEquals": { "aws:TagKeys": ["eks:eks-cluster-name", "karpenter.sh/nodeclaim", "Name"] },
    }),
    allow("SeeOwn", ["ec2:GetConsoleOutput"], ec2Arns(names, ["instance"]), owned),
    allow("EndOwn", ["ec2:TerminateInstances", "ec2:DeleteLaunchTemplate"], ec2Arns(names, ["instance", "launch-template"]), owned),
    allow("PassNodeRole", ["iam:PassRole"], [`arn:${names.partition}:iam::${names.account}:role/${names.nodeRole}`], {
      StringEquals: { "iam:PassedToService": ["ec2.amazonaws.com", "ec2.amazonaws.com.cn"] },
    }),
  ];
}

function profileGrants(names: GrantNames): readonly GrantStatement[] {
  const profiles = [`arn:${names.partition}:iam::${names.account}:instance-profile/*`];
  const nodeClass = "karpenter.k8s.aws/ec2nodeclass";
  const inRegion = (kind: "RequestTag" | "ResourceTag", condition: Condition): Condition => ({
    ...condition,
    StringEquals: { ...condition["StringEquals"], [`aws:${kind}/topology.kubernetes.io/region`]: names.region },
  });
  return [
    allow(
      "CreateProfiles",
      ["iam:CreateInstanceProfile", "iam:TagInstanceProfile"],
      profiles,
      inRegion("RequestTag", requestTags(names, nodeClass)),
    ),
    allow(
      "ChangeProfiles",
      ["iam:AddRoleToInstanceProfile", "iam:RemoveRoleFromInstanceProfile", "iam:DeleteInstanceProfile"],
      profiles,
      inRegion("ResourceTag", resourceTags(names, nodeClass)),
    ),
  ];
}

function readGrants(names: GrantNames): readonly GrantStatement[] {
  const { partition, region, account, cluster, queue } = names;
  return [
    allow(
      "ReadEc2",
      [
        "CapacityReservations",
        "Images",
        "Instances",
        "InstanceStatus",
        "LaunchTemplates",
        "PlacementGroups",
        "SecurityGroups",
        "SpotPriceHistory",
        "Subnets",
      ].map((what) => `ec2:Describe${what}`),
      ["*"],
      { StringEquals: { "aws:RequestedRegion": region } },
    ),
    allow("ReadImageParameters", ["ssm:GetParameter"], [`arn:${partition}:ssm:${region}::parameter/aws/service/*`]),
    allow("ReadCluster", ["eks:DescribeCluster"], [`arn:${partition}:eks:${region}:${account}:cluster/${cluster}`]),
    allow("ReadProfiles", ["iam:GetInstanceProfile"], [`arn:${partition}:iam::${account}:instance-profile/*`]),
    allow("List", ["iam:ListInstanceProfiles", "pricing:GetProducts", "servicequotas:ListServiceQuotas"], ["*"]),
    allow(
      "HearInterruptions",
      ["sqs:DeleteMessage", "sqs:GetQueueUrl", "sqs:ReceiveMessage"],
      [`arn:${partition}:sqs:${region}:${account}:${queue}`],
    ),
  ];
}

function allow(Sid: string, Action: readonly string[], Resource: readonly string[], Condition?: Condition): GrantStatement {
  return { Sid, Effect: "Allow", Action, Resource, ...(Condition === undefined ? {} : { Condition }) };
}

function ec2Arns({ partition, region, account }: GrantNames, kinds: readonly string[]): readonly string[] {
  return kinds.map((kind) => `arn:${partition}:ec2:${region}:${account}:${kind}/*`);
}

/** What is made says whose it is. */
function requestTags({ cluster }: GrantNames, also: string): Condition {
  return {
    StringEquals: { [`aws:RequestTag/kubernetes.io/cluster/${cluster}`]: "owned", "aws:RequestTag/eks:eks-cluster-name": cluster },
    StringLike: { [`aws:RequestTag/${also}`]: "*" },
  };
}

/** What is there says whose it is. */
function resourceTags({ cluster }: GrantNames, also: string): Condition {
  return {
    StringEquals: { [`aws:ResourceTag/kubernetes.io/cluster/${cluster}`]: "owned" },
    StringLike: { [`aws:ResourceTag/${also}`]: "*" },
  };
}
