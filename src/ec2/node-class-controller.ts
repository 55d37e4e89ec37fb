/**
 * The EC2NodeClass controller: finalizer, drift hash, instance profile, checks, status, and the end.
 *
 * Reads a class, its NodeClaims, and what AWS has for it. Writes only what differs, one thing at a time: each write wakes it again,
 * and what AWS was asked is remembered by the desk. A class that goes waits for its NodeClaims, then takes its profiles and launch
 * templates along.
 */
import type { ApiClient } from "../api/api-client.ts";
import type { AnyTrigger, Controller, ControllerStep, Requeue } from "../api/controller.ts";
import type { EC2NodeClass } from "../api/ec2-node-class.ts";
import type { KindName } from "../api/kinds.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { ObjectKey } from "../api/object.ts";
import type { Clock } from "../api/ports.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { dryRunBook, type DryRunBook } from "./dry-run-book.ts";
import type { InstanceProfiles } from "./instance-profiles.ts";
import { actOnNodeClass } from "./node-class-act.ts";
import type { NodeClassCalls } from "./node-class-calls.ts";
import type { NodeClassDesk } from "./node-class-desk.ts";
import type { DryRunOutcome } from "./node-class-dry-run.ts";
import { nextNodeClassStep, type NodeClassStep, type ObservedNodeClass } from "./node-class-step.ts";

export interface NodeClassControllerOptions {
  readonly client: Pick<ApiClient, "patch" | "applyStatus">;
  readonly snapshot: () => ClusterSnapshot;
  readonly clock: Pick<Clock, "now">;
  readonly desk: NodeClassDesk;
  readonly profiles: InstanceProfiles;
  readonly calls: NodeClassCalls;
  readonly clusterName: string;
  /** Takes it as given that EC2 would let nodes be launched; default: it is asked. */
  readonly isDryRunOff?: boolean;
}

/** What the composition runs: a controller with its triggers and needs. */
export interface Ec2ControllerEntry {
  readonly controller: Controller<unknown, ControllerStep>;
  readonly triggers: readonly AnyTrigger[];
  readonly needs: readonly KindName[];
}

/** Makes the controller with its triggers. */
export function nodeClassController(options: NodeClassControllerOptions): Ec2ControllerEntry {
  const book = dryRunBook(options.clock);
  const controller: Controller<ObservedNodeClass, NodeClassStep> = {
    name: "node-class",
    observe: (key) => observe(options, book, key),
    decide: nextNodeClassStep,
    act: (step): Promise<Requeue> => actOnNodeClass({ ...options, book }, step),
  };
  const triggers: readonly AnyTrigger[] = [
    { watches: "EC2NodeClass", keysOf: ({ object }) => [{ namespace: "", name: object.metadata.name ?? "" }] },
    // A class that goes waits for its last claim.
    {
      watches: "NodeClaim",
      keysOf: ({ kind, object }) => (kind === "deleted" ? [{ namespace: "", name: object.spec.nodeClassRef.name }] : []),
    },
  ];
  return { controller, triggers, needs: ["NodeClaim"] };
}

/** Nothing is asked of AWS for a class that goes. */
async function observe(
  { snapshot, desk, profiles, isDryRunOff = false }: NodeClassControllerOptions,
  book: DryRunBook,
  key: ObjectKey,
): Promise<ObservedNodeClass | undefined> {
  const now = snapshot();
  const nodeClass = now.get("EC2NodeClass", key);
  if (nodeClass === undefined) {
    desk.forget(key.name);
    return undefined;
  }
  const nodeClaims = now.list("NodeClaim").filter((claim) => isOf(claim, nodeClass));
  if (nodeClass.metadata.deletionTimestamp !== undefined) return { kind: "going", nodeClass, nodeClaims };
  const [findings, profile] = await Promise.all([desk.findings(nodeClass), profiles.state(nodeClass)]);
  const outcomeOf = (name: string): DryRunOutcome | undefined => (isDryRunOff ? { kind: "skipped" } : book.get(name));
  return { kind: "standing", nodeClass, nodeClaims, findings, profile, outcomeOf };
}

function isOf({ spec: { nodeClassRef } }: NodeClaim, { metadata, apiVersion }: EC2NodeClass): boolean {
  return nodeClassRef.kind === "EC2NodeClass" && nodeClassRef.group === apiVersion.split("/")[0] && nodeClassRef.name === metadata.name;
}
