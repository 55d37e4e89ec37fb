/**
 * The process that the launch test kills: the NodeClaim controller with the EC2 provider, on a real API server.
 *
 * Arguments: kubeconfig, EC2 endpoint, and "no-token" to leave the client token out. Runs until it is killed.
 */
import { KubeConfig } from "@kubernetes/client-node";
import { defaultDomain, platformNames } from "../../src/api/labels.ts";
import { apiClient } from "../../src/cluster/api-client.ts";
import { decisionLog } from "../../src/cluster/decision-log.ts";
import { httpsTransport } from "../../src/cluster/https-transport.ts";
import { runController } from "../../src/cluster/runner.ts";
import { wallClock } from "../../src/cluster/wall-clock.ts";
import { watchCluster } from "../../src/cluster/watch-cluster.ts";
import { ec2Calls, type Ec2Calls } from "../../src/ec2/ec2-calls.ts";
import { ec2Provider } from "../../src/ec2/ec2-provider.ts";
import { deskOf } from "./node-class/desk-of.ts";
import { nodeClaimController } from "../../src/provisioner/controllers/node-claim-controller.ts";

const [kubeconfig = "", endpoint = "", mode = ""] = process.argv.slice(2);
const clock = wallClock();
const kubeConfig = new KubeConfig();
kubeConfig.loadFromFile(kubeconfig);
const transport = httpsTransport({ kubeConfig, userAgent: "plimsoll/test", clock, random: Math.random });
const client = apiClient({ transport, domain: defaultDomain });
const cluster = watchCluster({
  transport,
  clock,
  domain: defaultDomain,
  random: Math.random,
  kinds: ["NodeClaim", "NodePool", "EC2NodeClass", "Node", "Pod"],
  onTrouble: () => undefined,
  onHandlerError: () => undefined,
});
await cluster.synced();

const names = platformNames();
const ec2 = withToken(ec2Calls({ region: "ap-southeast-1", endpoint }));
const provider = ec2Provider({
  client,
  clock,
  names,
  snapshot: () => cluster.snapshot(),
  cluster: { name: "test" },
  ec2,
  nodeClasses: deskOf({ ec2, clock, cluster: { name: "test" } }),
});
const entry = nodeClaimController({
  client,
  clock,
  names,
  provider,
  snapshot: () => cluster.snapshot(),
  world: () => {
    throw new Error("invariant broken: the NodeClaim controller compiles nothing");
  },
});
await runController({
  ...entry,
  cluster,
  clock,
  random: Math.random,
  decisions: decisionLog(),
  events: { record: () => undefined, dropped: () => 0, flushed: () => Promise.resolve() },
  metrics: {
    ran: () => undefined,
    retried: ({ reason }) => process.stderr.write(`${reason}\n`),
    refused: () => undefined,
  },
  signal: new AbortController().signal,
});

/** Without a token of ours the SDK makes one up for each call, which is the same as none. */
function withToken(calls: Ec2Calls): Ec2Calls {
  if (mode !== "no-token") return calls;
  return {
    ...calls,
    createFleet: (input) =>
      calls.createFleet(Object.fromEntries(Object.entries(input).filter(([name]) => name !== "ClientToken")) as typeof input),
  };
}
