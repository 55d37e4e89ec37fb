/**
 * A provisioner on the embedded world's virtual clock, which dies when it is told to: from then on nothing that it asks is sent,
 * and nothing comes back.
 */
import { Registry } from "prom-client";
import type { KindName } from "../../src/api/kinds.ts";
import { defaultDomain, platformNames } from "../../src/api/labels.ts";
import type { ObjectKey } from "../../src/api/object.ts";
import type { ApiAnswer, ApiTransport, Clock } from "../../src/api/ports.ts";
import { kwokCapacity } from "../../src/cli/kwok-capacity.ts";
import { type Log, processLog } from "../../src/cli/log.ts";
import { catalogTypesOf } from "../../src/cli/offered-types.ts";
import { runnerMetrics } from "../../src/cli/process-metrics.ts";
import { openProcessWatch } from "../../src/cli/process-watch.ts";
import { provision } from "../../src/cli/provision.ts";
import type { ProvisioningMode } from "../../src/cli/provisioning-options.ts";
import { apiClient } from "../../src/cluster/api-client.ts";
import { decisionLog } from "../../src/cluster/decision-log.ts";
import type { PolicySet } from "../../src/policies/policy-set.ts";

export interface LoneProvisionerOptions {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  readonly policySet: PolicySet;
  readonly kinds: readonly KindName[];
  readonly joinDelayMs: number;
  /** Writes that it lives to send; the last one is stored, and its answer never comes. */
  readonly writesMax: number;
  /** Default: it provisions. */
  readonly mode?: ProvisioningMode;
  /** Default: where Karpenter's charts put them. */
  readonly karpenterLeases?: readonly ObjectKey[];
  /** Default: errors alone are told. */
  readonly log?: Log;
}

export interface LoneProvisioner {
  /** Writes that it has sent so far. */
  writes(): number;
  isDead(): boolean;
  stop(): Promise<void>;
}

/** Starts one; as a leader does, at once. */
export function startLoneProvisioner(options: LoneProvisionerOptions): LoneProvisioner {
  const { clock, policySet, kinds, joinDelayMs, mode, karpenterLeases, log = processLog("error") } = options;
  const life = new AbortController();
  const count = { writes: 0 };
  const transport = mortal(options, { life, count });
  const random = (): number => 0.5;
  const cluster = openProcessWatch({ transport, clock, random, domain: defaultDomain, log }, kinds);
  const client = apiClient({ transport, domain: defaultDomain });
  const names = platformNames(defaultDomain);
  const instanceTypes = catalogTypesOf(cluster);
  const capacity = kwokCapacity({ client, clock, names, snapshot: () => cluster.snapshot(), instanceTypes }, () => joinDelayMs);
  const running = provision(
    {
      ...{ client, cluster, clock, random, names, kinds, log, capacity, instanceTypes, identity: "lone" },
      ...{ sharesThread: false, predictsByDryRun: false, decisions: decisionLog() },
      ...{ mode, karpenterLeases },
      policySet: () => policySet,
      runner: runnerMetrics(new Registry(), log),
    },
    life.signal,
  );
  return {
    writes: () => count.writes,
    isDead: () => life.signal.aborted,
    stop: async () => {
      life.abort();
      await Promise.all([running, cluster.close()]);
    },
  };
}

function mortal(
  { transport, writesMax }: LoneProvisionerOptions,
  { life, count }: { readonly life: AbortController; readonly count: { writes: number } },
): ApiTransport {
  const silence: ApiAnswer = { ok: false, status: 0, error: { code: 0, reason: "Dead", message: "the process is gone" } };
  return {
    watch: (request) => transport.watch({ ...request, signal: AbortSignal.any([request.signal, life.signal]) }),
    request: async (request) => {
      if (life.signal.aborted) return silence;
      if (request.method === "GET") return transport.request(request);
      count.writes += 1;
      if (count.writes < writesMax) return transport.request(request);
      life.abort();
      await transport.request(request);
      return silence;
    },
  };
}
