/**
 * What every controller of the provisioner is made with, and what the composition root gets of each.
 *
 * Reads nothing. Returns the two shapes, and how an answer of the API server becomes a Requeue.
 */
import type { ApiClient } from "../../api/api-client.ts";
import type { ApiStatus } from "../../api/api-status.ts";
import type { AnyTrigger, Controller, ControllerStep, Requeue } from "../../api/controller.ts";
import type { KindName } from "../../api/kinds.ts";
import type { PlatformNames } from "../../api/labels.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { ObjectKey } from "../../api/object.ts";
import type { Clock, CloudProvider } from "../../api/ports.ts";
import type { Result } from "../../api/result.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import type { PlanSettings } from "../plan-settings.ts";
import type { DryRunDesk } from "./dry-run-desk.ts";
import type { NewcomerDesk } from "./newcomer-desk.ts";
import type { ContractWorld } from "../../policies/profile/workload-contract.ts";

/** What would have been made. */
export interface ObservedPlan {
  readonly nodeClaims: readonly NodeClaim[];
  /** Where each would be launched first. */
  readonly offerings: readonly string[];
  readonly pricePerHour: number;
}

export interface ProvisionerShell {
  readonly client: ApiClient;
  /** Everything known now. */
  readonly snapshot: () => ClusterSnapshot;
  /** The same world that admission compiles Pods in, with the policies of now. */
  readonly world: () => ContractWorld;
  readonly provider: CloudProvider;
  readonly names: PlatformNames;
  readonly clock: Clock;
  /** Whether others wait for the thread that plans are made on; then a long plan is followed by as long a rest. Default true. */
  readonly sharesThread?: boolean;
  /** Asks the API server who has a say in the Pods of a workload that is new; absent: only the watch tells. */
  readonly newcomers?: NewcomerDesk;
  /** How plans are made. */
  readonly settings?: PlanSettings;
  /** Told of each plan in place of its being carried out: then nothing is written. */
  readonly observed?: (plan: ObservedPlan) => void;
  /** The Lease that keeps the record of the API server; absent: nobody keeps one. */
  readonly recordLease?: ObjectKey;
  /** Told how many nodes of each NodePool garbage collection holds, after each look; absent: nobody counts. */
  readonly removalsHeld?: (held: ReadonlyMap<string, number>) => void;
  /** Asks the API server what it would make of Pods to come; absent: nobody asks. */
  readonly dryRuns?: DryRunDesk;
}

/** A controller with what wakes it and what else it reads: the arguments of the runner that differ by controller. */
export interface ControllerEntry {
  readonly controller: Controller<unknown, ControllerStep>;
  readonly triggers: readonly AnyTrigger[];
  readonly needs: readonly KindName[];
  /** Keys worked on at once; default: the runner's. */
  readonly workersMax?: number;
  /** What wakes keys besides changes of objects; returns how to end that. */
  readonly wake?: (enqueue: (key: ObjectKey) => void) => () => void;
}

/** Returns how to go on after a write: on success as told, on failure by the runner's backoff and a fresh look. */
export function requeueAfter(written: Result<unknown, ApiStatus>, success: Requeue = { kind: "done" }): Requeue {
  return written.ok ? success : { kind: "retry", reason: written.error.message ?? written.error.reason ?? `status ${written.error.code}` };
}
