/**
 * Manifests as people write them, for tests of the commands that read files.
 */

/** A container that no rule of requests minds. */
const container =
  "{name: app, image: registry.example.com/app:1, resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {memory: 256Mi}}}";

/** A Deployment; `spec` is laid into its spec before selector and template. */
export function deploymentText({ name = "web", namespace = "shop", spec = "replicas: 2" } = {}): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata: {name: ${name}, namespace: ${namespace}}
spec:
  ${spec}
  selector: {matchLabels: {app: ${name}}}
  template:
    metadata: {labels: {app: ${name}}}
    spec: {containers: [${container}]}
`;
}

/** A PodDisruptionBudget that selects the Deployment `web`. */
export function budgetText({ name = "web", spec = "minAvailable: 1" } = {}): string {
  return `apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: ${name}, namespace: shop}
spec: {${spec}, selector: {matchLabels: {app: web}}}
`;
}

/** A WorkloadProfile for the Deployment `web`. */
export function profileText({
  spec = "runtimeClass: general, availability: {minReplicas: 2}, disruption: {maxUnavailable: 1}",
} = {}): string {
  return `apiVersion: platform.example.com/v1
kind: WorkloadProfile
metadata: {name: web, namespace: shop, labels: {platform.example.com/cost-owner: checkout}}
spec: {${spec}}
`;
}

/** A bare Pod that is allowed in, with a warning. */
export const podText = `apiVersion: v1
kind: Pod
metadata: {name: debug, namespace: shop}
spec: {containers: [${container}]}
`;

/** The lab's infrastructure: NodePools and the NodeClass. */
export const infrastructureFile = "examples/lab/a0-infrastructure.yaml";
