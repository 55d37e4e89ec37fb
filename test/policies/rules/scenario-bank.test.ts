/**
 * Acceptance stories of admission: what a person is told, all at once, in what they bring.
 */
import { describe, expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../../../src/api/object.ts";
import type { WorkloadProfile } from "../../../src/api/workload-profile.ts";
import type { Deployment } from "../../../src/api/workload.ts";
import { catalogInstanceTypes } from "../../../src/catalog/instance-types.ts";
import { validate } from "../../../src/policies/evaluate.ts";
import { allRules } from "../../../src/policies/rules/all-rules.ts";
import { contextOf, policiesText, policySet, requestFor } from "../../support/admission.ts";
import { budget, deployment, pod, profile } from "../../support/objects.ts";
import { yamlObjects } from "../../support/yaml-objects.ts";

const policies = policySet();

/** What is told of the object, as "RULE action", sorted; what is only recorded is left out. */
function told(judged: KubeObject, world: readonly KubeObject[] = []): readonly string[] {
  const { findings } = validate({ policySet: policies, request: requestFor(judged), context: contextOf(world) });
  return findings.filter(({ action }) => action !== "audit").map(({ rule, action }) => `${rule} ${action}`);
}

function messageOf(rule: string, judged: KubeObject, world: readonly KubeObject[]): string | undefined {
  const { findings } = validate({ policySet: policies, request: requestFor(judged), context: contextOf(world) });
  const found = findings.find((finding) => finding.rule === rule);
  return found === undefined ? undefined : `${found.message} | ${found.fix}`;
}

const probed = {
  containers: [
    {
      name: "app",
      image: "example.com/app:1",
      readinessProbe: { httpGet: { path: "/ready", port: 8080 } },
      resources: { requests: { cpu: "100m", memory: "128Mi" } },
    },
  ],
};

describe("a good workload", () => {
  it("without a profile is told that it has none, and nothing else", () => {
    expect(told(deployment({ replicas: 3, podSpec: probed }))).toEqual(["BIND-004 warn"]);
  });

  it("with a profile is told nothing", () => {
    const own = profile({ spec: { availability: { minReplicas: 3 } } });
    expect(told(deployment({ replicas: 3, podSpec: probed }), [own])).toEqual([]);
  });
});

describe("two faults at once", () => {
  it("S093: 80x, 64x and a budget over one replica are one reply", () => {
    const greedy = deployment({ replicas: 1, requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "4", memory: "8Gi" } });
    const found = told(greedy, [budget({ minAvailable: 1 })]);
    expect(found).toContain("DRAIN-002 deny");
    expect(found).toContain("REQ-002 deny");
    expect(found).toEqual([...found].sort());
  });

  it("a node's name, a hostPath and the add-ons' toleration are three rules in one denial", () => {
    const stuck = deployment({
      podSpec: {
        nodeName: "ip-10-0-1-7",
        tolerations: [{ key: "CriticalAddonsOnly", operator: "Exists" }],
        volumes: [{ name: "data", hostPath: { path: "/var/data" } }],
      },
    });
    expect(told(stuck).filter((line) => line.endsWith("deny"))).toEqual(["PLACE-003 deny", "PLACE-005 deny", "STOR-003 deny"]);
  });
});

describe("what a profile makes of a Pod", () => {
  const amounts = { requests: { cpu: "100m", memory: "128Mi" } };
  const mesh = {
    containers: [
      { name: "app", resources: amounts },
      { name: "mesh", resources: amounts },
    ],
  };
  const sizing = profile({ spec: { compute: { cpuRequest: "500m", memoryRequest: "768Mi" } } });

  it("a sidecar beside a container that nobody marks", () => {
    expect(messageOf("REQ-006", deployment({ podSpec: mesh }), [sizing])).toBe(
      "profile sizes one container but the pod has 2 and none is marked default | set annotation kubectl.kubernetes.io/default-container or compute.containers",
    );
  });

  it("a sidecar beside the marked one", () => {
    const marked = deployment({ podSpec: mesh, podAnnotations: { "kubectl.kubernetes.io/default-container": "app" } });
    expect(messageOf("REQ-006", marked, [sizing])).toBeUndefined();
  });

  it("a Guaranteed Pod does not become Burstable in silence", () => {
    const same = { cpu: "1", memory: "1Gi" };
    expect(messageOf("REQ-003", deployment({ requests: same, limits: same }), [sizing])).toBe(
      "mutation would change QoS class Guaranteed to Burstable for pod template | set both requests and limits, or compute.mode fill",
    );
  });

  it("a limit below the profile's request is refused, never lowered", () => {
    const low = deployment({ requests: { cpu: "100m", memory: "256Mi" }, limits: { memory: "512Mi" } });
    expect(told(low, [sizing])).toContain("WP-006 deny");
  });
});

