/**
 * The built command as a person runs it: node dist/main.js, its streams and its exit code. `npm run build` makes it.
 */
import { spawn, spawnSync } from "node:child_process";
import { constants, accessSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { budgetText, deploymentText, podText } from "./manifest-texts.ts";
import { folderOf } from "./program-run.ts";

const entry = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

function run(args: readonly string[], options: { readonly input?: string; readonly cwd?: string } = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [entry, ...args], { encoding: "utf8", ...options });
  return { code: status, stdout, stderr };
}

it("is an executable file, since npx runs the file itself", () => {
  expect(() => {
    accessSync(entry, constants.X_OK);
  }).not.toThrow();
});

it("reads standard input to its end, however slowly it comes", async () => {
  const child = spawn(process.execPath, [entry, "check", "-"], { stdio: ["pipe", "pipe", "ignore"] });
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stdin.write(deploymentText().slice(0, 20));
  await new Promise((resolve) => setTimeout(resolve, 300));
  child.stdin.end(deploymentText().slice(20));
  const code = await new Promise((resolve) => child.once("close", resolve));
  expect(stdout).toContain("1 allowed, 0 denied");
  expect(code).toBe(0);
});

it("exits with the verdict", () => {
  const input = `${deploymentText({ spec: "replicas: 1" })}---\n${budgetText()}`;
  const { code, stdout } = run(["check", "-o", "json", "-"], { input });
  expect((JSON.parse(stdout) as { summary: unknown }).summary).toMatchObject({ allowed: 0, denied: 2 });
  expect(code).toBe(1);
});

it("looks for policies.yaml where it is run, and says how to name another", () => {
  const { code, stdout, stderr } = run(["check", "-"], { input: podText, cwd: folderOf({}) });
  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: "",
    stderr: "policies.yaml: no such policies file; name one with --policies FILE\n",
  });
});

it("ends quietly when its reader has seen enough", () => {
  const folder = folderOf({
    "many.yaml": Array.from({ length: 800 }, (_, index) => podText.replace("debug", `p${index}`)).join("---\n"),
  });
  const command = `"${process.execPath}" "${entry}" check "${join(folder, "many.yaml")}" | head -n 1`;
  const { stdout, stderr } = spawnSync("sh", ["-c", command], { encoding: "utf8" });
  expect(stdout).toContain("Pod shop/p0");
  expect(stderr).not.toContain("EPIPE");
});
