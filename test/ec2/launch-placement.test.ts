/**
 * What types say of a placement group, so that a Pod can ask for a partition and for none that is not there.
 */
import { expect, test } from "vitest";
import type { InstanceType } from "../../src/api/instance-type.ts";
import { placedTypes } from "../../src/ec2/launch-placement.ts";

const large: InstanceType = {
  name: "m7i.large",
  requirements: [{ key: "kubernetes.io/arch", operator: "In", values: ["amd64"] }],
  capacity: {},
  allocatable: {},
  offerings: [],
};
const group = { id: "pg-1", name: "ring" };
const [groupLabel, partitionLabel] = ["karpenter.k8s.aws/placement-group-id", "karpenter.k8s.aws/placement-group-partition"];

function labelsOf(of: Parameters<typeof placedTypes>[1]) {
  const [type] = placedTypes([large], of);
  return Object.fromEntries((type?.requirements ?? []).map(({ key, operator, values }) => [key, values ?? operator]));
}

test("a partition group has its partitions, counted from one", () => {
  expect(labelsOf({ ...group, strategy: "partition", partitions: 3 })).toEqual({
    "kubernetes.io/arch": ["amd64"],
    [groupLabel]: ["pg-1"],
    [partitionLabel]: ["1", "2", "3"],
  });
});

test("another group has none, and without a group there is neither", () => {
  expect(labelsOf({ ...group, strategy: "cluster", partitions: 0 })).toMatchObject({
    [groupLabel]: ["pg-1"],
    [partitionLabel]: "DoesNotExist",
  });
  expect(labelsOf(undefined)).toMatchObject({ [groupLabel]: "DoesNotExist", [partitionLabel]: "DoesNotExist" });
});
