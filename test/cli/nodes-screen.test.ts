/**
 * The screen of `plimsoll nodes` at the sizes of terminals, and a person's session with keys.
 */
import { stripVTControlCharacters } from "node:util";
import { describe, expect, it } from "vitest";
import { platformNames } from "../../src/api/labels.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { wrapped } from "../../src/cli/nodes-cell.ts";
import { parseFilter } from "../../src/cli/nodes-filter.ts";
import { nodeFleet } from "../../src/cli/nodes-fleet.ts";
import { decodeKeys } from "../../src/cli/nodes-keys.ts";
import { parseNodesOptions } from "../../src/cli/nodes-options.ts";
import { countPods, podTally } from "../../src/cli/nodes-pods.ts";
import { nodePrices } from "../../src/cli/nodes-price.ts";
import { nodesFrame, type ScreenSize } from "../../src/cli/nodes-screen.ts";
import { runNodesScreen, screensOf } from "../../src/cli/nodes-session.ts";
import type { NodesSource } from "../../src/cli/nodes-source.ts";
import { changedLines } from "../../src/cli/nodes-terminal.ts";
import { firstView, type NodesView } from "../../src/cli/nodes-view.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { minute, noon, testBudget, testClaim, testNode, testPod } from "./nodes-world.ts";

const names = platformNames();
const [small, large] = [
  { columns: 80, rows: 24 },
  { columns: 200, rows: 50 },
] as const;

/** 1,000 nodes, each with a Pod or two; some join, some drain. */
const many: readonly KubeObject[] = Array.from({ length: 1000 }, (_unused, index): readonly KubeObject[] => {
  const name = `ip-10-0-${Math.floor(index / 250)}-${index % 250}.ap-southeast-1.compute.internal`;
  if (index % 100 === 99) return [testClaim({ name: `general-${index}`, came: { Launched: minute } })];
  const node = testNode({ name, capacityType: index % 3 === 0 ? "spot" : "on-demand", nodePool: index % 2 === 0 ? "general" : "batch" });
  const claim = testClaim({ name, ...(index % 50 === 7 ? { deletedMsAgo: minute, terminationGracePeriod: "1h" } : {}) });
  return [
    node,
    claim,
    testPod({ name: `web-${index}`, node: name, cpu: `${1 + (index % 3)}`, workload: index % 50 === 7 ? "web" : "api" }),
  ];
}).flat();

function sourceOf(objects: readonly KubeObject[]): NodesSource {
  const snapshot = snapshotOf(objects);
  const pods = countPods(snapshot.list("Pod"));
  return {
    snapshot: () => snapshot,
    pods: () => pods,
    troubles: () => [],
    events: () => Promise.resolve([]),
    close: () => Promise.resolve(),
  };
}

function partsOf(objects: readonly KubeObject[]) {
  const plan = parseNodesOptions({ resources: "cpu,memory", sort: "name", filter: "" });
  if (!plan.ok) throw new Error(plan.error);
  const fleet = nodeFleet({ names, prices: nodePrices({ prices: undefined, isAsked: true }) });
  return { ...plan.value, fleet, names, source: sourceOf(objects), env: { NO_COLOR: "1" } };
}

const start = firstView({ order: { column: "name", isDescending: false }, filter: "", money: "pool" });

function frameOf(
  objects: readonly KubeObject[],
  { size, view = start }: { readonly size: ScreenSize; readonly view?: NodesView },
): readonly string[] {
  return nodesFrame(screensOf(partsOf(objects))({ view, size, now: noon, events: [] })).map(stripVTControlCharacters);
}

