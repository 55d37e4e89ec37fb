/**
 * The cases of eviction-cases.ts on a real control plane: a namespace for each, Pods with their health, then the budgets.
 *
 * Returns what the disruption controller and the eviction API say beside what our arithmetic says of the same objects.
 */
import type { Condition, LabelSelector } from "../../src/api/object.ts";
import type { PodDisruptionBudget } from "../../src/api/pod-disruption-budget.ts";
import type { Pod } from "../../src/api/pod.ts";
import { disruptionStatus, type PodScale } from "../../src/kube/disruption-budget.ts";
import { evictionAnswer } from "../../src/kube/eviction.ts";
import { controllerOf } from "../../src/kube/owner.ts";
import { isReady } from "../../src/kube/pod-state.ts";
import { matchesSelector } from "../../src/kube/selector.ts";
import type { ControlPlane } from "./control-plane.ts";
import { keeperOf, type EvictionCase, type PodHealth, type WorkloadCase } from "./eviction-cases.ts";

export interface CaseWorld {
  readonly asked: EvictionCase;
  readonly namespace: string;
  /** `allowed` is the real status.disruptionsAllowed, once settled. */
  readonly budgets: readonly { readonly name: string; readonly selector: LabelSelector | undefined; allowed: number }[];
}

interface Answer {
  readonly code: number;
  readonly message: string;
  readonly cause: string;
}

export interface AskedEviction {
  readonly of: CaseWorld;
  /** Of the workload in its case. */
  readonly index: number;
  readonly health: PodHealth;
  readonly real: Answer;
  readonly ours: Answer;
}

export interface EvictionWorld {
  readonly build: (cases: readonly EvictionCase[]) => Promise<readonly CaseWorld[]>;
  /** Returns each budget whose real status still differs from ours after so long. */
  readonly settle: (built: readonly CaseWorld[], patienceMs: number) => Promise<readonly object[]>;
  /** Asks, as a dry run, for one Pod of each workload in each health. */
  readonly evictions: (built: readonly CaseWorld[]) => Promise<readonly AskedEviction[]>;
}

