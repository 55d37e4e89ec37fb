/**
 * The policy of the provisioner's role: every call that it makes is allowed, nothing is granted that no call needs, and what changes
 * anything is bound to the cluster's tag. The calls are those of a launch and its end, recorded as `plimsoll serve --record-calls` does.
 */
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { EC2NodeClass } from "../../src/api/ec2-node-class.ts";
import { archLabel, nodeClaimTag, platformNames } from "../../src/api/labels.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import { ok } from "../../src/api/result.ts";
import { karpentersAlone, oursAlone } from "../../scripts/reference-permissions.ts";
import { needsOf, nothingKnown } from "../../src/cli/iam-authorization.ts";
import { grantNames, judgeCalls } from "../../src/cli/iam-check.ts";
import { evaluate } from "../../src/cli/iam-evaluation.ts";
import { parsePolicyDocuments } from "../../src/cli/iam-policy-document.ts";
import { cloudFormationText, policyText } from "../../src/cli/iam-policy.ts";
import { grantGroups, grantReasons, untaggedGrants, type GrantNames } from "../../src/cli/iam-statements.ts";
import type { Ec2Endpoint } from "../../src/ec2/aws-client.ts";
import { ec2Calls } from "../../src/ec2/ec2-calls.ts";
import { dryRun } from "../../src/ec2/node-class-dry-run.ts";
import { ec2Provider } from "../../src/ec2/ec2-provider.ts";
import { eksCalls } from "../../src/ec2/eks-calls.ts";
import { iamCalls } from "../../src/ec2/iam-calls.ts";
import { instanceProfiles } from "../../src/ec2/instance-profiles.ts";
import { marketCalls } from "../../src/ec2/market-calls.ts";
import { nodeClassCalls } from "../../src/ec2/node-class-calls.ts";
import { livePrices } from "../../src/ec2/prices.ts";
import { pricingCalls } from "../../src/ec2/pricing-calls.ts";
import { quotaCalls } from "../../src/ec2/quota-calls.ts";
import { liveQuotas } from "../../src/ec2/quotas.ts";
import { instanceStatus } from "../../src/ec2/interruption/instance-status.ts";
import { callLogger, recordOf, type RecordedCall } from "../../src/ec2/recorded-call.ts";
import { ssmCalls } from "../../src/ec2/ssm-calls.ts";
import { sqsCalls } from "../../src/ec2/sqs-calls.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { wallClock } from "../../src/cluster/wall-clock.ts";
import { deskOf } from "../ec2/node-class/desk-of.ts";
import { customNodeClass } from "../ec2/custom-node-class.ts";
import { sourceTree } from "../support/source-tree.ts";
import { startAwsAnswers } from "../ec2/aws-answers.ts";
import { folderOf, runPlimsoll } from "./program-run.ts";

