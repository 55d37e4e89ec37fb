/**
 * `plimsoll render`: what a profile compiles to, as git would hold it.
 */
import { expect, it } from "vitest";
import { parseAllDocuments } from "yaml";
import { deploymentText, podText, profileText } from "./manifest-texts.ts";
import { runPlimsoll } from "./program-run.ts";

const sources = `${deploymentText()}---\n${profileText()}`;

async function rendered(text: string): Promise<readonly unknown[]> {
  const { stdout } = await runPlimsoll(["render", "-"], text);
  return parseAllDocuments(stdout).map((document) => document.toJS() as unknown);
}

/** What check says of a text: "DENIED", "allowed" and findings that are more than recorded. */
async function judged(text: string): Promise<readonly string[]> {
  const { stdout } = await runPlimsoll(["check", "-o", "json", "-"], text);
  const { results } = JSON.parse(stdout) as {
    readonly results: readonly {
      readonly kind: string;
      readonly allowed: boolean;
      readonly findings: readonly { readonly rule: string; readonly action: string }[];
    }[];
  };
  return results.map(({ kind, allowed, findings }) => {
    const told = findings.filter(({ action }) => action !== "audit").map(({ rule, action }) => ` ${action} ${rule}`);
    return `${allowed ? "allowed" : "DENIED"} ${kind}${told.join("")}`;
  });
}

it("prints a bound workload with the template that its Pods would have, its budget, and the profile that then only checks", async () => {
  const { code, stderr } = await runPlimsoll(["render", "-"], sources);
  const [profile, deployment, budget, ...rest] = await rendered(sources);
  expect(profile).toMatchObject({ kind: "WorkloadProfile", spec: { runtimeClass: "general", validateOnly: true } });
  expect(deployment).toMatchObject({
    kind: "Deployment",
    metadata: { name: "web", namespace: "shop" },
    spec: { replicas: 2, template: { metadata: { labels: { app: "web" } }, spec: { nodeSelector: { "workload-class": "general" } } } },
  });
  expect(budget).toEqual({
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: "web", namespace: "shop" },
    spec: { maxUnavailable: 1, selector: { matchLabels: { app: "web" } }, unhealthyPodEvictionPolicy: "AlwaysAllow" },
  });
  expect({ code, stderr, rest }).toEqual({ code: 0, stderr: "", rest: [] });
});

it("what it prints is judged by check as the workload that it is", async () => {
  const { stdout } = await runPlimsoll(["render", "-"], sources);
  expect(await judged(stdout)).toEqual(["allowed WorkloadProfile", "allowed Deployment warn DRAIN-011", "allowed PodDisruptionBudget"]);
});

it("what it prints, rendered again, is the same", async () => {
  const { stdout } = await runPlimsoll(["render", "-"], sources);
  expect((await runPlimsoll(["render", "-"], stdout)).stdout).toBe(stdout);
});

it("gives a CronJob's Jobs what they would get at their creation", async () => {
  const cronJob = `apiVersion: batch/v1
kind: CronJob
metadata: {name: web, namespace: shop}
spec:
  schedule: "0 2 * * *"
  jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: app, image: "registry.example.com/app:1"}]}}}}
`;
  const [, printed] = await rendered(`${cronJob}---\n${profileText({ spec: "runtimeClass: batch" })}`);
  expect(printed).toMatchObject({
    kind: "CronJob",
    spec: {
      schedule: "0 2 * * *",
      jobTemplate: {
        spec: {
          podFailurePolicy: { rules: [{ action: "Ignore" }] },
          template: { spec: { restartPolicy: "Never", nodeSelector: { "workload-class": "batch" } } },
        },
      },
    },
  });
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
  const { code, stdout, stderr } = await runPlimsoll(["render", "-"], `hello\n---\n${sources}`);
  expect(stdout).toContain("kind: PodDisruptionBudget");
  expect(stderr).toContain("standard input:1: is not a Kubernetes object");
  expect(code).toBe(2);
});
