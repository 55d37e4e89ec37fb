/**
 * Garbage collection: one loop over the whole cloud that ends what a crash left behind.
 *
 * Reads every instance of the cluster and every NodeClaim. Writes the end of orphaned instances, after asking the API server
 * itself (a snapshot may lag), and the deletion of NodeClaims whose instance is gone.
 */
import { assertNever } from "../../api/assert.ts";
import type { Controller, ControllerStep, Requeue } from "../../api/controller.ts";
import type { NodeClaim } from "../../api/node-claim.ts";
import type { ObjectKey } from "../../api/object.ts";
import type { CloudInstance } from "../../api/ports.ts";
import { garbageOf, type Garbage } from "../lifecycle/garbage.ts";
import { claimNote } from "../lifecycle/next-step.ts";
import type { ControllerEntry, ProvisionerShell } from "./shell.ts";

interface ObservedCloud {
  readonly instances: readonly CloudInstance[] | { readonly unknown: string };
  readonly nodeClaims: readonly NodeClaim[];
  readonly nodes: Parameters<typeof garbageOf>[0]["nodes"];
}

type GarbageStep = ControllerStep &
  (
    | { readonly kind: "end"; readonly garbage: Garbage }
    | { readonly kind: "clean" }
    | { readonly kind: "ask-again"; readonly reason: string }
  );

const clusterKey = { namespace: "", name: "cluster" };
/** Garbage ended in one look; the next one goes on. */
const endsMax = 100;

/** Makes the controller; `everyMs` is how often the cloud is listed. */
export function garbageCollection(shell: ProvisionerShell, everyMs = 30_000): ControllerEntry {
  const controller: Controller<ObservedCloud, GarbageStep> = {
    name: "garbage-collection",
    observe: async () => {
      const instances = await shell.provider.list();
      const snapshot = shell.snapshot();
      return {
        instances: instances.ok ? instances.value : { unknown: instances.error },
        nodeClaims: snapshot.list("NodeClaim").filter(({ spec }) => shell.provider.serves(spec.nodeClassRef)),
        nodes: snapshot.list("Node"),
      };
    },
    decide: ({ instances, nodeClaims, nodes }, now) => {
      if ("unknown" in instances) return { kind: "ask-again", reason: instances.unknown };
      const garbage = garbageOf({ instances, nodeClaims, nodes, now });
      return garbage.instances.length + garbage.nodeClaims.length === 0 ? { kind: "clean" } : endStep(garbage);
    },
    act: (step) => act(shell, { step, everyMs }),
  };
  // No object stands for what was forgotten: woken once at the start, and from then on by itself.
  const wake = (enqueue: (key: ObjectKey) => void) => {
    enqueue(clusterKey);
    return () => undefined;
  };
  return { controller, triggers: [], needs: ["NodeClaim", "Node"], wake };
}

function endStep(garbage: Garbage): GarbageStep {
  const message = "The instance of this NodeClaim is gone from the cloud.";
  return {
    kind: "end",
    garbage,
    events: garbage.nodeClaims.map((claim) => claimNote(claim, { type: "Warning", reason: "InstanceGone", message })),
    decision: {
      chosen: {
        instances: garbage.instances.map(({ providerID }) => providerID),
        nodeClaims: garbage.nodeClaims.map(({ metadata }) => metadata.name),
      },
      rejected: [],
    },
  };
}

async function act(shell: ProvisionerShell, { step, everyMs }: { readonly step: GarbageStep; readonly everyMs: number }): Promise<Requeue> {
  switch (step.kind) {
    case "clean":
      return { kind: "after", delayMs: everyMs };
    case "ask-again":
      return { kind: "retry", reason: step.reason };
    case "end":
      return endAll(shell, { garbage: step.garbage, everyMs });
    default:
      return assertNever(step);
  }
}

async function endAll(
  shell: ProvisionerShell,
  { garbage, everyMs }: { readonly garbage: Garbage; readonly everyMs: number },
): Promise<Requeue> {
  const failures: string[] = [];
  for (const instance of garbage.instances.slice(0, endsMax)) {
    const failure = await endInstance(shell, instance);
    if (failure !== undefined) failures.push(failure);
  }
  for (const { metadata } of garbage.nodeClaims.slice(0, endsMax)) {
    const key = { namespace: "", name: metadata.name ?? "" };
    const deleted = await shell.client.delete("NodeClaim", key, metadata.uid === undefined ? {} : { uid: metadata.uid });
    if (!deleted.ok) failures.push(`NodeClaim ${key.name}: ${deleted.error.message ?? ""}`);
  }
  const [failure] = failures;
  return failure === undefined ? { kind: "after", delayMs: everyMs } : { kind: "retry", reason: failure };
}

/** Ends an instance once the API server itself has said that no NodeClaim stands for it. */
async function endInstance({ client, provider, snapshot }: ProvisionerShell, instance: CloudInstance): Promise<string | undefined> {
  const { providerID, nodeClaim = "" } = instance;
  const claim = await client.get("NodeClaim", { namespace: "", name: nodeClaim });
  if (claim.ok && (claim.value.status?.providerID ?? providerID) === providerID) return undefined;
  if (!claim.ok && claim.error.code !== 404) return `NodeClaim ${nodeClaim}: ${claim.error.message ?? ""}`;
  const ended = await provider.delete({ providerID });
  if (!ended.ok) return ended.error;
  const node = snapshot()
    .list("Node")
    .find(({ spec }) => spec?.providerID === providerID);
  if (node === undefined) return undefined;
  const deleted = await client.delete("Node", { namespace: "", name: node.metadata.name ?? "" });
  return deleted.ok ? undefined : `Node ${node.metadata.name ?? ""}: ${deleted.error.message ?? ""}`;
}
