/**
 * A plan as a picture: boxes for a terminal, and an image.
 */
import { expect, it } from "vitest";
import type { Plan } from "../../src/cli/plan-form.ts";
import { picturePlan } from "../../src/cli/plan-picture.ts";
import { svgPlan } from "../../src/cli/plan-svg.ts";

const node = (zone: string, cpu: string): Plan["nodes"][number] => ({
  nodePool: "general",
  instanceType: "m7i.xlarge",
  zone,
  capacityType: "spot",
  pricePerHour: 0.1,
  requests: { cpu: "3", memory: "4Gi", pods: "3" },
  allocatable: { cpu: "4", memory: "16Gi", pods: "58" },
  workloads: [
    { workload: "shop/Deployment/web", pods: 2, requests: { cpu, memory: "2Gi" } },
    { workload: 'shop/Deployment/a<b&"c"', pods: 1, requests: { cpu: "1", memory: "1Gi" } },
  ],
  why: {
    driver: { resources: [], labels: [], pool: "only" },
    nextBest: { instanceType: "m6i.xlarge", zone, capacityType: "spot", pricePerHour: 0.11, difference: 0.01 },
    cheaper: [],
  },
  pods: ["shop/Deployment/web#0", "shop/Deployment/web#1", 'shop/Deployment/a<b&"c"#0'],
});

const plan: Plan = {
  nodes: [node("zone-a", "1"), node("zone-b", "1"), node("zone-b", "1")],
  existing: [
    {
      node: "node-1",
      requests: { cpu: "2" },
      allocatable: { cpu: "2", memory: "1Gi" },
      workloads: [{ workload: "shop/Deployment/web", pods: 1, requests: { cpu: "500m" } }],
      pods: ["shop/Deployment/web#2"],
    },
  ],
  unschedulable: [{ pods: ["shop/Pod/left"], reasons: ["NodePool general: too large"], obstacles: [], alternativesLeft: 0 }],
  truncated: false,
  pricePerHour: 0.3,
  lowerBoundPerHour: 0.25,
};

const firstBoxes = [
  "┌ node-1 ──────────────────────────────────────────────────┐",
  "│ cpu     ##########################AAAAAAAAA 2.0/2.0 100% │",
  "│ memory  ································· 0.0/1.0Gi   0% │",
  "│ A shop/Deployment/web ×1                                 │",
  "└ is there ────────────────────────────────────────────────┘",
  "┌ m7i.xlarge spot zone-a ──────────────────────────────────┐",
  "│ cpu     #########AAAAAAAAABBBBBBBB········· 3.0/4.0  75% │",
  "│ memory  ##AAAABB························ 4.0/16.0Gi  25% │",
  "│ A shop/Deployment/web ×2                                 │",
  '│ B shop/Deployment/a<b&"c" ×1                             │',
];

it("draws a box a node, equal ones once, as wide as the terminal and no wider", () => {
  const drawn = picturePlan(plan, { columns: 60, isColoured: false });
  const lines = drawn.trimEnd().split("\n");
  expect(lines.map((line) => line.length)).toEqual(lines.map(() => 60));
  expect(lines.slice(0, 10)).toEqual(firstBoxes);
  expect(drawn).toContain("×2 ┘");
  expect(drawn.split("┌")).toHaveLength(4);
});

it("puts boxes side by side where there is room, of one height", () => {
  const lines = picturePlan(plan, { columns: 140, isColoured: false }).trimEnd().split("\n");
  expect(lines[0]?.split("┌")).toHaveLength(4);
  expect(lines.map((line) => line.length)).toEqual(lines.map(() => lines[0]?.length));
  expect(lines).toHaveLength(7);
  expect(lines[5]).toContain("│ next best m6i.xlarge: $0.0100 more ");
});

it("stays as wide as the smallest box on a terminal that is narrower", () => {
  const lines = picturePlan(plan, { columns: 10, isColoured: false }).trimEnd().split("\n");
  expect(new Set(lines.map((line) => line.length))).toEqual(new Set([40]));
});

it("uses colours only where it is told to, and the same text without them", () => {
  const escape = String.fromCharCode(27);
  const coloured = picturePlan(plan, { columns: 100, isColoured: true });
  const plain = picturePlan(plan, { columns: 100, isColoured: false });
  expect(plain).not.toContain(escape);
  expect(coloured).toContain(escape);
  expect(coloured.replaceAll(new RegExp(`${escape}\\[\\d+m`, "g"), "")).toBe(plain);
});

it("draws an image with a box for each node, its texts escaped, and what has no place", () => {
  const image = svgPlan(plan);
  expect(image.startsWith('<svg xmlns="http://www.w3.org/2000/svg"')).toBe(true);
  expect(image.match(/<g>/g)).toHaveLength(4);
  expect(image).toContain("a&lt;b&amp;&quot;c&quot; ×1");
  expect(image).toContain("NodePool general: too large");
  expect(image).not.toMatch(/a<b|NaN|undefined/);
});
