/**
 * The cluster behind the admission bench: five teams with 200 workloads each, under a WorkloadProfile each, 5,000 Pods.
 *
 * Returns plain objects as an API server would list them (owner chains, defaulted fields, a compiled PodDisruptionBudget for
 * each profile, so 200 in each namespace, an autoscaler for every tenth), and NodePools that the sample catalogue's classes fit on. Nothing is random,
 * so every process of a run makes the same world.
 */
import { platformNames } from "../src/api/labels.ts";
import type { KubeObject } from "../src/api/object.ts";
import type { Pod, PodSpec } from "../src/api/pod.ts";
import type { Deployment, ReplicaSet } from "../src/api/workload.ts";

/** One workload of the world, by the names that its objects share. */
export interface BenchWorkload {
  readonly namespace: string;
  readonly name: string;
  readonly templateHash: string;
}

const teams = ["billing", "checkout", "fraud", "orders", "platform"] as const;
const workloadsPerTeam = 200;
const podsPerWorkload = 5;
export const benchZones = ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] as const;
const names = platformNames();
const createdAt = "2026-11-01T08:00:00Z";

/** Returns the 1,000 workloads, team by team. */
export function benchWorkloads(): readonly BenchWorkload[] {
  return teams.flatMap((team, index) =>
    Array.from({ length: workloadsPerTeam }, (_, number): BenchWorkload => {
      const serial = index * workloadsPerTeam + number;
      return {
        namespace: team,
        name: `service-${String(serial).padStart(4, "0")}`,
        templateHash: (0x5d4f0000 + serial * 7919).toString(16),
      };
    }),
  );
}

/** Returns the teams' Namespaces. */
export function benchNamespaces(): readonly KubeObject[] {
  return teams.map(namespaceObject);
}

/** Returns every object of the world. */
export function benchObjects(): readonly KubeObject[] {
  return [...benchNamespaces(), ...nodePools(), ...benchWorkloads().flatMap(objectsOf)];
}

/** Returns a Deployment as the API server sends it on CREATE. */
export function benchDeployment({ namespace, name }: BenchWorkload): Deployment {
  return {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: { name, namespace, uid: `uid-deployment-${name}`, generation: 1, creationTimestamp: createdAt, labels: { app: name } },
    spec: {
      replicas: podsPerWorkload,
      selector: { matchLabels: { app: name } },
      template: { metadata: { labels: { app: name } }, spec: podSpec(name) },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: "25%", maxSurge: "25%" } },
    },
  };
}

/** Returns a Pod as the API server sends it on CREATE by the ReplicaSet controller: it has a generated name and no namespace of its own. */
export function benchPod({ name, templateHash }: BenchWorkload): Pod {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      generateName: `${name}-${templateHash}-`,
      labels: { app: name, "pod-template-hash": templateHash },
      ownerReferences: [{ ...ownerOf("ReplicaSet", `${name}-${templateHash}`), controller: true, blockOwnerDeletion: true }],
    },
    spec: podSpec(name),
  };
}

function objectsOf(workload: BenchWorkload, index: number): readonly KubeObject[] {
  const pods = Array.from({ length: podsPerWorkload }, (_, number) => runningPod(workload, number));
  const autoscalers = index % 10 === 0 ? [autoscaler(workload)] : [];
  return [benchDeployment(workload), replicaSet(workload), profile(workload), budget(workload), ...autoscalers, ...pods];
}

function podSpec(name: string): PodSpec {
  return {
    containers: [
      {
        name: "app",
        image: `registry.example.com/${name}:1.4.2`,
        ports: [{ name: "http", containerPort: 8080 }],
        readinessProbe: { httpGet: { path: "/healthz", port: 8080 } },
        resources: { requests: { cpu: "250m", memory: "512Mi" }, limits: { memory: "1Gi" } },
      },
    ],
    restartPolicy: "Always",
    terminationGracePeriodSeconds: 30,
  };
}