describe("a frame", () => {
  const objects = [...many, testBudget()];
  it.each([small, large])("has as many lines as the terminal ($columns x $rows), none of them wider", (size) => {
    const lines = frameOf(objects, { size });
    expect(lines).toHaveLength(size.rows);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(size.columns);
  });
  it("tells the sums of all nodes above them", () => {
    const [first = "", cpu = "", memory = "", money = ""] = frameOf(objects, { size: large });
    expect(first).toMatch(/^1,000 nodes \(10 joining, 20 draining\) {2}990 Pods: 0 pending, 990 running, 990 bound +12:00:00Z$/);
    expect(cpu).toMatch(/^cpu +1,980 of 3,960 +50% █+░+ \$[\d.]+\/hour \$[\d,]+\/month$/);
    expect(memory).toMatch(/^memory +3\.9Ti of 15\.5Ti +25% █+░+ \$[\d.]+\/hour idle \(6\d%\)$/);
    expect(money).toMatch(/^\$ by pool: general \$[\d.]+, batch \$[\d.]+$/);
  });
  it("shows at 80 columns who it is, its state, how full it is and its type, and the rest by scrolling", () => {
    const header = (column: number) => frameOf(objects, { size: small, view: { ...start, column } })[4] ?? "";
    expect(
      header(0)
        .split(/ +/)
        .filter((word) => word !== ""),
    ).toEqual(["NODE↑", "STATE", "CPU", "MEMORY", "PODS", "TYPE"]);
    expect(header(5)).toMatch(/^NODE↑ +\$\/HOUR +BUY +ZONE +POOL /);
    expect(header(13)).toMatch(/^NODE↑ +IN THE WAY +$/);
    const foot = (column: number) => frameOf(objects, { size: small, view: { ...start, column } }).at(-1) ?? "";
    expect(foot(0)).toMatch(/^ 1-18 of 1,000 {2}columns 1-5 of 15 ←→ {2}enter why {2}\? keys {2}q quit /);
    expect(foot(5)).toContain("columns 6-11 of 15 ←→");
  });
  it("shows at 200 columns all, and what is in the way", () => {
    const lines = frameOf(objects, { size: large, view: { ...start, filter: "state=draining" } });
    expect(lines[4]).toMatch(/^NODE↑ +STATE +CPU +MEMORY +PODS +TYPE +\$\/HOUR +BUY +ZONE +POOL +CLASS +OWNER +AGE EXPIRES +IN THE WAY/);
    expect(lines[5]).toMatch(/ draining 60s .* ends in 59m; PDB shop\/web: The/);
  });
  it("draws no bar of what has not joined", () => {
    const [row = ""] = frameOf(objects, { size: small, view: { ...start, filter: "state=joining" } }).slice(5);
    expect(row).toMatch(/^general-\d+ +joining 60s +0 +m6i\.xlarge *$/);
  });
  it("says so where nothing passes the filter, and where a filter can't be read", () => {
    expect(frameOf(objects, { size: small, view: { ...start, filter: "nowhere" } })[5]).toBe('no node passes the filter "nowhere"');
    const last = frameOf(objects, { size: small, view: { ...start, filter: "prise>1" } }).at(-1);
    expect(last).toContain('filter: there is no column "prise"; did you mean price?');
  });
  it("shows no control character of a message", () => {
    const condition = { type: "Registered", status: "Unknown" as const, reason: "BadUserData", message: "first\n\u001B[31msecond" };
    const lines = frameOf([testClaim({ came: { Launched: minute }, conditions: [condition] })], { size: large });
    expect(lines[5]).toContain("BadUserData: first [31msecond");
  });
});

describe("a filter", () => {
  const { columns, fleet, source } = partsOf([
    testNode({ name: "a", capacityType: "spot" }),
    testNode({ name: "b", nodePool: "batch" }),
    testPod({ node: "b", cpu: "3" }),
    testBudget(),
  ]);
  const { rows } = fleet(source.snapshot(), noon);
  const passing = (text: string): readonly string[] | string => {
    const test = parseFilter(text, columns);
    return test.ok ? rows.filter((row) => test.value(row, noon)).map(({ name }) => name) : test.error;
  };
  it.each([
    ["", ["a", "b"]],
    ["SPOT", ["a"]],
    ["pool=bat", ["b"]],
    ["!pool=bat", ["a"]],
    ["cpu>50", ["b"]],
    ["cpu<50% pool=general", ["a"]],
    ["blocker>0", ["b"]],
    ["price<0.1", ["a"]],
    ["zone>1", "zone is no number: write zone=TEXT"],
    ["cpu>much", "cpu>much: write a number, as in cpu>50"],
    ["pol=x", 'there is no column "pol"; did you mean pool?'],
  ])("%s passes %s", (text, wanted) => {
    expect(passing(text)).toEqual(wanted);
  });
});

describe("keys", () => {
  it.each([
    ["\u001B[A\u001B[B", ["up", "down"]],
    ["\u001B[5~\u001B[6~\u001BOH", ["page-up", "page-down", "home"]],
    ["\u001B", ["escape"]],
    ["q\u0003", ["q", "ctrl-c"]],
    ["a b\u007F\r", ["a", "space", "b", "backspace", "enter"]],
    ["\u001B[15~é", []],
  ])("%j are %j", (chunk, wanted) => {
    expect(decodeKeys(chunk)).toEqual(wanted);
  });
});

describe("the tally of Pods", () => {
  it("is what a count of all would be, whatever comes and goes", () => {
    const tally = podTally();
    const waiting = { ...testPod({ name: "b", node: "" }), status: { phase: "Pending" as const } };
    const ended = { ...testPod({ name: "a" }), status: { phase: "Succeeded" as const } };
    for (const object of [testPod({ name: "a" }), testPod({ name: "c" }), waiting]) tally.see({ kind: "added", object });
    expect(tally.counts()).toEqual({ total: 3, pending: 1, running: 2, bound: 2 });
    tally.see({ kind: "updated", object: testPod({ name: "b" }), before: waiting });
    tally.see({ kind: "deleted", object: ended });
    expect(tally.counts()).toEqual(countPods([testPod({ name: "b" }), testPod({ name: "c" })]));
    tally.see({ kind: "updated", object: ended, before: testPod({ name: "a" }) });
    expect(tally.counts()).toEqual({ total: 2, pending: 0, running: 2, bound: 2 });
  });
});