const options = { clusterName: "prod", region: "ap-southeast-1", account: "123456789012", nodeRole: "prod-nodes" };
const names = grantNames(options);
const flags = ["--cluster-name", "prod", "--region", "ap-southeast-1", "--account", "123456789012", "--node-role", "prod-nodes"];
const reference = { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" };
const [onDemandClaim, spotClaim] = [claimOf("on-demand"), claimOf("spot")];

/** Actions that are granted and that the recorded calls do not need, each with its reason. */
const notExercised: Readonly<Record<string, string>> = {};
/** Commands that this program can send under other rights than the provisioner's. */
const othersCommands: Readonly<Record<string, string>> = {
  "ec2:DescribeInstanceTypes": "plimsoll catalog refresh runs with the rights of whoever calls it",
  "ec2:DescribeInstanceTypeOfferings": "plimsoll catalog refresh runs with the rights of whoever calls it",
};

const calls: RecordedCall[] = [];

beforeAll(async () => {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" });
  const aws = await startAwsAnswers();
  const at = { region: options.region, endpoint: aws.url, logger: callLogger((call) => calls.push(call)) };
  await launchAndEnd(at);
  await lookAfterClass(at);
  await hearOfInstances(at);
  aws.close();
}, 60_000);

/** Two launches, on demand and of Spot, each ended, with prices and quotas read beside. */
async function launchAndEnd(at: Ec2Endpoint): Promise<void> {
  const clock = wallClock();
  const market = marketCalls(at);
  const provider = ec2Provider({
    client: {
      get: (_kind, { name }) => Promise.resolve(ok((name === "spot" ? spotClaim : onDemandClaim) as never)),
      list: () => Promise.resolve(ok([])),
      patch: (_kind, { name }) => Promise.resolve(ok((name === "spot" ? spotClaim : onDemandClaim) as never)),
    },
    snapshot: () => snapshotOf([customNodeClass, onDemandClaim, spotClaim]),
    clock,
    names: platformNames(),
    cluster: { name: "prod" },
    ec2: ec2Calls(at),
    nodeClasses: deskOf({ ec2: ec2Calls(at) }),
    livePrices: livePrices({ region: at.region, clock, ec2: market, pricing: pricingCalls(at) }),
    quotas: liveQuotas({ clock, ec2: market, quotas: quotaCalls(at) }),
  });
  for (const nodeClaim of [onDemandClaim, spotClaim]) {
    const capacityType = nodeClaim.metadata.name ?? "";
    const types = await provider.instanceTypes(reference);
    const offered = types.ok ? types.value.filter(({ name }) => name === "m7i.large") : [];
    const candidates = offered.map((type) => ({ ...type, offerings: type.offerings.filter((one) => one.capacityType === capacityType) }));
    const launched = await provider.create(nodeClaim, candidates);
    if (launched.kind !== "launched") throw new Error(JSON.stringify(launched));
    // As of several that were launched together, whose owners are known only afterwards.
    await ec2Calls(at).tagInstances(["i-0a"], [{ Key: nodeClaimTag, Value: capacityType }]);
    await provider.whyNotJoined?.({ nodeClaim: capacityType, providerID: launched.providerID });
    await provider.delete({ nodeClaim: capacityType, providerID: launched.providerID });
  }
}

/** A class with a role and an alias: what it selects, its profile, its dry runs, and its end. */
async function lookAfterClass(at: Ec2Endpoint): Promise<void> {
  const [ec2, calls, clock] = [ec2Calls(at), nodeClassCalls(at), wallClock()];
  const { subnetSelectorTerms, securityGroupSelectorTerms } = customNodeClass.spec;
  const nodeClass: EC2NodeClass = {
    ...customNodeClass,
    spec: {
      subnetSelectorTerms,
      securityGroupSelectorTerms,
      role: options.nodeRole,
      amiFamily: "AL2023",
      amiSelectorTerms: [{ alias: "al2023@latest" }],
      capacityReservationSelectorTerms: [{ id: "cr-0a" }],
      placementGroupSelector: { name: "together" },
    },
  };
  await deskOf({ ec2, calls, ssm: ssmCalls(at), eks: eksCalls(at) }).findings(nodeClass);
  const profiles = instanceProfiles({ iam: iamCalls(at), clock, clusterName: "prod", region: at.region });
  const profile = await profiles.state(nodeClass);
  if (profile.kind !== "missing") throw new Error(JSON.stringify(profile));
  expect(await profiles.make(profile.plan)).toEqual(ok(undefined));
  const images = [
    {
      id: "ami-1",
      name: "",
      deprecated: false,
      createdAt: "",
      requirements: [{ key: archLabel, operator: "In" as const, values: ["amd64"] }],
    },
  ];
  const subnets = [{ id: "subnet-a", zone: "ap-southeast-1a", zoneID: "apse1-az1", freeAddresses: 100 }];
  const launch = { images, subnets, securityGroupIDs: ["sg-1"], instanceProfile: profile.plan.name, userData: "secret" };
  expect(await dryRun(calls, { nodeClass, clusterName: "prod", ...launch })).toEqual({ kind: "passed" });
  expect(await profiles.removeAllOf(nodeClass)).toEqual(ok(undefined));
}

/** A notice of the queue, and the status checks. */
async function hearOfInstances(at: Ec2Endpoint): Promise<void> {
  const sqs = sqsCalls({ ...at, queueName: names.queue });
  const messages = await sqs.receive(new AbortController().signal);
  for (const { receipt } of messages.ok ? messages.value : []) await sqs.delete(receipt);
  await instanceStatus({ ec2: ec2Calls(at), clock: wallClock() }).troubles();
}

const statementsOf = (of: GrantNames) => {
  const parsed = parsePolicyDocuments(policyText(of));
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
};
const judged = (of: readonly RecordedCall[] = calls, statements = statementsOf(names)) => judgeCalls(of, { statements, names });

describe("the policy", () => {
  test("allows every recorded call, condition by condition", () => {
    expect(judged().findings).toEqual([]);
    expect(judged().untold).toEqual([]);
    const fleets = calls.filter(({ action, input }) => action === "CreateFleet" && input["DryRun"] !== true);
    const ways = fleets.map(({ input }) => recordOf(input["TargetCapacitySpecification"])["DefaultTargetCapacityType"]);
    expect(ways).toEqual(["on-demand", "spot"]);
  });

  test("grants nothing that no recorded call needs, unless its reason is told", () => {
    expect(judged().unused).toEqual(Object.keys(notExercised).sort());
  });

  test("grants every command that the provisioner can send, and no command of others", () => {
    const granted = new Set(grantGroups(names).flatMap(({ statements }) => statements.flatMap(({ Action }) => Action)));
    const sent = commandsOf();
    expect(sent.length).toBeGreaterThan(10);
    expect(sent.filter((command) => !granted.has(command))).toEqual(Object.keys(othersCommands).sort());
  });

  test("binds what changes anything to the cluster's tag, unless its reason is told", () => {
    const changing = grantGroups(names).flatMap(({ statements }) =>
      statements.filter(({ Action }) => Action.some((action) => !isReading(action))),
    );
    const unbound = changing.filter(
      ({ Condition }) => !JSON.stringify(Condition ?? {}).includes('Tag/kubernetes.io/cluster/prod":"owned"'),
    );
    expect(unbound.map(({ Sid }) => Sid).sort()).toEqual(Object.keys(untaggedGrants).sort());
  });

  test("refuses to end an instance of another cluster, and one without tags", () => {
    const told = (tags: Readonly<Record<string, string>>): RecordedCall[] => [
      { service: "ec2", action: "DescribeInstances", input: {}, tags: { "instance/i-9": tags } },
      { service: "ec2", action: "TerminateInstances", input: { InstanceIds: ["i-9"] } },
    ];
    const own = { "kubernetes.io/cluster/prod": "owned", "karpenter.sh/nodepool": "general" };
    expect(judged(told(own)).findings).toEqual([]);
    for (const tags of [{}, { "kubernetes.io/cluster/other": "owned", "karpenter.sh/nodepool": "general" }]) {
      expect(judged(told(tags)).findings).toEqual([
        {
          kind: "denied",
          action: "ec2:TerminateInstances",
          resource: "arn:aws:ec2:ap-southeast-1:123456789012:instance/*",
          why: 'statement EndOwn: StringEquals wants aws:ResourceTag/kubernetes.io/cluster/prod "owned", and there is none',
          calls: 1,
        },
      ]);
    }
  });

  test("says of each statement what it is for", () => {
    const statements = grantGroups(names).flatMap((group) => group.statements.map(({ Sid }) => Sid));
    expect(Object.keys(grantReasons).sort()).toEqual(statements.sort());
  });

  test("is needed whole: without any one of its statements a recorded call is denied", () => {
    const all = statementsOf(names);
    const idle = all.filter(
      (statement) =>
        judged(
          calls,
          all.filter((one) => one !== statement),
        ).findings.length === 0,
    );
    const reasons = Object.keys(notExercised);
    expect(idle.filter(({ actions }) => !actions.patterns.every((action) => reasons.includes(action))).map(({ name }) => name)).toEqual([]);
  });
});

describe("each recorded request that changes anything is refused,", () => {
  /** The requests of which at least one permission is denied, by their actions in order. */
  const denied = (of: readonly RecordedCall[]): readonly string[] => {
    const [known, statements] = [nothingKnown(), statementsOf(names)];
    return of.flatMap((call) => {
      const needs = needsOf(call, { names, known });
      if (!needs.ok) throw new Error(needs.error);
      return needs.value.authorizations.some((one) => evaluate(statements, one).kind === "denied") ? [call.action] : [];
    });
  };
  /** What the cluster's tag decides: all that changes anything but the queue, and a console, which may hold secrets. */
  const bound = (): readonly string[] =>
    calls.flatMap(({ service, action }) =>
      service !== "sqs" && (action === "GetConsoleOutput" || !isReading(`${service}:${action}`)) ? [action] : [],
    );

  test("when it is sent for another cluster", () => {
    expect(bound().length).toBeGreaterThan(15);
    expect(denied(calls.map((call) => replaced(call, "kubernetes.io/cluster/prod", "kubernetes.io/cluster/other")))).toEqual(bound());
  });

  test("when neither it nor what it is about has tags", () => {
    expect(denied(calls.map(untagged))).toEqual(bound());
  });

  test("when it is about an instance profile of another region", () => {
    const abroad = calls
      .filter(({ service }) => service === "iam")
      .map((call) => replaced(call, `"Value":"${options.region}"`, '"Value":"eu-west-1"'))
      .map((call) => replaced(call, `"topology.kubernetes.io/region":"${options.region}"`, '"topology.kubernetes.io/region":"eu-west-1"'));
    const changes = ["CreateInstanceProfile", "AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile", "DeleteInstanceProfile"];
    expect(new Set(denied(abroad))).toEqual(new Set(changes));
  });

  test("when it hands over another role", () => {
    const others = calls.map((call) => replaced(call, `"RoleName":"${options.nodeRole}"`, '"RoleName":"admin"'));
    expect(denied(others)).toEqual(["AddRoleToInstanceProfile"]);
    expect(judged(others).findings.map(({ action, resource }) => `${action} ${resource}`)).toEqual([
      "iam:PassRole arn:aws:iam::123456789012:role/admin",
    ]);
  });

  test("when it hears another cluster's queue", () => {
    const others = calls
      .map((call) => replaced(call, '"QueueName":"prod"', '"QueueName":"other"'))
      .map((call) => replaced(call, "/123456789012/prod", "/123456789012/other"));
    expect(new Set(denied(others))).toEqual(new Set(["GetQueueUrl", "ReceiveMessage", "DeleteMessage"]));
  });
});

describe("beside Karpenter's policies", () => {
  /** Actions of the policies that Karpenter publishes with 1.15, as its getting-started template has them. */
  const karpenters = [
    "arc-zonal-shift:GetManagedResource",
    ...[
      "CreateFleet",
      "CreateLaunchTemplate",
      "CreateTags",
      "DeleteLaunchTemplate",
      "RebootInstances",
      "RunInstances",
      "TerminateInstances",
    ].map((name) => `ec2:${name}`),
    ...["CapacityReservations", "Images", "InstanceStatus", "InstanceTypeOfferings", "InstanceTypes", "Instances", "LaunchTemplates"].map(
      (name) => `ec2:Describe${name}`,
    ),
    ...["PlacementGroups", "SecurityGroups", "SpotPriceHistory", "Subnets"].map((name) => `ec2:Describe${name}`),
    "eks:DescribeCluster",
    ...["AddRoleTo", "Create", "Delete", "Get", "RemoveRoleFrom", "Tag"].map((verb) => `iam:${verb}InstanceProfile`),
    "iam:ListInstanceProfiles",
    "iam:PassRole",
    "pricing:GetProducts",
    ...["DeleteMessage", "GetQueueUrl", "ReceiveMessage"].map((name) => `sqs:${name}`),
    "ssm:GetParameter",
  ];
  const own = [...new Set(grantGroups(names).flatMap(({ statements }) => statements.flatMap(({ Action }) => Action)))];

  test("ours lack what the page of permissions says, and no more", () => {
    expect(karpenters.filter((action) => !own.includes(action)).sort()).toEqual(Object.keys(karpentersAlone).sort());
  });

  test("ours grant what the page of permissions says, and no more", () => {
    expect(own.filter((action) => !karpenters.includes(action)).sort()).toEqual(Object.keys(oursAlone).sort());
  });

  test("with Karpenter's actions alone, every recorded call is allowed but those", () => {
    const statements = statementsOf(names).map((statement) => ({
      ...statement,
      actions: { ...statement.actions, patterns: statement.actions.patterns.filter((action) => karpenters.includes(action)) },
    }));
    expect([...new Set(judged(calls, statements).findings.map(({ action }) => action))].sort()).toEqual(Object.keys(oursAlone).sort());
  });
});

describe("the queue of the CloudFormation template", () => {
  const { Resources } = parse(cloudFormationText()) as {
    readonly Resources: Readonly<Record<string, { Type: string; Properties: QueuePolicy }>>;
  };

  test("takes messages of EventBridge for this account's rules alone", () => {
    const [allowed, ...others] = Resources["InterruptionQueuePolicy"]?.Properties.PolicyDocument.Statement ?? [];
    const rules = Object.entries(Resources).filter(([, { Type }]) => Type === "AWS::Events::Rule");
    expect(rules.length).toBeGreaterThan(0);
    expect(allowed).toMatchObject({
      Effect: "Allow",
      Principal: { Service: "events.amazonaws.com" },
      Condition: {
        StringEquals: { "aws:SourceAccount": { Ref: "AWS::AccountId" } },
        ArnEquals: { "aws:SourceArn": rules.map(([name]) => ({ "Fn::GetAtt": [name, "Arn"] })) },
      },
    });
    expect(others.map(({ Effect }) => Effect)).toEqual(["Deny"]);
  });
});

interface QueuePolicy {
  readonly PolicyDocument: { readonly Statement: readonly { readonly Effect: string }[] };
}

describe("the CloudFormation template", () => {
  const path = "deploy/cloudformation/plimsoll.yaml";
  const template = parse(cloudFormationText()) as { readonly Resources: Readonly<Record<string, { Type: string; Properties: Policy }>> };
  interface Policy {
    readonly PolicyDocument: { readonly "Fn::Sub": string };
  }

  test("is fresh (else: npm run generate)", () => {
    expect(readFileSync(resolve(import.meta.dirname, "../..", path), "utf8")).toBe(cloudFormationText());
  });

  test("makes the same policies, each short enough for AWS with the longest name of a cluster", () => {
    const documents = Object.values(template.Resources)
      .filter(({ Type }) => Type === "AWS::IAM::ManagedPolicy")
      .map(({ Properties }) => filled(Properties.PolicyDocument["Fn::Sub"], { ClusterName: "prod", NodeRole: "prod-nodes" }));
    const statements = documents.flatMap((text) => (JSON.parse(text) as { Statement: object[] }).Statement);
    expect(statements).toEqual((JSON.parse(policyText(names)) as { Statement: object[] }).Statement);
    const longest = grantGroups({
      ...names,
      partition: "aws-us-gov",
      cluster: "c".repeat(100),
      nodeRole: "r".repeat(64),
      queue: "q".repeat(80),
    });
    for (const { statements: own } of longest) expect(JSON.stringify({ Version: "2012-10-17", Statement: own }).length).toBeLessThan(6_144);
  });
});

describe("plimsoll iam", () => {
  const record = (of: readonly RecordedCall[] = calls) => of.map((call) => JSON.stringify(call)).join("\n");

  test("policy prints the policy", async () => {
    expect(await runPlimsoll(["iam", "policy", ...flags])).toEqual({ code: 0, stdout: policyText(names), stderr: "" });
  });

  test("check says that a record is allowed, and exits 0", async () => {
    const folder = folderOf({ "calls.jsonl": record() });
    const { code, stdout } = await runPlimsoll(["iam", "check", `${folder}/calls.jsonl`, ...flags]);
    expect({ code, last: stdout.trim().split("\n").at(-1) }).toEqual({
      code: 0,
      last: expect.stringMatching(/^\d+ calls need \d+ permissions: all are granted$/) as string,
    });
  });

  test("check names what a given policy lacks, and exits 1", async () => {
    const Statement = grantGroups(names).flatMap(({ statements }) => statements.filter(({ Sid }) => Sid !== "EndOwn"));
    const folder = folderOf({ "calls.jsonl": record(), "role.json": JSON.stringify({ Version: "2012-10-17", Statement }) });
    const { code, stdout } = await runPlimsoll(["iam", "check", `${folder}/calls.jsonl`, "--policy", `${folder}/role.json`, ...flags]);
    expect(code).toBe(1);
    expect(stdout).toContain(
      "denied   ec2:TerminateInstances on arn:aws:ec2:ap-southeast-1:123456789012:instance/*: no statement allows it (2 times)\n",
    );
  });

  test("check says of a call that it does not know that it can't judge it", async () => {
    const unknown = { service: "ec2", action: "StopInstances", input: {} };
    const folder = folderOf({ "calls.jsonl": record([unknown]) });
    const { code, stdout } = await runPlimsoll(["iam", "check", `${folder}/calls.jsonl`, "-o", "json", ...flags]);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      findings: [{ kind: "unknown", why: "ec2:StopInstances is no call whose permissions are known here" }],
    });
  });

  test.each([
    ["a record that is not there", [], "calls.jsonl can't be read (ENOENT)"],
    [
      "a line that is no call",
      [["calls.jsonl", "{}\n"]],
      "calls.jsonl line 1 is no recorded call: an object with service, action and input, as serve --record-calls writes it",
    ],
    ["an empty record", [["calls.jsonl", "\n"]], "calls.jsonl has no call"],
  ] as const)("check of %s exits 2 and says so", async (_what, files, message) => {
    const folder = folderOf(Object.fromEntries(files));
    const { code, stderr } = await runPlimsoll(["iam", "check", `${folder}/calls.jsonl`, ...flags]);
    expect({ code, stderr }).toEqual({ code: 2, stderr: `plimsoll iam check: ${folder}/${message}\n` });
  });
});