function replicaSet(workload: BenchWorkload): ReplicaSet {
  const { namespace, name, templateHash } = workload;
  const labels = { app: name, "pod-template-hash": templateHash };
  return {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: `${name}-${templateHash}`,
      namespace,
      uid: `uid-replicaset-${name}-${templateHash}`,
      labels,
      ownerReferences: [{ ...ownerOf("Deployment", name), controller: true, blockOwnerDeletion: true }],
    },
    spec: { replicas: podsPerWorkload, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: podSpec(name) } },
  };
}

function runningPod(workload: BenchWorkload, number: number): KubeObject {
  const pod = benchPod(workload);
  const name = `${pod.metadata.generateName ?? ""}${String(number)}`;
  const metadata = { ...pod.metadata, name, namespace: workload.namespace, uid: `uid-pod-${name}`, creationTimestamp: createdAt };
  const placed: Pod = { ...pod, metadata, spec: { ...pod.spec, nodeName: `node-${number}` } };
  return placed;
}

function profile({ namespace, name }: BenchWorkload): KubeObject & { readonly spec: object } {
  return {
    apiVersion: names.apiVersion,
    kind: "WorkloadProfile",
    metadata: { name, namespace, uid: `uid-profile-${name}`, generation: 1 },
    spec: {
      runtimeClass: "general",
      availability: { minReplicas: 3, zoneSpread: "required" },
      scaling: { maxReplicas: 20 },
      compute: { cpuRequest: "500m", memoryRequest: "768Mi" },
      disruption: { maxUnavailable: 1 },
    },
  };
}

function budget({ namespace, name }: BenchWorkload): KubeObject & { readonly spec: object } {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: {
      name,
      namespace,
      uid: `uid-budget-${name}`,
      labels: { "app.kubernetes.io/managed-by": "workloadprofile" },
      ownerReferences: [{ apiVersion: names.apiVersion, kind: "WorkloadProfile", name, uid: `uid-profile-${name}`, controller: true }],
    },
    spec: { maxUnavailable: 1, selector: { matchLabels: { app: name } } },
  };
}

function autoscaler({ namespace, name }: BenchWorkload): KubeObject & { readonly spec: object } {
  return {
    apiVersion: "autoscaling/v2",
    kind: "HorizontalPodAutoscaler",
    metadata: { name, namespace, uid: `uid-autoscaler-${name}` },
    spec: { scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name }, minReplicas: 3, maxReplicas: 20 },
  };
}

function namespaceObject(team: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name: team, labels: { "kubernetes.io/metadata.name": team, [names.costOwnerLabel]: team } },
  };
}

/** One NodePool for each class that the world's workloads could ask for. */
function nodePools(): readonly (KubeObject & { readonly spec: object })[] {
  const pools = { "general-flex": "general", "batch-spot": "batch", "memory-optimized": "memory" };
  return Object.entries(pools).map(([name, workloadClass]) => ({
    apiVersion: "karpenter.sh/v1",
    kind: "NodePool",
    metadata: { name, uid: `uid-nodepool-${name}` },
    spec: {
      template: {
        metadata: { labels: { "workload-class": workloadClass } },
        spec: {
          nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: "default" },
          requirements: [
            { key: "topology.kubernetes.io/zone", operator: "In", values: [...benchZones] },
            { key: "karpenter.sh/capacity-type", operator: "In", values: workloadClass === "batch" ? ["spot"] : ["on-demand"] },
            { key: "kubernetes.io/arch", operator: "In", values: ["amd64"] },
          ],
          taints: workloadClass === "general" ? [] : [{ key: "workload-class", value: workloadClass, effect: "NoSchedule" }],
          expireAfter: "720h",
        },
      },
      disruption: { consolidationPolicy: "WhenEmptyOrUnderutilized", consolidateAfter: "0s", budgets: [{ nodes: "10%" }] },
    },
  }));
}

function ownerOf(kind: "Deployment" | "ReplicaSet", name: string) {
  return { apiVersion: "apps/v1", kind, name, uid: `uid-${kind.toLowerCase()}-${name}` };
}
