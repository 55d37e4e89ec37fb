/**
 * EC2NodeClasses on a real API server, under the service account that deploy/base gives, with the EC2 stand-in behind.
 *
 * What `serve` composes for EC2 runs in this process. The class becomes Ready, its status passes the schema, its finalizer holds it while
 * a NodeClaim stands, and nothing that the account asked was forbidden.
 */
import { fileURLToPath } from "node:url";
import { KubeConfig } from "@kubernetes/client-node";
import { CreateSecurityGroupCommand, DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { CreateRoleCommand, IAMClient, ListInstanceProfilesCommand } from "@aws-sdk/client-iam";
import { afterAll, beforeAll, expect, test } from "vitest";
import { defaultDomain } from "../../../src/api/labels.ts";
import { apiClient } from "../../../src/cluster/api-client.ts";
import { decisionLog } from "../../../src/cluster/decision-log.ts";
import { eventRecorder } from "../../../src/cluster/event-recorder.ts";
import { httpsTransport } from "../../../src/cluster/https-transport.ts";
import { runController } from "../../../src/cluster/runner.ts";
import { wallClock } from "../../../src/cluster/wall-clock.ts";
import { watchCluster } from "../../../src/cluster/watch-cluster.ts";
import { instanceProfileGarbage } from "../../../src/ec2/instance-profile-garbage.ts";
import { instanceProfiles } from "../../../src/ec2/instance-profiles.ts";
import { nodeClassController } from "../../../src/ec2/node-class-controller.ts";
import { nodeClassDesk } from "../../../src/ec2/node-class-desk.ts";
import { startControlPlane, type ControlPlane } from "../../support/control-plane.ts";
import { describeOnControlPlane } from "../../support/control-plane-suite.ts";
import { startMoto, type Moto } from "../../support/ec2-moto.ts";
import { startEc2Proxy, type Ec2Proxy } from "../../support/ec2-proxy.ts";
import { awsPorts } from "./class-world.ts";

const region = "ap-southeast-1";
const account = { namespace: "plimsoll-system", name: "plimsoll" };
const patience = { timeout: 60_000, interval: 200 };
const pathOf = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));

const moto = await startMoto();
if ("missing" in moto) process.stderr.write(`${moto.missing}\n`);
else
  await describeOnControlPlane("an EC2NodeClass on a real API server", () => {
    clusterTests(moto);
  });

