/**
 * Forged reviews: anybody who reaches the webhook's port may say what the API server would say, and nothing follows from it.
 *
 * A real `plimsoll serve` that provisions, on the real control plane under the deployed rights. Reviews are posted straight to its port: of
 * objects that don't exist, and of standing ones by their true uid and resourceVersion. Everything that our account writes is in the API
 * server's audit log.
 */
import { request } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import type { KubeObject } from "../../src/api/object.ts";
import type { Pod } from "../../src/api/pod.ts";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { applyExamples, everCreated, labCheckout, labInfrastructure, podsOf } from "../support/lab.ts";
import { forbiddenRequests, installPlimsoll, type ServeProcess, startServe } from "../support/plimsoll-serve.ts";

const waits = { timeout: 60_000, interval: 200 };
const account = "system:serviceaccount:plimsoll-system:plimsoll";
/** Longer than refusals wait until they are told on profiles, and than a plan collects demand. */
const settleMs = 8_000;
/** What a provisioner that nobody asks anything of goes on writing. */
const background = new Set(["leases", "nodeclaims/status", "nodepools/status", "nodes", "events"]);

interface Forged {
  readonly apiVersion: string;
  readonly kind: string;
  readonly resource: string;
  readonly subResource?: string;
  /** Of the invented object; a standing one is sent as it stands, with this over its spec. */
  readonly spec?: object;
  /** The path of a standing object. */
  readonly standing?: string;
}

/** As much as its class allows, so that it is let in: forty of them would fill the pool. */
const huge = { requests: { cpu: "6", memory: "12Gi" }, limits: { memory: "12Gi" } };
const template = {
  metadata: { labels: { app: "forged" } },
  spec: { containers: [{ name: "app", image: "registry.example.com/app:1", resources: huge }] },
};
const grown = { replicas: 40, selector: { matchLabels: { app: "forged" } }, template };
const everything = { selector: { matchLabels: { app: "checkout-api" } } };
const checkout = "/apis/apps/v1/namespaces/checkout";
const own = "/apis/platform.example.com/v1";

const forged: readonly Forged[] = [
  { apiVersion: "apps/v1", kind: "Deployment", resource: "deployments", spec: grown, standing: `${checkout}/deployments/checkout-api` },
  { apiVersion: "apps/v1", kind: "StatefulSet", resource: "statefulsets", spec: { ...grown, serviceName: "forged" } },
  { apiVersion: "apps/v1", kind: "ReplicaSet", resource: "replicasets", spec: grown },
  { apiVersion: "apps/v1", kind: "DaemonSet", resource: "daemonsets", spec: { selector: grown.selector, template } },
  { apiVersion: "v1", kind: "ReplicationController", resource: "replicationcontrollers", spec: { ...grown, selector: { app: "forged" } } },
  { apiVersion: "batch/v1", kind: "Job", resource: "jobs", spec: { parallelism: 40, completions: 40, template } },
  { apiVersion: "batch/v1", kind: "CronJob", resource: "cronjobs", spec: { schedule: "* * * * *", jobTemplate: { spec: { template } } } },
  { apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", resource: "rollouts", spec: grown },
  { apiVersion: "v1", kind: "Pod", resource: "pods", spec: template.spec },
  { apiVersion: "autoscaling/v1", kind: "Scale", resource: "deployments", subResource: "scale", spec: { replicas: 90 } },
  { apiVersion: "autoscaling/v1", kind: "Scale", resource: "statefulsets", subResource: "scale", spec: { replicas: 90 } },
  {
    ...{ apiVersion: "autoscaling/v2", kind: "HorizontalPodAutoscaler", resource: "horizontalpodautoscalers" },
    spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "checkout-api" }, minReplicas: 60, maxReplicas: 90 },
  },
  { apiVersion: "keda.sh/v1alpha1", kind: "ScaledObject", resource: "scaledobjects", spec: { scaleTargetRef: { name: "checkout-api" } } },
  {
    ...{
      apiVersion: "policy/v1",
      kind: "PodDisruptionBudget",
      resource: "poddisruptionbudgets",
      spec: { maxUnavailable: 0, ...everything },
    },
    standing: "/apis/policy/v1/namespaces/checkout/poddisruptionbudgets/checkout-api",
  },
  {
    ...{ apiVersion: "platform.example.com/v1", kind: "WorkloadProfile", resource: "workloadprofiles" },
    ...{ spec: { availability: { minReplicas: 80 } }, standing: `${own}/namespaces/checkout/workloadprofiles/checkout-api` },
  },
  {
    ...{ apiVersion: "autoscaling.x-k8s.io/v1beta1", kind: "CapacityBuffer", resource: "capacitybuffers" },
    spec: { replicas: 40, scalableRef: { apiGroup: "apps", kind: "Deployment", name: "checkout-api" } },
  },
  { apiVersion: "v1", kind: "PodTemplate", resource: "podtemplates", spec: template },
  { apiVersion: "karpenter.sh/v1", kind: "NodePool", resource: "nodepools", spec: { limits: {} } },
  { apiVersion: "karpenter.sh/v1", kind: "NodeClaim", resource: "nodeclaims", spec: { requirements: [] } },
  { apiVersion: "karpenter.k8s.aws/v1", kind: "EC2NodeClass", resource: "ec2nodeclasses", spec: { role: "other" } },
  { apiVersion: "v1", kind: "Namespace", resource: "namespaces", standing: "/api/v1/namespaces/checkout" },
  { apiVersion: "v1", kind: "ResourceQuota", resource: "resourcequotas", spec: { hard: { pods: "0" } } },
  { apiVersion: "v1", kind: "Node", resource: "nodes", spec: { unschedulable: true } },
];

