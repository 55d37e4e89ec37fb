/**
 * Reserved capacity: first of all, never more than there is, and each claim for one reservation.
 */
import { describe, expect, it } from "vitest";
import type { InstanceType, Offering, Reservation } from "../../../src/api/instance-type.ts";
import {
  capacityReservationInterruptibleLabel,
  capacityReservationLabel,
  capacityReservationTypeLabel,
  capacityTypeLabel,
  platformNames,
  zoneLabel,
} from "../../../src/api/labels.ts";
import { launchCandidates } from "../../../src/provisioner/lifecycle/launch.ts";
import { toNodeClaim } from "../../../src/provisioner/scheduling/node-claim.ts";
import { nodeStates } from "../../../src/provisioner/scheduling/node-state.ts";
import type { PendingPod } from "../../../src/provisioner/scheduling/pod-class.ts";
import { solve, type SchedulingResults, type SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { nodePool, pod } from "../../support/objects.ts";
import { casesOf } from "../../support/long-run.ts";
import { reservationFaults } from "../plan/reservation-faults.ts";
import { numberedCases, usualCase } from "../plan/random-case.ts";

const zones = ["a", "b"] as const;

function typeOf(name: string, cpu: number, offerings: readonly Offering[]): InstanceType {
  const amounts = { cpu: cpu * 1000, memory: cpu * 4 * 1024 ** 3, pods: 20 };
  return {
    name,
    requirements: [
      { key: "node.kubernetes.io/instance-type", operator: "In", values: [name] },
      { key: zoneLabel, operator: "In", values: zones },
      { key: capacityTypeLabel, operator: "In", values: ["on-demand", "reserved"] },
    ],
    capacity: amounts,
    allocatable: amounts,
    offerings,
  };
}

const onDemand = (pricePerHour: number): readonly Offering[] =>
  zones.map((zone) => ({ zone, capacityType: "on-demand", available: true, pricePerHour }));
const reserved = (id: string, zone: string, remaining: number): Offering => ({
  zone,
  capacityType: "reserved",
  available: remaining > 0,
  pricePerHour: 0.2e-7,
  reservation: { ...kept(id), remaining },
});
const kept = (id: string): Reservation => ({ id, kind: "default", isInterruptible: false, remaining: 1 });
const affinity = (expression: object) => ({
  affinity: {
    nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{ matchExpressions: [expression] }] } },
  },
});

function pods(count: number, spec: PendingPod["pod"]["spec"] | object = {}): readonly PendingPod[] {
  return Array.from({ length: count }, (_, index) => ({
    key: `shop/web-${index}`,
    pod: pod({ name: `web-${index}`, requests: { cpu: "3", memory: "1Gi" }, spec }),
  }));
}

function planned(asked: readonly PendingPod[], types: readonly InstanceType[], changes: Partial<SolveInput> = {}): SchedulingResults {
  const { nodePools = [nodePool({ name: "general" })] } = changes;
  return solve({
    pods: asked,
    nodePools,
    instanceTypes: new Map(nodePools.map(({ metadata }) => [metadata.name ?? "", types])),
    daemonSets: [],
    nodes: [],
    namespaces: new Map([["shop", {}]]),
    ...changes,
  });
}

const boughtOf = ({ newNodes }: SchedulingResults) =>
  newNodes.map(({ instanceType, capacityType, zones: at }) => `${instanceType} ${capacityType} ${at.join("|")}`).sort();
/** The reservation of each node, or "-". */
const idsOf = ({ newNodes }: SchedulingResults) =>
  newNodes
    .map(({ requirements }) => requirements.find(({ key }) => key === capacityReservationLabel)?.values?.[0] ?? "-")
    .sort()
    .join(" ");
const two = [typeOf("m1", 4, [...onDemand(0.2), reserved("cr-1", "b", 2)])];

