/**
 * EC2NodeClasses on AWS' own protocols: the EC2 stand-in, with the SDK between.
 *
 * Each family's class becomes Ready by what its alias finds in SSM and EC2, with a profile that IAM has, and leaves nothing behind.
 */
import { CreateSecurityGroupCommand, DescribeLaunchTemplatesCommand, DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateInstanceProfileCommand, CreateRoleCommand, IAMClient, ListInstanceProfilesCommand } from "@aws-sdk/client-iam";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { EC2NodeClass } from "../../../src/api/ec2-node-class.ts";
import { callLogger, type RecordedCall } from "../../../src/ec2/recorded-call.ts";
import { startMoto, type Moto } from "../../support/ec2-moto.ts";
import { startEc2Proxy, type Ec2Proxy } from "../../support/ec2-proxy.ts";
import { permissionFindings } from "../../support/recorded-permissions.ts";
import { awsPorts, classWorld } from "./class-world.ts";

const region = "ap-southeast-1";
const moto = await startMoto();
if ("missing" in moto) process.stderr.write(`${moto.missing}\n`);
else
  describe("an EC2NodeClass on the stand-in", () => {
    classTests(moto);
  });

function classTests(server: Moto): void {
  let proxy: Ec2Proxy;
  let ec2: EC2Client;
  let iam: IAMClient;
  let subnets: readonly string[];
  const calls: RecordedCall[] = [];

  beforeAll(async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" });
    proxy = await startEc2Proxy(server.url, { limits: {} });
    proxy.setCluster({
      name: "prod",
      endpoint: "https://prod.example:443",
      certificateAuthority: "Q0E=",
      serviceIPv4CIDR: "10.96.0.0/16",
      version: "1.36",
    });
    ec2 = new EC2Client({ region, endpoint: proxy.url });
    iam = new IAMClient({ region, endpoint: proxy.url });
    subnets = ((await ec2.send(new DescribeSubnetsCommand({}))).Subnets ?? []).flatMap(({ SubnetId }) => SubnetId ?? []);
    await ec2.send(new CreateSecurityGroupCommand({ GroupName: "class-nodes", Description: "nodes" }));
    await iam.send(new CreateRoleCommand({ RoleName: "NodeRole", AssumeRolePolicyDocument: "{}" }));
    await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: "somebody-elses", Path: "/karpenter/" }));
  }, 120_000);
  afterAll(async () => {
    await proxy.close();
    await server.close();
  });

  const classOf = (alias: string): EC2NodeClass => ({
    apiVersion: "karpenter.k8s.aws/v1",
    kind: "EC2NodeClass",
    metadata: { name: "default", uid: "uid-class", generation: 1 },
    spec: {
      amiSelectorTerms: [{ alias }],
      subnetSelectorTerms: subnets.map((id) => ({ id })),
      securityGroupSelectorTerms: [{ name: "class-nodes" }],
      role: "NodeRole",
    },
  });
  const profileNames = async () =>
    ((await iam.send(new ListInstanceProfilesCommand({}))).InstanceProfiles ?? []).map(
      ({ InstanceProfileName = "" }) => InstanceProfileName,
    );
  const templateNames = async () => ((await ec2.send(new DescribeLaunchTemplatesCommand({}))).LaunchTemplates ?? []).length;

  test.each([
    ["al2023@latest", "36", 5],
    ["al2023@v20260903", "36", 5],
    ["bottlerocket@latest", "36", 5],
    ["al2@latest", "32", 4],
    ["windows2022@latest", "36", 1],
  ])("of alias %s becomes Ready, and goes without a trace", async (alias, minor, images) => {
    const nodeClass = classOf(alias);
    const world = classWorld({
      nodeClass,
      aws: awsPorts({ region, endpoint: proxy.url, logger: callLogger((call) => calls.push(call)) }),
      cluster: { name: "prod" },
      region,
      minor,
      now: Date.now,
    });
    await world.settle();
    expect([world.condition("Ready"), world.state.events]).toMatchObject([{ status: "True", message: "" }, []]);
    expect(world.state.nodeClass?.status?.amis).toHaveLength(images);
    expect(world.state.nodeClass?.status?.subnets?.map(({ zone }) => zone).sort()).toEqual(
      ["a", "b", "c"].map((zone) => `${region}${zone}`),
    );
    expect(await profileNames()).toContain(world.state.nodeClass?.status?.instanceProfile);
    expect(await templateNames()).toBe(0);
    const { metadata } = world.state.nodeClass!;
    world.state.nodeClass = { ...world.state.nodeClass!, metadata: { ...metadata, deletionTimestamp: "2026-07-01T00:00:00Z" } };
    await world.settle();
    expect(world.state.nodeClass).toBeUndefined();
    expect(await profileNames()).toEqual(["somebody-elses"]);
  });

  test("asks nothing of AWS that our policy does not grant", () => {
    expect(permissionFindings(calls, { clusterName: "prod", region, nodeRole: "NodeRole" })).toEqual([]);
    const changes = ["CreateInstanceProfile", "AddRoleToInstanceProfile", "RemoveRoleFromInstanceProfile", "DeleteInstanceProfile"];
    expect(calls.map(({ action }) => action)).toEqual(expect.arrayContaining([...changes, "CreateLaunchTemplate", "DeleteLaunchTemplate"]));
  });
}
