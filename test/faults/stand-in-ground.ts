/**
 * The ground of runs on real parts: one control plane, one EC2 stand-in with its queue, a joiner, and a `plimsoll serve` that is killed and
 * started again. All runs of a test or a script stand on one.
 *
 * Reads a running moto. Returns the parts. Our process reaches both sides by doors with faults in them; everybody else reaches them as they
 * are.
 */
import { CreateQueueCommand, SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { CreateTagsCommand, DescribeSecurityGroupsCommand, DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { KubeConfig } from "@kubernetes/client-node";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { KubeObject } from "../../src/api/object.ts";
import { httpsTransport } from "../../src/cluster/https-transport.ts";
import { wallClock } from "../../src/cluster/wall-clock.ts";
import { ec2Calls, type Ec2Calls } from "../../src/ec2/ec2-calls.ts";
import { createRandom } from "../../src/sim/random.ts";
import { startControlPlane, type ControlPlane } from "../support/control-plane.ts";
import type { Moto } from "../support/ec2-moto.ts";
import { startEc2Proxy, type Ec2Proxy } from "../support/ec2-proxy.ts";
import { startJoiner } from "../support/joiner.ts";
import { installPlimsoll } from "../support/plimsoll-serve.ts";
import { yamlText } from "../support/yaml-objects.ts";
import { clusterName } from "./fault-cloud.ts";
import { scenarioNodeClass } from "./fault-scenario.ts";
import { faultCounter } from "./fault-schedule.ts";
import { startServedLives, type RunBook, type ServedLives } from "./served-lives.ts";
import { listed, post, type RealParts } from "./stand-in-sight.ts";

export interface StandIn extends RealParts {
  readonly proxy: Pick<Ec2Proxy, "lack" | "hideNewFor">;
  readonly lives: ServedLives;
  /** What counts while no run does. */
  readonly idleBook: RunBook;
  /** Problems that no run has taken yet. */
  readonly betweenRuns: string[];
  /** How long a node takes to join from now on. */
  setJoinMs(ms: number): void;
  /** Tells of an event of EC2's, as EventBridge writes it to the queue. */
  tell(type: string, detail: object): Promise<void>;
  close(): Promise<void>;
}

const region = "ap-southeast-1";
const credentials = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: region };
const queueName = "interruptions";
/** An image that moto has from its start. */
const imageID = "ami-05c2b717d1c760a21";
const readyMaxMs = 120_000;
const lookMs = 200;

/** Starts everything; some twenty seconds. */
export async function openStandIn(moto: Moto): Promise<StandIn> {
  Object.assign(process.env, credentials);
  const plane = await startControlPlane();
  await installPlimsoll(plane);
  const proxy = await startEc2Proxy(moto.url);
  await tagGround(moto.url);
  const transport = administrator(plane);
  await post(transport, nodeClass());
  const ec2 = ec2Calls({ region, endpoint: moto.url });
  const joining = { ms: 0 };
  const isRunning = async (id: string): Promise<boolean> => isAlive(ec2, id);
  const joiner = await startJoiner({ controlPlane: plane, delayMs: () => joining.ms, isRunning });
  const queue = await openQueue(moto.url);
  const betweenRuns: string[] = [];
  const idleBook = quietBook(betweenRuns);
  const policies = await openPolicies();
  const lives = await startServedLives({ plane, standIn: proxy.url, args: [...serveWords, "--policies", policies.path], book: idleBook });
  await untilReady(transport);
  return {
    ...{ transport, ec2, proxy, lives, idleBook, betweenRuns, tell: queue.tell },
    setJoinMs: (ms) => {
      joining.ms = ms;
    },
    close: async () => {
      await lives.close();
      await joiner.close();
      queue.close();
      transport.close();
      await policies.close();
      await proxy.close();
      await plane.close();
    },
  };
}

/** A schedule begins when our process leads: its acts are then those of nodes, and not of a start. */
async function untilReady(transport: StandIn["transport"]): Promise<void> {
  const limit = Date.now() + readyMaxMs;
  for (;;) {
    const [found] = await listed(transport, "EC2NodeClass");
    if (found?.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") === true) return;
    if (Date.now() > limit) throw new Error("no process of ours has made the EC2NodeClass ready");
    await sleep(lookMs);
  }
}

/** On-demand prices are the dated table's: what is read at each start would use schedules up. */
const serveWords = ["--cluster-name", clusterName, "--region", region, "--interruption-queue", queueName, "--isolated-vpc"];

function administrator({ kubeconfig }: ControlPlane): ReturnType<typeof httpsTransport> {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(kubeconfig);
  return httpsTransport({ kubeConfig, userAgent: "plimsoll/people", clock: wallClock(), random: Math.random });
}

function nodeClass(): KubeObject {
  const made = scenarioNodeClass("default");
  const whole = { ...made, spec: { ...made.spec, amiSelectorTerms: [{ id: imageID }], tags: { "cost-center": "platform" } } };
  return whole;
}

async function isAlive(ec2: Ec2Calls, instanceID: string): Promise<boolean> {
  const found = await ec2.instances({ Filters: [{ Name: "instance-id", Values: [instanceID] }] });
  if (!found.ok) throw new Error(found.error.message);
  return found.value.some(({ State }) => State?.Name === "pending" || State?.Name === "running");
}

function quietBook(problems: string[]): RunBook {
  return {
    counter: faultCounter([]),
    random: createRandom("between runs"),
    trace: () => undefined,
    onDone: () => undefined,
    beforeAws: () => Promise.resolve(),
    note: (problem) => {
      problems.push(problem);
    },
  };
}

/** moto's default subnets and security groups have no tags. */
async function tagGround(endpoint: string): Promise<void> {
  const client = new EC2Client({ region, endpoint });
  const { Subnets = [] } = await client.send(new DescribeSubnetsCommand({}));
  const { SecurityGroups = [] } = await client.send(new DescribeSecurityGroupsCommand({}));
  const Resources = [...Subnets.flatMap(({ SubnetId }) => SubnetId ?? []), ...SecurityGroups.flatMap(({ GroupId }) => GroupId ?? [])];
  await client.send(new CreateTagsCommand({ Resources, Tags: [{ Key: "discovery", Value: "faults" }] }));
  client.destroy();
}

async function openQueue(endpoint: string): Promise<Pick<StandIn, "tell"> & { readonly close: () => void }> {
  const sqs = new SQSClient({ region, endpoint, useQueueUrlAsEndpoint: false });
  const { QueueUrl = "" } = await sqs.send(new CreateQueueCommand({ QueueName: queueName }));
  return {
    tell: async (type, detail) => {
      const time = new Date().toISOString();
      const event = { version: "0", id: "e", source: "aws.ec2", "detail-type": type, region, time, detail };
      await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: JSON.stringify(event) }));
    },
    close: () => {
      sqs.destroy();
    },
  };
}

/** The policies that are shipped, with warnings for refusals: admission is tried elsewhere. */
async function openPolicies(): Promise<{ readonly path: string; readonly close: () => Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), "plimsoll-faults-"));
  const path = join(folder, "policies.yaml");
  await writeFile(path, yamlText("policies.yaml").replaceAll(/^( +[A-Z]+-\d+: (?:\{ action: )?)deny/gm, "$1warn"));
  return { path, close: () => rm(folder, { recursive: true }) };
}
