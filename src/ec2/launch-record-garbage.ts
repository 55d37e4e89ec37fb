/**
 * Launch record garbage: what NodeClaims keep of their launches is removed once no launch needs it.
 *
 * Reads NodeClaims that are launched and tagged, and those of the same launch. Writes the annotation away. A lead keeps its attempt until each
 * other member has its instance, has gone on to another attempt, or is gone: without it they would launch anew, beside what it made.
 */
import type { ApiClient } from "../api/api-client.ts";
import type { AnyTrigger, Controller, ControllerStep, Requeue } from "../api/controller.ts";
import { awsLabelDomain, taggedAnnotation, type PlatformNames } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { launchRecordOf, memberOf, type LaunchAttempt } from "./launch-attempt.ts";
import type { Ec2ControllerEntry } from "./node-class-controller.ts";

export interface LaunchRecordOptions {
  readonly client: Pick<ApiClient, "patch">;
  readonly snapshot: () => ClusterSnapshot;
  readonly names: PlatformNames;
}

interface Spent {
  readonly nodeClaim: NodeClaim;
  /** Whether somebody still needs what it keeps. */
  readonly isNeeded: boolean;
}

interface ForgetStep extends ControllerStep, Spent {
  readonly kind: "forget";
}

const lookAgainMs = 30_000;

/** Makes the controller with its triggers. */
export function launchRecordGarbage({ client, snapshot, names }: LaunchRecordOptions): Ec2ControllerEntry {
  const controller: Controller<Spent, ForgetStep> = {
    name: "launch-record-garbage",
    observe: (key) => Promise.resolve(spentRecord(snapshot(), { nodeClaim: snapshot().get("NodeClaim", key), names })),
    decide: (found) => ({ kind: "forget", ...found }),
    act: async ({ nodeClaim, isNeeded }) => {
      if (isNeeded) return { kind: "after", delayMs: lookAgainMs };
      return await forget(client, nodeClaim, names);
    },
  };
  const triggers: readonly AnyTrigger[] = [
    { watches: "NodeClaim", keysOf: ({ object }) => [{ namespace: "", name: object.metadata.name ?? "" }] },
  ];
  return { controller, triggers, needs: [] };
}

/** Undefined where nothing is kept, or the claim itself still needs it: its instance is not tagged with its name yet. */
function spentRecord(
  snapshot: ClusterSnapshot,
  { nodeClaim, names }: { readonly nodeClaim: NodeClaim | undefined; readonly names: PlatformNames },
): Spent | undefined {
  if (nodeClaim === undefined || nodeClaim.metadata.deletionTimestamp !== undefined) return undefined;
  const { metadata, spec, status } = nodeClaim;
  const isOurs = spec.nodeClassRef.group === awsLabelDomain && metadata.annotations?.[names.launchRequestAnnotation] !== undefined;
  if (!isOurs || !status?.providerID || metadata.annotations[taggedAnnotation] !== "true") return undefined;
  const record = launchRecordOf(nodeClaim, names);
  if (!record.ok || record.value?.kind !== "attempt") return { nodeClaim, isNeeded: false };
  return { nodeClaim, isNeeded: isNeeded(record.value.attempt, { nodeClaim, others: snapshot.list("NodeClaim"), names }) };
}

function isNeeded(
  { members, at }: LaunchAttempt,
  { nodeClaim, others, names }: { readonly nodeClaim: NodeClaim; readonly others: readonly NodeClaim[]; readonly names: PlatformNames },
): boolean {
  const own = memberOf(nodeClaim).uid;
  const uids = new Set(members.flatMap(({ uid }) => (uid === own ? [] : [uid])));
  if (uids.size === 0) return false;
  return others.some((claim) => {
    if (!uids.has(memberOf(claim).uid) || claim.status?.providerID) return false;
    const record = launchRecordOf(claim, names);
    if (!record.ok || record.value === undefined) return true;
    return (record.value.kind === "attempt" ? record.value.attempt.at : record.value.pointer.at) <= at;
  });
}

/** The uid makes the patch fail where another claim has the name by now. */
async function forget(client: LaunchRecordOptions["client"], { metadata }: NodeClaim, names: PlatformNames): Promise<Requeue> {
  const { name = "", uid } = metadata;
  const patch = { metadata: { ...(uid === undefined ? {} : { uid }), annotations: { [names.launchRequestAnnotation]: null } } };
  const written = await client.patch("NodeClaim", { namespace: "", name }, { body: { kind: "merge", patch } });
  if (written.ok || written.error.code === 404) return { kind: "done" };
  return { kind: "retry", reason: written.error.message ?? `status ${written.error.code}` };
}
