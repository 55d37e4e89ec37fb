/**
 * A launch that finds no capacity: the claim is told once, and looked at again as often as it takes.
 */
import { expect, test } from "vitest";
import { platformNames } from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import { err, ok } from "../../../src/api/result.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { launchClaim } from "../../../src/provisioner/controllers/claim-launch.ts";
import type { ProvisionerShell } from "../../../src/provisioner/controllers/shell.ts";

const claim: NodeClaim = {
  apiVersion: "karpenter.sh/v1",
  kind: "NodeClaim",
  metadata: { name: "general-1", uid: "uid-1" },
  spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
};

test("asks and writes nothing of the API server while a launch lacks what it lacked before", async () => {
  const calls: string[] = [];
  const state = { claim, message: "none in a" };
  const client = {
    get: () => {
      calls.push("get");
      return Promise.resolve(ok(state.claim));
    },
    applyStatus: (_kind: string, { status }: Pick<NodeClaim, "status">) => {
      calls.push("apply");
      state.claim = { ...state.claim, ...(status === undefined ? {} : { status }) };
      return Promise.resolve(ok(state.claim));
    },
  };
  const provider = {
    serves: () => true,
    instanceTypes: () => Promise.resolve(err("not ready")),
    create: () => Promise.resolve({ kind: "insufficient-capacity", message: state.message, retryAfterMs: 1_000 }),
  };
  const shell = {
    client,
    provider,
    snapshot: () => snapshotOf([state.claim]),
    clock: { now: () => 0, sleep: () => Promise.resolve() },
    names: platformNames(),
  } as unknown as ProvisionerShell;
  expect((await launchClaim(shell, state.claim)).events).toHaveLength(1);
  expect(calls.splice(0)).toEqual(["get", "apply"]);
  expect(await launchClaim(shell, state.claim)).toEqual({ kind: "after", delayMs: 1_000, events: [] });
  expect(calls.splice(0)).toEqual([]);
  state.message = "none in a, none in b";
  expect((await launchClaim(shell, state.claim)).events).toHaveLength(1);
  expect(calls).toEqual(["get", "apply"]);
});
