/**
 * A large world: 20 NodePools, and a namespace with 5,000 budgets, autoscalers and Services, all of which look at the same Pods.
 *
 * Returns plain objects as an API server would list them. Nothing is random. What stands in the namespace is what a tenant with `edit`
 * may put there, each object small: the objects that are judged over it are the large ones.
 */
import { platformNames } from "../../../src/api/labels.ts";
import type { KubeObject } from "../../../src/api/object.ts";

export const crowdedNamespace = "crowded";
const names = platformNames();

export interface CrowdSizes {
  readonly budgets: number;
  readonly autoscalers: number;
  readonly services: number;
  readonly workloads: number;
}

export const fullCrowd: CrowdSizes = { budgets: 5_000, autoscalers: 5_000, services: 5_000, workloads: 200 };

type Spec = KubeObject & { readonly spec: object };

/** Returns the world; its namespace has a profile, too, and some workloads of the same labels. */
export function largeWorld(sizes: CrowdSizes): readonly KubeObject[] {
  const namespace: KubeObject = { apiVersion: "v1", kind: "Namespace", metadata: { name: crowdedNamespace, labels: { team: "crowd" } } };
  return [
    namespace,
    ...listOf(20, pool),
    ...listOf(5, daemonSet),
    ...listOf(sizes.budgets, budget),
    ...listOf(sizes.autoscalers, autoscaler),
    ...listOf(sizes.services, service),
    ...listOf(sizes.workloads, deployment),
    profile,
  ];
}

function listOf<T>(count: number, make: (index: number) => T): readonly T[] {
  return Array.from({ length: count }, (_, index) => make(index));
}

function pool(index: number): Spec {
  const name = index === 0 ? "general-flex" : `pool-${index}`;
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodePool",
    metadata: { name, uid: `uid-pool-${index}` },
    spec: {
      template: {
        metadata: { labels: { "workload-class": index === 0 ? "general" : `class-${index}` } },
        spec: {
          nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" },
          requirements: [
            { key: "topology.kubernetes.io/zone", operator: "In", values: ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] },
            { key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand", "spot"] },
            { key: "kubernetes.io/arch", operator: "In", values: ["amd64", "arm64"] },
          ],
        },
      },
    },
  };
}

function daemonSet(index: number): Spec {
  const labels = { app: `agent-${index}` };
  const spec = { containers: [{ name: "agent", image: "agent", resources: { requests: { cpu: "50m", memory: "64Mi" } } }] };
  return {
    apiVersion: "apps/v1",
    kind: "DaemonSet",
    metadata: { name: `agent-${index}`, namespace: "kube-system", uid: `uid-agent-${index}` },
    spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec } },
  };
}

function budget(index: number): Spec {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name: `budget-${index}`, namespace: crowdedNamespace, uid: `uid-budget-${index}`, generation: 1 },
    spec: { minAvailable: 1 + (index % 3), selector: { matchLabels: { app: "web" } } },
  };
}

function autoscaler(index: number): Spec {
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name: `scaler-${index}`, namespace: crowdedNamespace, uid: `uid-scaler-${index}` },
    spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" }, minReplicas: 1 + (index % 3), maxReplicas: 20 },
  };
}

function service(index: number): Spec {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: `service-${index}`, namespace: crowdedNamespace, uid: `uid-service-${index}` },
    spec: { selector: { app: "web" }, ports: [{ port: 80 }] },
  };
}

/** The first is the one that autoscalers aim at. */
function deployment(index: number): Spec {
  return webDeployment(index === 0 ? "web" : `web-${index}`);
}

/** A Deployment whose Pods everything in the namespace looks at. */
export function webDeployment(name: string): Spec {
  const labels = { app: "web" };
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace: crowdedNamespace, uid: `uid-${name}`, labels, generation: 1 },
    spec: { replicas: 3, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: webPodSpec } },
  };
}

export const webPodSpec: object = {
  containers: [{ name: "app", image: "web", resources: { requests: { cpu: "250m", memory: "256Mi" }, limits: { memory: "512Mi" } } }],
};

const profile: Spec = {
  apiVersion: names.apiVersion,
  kind: "WorkloadProfile",
  metadata: { name: "web", namespace: crowdedNamespace, uid: "uid-profile-web", labels: { [names.costOwnerLabel]: "crowd" } },
  spec: {
    runtimeClass: "general",
    availability: { minReplicas: 2 },
    scaling: { maxReplicas: 20 },
    compute: { cpuRequest: "250m", memoryRequest: "256Mi" },
  },
};
