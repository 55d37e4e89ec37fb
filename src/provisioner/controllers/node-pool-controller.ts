/**
 * The NodePool controller: keeps each NodePool's status and hash annotation.
 *
 * Reads a NodePool, its nodes and claims, and whether its NodeClass answers. Writes only what differs, and says once
 * what of its spec this version does not do.
 */
import { assertNever } from "../../api/assert.ts";
import type { AnyTrigger, Controller, ControllerStep, Requeue } from "../../api/controller.ts";
import type { EventNote } from "../../api/event-note.ts";
import { canonicalJson } from "../../api/hash.ts";
import {
  nodePoolHashAnnotation,
  nodePoolHashVersionAnnotation,
  nodePoolLabel,
  provisionerFieldManager,
  type PlatformNames,
} from "../../api/labels.ts";
import type { NodePool } from "../../api/node-pool.ts";
import type { KubeObject, ObjectKey } from "../../api/object.ts";
import type { Instant } from "../../api/ports.ts";
import { hasJoinedSince, joinFailuresOf } from "../lifecycle/launch-breaker.ts";
import {
  nodePoolHash,
  nodePoolHashVersion,
  nodePoolStatus,
  unsupportedReason,
  type NodePoolStatus,
} from "../lifecycle/node-pool-status.ts";
import { nodeStates, type NodeState } from "../scheduling/node-state.ts";
import { requeueAfter, type ControllerEntry, type ProvisionerShell } from "./shell.ts";

interface ObservedPool {
  readonly nodePool: NodePool;
  readonly nodes: readonly NodeState[];
  readonly notReady: string | undefined;
  /** Its last failures to join, and whether a node has joined since. */
  readonly joins: Parameters<typeof nodePoolStatus>[0]["joins"];
  readonly names: Pick<PlatformNames, "joinFailuresAnnotation">;
}

type PoolStep = ControllerStep &
  (
    | { readonly kind: "annotate"; readonly nodePool: NodePool; readonly annotations: Readonly<Record<string, string | null>> }
    | { readonly kind: "write-status"; readonly nodePool: NodePool; readonly status: NodePoolStatus }
    | { readonly kind: "settled" }
  );

/** A NodeClass may become ready without a change that we watch. */
const recheckMs = 60_000;

/** Makes the controller with its triggers. */
export function nodePoolController(shell: ProvisionerShell): ControllerEntry {
  const controller: Controller<ObservedPool, PoolStep> = {
    name: "node-pool",
    observe: (key) => observe(shell, key),
    decide: nextPoolStep,
    act: (step) => act(shell, step),
  };
  const triggers: readonly AnyTrigger[] = [
    { watches: "NodePool", keysOf: ({ object }) => [{ namespace: "", name: object.metadata.name ?? "" }] },
    { watches: "NodeClaim", keysOf: ({ object }) => poolOf(object) },
    { watches: "Node", keysOf: ({ object }) => poolOf(object) },
    // A class that has become ready, or no longer is, makes its pools so.
    { watches: "EC2NodeClass", keysOf: ({ object }) => poolsOf(shell, object) },
  ];
  return { controller, triggers, needs: [] };
}

async function observe({ snapshot, provider, names }: ProvisionerShell, key: ObjectKey): Promise<ObservedPool | undefined> {
  const now = snapshot();
  const nodePool = now.get("NodePool", key);
  if (nodePool === undefined || !provider.serves(nodePool.spec.template.spec.nodeClassRef)) return undefined;
  const types = await provider.instanceTypes(nodePool.spec.template.spec.nodeClassRef);
  const own = <T extends KubeObject>(objects: readonly T[]) =>
    objects.filter(({ metadata }) => metadata.labels?.[nodePoolLabel] === key.name);
  const objects = { nodes: own(now.list("Node")), nodeClaims: own(now.list("NodeClaim")), pods: [] };
  const nodes = nodeStates({ ...objects, instanceTypes: new Map(), names });
  const failures = joinFailuresOf(nodePool, names);
  const joins = { failures, hasJoined: hasJoinedSince(failures, objects.nodeClaims) };
  return { nodePool, nodes, notReady: types.ok ? undefined : types.error, joins, names };
}

