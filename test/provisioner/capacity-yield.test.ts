/**
 * Claims that wait for capacity: kept where there is no other way, and gone once a plan has found one.
 */
import { describe, expect, test } from "vitest";
import type { InstanceType } from "../../src/api/instance-type.ts";
import { platformNames } from "../../src/api/labels.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import type { NodePool } from "../../src/api/node-pool.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { catalogInstanceTypes } from "../../src/catalog/instance-types.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { parsePolicySet } from "../../src/policies/parse-policy-set.ts";
import { launchCandidates, launchResult } from "../../src/provisioner/lifecycle/launch.ts";
import { launchTimeoutMs, nextLifecycleStep } from "../../src/provisioner/lifecycle/next-step.ts";
import { freshMemory, nextProvisioningStep, type ProvisioningStep } from "../../src/provisioner/provisioning.ts";
import { deployment, namespaceObject, nodePool, pod } from "../support/objects.ts";
import { yamlText } from "../support/yaml-objects.ts";

const names = platformNames();
const all = catalogInstanceTypes({ zones: ["ap-southeast-1a"] });
const parsed = parsePolicySet({ text: yamlText("policies.yaml"), fileName: "policies.yaml" });
const web = deployment({ name: "web", replicas: 3, requests: { cpu: "1", memory: "1Gi" } });
const general = nodePool({ requirements: [{ key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] }] });
const spare: NodePool = { ...general, metadata: { ...general.metadata, name: "spare", uid: "uid-spare" } };

/** Types of which nothing is to be had. */
function soldOut(types: readonly InstanceType[]): readonly InstanceType[] {
  return types.map((type) => ({ ...type, offerings: type.offerings.map((offering) => ({ ...offering, available: false })) }));
}

function look(
  objects: readonly KubeObject[],
  of: {
    readonly claims?: readonly NodeClaim[];
    readonly types: ReadonlyMap<NodePool, readonly InstanceType[]>;
    readonly seen?: readonly string[];
  },
): ProvisioningStep {
  if (!parsed.ok) throw new Error("policies.yaml does not parse");
  const nodePools = [...of.types.keys()];
  const claims = of.claims ?? [];
  return nextProvisioningStep(
    {
      world: {
        policySet: parsed.value,
        snapshot: snapshotOf([namespaceObject(), ...nodePools, ...claims, ...objects]),
        names,
        instanceTypes: all,
      },
      nodeClaims: claims,
      nodePools,
      instanceTypes: new Map([...of.types].map(([pool, types]) => [pool.metadata.name ?? "", types])),
      memory: { ...freshMemory, seen: new Set(of.seen) },
    },
    0,
  );
}

function plan(...of: Parameters<typeof look>): ProvisioningStep & { readonly kind: "plan" } {
  const step = look(...of);
  if (step.kind !== "plan") throw new Error(step.kind);
  return step;
}

/** The claim of a first plan, which then found no capacity. */
function waiting(): NodeClaim {
  const [claim] = plan([web], { types: new Map([[general, all]]) }).nodeClaims;
  if (claim === undefined) throw new Error("nothing was planned");
  const made = { ...claim, metadata: { ...claim.metadata, uid: "uid-claim", creationTimestamp: "1970-01-01T00:00:00Z" } };
  const result = launchResult({ nodeClaim: made, outcome: { kind: "insufficient-capacity", message: "none" }, now: 0 });
  if (result.kind !== "lacking") throw new Error(result.kind);
  return { ...made, status: result.status };
}

