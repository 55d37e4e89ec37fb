/** Placement hints: the Pods that a node was planned for, and what a nominated node means for demand. */
import { describe, expect, it } from "vitest";
import { platformNames } from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Pod } from "../../../src/api/pod.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";
import { hintedPods, hintNews, isHintable, isPromisedPlace } from "../../../src/provisioner/lifecycle/placement-hint.ts";
import { podClassHash } from "../../../src/provisioner/scheduling/pod-class.ts";
import { pod } from "../../support/objects.ts";

const names = platformNames();
const classOf = podClassHash;
const web = (name: string, more: Partial<Pod["spec"]> = {}) => pod({ name, labels: { app: "web" }, spec: more });
const other = (name: string) => pod({ name, labels: { app: "other" } });
const nominated = (one: Pod, nominatedNodeName: string): Pod => ({ ...one, status: { nominatedNodeName } });
const zoned = (one: Pod): Pod => ({
  ...one,
  metadata: {
    ...one.metadata,
    labels: { ...one.metadata.labels, "topology.kubernetes.io/zone": "z", "topology.kubernetes.io/region": "r" },
  },
});
const leaving = (one: Pod): Pod => ({ ...one, metadata: { ...one.metadata, deletionTimestamp: "2026-01-01T00:00:00Z" } });

function claim(planned: string, status: NodeClaim["status"] = { nodeName: "n" }): NodeClaim {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name: "n", annotations: { [names.plannedPodsAnnotation]: planned } },
    spec: { nodeClassRef: { group: "g", kind: "k", name: "n" }, requirements: [] },
    status,
  };
}