/** Returns the one write that a NodePool needs next, if any. */
export function nextPoolStep({ nodePool, nodes, notReady, joins, names }: ObservedPool, now: Instant): PoolStep {
  const annotations = { [nodePoolHashAnnotation]: nodePoolHash(nodePool), [nodePoolHashVersionAnnotation]: nodePoolHashVersion };
  const known = nodePool.metadata.annotations ?? {};
  if (Object.entries(annotations).some(([key, value]) => known[key] !== value)) return { kind: "annotate", nodePool, annotations };
  // A node that joins forgets what came before: the next failure is the first again.
  if (joins.failures !== undefined && joins.hasJoined)
    return { kind: "annotate", nodePool, annotations: { [names.joinFailuresAnnotation]: null } };
  const status = nodePoolStatus({ nodePool, nodes, notReady, joins, now });
  const { nodes: count, resources, conditions } = nodePool.status ?? {};
  const byType = (list: NodePoolStatus["conditions"]) => [...(list ?? [])].sort((a, b) => (a.type < b.type ? -1 : 1));
  const before = { nodes: count, resources, conditions: byType(conditions) };
  const isSame = canonicalJson(before) === canonicalJson({ ...status, conditions: byType(status.conditions) });
  return isSame ? { kind: "settled" } : { kind: "write-status", nodePool, status, events: refusalNotes(nodePool, status) };
}

/** Says on the NodePool, when its status first does, what of its spec this version does not do. */
function refusalNotes(nodePool: NodePool, status: NodePoolStatus): readonly EventNote[] {
  const refusalOf = (of: NodePoolStatus | undefined) =>
    of?.conditions?.find((condition) => condition.status === "False" && condition.reason === unsupportedReason)?.message;
  const message = refusalOf(status);
  if (message === undefined || message === refusalOf(nodePool.status)) return [];
  const { apiVersion, kind, metadata } = nodePool;
  const uid = metadata.uid === undefined ? {} : { uid: metadata.uid };
  const regarding = { apiVersion, kind, namespace: "", name: metadata.name ?? "", ...uid };
  return [{ regarding, type: "Warning", reason: unsupportedReason, message }];
}

async function act({ client }: ProvisionerShell, step: PoolStep): Promise<Requeue> {
  switch (step.kind) {
    case "annotate": {
      const patch = { metadata: { annotations: step.annotations } };
      const key = { namespace: "", name: step.nodePool.metadata.name ?? "" };
      return requeueAfter(await client.patch("NodePool", key, { body: { kind: "merge", patch } }));
    }
    case "write-status": {
      const metadata = { name: step.nodePool.metadata.name ?? "" };
      const written = await client.applyStatus("NodePool", { metadata, status: step.status }, { fieldManager: provisionerFieldManager });
      return requeueAfter(written, { kind: "after", delayMs: recheckMs });
    }
    case "settled":
      return { kind: "after", delayMs: recheckMs };
    default:
      return assertNever(step);
  }
}

function poolsOf({ snapshot }: ProvisionerShell, { kind, metadata }: KubeObject): readonly ObjectKey[] {
  const named = snapshot()
    .list("NodePool")
    .filter(({ spec: { template } }) => template.spec.nodeClassRef.kind === kind && template.spec.nodeClassRef.name === metadata.name);
  return named.map((pool) => ({ namespace: "", name: pool.metadata.name ?? "" }));
}

function poolOf({ metadata }: KubeObject): readonly ObjectKey[] {
  const name = metadata.labels?.[nodePoolLabel];
  return name === undefined ? [] : [{ namespace: "", name }];
}
