/**
 * `plimsoll iam policy`: what the provisioner's role has to be allowed, as one document or as a CloudFormation template.
 *
 * Reads the names of an account and a cluster. Returns texts. The template makes the policies, the role with its association to our service
 * account, the nodes' role, and the queue of interruption notices with the rules that fill it.
 */
import { stringify } from "yaml";
import { grantGroups, type GrantNames, type GrantStatement } from "./iam-statements.ts";

type Resource = Readonly<Record<string, unknown>>;

/** Returns the policy as one JSON document. */
export function policyText(names: GrantNames): string {
  return `${JSON.stringify(documentOf(grantGroups(names).flatMap(({ statements }) => statements)), undefined, 2)}\n`;
}

function documentOf(statements: readonly GrantStatement[]) {
  return { Version: "2012-10-17", Statement: statements };
}

/** CloudFormation's own words for the names. */
const templateNames: GrantNames = {
  partition: "${AWS::Partition}",
  region: "${AWS::Region}",
  account: "${AWS::AccountId}",
  cluster: "${ClusterName}",
  nodeRole: "${NodeRole}",
  queue: "${InterruptionQueue.QueueName}",
};

/** Returns the text of deploy/cloudformation/plimsoll.yaml. */
export function cloudFormationText(): string {
  const groups = grantGroups(templateNames);
  const policies = groups.map(({ name, statements }): [string, Resource] => [
    `${name}Policy`,
    {
      Type: "AWS::IAM::ManagedPolicy",
      // The tags' keys hold the cluster's name, which CloudFormation fills in only where the whole document is one text.
      Properties: { PolicyDocument: { "Fn::Sub": JSON.stringify(documentOf(statements), undefined, 1) } },
    },
  ]);
  const template = {
    AWSTemplateFormatVersion: "2010-09-09",
    Description: "What Plimsoll needs on AWS: its role, the nodes' role, and the queue of interruption notices.",
    Parameters: parameters,
    Resources: { ...Object.fromEntries(policies), ...rolesOf(policies.map(([name]) => name)), ...interruptions() },
    Outputs: {
      NodeRoleName: { Description: "For spec.role of EC2NodeClasses.", Value: { Ref: "NodeRole" } },
      QueueName: { Description: "The queue of interruption notices.", Value: { "Fn::GetAtt": ["InterruptionQueue", "QueueName"] } },
    },
  };
  const head = "# Generated from src/cli/iam-statements.ts by `npm run generate`; don't edit.\n";
  return `${head}${stringify(template, { lineWidth: 0, aliasDuplicateObjects: false })}`;
}

const parameters = {
  ClusterName: { Type: "String", Description: "Name of the EKS cluster." },
  Namespace: { Type: "String", Default: "plimsoll-system", Description: "Namespace of the service account." },
  ServiceAccount: { Type: "String", Default: "plimsoll", Description: "Name of the service account." },
};

function rolesOf(policies: readonly string[]): Readonly<Record<string, Resource>> {
  const managed = (name: string) => ({ "Fn::Sub": `arn:\${AWS::Partition}:iam::aws:policy/${name}` });
  return {
    NodeRole: {
      Type: "AWS::IAM::Role",
      Properties: {
        AssumeRolePolicyDocument: trust({ "Fn::Sub": "ec2.${AWS::URLSuffix}" }, ["sts:AssumeRole"]),
        ManagedPolicyArns: [
          "AmazonEKSWorkerNodePolicy",
          "AmazonEKS_CNI_Policy",
          "AmazonEC2ContainerRegistryPullOnly",
          "AmazonSSMManagedInstanceCore",
        ].map(managed),
      },
    },
    NodeAccess: {
      Type: "AWS::EKS::AccessEntry",
      Properties: { ClusterName: { Ref: "ClusterName" }, PrincipalArn: { "Fn::GetAtt": ["NodeRole", "Arn"] }, Type: "EC2_LINUX" },
    },
    ControllerRole: {
      Type: "AWS::IAM::Role",
      Properties: {
        AssumeRolePolicyDocument: trust("pods.eks.amazonaws.com", ["sts:AssumeRole", "sts:TagSession"]),
        ManagedPolicyArns: policies.map((name) => ({ Ref: name })),
      },
    },
    ControllerIdentity: {
      Type: "AWS::EKS::PodIdentityAssociation",
      Properties: {
        ClusterName: { Ref: "ClusterName" },
        Namespace: { Ref: "Namespace" },
        ServiceAccount: { Ref: "ServiceAccount" },
        RoleArn: { "Fn::GetAtt": ["ControllerRole", "Arn"] },
      },
    },
  };
}

function trust(Service: unknown, Action: readonly string[]) {
  return { Version: "2012-10-17", Statement: [{ Effect: "Allow", Principal: { Service }, Action }] };
}

/** EventBridge's patterns of what the provisioner hears. */
const heard: Readonly<Record<string, { readonly source: string; readonly detailType: string }>> = {
  ScheduledChange: { source: "aws.health", detailType: "AWS Health Event" },
  SpotInterruption: { source: "aws.ec2", detailType: "EC2 Spot Instance Interruption Warning" },
  Rebalance: { source: "aws.ec2", detailType: "EC2 Instance Rebalance Recommendation" },
  StateChange: { source: "aws.ec2", detailType: "EC2 Instance State-change Notification" },
  ReservationInterruption: { source: "aws.ec2", detailType: "EC2 Capacity Reservation Instance Interruption Warning" },
};

function interruptions(): Readonly<Record<string, Resource>> {
  const queueArn = { "Fn::GetAtt": ["InterruptionQueue", "Arn"] };
  const rules = Object.entries(heard).map(([name, { source, detailType }]): [string, Resource] => [
    `${name}Rule`,
    {
      Type: "AWS::Events::Rule",
      Properties: {
        EventPattern: { source: [source], "detail-type": [detailType] },
        Targets: [{ Id: "InterruptionQueue", Arn: queueArn }],
      },
    },
  ]);
  const statement = {
    Effect: "Allow",
    Principal: { Service: "events.amazonaws.com" },
    Action: "sqs:SendMessage",
    Resource: queueArn,
    // EventBridge writes for whoever has a rule: only for ours, so that no other account's events come for notices.
    Condition: {
      StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } },
      ArnEquals: { "aws:SourceArn": rules.map(([name]) => ({ "Fn::GetAtt": [name, "Arn"] })) },
    },
  };
  const insecure = {
    Effect: "Deny",
    Principal: "*",
    Action: "sqs:*",
    Resource: queueArn,
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
  return {
    InterruptionQueue: {
      Type: "AWS::SQS::Queue",
      // A notice that is older than five minutes is about an instance that is gone.
      Properties: { QueueName: { Ref: "ClusterName" }, MessageRetentionPeriod: 300, SqsManagedSseEnabled: true },
    },
    InterruptionQueuePolicy: {
      Type: "AWS::SQS::QueuePolicy",
      Properties: { Queues: [{ Ref: "InterruptionQueue" }], PolicyDocument: { Version: "2012-10-17", Statement: [statement, insecure] } },
    },
    ...Object.fromEntries(rules),
  };
}
