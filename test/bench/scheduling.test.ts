/** The scheduling bench runs as its users run it, gives every scheduler the same, and tells fairly what came of it. */
import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { benchNodePool, solveInput } from "../../bench/scheduling-input.ts";
import { caseBound, resourceBound } from "../../bench/scheduling-bound.ts";
import { diversePods } from "../../bench/diverse-pods.ts";
import { onEmptyCluster } from "../../bench/scheduling/bench-case.ts";
import { deploymentCase } from "../../bench/scheduling/deployment-cases.ts";
import { distinctPods, diverseCase, preferenceCase } from "../../bench/scheduling/diverse-cases.ts";
import { recordedDraws, seededDraws, shuffled } from "../../bench/scheduling/draws.ts";
import { autoscalerCases } from "../../bench/scheduling/autoscaler-cases.ts";
import { faultsOf } from "../../bench/scheduling/faults.ts";
import { parseListPrices } from "../../bench/scheduling/list-prices.ts";
import { populatedCase } from "../../bench/scheduling/populated-cases.ts";
import { parseTrace, traceCases } from "../../bench/scheduling/trace-cases.ts";
import { podRequests } from "../../src/kube/pod-requests.ts";
import { karpenterVersion } from "../../bench/scheduling/karpenter-build.ts";
import { plotOf } from "../../bench/scheduling/plot.ts";
import { rowOf, type SchedulingRow } from "../../bench/scheduling/rows.ts";
import { decodeRunFigures, type RunFigures } from "../../bench/scheduling/run-figures.ts";
import { runInTurns, type Scheduler } from "../../bench/scheduling/scheduler-runs.ts";
import { comparisonTable, recipeNote, rowTable, scalingTable } from "../../bench/scheduling/tables.ts";

const root = resolve(import.meta.dirname, "../..");
const run = promisify(execFile);

