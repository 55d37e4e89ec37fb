/**
 * The write of a NodeClaim's status on an API server that knows whose a field is: what is left out is gone, whoever wrote it.
 */
import { expect, test } from "vitest";
import type { ApiClient } from "../../../src/api/api-client.ts";
import { crdOf } from "../../../src/api/crd.ts";
import { defaultDomain } from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { ApiRequest } from "../../../src/api/ports.ts";
import { apiClient } from "../../../src/cluster/api-client.ts";
import { applyClaimStatus } from "../../../src/provisioner/controllers/claim-status-write.ts";
import { cameTrue, claimStatusAfter } from "../../../src/provisioner/lifecycle/claim-status.ts";
import { createVirtualClock } from "../../../src/sim/virtual-clock.ts";
import { startWorld } from "../../../src/sim/world.ts";

const claim: NodeClaim = {
  apiVersion: "karpenter.sh/v1",
  kind: "NodeClaim",
  metadata: { name: "general-1" },
  spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
};
const now = Date.parse("2026-07-01T00:00:00Z");

test("a condition that Karpenter wrote is taken away with one write more, and ours with the write itself", async () => {
  const { client, writes } = await opened();
  const disrupted = { ...cameTrue("DisruptionReason"), reason: "Drifted" };
  const created = await value(client.create("NodeClaim", claim));
  const theirs = claimStatusAfter(created, { conditions: [disrupted, cameTrue("Consolidatable")], now });
  const patch = { status: theirs };
  const options = { subresource: "status", fieldManager: "karpenter", body: { kind: "merge", patch } } as const;
  const told = await value(client.patch("NodeClaim", { namespace: "", name: "general-1" }, options));
  expect(typesOf(told)).toEqual(expect.arrayContaining(["DisruptionReason", "Consolidatable"]));

  const untold = await value(without(client, told, "DisruptionReason"));
  expect(typesOf(untold)).toContain("Consolidatable");
  expect(typesOf(untold)).not.toContain("DisruptionReason");

  const again = await value(applyClaimStatus({ client }, untold, claimStatusAfter(untold, { conditions: [disrupted], now })));
  expect(typesOf(again)).toContain("DisruptionReason");
  const before = writes.length;
  expect(typesOf(await value(without(client, again, "DisruptionReason")))).not.toContain("DisruptionReason");
  expect(writes.slice(before)).toHaveLength(1);
});

function without(client: ApiClient, from: NodeClaim, type: "DisruptionReason") {
  return applyClaimStatus({ client }, from, claimStatusAfter(from, { conditions: [], without: [type], now }));
}

async function opened() {
  const world = startWorld({ clock: createVirtualClock(), seed: 1 });
  const transport = world.transport();
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  await transport.request({ method: "POST", path, body: crdOf("NodeClaim") });
  const writes: ApiRequest[] = [];
  const request = (asked: ApiRequest) => {
    writes.push(asked);
    return transport.request(asked);
  };
  return { client: apiClient({ transport: { ...transport, request }, domain: defaultDomain }), writes };
}

async function value(written: ReturnType<ApiClient["get"]> | ReturnType<typeof applyClaimStatus>): Promise<NodeClaim> {
  const answer = await written;
  if (!answer.ok) throw new Error(answer.error.message ?? String(answer.error.code));
  return answer.value as NodeClaim;
}

function typesOf({ status }: NodeClaim): readonly string[] {
  return (status?.conditions ?? []).map(({ type }) => type);
}
