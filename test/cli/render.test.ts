/**
 * `plimsoll render`: the Pod and the budget that a profile compiles to.
 */
import { expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { deploymentText, podText, profileText } from "./manifest-texts.ts";
import { runPlimsoll } from "./program-run.ts";

it("prints a bound workload's Pod and budget as YAML that can be applied", async () => {
  const { code, stdout, stderr } = await runPlimsoll(["render", "-"], `${deploymentText()}---\n${profileText()}`);
  const [pod, budget, ...rest] = parseAllDocuments(stdout).map((document) => document.toJS() as unknown);
  expect(pod).toMatchObject({ kind: "Pod", metadata: { namespace: "shop" }, spec: { nodeSelector: { "workload-class": "general" } } });
  expect(budget).toMatchObject({
    kind: "PodDisruptionBudget",
    metadata: { name: "web", namespace: "shop" },
    spec: { maxUnavailable: 1, selector: { matchLabels: { app: "web" } } },
  });
  expect({ code, stderr, rest }).toEqual({ code: 0, stderr: "", rest: [] });
});

it("what it prints is admitted by check as it is, but for what a Pod and its budget lack without their owner", async () => {
  const sources = `${deploymentText()}---\n${profileText()}`;
  const { stdout } = await runPlimsoll(["render", "-"], sources);
  const { stdout: answer } = await runPlimsoll(["check", "-o", "json", "-"], stdout);
  const { results } = JSON.parse(answer) as {
    readonly results: readonly { readonly findings: readonly { readonly rule: string; readonly action: string }[] }[];
  };
  expect(results.length).toBe(2);
  expect(results.flatMap(({ findings }) => findings.filter(({ action }) => action === "deny").map(({ rule }) => rule))).toEqual([
    "BARE-001",
    "DRAIN-018",
    "DRAIN-018",
  ]);
});

it("says on stderr what it leaves out, and why", async () => {
  const { code, stdout, stderr } = await runPlimsoll(["render", "-"], podText);
  expect({ code, stdout, stderr }).toEqual({
    code: 0,
    stdout: "",
    stderr: "note: Pod shop/debug: no WorkloadProfile binds it, so nothing is compiled but our labels\n",
  });
});

it("renders the rest beside bad input, and exits 2", async () => {
  const { code, stdout, stderr } = await runPlimsoll(["render", "-"], `hello\n---\n${deploymentText()}---\n${profileText()}`);
  expect(stdout).toContain("kind: PodDisruptionBudget");
  expect(stderr).toContain("standard input:1: is not a Kubernetes object");
  expect(code).toBe(2);
});