function clusterTests(server: Moto): void {
  let plane: ControlPlane;
  let proxy: Ec2Proxy;
  let subnets: readonly string[];
  const stop = new AbortController();

  beforeAll(async () => {
    Object.assign(process.env, { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" });
    plane = await startControlPlane({ without: ["kube-scheduler", "kube-controller-manager", "kwok"] });
    proxy = await startEc2Proxy(server.url, { limits: {} });
    const own = { name: "prod", endpoint: "https://prod.example", certificateAuthority: "Q0E=", serviceIPv4CIDR: "10.96.0.0/16" };
    proxy.setCluster({ ...own, version: "1.36" });
    const ec2 = new EC2Client({ region, endpoint: proxy.url });
    subnets = ((await ec2.send(new DescribeSubnetsCommand({}))).Subnets ?? []).flatMap(({ SubnetId }) => SubnetId ?? []);
    await ec2.send(new CreateSecurityGroupCommand({ GroupName: "cluster-nodes", Description: "nodes" }));
    const role = { RoleName: "NodeRole", AssumeRolePolicyDocument: "{}" };
    await new IAMClient({ region, endpoint: proxy.url }).send(new CreateRoleCommand(role));
    await kubectl("apply", "-k", pathOf("deploy/karpenter-crds"));
    await kubectl("create", "namespace", account.namespace);
    await kubectl("create", "serviceaccount", account.name, "-n", account.namespace);
    await kubectl("apply", "-f", pathOf("deploy/base/cluster-role.yaml"));
    await run(await plane.kubeconfigFor(account));
  }, 600_000);

  afterAll(async () => {
    stop.abort();
    await proxy.close();
    await plane.close();
    await server.close();
  });

  const kubectl = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await plane.kubectl(args);
    if (code !== 0) throw new Error(`kubectl ${args.join(" ")}: ${stderr}`);
    return stdout;
  };

  const run = async (kubeconfig: string): Promise<void> => {
    const clock = wallClock();
    const random = Math.random;
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromFile(kubeconfig);
    const transport = httpsTransport({ kubeConfig, userAgent: "plimsoll/test", clock, random });
    const client = apiClient({ transport, domain: defaultDomain });
    const quiet = { onTrouble: () => undefined, onHandlerError: () => undefined };
    const cluster = watchCluster({
      transport,
      clock,
      random,
      domain: defaultDomain,
      kinds: ["EC2NodeClass", "NodeClaim", "Service"],
      ...quiet,
    });
    await cluster.synced();
    const snapshot = () => cluster.snapshot();
    const aws = awsPorts({ region, endpoint: proxy.url });
    const desk = nodeClassDesk({ ...aws, client, snapshot, clock, cluster: { name: "prod" } });
    const profiles = instanceProfiles({ iam: aws.iam, clock, clusterName: "prod", region });
    const entries = [
      nodeClassController({ client, snapshot, clock, desk, profiles, calls: aws.calls, clusterName: "prod" }),
      instanceProfileGarbage({ snapshot, profiles }),
    ];
    const events = eventRecorder({ client, clock, instance: "test", signal: stop.signal });
    const metrics = { ran: () => undefined, retried: () => undefined, refused: () => undefined };
    const parts = { cluster, clock, random, decisions: decisionLog(), events, metrics, signal: stop.signal };
    for (const entry of entries) void runController({ ...entry, ...parts });
  };

  const apply = (object: object) => plane.kubectl(["apply", "-f", "-"], { stdin: JSON.stringify(object) });
  const fieldOf = async (path: string) => (await plane.kubectl(["get", "ec2nodeclass", "default", "-o", `jsonpath=${path}`])).stdout;
  const nodeClass = () => ({
    apiVersion: "karpenter.k8s.aws/v1",
    kind: "EC2NodeClass",
    metadata: { name: "default" },
    spec: {
      amiSelectorTerms: [{ alias: "al2023@latest" }],
      subnetSelectorTerms: subnets.map((id) => ({ id })),
      securityGroupSelectorTerms: [{ name: "cluster-nodes" }],
      role: "NodeRole",
    },
  });

  test("becomes Ready, is held while a NodeClaim stands, and takes its profile along", async () => {
    expect(await apply(nodeClass())).toMatchObject({ code: 0 });
    await expect.poll(() => fieldOf('{.status.conditions[?(@.type=="Ready")].status}'), patience).toBe("True");
    expect(await fieldOf("{.metadata.finalizers}")).toBe('["karpenter.k8s.aws/termination"]');
    expect((await fieldOf("{.status.amis[*].id}")).split(" ")).toHaveLength(5);
    const claim = {
      apiVersion: "karpenter.sh/v1",
      kind: "NodeClaim",
      metadata: { name: "one" },
      spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
    };
    expect(await apply(claim)).toMatchObject({ code: 0 });
    await kubectl("delete", "ec2nodeclass", "default", "--wait=false");
    const waiting = () => kubectl("get", "events", "-A", "-o", "jsonpath={.items[*].reason}");
    await expect.poll(waiting, patience).toContain("WaitingOnNodeClaimTermination");
    expect(await fieldOf("{.metadata.name}")).toBe("default");
    await kubectl("delete", "nodeclaim", "one");
    await expect.poll(() => kubectl("get", "ec2nodeclass", "-o", "name"), patience).toBe("");
    const { InstanceProfiles } = await new IAMClient({ region, endpoint: proxy.url }).send(new ListInstanceProfilesCommand({}));
    expect(InstanceProfiles).toEqual([]);
    const forbidden = (await plane.auditEvents()).filter(
      ({ user, responseStatus }) => user.username.endsWith(`:${account.name}`) && responseStatus?.code === 403,
    );
    expect(forbidden.map(({ verb, requestURI }) => `${verb} ${requestURI}`)).toEqual([]);
  }, 180_000);
}
