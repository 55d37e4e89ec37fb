/**
 * POOL-005: a Pod that is a little too large for the node that would fit it best.
 *
 * Reads what a Pod requests and the instance types of the NodePools that would take it. Where a few percent less would fit a type at
 * about half the cost of the smallest one that holds the Pod, that is said; larger types may hold several such Pods, so the gain is
 * told as "up to". Without prices, types are compared by their vCPUs and memory.
 */
import type { InstanceType } from "../../api/instance-type.ts";
import type { Resources } from "../../api/object.ts";
import { podRequests } from "../../kube/pod-requests.ts";
import { exceeding, fitsWithin } from "../../kube/resources.ts";
import { podSpecPath } from "../container-path.ts";
import { aboutWorkload, pathIn, type Facts } from "../facts.ts";
import { mayBe, shapesOf, takingPools } from "../taking-pools.ts";
import type { WorkloadView } from "../workload-view.ts";
import { deploymentManifest, documents, nodePoolManifest } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const exampleOf = (memory: string): string =>
  documents(
    nodePoolManifest({ requirement: "{key: karpenter.k8s.aws/instance-family, operator: In, values: [c7i]}" }),
    deploymentManifest({ pod: `containers: [{name: app, resources: {requests: {cpu: "7", memory: ${memory}}}}]` }),
  );

/** Smaller Pods share nodes anyway: no single node is bought for one. */
const judgedFrom: Resources = { cpu: 1500, memory: 3 * 1024 ** 3 };
/** A saving smaller than this is not worth a word. */
const costShareMax = 0.6;

export const pool005: Rule = {
  id: "POOL-005",
  summary: "A Pod that misses a much cheaper node by a few percent.",
  defaultAction: "warn",
  needs: ["nodePool"],
  subjects: ["workload", "profile"],
  params: { percent: { kind: "number", default: 3, min: 1, meaning: "most that the Pod may be above the node, in percent of the node" } },
  examples: { admitted: exampleOf("13Gi"), denied: exampleOf("14Gi") },
  judge(facts, params) {
    if (facts.instanceTypes.length === 0 || facts.snapshot.list("NodePool").length === 0) return [];
    return facts.views.flatMap((view) => nearMiss(facts, view, Number(params["percent"]) / 100));
  },
};

interface Miss {
  readonly type: InstanceType;
  readonly over: Resources;
  /** The largest of what is too much, as a share of what the node has. */
  readonly share: number;
}

function nearMiss(facts: Facts, view: WorkloadView, shareMax: number): readonly Problem[] {
  const want = podRequests(view.pod.spec);
  if (Object.entries(judgedFrom).every(([name, least]) => (want[name] ?? 0) < least)) return [];
  const shapes = takingPools(facts, view.pod.spec).flatMap(shapesOf);
  const smallest = cheapestOf(shapes.filter((shape) => fitsWithin(want, shape.left) && mayBe(shape)));
  if (smallest === undefined) return [];
  const [miss] = shapes
    .flatMap((shape) => {
      const found = missOf({ type: shape.type, want, have: shape.left, shareMax });
      return found !== undefined && mayBe(shape) ? [found] : [];
    })
    .filter(({ type }) => costOf(type) <= costOf(smallest) * costShareMax)
    .toSorted((a, b) => a.share - b.share || costOf(a.type) - costOf(b.type) || (a.type.name < b.type.name ? -1 : 1));
  if (miss === undefined) return [];
  const less = Object.entries(miss.over)
    .map(([name, amount]) => amountText(name, amount))
    .join(" and ");
  return [
    {
      path: pathIn(facts, { workload: `${podSpecPath(view.workload.kind)}/containers`, profile: "/spec/compute" }),
      message: `${aboutWorkload(facts, view)}${less} less per pod fits ${miss.type.name}, up to ${savingText(costOf(miss.type) / costOf(smallest))}`,
      fix: `request less, or leave it: each pod takes a ${smallest.name}`,
      // Without a profile nobody has thought about this size yet.
      ...(view.binding.kind === "bound" ? {} : { action: "audit" }),
      ...classOf(view),
    },
  ];
}

function missOf(of: {
  readonly type: InstanceType;
  readonly want: Resources;
  readonly have: Resources;
  readonly shareMax: number;
}): Miss | undefined {
  const { type, want, have, shareMax } = of;
  const names = exceeding(want, have);
  // A node that lacks a resource altogether is another kind of node, not a smaller one.
  if (names.length === 0 || names.some((name) => name !== "cpu" && name !== "memory")) return undefined;
  const shares = names.map((name) => ((want[name] ?? 0) - (have[name] ?? 0)) / (have[name] ?? 1));
  const share = Math.max(...shares);
  if (!(share <= shareMax)) return undefined;
  return { type, share, over: Object.fromEntries(names.map((name) => [name, (want[name] ?? 0) - (have[name] ?? 0)])) };
}

function cheapestOf(shapes: readonly { readonly type: InstanceType }[]): InstanceType | undefined {
  return shapes.reduce<InstanceType | undefined>(
    (least, { type }) => (least === undefined || costOf(type) < costOf(least) ? type : least),
    undefined,
  );
}

/** The lowest on-demand price where one is known; else a vCPU and 4 GiB count alike, as they roughly cost. */
function costOf({ offerings, capacity }: InstanceType): number {
  const prices = offerings.filter(({ capacityType }) => capacityType === "on-demand").map(({ pricePerHour }) => pricePerHour);
  if (prices.length > 0) return Math.min(...prices);
  return (capacity["cpu"] ?? 0) / 1000 + (capacity["memory"] ?? 0) / (4 * 1024 ** 3);
}

/** Rounded up, so that the told amount is enough. */
function amountText(name: string, amount: number): string {
  if (name === "cpu") return `${Math.ceil(amount / 10) / 100} CPU`;
  return `${Math.ceil((amount / 1024 ** 3) * 10) / 10}Gi`;
}

function savingText(share: number): string {
  const percent = Math.round((1 - share) * 100);
  return percent === 50 ? "half the cost" : `${percent}% less cost`;
}
