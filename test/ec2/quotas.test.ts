/**
 * Quotas and addresses are told apart from a want of capacity, by what AWS says and by what it refuses.
 */
import type { CreateFleetResult, Instance } from "@aws-sdk/client-ec2";
import { describe, expect, test } from "vitest";
import { err, ok } from "../../src/api/result.ts";
import type { Ec2Calls } from "../../src/ec2/ec2-calls.ts";
import { quotasEveryMs, liveQuotas, refusalMs, usageEveryMs, type AskedPlace, type QuotaNews } from "../../src/ec2/quotas.ts";
import { virtualTime } from "../cluster-io/virtual-clock.ts";

const standard = "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances";
const refused = { kind: "other", code: "AccessDenied", message: "not allowed" } as const;
const place = (
  instanceType: string,
  capacityType: AskedPlace["capacityType"] = "on-demand",
  ...subnets: readonly string[]
): AskedPlace => ({
  instanceType,
  capacityType,
  subnets,
});

/** An account with a quota of some vCPUs and these instances. */
function account(options: { readonly vcpus?: number; readonly instances?: readonly Instance[] } = {}) {
  const time = virtualTime();
  const state = { vcpus: options.vcpus ?? 16, instances: [...(options.instances ?? [])], isDenied: false, looks: 0 };
  const fleet: { answer: CreateFleetResult } = { answer: {} };
  const subnets: Record<string, number> = {};
  const news: QuotaNews[] = [];
  const quotas = liveQuotas({
    clock: time.clock(),
    quotas: {
      quotas: () =>
        Promise.resolve(state.isDenied ? err(refused) : ok([{ QuotaCode: "L-1216C47A", QuotaName: standard, Value: state.vcpus }])),
    },
    ec2: {
      countInstances: (_input, keyOf) => {
        state.looks += 1;
        const counts = new Map<string, number>();
        for (const instance of state.instances) counts.set(keyOf(instance), (counts.get(keyOf(instance)) ?? 0) + 1);
        return Promise.resolve(ok(counts));
      },
    },
    onNews: (one) => news.push(one),
  });
  const ec2: Pick<Ec2Calls, "createFleet" | "subnets"> = {
    createFleet: () => Promise.resolve(ok(fleet.answer)),
    subnets: () =>
      Promise.resolve(ok(Object.entries(subnets).map(([SubnetId, AvailableIpAddressCount]) => ({ SubnetId, AvailableIpAddressCount })))),
  };
  const calls = quotas.listening(ec2);
  /** Looks until everything that is due has been asked. */
  const settle = async () => {
    for (let round = 0; round < 3; round++) {
      quotas.current();
      await time.advance(1);
    }
    return quotas.current();
  };
  const lack = (of: AskedPlace) => quotas.current().lackOf(of)?.kind;
  const launch = async (answer: CreateFleetResult, way: "on-demand" | "spot" = "on-demand") => {
    fleet.answer = answer;
    const TargetCapacitySpecification = { TotalTargetCapacity: 1, DefaultTargetCapacityType: way };
    await calls.createFleet({ LaunchTemplateConfigs: [], TargetCapacitySpecification });
  };
  return { time, state, subnets, news, quotas, calls, settle, lack, launch };
}

function refusal(
  ErrorCode: string,
  of: { readonly InstanceType: "m7i.xlarge" | "m7i.2xlarge"; readonly SubnetId?: string },
): CreateFleetResult {
  return { Errors: [{ ErrorCode, ErrorMessage: "no", LaunchTemplateAndOverrides: { Overrides: of } }] };
}

