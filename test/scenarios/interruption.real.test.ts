/**
 * A Spot warning on the real control plane, the instances in the EC2 stand-in: its node is replaced, the budget holds, and what can't leave
 * in time is named.
 *
 * The lab's checkout-api, two Pods a zone, each ready two seconds after its start. The API server's own history of Pods, replayed from
 * before the warning, says how many were ready at each moment: no sample is missed. The queue is SQS' protocol, its events EC2's.
 */
import { CreateQueueCommand, GetQueueAttributesCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { CreateTagsCommand, DescribeSubnetsCommand, EC2Client, TerminateInstancesCommand } from "@aws-sdk/client-ec2";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { zoneLabel } from "../../src/api/labels.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import type { Pod } from "../../src/api/pod.ts";
import { isReady, isTerminating } from "../../src/kube/pod-state.ts";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { startMoto, type Moto } from "../support/ec2-moto.ts";
import { startEc2Proxy, type Ec2Proxy } from "../support/ec2-proxy.ts";
import { type Joiner, startJoiner } from "../support/joiner.ts";
import { applyExamples, labCheckout, labInfrastructure, nodeClaims, podsOf } from "../support/lab.ts";
import { forbiddenRequests, installPlimsoll, type ServeProcess, startServe } from "../support/plimsoll-serve.ts";
import { permissionFindings } from "../support/recorded-permissions.ts";

const region = "ap-southeast-1";
const credentials = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: region };
const replicas = 6;
/** 80 % of 6, rounded up. */
const budget = 5;
const waits = { timeout: 90_000, interval: 100 };
/** An image that moto has from its start. */
const imageID = "ami-05c2b717d1c760a21";
const nodeClass = {
  amiFamily: "Custom",
  amiSelectorTerms: [{ id: imageID }],
  subnetSelectorTerms: [{ tags: { discovery: "*" } }],
  securityGroupSelectorTerms: [{ name: "default" }],
  role: null,
  instanceProfile: "nodes",
  userData: "#!/bin/sh",
  blockDeviceMappings: null,
};

const moto = await startMoto();
if ("missing" in moto) process.stderr.write(`${moto.missing}\n`);
else
  await describeOnControlPlane("a Spot warning on the real control plane", () => {
    warningTests(moto);
  });

