// The embedded world answers as a real API server does: every case runs on both, and the answers are equal.
//
// Where they differ, the real one is right. Where Go is missing there is nothing to compare with; the suite says so and is left out.
import { afterAll, beforeAll, expect, test } from "vitest";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import type { Case } from "./case.ts";
import { customCases } from "./custom-cases.ts";
import { applyCases } from "./apply-cases.ts";
import { objectCases } from "./object-cases.ts";
import { removalCases } from "./removal-cases.ts";
import { discoveryCases } from "./discovery-cases.ts";
import { kubectlCases } from "./kubectl-cases.ts";
import { watchCases } from "./watch-cases.ts";
import { webhookCases } from "./webhook-cases.ts";
import { openRealWorld, openSimulatedWorld, type WorldUnderTest } from "./world-under-test.ts";

const cases: readonly Case[] = [
  ...objectCases,
  ...watchCases,
  ...applyCases,
  ...removalCases,
  ...customCases,
  ...discoveryCases,
  ...webhookCases,
  ...kubectlCases,
];

await describeOnControlPlane("the embedded world and a real API server", () => {
  const worlds: WorldUnderTest[] = [];

  beforeAll(async () => {
    const real = await openRealWorld();
    worlds.push(real, await openSimulatedWorld(real.kubectlPath));
  });

  afterAll(async () => {
    await Promise.all(worlds.map((world) => world.close()));
  });

  test.concurrent.each(cases.map((item, index) => ({ ...item, namespace: `case-${index}` })))(
    "$name",
    async ({ run, namespace }) => {
      const [real, simulated] = await Promise.all(worlds.map((world) => runIn(world, namespace, run)));
      expect(simulated).toEqual(real);
    },
    120_000,
  );
});

/** Runs a case in a namespace of its own, with the service account that a controller would make. */
async function runIn(world: WorldUnderTest, namespace: string, run: Case["run"]): Promise<unknown> {
  await world.request({
    method: "POST",
    path: "/api/v1/namespaces",
    body: { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
  });
  const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "default" } };
  await world.request({ method: "POST", path: `/api/v1/namespaces/${namespace}/serviceaccounts`, body: account });
  return run(world, namespace);
}