describe("the Pods of a node's plan", () => {
  const planned = `${classOf(web("w"))}=2,${classOf(other("o"))}=1`;
  const rows: readonly [
    string,
    { readonly bound?: readonly Pod[]; readonly told?: readonly Pod[]; readonly waiting: readonly Pod[]; readonly planned?: string },
    string[],
  ][] = [
    [
      "are as many of each class as were planned, in the order given",
      { waiting: [web("a"), other("b"), web("c"), web("d"), other("e")] },
      ["a", "b", "c"],
    ],
    ["are fewer by those that stand there", { bound: [web("x"), other("y")], waiting: [web("a"), other("b"), web("c")] }, ["a"]],
    ["are fewer by one that got its Node's zone with its binding", { bound: [zoned(web("x"))], waiting: [web("a"), web("b")] }, ["a"]],
    ["are fewer by those that have been told", { told: [nominated(web("x"), "n")], waiting: [web("a"), other("b"), web("c")] }, ["a", "b"]],
    [
      "are none while somebody else's Pod is nominated for the node",
      { told: [nominated(pod({ name: "p", labels: { app: "third" } }), "n")], waiting: [web("a")] },
      [],
    ],
    ["are none of another class", { waiting: [pod({ name: "p", labels: { app: "third" } })] }, []],
    ["are none where the claim tells no plan", { waiting: [web("a")], planned: "" }, []],
  ];
  it.each(rows)("%s", (_what, { bound = [], told = [], waiting, planned: text = planned }, expected) => {
    const hinted = hintedPods({ nodeClaim: claim(text), names, bound, told, waiting, classOf });
    expect(hinted.map(({ metadata }) => metadata.name)).toEqual(expected);
  });

  const apart = (name: string, app: string, how: "DoNotSchedule" | "ScheduleAnyway" = "DoNotSchedule"): Pod => {
    const labelSelector = { matchExpressions: [{ key: "app", operator: "In" as const, values: ["web", "spread"] }] };
    const constraint = { maxSkew: 1, topologyKey: "topology.kubernetes.io/zone", whenUnsatisfiable: how, labelSelector };
    return pod({ name, labels: { app }, spec: { topologySpreadConstraints: [constraint] } });
  };
  const counted: readonly [string, { readonly told?: readonly Pod[]; readonly waiting: readonly Pod[] }, string[]][] = [
    ["get one after the other where they count each other", { waiting: [apart("a", "spread"), apart("b", "spread")] }, ["a"]],
    ["wait for one that has been told", { told: [nominated(apart("x", "spread"), "n")], waiting: [apart("b", "spread")] }, []],
    ["wait for one that counts them", { waiting: [web("a"), other("b"), apart("c", "spread")] }, ["c", "b"]],
    ["wait for none that counts others", { told: [nominated(apart("x", "spread"), "n")], waiting: [other("b")] }, ["b"]],
    ["wait for none that only prefers", { waiting: [web("a"), apart("c", "spread", "ScheduleAnyway")] }, ["a", "c"]],
  ];
  it.each(counted)("%s", (_what, { told = [], waiting }, expected) => {
    const classes = [...told, ...waiting].map((one) => `${classOf(one)}=9`);
    const hinted = hintedPods({ nodeClaim: claim(classes.join()), names, bound: [], told, waiting, classOf });
    expect(hinted.map(({ metadata }) => metadata.name)).toEqual(expected);
  });

  it("count only Pods of their own namespace, and of their own value of each key to match", () => {
    const [first, second] = [apart("a", "spread"), { ...web("b"), metadata: { ...web("b").metadata, namespace: "elsewhere" } }];
    const [constraint] = first.spec.topologySpreadConstraints ?? [];
    if (constraint === undefined) throw new Error("it has one");
    const rolled = (one: Pod, hash: string): Pod => ({
      metadata: { ...one.metadata, labels: { ...one.metadata.labels, hash } },
      spec: { ...one.spec, topologySpreadConstraints: [{ ...constraint, matchLabelKeys: ["hash"] }] },
      ...{ apiVersion: "v1", kind: "Pod" },
    });
    for (const pair of [
      [first, second],
      [rolled(apart("c", "spread"), "1"), rolled(apart("d", "spread"), "2")],
    ]) {
      const nodeClaim = claim(pair.map((one) => `${classOf(one)}=1`).join());
      expect(hintedPods({ nodeClaim, names, bound: [], told: [], waiting: pair, classOf })).toEqual(pair);
    }
  });

  const bound = (one: Pod, nodeName: string): Pod => ({ ...one, spec: { ...one.spec, nodeName } });
  const changes: readonly [string, Pod, Pod, string | undefined][] = [
    ["is the node that lost its nomination", nominated(web("a"), "n"), web("a"), "n"],
    ["is the node that it stands on now", nominated(web("a"), "n"), bound(web("a"), "m"), "m"],
    ["is none where it was nominated", web("a"), nominated(web("a"), "n"), undefined],
    ["is none where another node was nominated", nominated(web("a"), "n"), nominated(web("a"), "m"), undefined],
    ["is none once it stands", bound(web("a"), "m"), bound(web("a"), "m"), undefined],
  ];
  it.each(changes)("what is news of a Pod's hint %s", (_what, before, object, expected) => {
    expect(hintNews({ kind: "updated", before, object })).toBe(expected);
    expect([hintNews({ kind: "added", object }), hintNews({ kind: "deleted", object })]).toEqual([undefined, undefined]);
  });

  it("wait for the scheduler, and have no node nominated", () => {
    const owner = { apiVersion: "apps/v1", kind: "DaemonSet", name: "agent", uid: "u", controller: true };
    const all = [
      web("a"),
      web("b", { nodeName: "m" }),
      web("c", { schedulingGates: [{ name: "g" }] }),
      nominated(web("d"), "m"),
      leaving(web("e")),
    ];
    expect([...all, pod({ name: "f", owner })].filter(isHintable).map(({ metadata: { name } }) => name)).toEqual(["a"]);
  });
});

describe("a nominated node", () => {
  const node = { apiVersion: "v1", kind: "Node", metadata: { name: "n" }, spec: { providerID: "kwok://n" } } as const;
  const ours = claim(`${classOf(web("w"))}=1`);
  const unnamed = claim(`${classOf(web("w"))}=1`, { providerID: "kwok://n" });
  const rows: readonly [string, readonly object[], Pod, boolean][] = [
    [
      "is a promise where others have to leave it first",
      [node, ours, leaving(web("v", { nodeName: "n" }))],
      nominated(web("a"), "n"),
      true,
    ],
    ["is a promise where nobody planned the Pod for it", [node, claim("")], nominated(web("a"), "n"), true],
    ["is a promise where it is none of ours", [node], nominated(web("a"), "n"), true],
    ["is no promise where it is our hint: the Pod still waits", [node, ours], nominated(web("a"), "n"), false],
    ["is our hint before its claim tells the node's name", [node, unnamed], nominated(web("a"), "n"), false],
    ["is no promise once it is gone", [ours], nominated(web("a"), "n"), false],
    ["is none where there is none", [node], web("a"), false],
  ];
  it.each(rows)("%s", (_what, objects, waiting, expected) => {
    const snapshot = snapshotOf([...objects] as Parameters<typeof snapshotOf>[0]);
    expect(isPromisedPlace(waiting, { snapshot, names, classOf })).toBe(expected);
  });
});
