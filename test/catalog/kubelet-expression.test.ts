/**
 * Expressions in a kubelet block are counted for each instance type, in Karpenter's units, and so is what is left for Pods.
 */
import { describe, expect, it } from "vitest";
import type { EC2NodeClassSpec } from "../../src/api/ec2-node-class.ts";
import { nodeResources } from "../../src/catalog/allocatable.ts";
import { classInstanceTypes } from "../../src/catalog/class-types.ts";
import { expressionFields } from "../../src/catalog/kubelet-expression.ts";
import { knownInstanceFacts } from "../../src/catalog/known-instances.ts";
import { kubeletOfType, nodeSettingsOf } from "../../src/catalog/node-settings.ts";

/** 2 vCPU, 8192 MiB, 3 interfaces of 10 addresses: 29 Pods. */
const large = knownInstanceFacts().find(({ name }) => name === "m6i.large");
if (large === undefined) throw new Error("m6i.large is known");
const mib = 1024 * 1024;

function specOf(kubelet: Record<string, unknown>): EC2NodeClassSpec {
  const terms = { subnetSelectorTerms: [], securityGroupSelectorTerms: [], amiSelectorTerms: [{ id: "ami-1" }] };
  return { ...terms, amiFamily: "AL2023", kubelet };
}

describe("an expression", () => {
  check("may be the number of Pods", { maxPods: "vcpus * 10" }, { maxPods: 20 });
  check("knows how many Pods the interfaces can address", { maxPods: "min(max_pods, 20) + default_enis + ips_per_eni" }, { maxPods: 33 });
  check("of cpu is in millicores, rounded up to 10", { kubeReserved: { cpu: "61 + vcpus" } }, { kubeReserved: { cpu: "70m" } });
  check(
    "of memory is in MiB, rounded up to 16",
    { kubeReserved: { memory: "11 * max_pods + 255" } },
    { kubeReserved: { memory: "576Mi" } },
  );
  check(
    "counts with the maxPods that was counted before",
    { maxPods: "10", kubeReserved: { pid: "max_pods * 100" } },
    { maxPods: 10, kubeReserved: { pid: "1000" } },
  );
  check(
    "of ephemeral storage is in GiB, and may be a fraction",
    { systemReserved: { "ephemeral-storage": "double(vcpus) * 0.6" } },
    { systemReserved: { "ephemeral-storage": "2Gi" } },
  );
  check(
    "may depend on the type, beside quantities that are kept as they are",
    { kubeReserved: { cpu: 'instance_type.startsWith("m6i.") ? 100 : 200', memory: "1Gi" } },
    { kubeReserved: { cpu: "100m", memory: "1Gi" } },
  );
  check(
    "is nothing that a plain block has",
    { maxPods: 30, kubeReserved: { cpu: "250m" } },
    { maxPods: 30, kubeReserved: { cpu: "250m" } },
  );

  function check(title: string, kubelet: Record<string, unknown>, expected: object): void {
    it(title, () => {
      expect(kubeletOfType(specOf(kubelet), large!)).toEqual({ ok: true, value: expected });
    });
  }
});

describe("an expression that can't be counted", () => {
  check(
    "a variable that nobody knows",
    { maxPods: "vcpu" },
    /^kubelet\.maxPods: "vcpu" is neither a quantity nor an expression that can be read: .*vcpu/,
  );
  check("a division by nothing", { maxPods: "vcpus / (vcpus - vcpus)" }, /^kubelet\.maxPods: .* can't be evaluated \(.*\) for m6i\.large$/);
  check(
    "less than nothing",
    { kubeReserved: { cpu: "0 - vcpus" } },
    /^kubelet\.kubeReserved\[cpu\]: .* is -2, and must be a number from 0 on, for m6i\.large$/,
  );
  check("one without an end", { maxPods: `${"1 + ".repeat(500)}1` }, /is longer than 1024 characters/);

  function check(title: string, kubelet: Record<string, unknown>, expected: RegExp): void {
    it(`is told by its field: ${title}`, () => {
      const block = kubeletOfType(specOf(kubelet), large!);
      expect(block.ok ? "counted" : block.error).toMatch(expected);
    });
  }
});

it("fields with expressions are named in order", () => {
  const kubelet = { systemReserved: { cpu: "vcpus" }, maxPods: "vcpus", kubeReserved: { pid: "1", memory: "max_pods", cpu: "1m" } };
  expect(expressionFields(kubelet)).toEqual(["maxPods", "kubeReserved[memory]", "systemReserved[cpu]"]);
  expect(expressionFields(undefined)).toEqual([]);
});

it("what is left for Pods is counted with them: as with the numbers written out for that type", () => {
  const counted = nodeSettingsOf(specOf({ maxPods: "vcpus * 10", kubeReserved: { memory: "11 * max_pods + 255" }, podsPerCore: 8 }));
  const written = nodeSettingsOf(specOf({ maxPods: 20, kubeReserved: { memory: "432Mi" }, podsPerCore: 8 }));
  if (!counted.ok || !written.ok) throw new Error("both can be read");
  // 8 Pods a core on 2 cores are 16, and 11 * 16 + 255 is 431.
  expect(nodeResources(large, counted.value)).toEqual(nodeResources(large, written.value));
  expect(nodeResources(large, counted.value).capacity["pods"]).toBe(16);
});

it("a class whose expression fails for one type offers nothing, and says for which", () => {
  const nodeClass = { apiVersion: "karpenter.k8s.aws/v1", kind: "EC2NodeClass", metadata: { name: "default" } };
  const types = classInstanceTypes({
    nodeClass: { ...nodeClass, spec: specOf({ kubeReserved: { memory: "memory_mib - 1000" } }) },
    zones: ["a"],
  });
  expect(types.ok ? "offered" : types.error).toMatch(/^EC2NodeClass "default": spec\.kubelet\.kubeReserved\[memory\]: .* for \S+$/);
  const offered = classInstanceTypes({
    nodeClass: { ...nodeClass, spec: specOf({ kubeReserved: { memory: "max(0, memory_mib / 10)" } }) },
    zones: ["a"],
  });
  const [type] = offered.ok ? offered.value.filter(({ name }) => name === "m6i.large") : [];
  // A tenth of 8192 is 819 in whole numbers, rounded up to 832.
  const [capacity, left] = [type?.capacity["memory"] ?? 0, type?.allocatable["memory"] ?? 0];
  expect((capacity - left) / mib).toBe(832 + 100);
});
