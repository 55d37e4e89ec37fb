/**
 * The words of `plimsoll check` for what comes in numbers, has no name yet, or was not read.
 */
import { expect, it } from "vitest";
import { deploymentText } from "./manifest-texts.ts";
import { folderOf, runPlimsoll } from "./program-run.ts";

const budget = (name: string): string => `---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: ${name}, namespace: shop}
spec: {maxUnavailable: 1, selector: {matchLabels: {app: web}}}
`;

it("names every budget of three over one Pod, and says to keep one", async () => {
  const { stdout } = await runPlimsoll(["check", "-"], deploymentText() + ["a", "b", "c"].map(budget).join(""));
  expect(stdout).toContain('PodDisruptionBudgets "a", "b" and "c" all select pods of Deployment web');
  expect(stdout).toContain("fix: keep one of the PDBs\n");
});

it("tells which folders of a folder are not read", async () => {
  const { stderr } = await runPlimsoll(["check", folderOf({ "web.yaml": deploymentText(), "below/api.yaml": deploymentText() })]);
  expect(stderr).toContain("folders in it are not read: below; name each to have it read");
});

it("takes a chart's own files for no manifests, and says who renders it", async () => {
  const files = { "Chart.yaml": "apiVersion: v2\nname: web\n", "values.yaml": "replicas: 2\n" };
  const { stderr } = await runPlimsoll(["check", folderOf(files)]);
  expect(stderr).toContain("is a Helm chart; judge what it renders: helm template");
  expect(stderr).not.toContain("values.yaml");
});
