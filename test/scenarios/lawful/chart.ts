/**
 * A chart's release as helm sends it: what is created, patched and deleted, in helm's own order.
 *
 * Hooks first, then kinds in the install order (budgets before workloads, custom resources last); an upgrade is a three-way merge, the
 * records are Secrets, and an uninstall goes backwards.
 */
import { autoscaler, budget, job, pod, profile, service, workload } from "../tenant/manifests.ts";

export interface Sent {
  readonly verb: "create" | "patch" | "delete";
  /** The collection of a created object, the object itself otherwise; below its namespace. */
  readonly path: string;
  readonly body?: object;
}

const deployments = "/apis/apps/v1/deployments";
const budgets = "/apis/policy/v1/poddisruptionbudgets";
const autoscalers = "/apis/autoscaling/v2/horizontalpodautoscalers";
const jobs = "/apis/batch/v1/jobs";
const pods = "/api/v1/pods";
const secrets = "/api/v1/secrets";
const services = "/api/v1/services";
const accounts = "/api/v1/serviceaccounts";
const profiles = "/apis/platform.example.com/v1/workloadprofiles";

export type ChartKind = "with a budget of its own" | "with a profile";

/** What `helm install` sends. */
export function install(name: string, kind: ChartKind): readonly Sent[] {
  const own = kind === "with a profile";
  return [
    create(secrets, record(name, 1)),
    create(jobs, hooked(job(`${name}-migrate`), "pre-install,pre-upgrade")),
    remove(`${jobs}/${name}-migrate`),
    ...(own ? [] : [create(budgets, owned(name, budget({ name, bound: { minAvailable: 1 }, selector: selectorOf(name) })))]),
    create(accounts, owned(name, { apiVersion: "v1", kind: "ServiceAccount", metadata: { name } })),
    create(services, owned(name, service(name))),
    create(deployments, owned(name, workload("Deployment", name, { replicas: 2 }))),
    ...(own ? [] : [create(autoscalers, owned(name, autoscaler({ name, kind: "Deployment", min: 2, max: 4 })))]),
    ...(own ? [create(profiles, owned(name, profile(name, { min: 2 })))] : []),
    { verb: "patch", path: `${secrets}/${secretOf(name, 1)}`, body: { metadata: { labels: { status: "deployed" } } } },
    create(pods, hooked(once(pod(`${name}-test`, { annotations: { "pod-complete.stage.kwok.x-k8s.io/delay": "0s" } })), "test")),
    remove(`${pods}/${name}-test`),
  ];
}

/** What `helm upgrade` sends, of other values. */
export function upgrade(name: string, kind: ChartKind): readonly Sent[] {
  const container = { name: "app", image: `registry.example.com/${name}:1.5.0` };
  return [
    create(secrets, record(name, 2)),
    create(jobs, hooked(job(`${name}-migrate`), "pre-install,pre-upgrade")),
    remove(`${jobs}/${name}-migrate`),
    ...(kind === "with a profile" ? [] : [patch(`${budgets}/${name}`, { spec: { minAvailable: null, maxUnavailable: 1 } })]),
    patch(`${services}/${name}`, { metadata: { labels: { "helm.sh/chart": `${name}-1.5.0` } } }),
    patch(`${deployments}/${name}`, {
      metadata: { labels: { "helm.sh/chart": `${name}-1.5.0` } },
      spec: { replicas: 3, template: { metadata: { labels: { version: "1.5.0" } }, spec: { containers: [container] } } },
    }),
    ...(kind === "with a profile" ? [patch(`${profiles}/${name}`, { spec: { scaling: { maxReplicas: 8 } } })] : []),
    patch(`${secrets}/${secretOf(name, 2)}`, { metadata: { labels: { status: "deployed" } } }),
    patch(`${secrets}/${secretOf(name, 1)}`, { metadata: { labels: { status: "superseded" } } }),
  ];
}

/** What `helm uninstall` sends. */
export function uninstall(name: string, kind: ChartKind): readonly Sent[] {
  return [
    create(jobs, hooked(job(`${name}-farewell`), "pre-delete")),
    remove(`${jobs}/${name}-farewell`),
    ...(kind === "with a profile" ? [] : [remove(`${autoscalers}/${name}`)]),
    remove(`${deployments}/${name}`),
    remove(`${services}/${name}`),
    remove(`${accounts}/${name}`),
    ...(kind === "with a profile" ? [remove(`${profiles}/${name}`)] : [remove(`${budgets}/${name}`)]),
    ...[1, 2].map((revision) => remove(`${secrets}/${secretOf(name, revision)}`)),
  ];
}

/** The path of what is sent, in a namespace. */
export function pathIn(namespace: string, { path }: Sent): string {
  return path.replace(/^(\/api\/v1|\/apis\/[^/]+\/[^/]+)\//, `$1/namespaces/${namespace}/`);
}

function create(path: string, body: object): Sent {
  return { verb: "create", path, body };
}

function patch(path: string, body: object): Sent {
  return { verb: "patch", path, body };
}

function remove(path: string): Sent {
  return { verb: "delete", path };
}

function selectorOf(app: string): object {
  return { matchLabels: { app } };
}

function secretOf(name: string, revision: number): string {
  return `sh.helm.release.v1.${name}.v${revision}`;
}

function record(name: string, revision: number): object {
  const labels = { owner: "helm", name, status: `pending-${revision === 1 ? "install" : "upgrade"}`, version: String(revision) };
  return {
    ...{ apiVersion: "v1", kind: "Secret", type: "helm.sh/release.v1" },
    ...{ metadata: { name: secretOf(name, revision), labels }, data: { release: "SDRzSUFB" } },
  };
}

interface Made {
  readonly metadata: { readonly labels?: object; readonly annotations?: object };
}

function owned(release: string, object: object): object {
  const { metadata } = object as Made;
  const annotations = { ...metadata.annotations, "meta.helm.sh/release-name": release, "meta.helm.sh/release-namespace": "shop" };
  return { ...object, metadata: { ...metadata, labels: { ...metadata.labels, "app.kubernetes.io/managed-by": "Helm" }, annotations } };
}

/** Helm waits for the end of such a Pod. */
function once(object: object): object {
  return { ...object, spec: { ...("spec" in object ? (object.spec as object) : {}), restartPolicy: "Never" } };
}

function hooked(object: object, hook: string): object {
  const { metadata } = object as Made;
  const annotations = {
    ...metadata.annotations,
    "helm.sh/hook": hook,
    "helm.sh/hook-delete-policy": "before-hook-creation,hook-succeeded",
  };
  return { ...object, metadata: { ...metadata, annotations } };
}
