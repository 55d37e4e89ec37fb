/**
 * The advice on who buys nodes: six reasons for each provider, from what the files say and nothing else.
 */
import { describe, expect, it } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { adviseProvider } from "../../src/policies/provider-advice.ts";
import { deployment, nodePool, profile } from "../support/objects.ts";

const nodeClass = (spec: object = {}): KubeObject => ({
  apiVersion: "karpenter.k8s.aws/v1",
  kind: "EC2NodeClass",
  metadata: { name: "default" },
  ...{ spec: { amiSelectorTerms: [{ alias: "al2023@v20260101" }], role: "nodes", ...spec } },
});
const pool = (template: object = {}, rest: object = {}): KubeObject => {
  const { spec, ...made } = nodePool();
  const own = { ...spec.template, spec: { ...spec.template.spec, expireAfter: "336h", ...template } };
  return { ...made, ...{ spec: { ...spec, ...rest, template: own } } };
};

interface Expected {
  readonly provider: "karpenter" | "eks-auto";
  readonly holds: readonly string[];
  readonly obstacles?: readonly string[];
}

/** What holds, of both lists. */
function check(statement: string, objects: readonly KubeObject[], { provider, holds, obstacles = [] }: Expected): void {
  it(statement, () => {
    const advice = adviseProvider(snapshotOf(objects));
    const named = [...advice.karpenter, ...advice.eksAuto].filter((one) => one.holds === "yes").map(({ reason }) => reason);
    expect(named).toEqual(expect.arrayContaining([...holds]));
    expect([advice.provider, advice.obstacles]).toEqual([provider, obstacles]);
  });
}

describe("S042: Karpenter of one's own", () => {
  check("where capacity reservations are selected", [pool(), nodeClass({ capacityReservationSelectorTerms: [{ id: "cr-1" }] })], {
    provider: "karpenter",
    holds: ["capacity reservations are used"],
  });
  it("S042: says of reservations that Auto Mode has them by now, and when that was looked up", () => {
    const advice = adviseProvider(snapshotOf([nodeClass({ capacityReservationSelectorTerms: [{ id: "cr-1" }] })]));
    expect(advice.karpenter.find(({ reason }) => reason === "capacity reservations are used")?.note).toContain("as of November 2026");
  });
  check("S042: where images are one's own, which rules Auto Mode out", [pool(), nodeClass({ amiSelectorTerms: [{ id: "ami-1" }] })], {
    provider: "karpenter",
    holds: ["images or start-up are one's own"],
    obstacles: ["EC2NodeClass default selects images of its own"],
  });
  check("S042: where nodes start by a script of one's own", [nodeClass({ userData: "#!/bin/sh" })], {
    provider: "karpenter",
    holds: ["images or start-up are one's own"],
    obstacles: ["EC2NodeClass default has userData"],
  });
  const requirement = (key: string, values: readonly string[]) => ({ requirements: [{ key, operator: "In", values }] });
  check("S042: where instance types are named", [pool(requirement("node.kubernetes.io/instance-type", ["c7g.xlarge"]))], {
    provider: "karpenter",
    holds: ["EC2 instances are chosen precisely"],
  });
  check("S042: where accelerators are bought", [pool(requirement("karpenter.k8s.aws/instance-gpu-name", ["h100"]))], {
    provider: "karpenter",
    holds: ["fleets of accelerators are run"],
  });
  check(
    "S042: where disruption has times",
    [pool({}, { disruption: { budgets: [{ nodes: "0", schedule: "0 9 * * *", duration: "8h" }] } })],
    {
      provider: "karpenter",
      holds: ["disruption is tuned finely"],
    },
  );
  it("S042: leaves open whether somebody will own the controller", () => {
    const { karpenter, eksAuto } = adviseProvider(snapshotOf([pool()]));
    expect(karpenter.filter(({ holds }) => holds === "unsaid").map(({ reason }) => reason)).toEqual([
      "somebody is ready to own the controller",
    ]);
    expect([karpenter.length, eksAuto.length]).toEqual([6, 6]);
  });
});

describe("S043: EKS Auto Mode", () => {
  check("S043: is eligible where no image is one's own", [pool(), nodeClass()], {
    provider: "eks-auto",
    holds: ["AWS is to manage the nodes", "AWS's own choices of security will do", "its constraints are accepted"],
  });
  check(
    "S043: takes add-ons over, and leaves contracts",
    [pool(), deployment({ name: "coredns" }), deployment({ name: "ebs-csi-controller" }), profile()],
    {
      provider: "eks-auto",
      holds: ["fewer add-ons are to be run", "load balancing, network and storage are to come along", "teams are to work on contracts"],
    },
  );
  check("S043: does not let nodes live as long as they like", [pool({ expireAfter: "720h" })], {
    provider: "eks-auto",
    holds: ["AWS is to manage the nodes"],
    obstacles: ["NodePool general-flex keeps nodes for 720h, and Auto Mode for 504h at most"],
  });
});
