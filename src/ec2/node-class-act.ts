/**
 * Acts of the EC2NodeClass controller: one write each, safe to repeat.
 *
 * Reads a step. Writes to the API server or to AWS. A change of the class wakes the controller by the watch; after a change that
 * only AWS sees, it looks again at once.
 */
import type { ApiClient } from "../api/api-client.ts";
import type { ApiStatus } from "../api/api-status.ts";
import { assertNever } from "../api/assert.ts";
import type { Requeue } from "../api/controller.ts";
import type { EC2NodeClass } from "../api/ec2-node-class.ts";
import { clusterNameTag, nodeClassFinalizer, nodeClassTag, provisionerFieldManager } from "../api/labels.ts";
import type { Result } from "../api/result.ts";
import { keyOf } from "../kube/object-key.ts";
import type { DryRunBook } from "./dry-run-book.ts";
import { failureText } from "./errors.ts";
import type { InstanceProfiles } from "./instance-profiles.ts";
import type { NodeClassCalls } from "./node-class-calls.ts";
import type { NodeClassDesk } from "./node-class-desk.ts";
import { dryRun } from "./node-class-dry-run.ts";
import { noteOf, type NodeClassStep } from "./node-class-step.ts";

export interface NodeClassActs {
  readonly client: Pick<ApiClient, "patch" | "applyStatus">;
  readonly desk: NodeClassDesk;
  readonly profiles: InstanceProfiles;
  readonly calls: NodeClassCalls;
  readonly clusterName: string;
  readonly book: DryRunBook;
}

/** The watch brings stamped claims within this time; the next look must not stamp them again. */
const stampedMs = 1_000;
/** A class that waits for claims says so again after this long; the last claim's end wakes it before. */
const awaitClaimsMs = 10 * 60_000;

/** Does a step. */
export async function actOnNodeClass(acts: NodeClassActs, step: NodeClassStep): Promise<Requeue> {
  const { client, profiles, book } = acts;
  const { metadata } = step.nodeClass;
  switch (step.kind) {
    case "gone":
      return { kind: "done" };
    case "settled":
      return { kind: "after", delayMs: step.recheckMs };
    case "await-claims":
      return { kind: "after", delayMs: awaitClaimsMs };
    case "finalize":
      return finalize(acts, step.nodeClass);
    case "add-finalizer":
      return afterWrite(await setFinalizers(client, step.nodeClass, [...(metadata.finalizers ?? []), nodeClassFinalizer]));
    case "stamp-claims":
      return stampClaims(client, step);
    case "annotate": {
      const patch = { metadata: { annotations: step.annotations } };
      return afterWrite(await client.patch("EC2NodeClass", keyOf(step.nodeClass), { body: { kind: "merge", patch } }));
    }
    case "make-profile": {
      const made = await profiles.make(step.plan);
      return made.ok ? { kind: "after", delayMs: 0 } : { kind: "retry", reason: made.error };
    }
    case "dry-run":
      book.set(step.key, await dryRun(acts.calls, step.dryRun));
      return { kind: "after", delayMs: 0 };
    case "write-status": {
      const applied = { metadata: { name: metadata.name ?? "" }, status: step.status };
      const written = await client.applyStatus("EC2NodeClass", applied, { fieldManager: provisionerFieldManager });
      return written.ok ? { kind: "after", delayMs: step.recheckMs } : retry(written.error);
    }
    default:
      return assertNever(step);
  }
}

/** The class itself is stamped after the last claim: a look at it again finds what a crash left. */
async function stampClaims(
  client: NodeClassActs["client"],
  { stamps }: Extract<NodeClassStep, { readonly kind: "stamp-claims" }>,
): Promise<Requeue> {
  for (const { name, annotations } of stamps) {
    const written = await client.patch(
      "NodeClaim",
      { namespace: "", name },
      { body: { kind: "merge", patch: { metadata: { annotations } } } },
    );
    if (!written.ok && written.error.code !== 404) return retry(written.error);
  }
  return { kind: "after", delayMs: stampedMs };
}

/** Whatever was made for the class goes first, then the class. */
async function finalize({ client, profiles, calls, clusterName, desk }: NodeClassActs, nodeClass: EC2NodeClass): Promise<Requeue> {
  const removed = await profiles.removeAllOf(nodeClass);
  if (!removed.ok) return notRemoved(nodeClass, removed.error);
  const templates = await calls.launchTemplates([
    { Name: `tag:${clusterNameTag}`, Values: [clusterName] },
    { Name: `tag:${nodeClassTag}`, Values: [nodeClass.metadata.name ?? ""] },
  ]);
  if (!templates.ok) return notRemoved(nodeClass, `launch templates: ${failureText(templates.error)}`);
  for (const name of templates.value) {
    const deleted = await calls.deleteTemplate(name);
    if (!deleted.ok) return notRemoved(nodeClass, `launch template ${name}: ${failureText(deleted.error)}`);
  }
  desk.forget(nodeClass.metadata.name ?? "");
  const left = (nodeClass.metadata.finalizers ?? []).filter((finalizer) => finalizer !== nodeClassFinalizer);
  return afterWrite(await setFinalizers(client, nodeClass, left));
}

/** Whoever waits for the class to go reads on it why it stays. */
function notRemoved(nodeClass: EC2NodeClass, message: string): Requeue {
  return { kind: "retry", reason: message, events: [noteOf(nodeClass, { type: "Warning", reason: "RemovalFailed", message })] };
}

/** A merge patch replaces the whole list, so it carries the version that the list was read at. */
function setFinalizers(
  client: NodeClassActs["client"],
  nodeClass: EC2NodeClass,
  finalizers: readonly string[],
): Promise<Result<unknown, ApiStatus>> {
  const { resourceVersion } = nodeClass.metadata;
  return client.patch("EC2NodeClass", keyOf(nodeClass), { body: { kind: "merge", patch: { metadata: { resourceVersion, finalizers } } } });
}

/** The watch brings what was written. */
function afterWrite(written: Result<unknown, ApiStatus>): Requeue {
  if (written.ok) return { kind: "done" };
  return written.error.code === 404 ? { kind: "done" } : retry(written.error);
}

function retry({ message, reason, code }: ApiStatus): Requeue {
  return { kind: "retry", reason: message ?? reason ?? `status ${code}` };
}
