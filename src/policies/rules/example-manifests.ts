/**
 * Example manifests: the workload, the WorkloadProfile and the NodePool that rules show in their examples.
 *
 * Returns documents that begin and end with a line break, so that `---` joins them. What an example is about is said by its rule, as
 * YAML; everything else is the same in all of them, so that a reader of two pages sees only what differs.
 */

/** Members of a Pod's spec: one container with small requests. */
export const smallContainer = "containers: [{name: app, resources: {requests: {cpu: 100m, memory: 128Mi}}}]";

/** Where the spec of a Pod is said in flow style (a text) or in lines. */
type PodText = string | readonly string[];

/** What a workload says beyond the least. Values are YAML in flow style. */
export interface WorkloadManifest {
  readonly kind?: "Deployment" | "StatefulSet";
  readonly name?: string;
  /** Members of the workload's own labels. */
  readonly labels?: string;
  readonly replicas?: number;
  /** A line of the workload's spec. */
  readonly spec?: string;
  /** Members of the Pod's metadata beside its labels. */
  readonly podMetadata?: string;
  readonly pod?: PodText;
}

/** Returns Deployment shop/web, of two replicas of a small container. */
export function deploymentManifest(of: WorkloadManifest = {}): string {
  const { kind = "Deployment", name = "web", replicas = 2 } = of;
  return `
apiVersion: apps/v1
kind: ${kind}
metadata: {name: ${name}, namespace: shop${member("labels", of.labels)}}
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: ${name}}}
${of.spec === undefined ? "" : `  ${of.spec}\n`}  template:
    metadata: {labels: {app: ${name}}${of.podMetadata === undefined ? "" : `, ${of.podMetadata}`}}
    spec:${podText(of.pod ?? smallContainer)}
`;
}

/** Returns WorkloadProfile shop/web; `spec` are members of its spec. */
export function profileManifest(of: {
  readonly name?: string;
  readonly namespace?: string;
  /** Members of its labels. */
  readonly labels?: string;
  readonly spec: string;
}): string {
  const { name = "web", namespace = "shop", labels = "platform.example.com/cost-owner: billing" } = of;
  return `
apiVersion: platform.example.com/v1
kind: WorkloadProfile
metadata: {name: ${name}, namespace: ${namespace}, labels: {${labels}}}
spec: {${of.spec}}
`;
}

/** Returns NodePool general-flex of class general; `requirement` is the one thing that it asks of its nodes. */
export function nodePoolManifest(of: {
  readonly name?: string;
  readonly className?: string;
  readonly nodeClass?: string;
  readonly requirement: string;
  /** A line of the template's spec. */
  readonly nodes?: string;
  /** A line of the pool's spec. */
  readonly spec?: string;
}): string {
  const { name = "general-flex", className = "general", nodeClass = "group: karpenter.k8s.aws, kind: EC2NodeClass" } = of;
  return `
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: ${name}}
spec:
  template:
    metadata: {labels: {workload-class: ${className}}}
    spec:
      nodeClassRef: {${nodeClass}, name: default}
      requirements: [${of.requirement}]
${of.nodes === undefined ? "" : `      ${of.nodes}\n`}${of.spec === undefined ? "" : `  ${of.spec}\n`}`;
}

/** Returns several documents as one text. */
export function documents(...texts: readonly string[]): string {
  return texts.join("---");
}

function member(name: string, members: string | undefined): string {
  return members === undefined ? "" : `, ${name}: {${members}}`;
}

function podText(pod: PodText): string {
  return typeof pod === "string" ? ` {${pod}}` : pod.map((line) => `\n      ${line}`).join("");
}
