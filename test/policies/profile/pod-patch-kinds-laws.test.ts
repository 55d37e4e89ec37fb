import fc from "../../support/properties.ts";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../../src/api/hash.ts";
import type { Pod } from "../../../src/api/pod.ts";
import type { WorkloadProfileSpec } from "../../../src/api/workload-profile.ts";
import { qosClass } from "../../../src/kube/pod-requests.ts";
import { compareQuantities } from "../../../src/kube/quantity.ts";
import { ownerWorkload } from "../../../src/kube/workload.ts";
import { compileProfile } from "../../../src/policies/profile/compile.ts";
import { compiledPod, compilePod } from "../../../src/policies/profile/pod-patch.ts";
import { cronJob, deployment, job, pod, profile, replicaSet, statefulSet } from "../../support/objects.ts";
import { batchClass, workloadClass } from "../../support/workload-class.ts";
import { names, workload } from "./contract-of.ts";

const memory = fc.constantFrom("64Mi", "512Mi", "1Gi", "4Gi");
const amounts = fc.record({ cpu: fc.constantFrom("100m", "1", "2"), memory }, { requiredKeys: [] });
const resources = fc.option(fc.record({ requests: amounts, limits: amounts }, { requiredKeys: [] }), { nil: undefined });
const container = fc.record({ name: fc.constantFrom("web", "side", "model"), resources }, { requiredKeys: ["name"] });
const initContainer = fc.record(
  { name: fc.constantFrom("mesh", "migrate"), resources, restartPolicy: fc.constantFrom(undefined, "Always") },
  { requiredKeys: ["name"] },
);
const spec = fc.record(
  {
    containers: fc.uniqueArray(container, { minLength: 1, maxLength: 3, selector: ({ name }) => name }),
    initContainers: fc.option(fc.uniqueArray(initContainer, { maxLength: 2, selector: ({ name }) => name }), { nil: undefined }),
    resources,
    tolerations: fc.constantFrom(undefined, [{ operator: "Exists" }], [{ key: "a", operator: "Exists" }]),
    priorityClassName: fc.constantFrom(undefined, "low", "high"),
    priority: fc.constantFrom(undefined, 0),
  },
  { requiredKeys: ["containers"] },
);
const labels = fc.constantFrom({ app: "web" }, { app: "web", tier: "big" }, { "rollouts-pod-template-hash": "b" });
const annotations = fc.constantFrom(undefined, { "karpenter.sh/do-not-disrupt": "true" });
const pods = fc
  .record({ metadata: fc.record({ labels, annotations }, { requiredKeys: ["labels"] }), spec })
  .map((parts) => JSON.parse(JSON.stringify({ apiVersion: "v1", kind: "Pod", ...parts })) as Pod);