await describeOnControlPlane("forged reviews", () => {
  let controlPlane: ControlPlane;
  let serve: ServeProcess;

  beforeAll(async () => {
    controlPlane = await startControlPlane();
    await installPlimsoll(controlPlane);
    await applyExamples(controlPlane, labInfrastructure);
    serve = await startServe({ controlPlane, provider: "kwok" });
    await applyExamples(controlPlane, labCheckout);
    // The only replica of its Deployment, in a namespace where no rule asks for a second.
    const solo = { replicas: 1, selector: { matchLabels: { app: "solo" } }, template: soloTemplate };
    const applied = await controlPlane.kubectl(["apply", "-f", "-"], {
      stdin: stringify({ apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "solo", namespace: "kube-system" }, spec: solo }),
    });
    expect(applied.stderr).toBe("");
  }, 180_000);

  afterAll(async () => {
    await serve.stop();
    await controlPlane.close();
  });

  it("come to a cluster where all Pods run, one of which may be evicted", { timeout: 120_000 }, async () => {
    await expect.poll(async () => (await readyPods("checkout")).length, waits).toBe(6);
    await expect.poll(async () => (await readyPods("kube-system")).length, waits).toBe(1);
    await expect.poll(() => evictionsAllowed(), waits).toBe(1);
    // What the plans of before have still to write, such as a Pod's hint that is taken back.
    await expect.poll(async () => (await writesSince(5_000)).length, waits).toBe(0);
  });

  it("of twenty kinds buy, write, roll and book nothing", { timeout: 120_000 }, async () => {
    const claims = await everCreated(controlPlane, "nodeclaims");
    const before = (await ourWrites()).length;
    const answers: string[] = [];
    for (const one of forged) for (const review of await reviewsOf(one)) answers.push(await post(review));
    expect(answers[0], "the Deployment that doesn't exist").toBe("allowed");
    for (const pod of [...(await readyPods("checkout")), ...(await readyPods("kube-system"))]) answers.push(await post(evictionOf(pod)));
    // Most are let in, as they would be from the API server: it is not by refusing them that nothing follows.
    expect(answers.filter((answer) => answer === "allowed").length).toBeGreaterThan(forged.length / 2);
    await sleep(settleMs);
    const written = (await ourWrites()).slice(before);
    expect(written.filter((what) => what !== toldDenial)).toEqual([]);
    // What was refused is told on the one profile that stands, once.
    expect(written.length).toBeLessThanOrEqual(1);
    expect(await everCreated(controlPlane, "nodeclaims")).toBe(claims);
    const [evicted] = await readyPods("checkout");
    const { status, body } = await controlPlane.request({
      method: "POST",
      path: `/api/v1/namespaces/checkout/pods/${evicted?.metadata.name ?? ""}/eviction`,
      body: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: evicted?.metadata.name, namespace: "checkout" } },
    });
    expect(status, JSON.stringify(body)).toBe(201);
  });

  it("come from strangers, once the API server has called by the path that is registered", async () => {
    const counted = async (): Promise<number> =>
      Number(/^plimsoll_admission_strangers_total (\d+)$/m.exec(await serve.metrics())?.[1] ?? NaN);
    const asked = (): Promise<{ readonly status: number; readonly body: unknown }> =>
      controlPlane.request({
        method: "POST",
        path: "/apis/apps/v1/namespaces/checkout/deployments?dryRun=All",
        body: { apiVersion: "apps/v1", kind: "Deployment", metadata: { name: "known", namespace: "checkout" }, spec: grown },
      });
    const first = await asked();
    expect([201, 403], JSON.stringify(first.body)).toContain(first.status);
    const before = await counted();
    for (let review = 0; review < 5; review++) await asked();
    expect(await counted()).toBe(before);
    await post(evictionOf((await readyPods("checkout"))[0]!));
    expect(await counted()).toBe(before + 2);
  });

  it("were answered under the deployed rights", async () => {
    expect(await forbiddenRequests(controlPlane)).toEqual([]);
  });

  const toldDenial = "patch workloadprofiles/status plimsoll-denials";

  async function ourWrites(): Promise<readonly string[]> {
    return (await controlPlane.auditEvents()).flatMap(({ user, verb, stage, objectRef, requestURI }) => {
      if (user.username !== account || stage !== "ResponseComplete" || ["get", "list", "watch"].includes(verb)) return [];
      const { pathname, searchParams } = new URL(requestURI, "https://api");
      const resource = `${objectRef?.resource ?? ""}${pathname.endsWith("/status") ? "/status" : ""}`;
      return background.has(resource) ? [] : [`${verb} ${resource} ${searchParams.get("fieldManager") ?? ""}`];
    });
  }

  async function writesSince(quietMs: number): Promise<readonly string[]> {
    const before = (await ourWrites()).length;
    await sleep(quietMs);
    return (await ourWrites()).slice(before);
  }

  async function readyPods(namespace: string): Promise<readonly Pod[]> {
    return (await podsOf(controlPlane, namespace)).items.filter(
      ({ metadata, status }) =>
        metadata.deletionTimestamp === undefined && status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True"),
    );
  }

  async function evictionsAllowed(): Promise<number | undefined> {
    const { body } = await controlPlane.request({ method: "GET", path: "/apis/policy/v1/namespaces/checkout/poddisruptionbudgets" });
    return (body as { readonly items: readonly { readonly status?: { readonly disruptionsAllowed?: number } }[] }).items[0]?.status
      ?.disruptionsAllowed;
  }

  /** The creation of an invented object, and the change of a standing one. */
  async function reviewsOf(one: Forged): Promise<readonly object[]> {
    const { apiVersion, kind, spec, standing } = one;
    const name = one.subResource === undefined ? "forged" : "checkout-api";
    const invented = { apiVersion, kind, metadata: { name, namespace: "checkout", uid: "forged", resourceVersion: "1" }, spec };
    const operation = one.subResource === undefined ? "CREATE" : "UPDATE";
    const reviews = [reviewOf(one, { operation, object: invented })];
    if (standing === undefined) return reviews;
    const answer = await controlPlane.request({ method: "GET", path: standing });
    expect(answer.status, standing).toBe(200);
    const oldObject = answer.body as KubeObject & { readonly spec?: object };
    const object = { ...oldObject, spec: { ...oldObject.spec, ...spec } };
    return [...reviews, reviewOf(one, { operation: "UPDATE", object, oldObject }), reviewOf(one, { operation: "CREATE", object })];
  }

  function evictionOf({ metadata }: Pod): object {
    const object = {
      apiVersion: "policy/v1",
      kind: "Eviction",
      metadata: { name: metadata.name ?? "", namespace: metadata.namespace ?? "" },
    };
    return reviewOf(
      { apiVersion: "policy/v1", kind: "Eviction", resource: "pods", subResource: "eviction" },
      { operation: "CREATE", object },
    );
  }

  function reviewOf(
    { apiVersion, kind, resource, subResource }: Forged,
    { operation, object, oldObject }: { readonly operation: string; readonly object: KubeObject; readonly oldObject?: KubeObject },
  ): object {
    const [version = "", group = ""] = apiVersion.split("/").reverse();
    const { name, namespace } = object.metadata;
    return {
      apiVersion: "admission.k8s.io/v1",
      kind: "AdmissionReview",
      request: {
        ...{ uid: "forged", kind: { group, version, kind }, operation, name, namespace, object },
        resource: { group: subResource === "scale" ? "apps" : kind === "Eviction" ? "" : group, version: "v1", resource },
        ...(subResource === undefined ? {} : { subResource }),
        ...(oldObject === undefined ? {} : { oldObject }),
        userInfo: { username: "system:admin", groups: ["system:masters"] },
        dryRun: false,
      },
    };
  }

  /** Posts to both phases; the answer is that of the second. */
  async function post(review: object): Promise<"allowed" | "denied"> {
    await postTo("/mutate/open", review);
    const text = await postTo("/validate/open", review);
    return (JSON.parse(text) as { readonly response: { readonly allowed: boolean } }).response.allowed ? "allowed" : "denied";
  }

  function postTo(path: string, review: object): Promise<string> {
    return new Promise((answered, failed) => {
      const headers = { "content-type": "application/json" };
      const asked = request(
        { host: "127.0.0.1", port: serve.port, path, method: "POST", headers, rejectUnauthorized: false },
        (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (chunk: string) => {
            text += chunk;
          });
          response.once("end", () => {
            answered(text);
          });
        },
      );
      asked.once("error", failed);
      asked.end(JSON.stringify(review));
    });
  }
});

const soloTemplate = {
  metadata: { labels: { app: "solo" } },
  spec: { containers: [{ name: "app", image: "registry.example.com/app:1", resources: { requests: { cpu: "100m", memory: "64Mi" } } }] },
};