describe("a Pod of one's own", () => {
  it("is refused in class general, and only warned of where the namespace's class warns", () => {
    expect(told(pod())).toContain("BARE-001 deny");
    expect(told(pod({ namespace: "dev-x" }))).toContain("BARE-001 warn");
  });

  it("is refused when it is resized above its class", () => {
    const big = pod({ requests: { cpu: "9", memory: "1Gi" } });
    const request = requestFor(big, { old: pod({ requests: { cpu: "1", memory: "1Gi" } }), subResource: "resize" });
    const { allowed, findings } = validate({ policySet: policies, request, context: contextOf([]) });
    expect([allowed, findings.find(({ action }) => action === "deny")?.rule]).toEqual([false, "CLASS-001"]);
  });
});

describe("a class that is not granted", () => {
  it("is refused with whom to ask", () => {
    const asking = profile({ spec: { runtimeClass: "regulated", security: { dataClassification: "restricted" } } });
    const world = [{ apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } }];
    expect(messageOf("CLASS-002", asking, world)).toBe(
      'namespace "shop" is not granted class "regulated" | ask security@example.com for a grant in policies.yaml: grants.regulated',
    );
  });
});

describe("the lab's mistakes", () => {
  const infrastructure = yamlObjects("examples/lab/a0-infrastructure.yaml");
  const profileOf = (file: string): WorkloadProfile => yamlObjects(`examples/lab/${file}`)[0] as WorkloadProfile;
  const workloadOf = (file: string): KubeObject => yamlObjects(`examples/lab/${file}`)[1] as KubeObject;
  const [checkout, worker, fraud] = ["a1-checkout-api.yaml", "a2-invoice-export-worker.yaml", "a3-fraud-model-batch.yaml"] as const;
  const denied = (judged: KubeObject, world: readonly KubeObject[] = []): readonly string[] =>
    told(judged, [...infrastructure, ...world]).filter((line) => line.endsWith("deny"));

  it("S237, S238, S239: as they are, they are let in", () => {
    for (const file of [checkout, worker, fraud]) {
      expect(denied(profileOf(file))).toEqual([]);
      expect(denied(workloadOf(file), [profileOf(file)])).toEqual([]);
    }
  });

  it("checkout-api in class batch", () => {
    const { spec, ...rest } = profileOf(checkout);
    expect(denied({ ...rest, spec: { ...spec, runtimeClass: "batch" } } as WorkloadProfile)).toEqual([
      "OBS-001 deny",
      "SPOT-002 deny",
      "SPOT-004 deny",
    ]);
  });

  it("checkout-api with one replica", () => {
    const { spec, ...rest } = profileOf(checkout);
    const alone: WorkloadProfile = { ...rest, spec: { ...spec, availability: { minReplicas: 1 } } };
    expect(denied(alone)).toContain("DRAIN-001 deny");
  });

  it("S242: invoice-export-worker without its promises names all six", () => {
    const { spec, ...rest } = profileOf(worker);
    const silent: WorkloadProfile = { ...rest, spec: { ...spec, disruption: { maxUnavailable: "20%" } } };
    expect(denied(silent)).toEqual(["SPOT-002 deny"]);
    expect(messageOf("SPOT-002", silent, infrastructure)).toContain(
      "(missing: ackAfterCompletion, retryable, duplicateSafe, stopsPullingOnTerm, inFlightSafe, deadLetter)",
    );
  });

  it("S243: fraud-model-batch that is never tried again", () => {
    const cron = workloadOf(fraud) as KubeObject & { readonly spec: { readonly jobTemplate: { readonly spec: object } } };
    const once: KubeObject = {
      ...cron,
      ...{ spec: { ...cron.spec, jobTemplate: { spec: { ...cron.spec.jobTemplate.spec, backoffLimit: 0 } } } },
    };
    expect(denied(once, [profileOf(fraud)])).toEqual(["JOB-001 deny"]);
  });
});