const compute = fc.constantFrom<NonNullable<WorkloadProfileSpec["compute"]>>(
  {},
  { cpuRequest: "500m", memoryRequest: "768Mi", gpu: { name: "nvidia.com/gpu", count: 1 } },
  { cpuRequest: "1", cpuLimit: "1", memoryRequest: "1Gi", memoryLimit: "1Gi" },
  {
    mode: "floor",
    memoryRequest: "2Gi",
    containers: { mesh: { cpuRequest: "50m" }, model: { gpu: { name: "nvidia.com/gpu", count: 2 } } },
  },
  { mode: "fill", cpuLimit: "2", memoryLimit: "128Mi" },
);
const profileSpecs = fc.record(
  {
    compute,
    disruption: fc.constantFrom({}, { protect: "30m", window: [{ schedule: "@daily", duration: "1h" }] }, { protect: "untilFinished" }),
    cost: fc.constantFrom({}, { spotAllowed: true, spotFloorOnDemand: "50%" }),
    security: fc.constantFrom({}, { dataClassification: "internal" as const }),
    podPatch: fc.constantFrom<Record<string, unknown>>(
      {},
      { priorityClassName: "high" },
      { tolerations: [{ key: "b", operator: "Exists" }] },
      { volumes: [{ name: "a", emptyDir: {} }], containers: [{ name: "web", resources: {} }], priorityClassName: null },
      { topologySpreadConstraints: null },
    ),
    overrides: fc.constantFrom<NonNullable<WorkloadProfileSpec["overrides"]>>(
      [],
      [
        { match: { labels: { tier: "big" } }, compute: { memoryRequest: "3Gi" }, availability: { zones: ["ap-southeast-1a"] } },
        { match: { stage: "canary" }, compute: { cpuRequest: "100m" } },
      ],
    ),
  },
  { requiredKeys: [] },
);
const workloads = fc.constantFrom(
  ...[deployment(), statefulSet(), replicaSet(), job(), cronJob(), pod({ name: "web" })].map((object) => workload(object)),
  { ...workload(), kind: "Rollout", apiVersion: "argoproj.io/v1alpha1", stableHash: "a" },
  ...[ownerWorkload({ owner: { apiVersion: "example.com/v1", kind: "Farm", name: "web" }, pod: pod() })].filter((one) => one !== undefined),
);
const base = workloadClass();
const classes = fc.constantFrom(
  base,
  batchClass({ spotFloorOnDemand: 1 }),
  workloadClass({ requests: { ...base.requests, sidecar: { cpu: "10m", memory: "16Mi" } } }),
);
const contracts = fc.record({ spec: profileSpecs, of: workloads, ofClass: classes }).map((chosen) =>
  compileProfile({
    profile: profile({ spec: chosen.spec }),
    workloadClass: chosen.ofClass,
    workload: chosen.of,
    names,
    bundle: "b0b0b0b0",
    capacity: { nodePools: [], instanceTypes: [] },
    podPatchFields: ["priorityClassName", "tolerations", "containers", "volumes", "topologySpreadConstraints"],
  }),
);

describe("laws of the patch, on Pods and profiles of all kinds", () => {
  it("patch(patch(x)) = patch(x), kept off Spot or not", () => {
    fc.assert(
      fc.property(pods, contracts, fc.boolean(), (before, contract, onDemand) => {
        const frozen = canonicalJson(before);
        const once = compiledPod({ pod: before, contract, names, onDemand });
        expect(canonicalJson(before)).toBe(frozen);
        expect(compilePod({ pod: once, contract, names, onDemand })).toEqual([]);
      }),
      { numRuns: 800 },
    );
  });

  it("a memory limit is never lowered, a request never above its limit, and the quality of service never worse", () => {
    const order = ["BestEffort", "Burstable", "Guaranteed"];
    fc.assert(
      fc.property(pods, contracts, (before, contract) => {
        const { spec: after } = compiledPod({ pod: before, contract, names });
        expect(order.indexOf(qosClass(after))).toBeGreaterThanOrEqual(order.indexOf(qosClass(before.spec)));
        for (const list of ["containers", "initContainers"] as const) {
          for (const [index, { resources: had }] of (before.spec[list] ?? []).entries()) {
            const has = after[list]?.[index]?.resources;
            const [was, is] = [had?.limits?.["memory"], has?.limits?.["memory"]];
            if (was !== undefined) expect(compareQuantities(is ?? 0, was)).toBeGreaterThanOrEqual(0);
            const request = has?.requests?.["memory"];
            const wasWrong = was !== undefined && compareQuantities(had?.requests?.["memory"] ?? 0, was) > 0;
            if (is !== undefined && request !== undefined && !wasWrong) expect(compareQuantities(request, is)).toBeLessThanOrEqual(0);
          }
        }
        const [whole, wasWhole] = [after.resources?.limits?.["memory"], before.spec.resources?.limits?.["memory"]];
        if (wasWhole !== undefined) expect(compareQuantities(whole ?? 0, wasWhole)).toBeGreaterThanOrEqual(0);
      }),
      { numRuns: 800 },
    );
  });
});
