/**
 * TOPO: replicas, and the zones that they may be in.
 */
import { describe } from "vitest";
import type { WorkloadProfile } from "../../../src/api/workload-profile.ts";
import { cronJob, deployment, nodePool, profile } from "../../support/objects.ts";
import { checkerOf } from "./findings.ts";

const zone = "topology.kubernetes.io/zone";
const [a, b, c] = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"];
const poolIn = (...zones: readonly string[]) => nodePool({ requirements: [{ key: zone, operator: "In", values: zones }] });
const available = (availability: WorkloadProfile["spec"]["availability"]): WorkloadProfile =>
  profile({ spec: availability === undefined ? {} : { availability } });

describe("TOPO-001: nothing keeps replicas apart", () => {
  const check = checkerOf("TOPO-001");
  const constraint = {
    ...{ maxSkew: 1, topologyKey: zone, whenUnsatisfiable: "ScheduleAnyway" as const },
    labelSelector: { matchLabels: { app: "web" } },
  };
  const unspread = [`TOPO-001 audit: 6 replicas in class "general" may all land in one zone: the pod has no spread over ${zone}`];
  check("S103, S157, S199: a profile that wants no spread", {
    judge: available({ minReplicas: 6, zoneSpread: "none" }),
    finds: ['TOPO-001 deny: minReplicas 6 in class "general" requires zoneSpread; got none'],
  });
  check("two replicas may do without", { judge: available({ minReplicas: 2, zoneSpread: "none" }), finds: [] });
  check("a profile that says nothing gets the class's", { judge: available({ minReplicas: 6 }), finds: [] });
  check("a class that asks for none", {
    judge: profile({ spec: { runtimeClass: "compute", availability: { minReplicas: 6, zoneSpread: "none" } } }),
    finds: [],
  });
  check("S103: six replicas without a profile and without spread are recorded", {
    judge: deployment({ replicas: 6 }),
    finds: [`TOPO-001 audit: 6 replicas in class "general" may all land in one zone: the pod has no spread over ${zone}`],
  });
  check("S157: six replicas without a profile, spread by their own words", {
    judge: deployment({ replicas: 6, podSpec: { topologySpreadConstraints: [constraint] } }),
    finds: [],
  });
  check("a spread of other Pods is none of its own", {
    judge: deployment({
      replicas: 6,
      podSpec: { topologySpreadConstraints: [{ ...constraint, labelSelector: { matchLabels: { app: "db" } } }] },
    }),
    finds: unspread,
  });
  check("nor is one that selects no Pod", {
    judge: deployment({
      replicas: 6,
      podSpec: { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: zone, whenUnsatisfiable: "DoNotSchedule" }] },
    }),
    finds: unspread,
  });
  check("nor an anti-affinity to Pods of another namespace", {
    judge: deployment({
      replicas: 6,
      podSpec: {
        affinity: {
          podAntiAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: [
              { topologyKey: zone, labelSelector: { matchLabels: { app: "web" } }, namespaces: ["other"] },
            ],
          },
        },
      },
    }),
    finds: unspread,
  });
});

describe("TOPO-002: tied to one zone", () => {
  const check = checkerOf("TOPO-002");
  check("S199: by a selector", {
    judge: deployment({ podSpec: { nodeSelector: { [zone]: a } } }),
    finds: [`TOPO-002 warn: 2 replicas are tied to zone ${a}: the loss of one zone takes all of them`],
  });
  check("a single replica is in one zone anyway", {
    judge: deployment({ replicas: 1, podSpec: { nodeSelector: { [zone]: a } } }),
    finds: [],
  });
  check("work with an end", { judge: cronJob({ replicas: 3, podSpec: { nodeSelector: { [zone]: a } } }), finds: [] });
});

describe("TOPO-003: more zones than there are", () => {
  const check = checkerOf("TOPO-003");
  const required = available({ minReplicas: 6, zoneSpread: "required" });
  const finding = (asked: number, offered: readonly string[]): string =>
    `TOPO-003 deny: zoneSpread required over ${asked} zones, but class pools offer ${offered.length} (${offered.join(", ")})`;
  check("S182: a required spread in one zone", { judge: required, world: [poolIn(a)], finds: [finding(2, [a])] });
  check("a required spread in two zones", { judge: required, world: [poolIn(a, b)], finds: [] });
  check("a required spread where the pool names no zones", { judge: required, world: [nodePool()], finds: [] });
  check("a required spread with no pool known", { judge: required, finds: [] });
  check("a preferred spread in one zone", { judge: available({ minReplicas: 6, zoneSpread: "preferred" }), world: [poolIn(a)], finds: [] });
  check("a workload that a profile spreads", {
    judge: deployment({ replicas: 6 }),
    world: [required, poolIn(a)],
    finds: [finding(2, [a])],
  });
  const strict = (minDomains: number) =>
    deployment({
      replicas: 6,
      podSpec: { topologySpreadConstraints: [{ maxSkew: 1, topologyKey: zone, whenUnsatisfiable: "DoNotSchedule", minDomains }] },
    });
  check("S182: a Pod that waits for three zones of two", { judge: strict(3), world: [poolIn(a, b)], finds: [finding(3, [a, b])] });
  check("a Pod that waits for three zones of three", { judge: strict(3), world: [poolIn(a, b, c)], finds: [] });
});

describe("TOPO-004: a promise that can't be kept", () => {
  const check = checkerOf("TOPO-004");
  check("to survive a zone without spread", {
    judge: available({ minReplicas: 6, zoneSpread: "preferred", surviveZoneLoss: true }),
    finds: ["TOPO-004 deny: availability.surviveZoneLoss needs zoneSpread required; got preferred"],
  });
  check("to survive a zone with the class's spread", { judge: available({ minReplicas: 6, surviveZoneLoss: true }), finds: [] });
  check("to spread one replica", {
    judge: profile({ namespace: "dev-x", spec: { availability: { minReplicas: 1, zoneSpread: "required" } } }),
    finds: ["TOPO-004 deny: zoneSpread required needs minReplicas 2 or more; got 1"],
  });
  check("to spread over one zone", {
    judge: available({ minReplicas: 3, zoneSpread: "required", zones: [a] }),
    finds: [`TOPO-004 deny: zoneSpread required needs two zones; got ${a}`],
  });
});
