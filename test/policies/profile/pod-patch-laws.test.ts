import fc from "../../support/properties.ts";
import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../../src/api/hash.ts";
import type { Container, Pod } from "../../../src/api/pod.ts";
import type { WorkloadProfileSpec } from "../../../src/api/workload-profile.ts";
import { qosClass } from "../../../src/kube/pod-requests.ts";
import { judgedPod } from "../../../src/policies/profile/judged-pod.ts";
import { compiledPod, compilePod, writtenPod } from "../../../src/policies/profile/pod-patch.ts";
import { batchClass, workloadClass } from "../../support/workload-class.ts";
import { contractOf, names, patched } from "./contract-of.ts";

/** What of a container the compiler has no business with. */
function untouched(container: Container | undefined): object {
  return { ...container, resources: undefined, lifecycle: undefined };
}

describe("laws of the patch, on any Pod", () => {
  const quantity = fc.constantFrom("100m", "1", "1000m", "250m", "2");
  const memory = fc.constantFrom("64Mi", "256Mi", "512Mi", "1Gi", "4Gi");
  const amounts = fc.option(fc.record({ cpu: quantity, memory }, { requiredKeys: [] }), { nil: undefined });
  const resources = fc.record({ requests: amounts, limits: amounts }, { requiredKeys: [] });
  const container = fc.record(
    {
      name: fc.constantFrom("app", "proxy", "web", "side"),
      resources: fc.option(resources, { nil: undefined }),
      lifecycle: fc.constantFrom(undefined, {}, { preStop: { exec: { command: ["x"] } } }),
      "x~/unknown": fc.constantFrom(undefined, { keep: [1, null] }),
    },
    { requiredKeys: ["name"] },
  );
  const expression = fc.constantFrom(
    { key: "karpenter.sh/capacity-type", operator: "In", values: ["spot", "on-demand"] },
    { key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] },
    { key: "karpenter.sh/capacity-type", operator: "Exists" },
    { key: "kubernetes.io/arch", operator: "NotIn", values: ["arm64"] },
  );
  const term = fc.record({ matchExpressions: fc.array(expression, { maxLength: 2 }) }, { requiredKeys: [] });
  const labels = fc.constantFrom(null, undefined, {}, { app: "web" }, { "platform.example.com/workload-class": "other", "a/b~c": "d" });
  const spec = fc.record(
    {
      containers: fc.uniqueArray(container, { minLength: 1, maxLength: 3, selector: (item) => item.name }),
      nodeSelector: fc.constantFrom(null, undefined, {}, { "workload-class": "other" }, { "karpenter.sh/capacity-type": "on-demand" }),
      affinity: fc.oneof(
        fc.constant(undefined),
        fc.array(term, { maxLength: 3 }).map((nodeSelectorTerms) => ({
          nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } },
          podAffinity: null,
        })),
      ),
      tolerations: fc.constantFrom(
        null,
        undefined,
        [],
        [{ operator: "Exists" }],
        [{ key: "workload-class", operator: "Equal", value: "batch", effect: "NoSchedule", tolerationSeconds: 5 }],
      ),
      topologySpreadConstraints: fc.constantFrom(null, undefined, [
        { maxSkew: 3, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: "DoNotSchedule" },
      ]),
      initContainers: fc.constantFrom(null, undefined, [
        { name: "side", restartPolicy: "Always" },
        { name: "setup", resources: {} },
      ]),
      resources: fc.constantFrom(undefined, { requests: { cpu: "100m" } }, { limits: { memory: "4Gi" } }),
      terminationGracePeriodSeconds: fc.constantFrom(undefined, 0, 3, 30, 120),
    },
    { requiredKeys: ["containers"] },
  );
  const annotations = fc.constantFrom(
    null,
    undefined,
    { "platform.example.com/compiled": "not json" },
    { "platform.example.com/compiled": '{"profile":"web","bundle":"b0b0b0b0","changed":{}}' },
    { "kubectl.kubernetes.io/default-container": "proxy" },
  );
  const pods = fc.record({ metadata: fc.record({ labels, annotations }, { requiredKeys: [] }), spec }).map(
    (parts) =>
      // As it would come over the wire: no undefined members.
      JSON.parse(JSON.stringify({ apiVersion: "v1", kind: "Pod", ...parts })) as Pod,
  );
  const contracts = fc
    .record({
      compute: fc.constantFrom<NonNullable<WorkloadProfileSpec["compute"]>>(
        {},
        { cpuRequest: "500m", memoryRequest: "768Mi" },
        { cpuRequest: "2", memoryLimit: "1Gi", mode: "floor" },
        { mode: "fill", cpuLimit: "1", memoryRequest: "2Gi", containers: { side: { memoryRequest: "64Mi" } } },
      ),
      batch: fc.boolean(),
      validateOnly: fc.boolean(),
      disruption: fc.constantFrom({}, { gracePeriodSeconds: 60, preStopSeconds: 20 }),
    })
    .map(({ compute, batch, validateOnly, disruption }) =>
      contractOf({ compute, validateOnly, disruption }, { class: batch ? batchClass() : workloadClass() }),
    );

  it("does nothing more the second time, applies cleanly, and gives what the solver sees", () => {
    fc.assert(
      fc.property(pods, contracts, (before, contract) => {
        const frozen = canonicalJson(before);
        const once = patched(before, contract);
        expect(canonicalJson(before)).toBe(frozen);
        expect(compilePod({ pod: once, contract, names })).toEqual([]);
        expect(compiledPod({ pod: before, contract, names })).toEqual(once);
      }),
      { numRuns: 1500 },
    );
  });

  it("keeps every list entry and unknown field, never doubles a constraint, never lowers a memory limit, keeps Guaranteed", () => {
    fc.assert(
      fc.property(pods, contracts, (before, contract) => {
        const { spec } = patched(before, contract);
        if (qosClass(before.spec) === "Guaranteed") expect(qosClass(spec)).toBe("Guaranteed");
        const keys = (spec.topologySpreadConstraints ?? []).map(
          ({ topologyKey, whenUnsatisfiable }) => `${topologyKey} ${whenUnsatisfiable}`,
        );
        expect(new Set(keys).size).toBe(keys.length);
        const own = before.spec.tolerations ?? [];
        expect((spec.tolerations ?? []).slice(0, own.length)).toEqual(own);
        for (const [index, container] of before.spec.containers.entries()) {
          const after = spec.containers[index];
          expect(untouched(after)).toEqual(untouched(container));
          const limit = container.resources?.limits?.["memory"];
          const bytes = (text: unknown) =>
            ({ "64Mi": 64, "256Mi": 256, "512Mi": 512, "1Gi": 1024, "4Gi": 4096 })[String(text)] ?? Number.NaN;
          if (limit !== undefined) expect(bytes(after?.resources?.limits?.["memory"])).toBeGreaterThanOrEqual(bytes(limit));
        }
      }),
      { numRuns: 800 },
    );
  });

  it("is what rules judge, but for the note: laying the contract over a Pod gives what its operations do", () => {
    fc.assert(
      fc.property(pods, contracts, (before, contract) => {
        const frozen = canonicalJson(before);
        const judged = judgedPod({ pod: before, contract });
        const written = writtenPod(before, contract);
        expect(canonicalJson(judged)).toBe(canonicalJson(written));
        expect(judged === before).toBe(written === before);
        expect(canonicalJson(before)).toBe(frozen);
      }),
      { numRuns: 3000 },
    );
  });
});
