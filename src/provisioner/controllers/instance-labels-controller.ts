/**
 * The instance labels controller: every minute, labels that only the cloud knows better than what stands on NodeClaims and Nodes.
 *
 * Reads the snapshot, and every instance where a claim is on reserved capacity or its partition is open. Writes labels. What they say is
 * lifecycle/instance-labels.ts's answer. A launch into a placement group wakes it, so that a Node is registered with its partition.
 */
import { assertNever } from "../../api/assert.ts";
import type { AnyTrigger, Change, Controller, ControllerStep, Requeue } from "../../api/controller.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { ObjectKey } from "../../api/object.ts";
import type { CloudInstance } from "../../api/ports.ts";
import { ok, type Result } from "../../api/result.ts";
import { nodeOf } from "../lifecycle/claim-node.ts";
import {
  askedNodes,
  labelChanges,
  lacksPartition,
  type LabelChange,
  type LabelledNode,
  type LabelPatch,
} from "../lifecycle/instance-labels.ts";
import type { ControllerEntry, ProvisionerShell } from "./shell.ts";

interface ObservedLabels {
  readonly asked: readonly LabelledNode[];
  readonly instances: Result<readonly CloudInstance[], string>;
}

type LabelStep = ControllerStep &
  (
    | { readonly kind: "ask-again"; readonly reason: string }
    | { readonly kind: "label"; readonly changes: readonly LabelChange[]; readonly delayMs: number }
  );

const clusterKey: ObjectKey = { namespace: "", name: "cluster" };
const everyMs = 60_000;
/** A cloud lists an instance some seconds after it has launched it. */
const hiddenPollMs = 5_000;
/** Nodes that one look labels; the next one goes on. */
const writesMax = 100;

/** Makes the controller; it wakes itself. */
export function instanceLabelsController(shell: ProvisionerShell): ControllerEntry {
  const { snapshot, provider } = shell;
  const controller: Controller<ObservedLabels, LabelStep> = {
    name: "instance-labels",
    observe: async () => {
      const now = snapshot();
      const served = now.list("NodeClaim").filter(({ spec }) => provider.serves(spec.nodeClassRef));
      const asked = askedNodes(served, (nodeClaim) => nodeOf(now, nodeClaim));
      return { asked, instances: asked.length === 0 ? ok([]) : await provider.list() };
    },
    decide: labelStep,
    act: (step) => act(shell, step),
  };
  const triggers: readonly AnyTrigger[] = [{ watches: "NodeClaim", keysOf: (change) => (isOpenLaunch(change) ? [clusterKey] : []) }];
  const wake = (enqueue: (key: ObjectKey) => void) => {
    enqueue(clusterKey);
    return () => undefined;
  };
  return { controller, triggers, needs: ["Node"], wake };
}

function isOpenLaunch(change: Change<NodeClaim>): boolean {
  if (change.kind !== "updated" || !lacksPartition(change.object.metadata.labels)) return false;
  return change.object.status?.providerID !== undefined && change.before.status?.providerID === undefined;
}

function labelStep({ asked, instances }: ObservedLabels): LabelStep {
  if (!instances.ok) return { kind: "ask-again", reason: instances.error };
  const { changes: all, isHidden } = labelChanges(asked, instances.value);
  const changes = all.slice(0, writesMax);
  const delayMs = all.length > writesMax ? 0 : isHidden ? hiddenPollMs : everyMs;
  if (changes.length === 0) return { kind: "label", changes, delayMs };
  const chosen = changes.map(({ nodeClaim, ofClaim, ofNode }) => ({ nodeClaim: nodeClaim.metadata.name ?? "", ofClaim, ofNode }));
  return { kind: "label", changes, delayMs, decision: { chosen: { labels: chosen }, rejected: [] } };
}

async function act(shell: ProvisionerShell, step: LabelStep): Promise<Requeue> {
  switch (step.kind) {
    case "ask-again":
      return { kind: "retry", reason: step.reason };
    case "label": {
      const failures: string[] = [];
      for (const { nodeClaim, node, ofClaim, ofNode } of step.changes) {
        failures.push(...(await label(shell, { object: nodeClaim, labels: ofClaim })));
        if (node !== undefined) failures.push(...(await label(shell, { object: node, labels: ofNode })));
      }
      const [failure] = failures;
      return failure === undefined ? { kind: "after", delayMs: step.delayMs } : { kind: "retry", reason: failure };
    }
    default:
      return assertNever(step);
  }
}

/** Returns what went wrong. The uid makes the patch fail where another object has the name by now. */
async function label(
  { client }: ProvisionerShell,
  { object, labels }: { readonly object: NodeClaim | NonNullable<LabelledNode["node"]>; readonly labels: LabelPatch },
): Promise<readonly string[]> {
  if (Object.keys(labels).length === 0) return [];
  const { name = "", uid } = object.metadata;
  const patch = { metadata: { ...(uid === undefined ? {} : { uid }), labels } };
  const kind = object.kind === "Node" ? "Node" : "NodeClaim";
  const written = await client.patch(kind, { namespace: "", name }, { body: { kind: "merge", patch } });
  return written.ok || written.error.code === 404 ? [] : [`${kind} ${name}: ${written.error.message ?? ""}`];
}