describe("what is drawn", () => {
  it("is only what differs from what stands there", () => {
    expect(changedLines(["a", "b"], [])).toBe("\u001B[1;1Ha\u001B[K\u001B[2;1Hb\u001B[K");
    expect(changedLines(["a", "c"], ["a", "b"])).toBe("\u001B[2;1Hc\u001B[K");
    expect(changedLines(["a"], ["a", "b"])).toBe("\u001B[2;1H\u001B[K");
    expect(changedLines(["a", "b"], ["a", "b"])).toBe("");
  });
});

describe("a line of a page", () => {
  it("is broken between words, and goes on further in", () => {
    expect(wrapped("  PodDisruptionBudget shop/web: needs 2 healthy pods", 30)).toEqual([
      "  PodDisruptionBudget",
      "      shop/web: needs 2",
      "      healthy pods",
    ]);
    expect(wrapped("x".repeat(45), 20)).toEqual(["x".repeat(20), `    ${"x".repeat(16)}`, `    ${"x".repeat(9)}`]);
    expect(wrapped("short", 20)).toEqual(["short"]);
  });
});

describe("a session", () => {
  it("follows the keys, and gives the terminal back", async () => {
    const person = terminalOf({ columns: 80, rows: 10 });
    const ended = runNodesScreen({ ...partsOf([...many, testBudget()]), filter: "", everyMs: 60_000, terminal: person.streams });
    expect(person.isRaw()).toBe(true);
    expect(person.screen()[5]).toMatch(/^general-199 /);
    person.press("s");
    expect(person.screen()[4]).toContain("STATE↑");
    person.press("sr");
    expect(person.screen()[4]).toContain("CPU↓");
    expect(person.screen()[5]).toMatch(/ 75% /);
    person.press("/state=draining\r");
    expect(person.screen()[0]).toMatch(/^20 of 1,000 nodes \(20 draining\)/);
    person.press("G");
    expect(person.screen()[9]).toMatch(/^ 17-20 of 20 {2}filter: state=draining/);
    person.press("\r");
    expect(person.screen()[0]).toMatch(/^Node ip-10-0-\d+-\d+\.ap-southeast-1\.compute\.internal/);
    person.press("q\u001B");
    expect(person.screen()[0]).toMatch(/^1,000 nodes /);
    person.press("m?");
    expect(person.screen()[0]).toBe("plimsoll nodes");
    person.press("qq");
    await ended;
    expect([person.isRaw(), person.written().endsWith("\u001B[?25h\u001B[?1049l")]).toEqual([false, true]);
  });
  it("gives the terminal back when something goes wrong", async () => {
    const person = terminalOf({ columns: 80, rows: 10 });
    const parts = partsOf([]);
    let isBroken = false;
    const source = {
      ...parts.source,
      snapshot: () => {
        if (isBroken) throw new Error("broken on purpose");
        return parts.source.snapshot();
      },
    };
    const ended = runNodesScreen({ ...parts, source, filter: "", everyMs: 60_000, terminal: person.streams });
    isBroken = true;
    person.press("j");
    await expect(ended).rejects.toThrow("broken on purpose");
    expect(person.isRaw()).toBe(false);
  });
});

/** A terminal that keeps what is drawn at its place. */
function terminalOf(size: ScreenSize) {
  const state = { isRaw: false, written: "", lines: new Map<number, string>(), onData: undefined as ((chunk: string) => void) | undefined };
  const draw = (text: string): void => {
    state.written += text;
    // eslint-disable-next-line no-control-regex
    for (const [, row, line] of text.matchAll(/\u001B\[(\d+);1H((?:(?!\u001B\[\d+;1H).)*)/g))
      state.lines.set(Number(row) - 1, stripVTControlCharacters(line ?? ""));
  };
  return {
    streams: {
      input: {
        setRawMode: (isRaw: boolean) => (state.isRaw = isRaw),
        setEncoding: () => undefined,
        resume: () => undefined,
        pause: () => undefined,
        on: (_event: "data", listener: (chunk: string) => void) => (state.onData = listener),
        off: () => undefined,
      },
      output: { ...size, writableNeedDrain: false, write: draw, on: () => undefined, off: () => undefined },
    },
    press: (keys: string): void => {
      state.onData?.(keys);
    },
    screen: (): readonly string[] => Array.from({ length: size.rows }, (_unused, row) => state.lines.get(row) ?? ""),
    isRaw: () => state.isRaw,
    written: () => state.written,
  };
}