describe("reserved capacity", () => {
  it("is taken first, as far as it goes; what is over is bought in the same plan", () => {
    expect(boughtOf(planned(pods(5), two))).toEqual([
      "m1 on-demand a|b",
      "m1 on-demand a|b",
      "m1 on-demand a|b",
      "m1 reserved b",
      "m1 reserved b",
    ]);
  });

  it("is taken before a smaller type that would have to be paid", () => {
    const types = [typeOf("large", 32, [...onDemand(2), reserved("cr-1", "a", 1)]), typeOf("small", 4, onDemand(0.2))];
    expect(boughtOf(planned(pods(1), types))).toEqual(["large reserved a"]);
  });

  it("makes claims for one reservation each, which launch as nothing else", () => {
    const plan = planned(pods(2), [typeOf("m1", 4, [...onDemand(0.2), reserved("cr-1", "b", 1), reserved("cr-2", "b", 1)])]);
    const claims = plan.newNodes.map((node, index) => toNodeClaim(node, { ...platformNames(), name: `claim-${index}` }));
    const ids = claims.map(({ spec }) => spec.requirements.find(({ key }) => key === capacityReservationLabel)?.values);
    expect(ids).toEqual([["cr-1"], ["cr-2"]]);
    for (const { spec } of claims)
      expect(spec.requirements).toContainEqual({ key: capacityTypeLabel, operator: "In", values: ["reserved"] });
    const launched = claims.map((claim) =>
      launchCandidates(claim, [typeOf("m1", 4, [...onDemand(0.2), reserved("cr-1", "b", 1), reserved("cr-2", "b", 1)])]),
    );
    expect(launched.map((types) => types.flatMap(({ offerings }) => offerings.map(({ reservation }) => reservation?.id)))).toEqual([
      ["cr-1"],
      ["cr-2"],
    ]);
  });

  it("counts claims that are on their way, whose instances the cloud has not counted yet", () => {
    const first = planned(pods(1), two);
    const nodeClaims = first.newNodes.map((node) => toNodeClaim(node, { ...platformNames(), name: "claim-0" }));
    const instanceTypes = new Map([["general", two]]);
    const nodes = nodeStates({ nodes: [], nodeClaims, pods: [], instanceTypes, names: platformNames() });
    expect(boughtOf(planned(pods(4), two, { nodes }))).toEqual(["m1 on-demand a|b", "m1 on-demand a|b", "m1 reserved b"]);
  });

  it("is shared by pools that may both take it, and still bound by the limits of each", () => {
    const pools = [nodePool({ name: "first", weight: 2, limits: { nodes: "1" } }), nodePool({ name: "second" })];
    expect(boughtOf(planned(pods(3), two, { nodePools: pools }))).toEqual(["m1 on-demand a|b", "m1 reserved b", "m1 reserved b"]);
  });

  it("is left alone by Pods that ask for another way to buy, and asked for by its id", () => {
    expect(boughtOf(planned(pods(1, { nodeSelector: { [capacityTypeLabel]: "on-demand" } }), two))).toEqual(["m1 on-demand a|b"]);
    const asking = (id: string) => planned(pods(3, { nodeSelector: { [capacityReservationLabel]: id } }), two);
    expect(boughtOf(asking("cr-1"))).toEqual(["m1 reserved b", "m1 reserved b"]);
    expect(asking("cr-1").unschedulable).toHaveLength(1);
    expect(asking("cr-9").unschedulable).toHaveLength(3);
  });

  it("is asked for by its kind, and by whether its owner may take it back", () => {
    const block = { ...reserved("cr-block", "a", 1), reservation: { ...kept("cr-block"), kind: "capacity-block" as const } };
    const lent = { ...reserved("cr-lent", "b", 1), reservation: { ...kept("cr-lent"), isInterruptible: true } };
    const types = [typeOf("m1", 4, [...onDemand(0.2), block, lent, reserved("cr-own", "a", 1)])];
    const asking = (key: string, values: readonly string[], operator = "In") =>
      planned(pods(4, affinity({ key, operator, values })), types);
    const rows: readonly (readonly [plan: SchedulingResults, ids: string])[] = [
      [asking(capacityReservationTypeLabel, ["capacity-block"]), "cr-block"],
      [asking(capacityReservationTypeLabel, ["default"]), "cr-lent cr-own"],
      [asking(capacityReservationTypeLabel, ["capacity-block"], "NotIn"), "- - cr-lent cr-own"],
      [asking(capacityReservationInterruptibleLabel, ["true"]), "cr-lent"],
      [asking(capacityReservationInterruptibleLabel, ["false"]), "cr-block cr-own"],
      [asking(capacityReservationInterruptibleLabel, ["true"], "NotIn"), "- - cr-block cr-own"],
    ];
    for (const [plan, ids] of rows) expect(idsOf(plan)).toBe(ids);
    const [claim] = asking(capacityReservationTypeLabel, ["capacity-block"]).newNodes.map((node) =>
      toNodeClaim(node, { ...platformNames(), name: "claim-0" }),
    );
    const asked = Object.fromEntries((claim?.spec.requirements ?? []).map(({ key, values }) => [key, values]));
    expect(asked).toMatchObject({ [capacityReservationTypeLabel]: ["capacity-block"], [capacityReservationInterruptibleLabel]: ["false"] });
  });

  it("is all that a NodePool buys which asks for a kind of it", () => {
    const requirements = [{ key: capacityReservationTypeLabel, operator: "In", values: ["default"] }] as const;
    const plan = planned(pods(3), two, { nodePools: [nodePool({ name: "general", requirements })] });
    expect(boughtOf(plan)).toEqual(["m1 reserved b", "m1 reserved b"]);
    expect(plan.unschedulable).toHaveLength(1);
    const blocks = [{ key: capacityReservationTypeLabel, operator: "In", values: ["capacity-block"] }] as const;
    expect(planned(pods(1), two, { nodePools: [nodePool({ name: "general", requirements: blocks })] }).newNodes).toEqual([]);
  });

  it("is never counted on twice, in random clusters", () => {
    const faults: string[] = [];
    let taken = 0;
    for (const { name, input } of numberedCases(usualCase, casesOf({ ci: 200, long: 20_000 }))) {
      const withReserved = new Map([...input.instanceTypes].map(([pool, types]) => [pool, types.map(alsoReserved)]));
      const plan = solve({ ...input, instanceTypes: withReserved });
      faults.push(...reservationFaults({ ...input, instanceTypes: withReserved }, plan).map(({ says }) => `${name} ${says}`));
      taken += plan.newNodes.filter(({ capacityType }) => capacityType === "reserved").length;
    }
    expect(faults).toEqual([]);
    expect(taken).toBeGreaterThan(100);
  });
});

/** Every other type has one or two instances reserved in a zone. */
function alsoReserved(type: InstanceType, index: number): InstanceType {
  if (index % 2 === 1) return type;
  const requirements = type.requirements.map((one) =>
    one.key === capacityTypeLabel ? { ...one, values: [...(one.values ?? []), "reserved"] } : one,
  );
  const zone = type.offerings[0]?.zone ?? "zone-a";
  return { ...type, requirements, offerings: [...type.offerings, reserved(`cr-${type.name}`, zone, 1 + (index % 4) / 2)] };
}
