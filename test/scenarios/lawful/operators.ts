/**
 * Operators as their manifests install them: whose ServiceAccount makes Pods, by which rights, and what those Pods look like.
 *
 * Names, rights, owner references and labels are those of the projects' own releases, cut down to what admission can see; the containers have
 * requests, as a platform asks of everybody. `own` is the resource that stands above the Pods.
 */
import { container, modest } from "../../support/team-manifests.ts";

export interface Operator {
  readonly title: string;
  readonly account: { readonly namespace: string; readonly name: string };
  /** Its ClusterRole's rules, of what is used here. */
  readonly rules: readonly object[];
  /** What a person writes. */
  readonly own: {
    readonly apiVersion: string;
    readonly kind: string;
    readonly plural: string;
    readonly name: string;
    readonly spec: object;
  };
  /** What the operator makes of it, in this order; `controller` is the reference to its owner. */
  readonly makes: (controller: object) => readonly MadeObject[];
  /** Labels by which its Pods are found. */
  readonly pods: string;
  /** Labels that the operator puts on running Pods afterwards, in this order. */
  readonly relabels?: readonly { readonly pod: string; readonly labels: Readonly<Record<string, string>> }[];
}

export type MadeObject = { readonly apiVersion: string; readonly kind: string; readonly metadata: object; readonly spec: object };

const every = ["create", "delete", "get", "list", "patch", "update", "watch"];
const finalizersAndStatus = (group: string, plural: string): object => ({
  apiGroups: [group],
  resources: [plural, `${plural}/finalizers`, `${plural}/status`],
  verbs: every,
});
const pods = { apiGroups: [""], resources: ["pods", "pods/exec"], verbs: every };
const budgets = { apiGroups: ["policy"], resources: ["poddisruptionbudgets"], verbs: every };

const podSpec = (name: string, more: object = {}): object => ({ containers: [container(name, modest)], ...more });

/** The fake kubelet ends what never restarts at once; these still run when they are looked at. */
const lasting = { "pod-complete.stage.kwok.x-k8s.io/delay": "1h" };

