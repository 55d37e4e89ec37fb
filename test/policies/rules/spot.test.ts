/**
 * SPOT: which workloads may be interrupted, as the matrix of the lesson has it, and the edges of each rule.
 */
import { describe } from "vitest";
import type { PersistentVolumeClaim } from "../../../src/api/storage.ts";
import type { StatefulSet } from "../../../src/api/workload.ts";
import type { WorkloadProfile } from "../../../src/api/workload-profile.ts";
import { policiesText, policySet } from "../../support/admission.ts";
import { cronJob, deployment, job, nodePool, profile, statefulSet } from "../../support/objects.ts";
import { checkerOf } from "./findings.ts";

type Spec = WorkloadProfile["spec"];

/** The sample policies, with Spot switched on for class general, system and gpu: each row is then a matter of the workload alone. */
const withSpot = policySet(
  policiesText
    .replaceAll("capacityTypes: [on-demand]", "capacityTypes: [spot, on-demand]\n    allowSpot: true")
    .replace("allowSpot: true\n    allowSpot: false", "allowSpot: true"),
);
const spot = { spotAllowed: true } as const;
const all = {
  ackAfterCompletion: true,
  retryable: true,
  duplicateSafe: true,
  stopsPullingOnTerm: true,
  inFlightSafe: true,
  deadLetter: true,
};
const worker: Spec = { runtimeClass: "batch", scaling: { lagMetric: "lag" }, disruption: { idempotent: true }, cost: spot };

const database: StatefulSet = { ...statefulSet(), spec: { ...statefulSet().spec, volumeClaimTemplates: [{ metadata: { name: "data" } }] } };

const spotPool = nodePool({
  name: "batch-spot",
  labels: { "workload-class": "batch" },
  requirements: [{ key: "karpenter.sh/capacity-type", operator: "In", values: ["spot"] }],
  taints: [{ key: "workload-class", value: "batch", effect: "NoSchedule" }],
});

describe("S071: which workloads are safe to interrupt", () => {
  const check = checkerOf("SPOT", "JOB-001");
  function row(name: string, spec: Spec, finds: readonly string[] = [], world: Parameters<typeof check>[1]["world"] = []): void {
    check(name, { judge: profile({ spec }), world, policies: withSpot, finds });
  }
  row("S072: a stateless service of three replicas, spread", {
    availability: { minReplicas: 3, zoneSpread: "preferred" },
    cost: spot,
  });
  row(
    "S072: a stateless service of three replicas that is not spread",
    { availability: { minReplicas: 3, zoneSpread: "none" }, cost: spot },
    ["SPOT-008 warn: spotAllowed with 3 replicas and zoneSpread none: one zone's shortage of Spot may take all of them"],
  );
  row("S072: a stateless service of two replicas", { availability: { minReplicas: 2 }, cost: spot }, [
    "SPOT-001 warn: spotAllowed with 2 replicas: an interruption leaves 1",
  ]);
  row("S073: an idempotent queue worker", worker);
  row("S073: an idempotent queue worker of one replica", { ...worker, availability: { minReplicas: 1 } });
  row(
    "S074: a scheduled job that is tried again",
    { runtimeClass: "compute", disruption: { guarantees: { retryable: true } }, cost: spot },
    [],
    [cronJob({ name: "web" })],
  );
  row(
    "S074, S156: a scheduled job of which nothing is known",
    { runtimeClass: "compute", cost: spot },
    ['SPOT-002 deny: class "compute" runs on Spot but the profile does not declare idempotent work (missing: retryable)'],
    [cronJob({ name: "web" })],
  );
  row("S075: an administration tool of one replica", { availability: { minReplicas: 1 }, cost: spot }, [
    "SPOT-001 deny: spotAllowed with 1 replica: an interruption is an outage",
  ]);
  row(
    "S076: a database with a volume",
    { availability: { minReplicas: 3 }, cost: spot },
    ["SPOT-003 deny: StatefulSet web: spotAllowed with persistent volumes (data)"],
    [database],
  );
  row(
    "S076: a database that is not there yet, by its own word",
    { availability: { minReplicas: 3 }, storage: { stateful: true }, cost: spot },
    ["SPOT-003 deny: spotAllowed with persistent volumes (storage.stateful)"],
  );
  row("S078: training that has no checkpoints", { runtimeClass: "gpu", disruption: { idempotent: true }, cost: spot }, [
    "SPOT-007 deny: spotAllowed for accelerator work that is not checkpointed: an interruption loses all of it",
  ]);
  row("S078: training that goes on from its last checkpoint", { runtimeClass: "gpu", disruption: { checkpointed: true }, cost: spot });
});

describe("SPOT-006: Spot where it is switched off", () => {
  const check = checkerOf("SPOT-006");
  check("S077: an add-on of the cluster", {
    judge: profile({ namespace: "platform-dns", spec: { runtimeClass: "system", cost: spot } }),
    finds: ['SPOT-006 deny: class "system" has Spot switched off; got spotAllowed true'],
  });
  check("S132: a service while the organisation has it off", {
    judge: profile({ spec: { cost: spot } }),
    finds: ['SPOT-006 deny: class "general" has Spot switched off; got spotAllowed true'],
  });
  check("S132: a service once the organisation has it on", { judge: profile({ spec: { cost: spot } }), policies: withSpot, finds: [] });
  check("a service that asks for none", { judge: profile({ spec: { cost: { spotAllowed: false } } }), finds: [] });
});