function warningTests(server: Moto): void {
  let controlPlane: ControlPlane;
  let serve: ServeProcess;
  let proxy: Ec2Proxy;
  let joiner: Joiner;
  let sqs: SQSClient;
  let ec2: EC2Client;
  let queueUrl: string;

  beforeAll(async () => {
    Object.assign(process.env, credentials);
    controlPlane = await startControlPlane({ podReadyDelay: "2s" });
    proxy = await startEc2Proxy(server.url);
    sqs = new SQSClient({ region, endpoint: server.url, useQueueUrlAsEndpoint: false });
    queueUrl = (await sqs.send(new CreateQueueCommand({ QueueName: "interruptions" }))).QueueUrl ?? "";
    ec2 = new EC2Client({ region, endpoint: server.url });
    await tagSubnets(ec2);
    await installPlimsoll(controlPlane);
    await applyExamples(controlPlane, labInfrastructure);
    const patch = JSON.stringify({ spec: nodeClass });
    const patched = await controlPlane.kubectl(["patch", "ec2nodeclass", "default-private", "--type=merge", "-p", patch]);
    expect(patched).toMatchObject({ code: 0 });
    joiner = await startJoiner({ controlPlane, delayMs: () => 2_000 });
    const aws = ["--cluster-name", "test", "--region", region, "--ec2-endpoint", proxy.url, "--interruption-queue", "interruptions"];
    serve = await startServe({ controlPlane, provider: "ec2", args: aws, env: credentials });
    await applyExamples(controlPlane, labCheckout);
    await vi.waitFor(async () => {
      expect(await readyByZone()).toEqual([2, 2, 2]);
    }, waits);
  }, 600_000);

  afterAll(async () => {
    await serve.stop();
    await joiner.close();
    sqs.destroy();
    ec2.destroy();
    await proxy.close();
    await controlPlane.close();
    await server.close();
  });

  it("buys the replacement first, keeps the budget, and leaves no instance and no message", { timeout: 300_000 }, async () => {
    const before = await podsOf(controlPlane, "checkout");
    const claim = await claimIn("ap-southeast-1a");
    const known = (await nodeClaims(controlPlane)).map(nameOf);
    await warn(claim, { secondsAgo: 0 });
    const bought = await vi.waitFor(async () => {
      const claims = await nodeClaims(controlPlane);
      expect(claims.some((one) => !known.includes(nameOf(one)))).toBe(true);
      return claims;
    }, waits);
    expect(bought.find((one) => nameOf(one) === nameOf(claim))?.metadata.deletionTimestamp).toBeUndefined();
    await gone(claim);
    await expect.poll(readyByZone, waits).toEqual([2, 2, 2]);
    expect(Math.min(...(await healthyCounts(before)))).toBeGreaterThanOrEqual(budget);
    expect(await eventsOf(claim, "SpotInterrupted")).toHaveLength(1);
    expect(await left()).toEqual([0, 0]);
    expect(terminated()).toContain(instanceOf(claim));
  });

  it("names what was still there when its time was over", { timeout: 300_000 }, async () => {
    const claim = await claimIn("ap-southeast-1b");
    const held = (await podsOf(controlPlane, "checkout")).items.find(({ spec }) => spec.nodeName === claim.status?.nodeName);
    const name = held?.metadata.name ?? "";
    const finalizers = JSON.stringify({ metadata: { finalizers: ["test.example.com/hold"] } });
    const patched = await controlPlane.kubectl(["patch", "pod", "-n", "checkout", name, "--type=merge", "-p", finalizers]);
    expect(patched).toMatchObject({ code: 0 });
    await warn(claim, { secondsAgo: 105 });
    await expect.poll(async () => (await eventsOf(claim, "PodsLost")).join(), waits).toContain(`checkout/${name}`);
    const released = JSON.stringify({ metadata: { finalizers: null } });
    await controlPlane.kubectl(["patch", "pod", "-n", "checkout", name, "--type=merge", "-p", released]);
    await gone(claim);
    await expect.poll(readyByZone, waits).toEqual([2, 2, 2]);
  });

  it("replaces a node whose instance ended without a warning, and names the Pods that went with it", { timeout: 300_000 }, async () => {
    const claim = await claimIn("ap-southeast-1c");
    const lost = (await podsOf(controlPlane, "checkout")).items.filter(({ spec }) => spec.nodeName === claim.status?.nodeName);
    const endedAt = Date.now();
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: [instanceOf(claim)] }));
    await send("EC2 Instance State-change Notification", { detail: { "instance-id": instanceOf(claim), state: "terminated" } });
    await expect.poll(async () => (await eventsOf(claim, "PodsLost")).join(), waits).toContain(`with ${lost.length} Pods on it`);
    await gone(claim);
    await expect.poll(readyByZone, waits).toEqual([2, 2, 2]);
    const tookMs = Date.now() - endedAt;
    process.stderr.write(`from the end of an instance to its Pods ready elsewhere: ${tookMs} ms\n`);
    // Kubernetes alone forgets the Pods of a Node that is gone too, after 40 to 60 seconds.
    const names = lost.map(({ metadata }) => metadata.name);
    const forgotten = (await controlPlane.auditEvents()).filter(
      ({ verb, user, objectRef }) =>
        verb === "delete" && objectRef?.resource === "pods" && names.includes(objectRef.name) && user.username.includes(":kube-system:"),
    );
    expect(forgotten.map(({ user }) => user.username)).toEqual([]);
    const removed = lost.map(({ metadata }) => metadata.uid);
    expect((await podsOf(controlPlane, "checkout")).items.filter(({ metadata }) => removed.includes(metadata.uid))).toEqual([]);
  });

  it("was forbidden nothing", async () => {
    expect(await forbiddenRequests(controlPlane)).toEqual([]);
    expect(permissionFindings(serve.calls(), { clusterName: "test", region, queue: "interruptions" })).toEqual([]);
    expect(serve.calls().map(({ action }) => action)).toEqual(expect.arrayContaining(["ReceiveMessage", "DeleteMessage"]));
  });

  async function warn(claim: NodeClaim, { secondsAgo }: { readonly secondsAgo: number }): Promise<void> {
    const detail = { "instance-id": instanceOf(claim), "instance-action": "terminate" };
    await send("EC2 Spot Instance Interruption Warning", { detail, secondsAgo });
  }

  /** An event as EventBridge writes it to the queue. */
  async function send(type: string, of: { readonly detail: object; readonly secondsAgo?: number }): Promise<void> {
    const time = new Date(Date.now() - (of.secondsAgo ?? 0) * 1_000).toISOString();
    const event = { version: "0", id: "e", source: "aws.ec2", "detail-type": type, region, time, detail: of.detail };
    await sqs.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: JSON.stringify(event) }));
  }

  async function gone(claim: NodeClaim): Promise<void> {
    await expect.poll(async () => (await nodeClaims(controlPlane)).map(nameOf), waits).not.toContain(nameOf(claim));
  }

  /** Messages that wait, and those that somebody is reading. */
  async function left(): Promise<readonly number[]> {
    const names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"] as const;
    const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl: queueUrl, AttributeNames: [...names] }));
    return names.map((name) => Number(Attributes[name]));
  }

  /** Instances that we have ended. */
  function terminated(): readonly string[] {
    return proxy.requests.filter(({ action }) => action === "TerminateInstances").flatMap(({ params }) => [...params.values()]);
  }

  async function claimIn(zone: string): Promise<NodeClaim> {
    const claim = (await nodeClaims(controlPlane)).find(
      ({ metadata }) => metadata.labels?.[zoneLabel] === zone && metadata.deletionTimestamp === undefined,
    );
    if (claim === undefined) throw new Error(`no NodeClaim in ${zone}`);
    return claim;
  }

  async function eventsOf(claim: NodeClaim, reason: string): Promise<readonly string[]> {
    const fields = `involvedObject.kind=NodeClaim,involvedObject.name=${nameOf(claim)},reason=${reason}`;
    const { stdout } = await controlPlane.kubectl(["get", "events", "-A", "--field-selector", fields, "-o", "json"]);
    return (JSON.parse(stdout) as { readonly items: readonly { readonly message: string }[] }).items.map(({ message }) => message);
  }

  async function readyByZone(): Promise<readonly number[]> {
    const claims = await nodeClaims(controlPlane);
    const zoneOf = new Map(claims.map(({ metadata, status }) => [status?.nodeName, metadata.labels?.[zoneLabel]]));
    const zones = (await podsOf(controlPlane, "checkout")).items.filter(countsAsHealthy).map(({ spec }) => zoneOf.get(spec.nodeName));
    return ["a", "b", "c"].map((letter) => zones.filter((zone) => zone === `ap-southeast-1${letter}`).length);
  }

  /** How many Pods were healthy after each change since a list of them. */
  async function healthyCounts(since: Awaited<ReturnType<typeof podsOf>>): Promise<readonly number[]> {
    expect(since.items.filter(countsAsHealthy)).toHaveLength(replicas);
    const query = `watch=true&resourceVersion=${since.resourceVersion}&timeoutSeconds=3`;
    const { stdout } = await controlPlane.kubectl(["get", "--raw", `/api/v1/namespaces/checkout/pods?${query}`]);
    const events = stdout.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as PodEvent]));
    expect(events.some(({ type }) => type === "DELETED")).toBe(true);
    const pods = new Map(since.items.map((pod) => [pod.metadata.uid, pod]));
    return events.map(({ type, object }) => {
      if (type === "DELETED") pods.delete(object.metadata.uid);
      else pods.set(object.metadata.uid, object);
      return [...pods.values()].filter(countsAsHealthy).length;
    });
  }
}

interface PodEvent {
  readonly type: string;
  readonly object: Pod;
}

/** As the controller of disruption budgets counts. */
function countsAsHealthy(pod: Pod): boolean {
  return isReady(pod) && !isTerminating(pod);
}

function nameOf({ metadata }: NodeClaim): string {
  return metadata.name ?? "";
}

function instanceOf({ status }: NodeClaim): string {
  return status?.providerID?.split("/").at(-1) ?? "";
}

/** moto's default subnets have no tags. */
async function tagSubnets(client: EC2Client): Promise<void> {
  const { Subnets = [] } = await client.send(new DescribeSubnetsCommand({}));
  const Resources = Subnets.flatMap(({ SubnetId }) => SubnetId ?? []);
  await client.send(new CreateTagsCommand({ Resources, Tags: [{ Key: "discovery", Value: "test" }] }));
}
