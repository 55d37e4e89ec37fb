/**
 * Interrupted offerings: what is taken back is not bought again at once.
 */
import { expect, test } from "vitest";
import type { CloudNoticeKind } from "../../../src/api/cloud-notices.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import { rememberInterrupted, type InterruptedOffering } from "../../../src/ec2/interruption/interrupted-offerings.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";

function claim(id: string, labels: Readonly<Record<string, string>>): NodeClaim {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: {
      name: `claim-${id}`,
      labels: { "node.kubernetes.io/instance-type": "m7i.large", "topology.kubernetes.io/zone": "ap-southeast-1a", ...labels },
    },
    spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
    status: { providerID: `aws:///ap-southeast-1a/${id}` },
  };
}

const claims = [
  claim("i-0a", { "karpenter.sh/capacity-type": "spot" }),
  claim("i-0b", { "karpenter.sh/capacity-type": "on-demand" }),
  claim("i-0c", { "karpenter.sh/capacity-type": "reserved", "karpenter.k8s.aws/capacity-reservation-id": "cr-1" }),
  claim("i-0d", { "karpenter.sh/capacity-type": "spot", "topology.kubernetes.io/zone": "ap-southeast-1b" }),
  { ...claim("i-0e", { "karpenter.sh/capacity-type": "spot" }), status: { providerID: "kwok://i-0e" } },
];

function marked(kind: CloudNoticeKind, instances: readonly string[]): readonly InterruptedOffering[] {
  const marks: InterruptedOffering[] = [];
  rememberInterrupted({ snapshot: () => snapshotOf(claims), mark: (offering) => marks.push(offering) })({
    id: "m",
    kind,
    instances,
    saidAt: 0,
  });
  return marks;
}

const offering = { instanceType: "m7i.large", zone: "ap-southeast-1a" };

test.each([
  ["a Spot instance's type and zone", "spot-interruption", ["i-0a"], [{ ...offering, capacityType: "spot" }]],
  ["a reservation, by its id", "reservation-interruption", ["i-0c"], [{ ...offering, capacityType: "reserved", reservation: "cr-1" }]],
  ["nothing of an instance that is not ours", "spot-interruption", ["i-0f"], []],
  ["nothing of what is no instance of EC2's", "spot-interruption", ["i-0e"], []],
  ["nothing of an instance that is no Spot one", "spot-interruption", ["i-0b"], []],
  ["nothing where only one instance is mended", "scheduled-change", ["i-0a"], []],
  ["nothing for a recommendation", "rebalance-recommendation", ["i-0a"], []],
  ["nothing for an end that we may have asked for", "instance-ending", ["i-0a"], []],
] as const)("a notice marks %s", (_name, kind, instances, marks) => {
  expect(marked(kind, instances)).toEqual(marks);
});
