/**
 * In which subnet a node goes: where its Pods get addresses too.
 */
import { describe, expect, test } from "vitest";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import { addressesOf, subnetLedger } from "../../src/ec2/launch-subnets.ts";

const zone = "ap-southeast-1a";
const subnet = (id: string, freeAddresses?: number, where = zone) => ({
  ...{ id, zone: where },
  ...(freeAddresses === undefined ? {} : { freeAddresses }),
});

function claim(pods: string): NodeClaim {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name: "general-1" },
    spec: {
      nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" },
      requirements: [],
      resources: { requests: { pods } },
    },
  };
}

test("a node needs an address and one for each Pod, or prefixes of sixteen that hold them", () => {
  const needed = (pods: string, prefixes?: number) => addressesOf(claim(pods), { prefixes, isIPv6: false });
  expect(needed("11")).toBe(12);
  expect(needed("17", 1)).toBe(1 + 32);
  expect(needed("3", 2)).toBe(1 + 32);
});

test("a node whose Pods have IPv6 needs one IPv4 address", () => {
  expect(addressesOf(claim("110"), { prefixes: 2, isIPv6: true })).toBe(1);
});

describe("of each zone", () => {
  test("the subnet with most free addresses is taken, and none that is too full for the node's Pods", () => {
    const ledger = subnetLedger({ now: () => 0 });
    const choices = [subnet("small", 3), subnet("large", 40), subnet("b", 3, "ap-southeast-1b")];
    expect(ledger.take(choices, 12)).toMatchObject({
      subnets: { [zone]: "large" },
      full: [{ zone: "ap-southeast-1b", freeAddresses: 3 }],
    });
  });

  test("what launches took counts until it shows, and what they did not use is given back", () => {
    const time = { now: 0 };
    const ledger = subnetLedger({ now: () => time.now });
    const choices = [subnet("only", 20)];
    const first = ledger.take(choices, 12);
    expect(ledger.take(choices, 12).full).toEqual([{ zone, freeAddresses: 8 }]);
    first.settle(undefined);
    const second = ledger.take(choices, 12);
    expect(second.subnets).toEqual({ [zone]: "only" });
    second.settle("only");
    expect(ledger.take(choices, 12).subnets).toEqual({});
    time.now = 120_000;
    expect(ledger.take(choices, 12).subnets).toEqual({ [zone]: "only" });
  });

  test("launches stay with a subnet while it has plenty, so that those that are alike are one request", () => {
    const ledger = subnetLedger({ now: () => 0 });
    const choices = [subnet("x", 1_000), subnet("y", 999)];
    const taken = Array.from({ length: 20 }, () => ledger.take(choices, 10).subnets[zone]);
    expect(new Set(taken)).toEqual(new Set(["x"]));
    const later = Array.from({ length: 60 }, () => ledger.take(choices, 10).subnets[zone]);
    expect(new Set(later)).toEqual(new Set(["x", "y"]));
  });

  test("a subnet that EC2 calls exhausted comes last, and one of unknown room is not held back", () => {
    const ledger = subnetLedger({ now: () => 0 });
    ledger.exhaust("x");
    expect(ledger.take([subnet("x", 500), subnet("y", 20)], 10).subnets).toEqual({ [zone]: "y" });
    expect(ledger.take([subnet("z"), subnet("w")], 10).subnets).toEqual({ [zone]: "w" });
  });
});
