/**
 * The kubelet block of an EC2NodeClass: what would keep nodes from joining, or be dropped, is told before there is a node.
 */
import { expect, it } from "vitest";
import type { EC2NodeClassSpec } from "../../../src/api/ec2-node-class.ts";
import { kubeletFault } from "../../../src/ec2/node-class-kubelet.ts";

const check = (
  what: string,
  kubelet: Record<string, unknown>,
  fault: { reason: string; message: string } | undefined,
  amiFamily: NonNullable<EC2NodeClassSpec["amiFamily"]> = "AL2023",
) => {
  it(what, () => {
    const terms = { subnetSelectorTerms: [], securityGroupSelectorTerms: [], amiSelectorTerms: [{ id: "ami-1" }] };
    expect(kubeletFault({ ...terms, amiFamily, kubelet })).toEqual(fault);
  });
};
const invalid = (message: string) => ({ reason: "InvalidKubeletConfiguration", message });

check(
  "every field of Kubernetes' own may be set on AL2023",
  { podPidsLimit: 100, featureGates: { A: true }, logging: { format: "json" } },
  undefined,
);
check(
  "a misspelled field is named with the one that was meant",
  { maxPod: 10 },
  invalid("spec.kubelet.maxPod is no field of KubeletConfiguration; did you mean maxPods?"),
);
check("a value of the wrong kind is shown", { podsPerCore: "4" }, invalid('spec.kubelet.podsPerCore must be a whole number, not "4"'));
check(
  "taints are the NodePool's",
  { registerWithTaints: [] },
  invalid("spec.kubelet.registerWithTaints is set by the provisioner; use taints of the NodePool"),
);
check(
  "an eviction signal that no kubelet knows",
  { evictionHard: { "memory.free": "5%" } },
  invalid(
    "spec.kubelet.evictionHard[memory.free] is no eviction signal; these are: memory.available, nodefs.available, nodefs.inodesFree, imagefs.available, imagefs.inodesFree, pid.available",
  ),
);
check(
  "a share above 100 %",
  { evictionHard: { "memory.available": "101%" } },
  invalid('spec.kubelet.evictionHard[memory.available]: "101%" must be a share such as 5% or a quantity such as 500Mi'),
);
check(
  "a soft threshold without a grace period",
  { evictionSoft: { "memory.available": "5%" } },
  invalid("spec.kubelet.evictionSoft[memory.available] needs an evictionSoftGracePeriod"),
);
check(
  "a grace period without a threshold",
  { evictionSoftGracePeriod: { "memory.available": "1m" } },
  invalid("spec.kubelet.evictionSoftGracePeriod[memory.available] needs an evictionSoft"),
);
check(
  "a grace period that is no duration",
  { evictionSoft: { "memory.available": "5%" }, evictionSoftGracePeriod: { "memory.available": "soon" } },
  invalid('spec.kubelet.evictionSoftGracePeriod[memory.available]: "soon" must be a duration such as 30s'),
);
check(
  "what can't be reserved",
  { kubeReserved: { gpu: "1" } },
  invalid("spec.kubelet.kubeReserved[gpu] can't be reserved; these can: cpu, memory, ephemeral-storage, pid"),
);
check("a negative reservation", { systemReserved: { cpu: "-1" } }, invalid('spec.kubelet.systemReserved[cpu]: "-1" can\'t be below 0'));
check(
  "thresholds of image collection that are turned round",
  { imageGCHighThresholdPercent: 50, imageGCLowThresholdPercent: 60 },
  invalid("spec.kubelet.imageGCHighThresholdPercent (50) must be above imageGCLowThresholdPercent (60)"),
);
check(
  "several faults are told together",
  { maxPods: -1, imageGCLowThresholdPercent: 101 },
  invalid("spec.kubelet.imageGCLowThresholdPercent: 101 must be between 0 and 100; spec.kubelet.maxPods: -1 can't be below 0"),
);
check(
  "expressions are counted for each type, on every image",
  { maxPods: "min(110, default_enis * (ips_per_eni - 1) + 2)", kubeReserved: { cpu: "60 + vcpus * 10", memory: "11 * max_pods + 255" } },
  undefined,
  "Bottlerocket",
);
check(
  "an expression that can't be read",
  { maxPods: "vcpu * 10" },
  {
    reason: "KubeletExpressionInvalid",
    message: expect.stringMatching(
      /^spec\.kubelet\.maxPods: "vcpu \* 10" is neither a quantity nor an expression that can be read: .*vcpu/,
    ) as string,
  },
);
check(
  "an expression that gives no number",
  { systemReserved: { cpu: "instance_type" } },
  { reason: "KubeletExpressionInvalid", message: 'spec.kubelet.systemReserved[cpu]: "instance_type" gives string, not a number' },
);
check(
  "an expression with a list",
  { maxPods: "size([1, 2])" },
  {
    reason: "KubeletExpressionInvalid",
    message: 'spec.kubelet.maxPods: "size([1, 2])" has lists or maps; write numbers, variables and conditions',
  },
);
check(
  "an expression that is below 0 for some type",
  { kubeReserved: { memory: "memory_mib - 100000" } },
  {
    reason: "KubeletExpressionEvaluationFailed",
    message: expect.stringMatching(
      /^spec\.kubelet\.kubeReserved\[memory\]: "memory_mib - 100000" is -\d+, and must be a number from 0 on, for \S+$/,
    ) as string,
  },
);
check(
  "a field that Bottlerocket would drop",
  { podPidsLimit: 100 },
  {
    reason: "UnsupportedKubeletConfiguration",
    message: "spec.kubelet.podPidsLimit: amiFamily Bottlerocket takes no such field; remove it, or use AL2023",
  },
  "Bottlerocket",
);
check("what Bottlerocket is told in its own words", { kubeReserved: { cpu: "100m" }, maxPods: 20 }, undefined, "Bottlerocket");
