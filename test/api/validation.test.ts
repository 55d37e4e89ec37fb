// The validator names every problem of a value, whatever the value is, with the field and what was probably meant.
import fc from "../support/properties.ts";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import type { ShapeKind } from "../../src/api/json-schema.ts";
import type { ShapeError } from "../../src/api/shape-error.ts";
import { shapeValidator } from "../../src/api/validation.ts";
import { foundingProfile } from "../support/founding-profile.ts";

const validator = shapeValidator();
const kinds: readonly ShapeKind[] = [
  "WorkloadProfile",
  "NodePool",
  "NodeClaim",
  "EC2NodeClass",
  "NodeOverlay",
  "CapacityBuffer",
  "PoliciesFile",
];

const profile = (spec: unknown): unknown => ({ apiVersion: "platform.example.com/v1", kind: "WorkloadProfile", metadata: {}, spec });
const policies = (sections: object): unknown => ({ apiVersion: "platform.example.com/policies/v1", classes: {}, ...sections });
const claim = (spec: object): unknown => ({
  apiVersion: "karpenter.sh/v1",
  kind: "NodeClaim",
  metadata: {},
  spec: { nodeClassRef: { group: "a", kind: "b", name: "c" }, requirements: [], ...spec },
});

/** The problems, as "field: message". */
function problems(kind: ShapeKind, value: unknown): readonly string[] {
  return validator.validate(kind, value).map((error) => `${error.field}: ${error.message}`);
}

function check(title: string, kind: ShapeKind, value: unknown, ...expected: readonly string[]): void {
  test(title, () => {
    expect(problems(kind, value)).toEqual(expected);
  });
}

describe("a WorkloadProfile", () => {
  check("the founding document's is right as it is", "WorkloadProfile", parse(foundingProfile));
  check("an empty spec is right", "WorkloadProfile", profile({}));
  check("every field takes what the contract says", "WorkloadProfile", profile(everyField()));
  check(
    "a slip of the hand gets the field beside it",
    "WorkloadProfile",
    profile({ availability: { minReplica: 1 } }),
    "spec.availability.minReplica: unknown field; nearest known field is spec.availability.minReplicas",
  );
  check(
    "a field on the wrong level gets its place",
    "WorkloadProfile",
    profile({ minReplicas: 1, compute: { spotAllowed: true } }),
    "spec.minReplicas: unknown field; nearest known field is spec.availability.minReplicas",
    "spec.compute.spotAllowed: unknown field; nearest known field is spec.cost.spotAllowed",
  );
  check(
    "a field that resembles nothing gets the fields of its place",
    "WorkloadProfile",
    profile({ security: { firewall: true } }),
    "spec.security.firewall: unknown field; known here: dataClassification",
  );
  check(
    "unknown fields are found in lists and maps",
    "WorkloadProfile",
    profile({ overrides: [{ match: { stages: "canary" } }], compute: { containers: { app: { cpuRequests: "1" } } } }),
    "spec.compute.containers.app.cpuRequests: unknown field; nearest known field is spec.compute.containers.app.cpuRequest",
    "spec.overrides[0].match.stages: unknown field; nearest known field is spec.overrides[0].match.stage",
  );
  check(
    "a wrong quantity, with what was probably meant",
    "WorkloadProfile",
    profile({ compute: { cpuRequest: "half", memoryRequest: "16GB", cpuLimit: "none", memoryLimit: "512 MiB" } }),
    'spec.compute.cpuRequest: "half" is not a Kubernetes quantity',
    'spec.compute.memoryRequest: "16GB" is not a Kubernetes quantity; did you mean 16Gi',
    'spec.compute.memoryLimit: "512 MiB" is not a Kubernetes quantity; did you mean 512Mi',
  );
  check(
    "a fraction without quotes, which Kubernetes takes only as text",
    "WorkloadProfile",
    profile({ compute: { cpuRequest: 0.5 } }),
    'spec.compute.cpuRequest: must be a whole number or text, not 0.5; write "0.5"',
  );
  check(
    "quantities below zero",
    "WorkloadProfile",
    profile({ compute: { cpuRequest: -1, memoryRequest: "-1Gi" } }),
    "spec.compute.cpuRequest: must be at least 0, not -1",
    'spec.compute.memoryRequest: must be at least 0, not "-1Gi"',
  );
  check(
    "a wrong word, with the nearest",
    "WorkloadProfile",
    profile({ availability: { zoneSpread: "requird", hostSpread: "" } }),
    'spec.availability.zoneSpread: must be one of required, preferred, none, not "requird"; did you mean required',
    'spec.availability.hostSpread: must be one of required, preferred, none, not ""',
  );
  check(
    "a wrong type is one problem, though it breaks more",
    "WorkloadProfile",
    profile({ availability: { zoneSpread: 1, minReplicas: "3" }, scaling: [], cost: null }),
    'spec.availability.minReplicas: must be a whole number, not "3"',
    "spec.availability.zoneSpread: must be text, not 1",
    "spec.scaling: must be an object, not a list",
    "spec.cost: must be an object, not null",
  );
  check(
    "percentages, durations and schedules are told in words",
    "WorkloadProfile",
    profile({ disruption: { minAvailable: "180%", protect: "1d", window: [{ schedule: "daily", duration: "1" }] } }),
    'spec.disruption.minAvailable: must be a whole number, or a percentage from 0% to 100%, not "180%"',
    'spec.disruption.protect: must be none, untilFinished, or a duration such as 30m, not "1d"',
    'spec.disruption.window[0].schedule: must be a cron schedule of five fields such as 0 2 * * 6, or a name such as @daily, not "daily"',
    'spec.disruption.window[0].duration: must be a duration such as 30s or 1h30m, not "1"',
  );
  check(
    "numbers out of range",
    "WorkloadProfile",
    profile({ scaling: { maxReplicas: 0 } }),
    "spec.scaling.maxReplicas: must be at least 1, not 0",
  );
  check(
    "what is missing",
    "WorkloadProfile",
    { kind: "WorkloadProfile" },
    "apiVersion: is required",
    "metadata: is required",
    "spec: is required",
  );
  check("status is never looked at", "WorkloadProfile", { apiVersion: "a", kind: "b", metadata: {}, spec: {}, status: { conditions: 1 } });
});

