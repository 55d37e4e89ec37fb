/** A cluster without Karpenter's CRDs: admission works, nobody crashes, and provisioning starts when they come. */
import { resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { forbiddenRequests, installPlimsoll, type ServeProcess, startServe } from "../support/plimsoll-serve.ts";

const root = resolve(import.meta.dirname, "../..");

await describeOnControlPlane("a cluster without Karpenter's CRDs", () => {
  let controlPlane: ControlPlane;
  let serve: ServeProcess;

  beforeAll(async () => {
    controlPlane = await startControlPlane();
    await installPlimsoll(controlPlane, ["deploy/base"]);
    serve = await startServe({ controlPlane, provider: "kwok" });
  });

  afterAll(async () => {
    await serve.stop();
    await controlPlane.close();
  });

  it("is judged and led all the same, and says what it lacks", async () => {
    expect(serve.log()).toContainEqual(expect.objectContaining({ missing: ["NodePool", "NodeClaim", "EC2NodeClass"] }));
    await expect.poll(() => serve.log().some((line) => line["note"] === "leading")).toBe(true);
    await apply("-f", "examples/billing-api/namespace.yaml");
    await apply("-n", "billing", "-f", "examples/billing-api/profile.yaml", "-f", "examples/billing-api/deployment.yaml");
    await expect.poll(() => get("poddisruptionbudget", "-n", "billing")).toContain("billing-api");
    const refused = await controlPlane.kubectl(["apply", "-f", resolve(root, "examples/refused/unknown-field.yaml")]);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining("[WP-005]")]);
  });

  it("is provisioned once the CRDs have come, by the same process", async () => {
    await apply("-k", "deploy/karpenter-crds");
    await expect.poll(() => serve.log().some((line) => line["msg"] === "provisioning")).toBe(true);
    await apply("-f", "examples/lab/a0-infrastructure.yaml");
    await expect.poll(() => get("pods", "-n", "billing", "-o", "jsonpath={.items[*].status.phase}")).toBe("Running Running Running");
    expect(await forbiddenRequests(controlPlane)).toEqual([]);
  }, 180_000);

  async function apply(...words: readonly string[]): Promise<void> {
    const paths = words.map((word) => (word.includes("/") ? resolve(root, word) : word));
    const applied = await controlPlane.kubectl(["apply", "--server-side", ...paths]);
    expect(applied.stderr + String(applied.code)).toMatch(/0$/);
  }

  async function get(...words: readonly string[]): Promise<string> {
    return (await controlPlane.kubectl(["get", ...words])).stdout;
  }
});
