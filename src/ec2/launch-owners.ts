/**
 * Whose an instance is: of the NodeClaim in its tag, or of the launch that it came of.
 *
 * Reads instances as EC2 describes them, and NodeClaims. Returns the claim's name for each. An instance of a launch of several claims gets
 * its claim's tag only after the launch is answered, one of Karpenter's only once its Node is registered; where that was missed, the tag is
 * put on here. One whose launch has no claim left that could still get it belongs to nobody: its name is then one that no claim has, so
 * that it is collected.
 */
import type { Instance } from "@aws-sdk/client-ec2";
import type { ApiClient } from "../api/api-client.ts";
import { nodeClaimTag, nodeClassTag, nodePoolTag, type PlatformNames } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { Ec2Calls } from "./ec2-calls.ts";
import { launchRecordOf, memberOf } from "./launch-attempt.ts";
import { instanceIDOf } from "./launch-outcome.ts";

export interface OwnerPorts {
  readonly ec2: Pick<Ec2Calls, "tagInstances">;
  readonly client: Pick<ApiClient, "list">;
  readonly names: PlatformNames;
}

/** An instance with the name of its NodeClaim; without one where it is not ours, or where its launch is still under way. */
export interface OwnedInstance {
  readonly instance: Instance;
  readonly nodeClaim?: string;
}

type Owner = { readonly kind: "claim"; readonly name: string } | { readonly kind: "underway" } | { readonly kind: "nobody" };

/** Returns whose each instance is; fails where the API server has to be asked and does not answer. */
export async function ownedInstances(
  ports: OwnerPorts,
  { instances, nodeClaims }: { readonly instances: readonly Instance[]; readonly nodeClaims: readonly NodeClaim[] },
): Promise<Result<readonly OwnedInstance[], string>> {
  const { names, client } = ports;
  const nameless = instances.filter((instance) => isNameless(instance, names));
  if (nameless.length === 0) return ok(instances.map(tagged));
  let owners = ownersOf(nodeClaims, names);
  // Only the API server itself can say that nobody is left.
  if (nameless.some((instance) => owners(instance).kind === "nobody")) {
    const listed = await client.list("NodeClaim");
    if (!listed.ok) return err(`NodeClaims could not be listed: ${listed.error.message ?? String(listed.error.code)}`);
    owners = ownersOf(listed.value, names);
  }
  const owned = instances.map((instance): OwnedInstance => {
    if (!nameless.includes(instance)) return tagged(instance);
    const owner = owners(instance);
    if (owner.kind === "underway") return { instance };
    return { instance, nodeClaim: owner.kind === "claim" ? owner.name : nameOfNobody(instance, names) };
  });
  await nameOnes(
    ports,
    owned.filter(({ instance }) => nameless.includes(instance) && owners(instance).kind === "claim"),
  );
  return ok(owned);
}

/** The tag is for people and for other tools; the next list tries again where it failed. */
async function nameOnes({ ec2 }: OwnerPorts, owned: readonly OwnedInstance[]): Promise<void> {
  for (const { instance, nodeClaim = "" } of owned)
    await ec2.tagInstances([instance.InstanceId ?? ""], [{ Key: nodeClaimTag, Value: nodeClaim }]);
}

function tagged(instance: Instance): OwnedInstance {
  const nodeClaim = tagOf(instance, nodeClaimTag);
  return { instance, ...(nodeClaim === undefined ? {} : { nodeClaim }) };
}

function isNameless(instance: Instance, { launchTag }: PlatformNames): boolean {
  const state = instance.State?.Name;
  if (state === "terminated" || state === "shutting-down") return false;
  if (tagOf(instance, nodeClaimTag) !== undefined) return false;
  return tagOf(instance, launchTag) !== undefined || isKarpenters(instance);
}

function ownersOf(nodeClaims: readonly NodeClaim[], names: PlatformNames): (instance: Instance) => Owner {
  const byInstance = new Map(nodeClaims.map(({ metadata, status }) => [instanceIDOf(status?.providerID ?? ""), metadata.name ?? ""]));
  const waiting = new Set(nodeClaims.filter(({ status }) => !status?.providerID).map((claim) => memberOf(claim).uid));
  const open = new Set(
    nodeClaims.flatMap((claim) => {
      const record = launchRecordOf(claim, names);
      if (!record.ok || record.value?.kind !== "attempt") return [];
      const { request, members } = record.value.attempt;
      return members.some(({ uid }) => waiting.has(uid)) ? [request.ClientToken] : [];
    }),
  );
  return (instance) => {
    const name = byInstance.get(instance.InstanceId);
    if (name !== undefined && instance.InstanceId !== undefined) return { kind: "claim", name };
    return open.has(tagOf(instance, names.launchTag) ?? "") ? { kind: "underway" } : { kind: "nobody" };
  };
}

function tagOf({ Tags = [] }: Instance, key: string): string | undefined {
  return Tags.find(({ Key }) => Key === key)?.Value;
}

/** Launched by Karpenter for a NodePool and a NodeClass; EKS Auto Mode has other tags. */
function isKarpenters(instance: Instance): boolean {
  return tagOf(instance, nodePoolTag) !== undefined && tagOf(instance, nodeClassTag) !== undefined;
}

function nameOfNobody(instance: Instance, { launchTag }: PlatformNames): string {
  const launch = tagOf(instance, launchTag);
  return launch === undefined ? `unnamed-${instance.InstanceId ?? ""}` : `launch-${launch.slice(0, 12)}`;
}
