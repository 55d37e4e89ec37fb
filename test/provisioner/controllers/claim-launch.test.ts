/**
 * What a launch writes: a claim that finds no capacity is told once, and one that was made anew under the name is left alone.
 */
import { expect, test } from "vitest";
import { crdOf } from "../../../src/api/crd.ts";
import { defaultDomain, platformNames } from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import { err, ok } from "../../../src/api/result.ts";
import { apiClient } from "../../../src/cluster/api-client.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { launchClaim } from "../../../src/provisioner/controllers/claim-launch.ts";
import type { ProvisionerShell } from "../../../src/provisioner/controllers/shell.ts";
import { podClassHash } from "../../../src/provisioner/scheduling/pod-class.ts";
import { createVirtualClock } from "../../../src/sim/virtual-clock.ts";
import { startWorld } from "../../../src/sim/world.ts";
import { pod } from "../../support/objects.ts";

const waiting = pod({ name: "web", labels: { app: "web" } });
const claim: NodeClaim = {
  apiVersion: "karpenter.sh/v1",
  kind: "NodeClaim",
  metadata: { name: "general-1", uid: "uid-1", annotations: { [platformNames().plannedPodsAnnotation]: `${podClassHash(waiting)}=1` } },
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
    snapshot: () => snapshotOf([state.claim, waiting]),
    clock: { now: () => 0, sleep: () => Promise.resolve() },
    names: platformNames(),
  } as unknown as ProvisionerShell;
  const { events = [] } = await launchClaim(shell, state.claim);
  expect(events.map(({ regarding, reason }) => [regarding.kind, reason])).toEqual([
    ["NodeClaim", "InsufficientCapacityError"],
    ["Pod", "InsufficientCapacityError"],
  ]);
  expect(calls.splice(0)).toEqual(["get", "apply"]);
  expect(await launchClaim(shell, state.claim)).toEqual({ kind: "after", delayMs: 1_000, events: [] });
  expect(calls.splice(0)).toEqual([]);
  state.message = "none in a, none in b";
  expect((await launchClaim(shell, state.claim)).events).toHaveLength(2);
  expect(calls).toEqual(["get", "apply"]);
});

test("labels nothing of a claim that was made anew under the name while the launch went on", async () => {
  const world = startWorld({ clock: createVirtualClock(), seed: 1 });
  const transport = world.transport();
  const path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  await transport.request({ method: "POST", path, body: crdOf("NodeClaim") });
  const client = apiClient({ transport, domain: defaultDomain });
  await client.create("NodeClaim", { ...claim, metadata: { name: "general-1" } });
  const launched = { kind: "launched", labels: { "topology.kubernetes.io/zone": "z" }, providerID: "p", capacity: {}, allocatable: {} };
  const provider = {
    serves: () => true,
    instanceTypes: () => Promise.resolve(err("not ready")),
    create: () => Promise.resolve(launched),
  };
  const clock = { now: () => 0, sleep: () => Promise.resolve() };
  const shell = { client, provider, snapshot: () => snapshotOf([claim]), clock, names: platformNames() } as unknown as ProvisionerShell;
  expect((await launchClaim(shell, claim)).kind).toBe("retry");
  const standing = await client.get("NodeClaim", { namespace: "", name: "general-1" });
  expect(standing).toMatchObject({
    ok: true,
    value: { metadata: expect.not.objectContaining({ labels: expect.anything() as object }) as object },
  });
  const own = standing.ok ? standing.value : claim;
  expect((await launchClaim(shell, own)).kind).toBe("done");
});