const concurrency = 12;
const pause = (milliseconds: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Defines the custom kinds and a Node for DaemonSets. */
export async function evictionWorld(controlPlane: ControlPlane): Promise<EvictionWorld> {
  const create = creatorOf(controlPlane);
  await create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", customKind("Widget", false));
  await create("/apis/apiextensions.k8s.io/v1/customresourcedefinitions", customKind("Gadget", true));
  await create("/api/v1/nodes", { apiVersion: "v1", kind: "Node", metadata: { name: "node-1" } });
  const found = async <T>(path: string): Promise<readonly T[]> => {
    const { body } = await controlPlane.request({ method: "GET", path });
    return (body as { readonly items: readonly T[] }).items;
  };
  const pods = (): Promise<readonly Pod[]> => found<Pod>("/api/v1/pods");
  const budgets = (): Promise<readonly PodDisruptionBudget[]> => found<PodDisruptionBudget>("/apis/policy/v1/poddisruptionbudgets");
  return {
    build: async (cases) => {
      const built = await inParallel(cases, (asked, index) => buildCase(controlPlane, { asked, namespace: `case-${index}` }));
      // A budget whose first look already sees every Pod has no history of its own.
      await pause(3_000);
      await inParallel(built, async ({ asked, namespace }) => {
        for (const { name, spec } of asked.budgets) {
          const path = `/apis/policy/v1/namespaces/${namespace}/poddisruptionbudgets`;
          await create(path, { apiVersion: "policy/v1", kind: "PodDisruptionBudget", metadata: { name }, spec });
        }
      });
      return built;
    },
    settle: async (built, patienceMs) => {
      const until = Date.now() + patienceMs;
      for (;;) {
        await pause(2_000);
        const differing = differences(built, { pods: await pods(), budgets: await budgets() });
        if (differing.length === 0 || Date.now() >= until) return differing;
      }
    },
    evictions: async (built) => {
      const [livePods, liveBudgets] = [await pods(), await budgets()];
      const asked = built.flatMap((of) => picksOf(of, livePods).map((pick) => ({ ...pick, of })));
      return inParallel(asked, async ({ pod, ...rest }) => {
        const ours = ourAnswer(pod, statedBudgets(rest.of, { pods: livePods, budgets: liveBudgets }));
        return { ...rest, real: await dryRunEviction(controlPlane, pod), ours };
      });
    },
  };
}

interface Live {
  readonly pods: readonly Pod[];
  readonly budgets: readonly PodDisruptionBudget[];
}

/** The case's budgets, each with the status that we compute for it, as if the controller had never looked before. */
function statedBudgets({ asked, namespace }: CaseWorld, live: Live): readonly PodDisruptionBudget[] {
  const own = live.pods.filter((pod) => pod.metadata.namespace === namespace);
  return live.budgets
    .filter(({ metadata }) => metadata.namespace === namespace)
    .map(({ apiVersion, kind, metadata, spec }) => {
      const budget = { apiVersion, kind, metadata, spec };
      const pods = own.filter(({ metadata }) => matchesSelector(budget.spec.selector, metadata.labels));
      const { condition, ...status } = disruptionStatus({ budget, pods, scaleOf: (pod) => scaleOf(pod, asked), now: Date.now() });
      return { ...budget, status: { ...status, conditions: [{ ...condition, lastTransitionTime: "" }] } };
    });
}

function differences(built: readonly CaseWorld[], live: Live): readonly object[] {
  return built.flatMap((one) =>
    statedBudgets(one, live).flatMap((ours) => {
      const { name } = ours.metadata;
      const real = live.budgets.find(({ metadata }) => metadata.namespace === one.namespace && metadata.name === name);
      const kept = one.budgets.find((budget) => budget.name === name);
      if (kept !== undefined) kept.allowed = real?.status?.disruptionsAllowed ?? -1;
      const [wanted, got] = [counts(ours), counts(real)];
      // Of several controllers without a scale the first that is asked is named, and Pods come in any order.
      const named = uncounted(one.asked).map((controller) => `${controller} does not implement the scale subresource`);
      if (named.includes(got.message ?? "") && named.includes(wanted.message ?? "")) got.message = wanted.message;
      return JSON.stringify(wanted) === JSON.stringify(got) ? [] : [{ case: one.asked, namespace: one.namespace, name, wanted, got }];
    }),
  );
}

function uncounted({ workloads }: EvictionCase): readonly string[] {
  return workloads.map(keeperOf).flatMap((keeper) => (keeper.kind === "no-scale" ? [keeper.controller] : []));
}

interface Counts {
  readonly observedGeneration: number;
  readonly disruptionsAllowed: number | undefined;
  readonly currentHealthy: number | undefined;
  readonly desiredHealthy: number | undefined;
  readonly expectedPods: number | undefined;
  readonly reason: string | undefined;
  message: string | undefined;
}

function counts(budget: PodDisruptionBudget | undefined): Counts {
  const { status } = budget ?? {};
  const condition = status?.conditions?.find(({ type }: Condition) => type === "DisruptionAllowed");
  return {
    observedGeneration: status?.observedGeneration ?? 0,
    disruptionsAllowed: status?.disruptionsAllowed,
    currentHealthy: status?.currentHealthy,
    desiredHealthy: status?.desiredHealthy,
    expectedPods: status?.expectedPods,
    reason: condition?.reason,
    message: condition?.message,
  };
}

function scaleOf(pod: Pod, asked: EvictionCase): PodScale {
  const workload = asked.workloads[indexOf(pod)];
  if (workload === undefined) throw new Error(`a Pod of no workload: ${pod.metadata.name ?? ""}`);
  const keeper = keeperOf(workload);
  return keeper.kind === "scale" ? { ...keeper, uid: controllerOf(pod)?.uid ?? "" } : keeper;
}

function indexOf({ metadata }: Pod): number {
  return Number(metadata.labels?.["member"]?.slice(1));
}

/** One Pod of each workload and health. */
function picksOf({ namespace }: CaseWorld, pods: readonly Pod[]): readonly { pod: Pod; index: number; health: PodHealth }[] {
  const picks = pods
    .filter(({ metadata }) => metadata.namespace === namespace)
    .map((pod) => ({ pod, index: indexOf(pod), health: healthOf(pod) }));
  return [...new Map(picks.map((pick) => [`${pick.index} ${pick.health}`, pick])).values()];
}

function healthOf(pod: Pod): PodHealth {
  if (pod.status?.phase !== "Running") return "pending";
  return isReady(pod) ? "ready" : "unready";
}

async function dryRunEviction(controlPlane: ControlPlane, { metadata }: Pod): Promise<Answer> {
  const { namespace = "", name = "" } = metadata;
  const { status, body } = await controlPlane.request({
    method: "POST",
    path: `/api/v1/namespaces/${namespace}/pods/${name}/eviction?dryRun=All`,
    body: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name, namespace }, deleteOptions: { dryRun: ["All"] } },
  });
  if (status < 300) return granted;
  const said = body as { readonly message?: string; readonly details?: { readonly causes?: readonly { readonly message?: string }[] } };
  return { code: status, message: said.message ?? "", cause: said.details?.causes?.[0]?.message ?? "" };
}