describe("S235: ten questions of a workload", () => {
  const serving = (podSpec: object, replicas = 3): Deployment => deployment({ replicas, podSpec: { ...probed, ...podSpec } });
  const own = (spec: WorkloadProfile["spec"]): WorkloadProfile => profile({ spec });
  const rows: readonly (readonly [string, KubeObject, readonly KubeObject[], string])[] = [
    ["are its requests realistic", deployment({ requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "4Gi" } }), [], "REQ-002"],
    ["are there requests", deployment({ podSpec: { containers: [{ name: "app" }] } }), [], "REQ-001"],
    ["is it safe to drain", serving({}, 1), [own({})], "DRAIN-001"],
    ["is its budget valid", serving({}), [budget({ minAvailable: 3 })], "DRAIN-002"],
    ["are its replicas spread", own({ availability: { minReplicas: 3, zoneSpread: "none" } }), [], "TOPO-001"],
    ["does it stand Spot", own({ runtimeClass: "compute", availability: { minReplicas: 1 }, cost: { spotAllowed: true } }), [], "SPOT-001"],
    [
      "whose rights has it",
      deployment({ labels: { "platform.example.com/workload-class": "regulated" }, podSpec: { hostNetwork: true } }),
      [],
      "SEC-001",
    ],
    ["are its files its own", serving({ volumes: [{ name: "data", hostPath: { path: "/data" } }] }), [], "STOR-003"],
    ["can it start again", own({ disruption: { restartable: false } }), [], "CLASS-004"],
    ["can it stand elsewhere", serving({ nodeName: "a" }), [], "PLACE-005"],
  ];
  it.each(rows)("%s", (_, judged, world, rule) => {
    expect(told(judged, world).filter((line) => line.endsWith("deny"))).toContain(`${rule} deny`);
  });
});

describe("S102: two replicas, spread, under a budget relative to them", () => {
  const relative = { disruption: { maxUnavailable: "50%" } };
  const denied = (judged: KubeObject, world: readonly KubeObject[]): readonly string[] =>
    told(judged, world).filter((line) => line.endsWith("deny"));

  it("are let in", () => {
    const two = profile({ spec: { ...relative, availability: { minReplicas: 2, zoneSpread: "preferred" } } });
    expect([denied(two, []), denied(deployment({ podSpec: probed, replicas: 2 }), [two])]).toEqual([[], []]);
  });
  it("one replica is refused", () => {
    const one = profile({ spec: { ...relative, availability: { minReplicas: 1 } } });
    expect(denied(one, [])).toEqual(["DRAIN-001 deny"]);
  });
  it("several that are not spread are refused", () => {
    const together = profile({ spec: { ...relative, availability: { minReplicas: 3, zoneSpread: "none" } } });
    expect(denied(together, [])).toEqual(["TOPO-001 deny"]);
  });
});

describe("what denials speak of", () => {
  const instanceType = /\b[a-z]+\d[a-z0-9-]*\.(nano|micro|small|medium|\d*x?large|metal)/;
  /** Narrowness is their very fault, or they name the size that would fit. */
  const narrow: ReadonlySet<string> = new Set(["PLACE-004", "POOL-002", "POOL-005"]);
  const ofPools = /^(NP|NC)-/;

  it("S130: no rule for application teams names instance types, but where narrowness is the fault", () => {
    for (const { id, examples } of allRules.filter(({ id }) => !ofPools.test(id))) {
      const objects = parseAllDocuments(examples.denied).map((document) => document.toJS() as KubeObject);
      const judged = objects.at(-1) as KubeObject;
      const set = examples.policies === undefined ? policies : policySet(`${policiesText}\n${examples.policies}`);
      const context = contextOf(objects.slice(0, -1), catalogInstanceTypes({ zones: ["ap-southeast-1a"] }));
      const { findings } = validate({ policySet: set, request: requestFor(judged), context });
      const naming = findings.filter(({ rule, message, fix }) => !narrow.has(rule) && instanceType.test(`${message} ${fix}`));
      expect([id, naming]).toEqual([id, []]);
    }
  });

  it("S115: what the owner of a workload owes has rules that can be listed", () => {
    const owed = ["REQ-001", "DRAIN-002", "DRAIN-011", "SEC-001", "STOR-003", "TOPO-001", "DRAIN-001"];
    const listed = allRules.map(({ id }) => id);
    expect(owed.filter((id) => !listed.includes(id))).toEqual([]);
    expect(allRules.filter(({ summary }) => summary.trim() === "")).toEqual([]);
  });
});
