/** What is wrong with a NodeClaim is told on the Pods that wait for it. */
import { expect, it } from "vitest";
import { platformNames } from "../../../src/api/labels.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Pod } from "../../../src/api/pod.ts";
import { notesForWaiting, toldPodsMax } from "../../../src/provisioner/lifecycle/waiting-pods.ts";
import { podClassHash } from "../../../src/provisioner/scheduling/pod-class.ts";
import { pod } from "../../support/objects.ts";

const names = platformNames();
const web = (name: string, more: Partial<Pod["spec"]> = {}) => pod({ name, labels: { app: "web" }, spec: more });
const other = (name: string) => pod({ name, labels: { app: "other" } });
const planned = `${podClassHash(web("w"))}=2`;

const rows: readonly [string, readonly Pod[], string, string[]][] = [
  ["as many as were planned", [web("a"), web("b"), web("c")], planned, ["a", "b"]],
  ["none of another workload", [other("a"), web("b")], planned, ["b"]],
  ["none that stands already", [web("a", { nodeName: "n" }), web("b")], planned, ["b"]],
  ["none where the claim tells no plan", [web("a")], "", []],
  [
    "a few at most",
    Array.from({ length: toldPodsMax + 3 }, (_, index) => web(`w${index}`)),
    planned.replace("=2", "=99"),
    Array.from({ length: toldPodsMax }, (_, index) => `w${index}`),
  ],
];

it.each(rows)("tells %s", (_what, pods, annotation, expected) => {
  const nodeClaim: NodeClaim = {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name: "general-1", annotations: { [names.plannedPodsAnnotation]: annotation } },
    spec: { nodeClassRef: { group: "g", kind: "k", name: "n" }, requirements: [] },
  };
  const reason = { reason: "InsufficientCapacityError", message: "none in zone a" };
  const notes = notesForWaiting(pods, { nodeClaim, names, reason });
  expect(notes.map(({ regarding }) => regarding.name)).toEqual(expected);
  for (const { regarding, ...said } of notes) {
    expect(regarding.kind).toBe("Pod");
    expect(said).toEqual({
      type: "Warning",
      reason: "InsufficientCapacityError",
      message: "NodeClaim general-1, which is for this Pod: none in zone a",
    });
  }
});