describe("a quota of vCPUs", () => {
  test("keeps from being planned what no longer goes into it, of its families and its way to buy alone", async () => {
    const { settle, lack, quotas } = account({ instances: Array.from({ length: 3 }, () => ({ InstanceType: "c7i.xlarge" as const })) });
    await settle();
    expect(["m7i.xlarge", "m7i.2xlarge", "g5.2xlarge"].map((name) => lack(place(name)))).toEqual([undefined, "vcpu-quota", undefined]);
    expect(lack(place("m7i.2xlarge", "spot"))).toBeUndefined();
    expect(quotas.current().lackOf(place("m7i.2xlarge"))?.message).toBe(
      `the quota "${standard}" (L-1216C47A) is 16 vCPUs, of which 12 are in use: m7i.2xlarge needs 8; ask for more in Service Quotas`,
    );
  });

  test("does not count Spot, hosts and capacity blocks as on demand", async () => {
    const big = { InstanceType: "m7i.4xlarge" } as const;
    const instances: Instance[] = [
      { ...big, InstanceLifecycle: "spot" },
      { ...big, InstanceLifecycle: "capacity-block" },
      { ...big, Placement: { Tenancy: "host" } },
    ];
    const { settle, lack } = account({ instances });
    await settle();
    expect(lack(place("m7i.4xlarge"))).toBeUndefined();
  });

  test("of which more is in use than it allows is not believed: EC2 is asked", async () => {
    const { settle, lack } = account({ vcpus: 8, instances: [{ InstanceType: "m7i.4xlarge" }] });
    await settle();
    expect(lack(place("m7i.large"))).toBeUndefined();
  });

  test("counts what was launched since, each instance once", async () => {
    const { settle, lack, launch } = account();
    await settle();
    const made = { Instances: [{ InstanceIds: ["i-1"], InstanceType: "m7i.2xlarge" as const }] };
    await launch(made);
    await launch(made);
    expect([lack(place("m7i.2xlarge")), lack(place("m7i.4xlarge"))]).toEqual([undefined, "vcpu-quota"]);
    await launch({ Instances: [{ InstanceIds: ["i-2"], InstanceType: "m7i.2xlarge" }] });
    expect(lack(place("m7i.large"))).toBe("vcpu-quota");
  });

  test("into which every type still goes is no other after a launch, so that no list of types is made anew", async () => {
    const { settle, launch, quotas } = account({ vcpus: 10_000 });
    const before = await settle();
    await launch({ Instances: [{ InstanceIds: ["i-1"], InstanceType: "m7i.2xlarge" }] });
    expect(quotas.current()).toBe(before);
  });

  test("is told with what is in use, launches since the last count among it", async () => {
    const { settle, launch, quotas } = account({ vcpus: 64, instances: [{ InstanceType: "m7i.4xlarge" }] });
    expect(quotas.use()).toEqual([]);
    await settle();
    expect(quotas.use()).toMatchObject([{ quota: { code: "L-1216C47A", vcpus: 64 }, used: 16 }]);
    await launch({ Instances: [{ InstanceIds: ["i-1"], InstanceType: "m7i.2xlarge" }] });
    expect(quotas.use()).toMatchObject([{ used: 24 }]);
  });

  test("that grows, and instances that go, let be planned again", async () => {
    const { settle, lack, state, time } = account({ instances: [{ InstanceType: "m7i.4xlarge" }] });
    await settle();
    expect(lack(place("m7i.large"))).toBe("vcpu-quota");
    state.instances = [];
    await time.advance(usageEveryMs);
    await settle();
    expect(lack(place("m7i.4xlarge"))).toBeUndefined();
    expect(lack(place("m7i.8xlarge"))).toBe("vcpu-quota");
    state.vcpus = 64;
    await time.advance(quotasEveryMs);
    await settle();
    expect(lack(place("m7i.8xlarge"))).toBeUndefined();
  });
});

