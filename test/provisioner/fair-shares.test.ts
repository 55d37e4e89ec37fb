/**
 * Replica counts are numbers: what one round plans ahead of a workload is bounded, and none starves the others.
 */
import { describe, expect, test } from "vitest";
import { platformNames } from "../../src/api/labels.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { catalogInstanceTypes } from "../../src/catalog/instance-types.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { parsePolicySet } from "../../src/policies/parse-policy-set.ts";
import { podDemand, type PodDemand } from "../../src/provisioner/demand.ts";
import { comingPodsMax, fairShares } from "../../src/provisioner/fair-shares.ts";
import { deployment, job, namespaceObject, nodePool, replicaSet, statefulSet } from "../support/objects.ts";
import fc from "../support/properties.ts";
import { yamlText } from "../support/yaml-objects.ts";

const runs = { numRuns: 300 };
const wanted = fc.array(fc.oneof(fc.nat(20), fc.nat(2_147_483_647)), { maxLength: 30 });

describe("fair shares", () => {
  test("are those of a dumb twin that hands out one after the other", () => {
    fc.assert(
      fc.property(fc.array(fc.nat(12), { maxLength: 6 }), fc.nat(40), (counts, max) => {
        const twin = counts.map(() => 0);
        const takes = (index: number): boolean => (twin[index] ?? 0) < (counts[index] ?? 0);
        for (let left = max; counts.some((_count, index) => takes(index)) && left > 0;) {
          for (const index of counts.keys()) {
            if (left === 0 || !takes(index)) continue;
            twin[index] = (twin[index] ?? 0) + 1;
            left -= 1;
          }
        }
        const ordered = (shares: readonly number[]): readonly number[] => [...shares].sort((a, b) => a - b);
        expect(ordered(fairShares(counts, max))).toEqual(ordered(twin));
      }),
      runs,
    );
  });

  test("never go beyond what is wanted nor beyond the bound, and leave nothing over that somebody wants", () => {
    fc.assert(
      fc.property(wanted, fc.nat(comingPodsMax), (counts, max) => {
        const shares = fairShares(counts, max);
        const sum = (numbers: readonly number[]): number => numbers.reduce((all, one) => all + one, 0);
        expect(shares.every((share, index) => share <= (counts[index] ?? 0))).toBe(true);
        expect(sum(shares)).toBe(Math.min(max, sum(counts)));
      }),
      runs,
    );
  });
});

const parsed = parsePolicySet({ text: yamlText("policies.yaml"), fileName: "policies.yaml" });
const instanceTypes = catalogInstanceTypes({ zones: ["ap-southeast-1a"] });

function demandOf(objects: readonly KubeObject[]): PodDemand {
  if (!parsed.ok) throw new Error("policies.yaml does not parse");
  const snapshot = snapshotOf([namespaceObject(), nodePool(), ...objects]);
  return podDemand({ snapshot, policySet: parsed.value, names: platformNames(), instanceTypes, memory: new Map(), now: 0 });
}

function countsOf({ pods }: PodDemand): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { key } of pods) counts[key.replace(/#.*/, "")] = (counts[key.replace(/#.*/, "")] ?? 0) + 1;
  return counts;
}

const most = 2_147_483_647;

describe("demand", () => {
  const volumeClaimTemplates = [{ metadata: { name: "data" }, spec: { accessModes: ["ReadWriteOnce"] } }];
  const db = statefulSet({ name: "big", replicas: most });
  const huge: Readonly<Record<string, KubeObject>> = {
    Deployment: deployment({ name: "big", replicas: most }),
    ReplicaSet: replicaSet({ name: "big", replicas: most }),
    StatefulSet: { ...db, spec: { ...db.spec, volumeClaimTemplates } } as KubeObject,
    Job: job({ name: "big", replicas: most }),
  };

  for (const [kind, big] of Object.entries(huge)) {
    test(`of a ${kind} with ${most} replicas is bounded, the others have theirs whole, and what is left is told`, () => {
      const demand = demandOf([big, deployment({ name: "small", replicas: 30 })]);
      expect(countsOf(demand)).toEqual({ [`shop/${kind}/big`]: comingPodsMax - 30, "shop/Deployment/small": 30 });
      expect(demand.later).toMatchObject([{ count: most - comingPodsMax + 30, workload: { name: "big" } }]);
      expect(demand.remarks).toMatchObject([{ reason: "PlannedLater", isRefusal: false }]);
      expect(demand.remarks[0]?.message).toContain(`${most - comingPodsMax + 30} of its Pods are planned for later`);
    });
  }

  test("of usual sizes is whole", () => {
    const many = Array.from({ length: 100 }, (_unused, index) => deployment({ name: `web-${index}`, replicas: 300 }));
    const demand = demandOf(many);
    expect(demand.pods).toHaveLength(30_000);
    expect(demand.later).toEqual([]);
    expect(demand.remarks).toEqual([]);
  });

  test("counts what a quota lets in before it shares", () => {
    const quota = { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "q", namespace: "shop" }, spec: { hard: { pods: "50" } } };
    const demand = demandOf([huge["Deployment"] ?? quota, quota]);
    expect(countsOf(demand)).toEqual({ "shop/Deployment/big": 50 });
    expect(demand.remarks.map(({ reason }) => reason)).toEqual(["QuotaRefuses"]);
  });
});
