/**
 * `plimsoll demo --once`: the exit code says whether all that was shown is true. Runs the built command.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const entry = fileURLToPath(new URL("../../dist/main.js", import.meta.url));
/** It ends by itself within a minute; more is for a machine that runs the other tests too. */
const demoMaxMs = 240_000;

async function demo(...args: readonly string[]): Promise<{ readonly code: unknown; readonly stdout: string; readonly stderr: string }> {
  const child = spawn(process.execPath, [entry, "demo", ...args], { stdio: ["ignore", "pipe", "pipe"], timeout: demoMaxMs });
  const written = { stdout: "", stderr: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => (written.stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (written.stderr += text));
  return { code: await new Promise((resolve) => child.once("close", resolve)), ...written };
}

describe("plimsoll demo", () => {
  it(
    "shows three workloads bound and one refused, reads it back, and exits 0",
    async () => {
      const { code, stdout, stderr } = await demo("--once");
      expect(stdout.match(/^ {2}true {3}/gm)?.length).toBe(7);
      expect(stdout).not.toMatch(/^ {2}FALSE/m);
      expect(stdout).toContain('denied the request: Deployment billing/invoice-admin: [DRAIN-002] PodDisruptionBudget "invoice-admin"');
      expect(stdout).toContain("Warning: [DRAIN-003]");
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const kubeconfig = /KUBECONFIG=(\S+);/.exec(stdout)?.[1] ?? "";
      expect(kubeconfig).not.toBe("");
      expect(existsSync(dirname(kubeconfig))).toBe(false);
    },
    demoMaxMs,
  );

  it(
    "notices that a rule is switched off, and exits 1",
    async () => {
      const { code, stdout } = await demo("--once", "--break", "DRAIN-002");
      expect(stdout.match(/^ {2}FALSE .*$/gm)).toEqual([expect.stringContaining("invoice-admin: the Deployment was refused by DRAIN-002")]);
      expect(code).toBe(1);
    },
    demoMaxMs,
  );

  it("exits 2 for a rule that there isn't, and names the nearest, or all", async () => {
    expect(await demo("--once", "--break", "DRAIN-0002")).toEqual({
      code: 2,
      stdout: "",
      stderr: 'plimsoll demo: no rule "DRAIN-0002"; nearest DRAIN-002\n',
    });
    expect((await demo("--once", "--break", "NOPE-1")).stderr).toMatch(
      /^plimsoll demo: no rule "NOPE-1"; known: BARE-001, BIND-001, .*DRAIN-002, .*\n$/,
    );
  });
});