describe("npm run bench:scheduling", () => {
  it("measures one size, tells that Karpenter is left out, and writes rows and a picture", { timeout: 60_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "plimsoll-bench-"));
    try {
      const [json, plot] = [join(folder, "rows.json"), join(folder, "plot.svg")];
      const words = ["--pods", "50", "--runs", "2", "--no-peers", "--json", json, "--plot", plot];
      const { stdout } = await run(process.execPath, ["--import", "tsx", "bench/scheduling.ts", ...words], { cwd: root });
      const { rows } = JSON.parse(readFileSync(json, "utf8")) as { readonly rows: readonly SchedulingRow[] };
      expect(rows).toMatchObject([{ case: "diverse-50", tool: "plimsoll", pods: 50, runs: 2, nodes: 10, unschedulable: 0, plans: 1 }]);
      const [row] = rows;
      expect(row!.podsPerSecond).toBeGreaterThan(0);
      expect(row!.boundPerHour).toBeGreaterThan(row!.sumBoundPerHour * 0.9);
      expect(row!.pricePerHour).toBeGreaterThanOrEqual(row!.boundPerHour);
      expect(stdout).toContain(`| diverse-50 | plimsoll |   50 |    2 |`);
      expect(stdout).toContain("karpenter: left out, as --no-peers asks");
      expect(readFileSync(plot, "utf8")).toMatch(/^<svg [^]*diverse-50[^]*<\/svg>\n$/);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  const mistakes: readonly [readonly string[], RegExp][] = [
    [["--pods", "20001"], /^--pods 20001: give a whole number from 1 to 20000\.$/m],
    [["--runs", "none"], /^--runs none: give a whole number from 1 to 50\.$/m],
    [["--case", "diverse"], /^--case diverse: there is no such case; cases: diverse-500, /m],
    [["--trace", "nothing.csv"], /^--trace nothing\.csv: ENOENT/m],
    [["--case", "diverse-500", "--pods", "500"], /^--pods runs one case alone: leave out --case and --trace\.$/m],
  ];
  it.each(mistakes)("refuses %s", { timeout: 30_000 }, async (words, told) => {
    const failed = run(process.execPath, ["--import", "tsx", "bench/scheduling.ts", ...words], { cwd: root });
    await expect(failed).rejects.toMatchObject({ code: 2, stderr: expect.stringMatching(told) as string });
  });
});

describe("the Pods of a case", () => {
  it("are the same at every making, and others for the warm-up", () => {
    for (const recipe of [diverseCase(100), preferenceCase(10)]) {
      expect(recipe.load()).toEqual(recipe.load());
      expect(recipe.warmUp().pods).toHaveLength(recipe.load().pods.length);
      expect(recipe.warmUp().pods.map(({ spec }) => spec)).not.toEqual(recipe.load().pods.map(({ spec }) => spec));
    }
  });

  it("are 100 Deployments, all spread over zones and ten of them a Pod a node", () => {
    const { pods } = deploymentCase(600).load();
    expect(new Set(pods.map(({ metadata }) => metadata.labels?.app)).size).toBe(100);
    expect(pods.filter(({ spec }) => spec.topologySpreadConstraints?.[0]?.topologyKey === "topology.kubernetes.io/zone")).toHaveLength(600);
    expect(pods.filter(({ spec }) => spec.affinity?.podAntiAffinity !== undefined)).toHaveLength(60);
    expect(
      deploymentCase(600)
        .warmUp()
        .pods.map(({ spec }) => spec),
    ).not.toEqual(pods.map(({ spec }) => spec));
  });

  it("are Karpenter's: its preference Pods ask for 100m and 4096Mi", () => {
    const [pod] = preferenceCase(1).load().pods;
    expect(pod!.spec.containers[0]!.resources!.requests).toEqual({ cpu: "100m", memory: "4096Mi" });
  });

  it("all differ where they should", () => {
    const requests = distinctPods({ seed: 1, count: 5000 }).map(({ spec }) => JSON.stringify(spec.containers[0]!.resources));
    expect(new Set(requests).size).toBe(5000);
  });

  it("come in an order that the seed alone decides", () => {
    const items = Array.from({ length: 50 }, (_, index) => index);
    expect(shuffled(items, 0)).toEqual(items);
    expect(shuffled(items, 3)).toEqual(shuffled(items, 3));
    expect(shuffled(items, 3)).not.toEqual(shuffled(items, 5));
    expect([...shuffled(items, 3)].sort((a, b) => a - b)).toEqual(items);
  });

  it("are drawn from a recording that says where it can't tell", () => {
    const draw = recordedDraws();
    expect([draw(7), draw(5), draw(6)]).toEqual([5, 2, 2]);
    expect(() => draw(100)).toThrow("cannot choose among 100");
    const drawn = Array.from({ length: 1000 }, seededDrawsOf(6));
    expect(new Set(drawn)).toEqual(new Set([0, 1, 2, 3, 4, 5]));
  });
});

function seededDrawsOf(choices: number): () => number {
  const draw = seededDraws(1);
  return () => draw(choices);
}

describe("the bound of a case", () => {
  it("is the resource bound on an empty cluster", () => {
    const made = { nodePool: benchNodePool(), instanceTypes: diverseCase(500).instanceTypes(), ...onEmptyCluster(diversePods(500)) };
    expect(caseBound(made, 100)).toBeCloseTo(resourceBound({ count: 500, nodes: 100 }), 6);
  });

  it("takes off what the cluster's nodes have left", () => {
    const [pod] = diversePods(1);
    const node = {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: "a" },
      status: { allocatable: { cpu: "8", memory: "16Gi", pods: "80" } },
    };
    const bound = { ...pod!, spec: { ...pod!.spec, nodeName: "a" } };
    const made = {
      nodePool: benchNodePool(),
      instanceTypes: diverseCase(1).instanceTypes(),
      pods: [pod!],
      nodes: [node],
      boundPods: [bound],
    };
    expect(caseBound(made, 0)).toBe(0);
    expect(solveInput(made, made).nodes.map(({ name, pods }) => [name, pods.length])).toEqual([["a", 1]]);
  });
});