describe("SPOT-002: what nobody has declared", () => {
  const check = checkerOf("SPOT-002");
  const six = "ackAfterCompletion, retryable, duplicateSafe, stopsPullingOnTerm, inFlightSafe, deadLetter";
  const missing = (names: string): string =>
    `SPOT-002 deny: class "batch" runs on Spot but the profile does not declare idempotent work (missing: ${names})`;
  const promising = (guarantees: Partial<typeof all>): WorkloadProfile =>
    profile({ spec: { runtimeClass: "batch", scaling: { lagMetric: "lag" }, disruption: { guarantees }, cost: spot } });
  check("S030, S063, S073: nothing at all", { judge: profile({ spec: { runtimeClass: "batch", cost: spot } }), finds: [missing(six)] });
  check("idempotent work", { judge: profile({ spec: worker }), finds: [] });
  check("S242: all six promises", { judge: promising(all), finds: [] });
  const rows = [
    ["S081", "ackAfterCompletion"],
    ["S082", "retryable"],
    ["S083", "duplicateSafe"],
    ["S084", "stopsPullingOnTerm"],
    ["S085", "inFlightSafe"],
    ["S086", "deadLetter"],
  ] as const;
  for (const [id, name] of rows) {
    check(`${id}: all promises but ${name}`, { judge: promising({ ...all, [name]: false }), finds: [missing(name)] });
  }
  check("S201: a worker that acknowledges too early and does its work twice", {
    judge: promising({ ...all, ackAfterCompletion: false, duplicateSafe: false }),
    finds: [missing("ackAfterCompletion, duplicateSafe")],
  });
  check("idempotent work where policies.yaml asks for all six", {
    judge: profile({ spec: worker }),
    policies: policySet(
      policiesText.replace("requires: [disruption.idempotent,", "requireAllGuarantees: true\n    requires: [disruption.idempotent,"),
    ),
    finds: [missing(six)],
  });
  check("a worker without a profile", {
    judge: deployment({ labels: { "platform.example.com/workload-class": "batch" } }),
    finds: ['SPOT-002 warn: class "batch" runs on Spot, and no profile declares idempotent work'],
  });
  check("a service without a profile", { judge: deployment(), finds: [] });
});

describe("SPOT-003: volumes on Spot", () => {
  const check = checkerOf("SPOT-003");
  const mounting = { podSpec: { volumes: [{ name: "files", persistentVolumeClaim: { claimName: "files" } }] } };
  const claim = (mode: string): PersistentVolumeClaim => ({
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "files", namespace: "shop" },
    spec: { accessModes: [mode] },
  });
  const bound = profile({ spec: worker });
  check("a disk", {
    judge: deployment(mounting),
    world: [bound, claim("ReadWriteOnce")],
    finds: ["SPOT-003 deny: spotAllowed with persistent volumes (files)"],
  });
  check("files that every node can mount", { judge: deployment(mounting), world: [bound, claim("ReadWriteMany")], finds: [] });
  check("a disk, but on-demand alone", {
    judge: deployment(mounting),
    world: [profile({ spec: { runtimeClass: "compute", cost: { spotAllowed: false } } }), claim("ReadWriteOnce")],
    finds: [],
  });
  check("S113: a StatefulSet in a class for interruptible work", {
    judge: statefulSet({ labels: { "platform.example.com/workload-class": "batch" } }),
    finds: ['SPOT-003 deny: class "batch" on Spot with a StatefulSet'],
  });
  check("a StatefulSet in class general", { judge: statefulSet(), finds: [] });
});

describe("SPOT-004: a service on Spot alone", () => {
  const check = checkerOf("SPOT-004");
  const serving = profile({ spec: { runtimeClass: "batch", availability: { minReplicas: 6, zoneSpread: "required" } } });
  check("S241: a service in the workers' pool", {
    judge: serving,
    world: [spotPool],
    finds: ['SPOT-004 deny: latency-serving workload would run only on Spot (pool "batch-spot" has no on-demand)'],
  });
  check("a worker in the workers' pool", { judge: profile({ spec: worker }), world: [spotPool], finds: [] });
  check("a service beside on-demand", {
    judge: serving,
    world: [
      nodePool({
        name: "batch-spot",
        requirements: [{ key: "karpenter.sh/capacity-type", operator: "In", values: ["spot", "on-demand"] }],
      }),
    ],
    finds: [],
  });
  check("a service whose class's pools nobody knows", { judge: serving, finds: [] });
});

describe("SPOT-005: longer than the notice", () => {
  const check = checkerOf("SPOT-005");
  const graceful = (seconds: number): WorkloadProfile =>
    profile({ spec: { ...worker, disruption: { idempotent: true, gracePeriodSeconds: seconds } } });
  const finding = (seconds: number): string => `SPOT-005 deny: gracePeriodSeconds ${seconds} exceeds the 120 s Spot notice (usable 110 s)`;
  check("one second", { judge: graceful(111), finds: [finding(111)] });
  check("just in time", { judge: graceful(110), finds: [] });
  check("the Pod's own word, which the profile keeps", {
    judge: deployment({ podSpec: { terminationGracePeriodSeconds: 300 } }),
    world: [profile({ spec: worker })],
    finds: [finding(300)],
  });
  check("a Pod that never sees Spot", { judge: deployment({ podSpec: { terminationGracePeriodSeconds: 300 } }), finds: [] });
});

describe("JOB-001 on Spot", () => {
  const check = checkerOf("SPOT-002");
  check("S156: a Job whose work can be run again", {
    judge: job({ name: "web" }),
    world: [profile({ spec: { runtimeClass: "compute", disruption: { restartable: true }, cost: spot } })],
    finds: [],
  });
});
