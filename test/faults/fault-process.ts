/**
 * Our process, as a run starts and kills it: the provisioner with the EC2 provider over doors that fail.
 *
 * Reads doors, a clock and policies. Runs until its life ends. It is composed as `serve` composes it on its own thread, by the same function;
 * only leadership is left out, because a run has one process at a time and says itself when the next one comes.
 */
import type { ApiTransport, Clock } from "../../src/api/ports.ts";
import type { KindName } from "../../src/api/kinds.ts";
import { defaultDomain, platformNames } from "../../src/api/labels.ts";
import type { InstanceType } from "../../src/api/instance-type.ts";
import type { Ec2InstanceFacts } from "../../src/catalog/ec2-facts.ts";
import { provision } from "../../src/cli/provision.ts";
import type { Log } from "../../src/cli/log.ts";
import { apiClient } from "../../src/cluster/api-client.ts";
import { decisionLog } from "../../src/cluster/decision-log.ts";
import type { RunnerMetrics } from "../../src/cluster/runner.ts";
import { watchCluster } from "../../src/cluster/watch-cluster.ts";
import type { PolicySet } from "../../src/policies/policy-set.ts";
import { ec2Composition, type Ec2Services } from "../../src/cli/ec2-composition.ts";
import { clusterName } from "./fault-cloud.ts";

export interface FaultProcess {
  readonly transport: ApiTransport;
  readonly cloud: Ec2Services;
  readonly clock: Clock;
  /** Returns a number in [0, 1). */
  readonly random: () => number;
  readonly policySet: PolicySet;
  readonly instanceTypes: readonly InstanceType[];
  /** The types that EC2 has. */
  readonly facts: readonly Ec2InstanceFacts[];
  /** Ends when the life does. */
  readonly signal: AbortSignal;
  /** Names the life. */
  readonly identity: string;
  /** A controller threw: a broken invariant of ours. */
  readonly onFault: (sentence: string) => void;
}

/** Where the zones of all scenarios are. */
const region = "ap-southeast-1";

/** Kinds that `serve` watches and a run can have. */
const watchedKinds: readonly KindName[] = [
  ...(["WorkloadProfile", "Namespace", "Node", "Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob"] as const),
  ...(["LimitRange", "ResourceQuota", "PriorityClass", "HorizontalPodAutoscaler", "PodDisruptionBudget"] as const),
  ...(["NodePool", "NodeClaim", "EC2NodeClass", "NodeOverlay", "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] as const),
];

/** Runs one life; resolves when nothing of it works any more. */
export async function runFaultProcess(of: FaultProcess): Promise<void> {
  const { transport, cloud, clock, random, signal, policySet, instanceTypes, facts, identity, onFault } = of;
  const names = platformNames(defaultDomain);
  const client = apiClient({ transport, domain: defaultDomain });
  const onHandlerError = (error: unknown): void => {
    onFault(`a handler of changes threw: ${String(error)}`);
  };
  const cluster = watchCluster({
    transport,
    clock,
    random,
    domain: defaultDomain,
    kinds: watchedKinds,
    onTrouble: () => undefined,
    onHandlerError,
  });
  const snapshot = () => cluster.snapshot();
  const sources = { client, snapshot, clock, names };
  const capacity = ec2Composition(sources, { services: cloud, region, facts, cluster: { name: clusterName }, isDryRunOff: false });
  const running = provision(
    {
      ...{ client, cluster, clock, random, names, identity, kinds: watchedKinds, log: silentLog },
      ...{ sharesThread: false, predictsByDryRun: false, decisions: decisionLog() },
      capacity,
      instanceTypes: () => instanceTypes,
      policySet: () => policySet,
      runner: runnerMetrics(onFault),
    },
    signal,
  );
  await running;
  await cluster.close();
}

/** What controllers tell of themselves: only what was thrown is a fault of the run. */
function runnerMetrics(onFault: FaultProcess["onFault"]): RunnerMetrics {
  return {
    ran: () => undefined,
    refused: ({ controller }) => {
      onFault(`the queue of ${controller} is full`);
    },
    retried: ({ controller, key, fault, reason }) => {
      if (fault !== undefined) onFault(`${controller} threw on ${key.name}: ${reason}`);
    },
  };
}

/** Nothing of a run's log is read: its trace and its problems are told instead. */
const silentLog = Object.fromEntries(["debug", "info", "warn", "error"].map((level) => [level, () => undefined])) as unknown as Log;
