/**
 * `plimsoll advise class`: a profile that `check` takes beside its workload, and what is said where a person must do something first.
 */
import { describe, expect, it } from "vitest";
import { deploymentText } from "./manifest-texts.ts";
import { folderOf, runPlimsoll } from "./program-run.ts";

const serving = (text: string): string => text.replace("{name: app,", "{name: app, ports: [{containerPort: 8080}],");
const scaler = (bounds: string): string => `apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, ${bounds}, metrics: []}
`;
const scaledObject = `apiVersion: keda.sh/v1alpha1
kind: ScaledObject
metadata: {name: web, namespace: shop}
spec: {scaleTargetRef: {name: web}, minReplicaCount: 3, maxReplicaCount: 50, triggers: [{type: cpu, metadata: {value: "60"}}]}
`;
const daemonSet = (namespace: string): string =>
  deploymentText({ namespace, spec: "minReadySeconds: 0" }).replace("kind: Deployment", "kind: DaemonSet");
const sidecar =
  "initContainers: [{name: mesh, image: mesh:1, restartPolicy: Always, resources: {requests: {cpu: 50m, memory: 64Mi}}}], containers:";

function check(title: string, manifest: string, advised: string): void {
  it(title, async () => {
    const { stdout } = await runPlimsoll(["advise", "class", "-"], manifest);
    expect(stdout).toContain(advised);
    const folder = folderOf({ "both.yaml": `${manifest}---\n${stdout}` });
    const verdict = await runPlimsoll(["check", folder]);
    expect(verdict.stdout).not.toContain("DENIED");
    expect(verdict.code).toBe(0);
  });
}

describe("check takes the advised profile beside its workload", () => {
  check("of plain replicas", serving(deploymentText()), "minReplicas: 2\nscaling:\n  maxReplicas: 2".replaceAll("\n", "\n  "));
  check(
    "with the bounds of its HorizontalPodAutoscaler",
    `${serving(deploymentText())}---\n${scaler("minReplicas: 2, maxReplicas: 9")}`,
    "maxReplicas: 9",
  );
  check(
    "with the bounds of its ScaledObject",
    `${serving(deploymentText({ spec: "minReadySeconds: 0" }))}---\n${scaledObject}`,
    "maxReplicas: 50",
  );
  check("sizing the main container alone", serving(deploymentText()).replace("containers:", sidecar), "cpuRequest: 100m");
  check("of a DaemonSet where class system is granted", daemonSet("platform-dns"), "runtimeClass: system");
  check("of a DaemonSet where it is not", daemonSet("shop"), "which namespace shop is not granted");
});

it("says what one replica needs where its class refuses it", async () => {
  const { stdout } = await runPlimsoll(["advise", "class", "-"], serving(deploymentText({ spec: "replicas: 1" })));
  expect(stdout).toContain("#   class general refuses one replica: set replicas to 2, or ask for an exemption from DRAIN-001");
  expect(stdout).toContain("minReplicas: 2");
});

it("names the profile of a Job whose name is generated, and the label that binds it", async () => {
  const job = `apiVersion: batch/v1
kind: Job
metadata: {generateName: migrate-, namespace: shop}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: m, image: m:1, resources: {requests: {cpu: 100m, memory: 64Mi}}}]}}}
`;
  const { stdout } = await runPlimsoll(["advise", "class", "-"], job);
  expect(stdout).toContain("name: migrate\n");
  expect(stdout).toContain("set label platform.example.com/profile: migrate on it");
  expect(stdout).toContain("check refuses it until you declare disruption.idempotent");
});

describe("a workload that selects a managed node group", () => {
  const selecting = (selector: string): string =>
    serving(deploymentText()).replace("spec: {containers", `spec: {nodeSelector: {${selector}}, containers`);
  it.each([
    ["eks.amazonaws.com/nodegroup: gpu-workers-2a", "gpu"],
    ["eks.amazonaws.com/nodegroup: prod_batch", "batch"],
    ["alpha.eksctl.io/nodegroup-name: memory.large", "memory"],
    ["eks.amazonaws.com/capacityType: SPOT", "batch"],
    ["eks.amazonaws.com/nodegroup: workers", "general"],
  ])("belongs in the class that it is named after: %s", async (selector, className) => {
    const { stdout } = await runPlimsoll(["advise", "class", "-"], selecting(selector));
    expect(stdout).toContain(`runtimeClass: ${className}`);
    expect(stdout).toContain(`no NodePool's nodes have ${selector}: take it out of its node selector, and its class places it`);
  });
  it("says so where the selector is an affinity", async () => {
    const term = "{key: eks.amazonaws.com/nodegroup, operator: In, values: [batch-1]}";
    const affinity = `affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [{matchExpressions: [${term}]}]}}}`;
    const { stdout } = await runPlimsoll(
      ["advise", "class", "-"],
      deploymentText().replace("spec: {containers", `spec: {${affinity}, containers`),
    );
    expect(stdout).toContain("it selects nodes by eks.amazonaws.com/nodegroup: batch-1");
  });
});