const figures: RunFigures = {
  seconds: 2,
  cpuSeconds: 3,
  nodes: 4,
  pricePerHour: 5,
  onExisting: 0,
  unschedulable: 0,
  peakKiB: 2048,
};
const of = { name: "some", pods: 100, boundPerHour: 3, sumBound: (nodes: number) => nodes };

describe("a row", () => {
  it("holds the best of each figure, and the most memory", () => {
    const runs = [figures, { ...figures, seconds: 1, nodes: 6, pricePerHour: 4, peakKiB: 4096 }];
    expect(rowOf({ tool: "karpenter", runs }, of)).toEqual({
      case: "some",
      tool: "karpenter",
      pods: 100,
      runs: 2,
      podsPerSecond: 100,
      cpuSeconds: 3,
      nodes: 4,
      pricePerHour: 4,
      boundPerHour: 3,
      sumBoundPerHour: 4,
      onExisting: 0,
      unschedulable: 0,
      memoryMiB: 4,
    });
  });

  it("names the plan where all runs made the same, and counts them where they differ", () => {
    const [a, b] = [
      { ...figures, hash: "a" },
      { ...figures, hash: "b" },
    ];
    expect(rowOf({ tool: "plimsoll", runs: [a, a] }, of)).toMatchObject({ hash: "a", plans: 1 });
    const differing = rowOf({ tool: "plimsoll", runs: [a, b] }, of);
    expect(differing).toMatchObject({ plans: 2 });
    expect(differing).not.toHaveProperty("hash");
    expect(rowTable([differing])[2]).toMatch(/ 2 differ \|$/);
  });

  it("stands beside Karpenter's of the same case alone", () => {
    const ours = rowOf({ tool: "plimsoll", runs: [{ ...figures, seconds: 0.1, cpuSeconds: 0.3, nodes: 3, pricePerHour: 3 }] }, of);
    const theirs = rowOf({ tool: "karpenter", runs: [figures] }, of);
    expect(comparisonTable([ours, theirs]).at(-1)).toMatch(/^\| some +\| +20\.0x \| +10\.0x \| +0\.600 \| +-1 \| +0 \| +1\.0 \|$/);
    expect(comparisonTable([ours, { ...theirs, case: "other" }])).toEqual([]);
    expect(plotOf([ours, theirs]).match(/<rect /g)).toHaveLength(3 + 4);
  });

  it("tells what twice the Pods take, and what few Pods of one recipe take Karpenter", () => {
    const row = rowOf({ tool: "plimsoll", runs: [figures] }, of);
    const deployments = (pods: number, seconds: number) => ({ ...row, case: `deployments-${pods}`, pods, podsPerSecond: pods / seconds });
    const table = scalingTable([deployments(100, 1), deployments(200, 2.5), deployments(400, 5)]);
    expect(table.slice(4).map((line) => line.split("|")[3]?.trim())).toEqual(["-", "2.50", "2.00"]);
    expect(recipeNote([deployments(100, 1), deployments(400, 5), { ...deployments(100, 8), tool: "karpenter" }])).toEqual([
      "deployments: Plimsoll places 400 Pods in 5.000 s, Karpenter 100 Pods in 8.000 s, of the same recipe",
    ]);
    expect(recipeNote([deployments(400, 5)])).toEqual([]);
  });
});

describe("a fault", () => {
  const row = rowOf({ tool: "plimsoll", runs: [{ ...figures, hash: "a" }] }, of);
  const twoPlans = rowOf(
    {
      tool: "plimsoll",
      runs: [
        { ...figures, hash: "a" },
        { ...figures, hash: "b" },
      ],
    },
    of,
  );

  it("is that equal Pods got different plans", () => {
    expect(faultsOf({ name: "some" }, [row])).toEqual([]);
    expect(faultsOf({ name: "some" }, [twoPlans])).toEqual(["some: plimsoll made 2 different plans of the same Pods"]);
    expect(faultsOf({ name: "other" }, [twoPlans])).toEqual([]);
  });

  it("is another answer where only one is right, but not if it is Karpenter's", () => {
    const right = { nodes: 4, unschedulable: 1 };
    expect(faultsOf({ name: "some", right: { ...right, unschedulable: 0 } }, [row])).toEqual([]);
    expect(faultsOf({ name: "some", right }, [row, { ...row, tool: "karpenter" }])).toEqual([
      "some: plimsoll plans 4 new nodes and leaves 0 Pods out, a right plan has 4 new nodes and leaves 1 Pods out",
    ]);
  });
});

