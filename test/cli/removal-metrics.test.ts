/**
 * The metric of held removals: what a scrape tells after each look.
 */
import { Registry } from "prom-client";
import { expect, test } from "vitest";
import { removalMetrics } from "../../src/cli/removal-metrics.ts";

test("a scrape tells how many nodes of each NodePool are held, and nothing of a pool whose question has settled itself", async () => {
  const registry = new Registry();
  const tell = removalMetrics(registry);
  const series = async () => (await registry.metrics()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  tell(
    new Map([
      ["batch", 7],
      ["general", 40],
    ]),
  );
  expect(await series()).toEqual(['plimsoll_removals_held{nodepool="batch"} 7', 'plimsoll_removals_held{nodepool="general"} 40']);
  tell(new Map([["general", 1]]));
  expect(await series()).toEqual(['plimsoll_removals_held{nodepool="general"} 1']);
});
