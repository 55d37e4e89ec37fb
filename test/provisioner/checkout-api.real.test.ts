/**
 * The lab's checkout-api on the real control plane, from kubectl apply to bound Pods, with nodes that join late.
 *
 * The plan of `plimsoll plan` is the measure: nodes, price and the NodeClaims ever made are its.
 */
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { planOf } from "../../src/cli/plan.ts";
import type { Plan } from "../../src/cli/plan-form.ts";
import { platformNames } from "../../src/api/labels.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import type { Pod } from "../../src/api/pod.ts";
import { fallbackPrices } from "../../src/catalog/price-table.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { parsePolicySet } from "../../src/policies/parse-policy-set.ts";
import { startControlPlane, type ControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { yamlObjects, yamlText } from "../support/yaml-objects.ts";
import { applyExamples, everCreated, labCheckout, labInfrastructure, nodeClaims, podsOf } from "../support/lab.ts";
import { forbiddenRequests, installPlimsoll, startServe, type ServeProcess } from "../support/plimsoll-serve.ts";

const zoneLabel = "topology.kubernetes.io/zone";
const repository = resolve(import.meta.dirname, "../..");
const checkout = `examples/${labCheckout}`;
const zones = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"];
const joinDelays = "ap-southeast-1b=5s,ap-southeast-1c=10s";
const waits = { timeout: 60_000, interval: 250 };

await describeOnControlPlane("checkout-api on the real control plane", () => {
  let plane: ControlPlane;
  let plimsoll: ServeProcess;
  const plan = labPlan();

  beforeAll(async () => {
    plane = await startControlPlane();
    await installPlimsoll(plane);
    await applyExamples(plane, labInfrastructure);
    plimsoll = await startServe({ controlPlane: plane, provider: "kwok", args: ["--kwok-join-delay", joinDelays] });
  }, 600_000);

  afterAll(async () => {
    await plimsoll.stop();
    await plane.close();
  });

  test("a dry-run apply makes no NodeClaim, and neither does one that another webhook refuses", async () => {
    // Without its profile the Deployment would be refused by us (REQ-001): its requests stand there.
    const [profile] = yamlObjects(checkout);
    // The first tries may come before the API server knows our webhooks' certificate.
    await expect.poll(async () => (await plane.kubectl(["apply", "-f", "-"], { stdin: JSON.stringify(profile) })).stderr, waits).toBe("");
    expect(await plane.kubectl(["apply", "--dry-run=server", "-f", join(repository, checkout)])).toMatchObject({ code: 0 });
    await create(plane, "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations", refusingWebhook);
    // A new configuration is in force within a second or so; it refuses because nobody answers.
    await expect
      .poll(async () => (await plane.kubectl(["apply", "--dry-run=server", "-f", join(repository, checkout)])).stderr, waits)
      .toContain("refuse.example.com");
    expect((await plane.kubectl(["apply", "-f", join(repository, checkout)])).stderr).toContain("refuse.example.com");
    await sleep(3_000);
    expect(await nodeClaims(plane)).toEqual([]);
    const path = `/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/${refusingWebhook.metadata.name}`;
    expect(await plane.request({ method: "DELETE", path })).toMatchObject({ status: 200 });
  }, 120_000);

  test("applied, its Pods run two a zone on the planned nodes, and no NodeClaim is made beyond the plan", async () => {
    await applyWhenAllowed(plane);
    await expect.poll(async () => podsByZone(plane), waits).toEqual([2, 2, 2]);
    await expect.poll(async () => (await nodeClaims(plane)).every(isReady), waits).toBe(true);
    expect(nodesOf(await nodeClaims(plane))).toEqual(plannedNodes(plan));
    expect(priceOf(await nodeClaims(plane))).toBeCloseTo(plan.pricePerHour, 9);
    await sleep(2_000);
    expect(await everCreated(plane, "nodeclaims")).toBe(plan.nodes.length);
  }, 120_000);

  test("each Pod carries the fields of its contract", async () => {
    for (const { spec } of await checkoutPods(plane)) {
      expect(spec.containers[0]?.resources).toEqual({ requests: { cpu: "1", memory: "2Gi" }, limits: { memory: "3Gi" } });
      expect(spec).toMatchObject({ nodeSelector: { "workload-class": "general" }, terminationGracePeriodSeconds: 60 });
      expect(spec.affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms).toEqual([
        { matchExpressions: [{ key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] }] },
      ]);
      expect(spec.topologySpreadConstraints).toMatchObject([
        { topologyKey: zoneLabel, maxSkew: 1, whenUnsatisfiable: "DoNotSchedule", minDomains: 3, nodeTaintsPolicy: "Honor" },
        { topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway" },
      ]);
    }
  });

  test("deleted NodeClaims drain their nodes, and the Nodes go with them", async () => {
    expect(await plane.kubectl(["delete", "deployment", "-n", "checkout", "checkout-api"])).toMatchObject({ code: 0 });
    expect(await plane.kubectl(["delete", "nodeclaims", "--all", "--wait=false"])).toMatchObject({ code: 0 });
    await expect.poll(async () => (await plane.kubectl(["get", "nodes,nodeclaims", "-o", "name"])).stdout, waits).toBe("");
  }, 120_000);

  test("without a controller manager an apply makes the NodeClaims; once it is back all Pods bind and no claim is added", async () => {
    const before = await everCreated(plane, "nodeclaims");
    await plane.stop("kube-controller-manager");
    await applyWhenAllowed(plane);
    await expect.poll(async () => (await nodeClaims(plane)).length, waits).toBe(plan.nodes.length);
    expect(await checkoutPods(plane)).toEqual([]);
    await sleep(10_000);
    await plane.start("kube-controller-manager");
    await expect.poll(async () => podsByZone(plane), waits).toEqual([2, 2, 2]);
    await sleep(2_000);
    expect(nodesOf(await nodeClaims(plane))).toEqual(plannedNodes(plan));
    expect((await everCreated(plane, "nodeclaims")) - before).toBe(plan.nodes.length);
  }, 180_000);

  test("nothing that our service account asked was forbidden", async () => {
    expect(await forbiddenRequests(plane)).toEqual([]);
  });
});

/** A webhook that stands in everybody's way: its address answers nobody. */
const refusingWebhook = {
  apiVersion: "admissionregistration.k8s.io/v1",
  kind: "ValidatingWebhookConfiguration",
  metadata: { name: "refuse" },
  webhooks: [
    {
      name: "refuse.example.com",
      clientConfig: { url: "https://127.0.0.1:1/refuse" },
      rules: [{ apiGroups: ["apps"], apiVersions: ["v1"], operations: ["CREATE"], resources: ["deployments"] }],
      failurePolicy: "Fail",
      sideEffects: "None",
      admissionReviewVersions: ["v1"],
      timeoutSeconds: 1,
    },
  ],
};

function labPlan(): Plan {
  const policySet = parsePolicySet({ text: yamlText("policies.yaml"), fileName: "policies.yaml" });
  if (!policySet.ok) throw new Error("policies.yaml does not parse");
  const objects = [labInfrastructure, labCheckout].flatMap((path) => yamlObjects(`examples/${path}`));
  return planOf({ snapshot: snapshotOf(objects), policySet: policySet.value, names: platformNames() });
}

/** The refusing webhook may be in force for a moment after its configuration is gone. */
async function applyWhenAllowed(plane: ControlPlane): Promise<void> {
  await expect.poll(async () => (await plane.kubectl(["apply", "-f", join(repository, checkout)])).stderr, waits).not.toContain("refuse");
}

async function create(plane: ControlPlane, path: string, body: object): Promise<void> {
  expect(await plane.request({ method: "POST", path, body })).toMatchObject({ status: 201 });
}

async function checkoutPods(plane: ControlPlane): Promise<readonly Pod[]> {
  return (await podsOf(plane, "checkout")).items;
}

/** Bound Pods by zone, in the order of zones. */
async function podsByZone(plane: ControlPlane): Promise<readonly number[]> {
  const zoneOf = new Map((await nodeClaims(plane)).map(({ metadata, status }) => [status?.nodeName, metadata.labels?.[zoneLabel]]));
  const bound = (await checkoutPods(plane)).flatMap(({ spec }) => (spec.nodeName ? [zoneOf.get(spec.nodeName)] : []));
  return zones.map((zone) => bound.filter((one) => one === zone).length);
}

function nodesOf(made: readonly NodeClaim[]): readonly string[] {
  return made
    .map(({ metadata: { labels = {} } }) =>
      [
        labels["karpenter.sh/nodepool"],
        labels["node.kubernetes.io/instance-type"],
        labels[zoneLabel],
        labels["karpenter.sh/capacity-type"],
      ].join(" "),
    )
    .sort();
}

/** What the claims' launched offerings cost together, USD an hour. */
function priceOf(made: readonly NodeClaim[]): number {
  const prices = fallbackPrices();
  return made.reduce(
    (sum, { metadata: { labels = {} } }) => sum + (prices.onDemand(labels["node.kubernetes.io/instance-type"] ?? "") ?? NaN),
    0,
  );
}

function plannedNodes({ nodes }: Plan): readonly string[] {
  return nodes.map(({ nodePool, instanceType, zone, capacityType }) => [nodePool, instanceType, zone, capacityType].join(" ")).sort();
}

function isReady({ status }: NodeClaim): boolean {
  return status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") === true;
}
