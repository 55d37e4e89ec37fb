/**
 * Instance tagging: what is missing is added once, what is there stays, and the NodeClaim says that it is done.
 */
import type { Instance, Tag } from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import type { ApiClient } from "../../src/api/api-client.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import { err, ok } from "../../src/api/result.ts";
import { ec2Failure } from "../../src/ec2/errors.ts";
import { instanceTagging } from "../../src/ec2/instance-tagging.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";

const registered: NodeClaim = {
  apiVersion: "karpenter.sh/v1",
  kind: "NodeClaim",
  metadata: { name: "general-1", uid: "uid-1" },
  spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
  status: { providerID: "aws:///ap-southeast-1a/i-0a1", nodeName: "ip-10-0-0-1" },
};

async function looked(of: {
  readonly claim?: NodeClaim;
  readonly tags?: readonly Tag[];
  readonly isGone?: boolean;
  readonly refuses?: boolean;
}) {
  const { claim = registered, tags = [], isGone = false, refuses = false } = of;
  const done: string[] = [];
  const instance: Instance = { InstanceId: "i-0a1", Tags: [...tags] };
  const client = {
    patch: (_kind: string, { name }: { readonly name: string }, { body }: { readonly body: { readonly patch: object } }) => {
      done.push(`patch ${name} ${JSON.stringify(body.patch)}`);
      return Promise.resolve(ok(claim));
    },
  } as unknown as ApiClient;
  const { controller } = instanceTagging({
    client,
    snapshot: () => snapshotOf([claim]),
    clusterName: "prod",
    ec2: {
      instances: () => Promise.resolve(ok(isGone ? [] : [instance])),
      tagInstances: (ids, added) => {
        if (refuses) return Promise.resolve(err(ec2Failure({ name: "UnauthorizedOperation", message: "no ec2:CreateTags" })));
        done.push(`tag ${ids.join()} ${added.map(({ Key, Value }) => `${Key ?? ""}=${Value ?? ""}`).join()}`);
        return Promise.resolve(ok(undefined));
      },
    },
  });
  const observed = await controller.observe({ namespace: "", name: "general-1" });
  const requeue = observed === undefined ? undefined : await controller.act(controller.decide(observed, 0));
  return { done, requeue };
}

const noted =
  'patch general-1 {"metadata":{"uid":"uid-1","annotations":{"karpenter.k8s.aws/tagged":"true",' +
  '"compatibility.karpenter.k8s.aws/cluster-name-tagged":"true"}}}';

describe("an instance whose Node is registered", () => {
  test("gets the Node's name, its NodeClaim and its cluster", async () => {
    expect((await looked({})).done).toEqual([
      "tag i-0a1 Name=ip-10-0-0-1,karpenter.sh/nodeclaim=general-1,eks:eks-cluster-name=prod",
      noted,
    ]);
  });

  test("keeps the name that its NodeClass gave it", async () => {
    const tags = [
      { Key: "Name", Value: "web" },
      { Key: "karpenter.sh/nodeclaim", Value: "general-1" },
      { Key: "eks:eks-cluster-name", Value: "prod" },
    ];
    expect((await looked({ tags })).done).toEqual([noted]);
  });

  test("is tried again where EC2 refuses, and not called tagged before", async () => {
    const { done, requeue } = await looked({ refuses: true });
    expect([done, requeue?.kind]).toEqual([[], "retry"]);
  });

  test("is let be where it is gone", async () => {
    expect(await looked({ isGone: true })).toEqual({ done: [], requeue: { kind: "done" } });
  });
});

test.each<[string, NodeClaim]>([
  [
    "was tagged, by us or by Karpenter",
    { ...registered, metadata: { ...registered.metadata, annotations: { "karpenter.k8s.aws/tagged": "true" } } },
  ],
  ["has no Node yet", { ...registered, status: { providerID: "aws:///ap-southeast-1a/i-0a1" } }],
  ["is being deleted", { ...registered, metadata: { ...registered.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } }],
  [
    "is of another provider",
    { ...registered, spec: { ...registered.spec, nodeClassRef: { group: "eks.amazonaws.com", kind: "NodeClass", name: "default" } } },
  ],
])("nothing is tagged for a NodeClaim that %s", async (_what, claim) => {
  expect((await looked({ claim })).requeue).toBeUndefined();
});
