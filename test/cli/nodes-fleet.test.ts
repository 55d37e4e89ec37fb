/**
 * The fleet that is made anew only where something has changed is the one that would be made from nothing.
 */
import { describe, expect, it } from "vitest";
import { platformNames } from "../../src/api/labels.ts";
import { nodeFleet, type Fleet } from "../../src/cli/nodes-fleet.ts";
import { nodePrices } from "../../src/cli/nodes-price.ts";
import { objectTree } from "../../src/kube/snapshot-of.ts";
import { namespaceObject } from "../support/objects.ts";
import fc from "../support/properties.ts";
import { hour, minute, noon, testBudget, testClaim, testNode, testPod } from "./nodes-world.ts";

const names = platformNames();
const newFleet = () => nodeFleet({ names, prices: nodePrices({ prices: undefined, isAsked: true }) });

describe("a fleet", () => {
  it("keeps the rows of nodes that nothing happened to", () => {
    const tree = objectTree();
    for (const name of ["n1", "n2"]) {
      tree.put("Node", testNode({ name }));
      tree.put("Pod", testPod({ name: `web-${name}`, node: name }));
    }
    const fleet = newFleet();
    const before = fleet(tree.snapshot(), noon);
    expect(fleet(tree.snapshot(), noon + 1000).rows).toBe(before.rows);
    tree.put("Pod", testPod({ name: "web-9", node: "n2" }));
    const after = fleet(tree.snapshot(), noon + 2000);
    expect([after.rows[0] === before.rows[0], after.rows[1] === before.rows[1]]).toEqual([true, false]);
    expect(after.rows.map(({ use }) => use.pods)).toEqual([1, 2]);
  });
  it("looks at a node again when a budget over its Pods changes, and at no other node of the namespace", () => {
    const tree = objectTree();
    for (const [name, workload] of [
      ["n1", "web"],
      ["n2", "api"],
    ] as const) {
      tree.put("Node", testNode({ name }));
      tree.put("Pod", testPod({ name: workload, node: name, workload }));
    }
    tree.put("PodDisruptionBudget", testBudget());
    const fleet = newFleet();
    const before = fleet(tree.snapshot(), noon).rows;
    tree.put("PodDisruptionBudget", testBudget({ allowed: 1 }));
    const after = fleet(tree.snapshot(), noon).rows;
    expect([before, after].map((rows) => rows.map(({ blockers }) => blockers.length))).toEqual([
      [1, 0],
      [0, 0],
    ]);
    expect([after[0] === before[0], after[1] === before[1]]).toEqual([false, true]);
    tree.put("PodDisruptionBudget", testBudget({ name: "api" }));
    expect(fleet(tree.snapshot(), noon).rows.map(({ blockers }) => blockers.length)).toEqual([0, 1]);
  });
  it("looks at a node again when a Pod's protection ends by itself", () => {
    const tree = objectTree();
    tree.put("Node", testNode());
    tree.put("Pod", testPod({ annotations: { "karpenter.sh/do-not-disrupt": "2h" } }));
    const fleet = newFleet();
    const blockersAt = (now: number) => fleet(tree.snapshot(), now).rows[0]?.blockers.length;
    expect([blockersAt(noon), blockersAt(noon + 59 * minute), blockersAt(noon + hour)]).toEqual([1, 1, 0]);
  });

  /** What may happen to a cluster of three nodes, one after the other. */
  const happenings = fc.array(
    fc.record({
      what: fc.constantFrom("pod", "no pod", "node", "no node", "claim", "no claim", "budget", "no budget", "owner"),
      which: fc.integer({ min: 1, max: 3 }),
      how: fc.integer({ min: 0, max: 2 }),
    }),
    { maxLength: 25 },
  );
  it("is what it would be from nothing, whatever happens in whatever order", () => {
    fc.assert(
      fc.property(happenings, (all) => {
        const tree = objectTree();
        const fleet = newFleet();
        for (const [step, happening] of all.entries()) {
          happen(tree, happening);
          const now = noon + step * minute;
          expect(plain(fleet(tree.snapshot(), now))).toEqual(plain(newFleet()(tree.snapshot(), now)));
        }
      }),
    );
  });
});

function happen(
  tree: ReturnType<typeof objectTree>,
  { what, which, how }: { readonly what: string; readonly which: number; readonly how: number },
): void {
  const name = `n${which}`;
  switch (what) {
    case "pod":
      tree.put("Pod", testPod({ name: `web-${which}`, node: `n${how + 1}`, cpu: `${how}` }));
      break;
    case "no pod":
      tree.remove("Pod", { namespace: "shop", name: `web-${which}` });
      break;
    case "node":
      tree.put("Node", testNode({ name, unschedulable: how === 0, zone: `ap-southeast-1${"abc"[how] ?? "a"}` }));
      break;
    case "no node":
      tree.remove("Node", { namespace: "", name });
      break;
    case "claim":
      tree.put("NodeClaim", testClaim({ name, ...(how === 0 ? { came: {} } : {}), ...(how === 1 ? { deletedMsAgo: minute } : {}) }));
      break;
    case "no claim":
      tree.remove("NodeClaim", { namespace: "", name });
      break;
    case "budget":
      tree.put("PodDisruptionBudget", testBudget({ allowed: how }));
      break;
    case "no budget":
      tree.remove("PodDisruptionBudget", { namespace: "shop", name: "web" });
      break;
    default:
      tree.put("Namespace", namespaceObject("shop", { [names.costOwnerLabel]: `team-${how}` }));
  }
}

/** Pods of a row are a list of the snapshot; all else is made by us. */
function plain({ rows, troubles }: Fleet): object {
  return { rows, troubles };
}
