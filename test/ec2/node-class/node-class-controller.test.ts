/**
 * The EC2NodeClass controller over a small AWS: from a class as it is applied to Ready, what keeps it from there, and its end.
 */
import { describe, expect, it } from "vitest";
import type { EC2NodeClass, EC2NodeClassSpec } from "../../../src/api/ec2-node-class.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import { profilePlan } from "../../../src/ec2/instance-profiles.ts";
import { classWorld } from "./class-world.ts";
import { smallAws, type SmallAwsOptions } from "./small-aws.ts";

const zone = "us-east-1a";
const finalizer = "karpenter.k8s.aws/termination";
const whole = { name: "prod", endpoint: "https://prod.example", certificateAuthority: "Q0E=", serviceCIDR: "10.0.0.0/16" };
const account: SmallAwsOptions = {
  images: [{ ImageId: "ami-1", Name: "own", Architecture: "x86_64", CreationDate: "2026-01-01T00:00:00.000Z" }],
  subnets: [
    { SubnetId: "subnet-a", AvailabilityZone: zone, AvailabilityZoneId: "use1-az1", AvailableIpAddressCount: 10 },
    { SubnetId: "subnet-b", AvailabilityZone: "us-east-1b", AvailabilityZoneId: "use1-az2", AvailableIpAddressCount: 20 },
  ],
  groups: [{ GroupId: "sg-1", GroupName: "nodes" }],
  roles: ["KarpenterNodeRole", "other"],
  cluster: whole,
};
const spec: EC2NodeClassSpec = {
  amiFamily: "AL2023",
  amiSelectorTerms: [{ id: "ami-1" }],
  subnetSelectorTerms: [{ id: "subnet-a" }, { id: "subnet-b" }],
  securityGroupSelectorTerms: [{ name: "nodes" }],
  role: "KarpenterNodeRole",
};
const reference = { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" };

function classOf(overlay: Partial<EC2NodeClassSpec> = {}, metadata: Partial<EC2NodeClass["metadata"]> = {}): EC2NodeClass {
  const base = { name: "default", uid: "uid-class", generation: 1, resourceVersion: "1" };
  return { apiVersion: "karpenter.k8s.aws/v1", kind: "EC2NodeClass", metadata: { ...base, ...metadata }, spec: { ...spec, ...overlay } };
}

function claimOf(name: string, annotations: Readonly<Record<string, string>> = {}, status?: NodeClaim["status"]): NodeClaim {
  const base = { apiVersion: "karpenter.sh/v1", kind: "NodeClaim", metadata: { name, annotations } };
  return { ...base, spec: { nodeClassRef: reference, requirements: [] }, ...(status === undefined ? {} : { status }) };
}

/** A cluster with one class over a small AWS, whose clock a test moves. */
function world(
  nodeClass: EC2NodeClass,
  claims: readonly NodeClaim[] = [],
  { isDryRunOff = false, ...options }: SmallAwsOptions & { readonly isDryRunOff?: boolean } = account,
) {
  let now = Date.parse("2026-07-01T00:00:00Z");
  const aws = smallAws({ ...options, now: () => now });
  const opened = classWorld({ nodeClass, claims, aws, cluster: { name: "prod" }, region: "us-east-1", isDryRunOff, now: () => now });
  const { state } = opened;
  return {
    ...opened,
    aws,
    pass: (ms: number) => {
      now += ms;
    },
    change: (overlay: Partial<EC2NodeClassSpec>) => {
      const { metadata, spec: before = spec } = state.nodeClass!;
      const generation = (metadata.generation ?? 0) + 1;
      state.nodeClass = { ...state.nodeClass!, metadata: { ...metadata, generation }, spec: { ...before, ...overlay } };
    },
  };
}

describe("a class that is applied", () => {
  it("becomes Ready, one write at a time, and then rests", async () => {
    const { settle, state, condition } = world(classOf());
    await settle();
    expect(state.steps).toEqual(["add-finalizer", "annotate", "make-profile", "dry-run", "write-status", "settled"]);
    expect(state.nodeClass?.metadata.finalizers).toEqual([finalizer]);
    expect(state.nodeClass?.metadata.annotations).toMatchObject({ "karpenter.k8s.aws/ec2nodeclass-hash-version": "v6" });
    expect(condition("Ready")).toEqual({
      type: "Ready",
      status: "True",
      reason: "Ready",
      message: "",
      lastTransitionTime: "2026-07-01T00:00:00Z",
      observedGeneration: 1,
    });
    expect(state.events).toEqual([]);
  });

  it("says what was found in Karpenter's form, the subnet with most free addresses first", async () => {
    const { settle, state } = world(classOf());
    await settle();
    const { conditions, instanceProfile, ...found } = state.nodeClass?.status ?? {};
    expect(found).toEqual({
      subnets: [
        { id: "subnet-b", zone: "us-east-1b", zoneID: "use1-az2" },
        { id: "subnet-a", zone, zoneID: "use1-az1" },
      ],
      securityGroups: [{ id: "sg-1", name: "nodes" }],
      amis: [{ id: "ami-1", name: "own", requirements: [{ key: "kubernetes.io/arch", operator: "In", values: ["amd64"] }] }],
      capacityReservations: [],
    });
    expect(instanceProfile).toMatch(/^prod_\d+$/);
    expect(conditions?.map(({ type }) => type)).toEqual([
      "AMIsReady",
      "CapacityReservationsReady",
      "InstanceProfileReady",
      "PlacementGroupReady",
      "Ready",
      "SecurityGroupsReady",
      "SubnetsReady",
      "ValidationSucceeded",
    ]);
  });

  it("leaves no launch template behind its dry runs", async () => {
    const { settle, aws } = world(classOf());
    await settle();
    expect(aws.asked).toEqual(expect.arrayContaining(["CreateLaunchTemplate", "CreateFleet", "RunInstances", "DeleteLaunchTemplate"]));
    expect([...aws.templates.keys()]).toEqual([]);
  });

  it("is not tried where dry runs are off, and says so", async () => {
    const { settle, aws, condition, state } = world(classOf(), [], { ...account, isDryRunOff: true });
    await settle();
    expect(state.steps).toEqual(["add-finalizer", "annotate", "make-profile", "write-status", "settled"]);
    expect(aws.asked.filter((call) => /^(Create|Run|Delete)(LaunchTemplate|Fleet|Instances)$/.test(call))).toEqual([]);
    expect(condition("ValidationSucceeded")).toMatchObject({ status: "True", reason: "DryRunDisabled" });
    expect(condition("Ready")).toMatchObject({ status: "True" });
  });

  it("asks AWS nothing again while it rests for less than a minute", async () => {
    const { settle, aws, look, pass } = world(classOf());
    await settle();
    const asked = aws.asked.length;
    pass(50_000);
    await look();
    expect(aws.asked.slice(asked)).toEqual([]);
  });

  it("can be launched from what the desk tells", async () => {
    const { settle, desk, state } = world(classOf());
    await settle();
    const resources = await desk.resources(state.nodeClass!);
    expect(resources).toMatchObject({
      ok: true,
      value: {
        images: { amd64: "ami-1" },
        subnets: { [zone]: "subnet-a", "us-east-1b": "subnet-b" },
        securityGroupIDs: ["sg-1"],
        instanceProfile: state.nodeClass?.status?.instanceProfile,
        cluster: whole,
      },
    });
  });

  it("is found again by a process that died after making the profile", async () => {
    const first = world(classOf());
    await first.settle();
    const second = world(classOf());
    for (const [name, profile] of first.aws.profiles) second.aws.profiles.set(name, profile);
    await second.settle();
    expect(second.state.steps).not.toContain("make-profile");
    expect([...second.aws.profiles.keys()]).toEqual([...first.aws.profiles.keys()]);
  });
});

describe("what keeps a class from Ready is said once, with what to do", () => {
  const check = (
    what: string,
    of: { overlay?: Partial<EC2NodeClassSpec>; account?: SmallAwsOptions; type: string; words: object; event: string },
  ) => {
    it(what, async () => {
      const { settle, condition, state, pass, look } = world(classOf(of.overlay), [], { ...account, ...of.account });
      await settle();
      expect(condition(of.type)).toMatchObject({ status: "False", ...of.words });
      expect(condition("Ready")).toMatchObject({ status: "False", reason: "UnhealthyDependents" });
      expect(state.events).toContainEqual(expect.stringContaining(of.event));
      const said = state.events.length;
      pass(120_000);
      await look();
      await settle();
      expect(state.events.length).toBe(said);
    });
  };
  check("no subnet", {
    account: { subnets: [] },
    type: "SubnetsReady",
    words: { reason: "SubnetsNotFound", message: "subnetSelectorTerms match no subnet" },
    event: "SubnetsNotFound: ",
  });
  check("no security group", {
    account: { groups: [] },
    type: "SecurityGroupsReady",
    words: { reason: "SecurityGroupsNotFound" },
    event: "SecurityGroupsNotFound",
  });
  check("no image", { account: { images: [] }, type: "AMIsReady", words: { reason: "AMINotFound" }, event: "AMINotFound" });
  check("an alias of a family that this version of EKS has no images of", {
    overlay: { amiFamily: "AL2", amiSelectorTerms: [{ alias: "al2@latest" }] },
    type: "AMIsReady",
    words: { reason: "UnsupportedAlias" },
    event: "use al2023",
  });
  check("a misspelled kubelet field", {
    overlay: { kubelet: { maxPod: 3 } },
    type: "ValidationSucceeded",
    words: { reason: "InvalidKubeletConfiguration" },
    event: "did you mean maxPods?",
  });
  check("user data that EC2 would refuse", {
    overlay: { userData: "x".repeat(17_000) },
    type: "ValidationSucceeded",
    words: { reason: "UserDataSizeLimitExceeded" },
    event: "shorten spec.userData",
  });
  check("user data that the image could not read", {
    overlay: { amiFamily: "Bottlerocket", userData: "settings = [" },
    type: "ValidationSucceeded",
    words: { reason: "UserDataInvalid" },
    event: "it is no TOML",
  });
  check("a cluster of which EKS knows nothing", {
    account: { cluster: { name: "prod" } },
    type: "ValidationSucceeded",
    words: { reason: "ClusterCIDRResolutionFailed" },
    event: "--cluster-endpoint",
  });
  check("dependencies that are missing are waited for", {
    account: { subnets: [] },
    type: "ValidationSucceeded",
    words: { reason: "DependenciesNotReady" },
    event: "Awaiting AMI",
  });

  it("permissions that are missing, by the call that lacks them", async () => {
    for (const [call, reason] of [
      ["CreateLaunchTemplate", "CreateLaunchTemplateAuthCheckFailed"],
      ["CreateFleet", "CreateFleetAuthCheckFailed"],
      ["RunInstances", "RunInstancesAuthCheckFailed"],
    ] as const) {
      const { aws, settle, condition } = world(classOf());
      aws.fail(call, "UnauthorizedOperation");
      await settle();
      expect(condition("ValidationSucceeded")).toMatchObject({ status: "False", reason });
      expect(condition("ValidationSucceeded")?.message).toContain(`Controller isn't authorized to call ec2:${call}`);
      expect([...aws.templates.keys()]).toEqual([]);
    }
  });

  it("a profile that EC2 does not see yet: nothing is launched with it, and it is looked at again within seconds", async () => {
    const { aws, settle, condition, desk, state, pass, look } = world(classOf());
    aws.fail(
      "RunInstances",
      "InvalidParameterValue",
      "Value (prod_1) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name",
    );
    await settle();
    expect(condition("ValidationSucceeded")).toMatchObject({ status: "Unknown", reason: "InstanceProfileNotFound" });
    expect(await desk.resources(state.nodeClass!)).toMatchObject({ ok: false, error: { kind: "node-class-not-ready" } });
    expect(await look()).toEqual({ kind: "after", delayMs: 5_000 });
    aws.fail("RunInstances");
    pass(5_000);
    await settle();
    expect(condition("Ready")).toMatchObject({ status: "True" });
    expect(await desk.resources(state.nodeClass!)).toMatchObject({ ok: true });
  });

  it("a role that does not exist, until somebody makes it", async () => {
    const { aws, settle, condition, pass, state } = world(classOf({ role: "path/to/missing" }));
    await settle();
    expect(state.steps.at(-1)).toBe("make-profile");
    await settle();
    expect(condition("InstanceProfileReady")).toMatchObject({ status: "False", reason: "RoleNotFound" });
    expect(condition("InstanceProfileReady")?.message).toContain('role "missing" can\'t be put into instance profile');
    aws.roles.add("missing");
    pass(61_000);
    await settle();
    expect(condition("Ready")).toMatchObject({ status: "True" });
  });

  it("a role that may not be handed over, until somebody grants it", async () => {
    const { aws, settle, condition, desk, pass, state } = world(classOf());
    aws.fail("AddRoleToInstanceProfile", "AccessDenied", notAuthorized("iam:PassRole"));
    await settle();
    await settle();
    expect(condition("InstanceProfileReady")).toMatchObject({ status: "False", reason: "NotAuthorized" });
    expect(condition("InstanceProfileReady")?.message).toMatch(
      /not authorized to perform: iam:PassRole .*; fix: let the provisioner's role have iam:PassRole/,
    );
    expect(state.events).toContainEqual(expect.stringMatching(/^NotAuthorized: .*iam:PassRole/));
    const resources = await desk.resources(state.nodeClass!);
    expect(resources.ok ? "" : resources.error.message).toContain("fix: let the provisioner's role have iam:PassRole");
    aws.fail("AddRoleToInstanceProfile");
    pass(61_000);
    await settle();
    expect(condition("Ready")).toMatchObject({ status: "True" });
  });

  it("a launch that may not hand over the role, in the words of the dry run", async () => {
    const { aws, settle, condition } = world(classOf());
    aws.fail("RunInstances", "UnauthorizedOperation", `You are not authorized to perform this operation. ${notAuthorized("iam:PassRole")}`);
    await settle();
    expect(condition("ValidationSucceeded")).toMatchObject({ status: "False", reason: "RunInstancesAuthCheckFailed" });
    expect(condition("ValidationSucceeded")?.message).toContain("fix: let the provisioner's role have iam:PassRole");
  });
});

describe("while AWS does not answer", () => {
  it("a class that is Ready stays so, with what was found", async () => {
    const { aws, settle, condition, pass, state } = world(classOf());
    await settle();
    const before = state.nodeClass?.status;
    for (const call of ["DescribeSubnets", "DescribeImages", "DescribeSecurityGroups"]) aws.fail(call, "RequestLimitExceeded");
    pass(61_000);
    await settle();
    expect(condition("Ready")).toMatchObject({ status: "True" });
    expect(state.nodeClass?.status).toEqual(before);
  });

  it("a class that was changed is Unknown: what was found for another spec says nothing", async () => {
    const { aws, settle, condition, change } = world(classOf());
    await settle();
    aws.fail("DescribeSubnets", "RequestLimitExceeded");
    change({ subnetSelectorTerms: [{ tags: { other: "*" } }] });
    await settle();
    expect(condition("SubnetsReady")).toMatchObject({
      status: "Unknown",
      message: "subnets: RequestLimitExceeded: DescribeSubnets answered so",
    });
    expect(condition("Ready")).toMatchObject({ status: "Unknown", message: expect.stringContaining("SubnetsReady=Unknown") as unknown });
  });

  it("the drift hash waits for EKS: without the certificate authority every node would look drifted", async () => {
    const { aws, settle, state, pass } = world(classOf());
    aws.fail("DescribeCluster", "ServerException");
    await settle();
    expect(state.nodeClass?.metadata.annotations).toBeUndefined();
    aws.fail("DescribeCluster");
    pass(61_000);
    await settle();
    expect(state.nodeClass?.metadata.annotations).toMatchObject({ "karpenter.k8s.aws/ec2nodeclass-hash-version": "v6" });
  });
});

describe("hashes of an older version", () => {
  it("are replaced on the claims before the class, and say nothing of drift", async () => {
    const v5 = { "karpenter.k8s.aws/ec2nodeclass-hash": "1", "karpenter.k8s.aws/ec2nodeclass-hash-version": "v5" };
    const conditions = [{ type: "Drifted", status: "True" as const, lastTransitionTime: "2026-01-01T00:00:00Z" }];
    const { settle, state } = world(classOf({}, { annotations: v5 }), [claimOf("plain", v5), claimOf("drifted", v5, { conditions })]);
    await settle();
    expect(state.steps.slice(0, 3)).toEqual(["add-finalizer", "stamp-claims", "annotate"]);
    const hash = state.nodeClass?.metadata.annotations?.["karpenter.k8s.aws/ec2nodeclass-hash"];
    const [plain, drifted] = state.claims.map(({ metadata }) => metadata.annotations);
    expect(plain).toEqual({ "karpenter.k8s.aws/ec2nodeclass-hash": hash, "karpenter.k8s.aws/ec2nodeclass-hash-version": "v6" });
    expect(drifted).toEqual({ "karpenter.k8s.aws/ec2nodeclass-hash": "1", "karpenter.k8s.aws/ec2nodeclass-hash-version": "v6" });
  });

  it("of the same version stay on the claims when the class changes: that is drift", async () => {
    const { settle, state, change } = world(classOf(), [claimOf("one")]);
    await settle();
    state.claims = [claimOf("one", { ...state.nodeClass?.metadata.annotations })];
    change({ userData: "echo new" });
    await settle();
    expect(state.claims[0]?.metadata.annotations?.["karpenter.k8s.aws/ec2nodeclass-hash"]).not.toBe(
      state.nodeClass?.metadata.annotations?.["karpenter.k8s.aws/ec2nodeclass-hash"],
    );
  });
});

describe("a class that goes", () => {
  const going = { deletionTimestamp: "2026-07-01T00:00:00Z", finalizers: [finalizer] };

  it("waits for its NodeClaims, and names them", async () => {
    const claims = ["a", "b", "c", "d", "e", "f", "g"].map((name) => claimOf(name));
    const { settle, state } = world(classOf({}, going), claims);
    await settle();
    expect(state.nodeClass).toBeDefined();
    expect(state.events).toEqual(["WaitingOnNodeClaimTermination: Waiting on NodeClaim termination for a, b, c, d, e and 2 other(s)"]);
  });

  it("takes its profiles and launch templates along, and nobody else's", async () => {
    const { settle, state, aws } = world(classOf());
    await settle();
    const other = { name: "other", path: "/karpenter/us-east-1/prod/uid-other/", tags: {} };
    aws.profiles.set("other", other);
    const tags = (name: string) => [
      { Key: "eks:eks-cluster-name", Value: "prod" },
      { Key: "karpenter.k8s.aws/ec2nodeclass", Value: name },
    ];
    aws.templates.set("ours", tags("default"));
    aws.templates.set("theirs", tags("other"));
    state.nodeClass = { ...state.nodeClass!, metadata: { ...state.nodeClass!.metadata, ...going } };
    await settle();
    expect(state.nodeClass).toBeUndefined();
    expect([...aws.profiles.keys()]).toEqual(["other"]);
    expect([...aws.templates.keys()]).toEqual(["theirs"]);
  });

  it("stays while AWS keeps what was made for it", async () => {
    const { settle, state, aws } = world(classOf());
    await settle();
    aws.fail("DeleteInstanceProfile", "ServiceFailure");
    state.nodeClass = { ...state.nodeClass!, metadata: { ...state.nodeClass!.metadata, ...going } };
    await settle();
    expect(state.nodeClass).toBeDefined();
    expect(state.events.at(-1)).toMatch(/^RemovalFailed: instance profile ".+": ServiceFailure/);
  });
});

describe("instance profiles", () => {
  it("a changed role gets a profile of its own; the old one goes when no claim names it and it is an hour old", async () => {
    const { settle, state, aws, change, collect, pass } = world(classOf(), [claimOf("one")]);
    await settle();
    const old = state.nodeClass?.status?.instanceProfile ?? "";
    state.claims = [claimOf("one", { "karpenter.k8s.aws/instance-profile-name": old })];
    change({ role: "other" });
    await settle();
    const fresh = state.nodeClass?.status?.instanceProfile ?? "";
    expect(fresh).not.toBe(old);
    pass(3_700_000);
    await collect();
    expect([...aws.profiles.keys()].sort()).toEqual([fresh, old].sort());
    state.claims = [];
    await collect();
    expect([...aws.profiles.keys()]).toEqual([fresh]);
  });

  it("one that is not an hour old stays: a claim may just be naming it", async () => {
    const { settle, aws, change, collect } = world(classOf());
    await settle();
    change({ role: "other" });
    await settle();
    await collect();
    expect(aws.profiles.size).toBe(2);
  });

  it("a claim that does not say which profile its node has keeps all of its class's", async () => {
    const { settle, aws, change, collect, pass } = world(classOf(), [claimOf("silent")]);
    await settle();
    change({ role: "other" });
    await settle();
    pass(3_700_000);
    await collect();
    expect(aws.profiles.size).toBe(2);
  });

  it("under another path are never touched, also where the list ignores the prefix", async () => {
    const { settle, aws, collect, pass } = world(classOf());
    await settle();
    aws.profiles.set("foreign", { name: "foreign", path: "/karpenter/us-east-1/staging/uid/", tags: {}, createdAt: 0 });
    aws.profiles.set("human", { name: "human", path: "/", tags: {}, createdAt: 0 });
    pass(3_700_000);
    await collect();
    expect([...aws.profiles.keys()]).toEqual(expect.arrayContaining(["foreign", "human"]));
  });

  it("that a Karpenter before us made for the same role is kept", async () => {
    const made = classOf({}, {});
    const status = { instanceProfile: "prod_karpenters", conditions: [] };
    const { settle, state, aws } = world({ ...made, status });
    aws.profiles.set("prod_karpenters", {
      name: "prod_karpenters",
      path: profilePlan(made, { clusterName: "prod", region: "us-east-1" }).path,
      tags: {},
      role: "KarpenterNodeRole",
    });
    await settle();
    expect(state.nodeClass?.status?.instanceProfile).toBe("prod_karpenters");
    expect(state.steps).not.toContain("make-profile");
  });
});

/** AWS' sentence. */
function notAuthorized(action: string): string {
  return `User: arn:aws:sts::123456789012:assumed-role/plimsoll/pod is not authorized to perform: ${action} on resource: * because no identity-based policy allows the ${action} action`;
}
