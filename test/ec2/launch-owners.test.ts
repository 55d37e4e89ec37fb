/**
 * Whose an instance is that Karpenter launched and had no time to name: its claim's, which it is named after now, or nobody's.
 */
import type { Instance, Tag } from "@aws-sdk/client-ec2";
import { expect, test } from "vitest";
import { platformNames } from "../../src/api/labels.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import { ok } from "../../src/api/result.ts";
import { ownedInstances } from "../../src/ec2/launch-owners.ts";

const pool = { Key: "karpenter.sh/nodepool", Value: "general" };
const nodeClass = { Key: "karpenter.k8s.aws/ec2nodeclass", Value: "default" };

function instance(id: string, ...tags: readonly Tag[]): Instance {
  return { InstanceId: id, State: { Name: "running" }, Tags: [{ Key: "eks:eks-cluster-name", Value: "test" }, ...tags] };
}

const claim: NodeClaim = {
  apiVersion: "karpenter.sh/v1",
  kind: "NodeClaim",
  metadata: { name: "general-abcde", uid: "uid-1" },
  spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
  status: { providerID: "aws:///ap-southeast-1a/i-0a1" },
};

test("an instance of Karpenter's without a name is its claim's or nobody's, and one without its tags is not looked at", async () => {
  const tagged: string[] = [];
  const ports = {
    ec2: {
      tagInstances: (ids: readonly string[], tags: readonly Tag[]) => {
        tagged.push(...ids.map((id) => `${id} ${tags.map(({ Key, Value }) => `${Key ?? ""}=${Value ?? ""}`).join()}`));
        return Promise.resolve(ok(undefined));
      },
    },
    // The watch has not brought it yet: the API server is asked before an instance is nobody's.
    client: { list: (() => Promise.resolve(ok([claim]))) as never },
    names: platformNames(),
  };
  const instances = [instance("i-0a1", pool, nodeClass), instance("i-0a2", pool, nodeClass), instance("i-0a3", pool), instance("i-0a4")];
  const owned = await ownedInstances(ports, { instances, nodeClaims: [] });
  expect(owned.ok ? owned.value.map(({ instance: { InstanceId }, nodeClaim }) => [InstanceId, nodeClaim]) : owned.error).toEqual([
    ["i-0a1", "general-abcde"],
    ["i-0a2", "unnamed-i-0a2"],
    ["i-0a3", undefined],
    ["i-0a4", undefined],
  ]);
  expect(tagged).toEqual(["i-0a1 karpenter.sh/nodeclaim=general-abcde"]);
});