describe("other kinds", () => {
  check("a NodeClaim", "NodeClaim", claim({}));
  check(
    "a requirement",
    "NodeClaim",
    claim({ requirements: [{ key: "a b", operator: "in", values: [1] }, {}] }),
    'spec.requirements[0].key: must be a label key such as name or example.com/name, not "a b"',
    'spec.requirements[0].operator: must be one of In, NotIn, Exists, DoesNotExist, Gt, Lt, Gte, Lte, not "in"; did you mean In',
    "spec.requirements[0].values[0]: must be text, not 1",
    "spec.requirements[1].key: is required",
    "spec.requirements[1].operator: is required",
  );
  check(
    "the policies file",
    "PoliciesFile",
    policies({ classes: { general: { request: {} } }, rules: { "DRAIN-001": { action: "den" } } }),
    "classes.general.request: unknown field; nearest known field is classes.general.requests",
    'rules.DRAIN-001.action: must be one of deny, warn, audit, off, not "den"; did you mean deny',
  );
});

describe("whatever the value is", () => {
  test("no value makes it throw, and none but an object of the kind is right", () => {
    fc.assert(
      fc.property(fc.constantFrom(...kinds), fc.jsonValue({ maxDepth: 4 }), (kind, value) => {
        expect(validator.validate(kind, value).length).toBeGreaterThan(0);
      }),
    );
  });

  test("values that shadow what objects inherit are told as any other", () => {
    const hostile = JSON.parse('{"__proto__": {"a": 1}, "constructor": 1, "toString": 1, "valueOf": 1, "hasOwnProperty": 1}') as unknown;
    const fields = problems("WorkloadProfile", profile(hostile)).map((problem) => problem.split(":")[0]);
    expect(fields).toEqual(["__proto__", "constructor", "toString", "valueOf", "hasOwnProperty"].map((name) => `spec.${name}`));
    const deep = { runtimeClass: hostile, availability: { zoneSpread: hostile, zones: [hostile] }, compute: { cpuRequest: hostile } };
    expect(problems("WorkloadProfile", profile(deep))).toHaveLength(4);
  });

  test("names with slashes and tildes stay readable, and the pointer is escaped", () => {
    const [error] = validator.validate("PoliciesFile", policies({ grants: { "a/b~c": { foo: 1 } } }));
    expect(error).toMatchObject({ path: "/grants/a~1b~0c/foo", field: 'grants."a/b~c".foo', keyword: "additionalProperties" });
  });

  test("no control character and no long text reaches a message", () => {
    const text = `\u001b[31m\n${"x".repeat(5000)}`;
    const [error] = validator.validate("WorkloadProfile", profile({ availability: { zoneSpread: text } }));
    expect(error?.message).not.toMatch(/\p{Cc}/u);
    expect(error?.message.length).toBeLessThan(200);
  });

  test("a value with very many problems has a hundred", () => {
    const zones = Array.from({ length: 5000 }, () => 1);
    expect(validator.validate("WorkloadProfile", profile({ availability: { zones } }))).toHaveLength(100);
  });

  test.each([
    ["a", "a-", "policies.yaml's longest key"],
    [" ", " \n", "blanks in a schedule"],
    ["0", "0x", "digits in a quantity"],
  ])("text that makes patterns backtrack is answered at once (%j, %j)", (part, end) => {
    const text = part.repeat(100_000) + end;
    const started = performance.now();
    problems("WorkloadProfile", profile({ compute: { cpuRequest: text }, disruption: { window: [{ schedule: text, duration: text }] } }));
    problems(
      "NodeClaim",
      claim({ requirements: [{ key: text, operator: "Exists" }], taints: [{ key: text, value: text, effect: "NoSchedule" }] }),
    );
    problems("NodePool", { spec: { disruption: { budgets: [{ nodes: text, schedule: text.slice(-1024), duration: text }] } } });
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

function everyField(): object {
  return {
    runtimeClass: "general",
    bind: { targetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "a" }, selector: { matchLabels: { app: "a" } } },
    availability: { minReplicas: 3, zoneSpread: "required", hostSpread: "preferred", surviveZoneLoss: true, zones: ["a"] },
    scaling: {
      ...{ maxReplicas: 5, maxBurstPods: 2, headroomPods: "10%", manage: "hpa", lagMetric: "lag" },
      metrics: [
        { type: "cpu", target: "70%" },
        { type: "external", name: "lag", target: 100 },
      ],
    },
    compute: {
      ...{ cpuRequest: 1, memoryRequest: "1Gi", memoryLimit: "2Gi", cpuLimit: "none", ephemeralStorageRequest: "1Gi" },
      ...{ gpu: { name: "nvidia.com/gpu", count: 1 }, arch: "any", managedBy: "vpa", mode: "floor" },
      containers: { app: { cpuRequest: "0.5", memoryRequest: "1e9" } },
    },
    disruption: {
      ...{ minAvailable: "80%", maxUnavailable: 1, gracePeriodSeconds: 60, preStopSeconds: 5, maxRequestSeconds: 10, maxTaskSeconds: 60 },
      ...{ adopt: true, quorum: false, idempotent: true, restartable: true, checkpointed: false, protect: "30m" },
      guarantees: {
        ...{ ackAfterCompletion: true, retryable: true, duplicateSafe: true, stopsPullingOnTerm: true },
        ...{ inFlightSafe: true, deadLetter: true },
      },
      window: [{ schedule: "0 2 * * 6", duration: "2h", timezone: "UTC" }],
    },
    rollout: "onChange",
    validateOnly: true,
    cost: { spotAllowed: false, spotFloorOnDemand: "50%", owner: "billing", maxHourly: 1.5 },
    storage: { stateful: true, backup: "nightly", zonePlan: "restore from the backup" },
    security: { dataClassification: "restricted" },
    podPatch: { spec: { priorityClassName: "high" } },
    overrides: [{ match: { labels: { a: "b" }, stage: "canary" }, compute: { cpuRequest: "1" }, availability: { minReplicas: 1 } }],
  };
}

/** The type says that nearest and known are there for unknown fields only. */
test("nearest and known are told of unknown fields only", () => {
  const errors: readonly ShapeError[] = validator.validate("WorkloadProfile", profile({ availabilty: {}, cost: 1 }));
  expect(errors.map(({ keyword, nearest, known }) => ({ keyword, nearest, known: known?.length }))).toEqual([
    { keyword: "additionalProperties", nearest: "spec.availability", known: 13 },
    { keyword: "type", nearest: undefined, known: undefined },
  ]);
});
