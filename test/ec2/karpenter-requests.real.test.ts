/**
 * Our CreateLaunchTemplate and CreateFleet mean what Karpenter's mean.
 *
 * Each NodeClaim that Karpenter was recorded with (fixtures/karpenter-requests) is launched by our provider on the stand-in. The
 * requests are compared by meaning: the node of every offering, and the fleet's own settings. Each difference that we want stands
 * here with its reason; one that is gone fails the test as well as one that is new.
 */
import { CreateSecurityGroupCommand, CreateTagsCommand, DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateRoleCommand, IAMClient } from "@aws-sdk/client-iam";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Prices } from "../../src/catalog/prices.ts";
import { sensiblePriceMax } from "../../src/provisioner/scheduling/sensible-price.ts";
import { startMoto, type Moto } from "../support/ec2-moto.ts";
import { startEc2Proxy, type Ec2Proxy } from "../support/ec2-proxy.ts";
import { differences, launchMeaning } from "./launch-meaning.ts";
import { recordedCase } from "./recorded-case.ts";
import { wireLaunches, wireRegion } from "./wire-launch.ts";

const cases = ["a-on-demand", "c-arm64", "e-gpu"];
/** What every launch of ours says otherwise, by the path of its meaning. */
const wanted: readonly { readonly path: string; readonly reason: string }[] = [
  {
    path: "offering.ownTags.launch-template.platform.example.com/launch",
    reason: "templates that nothing uses any more are deleted by it, and never another's",
  },
  ...["instance", "volume", "fleet"].flatMap((resource) => [
    {
      path: `fleet.tags.${resource}.karpenter.sh/nodeclaim`,
      reason:
        "a single instance is its claim's from its first moment; Karpenter names it after it has registered, and until then can lose it",
    },
    {
      path: `fleet.tags.${resource}.platform.example.com/launch`,
      reason: "the client token: what an attempt left is found by it, whoever sent it",
    },
  ]),
];

const moto = await startMoto();
if ("missing" in moto) process.stderr.write(`${moto.missing}\n`);
else
  describe("our launches", () => {
    launchTests(moto);
  });

function launchTests(server: Moto): void {
  let proxy: Ec2Proxy;

  beforeAll(async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" });
    proxy = await startEc2Proxy(server.url, { limits: {} });
    proxy.setCluster({
      name: "oracle",
      endpoint: "https://oracle.example:443",
      certificateAuthority: "RkFLRS1DQQ==",
      serviceIPv4CIDR: "10.96.0.0/16",
      version: "1.36",
    });
    await discoverable(proxy.url);
  });
  afterAll(async () => {
    await proxy.close();
    await server.close();
  });

  test.each(cases)("of case %s mean what Karpenter's mean, but for what we want otherwise", async (name) => {
    const { nodeClass, launches, prices } = recordedCase(name);
    const nodeClaims = launches.map(({ nodeClaim }) => nodeClaim);
    const ours = await wireLaunches({ proxy, cluster: "oracle", nodeClass, nodeClaims, prices: recordedPrices(prices) });
    const found = launches.flatMap(({ sent, nodeClaim }) => {
      const our = ours.find((one) => one.nodeClaim === nodeClaim);
      return our === undefined
        ? [`${nodeClaim.metadata.name ?? ""} was not launched`]
        : differences(launchMeaning(sent), launchMeaning(our.sent));
    });
    const isTooDear = tooDearIn(prices);
    const unwanted = found.filter((line) => !isTooDear(line) && !wanted.some(({ path }) => line.startsWith(`${path}: `)));
    expect([...new Set(unwanted)]).toEqual([]);
    expect(wanted.filter(({ path }) => !found.some((line) => line.startsWith(`${path}: `))).map(({ path }) => path)).toEqual([]);
  });
}

/** Karpenter asks for each of its types however dear; ours for none at more than so many times the price of the cheapest. */
function tooDearIn(recorded: ReadonlyMap<string, number>): (difference: string) => boolean {
  const most = Math.min(...recorded.values()) * sensiblePriceMax;
  return (difference) => {
    const [, type] = /^only theirs: (\S+) \S+$/.exec(difference) ?? [];
    return type !== undefined && (recorded.get(type) ?? 0) > most;
  };
}

/** Types that Karpenter did not ask for were dearer than the sixty that it did ask for. */
function recordedPrices(recorded: ReadonlyMap<string, number>): Prices {
  const dearer = 1_000;
  return { asOf: "the recording", onDemand: (type) => recorded.get(type) ?? dearer, spot: () => undefined };
}

/** What the recorded NodeClasses select. */
async function discoverable(endpoint: string): Promise<void> {
  const client = new EC2Client({ region: wireRegion, endpoint });
  const { Subnets = [] } = await client.send(new DescribeSubnetsCommand({}));
  const group = await client.send(new CreateSecurityGroupCommand({ GroupName: "oracle-nodes", Description: "nodes" }));
  const Resources = [group.GroupId ?? "", ...Subnets.flatMap(({ SubnetId }) => SubnetId ?? [])];
  await client.send(new CreateTagsCommand({ Resources, Tags: [{ Key: "karpenter.sh/discovery", Value: "oracle" }] }));
  const role = { RoleName: "KarpenterNodeRole", AssumeRolePolicyDocument: "{}" };
  await new IAMClient({ region: wireRegion, endpoint }).send(new CreateRoleCommand(role));
}
