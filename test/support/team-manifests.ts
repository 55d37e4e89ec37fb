/**
 * Manifests as an application team writes them, for scenarios on the real control plane: no more than the story is about.
 */

export interface TeamDeployment {
  readonly name?: string;
  readonly replicas?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly podLabels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Absent: none, as under a profile. */
  readonly resources?: object;
  /** Laid over the Pod's spec. */
  readonly podSpec?: object;
}

/** Requests and limits that no rule has anything against. */
export const modest = { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } };

/** A container that says when it is ready. */
export function container(name: string, resources?: object): object {
  const readinessProbe = { httpGet: { path: "/ready", port: 8080 } };
  return { name, image: `registry.example.com/${name}:1.4.2`, readinessProbe, ...(resources === undefined ? {} : { resources }) };
}

/** A Deployment of one container that is named as it is itself. */
export function deployment(of: TeamDeployment = {}): object {
  const { name = "web", replicas = 3 } = of;
  const template = {
    metadata: { labels: { app: name, ...of.podLabels }, ...(of.annotations === undefined ? {} : { annotations: of.annotations }) },
    spec: { containers: [container(name, of.resources)], ...of.podSpec },
  };
  const metadata = { name, labels: { app: name, ...of.labels } };
  return { apiVersion: "apps/v1", kind: "Deployment", metadata, spec: { replicas, selector: { matchLabels: { app: name } }, template } };
}

/** The same as a StatefulSet. */
export function statefulSet(of: TeamDeployment = {}): object {
  const made = deployment(of) as { readonly spec: object };
  return { ...made, kind: "StatefulSet", spec: { ...made.spec, serviceName: of.name ?? "web" } };
}

/** A PodDisruptionBudget of the Pods that are labelled app: name. */
export function budget(name: string, bound: object): object {
  return {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata: { name },
    spec: { ...bound, selector: { matchLabels: { app: name } } },
  };
}

export function profile(name: string, spec: object): object {
  return { apiVersion: "platform.example.com/v1", kind: "WorkloadProfile", metadata: { name }, spec };
}

/** A ready Node of a class in each zone, with room for all; no NodePool counts it. */
export function nodesOf(workloadClass: string): readonly object[] {
  return ["a", "b", "c"].map((zone) => {
    const room = { cpu: "64", memory: "128Gi", pods: "200" };
    const labels = {
      "kubernetes.io/os": "linux",
      "kubernetes.io/arch": "amd64",
      "kubernetes.io/hostname": `${workloadClass}-${zone}`,
      "topology.kubernetes.io/zone": `ap-southeast-1${zone}`,
      "karpenter.sh/capacity-type": "on-demand",
      "workload-class": workloadClass,
    };
    return {
      apiVersion: "v1",
      kind: "Node",
      metadata: { name: `${workloadClass}-${zone}`, labels, annotations: { "kwok.x-k8s.io/node": "fake" } },
      status: { capacity: room, allocatable: room, conditions: [{ type: "Ready", status: "False", reason: "KubeletNotReady" }] },
    };
  });
}