export const operators: readonly Operator[] = [
  {
    title: "Argo Rollouts: a ReplicaSet of a Rollout, scaled by its controller",
    account: { namespace: "argo-rollouts", name: "argo-rollouts" },
    rules: [
      finalizersAndStatus("argoproj.io", "rollouts"),
      { apiGroups: ["apps"], resources: ["replicasets"], verbs: every },
      { apiGroups: ["apps"], resources: ["deployments", "podtemplates"], verbs: ["get", "list", "watch", "update", "patch"] },
      { apiGroups: [""], resources: ["pods", "pods/eviction"], verbs: ["list", "update", "watch", "create", "delete"] },
    ],
    own: {
      ...{ apiVersion: "argoproj.io/v1alpha1", kind: "Rollout", plural: "rollouts", name: "web" },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: "web" } },
        template: { metadata: { labels: { app: "web" } }, spec: podSpec("web") },
      },
    },
    makes: (controller) => [
      {
        ...{ apiVersion: "apps/v1", kind: "ReplicaSet" },
        metadata: {
          ...{ name: "web-6f4d9c7b5", ownerReferences: [controller] },
          labels: { app: "web", "rollouts-pod-template-hash": "6f4d9c7b5" },
          annotations: { "rollout.argoproj.io/desired-replicas": "2", "rollout.argoproj.io/revision": "1" },
        },
        spec: {
          replicas: 2,
          selector: { matchLabels: { app: "web", "rollouts-pod-template-hash": "6f4d9c7b5" } },
          template: { metadata: { labels: { app: "web", "rollouts-pod-template-hash": "6f4d9c7b5" } }, spec: podSpec("web") },
        },
      },
    ],
    pods: "app=web",
  },
  {
    title: "Argo Workflows: a Pod of a Workflow's step",
    account: { namespace: "argo", name: "argo" },
    rules: [
      { apiGroups: ["argoproj.io"], resources: ["workflows", "workflows/finalizers"], verbs: every },
      pods,
      { apiGroups: ["policy"], resources: ["poddisruptionbudgets"], verbs: ["create", "get", "delete"] },
    ],
    own: { apiVersion: "argoproj.io/v1alpha1", kind: "Workflow", plural: "workflows", name: "build-x7k2p", spec: { entrypoint: "main" } },
    makes: (controller) => [
      {
        ...{ apiVersion: "v1", kind: "Pod" },
        metadata: {
          ...{ name: "build-x7k2p-main-1431287112", ownerReferences: [controller] },
          labels: { "workflows.argoproj.io/workflow": "build-x7k2p", "workflows.argoproj.io/completed": "false" },
          annotations: { "workflows.argoproj.io/node-name": "build-x7k2p", "kubectl.kubernetes.io/default-container": "main", ...lasting },
        },
        spec: {
          restartPolicy: "Never",
          initContainers: [container("init", modest)].map(withoutProbe),
          containers: [container("wait", modest), container("main", modest)].map(withoutProbe),
          volumes: [{ name: "var-run-argo", emptyDir: {} }],
        },
      },
    ],
    pods: "workflows.argoproj.io/workflow=build-x7k2p",
  },
  {
    title: "Tekton: a Pod of a TaskRun",
    account: { namespace: "tekton-pipelines", name: "tekton-pipelines-controller" },
    rules: [finalizersAndStatus("tekton.dev", "taskruns"), pods, { apiGroups: ["apps"], resources: ["statefulsets"], verbs: every }],
    own: { apiVersion: "tekton.dev/v1", kind: "TaskRun", plural: "taskruns", name: "test-run", spec: { taskRef: { name: "test" } } },
    makes: (controller) => [
      {
        ...{ apiVersion: "v1", kind: "Pod" },
        metadata: {
          ...{ name: "test-run-pod", ownerReferences: [controller] },
          labels: { "app.kubernetes.io/managed-by": "tekton-pipelines", "tekton.dev/taskRun": "test-run" },
          annotations: { "pipeline.tekton.dev/release": "v1.0.0", "tekton.dev/ready": "READY", ...lasting },
        },
        spec: {
          restartPolicy: "Never",
          initContainers: [container("prepare", modest)].map(withoutProbe),
          containers: [container("step-test", modest)].map(withoutProbe),
        },
      },
    ],
    pods: "tekton.dev/taskRun=test-run",
  },
  {
    title: "CloudNativePG: the Pods and the budgets of a Cluster, and a failover",
    account: { namespace: "cnpg-system", name: "cnpg-manager" },
    rules: [finalizersAndStatus("postgresql.cnpg.io", "clusters"), pods, budgets],
    own: { apiVersion: "postgresql.cnpg.io/v1", kind: "Cluster", plural: "clusters", name: "orders", spec: { instances: 3 } },
    makes: (controller) => [
      ...[1, 2, 3].map((serial) => ({
        ...{ apiVersion: "v1", kind: "Pod" },
        metadata: {
          ...{ name: `orders-${serial}`, ownerReferences: [controller] },
          labels: {
            ...{ "cnpg.io/cluster": "orders", "cnpg.io/instanceName": `orders-${serial}` },
            ...{ "cnpg.io/instanceRole": serial === 1 ? "primary" : "replica", "cnpg.io/podRole": "instance" },
          },
        },
        spec: podSpec("postgres", { hostname: `orders-${serial}`, subdomain: "orders" }),
      })),
      ...[
        ["orders", "replica"],
        ["orders-primary", "primary"],
      ].map(([name, role]) => ({
        ...{ apiVersion: "policy/v1", kind: "PodDisruptionBudget" },
        metadata: { name, ownerReferences: [controller], labels: { "cnpg.io/cluster": "orders" } },
        spec: { minAvailable: 1, selector: { matchLabels: { "cnpg.io/cluster": "orders", "cnpg.io/instanceRole": role } } },
      })),
    ],
    pods: "cnpg.io/cluster=orders",
    relabels: [
      { pod: "orders-1", labels: { "cnpg.io/instanceRole": "replica" } },
      { pod: "orders-2", labels: { "cnpg.io/instanceRole": "primary" } },
    ],
  },
  {
    title: "Strimzi: the Pods and the budget of a StrimziPodSet",
    account: { namespace: "strimzi", name: "strimzi-cluster-operator" },
    rules: [finalizersAndStatus("core.strimzi.io", "strimzipodsets"), pods, budgets],
    own: {
      apiVersion: "core.strimzi.io/v1beta2",
      kind: "StrimziPodSet",
      plural: "strimzipodsets",
      name: "events-kafka",
      spec: { pods: [] },
    },
    makes: (controller) => [
      {
        ...{ apiVersion: "policy/v1", kind: "PodDisruptionBudget" },
        metadata: { name: "events-kafka", labels: { "strimzi.io/cluster": "events" } },
        spec: { minAvailable: 2, selector: { matchLabels: { "strimzi.io/cluster": "events", "strimzi.io/name": "events-kafka" } } },
      },
      ...[0, 1, 2].map((serial) => ({
        ...{ apiVersion: "v1", kind: "Pod" },
        metadata: {
          ...{ name: `events-kafka-${serial}`, ownerReferences: [controller] },
          labels: { "strimzi.io/cluster": "events", "strimzi.io/name": "events-kafka", "strimzi.io/controller": "strimzipodset" },
          annotations: { "strimzi.io/revision": "4a1f3f8b" },
        },
        spec: podSpec("kafka", { hostname: `events-kafka-${serial}`, subdomain: "events-kafka-brokers" }),
      })),
    ],
    pods: "strimzi.io/cluster=events",
  },
  {
    title: "KubeVirt: the launcher of a VirtualMachineInstance",
    account: { namespace: "kubevirt", name: "kubevirt-controller" },
    rules: [{ apiGroups: ["kubevirt.io"], resources: ["*"], verbs: ["*"] }, pods, budgets],
    own: {
      ...{ apiVersion: "kubevirt.io/v1", kind: "VirtualMachineInstance", plural: "virtualmachineinstances", name: "desktop" },
      spec: { domain: { devices: {} } },
    },
    makes: (controller) => [
      {
        ...{ apiVersion: "v1", kind: "Pod" },
        metadata: {
          ...{ name: "virt-launcher-desktop-z9x8c", ownerReferences: [controller] },
          labels: { "kubevirt.io": "virt-launcher", "vm.kubevirt.io/name": "desktop" },
          annotations: { "kubevirt.io/domain": "desktop", "descheduler.alpha.kubernetes.io/request-evict-only": "" },
        },
        spec: {
          restartPolicy: "Never",
          automountServiceAccountToken: false,
          containers: [withoutProbe(container("compute", modest))],
          volumes: [{ name: "private", emptyDir: {} }],
        },
      },
    ],
    pods: "vm.kubevirt.io/name=desktop",
  },
];

function withoutProbe(of: object): object {
  return Object.fromEntries(Object.entries(of).filter(([field]) => field !== "readinessProbe"));
}
