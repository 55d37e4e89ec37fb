/**
 * A cluster whose nodes are EC2's: the real control plane, the EC2 stand-in, a joiner and a real `plimsoll serve --provider ec2`.
 *
 * Starts all of it, with one EC2NodeClass whose image, subnets and security group are moto's own, and returns what a test or a bench
 * asks of it. Kubelets are kwok's, so a Pod runs once it is bound.
 */
import { CreateTagsCommand, DescribeLaunchTemplatesCommand, DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { ec2Calls } from "../../src/ec2/ec2-calls.ts";
import { startControlPlane, type Component, type ControlPlane } from "./control-plane.ts";
import type { Moto } from "./ec2-moto.ts";
import { startEc2Proxy, type Ec2Proxy } from "./ec2-proxy.ts";
import { startJoiner, type Joiner } from "./joiner.ts";
import { installPlimsoll, refusedByRoles, startServe, type ServeProcess } from "./plimsoll-serve.ts";

export const ec2Region = "ap-southeast-1";
export const ec2ClusterName = "test";

export interface Ec2Cluster {
  readonly plane: ControlPlane;
  readonly proxy: Ec2Proxy;
  /** The process that runs now. */
  serve(): ServeProcess;
  /** Instances of the cluster that are not ended, by id, as moto itself tells. */
  standingInstances(): Promise<readonly string[]>;
  /** Names of all launch templates. */
  launchTemplates(): Promise<readonly string[]>;
  /** Creates or changes objects, as the administrator; throws where the API server refuses one. */
  apply(...objects: readonly object[]): Promise<void>;
  /** Ends all of it; throws where the process had asked the API server for something that the deployed roles lack. */
  close(): Promise<void>;
}

export interface Ec2ClusterOptions {
  readonly moto: Moto;
  /** Components that aren't started. */
  readonly without?: readonly Exclude<Component, "etcd" | "kube-apiserver">[];
  /** Without a joiner no instance becomes a Node. */
  readonly joins?: boolean;
}

/** Starts it; some ten seconds. */
export async function startEc2Cluster({ moto, without = [], joins = true }: Ec2ClusterOptions): Promise<Ec2Cluster> {
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: ec2Region });
  const plane = await startControlPlane({ without });
  await installPlimsoll(plane);
  const proxy = await startEc2Proxy(moto.url);
  const client = new EC2Client({ region: ec2Region, endpoint: moto.url });
  await tagSubnets(client);
  const apply = async (...objects: readonly object[]): Promise<void> => {
    const applied = await plane.kubectl(["apply", "--server-side", "-f", "-"], {
      stdin: objects.map((one) => JSON.stringify(one)).join("\n---\n"),
    });
    if (applied.code !== 0) throw new Error(applied.stderr);
  };
  await apply(nodeClass);
  const args = ["--cluster-name", ec2ClusterName, "--ec2-endpoint", proxy.url, "--region", ec2Region];
  const serve = await startServe({ controlPlane: plane, provider: "ec2", args });
  const joiner: Joiner | undefined = joins ? await startJoiner({ controlPlane: plane }) : undefined;
  const ec2 = ec2Calls({ region: ec2Region, endpoint: moto.url });
  return {
    plane,
    proxy,
    apply,
    serve: () => serve,
    standingInstances: async () => {
      const found = await ec2.instances({ Filters: [{ Name: "tag:eks:eks-cluster-name", Values: [ec2ClusterName] }] });
      if (!found.ok) throw new Error(found.error.message);
      return found.value.filter(({ State }) => State?.Name !== "terminated").flatMap(({ InstanceId }) => InstanceId ?? []);
    },
    launchTemplates: async () => {
      const { LaunchTemplates = [] } = await client.send(new DescribeLaunchTemplatesCommand({}));
      return LaunchTemplates.flatMap(({ LaunchTemplateName }) => LaunchTemplateName ?? []);
    },
    close: async () => {
      await joiner?.close();
      await serve.stop();
      await proxy.close();
      const refused = await refusedByRoles(plane);
      await plane.close();
      if (refused.length > 0) throw new Error(`the deployed roles lack what serve asked for: ${refused.join(", ")}`);
    },
  };
}

/** moto's default subnets have no tags. */
async function tagSubnets(client: EC2Client): Promise<void> {
  const { Subnets = [] } = await client.send(new DescribeSubnetsCommand({}));
  const Resources = Subnets.flatMap(({ SubnetId }) => SubnetId ?? []);
  await client.send(new CreateTagsCommand({ Resources, Tags: [{ Key: "discovery", Value: "test" }] }));
}

/** Its image is one that moto has from its start, of the user's own kind, so that nothing is looked up by name. */
const nodeClass = {
  apiVersion: "karpenter.k8s.aws/v1",
  kind: "EC2NodeClass",
  metadata: { name: "default" },
  spec: {
    amiFamily: "Custom",
    amiSelectorTerms: [{ id: "ami-05c2b717d1c760a21" }],
    subnetSelectorTerms: [{ tags: { discovery: "*" } }],
    securityGroupSelectorTerms: [{ name: "default" }],
    instanceProfile: "nodes",
    userData: "#!/bin/sh\n",
    tags: { "cost-center": "platform" },
  },
};