describe("Cluster Autoscaler's scenarios", () => {
  it.each(autoscalerCases().map((recipe) => [recipe.name, recipe] as const))("%s is of its size", (name, { load }) => {
    const { pods, nodes, boundPods } = load();
    expect([name, pods.length, nodes.length, boundPods.length]).toEqual(autoscalerSizes.find(([named]) => named === name));
    expect(new Set([...pods, ...boundPods].map(({ metadata }) => metadata.name)).size).toBe(pods.length + boundPods.length);
  });
});

const autoscalerSizes: readonly (readonly [string, number, number, number])[] = [
  ["autoscaler-1-burst", 30_000, 1, 30],
  ["autoscaler-2-second-burst", 9000, 701, 21_030],
  ["autoscaler-3-empty", 700, 700, 0],
  ["autoscaler-4-underused", 810, 970, 51_390],
  ["autoscaler-5-unremovable", 150, 850, 850],
  ["autoscaler-6-unschedulable", 31_000, 1, 30],
];

describe("a populated cluster", () => {
  it("is half full, over three zones, and has Pods that fit nowhere on it", () => {
    const { pods, nodes, boundPods } = populatedCase(30).load();
    expect(nodes).toHaveLength(30);
    for (const { metadata } of nodes) {
      const used = boundPods.filter(({ spec }) => spec.nodeName === metadata.name).map(({ spec }) => podRequests(spec)["cpu"] ?? 0);
      const usedMillis = used.reduce((sum, cpu) => sum + cpu, 0);
      expect(usedMillis).toBeGreaterThan(2500);
      expect(usedMillis).toBeLessThanOrEqual(4000);
    }
    expect(new Set(nodes.map(({ metadata }) => metadata.labels?.["topology.kubernetes.io/zone"])).size).toBe(3);
    expect(pods.filter(({ spec }) => podRequests(spec)["cpu"] === 5000)).toHaveLength(200);
    expect(new Set([...pods, ...boundPods].map(({ metadata }) => metadata.name)).size).toBe(pods.length + boundPods.length);
  });
});

describe("list prices", () => {
  it("are read from the Go file that they are published in, one region's", () => {
    expect([
      prices.asOf,
      prices.onDemand("m7i.large", "z"),
      prices.onDemand("p4d.24xlarge", "z"),
      prices.onDemand("b1.large", "z"),
    ]).toEqual(["github.com/aws/karpenter-provider-aws@v1.14.1, of 2026-07-06T14:20:29Z", 0.1, 21.957642, undefined]);
    expect(() => parseListPrices("package pricing\n", "us-east-1")).toThrow("has no prices of us-east-1");
  });
});

const prices = parseListPrices(
  `// generated at 2026-07-06T14:20:29Z for us-east-1
var prices = map[string]map[string]float64{
\t"us-east-1": {
\t\t// m7i family
\t\t"m7i.large": 0.100000, "p4d.24xlarge": 21.957642,
\t},
\t"us-east-2": {
\t\t"b1.large": 9.000000,
\t},
}
`,
  "us-east-1",
);

