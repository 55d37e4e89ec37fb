/**
 * Where a class has expressions in its kubelet block, each type's nodes are told their own numbers, in a launch template of their own.
 */
import { expect, test } from "vitest";
import type { EC2NodeClass } from "../../src/api/ec2-node-class.ts";
import type { InstanceType } from "../../src/api/instance-type.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import { launchGroups } from "../../src/ec2/launch-groups.ts";
import { launchTemplate } from "../../src/ec2/launch-template.ts";
import { typeKubelets } from "../../src/ec2/type-kubelets.ts";

const nodeClaim: NodeClaim = {
  apiVersion: "karpenter.sh/v1",
  kind: "NodeClaim",
  metadata: { name: "general-1", uid: "uid-1" },
  spec: { nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" }, requirements: [] },
};

function classOf(kubelet: Record<string, unknown>): EC2NodeClass {
  const terms = { subnetSelectorTerms: [], securityGroupSelectorTerms: [], amiSelectorTerms: [{ id: "ami-1" }] };
  const spec = { ...terms, amiFamily: "AL2023" as const, instanceProfile: "nodes", kubelet };
  return { apiVersion: "karpenter.k8s.aws/v1", kind: "EC2NodeClass", metadata: { name: "default" }, spec };
}

function typeNamed(name: string): InstanceType {
  const offering = { zone: "ap-southeast-1a", capacityType: "on-demand", available: true, pricePerHour: 0.1 } as const;
  return { name, requirements: [], capacity: { pods: 20 }, allocatable: {}, offerings: [offering] };
}

/** The kubelet part of each template's user data, with the types that are launched from it. */
function templatesOf(kubelet: Record<string, unknown>, names: readonly string[]): readonly (readonly [readonly string[], string])[] {
  const nodeClass = classOf(kubelet);
  const types = names.map(typeNamed);
  const kubelets = typeKubelets(nodeClass.spec, types);
  if (!kubelets.ok) throw new Error(kubelets.error);
  const offers = { capacityType: "on-demand" as const, types };
  const groups = launchGroups({ nodeClaim, offers, imageOf: () => "ami-1", kubeletOf: ({ name }) => kubelets.value.get(name) });
  return groups.map((group) => {
    const cluster = { name: "prod", endpoint: "https://prod.example", certificateAuthority: "Q0E=", serviceCIDR: "10.0.0.0/16" };
    const made = launchTemplate({
      ...{ ...group, nodeClass, nodeClaim, cluster, capacityType: "on-demand" },
      ...{ securityGroupIDs: ["sg-1"], instanceProfile: "nodes" },
    });
    if (!made.ok) throw new Error(made.error);
    const text = Buffer.from(made.value.data.UserData ?? "", "base64").toString();
    return [group.types.map(({ name }) => name), /kubeReserved:\n +cpu: (.*)\n/.exec(text)?.[1] ?? ""];
  });
}

test("types whose numbers differ have templates of their own, and equal ones share one", () => {
  expect(templatesOf({ kubeReserved: { cpu: "60 + vcpus * 10" } }, ["m6i.large", "c6i.large", "m6i.xlarge"])).toEqual([
    [["m6i.large", "c6i.large"], "80m"],
    [["m6i.xlarge"], "100m"],
  ]);
});

test("without expressions all types of an image share the class's own", () => {
  expect(templatesOf({ kubeReserved: { cpu: "90m" } }, ["m6i.large", "m6i.xlarge"])).toEqual([[["m6i.large", "m6i.xlarge"], "90m"]]);
});

test("a type of which nothing is known can't be counted, and is named", () => {
  expect(typeKubelets(classOf({ maxPods: "vcpus" }).spec, [typeNamed("x9.large")])).toEqual({
    ok: false,
    error: "spec.kubelet has expressions, and nothing is known of x9.large to count them with",
  });
});
