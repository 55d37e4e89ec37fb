/**
 * Drain examples: the YAML objects that the drain rules show in their examples, each with what a row wants to say.
 *
 * Returns documents that begin and end with a line break, so that `---` joins them.
 */
import { deploymentManifest, profileManifest } from "./example-manifests.ts";

/** What an example Deployment "web" says beyond the least. Values are YAML in flow style. */
export interface ExampleOptions {
  readonly kind?: "Deployment" | "StatefulSet";
  readonly replicas?: number;
  /** Members of the container, such as "readinessProbe: {...}". */
  readonly container?: string;
  /** Members of the Pod's spec. */
  readonly pod?: string;
  /** Members of the Pod's metadata beside its labels. */
  readonly metadata?: string;
  /** Members of the workload's spec. */
  readonly spec?: string;
}

/** Returns Deployment shop/web. */
export function deploymentExample(options: ExampleOptions = {}): string {
  const { container, pod, metadata, ...said } = options;
  const app = `{name: app, resources: {requests: {cpu: 100m, memory: 128Mi}}${member(container)}}`;
  return deploymentManifest({
    ...said,
    ...(metadata === undefined ? {} : { podMetadata: metadata }),
    pod: `containers: [${app}]${member(pod)}`,
  });
}

/** Returns PodDisruptionBudget shop/web-pdb over app: web; `bounds` are members of its spec. */
export function budgetExample(bounds: string, of: { readonly name?: string; readonly selector?: string } = {}): string {
  const { name = "web-pdb", selector = "{matchLabels: {app: web}}" } = of;
  return `
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: ${name}, namespace: shop}
spec: {${bounds === "" ? "" : `${bounds}, `}selector: ${selector}}
`;
}

/** Returns the request that scales web. */
export function scaleExample(replicas: number): string {
  return `
apiVersion: autoscaling/v1
kind: Scale
metadata: {name: web, namespace: shop}
spec: {replicas: ${replicas}}
`;
}

/** Returns the Service shop/web. */
export const serviceExample = `
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {selector: {app: web}, ports: [{port: 80}]}
`;

/** Returns WorkloadProfile shop/web; `spec` are members of its spec. */
export function profileExample(spec: string): string {
  return profileManifest({ spec });
}

function member(text: string | undefined): string {
  return text === undefined ? "" : `, ${text}`;
}