describe("a trace", () => {
  const text = "name,cpu_milli,memory_mib,num_gpu,gpu_milli\na,500,512,0,0\nb,6000,12288,1,460\n";

  it("is read by the names of its columns", () => {
    expect(parseTrace(text, "t.csv")).toEqual([
      { name: "a", cpuMillis: 500, memoryMi: 512, gpus: 0 },
      { name: "b", cpuMillis: 6000, memoryMi: 12_288, gpus: 1 },
    ]);
  });

  it("becomes two cases, and Pods that ask for whole GPUs", () => {
    const folder = mkdtempSync(join(tmpdir(), "plimsoll-trace-"));
    try {
      const path = join(folder, "t.csv");
      writeFileSync(path, text);
      const cases = traceCases(path, { zones: ["us-east-1a"], prices });
      expect(cases.map(({ name, load }) => [name, load().pods.map(({ spec }) => podRequests(spec))])).toEqual([
        [
          "trace",
          [
            { cpu: 500, memory: 512 * 1024 ** 2, pods: 1 },
            { cpu: 6000, memory: 12_288 * 1024 ** 2, "nvidia.com/gpu": 1, pods: 1 },
          ],
        ],
        ["trace-no-gpu", [{ cpu: 500, memory: 512 * 1024 ** 2, pods: 1 }]],
      ]);
      expect(cases[0]!.instanceTypes().map(({ name, offerings }) => [name, offerings.map(({ pricePerHour }) => pricePerHour)])).toEqual([
        ["m7i.large", [0.1]],
        ["p4d.24xlarge", [21.957642]],
      ]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  const wrong: readonly [string, string][] = [
    ["name,cpu_milli\na,1\n", "t.csv, line 1: no column memory_mib, num_gpu; a trace has name, cpu_milli, memory_mib, num_gpu"],
    [text.replace("6000", "six"), 't.csv, line 3: cpu_milli is "six"; write a whole number'],
    ["name,cpu_milli,memory_mib,num_gpu\n", "t.csv: 0 rows; a trace has 1 to 199999"],
  ];
  it.each(wrong)("that is none is refused: %j", (found, told) => {
    expect(() => parseTrace(found, "t.csv")).toThrow(told);
  });
});

describe("schedulers", () => {
  const line = JSON.stringify(figures);
  const printing =
    (text: string): Scheduler["command"] =>
    () => [process.execPath, "-e", `console.log(${JSON.stringify(text)})`];

  it("take turns, and one that takes long has one", async () => {
    const runs = await runInTurns(
      [
        { tool: "plimsoll", command: printing(line), secondsMax: Infinity, runSecondsMax: Infinity },
        { tool: "karpenter", command: printing(line), secondsMax: 0, runSecondsMax: Infinity },
      ],
      2,
    );
    expect(runs).toEqual([
      { tool: "plimsoll", runs: [figures, figures] },
      { tool: "karpenter", runs: [figures] },
    ]);
  });

  it("that don't end are stopped, and have no more runs", async () => {
    const hanging = (): readonly [string, ...string[]] => [process.execPath, "-e", "setTimeout(() => undefined, 60_000)"];
    const runs = await runInTurns([{ tool: "karpenter", command: hanging, secondsMax: Infinity, runSecondsMax: 0.5 }], 3);
    expect(runs).toEqual([{ tool: "karpenter", runs: [], stoppedAfter: 0.5 }]);
  });

  it("that fail are told by what they said", async () => {
    const failing = (): readonly [string, ...string[]] => [process.execPath, "-e", "console.error('no such case'); process.exit(1)"];
    await expect(runInTurns([{ tool: "karpenter", command: failing, secondsMax: 1, runSecondsMax: 60 }], 1)).rejects.toThrow(
      /no such case$/,
    );
  });

  it("tell every figure", () => {
    expect(decodeRunFigures(line)).toEqual(figures);
    expect(() => decodeRunFigures('{"seconds":1}')).toThrow(/^a run tells no cpuSeconds, nodes, /);
  });

  it("are of the version that bench/karpenter requires", () => {
    expect(karpenterVersion(readFileSync(join(root, "bench/karpenter/go.mod"), "utf8"))).toBe("v1.14.1");
    expect(() => karpenterVersion("module a\n")).toThrow("requires no sigs.k8s.io/karpenter");
  });
});
