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
  "an expression is refused rather than read as nothing",
  { maxPods: "vcpus * 10", kubeReserved: { memory: "11 * max_pods" } },
  {
    reason: "KubeletExpressionsDisabled",
    message:
      "spec.kubelet.maxPods, spec.kubelet.kubeReserved[memory]: expressions are not evaluated by this version; write numbers and quantities",
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