const granted: Answer = { code: 201, message: "", cause: "" };

function ourAnswer(pod: Pod, budgets: readonly PodDisruptionBudget[]): Answer {
  const selecting = budgets.filter(({ spec }) => matchesSelector(spec.selector, pod.metadata.labels));
  const answer = evictionAnswer({ pod, budgets: selecting });
  if (answer.kind !== "refused") return granted;
  const { code, message = "", details } = answer.status;
  return { code, message, cause: details?.causes?.[0]?.message ?? "" };
}

async function buildCase(controlPlane: ControlPlane, of: { readonly asked: EvictionCase; readonly namespace: string }): Promise<CaseWorld> {
  const { asked, namespace } = of;
  const create = creatorOf(controlPlane);
  await create("/api/v1/namespaces", { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } });
  // The controller that makes it would only come later.
  await create(`/api/v1/namespaces/${namespace}/serviceaccounts`, {
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: "default" },
  });
  for (const [index, workload] of asked.workloads.entries()) await createWorkload(create, { workload, index, namespace });
  const wanted = asked.workloads.reduce((sum, { health }) => sum + health.length, 0);
  const pods = await podsMade(controlPlane, { namespace, wanted });
  const left = asked.workloads.map(({ health }) => [...health]);
  for (const pod of pods) await setHealth(controlPlane, pod, left[indexOf(pod)]?.pop() ?? "ready");
  const budgets = asked.budgets.map(({ name, spec }) => ({ name, selector: spec.selector, allowed: -1 }));
  return { asked, namespace, budgets };
}

async function podsMade(controlPlane: ControlPlane, of: { readonly namespace: string; readonly wanted: number }): Promise<readonly Pod[]> {
  const until = Date.now() + 120_000;
  for (;;) {
    const { body } = await controlPlane.request({ method: "GET", path: `/api/v1/namespaces/${of.namespace}/pods` });
    const { items } = body as { readonly items: readonly Pod[] };
    if (items.length === of.wanted) return items;
    if (Date.now() > until) throw new Error(`${of.namespace}: ${items.length} of ${of.wanted} Pods were made`);
    await pause(200);
  }
}

async function setHealth(controlPlane: ControlPlane, { metadata }: Pod, health: PodHealth): Promise<void> {
  if (health === "pending") return;
  const status = { phase: "Running", conditions: [{ type: "Ready", status: health === "ready" ? "True" : "False" }] };
  const path = `/api/v1/namespaces/${metadata.namespace ?? ""}/pods/${metadata.name ?? ""}/status`;
  const answer = await controlPlane.request({
    method: "PATCH",
    path,
    contentType: "application/strategic-merge-patch+json",
    body: { status },
  });
  if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
}

type Create = (path: string, body: object) => Promise<{ readonly metadata: { readonly uid: string } }>;

