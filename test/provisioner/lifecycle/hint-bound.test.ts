/** Hints cost the scheduler the square of their number, so while more Pods wait than the bound none is given. */
import { expect, it } from "vitest";
import { platformNames } from "../../../src/api/labels.ts";
import type { Pod } from "../../../src/api/pod.ts";
import { apiClient } from "../../../src/cluster/api-client.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { placementHints } from "../../../src/provisioner/controllers/placement-hints.ts";
import { areHintsBearable, hintedPodsMax } from "../../../src/provisioner/lifecycle/hint-bound.ts";
import { podClassHash } from "../../../src/provisioner/scheduling/pod-class.ts";
import { pod } from "../../support/objects.ts";

const names = platformNames();
const bound = { nodeName: "n0" } as const;
const gated = { schedulingGates: [{ name: "quota" }] } as const;

check("as many Pods as the bound", waitingPods(hintedPodsMax), true);
check("one Pod more", waitingPods(hintedPodsMax + 1), false);
check("more Pods, of which enough have a node", [...waitingPods(hintedPodsMax), ...waitingPods(9, bound)], true);
check("more Pods, of which enough do not wait for the scheduler yet", [...waitingPods(hintedPodsMax), ...waitingPods(9, gated)], true);

it.each([
  [hintedPodsMax, ["/api/v1/namespaces/shop/pods/p0/status"]],
  [hintedPodsMax + 1, []],
])("one of %d Pods is told its node, or not", async (count, expected) => {
  const pods = waitingPods(count);
  const [first] = pods;
  if (first === undefined) throw new Error("no Pod");
  const written: string[] = [];
  const transport = {
    request: ({ path }: { readonly path: string }) => {
      written.push(path);
      return Promise.resolve({ ok: true as const, status: 200, body: first });
    },
    watch: () => {
      throw new Error("nothing is watched");
    },
  };
  const snapshot = snapshotOf(pods);
  const clock = { now: () => 0, sleep: () => Promise.resolve() };
  const hints = placementHints({ client: apiClient({ domain: names.domain, transport }), snapshot: () => snapshot, names, clock });
  await hints.give({
    node: { apiVersion: "v1", kind: "Node", metadata: { name: "n1" } },
    nodeClaim: {
      apiVersion: "karpenter.sh/v1",
      kind: "NodeClaim",
      metadata: { name: "n1", annotations: { [names.plannedPodsAnnotation]: `${podClassHash(first)}=1` } },
      spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
    },
  });
  expect(written).toEqual(expected);
});

function check(what: string, pods: readonly Pod[], expected: boolean): void {
  it(`${expected ? "bears" : "does not bear"} ${what}`, () => {
    expect(areHintsBearable(pods)).toBe(expected);
  });
}

function waitingPods(count: number, over: Partial<Pod["spec"]> = {}): readonly Pod[] {
  return Array.from({ length: count }, (_unused, index) => {
    const one = pod({ name: `p${index}${over === bound ? "-bound" : ""}`, labels: { app: "web" } });
    return { ...one, metadata: { ...one.metadata, uid: `uid-p${index}` }, spec: { ...one.spec, ...over } };
  });
}