describe("a claim for which there is no capacity", () => {
  test("is kept, and nothing is made again for its Pods, while nothing else is to be had", () => {
    const step = plan([web], { claims: [waiting()], types: new Map([[general, soldOut(all)]]) });
    expect(step.nodeClaims).toEqual([]);
    expect(step.yields).toEqual([]);
    expect(step.events?.some(({ reason }) => reason === "FailedScheduling") ?? false).toBe(false);
  });

  test("is the place of its Pods again as soon as something of it may be had", () => {
    const step = plan([web], { claims: [waiting()], types: new Map([[general, all]]) });
    expect(step.nodeClaims).toEqual([]);
    expect(step.yields).toEqual([]);
  });

  test("yields where another pool has a place for all its Pods, and its pool is not paused for it", () => {
    const claim = waiting();
    const step = plan([web], {
      claims: [claim],
      types: new Map([
        [general, soldOut(all)],
        [spare, all],
      ]),
    });
    expect(step.nodeClaims.map(({ metadata }) => metadata.labels?.["karpenter.sh/nodepool"])).toEqual(["spare"]);
    expect(step.yields).toEqual([claim]);
    expect([...step.memory.pools.unlaunched.keys()]).not.toContain(claim.metadata.name);
  });

  test("stands while some of its Pods have no other place", () => {
    const small: NodePool = { ...spare, spec: { ...spare.spec, limits: { cpu: "2" } } };
    const step = plan([web], {
      claims: [waiting()],
      types: new Map([
        [general, soldOut(all)],
        [small, all],
      ]),
    });
    expect(step.yields).toEqual([]);
  });

  test("goes when nobody wants it any more", () => {
    const claim = waiting();
    expect(look([], { claims: [claim], types: new Map([[general, soldOut(all)]]) })).toMatchObject({ kind: "idle", yields: [claim] });
  });

  test("goes when nobody wants it any more though something of it may be had again, and not a claim that is being launched", () => {
    const claim = waiting();
    const { status, ...unlaunched } = { ...claim, metadata: { ...claim.metadata, name: "launching", uid: "uid-launching" } };
    expect(status?.conditions).toBeDefined();
    const step = look([], { claims: [claim, unlaunched], types: new Map([[general, all]]) });
    expect(step).toMatchObject({ kind: "idle", yields: [claim] });
  });

  test("goes when only others wait and have room elsewhere, and stands while it is the place of one of them or its own Pods wait", () => {
    const claim = waiting();
    const types = new Map([
      [general, all],
      [spare, all],
    ]);
    const other = (nodePool: string) =>
      deployment({
        name: "other",
        replicas: 1,
        requests: { cpu: "100m" },
        podSpec: { nodeSelector: { "karpenter.sh/nodepool": nodePool } },
      });
    expect(plan([other("spare")], { claims: [claim], types }).yields).toEqual([claim]);
    expect(plan([other("spare"), web], { claims: [claim], types }).yields).toEqual([]);
    const placed = plan([other("general-flex")], { claims: [claim], types });
    expect(placed.nodeClaims).toEqual([]);
    expect(placed.yields).toEqual([]);
  });

  test("has its five minutes anew once a launch fails for another reason", () => {
    const claim = waiting();
    const result = launchResult({ nodeClaim: claim, outcome: { kind: "failed", message: "throttled" }, now: 0 });
    if (result.kind !== "failed") throw new Error(result.kind);
    const failed = { nodeClaim: { ...claim, status: result.status }, pods: [], claimOnlyAnnotations: [], names };
    const lackedAt = 2 * launchTimeoutMs;
    expect(nextLifecycleStep({ ...failed, lackedAt }, lackedAt + launchTimeoutMs - 1).kind).toBe("launch");
    expect(nextLifecycleStep({ ...failed, lackedAt }, lackedAt + launchTimeoutMs).kind).toBe("delete-claim");
    expect(nextLifecycleStep(failed, launchTimeoutMs).kind).toBe("delete-claim");
  });

  test("is not given up for the time that it waits", () => {
    const claim = waiting();
    const observed = { nodeClaim: claim, pods: [], claimOnlyAnnotations: [], names };
    expect(nextLifecycleStep(observed, 10 * launchTimeoutMs).kind).toBe("launch");
    const { status, ...unlaunched } = claim;
    expect(status?.conditions).toBeDefined();
    expect(nextLifecycleStep({ ...observed, nodeClaim: unlaunched }, launchTimeoutMs).kind).toBe("delete-claim");
  });
});

test("a pool whose nodes do not join buys one at a time, and the plan says why", () => {
  const text = `2 1970-01-01T00:00:00.000Z dns general-1 its console says: no such host`;
  const broken: NodePool = { ...general, metadata: { ...general.metadata, annotations: { [names.joinFailuresAnnotation]: text } } };
  const step = plan([web], { types: new Map([[broken, all]]) });
  expect(step.nodeClaims).toEqual([]);
  expect(step.decision?.rejected).toContainEqual({
    subject: "nodepool/general-flex",
    reason: { reason: "NodesDoNotJoin", message: expect.stringContaining("no such host") as string },
  });
});

describe("types that make no sense for the Pods", () => {
  const usual = /\.(medium|large|xlarge|2xlarge|4xlarge)$/;
  const pendingPod: KubeObject = {
    ...pod({ name: "lone", requests: { cpu: "1", memory: "1Gi" } }),
    ...{ status: { phase: "Pending", conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable" }] } },
  };
  const only = (isThere: (name: string) => boolean): readonly InstanceType[] =>
    all.flatMap((type) => (isThere(type.name) ? type : soldOut([type])));

  test("are not bought where the usual ones lack capacity, and the Pods get the reason", () => {
    const step = plan([pendingPod], {
      seen: ["shop/lone"],
      types: new Map([[general, only((name) => /^m7i\.(metal-48xl|48xlarge)$/.test(name))]]),
    });
    expect(step.nodeClaims).toEqual([]);
    expect(step.events?.map(({ message }) => message).join()).toMatch(
      /NodePool general-flex: all that is to be had in ap-southeast-1a is m7i\.(metal-48xl|48xlarge) or dearer, at \$\d+\.\d\d an hour; \S+ at \$0\.\d\d would do, and lacks capacity/,
    );
  });
  test("are bought for a Pod that asks for them", () => {
    const big = deployment({ name: "big", replicas: 1, requests: { cpu: "150", memory: "1Gi" } });
    const types = new Map([[general, only((name) => /^m7i\.(metal-48xl|48xlarge)$/.test(name))]]);
    expect(plan([big], { types }).nodeClaims).toHaveLength(1);
  });
  test("are no type that a claim is launched as, unless it asks for variety", () => {
    const claim = waiting();
    const candidates = (of: NodeClaim) =>
      launchCandidates(
        of,
        only((name) => !usual.test(name)),
      ).map(({ name }) => name);
    expect(launchCandidates(claim, all).length).toBeGreaterThan(0);
    expect(candidates(claim).filter((name) => /metal|24xlarge|48xlarge/.test(name))).toEqual([]);
    const rename = (values: readonly string[]): NodeClaim => {
      const requirements = claim.spec.requirements.map((one) =>
        one.key === "node.kubernetes.io/instance-type" ? { ...one, values } : one,
      );
      return { ...claim, spec: { ...claim.spec, requirements } };
    };
    expect(candidates(rename(["m7i.48xlarge"]))).toEqual([]);
    const requirements = claim.spec.requirements.map((one) =>
      one.key === "node.kubernetes.io/instance-type" ? { ...one, minValues: 2 } : one,
    );
    const varied = { ...claim, spec: { ...claim.spec, requirements } };
    expect(candidates(varied).some((name) => /24xlarge|48xlarge/.test(name))).toBe(true);
  });
});
