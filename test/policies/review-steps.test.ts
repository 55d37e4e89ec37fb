/** Review steps: which sizes are multiplied, and what a refusal says of them. */
import { describe, expect, it } from "vitest";
import { catalogInstanceTypes } from "../../src/catalog/instance-types.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { workloadOf } from "../../src/kube/workload.ts";
import { reviewSteps, reviewStepsMax } from "../../src/policies/review-steps.ts";
import { nodePool } from "../support/objects.ts";

const [zoneA, zoneB] = ["ap-southeast-1a", "ap-southeast-1b"] as const;
const instanceTypes = catalogInstanceTypes({ zones: [zoneA, zoneB] });
const poolIn = (zone: string, number: number) =>
  nodePool({ name: `pool-${number}`, requirements: [{ key: "topology.kubernetes.io/zone", operator: "In", values: [zone] }] });
const pools = [poolIn(zoneA, 0), ...Array.from({ length: 60 }, (_, number) => poolIn(zoneB, number + 1))];

/** A Deployment whose Pods ask for so many resources, in a zone. */
const asking = (resources: number, zone: string | undefined) => {
  const requests = Object.fromEntries(Array.from({ length: resources }, (_, number) => [`example.com/device-${number}`, "1"]));
  const spec = {
    ...(zone === undefined ? {} : { nodeSelector: { "topology.kubernetes.io/zone": zone } }),
    containers: [{ name: "app", image: "app", resources: { requests, limits: requests } }],
  };
  const labels = { app: "web" };
  const workload = workloadOf({
    ...{ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "web", namespace: "shop" } },
    ...{ spec: { replicas: 2, selector: { matchLabels: labels }, template: { metadata: { labels }, spec } } },
  });
  if (workload === undefined) throw new Error("a Deployment is a workload");
  return reviewSteps({ workloads: [workload], namespace: "shop", placed: true }, { snapshot: snapshotOf(pools), instanceTypes });
};

describe("the steps of a review", () => {
  it("count of many NodePools those alone that take the Pod, where all of them would be too many", () => {
    expect(asking(60, zoneA).tooMuch).toBeUndefined();
  });

  it("say what takes most of them where the Pod fits every NodePool", () => {
    expect(asking(60, undefined).tooMuch?.message).toMatch(
      /^too much to judge: 60 resources x \d+ instance types of 61 NodePools take \d+ steps/,
    );
  });

  it("of an ordinary Pod stay far below the bound, however many NodePools can't take it", () => {
    expect(asking(2, zoneA).steps).toBeLessThan(reviewStepsMax / 30);
  });
});
