/**
 * LimitRange defaults: what the API server fills into containers, with the rows of its own LimitRanger.
 */
import { describe, expect, it } from "vitest";
import type { LimitRange, LimitRangeItem } from "../../src/api/limit-range.ts";
import type { ResourceRequirements } from "../../src/api/pod.ts";
import { validate } from "../../src/policies/evaluate.ts";
import { withLimitRangeDefaults } from "../../src/policies/limit-range-defaults.ts";
import { contextOf, policySet, requestFor } from "../support/admission.ts";
import { deployment } from "../support/objects.ts";

const limitRange = (limits: readonly LimitRangeItem[], name = "defaults"): LimitRange => ({
  apiVersion: "v1",
  kind: "LimitRange",
  metadata: { name, namespace: "shop" },
  spec: { limits },
});

interface Row {
  readonly items: readonly LimitRangeItem[];
  readonly own?: ResourceRequirements;
  readonly becomes: ResourceRequirements | undefined;
}

function check(name: string, { items, own, becomes }: Row): void {
  it(name, () => {
    const container = own === undefined ? { name: "app" } : { name: "app", resources: own };
    const spec = withLimitRangeDefaults({ containers: [container], initContainers: [container] }, [limitRange(items)]);
    expect(spec.containers[0]?.resources).toEqual(becomes);
    expect(spec.initContainers?.[0]?.resources).toEqual(becomes);
  });
}

describe("what a LimitRange fills in", () => {
  check("its default limit and its default request", {
    items: [{ type: "Container", default: { cpu: "1", memory: "512Mi" }, defaultRequest: { cpu: "100m", memory: "128Mi" } }],
    becomes: { requests: { cpu: "100m", memory: "128Mi" }, limits: { cpu: "1", memory: "512Mi" } },
  });
  check("its default limit as the request, where it states no default request", {
    items: [{ type: "Container", default: { cpu: "1" } }],
    becomes: { requests: { cpu: "1" }, limits: { cpu: "1" } },
  });
  check("its most as the limit, where it states no default", {
    items: [{ type: "Container", max: { memory: "1Gi" } }],
    becomes: { requests: { memory: "1Gi" }, limits: { memory: "1Gi" } },
  });
  check("its least as the request, where it states nothing else", {
    items: [{ type: "Container", min: { cpu: "50m" } }],
    becomes: { requests: { cpu: "50m" }, limits: {} },
  });
  check("only what is absent", {
    items: [{ type: "Container", default: { cpu: "1", memory: "512Mi" }, defaultRequest: { cpu: "100m", memory: "128Mi" } }],
    own: { requests: { cpu: "200m" }, limits: { memory: "300Mi" } },
    becomes: { requests: { cpu: "200m", memory: "300Mi" }, limits: { cpu: "1", memory: "300Mi" } },
  });
  check("nothing from the items of Pods and of claims", {
    items: [
      { type: "Pod", max: { cpu: "4" } },
      { type: "PersistentVolumeClaim", max: { storage: "1Gi" } },
    ],
    own: { requests: { cpu: "200m" } },
    becomes: { requests: { cpu: "200m" } },
  });
  check("of two items of one LimitRange the later one", {
    items: [
      { type: "Container", defaultRequest: { cpu: "100m" } },
      { type: "Container", defaultRequest: { cpu: "300m" } },
    ],
    becomes: { requests: { cpu: "300m" }, limits: {} },
  });

  it("of two LimitRanges the first by name, and the other what is left", () => {
    const first = limitRange([{ type: "Container", defaultRequest: { cpu: "100m" } }], "a");
    const second = limitRange([{ type: "Container", defaultRequest: { cpu: "300m", memory: "64Mi" } }], "b");
    const { containers } = withLimitRangeDefaults({ containers: [{ name: "app" }] }, [first, second]);
    expect(containers[0]?.resources?.requests).toEqual({ cpu: "100m", memory: "64Mi" });
  });

  it("gives the same spec where there is nothing to fill", () => {
    const spec = { containers: [{ name: "app" }] };
    expect(withLimitRangeDefaults(spec, [])).toBe(spec);
    expect(withLimitRangeDefaults(spec, [limitRange([{ type: "Pod", max: { cpu: "1" } }])])).toBe(spec);
  });
});

describe("a workload in a namespace with a LimitRange", () => {
  const bare = deployment({ podSpec: { containers: [{ name: "app" }] } });
  const rulesOf = (world: readonly LimitRange[]): readonly string[] =>
    validate({ policySet: policySet(), request: requestFor(bare), context: contextOf(world) }).findings.map(({ rule }) => rule);

  it("is not refused for requests that will be filled in", () => {
    const whole = limitRange([{ type: "Container", defaultRequest: { cpu: "100m", memory: "128Mi" } }]);
    expect(rulesOf([whole])).not.toContain("REQ-001");
  });

  it("is still refused for the one that will not", () => {
    expect(rulesOf([limitRange([{ type: "Container", defaultRequest: { cpu: "100m" } }])])).toContain("REQ-001");
  });
});
