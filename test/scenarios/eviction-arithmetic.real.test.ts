/**
 * Eviction arithmetic on the real control plane: random workloads under random budgets, in a namespace each.
 *
 * The disruption controller's status is compared with what we compute of the same Pods, and with the proof that knows only what
 * was asked for; the eviction API is asked, as a dry run, for a Pod of each workload in each health. No kubelet and no scheduler
 * run: Pods are made by their controllers (or by hand) and get their health by a write of their status.
 */
import fc from "../support/properties.ts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { evictionsAtScale } from "../../src/kube/eviction-proof.ts";
import { matchesSelector } from "../../src/kube/selector.ts";
import { runPlimsoll } from "../cli/program-run.ts";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { evictionCase, groupOfWorkload, keeperOf, type EvictionCase, type WorkloadCase } from "../support/eviction-cases.ts";
import { evictionWorld, type CaseWorld, type EvictionWorld } from "../support/eviction-world.ts";
import { casesOf } from "../support/long-run.ts";

const cases = fc.sample(evictionCase, { numRuns: casesOf({ ci: 50, long: 500 }), seed: 4 });
const patienceMs = 240_000;
const scaled: ReadonlySet<string> = new Set(["Deployment", "StatefulSet"]);

await describeOnControlPlane("eviction arithmetic on the real control plane", () => {
  let controlPlane: ControlPlane;
  let world: EvictionWorld;
  let built: readonly CaseWorld[];

  beforeAll(async () => {
    // The controllers come second: the disruption controller asks for the kinds of owners once, and never again for a Pod at rest.
    controlPlane = await startControlPlane({ without: ["kube-scheduler", "kwok", "kube-controller-manager"] });
    world = await evictionWorld(controlPlane);
    await controlPlane.start("kube-controller-manager");
    built = await world.build(cases);
  }, 600_000);

  afterAll(async () => {
    await controlPlane.close();
  });

  it("S015: computes the status of every budget as the disruption controller does", { timeout: patienceMs + 60_000 }, async () => {
    const differing = await world.settle(built, patienceMs);
    expect(differing).toEqual([]);
    // Not only in passing: the same once more after a while in which nothing changed.
    expect(await world.settle(built, 0)).toEqual([]);
    expect(built.flatMap(({ budgets }) => budgets).length).toBeGreaterThan(cases.length / 2);
  });

  it("S101: answers an eviction as the API server does, in code, words and cause", { timeout: 300_000 }, async () => {
    const asked = await world.evictions(built);
    expect(asked.filter(({ real, ours }) => JSON.stringify(real) !== JSON.stringify(ours))).toEqual([]);
    // The cases are worth something: each kind of answer was seen.
    expect([...new Set(asked.map(({ real }) => real.code))].sort()).toEqual([201, 429, 500]);
    expect([...new Set(asked.map(({ real }) => real.cause.replace(/\d+/g, "N").replace(/budget-\w/g, "B")))].length).toBeGreaterThan(2);
  });

  it("S129: drain-preview tells of a live workload how many Pods may go now", { timeout: 120_000 }, async () => {
    const alone = built.filter(({ asked }) => asked.workloads.length === 1 && scaled.has(asked.workloads[0]?.kind ?? ""));
    const seen = await Promise.all(
      alone.slice(0, 5).map(async ({ asked, namespace, budgets }) => {
        const target = `${asked.workloads[0]?.kind.toLowerCase() ?? ""}/w0`;
        const words = ["drain-preview", target, "--with-cluster", "--kubeconfig", controlPlane.kubeconfig, "-n", namespace, "-o", "json"];
        const { stdout } = await runPlimsoll(words);
        const [preview] = (JSON.parse(stdout) as { readonly previews: readonly { readonly evictions: { readonly now: number } }[] })
          .previews;
        const [workload] = asked.workloads;
        const healthy = workload?.health.filter((health) => health === "ready").length ?? 0;
        const selecting = budgets.filter(({ selector }) => matchesSelector(selector, labelsOf(0)));
        const allowed = selecting.length > 1 ? 0 : Math.min(healthy, selecting[0]?.allowed ?? healthy);
        return { namespace, told: preview?.evictions.now, allowed };
      }),
    );
    expect(seen.length).toBeGreaterThan(2);
    expect(seen.filter(({ told, allowed }) => told !== allowed)).toEqual([]);
  });

  describe("the proof", () => {
    it("knows from what was asked for alone how many Pods may go", () => {
      const wrong = built.flatMap(({ asked, budgets }) =>
        asked.workloads.flatMap((workload, index) => {
          const selecting = budgets.filter(({ selector }) => matchesSelector(selector, labelsOf(index)));
          const proof = proofOf(asked, { workload, index, selecting: selecting.map(({ name }) => name) });
          const [only, second] = selecting;
          const real = second !== undefined ? 0 : Math.min(proof.healthy, only?.allowed ?? proof.healthy);
          return proof.allowed === real ? [] : [{ asked, index, proof, real }];
        }),
      );
      expect(wrong).toEqual([]);
    });

    it("says of an unhealthy Pod whether it may go", async () => {
      const asked = await world.evictions(built);
      const wrong = asked.flatMap(({ of, index, health, real }) => {
        const workload = of.asked.workloads[index];
        if (health !== "unready" || workload === undefined) return [];
        const selecting = of.budgets.filter(({ selector }) => matchesSelector(selector, labelsOf(index))).map(({ name }) => name);
        const { unhealthyMayGo } = proofOf(of.asked, { workload, index, selecting });
        return unhealthyMayGo === (real.code === 201) ? [] : [{ asked: of.asked, index, real, unhealthyMayGo }];
      });
      expect(wrong).toEqual([]);
    });
  });
});

function labelsOf(index: number): Readonly<Record<string, string>> {
  return { member: `w${index}` };
}

/** The proof of one workload of a case, beside the others under its budgets; Pods that are still pending count as unhealthy. */
function proofOf(
  asked: EvictionCase,
  of: { readonly workload: WorkloadCase; readonly index: number; readonly selecting: readonly string[] },
) {
  const { workload, index, selecting } = of;
  const budgets = asked.budgets.flatMap((budget) => {
    if (!selecting.includes(budget.name)) return [];
    const others = asked.workloads.flatMap((other, at) =>
      at !== index && matchesSelector(budget.spec.selector, labelsOf(at)) ? [groupOfWorkload(other)] : [],
    );
    return [{ budget: { metadata: { name: budget.name }, spec: budget.spec }, others }];
  });
  const healthy = workload.health.filter((one) => one === "ready").length;
  const keeper = keeperOf(workload);
  const controller = keeper.kind === "no-scale" ? { controller: keeper.controller } : {};
  const unhealthy = workload.health.length - healthy;
  const proof = evictionsAtScale({ budgets, keeper: keeper.kind, ...controller, replicas: workload.health.length, unhealthy });
  return { healthy, allowed: proof.allowed, unhealthyMayGo: proof.unhealthyMayGo };
}