function creatorOf(controlPlane: ControlPlane): Create {
  return async (path, body) => {
    const answer = await controlPlane.request({ method: "POST", path, body });
    // A service account of that name may have come by itself; a kind that was just defined is not served yet.
    if (answer.status === 404) {
      await pause(500);
      return creatorOf(controlPlane)(path, body);
    }
    if (answer.status >= 300 && answer.status !== 409) throw new Error(`POST ${path}: ${JSON.stringify(answer.body)}`);
    return answer.body as Awaited<ReturnType<Create>>;
  };
}

async function createWorkload(
  create: Create,
  of: { readonly workload: WorkloadCase; readonly index: number; readonly namespace: string },
): Promise<void> {
  const { workload, index, namespace } = of;
  const { kind, health } = workload;
  const labels = { member: `w${index}` };
  const metadata = { name: `w${index}`, labels };
  const template = { metadata: { labels }, spec: { containers: [{ name: "app", image: "example.com/app:1" }] } };
  const selector = { matchLabels: labels };
  const replicas = health.length;
  const apps = `/apis/apps/v1/namespaces/${namespace}`;
  switch (kind) {
    case "Deployment":
    case "ReplicaSet":
      await create(`${apps}/${kind.toLowerCase()}s`, { apiVersion: "apps/v1", kind, metadata, spec: { replicas, selector, template } });
      return;
    case "StatefulSet": {
      const spec = { replicas, selector, template, serviceName: "none", podManagementPolicy: "Parallel" };
      await create(`${apps}/statefulsets`, { apiVersion: "apps/v1", kind, metadata, spec });
      return;
    }
    case "DaemonSet":
      await create(`${apps}/daemonsets`, { apiVersion: "apps/v1", kind, metadata, spec: { selector, template } });
      return;
    case "Job": {
      const spec = {
        parallelism: replicas,
        completions: replicas,
        template: { ...template, spec: { ...template.spec, restartPolicy: "Never" } },
      };
      await create(`/apis/batch/v1/namespaces/${namespace}/jobs`, { apiVersion: "batch/v1", kind, metadata, spec });
      return;
    }
    case "Widget":
    case "Gadget": {
      const path = `/apis/example.com/v1/namespaces/${namespace}/${kind.toLowerCase()}s`;
      const owner = await create(path, { apiVersion: "example.com/v1", kind, metadata, spec: { replicas } });
      const reference = { apiVersion: "example.com/v1", kind, name: metadata.name, uid: owner.metadata.uid, controller: true };
      await createPods(create, { ...of, template, ownerReferences: [reference] });
      return;
    }
    case "Pod":
      await createPods(create, { ...of, template, ownerReferences: [] });
  }
}

async function createPods(
  create: Create,
  of: {
    readonly workload: WorkloadCase;
    readonly index: number;
    readonly namespace: string;
    readonly template: { readonly metadata: object; readonly spec: object };
    readonly ownerReferences: readonly object[];
  },
): Promise<void> {
  for (const number of of.workload.health.keys()) {
    const metadata = { ...of.template.metadata, name: `w${of.index}-${number}`, ownerReferences: of.ownerReferences };
    await create(`/api/v1/namespaces/${of.namespace}/pods`, { apiVersion: "v1", kind: "Pod", metadata, spec: of.template.spec });
  }
}

function customKind(kind: string, hasScale: boolean): object {
  const plural = `${kind.toLowerCase()}s`;
  const schema = { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } };
  const scale = { scale: { specReplicasPath: ".spec.replicas", statusReplicasPath: ".status.replicas" } };
  const subresources = { status: {}, ...(hasScale ? scale : {}) };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${plural}.example.com` },
    spec: {
      group: "example.com",
      names: { kind, plural },
      scope: "Namespaced",
      versions: [{ name: "v1", served: true, storage: true, schema, subresources }],
    },
  };
}

/** Does at most a dozen at a time; results stay in order. */
async function inParallel<T, R>(items: readonly T[], act: (item: T, index: number) => Promise<R>): Promise<readonly R[]> {
  const results = new Map<number, R>();
  const queue = items.entries();
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) results.set(index, await act(item, index));
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return items.map((_item, index) => results.get(index)).filter((result): result is R & NonNullable<unknown> => result !== undefined);
}