test("a record holds no user data, which may be secret", () => {
  expect(JSON.stringify(calls)).toContain('"UserData":"(left out)"');
  expect(JSON.stringify(calls)).not.toContain(Buffer.from("#!/bin/sh").toString("base64"));
});

/** A claim that is named after the way in which its node is bought. */
function claimOf(name: "on-demand" | "spot"): NodeClaim {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name, uid: `uid-${name}`, resourceVersion: "1", labels: { "karpenter.sh/nodepool": "general" } },
    spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
  };
}

/** Commands of the SDK that the calls' ports send, as actions. */
function commandsOf(): readonly string[] {
  const services: Readonly<Record<string, string>> = { pricing: "pricing", "service-quotas": "servicequotas" };
  const found = sourceTree("src/ec2").flatMap(({ text }) => {
    // EC2's client is shared by several files.
    const [, client = ""] = /import\("@aws-sdk\/client-([a-z0-9-]+)"\)/.exec(text) ?? /from "\.\/(ec2)-client\.ts"/.exec(text) ?? [];
    return [...text.matchAll(/new sdk\.(\w+)Command\(/g)].map(([, command = ""]) => `${services[client] ?? client}:${command}`);
  });
  return [...new Set(found)].sort();
}

function isReading(action: string): boolean {
  return /:(Describe|Get(?!.*Queue)|List)/.test(action);
}

function replaced(call: RecordedCall, text: string, other: string): RecordedCall {
  return JSON.parse(JSON.stringify(call).replaceAll(text, other)) as RecordedCall;
}

/** The call as if nobody had tagged anything. */
function untagged(call: RecordedCall): RecordedCall {
  const tags = new Set(["TagSpecifications", "Tags", "tags"]);
  return JSON.parse(JSON.stringify(call), (key: string, value: unknown) => (tags.has(key) ? undefined : value)) as RecordedCall;
}

/** What CloudFormation fills in. */
function filled(text: string, own: { readonly ClusterName: string; readonly NodeRole: string }): string {
  const values: Readonly<Record<string, string>> = {
    ...own,
    "AWS::Partition": names.partition,
    "AWS::Region": names.region,
    "AWS::AccountId": names.account,
    "InterruptionQueue.QueueName": names.queue,
  };
  return text.replaceAll(/\$\{([^}]+)\}/g, (_whole, name: string) => values[name] ?? "unknown");
}
