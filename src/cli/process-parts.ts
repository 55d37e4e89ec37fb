/**
 * What a Plimsoll process is started with, and what it is made of while it runs. Shapes only.
 */
import type { Registry } from "prom-client";
import type { ApiClient } from "../api/api-client.ts";
import type { CloudHealth, CloudNotices, CloudReservations } from "../api/cloud-notices.ts";
import type { InstanceType } from "../api/instance-type.ts";
import type { KindName } from "../api/kinds.ts";
import type { PlatformNames } from "../api/labels.ts";
import type { ApiTransport, Clock, CloudProvider } from "../api/ports.ts";
import type { Prices } from "../catalog/prices.ts";
import type { DecisionLog } from "../cluster/decision-log.ts";
import type { ClusterWatch } from "../cluster/watch-cluster.ts";
import type { RefusedCall } from "../ec2/refused-call.ts";
import type { ControllerEntry } from "../provisioner/controllers/shell.ts";
import type { CertificateLife } from "../webhook/certificate.ts";
import type { WebhookMetrics } from "../webhook/metrics.ts";
import type { PolicyFile } from "../webhook/policy-file.ts";
import type { WebhookAddress } from "../webhook/registration.ts";
import type { Log } from "./log.ts";
import type { OfferedTypes } from "./offered-types.ts";
import type { ProcessMetrics } from "./process-metrics.ts";
import type { Provisioner } from "./provisioner-port.ts";
import type { ThreadSettings } from "./provisioner-thread.ts";

export interface WebhookSettings {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Every DNS name and address under which the API server may call. */
  readonly certificateNames: readonly string[];
  readonly certificateLife: CertificateLife;
  /** Where the API server reaches the port that was taken. */
  readonly address: (port: number) => WebhookAddress;
}

/** What a provider of nodes is made from. */
export interface CapacitySources {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly names: PlatformNames;
  readonly snapshot: ClusterWatch["snapshot"];
  readonly instanceTypes: () => readonly InstanceType[];
  /** Says whether this process may change anything in the cloud now; absent: it may. */
  readonly mayChange?: () => boolean;
  /** Hears of each call to the cloud that the credentials may not make; absent: nobody does. */
  readonly onRefused?: (call: RefusedCall) => void;
  /** Default: the dated table. */
  readonly prices?: Prices;
  /** Where a provider tells metrics of its own; absent: it provisions for nobody here. */
  readonly registry?: Registry;
  readonly log: Log;
}

/** Where nodes come from, with the controllers that a provider brings of its own. */
export interface Capacity {
  readonly provider: CloudProvider;
  /** What the cloud tells of its instances; absent: it tells nothing. */
  readonly notices?: CloudNotices;
  readonly health?: CloudHealth;
  readonly reservations?: CloudReservations;
  readonly entries: readonly ControllerEntry[];
}

export interface ProcessSettings {
  readonly transport: ApiTransport;
  readonly clock: Clock;
  /** Returns a number in [0, 1). */
  readonly random: () => number;
  readonly domain: string;
  readonly policies: string;
  /** Our own namespace: Secret and Lease. */
  readonly namespace: string;
  /** Unique to this process: the Lease's holder. */
  readonly identity: string;
  readonly webhook: WebhookSettings;
  /** Makes the provider of nodes; undefined where this process provisions nothing. */
  readonly capacity: ((sources: CapacitySources) => Capacity) | undefined;
  /** Lets the provisioner run in a thread of its own, where it makes such a provider itself; default: on this thread. */
  readonly thread?: ThreadSettings;
  /** Lets anybody read /metrics; default: who may, on the API server. */
  readonly metricsOpen?: boolean;
  /** Default: the dated table. */
  readonly prices?: Prices;
  readonly log: Log;
}

/** What a process is made of while it runs. */
export interface ProcessParts extends Omit<ProcessSettings, "policies" | "capacity" | "thread"> {
  readonly client: ApiClient;
  readonly cluster: ClusterWatch;
  readonly policyFile: PolicyFile;
  readonly names: PlatformNames;
  readonly instanceTypes: OfferedTypes;
  readonly kinds: readonly KindName[];
  readonly capacity: Capacity | undefined;
  readonly provisioner: Provisioner;
  readonly decisions: DecisionLog;
  readonly metrics: WebhookMetrics;
  readonly processMetrics: ProcessMetrics;
  readonly signal: AbortSignal;
}
