/**
 * Instance tagging: the tags by which people and tools find an instance, put on it once its Node is registered.
 *
 * Reads NodeClaims that nobody calls tagged yet, and their instances. Writes `Name` (the Node's, unless its NodeClass gives it one),
 * `karpenter.sh/nodeclaim` and the cluster's name where they are missing, and then Karpenter's annotations that say so. A NodeClaim that
 * Karpenter launched and had no time to finish is finished by it.
 */
import type { Tag } from "@aws-sdk/client-ec2";
import type { ApiClient } from "../api/api-client.ts";
import type { AnyTrigger, Controller, ControllerStep, Requeue } from "../api/controller.ts";
import { awsLabelDomain, clusterNameTag, clusterTaggedAnnotation, nodeClaimTag, taggedAnnotation } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import type { Ec2Calls } from "./ec2-calls.ts";
import { failureText } from "./errors.ts";
import { instanceIDOf } from "./launch-outcome.ts";
import type { Ec2ControllerEntry } from "./node-class-controller.ts";

export interface InstanceTaggingOptions {
  readonly client: Pick<ApiClient, "patch">;
  readonly snapshot: () => ClusterSnapshot;
  readonly ec2: Pick<Ec2Calls, "instances" | "tagInstances">;
  readonly clusterName: string;
}

interface Untagged {
  readonly nodeClaim: NodeClaim;
  readonly instanceID: string;
  readonly nodeName: string;
}

interface TagStep extends ControllerStep, Untagged {
  readonly kind: "tag";
}

const nameTag = "Name";

/** Makes the controller with its triggers. */
export function instanceTagging(options: InstanceTaggingOptions): Ec2ControllerEntry {
  const controller: Controller<Untagged, TagStep> = {
    name: "instance-tagging",
    observe: (key) => Promise.resolve(untagged(options.snapshot().get("NodeClaim", key))),
    decide: (found) => ({ kind: "tag", ...found }),
    act: (step) => tag(options, step),
  };
  const triggers: readonly AnyTrigger[] = [
    { watches: "NodeClaim", keysOf: ({ object }) => [{ namespace: "", name: object.metadata.name ?? "" }] },
  ];
  return { controller, triggers, needs: [] };
}

/** Undefined where there is nothing to tag, or nothing to tag it with yet. */
function untagged(nodeClaim: NodeClaim | undefined): Untagged | undefined {
  if (nodeClaim === undefined || nodeClaim.metadata.deletionTimestamp !== undefined) return undefined;
  const { spec, status, metadata } = nodeClaim;
  if (spec.nodeClassRef.group !== awsLabelDomain || metadata.annotations?.[taggedAnnotation] === "true") return undefined;
  const { nodeName = "", providerID = "" } = status ?? {};
  const instanceID = instanceIDOf(providerID);
  return nodeName === "" || instanceID === undefined ? undefined : { nodeClaim, instanceID, nodeName };
}

async function tag({ client, ec2, clusterName }: InstanceTaggingOptions, { nodeClaim, instanceID, nodeName }: TagStep): Promise<Requeue> {
  const found = await ec2.instances({ Filters: [{ Name: "instance-id", Values: [instanceID] }] });
  if (!found.ok) return { kind: "retry", reason: failureText(found.error) };
  const [instance] = found.value;
  // It is gone, and so will be its claim.
  if (instance === undefined) return { kind: "done" };
  const { name = "", uid } = nodeClaim.metadata;
  const tags = instance.Tags ?? [];
  const missing: readonly Tag[] = [
    { Key: nameTag, Value: nodeName },
    { Key: nodeClaimTag, Value: name },
    { Key: clusterNameTag, Value: clusterName },
  ].filter(({ Key }) => !tags.some((known) => known.Key === Key));
  const tagged = missing.length === 0 ? undefined : await ec2.tagInstances([instanceID], missing);
  if (tagged?.ok === false) return { kind: "retry", reason: failureText(tagged.error) };
  // The uid makes the patch fail where another claim has the name by now.
  const annotations = { [taggedAnnotation]: "true", [clusterTaggedAnnotation]: "true" };
  const patch = { metadata: { ...(uid === undefined ? {} : { uid }), annotations } };
  const written = await client.patch("NodeClaim", { namespace: "", name }, { body: { kind: "merge", patch } });
  if (written.ok || written.error.code === 404) return { kind: "done" };
  return { kind: "retry", reason: written.error.message ?? `status ${written.error.code}` };
}
