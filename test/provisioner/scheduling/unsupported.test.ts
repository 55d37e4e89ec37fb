/** What this version can't do is refused in words: static NodePools, and Pods that claim devices. */
import { describe, expect, test } from "vitest";
import { unsupportedDemand, unsupportedPool } from "../../../src/provisioner/scheduling/unsupported.ts";
import { nodePool, pod } from "../../support/objects.ts";

describe("a Pod", () => {
  const claiming = (...names: readonly string[]) => unsupportedDemand(pod({ spec: { resourceClaims: names.map((name) => ({ name })) } }));

  test("without resource claims is supported, an empty list of them too", () => {
    expect([unsupportedDemand(pod()), claiming()]).toEqual([undefined, undefined]);
  });

  test("with resource claims is refused with field, names and fix", () => {
    expect(claiming("gpu", "nic")).toBe(
      'spec.resourceClaims ("gpu", "nic") asks for devices of dynamic resource allocation, which this version can\'t plan; ' +
        "ask for them as an extended resource such as nvidia.com/gpu, or run the Pod on nodes that are there already",
    );
  });

  test("with many claims has three of them named", () => {
    expect(claiming("a", "b", "c", "d", "e")).toContain('("a", "b", "c", and 2 more)');
  });
});

describe("a NodePool", () => {
  const withReplicas = (replicas: number) => ({ spec: { ...nodePool().spec, replicas } });

  test("without replicas is supported", () => {
    expect(unsupportedPool(nodePool())).toBeUndefined();
  });

  test("with replicas is refused with field, value and fix, also with 0 of them", () => {
    expect(unsupportedPool(withReplicas(3))).toBe(
      "spec.replicas is 3, which makes the pool static, and this version buys nodes for Pods only: it makes none here; " +
        "use a NodePool without replicas, with spec.limits.nodes as its ceiling",
    );
    expect(unsupportedPool(withReplicas(0))).toContain("spec.replicas is 0");
  });
});
