/**
 * The node health controller: a replacement is asked for before its condition stands, and an unanswered cloud hides no sick node.
 */
import { expect, test } from "vitest";
import type { ApiClient } from "../../../src/api/api-client.ts";
import type { InstanceTrouble } from "../../../src/api/cloud-notices.ts";
import { platformNames } from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Node } from "../../../src/api/node.ts";
import { err, ok, type Result } from "../../../src/api/result.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { nodeHealthController } from "../../../src/provisioner/controllers/node-health-controller.ts";
import type { ProvisionerShell } from "../../../src/provisioner/controllers/shell.ts";

const providerID = "aws:///ap-southeast-1a/i-0a";
const nodeClaim: NodeClaim = {
  apiVersion: "karpenter.sh/v1",
  kind: "NodeClaim",
  metadata: { name: "general-1", resourceVersion: "7" },
  spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
  status: { providerID, conditions: [{ type: "Initialized", status: "True", lastTransitionTime: "2026-03-01T09:00:00Z" }] },
};
const sick: Node = {
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "node-1" },
  spec: { providerID },
  status: { conditions: [{ type: "KernelReady", status: "False", reason: "SoftLockup" }] },
};
const scheduled: InstanceTrouble = { instance: "i-0a", kind: "ScheduledEvent", message: "instance-stop is scheduled", endsAt: 9_000 };

async function look(of: {
  readonly troubles: Result<readonly InstanceTrouble[], string>;
  readonly node?: Node;
  readonly refuses?: "replace" | "status";
}) {
  const did: string[] = [];
  const applyStatus: ApiClient["applyStatus"] = (_kind, object) => {
    const { metadata, status } = object as unknown as NodeClaim;
    const types = status?.conditions?.map(({ type, status: word }) => `${type}=${word}`) ?? [];
    did.push(`write ${metadata.name ?? ""}@${metadata.resourceVersion ?? ""} ${types.slice(1).join()}`);
    return Promise.resolve(of.refuses === "status" ? err({ code: 409, message: "changed meanwhile" }) : ok(nodeClaim as never));
  };
  const get: ApiClient["get"] = () =>
    Promise.resolve(ok({ ...nodeClaim, metadata: { ...nodeClaim.metadata, resourceVersion: "8" } } as never));
  const shell = {
    client: { applyStatus, get },
    names: platformNames(),
    provider: { serves: () => true },
    snapshot: () => snapshotOf([nodeClaim, ...(of.node === undefined ? [] : [of.node])]),
  } as unknown as ProvisionerShell;
  const { controller } = nodeHealthController(shell, {
    health: { troubles: () => Promise.resolve(of.troubles) },
    replace: (claim, { reason, deadline }) => {
      did.push(`replace ${claim.metadata.name ?? ""} ${reason} ${deadline ?? ""}`);
      return Promise.resolve(of.refuses === "replace" ? err("not taken") : ok("asked" as const));
    },
  });
  const step = controller.decide(await controller.observe({ namespace: "", name: "cluster" }), 1_000);
  return { did, requeue: await controller.act(step), events: step.events?.map(({ reason }) => reason) ?? [] };
}

test("a node that the cloud will stop is replaced, and its condition written on the claim as it is after that", async () => {
  expect(await look({ troubles: ok([scheduled]) })).toEqual({
    did: ["replace general-1 ScheduledChange 9000", "write general-1@8 InstanceHealthy=False"],
    requeue: { kind: "after", delayMs: 60_000 },
    events: ["InstanceUnhealthy"],
  });
});

test("a request that was not taken leaves no condition, so that it is made again", async () => {
  const { did, requeue } = await look({ troubles: ok([scheduled]), refuses: "replace" });
  expect([did, requeue]).toEqual([["replace general-1 ScheduledChange 9000"], { kind: "retry", reason: "not taken" }]);
});

test("a sick node is told of though the cloud does not answer, and the cloud is asked again", async () => {
  const { did, requeue } = await look({ troubles: err("no ec2:DescribeInstanceStatus"), node: sick });
  expect([did, requeue]).toEqual([["write general-1@7 NodeHealthy=False"], { kind: "retry", reason: "no ec2:DescribeInstanceStatus" }]);
});

test("a write that came too late is made again", async () => {
  const { requeue } = await look({ troubles: ok([]), node: sick, refuses: "status" });
  expect(requeue).toEqual({ kind: "retry", reason: "NodeClaim general-1: changed meanwhile" });
});

test("nothing is written where all are well", async () => {
  expect(await look({ troubles: ok([]) })).toEqual({ did: [], requeue: { kind: "after", delayMs: 60_000 }, events: [] });
});