describe("a refusal of EC2", () => {
  test("for a quota counts for all that needs as many vCPUs, for a while", async () => {
    const { lack, launch, time, state, news } = account();
    state.isDenied = true;
    await launch(refusal("VcpuLimitExceeded", { InstanceType: "m7i.xlarge" }));
    expect(["m7i.large", "m7i.xlarge", "m7i.8xlarge"].map((name) => lack(place(name)))).toEqual([undefined, "vcpu-quota", "vcpu-quota"]);
    expect(lack(place("m7i.xlarge", "spot"))).toBeUndefined();
    expect(news).toContainEqual({ kind: "refused", message: "VcpuLimitExceeded: no" });
    await time.advance(refusalMs);
    expect(lack(place("m7i.xlarge"))).toBeUndefined();
  });

  test("for the quota of Spot counts for Spot", async () => {
    const { lack, launch } = account();
    await launch(refusal("MaxSpotInstanceCountExceeded", { InstanceType: "m7i.xlarge" }), "spot");
    expect([lack(place("m7i.xlarge", "spot")), lack(place("m7i.xlarge"))]).toEqual(["vcpu-quota", undefined]);
  });

  test("for a quota ends when less is in use than then", async () => {
    const { settle, lack, launch, state, time } = account({ vcpus: 64, instances: [{ InstanceType: "m7i.4xlarge" }] });
    await settle();
    await launch(refusal("VcpuLimitExceeded", { InstanceType: "m7i.xlarge" }));
    const looks = state.looks;
    await settle();
    // It is looked at once more at once, since what was counted is not what EC2 counts.
    expect(state.looks).toBe(looks + 1);
    expect(lack(place("m7i.xlarge"))).toBe("vcpu-quota");
    state.instances = [];
    expect(usageEveryMs).toBeLessThan(refusalMs);
    await time.advance(usageEveryMs);
    await settle();
    expect(lack(place("m7i.xlarge"))).toBeUndefined();
  });

  test("for want of capacity says nothing about quotas", async () => {
    const { settle, lack, launch, quotas } = account();
    const before = await settle();
    await launch(refusal("InsufficientInstanceCapacity", { InstanceType: "m7i.xlarge", SubnetId: "subnet-a" }));
    expect(lack(place("m7i.xlarge", "on-demand", "subnet-a"))).toBeUndefined();
    expect(quotas.current()).toBe(before);
  });
});

describe("a subnet", () => {
  test("without free addresses keeps its zone from being planned, unless another stands beside it", async () => {
    const { lack, calls, subnets, quotas } = account();
    Object.assign(subnets, { "subnet-a": 0, "subnet-b": 40 });
    await calls.subnets({});
    expect(lack(place("m7i.large", "on-demand", "subnet-a"))).toBe("addresses");
    expect(lack(place("m7i.large", "on-demand", "subnet-a", "subnet-b"))).toBeUndefined();
    expect(quotas.current().lackOf(place("m7i.large", "spot", "subnet-a"))?.message).toBe(
      "subnet subnet-a has no free addresses for another node; add a subnet or free some",
    );
  });

  test("for which EC2 refused a launch is full until it has more addresses, or a while has passed", async () => {
    const { lack, launch, calls, subnets, time } = account();
    const there = place("m7i.large", "on-demand", "subnet-a");
    subnets["subnet-a"] = 3;
    await calls.subnets({});
    await launch(refusal("InsufficientFreeAddressesInSubnet", { InstanceType: "m7i.xlarge", SubnetId: "subnet-a" }));
    await calls.subnets({});
    expect(lack(there)).toBe("addresses");
    subnets["subnet-a"] = 30;
    await calls.subnets({});
    expect(lack(there)).toBeUndefined();
    await launch(refusal("InsufficientFreeAddressesInSubnet", { InstanceType: "m7i.xlarge", SubnetId: "subnet-a" }));
    await time.advance(refusalMs);
    expect(lack(there)).toBeUndefined();
  });
});

test("what is known is the same object until it changes, and what somebody holds stays as it was", async () => {
  const { settle, quotas, launch } = account();
  const settled = await settle();
  expect(quotas.current()).toBe(settled);
  await launch(refusal("VcpuLimitExceeded", { InstanceType: "m7i.xlarge" }));
  expect(quotas.current().sequence).toBeGreaterThan(settled.sequence);
  expect(settled.lackOf(place("m7i.xlarge"))).toBeUndefined();
});

test("quotas that can't be read are told, and asked for again", async () => {
  const { settle, state, news, time, lack } = account({ instances: [{ InstanceType: "m7i.4xlarge" }] });
  state.isDenied = true;
  await settle();
  expect(news).toEqual([{ kind: "unread", what: "quotas", message: "ListServiceQuotas: AccessDenied: not allowed" }]);
  expect(lack(place("m7i.large"))).toBeUndefined();
  expect(state.looks).toBe(0);
  state.isDenied = false;
  await time.advance(60_000);
  await settle();
  expect(lack(place("m7i.large"))).toBe("vcpu-quota");
});
