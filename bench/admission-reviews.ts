/**
 * The reviews of the admission bench: AdmissionReview v1 bodies of an exact size, and what a right answer to them is.
 *
 * `mutate` is the CREATE of a Pod of a bound Deployment, `validate` the CREATE of such a Deployment; from 4 KB on they have
 * three sidecars. Every second object breaks rules: one replica where its profile wants three, and a sidecar that may use far
 * more than it requests; a mutation writes the contract into both. The size is met to the byte, by environment variables (many
 * small values, as charts write them) and one annotation.
 */
import type { Container, PodSpec } from "../src/api/pod.ts";
import { benchDeployment, benchPod, benchWorkloads, type BenchWorkload } from "./admission-world.ts";

export type BenchPhase = "mutate" | "validate";

/** One body to post, with the uid that its answer must carry. */
export interface BenchReview {
  readonly uid: string;
  readonly body: Buffer;
  /** Whether the object breaks rules, so that validate must refuse it. */
  readonly violating: boolean;
}

const variableLength = 70;
/** What the env fields themselves take, with room to spare; the annotation makes up the difference. */
const envFieldsBytes = 60;
/** From this size on an object has sidecars. */
const sidecarsFromBytes = 4096;
/** What a violating Deployment must be told by Plimsoll. */
const violatedRules = ["[REQ-002]", "[SCALE-001]"] as const;

/** Returns one review for each workload of the world, each `bytes` long. */
export function benchReviews(phase: BenchPhase, bytes: number): readonly BenchReview[] {
  return benchWorkloads().map((workload, index) => {
    const uid = `7c1f3a52-0000-4000-8000-${String(index).padStart(12, "0")}`;
    const violating = index % 2 === 1;
    return { uid, violating, body: paddedReview({ phase, workload, uid, bytes, violating }) };
  });
}

/** Returns the object of a validate review as its author would create it in this namespace. */
export function deploymentOf({ body }: BenchReview, { namespace }: { readonly namespace: string }): object {
  const { request } = JSON.parse(body.toString("utf8")) as { readonly request: { readonly object: { readonly metadata: object } } };
  return { ...request.object, metadata: { ...request.object.metadata, namespace } };
}

/**
 * Says what is wrong with an answer, or undefined when it is right: HTTP 200, an AdmissionReview v1 with the request's uid,
 * a patch of at least one operation for a mutation, a denial that names what is broken for a violating object, and an
 * allowance for any other. The baseline server only has to allow.
 */
export function answerProblem(of: {
  readonly review: Pick<BenchReview, "uid" | "violating">;
  readonly expected: "patch" | "verdict" | "allowance";
  /** What a denial must name; Plimsoll's rules by default. */
  readonly denialNames?: readonly string[];
  readonly status: number;
  readonly text: string;
}): string | undefined {
  if (of.status !== 200) return `answered ${of.status}: ${of.text.slice(0, 200)}`;
  const { kind, apiVersion, response } = JSON.parse(of.text) as AnsweredReview;
  if (kind !== "AdmissionReview" || apiVersion !== "admission.k8s.io/v1") return `is no AdmissionReview v1: ${of.text.slice(0, 200)}`;
  if (response?.uid !== of.review.uid) return `has uid ${response?.uid ?? "(none)"} instead of ${of.review.uid}`;
  if (of.expected === "verdict" && of.review.violating) return denialProblem(response, of.denialNames ?? violatedRules);
  if (response.allowed !== true) return `refuses: ${response.status?.message ?? "without a reason"}`;
  if (of.expected !== "patch") return response.patch === undefined ? undefined : "carries a patch that nobody expects";
  if (response.patchType !== "JSONPatch" || response.patch === undefined) return "carries no patch";
  return patchedPaths(of.text).length > 0 ? undefined : "carries an empty patch";
}

/** Returns the paths that the patch of an answer writes to; none where it has no patch. */
export function patchedPaths(text: string): readonly string[] {
  const { response } = JSON.parse(text) as AnsweredReview;
  const operations = JSON.parse(Buffer.from(response?.patch ?? "W10=", "base64").toString("utf8")) as readonly { readonly path: string }[];
  return operations.map(({ path }) => path);
}

function denialProblem({ allowed, status }: NonNullable<AnsweredReview["response"]>, names: readonly string[]): string | undefined {
  if (allowed !== false) return "allows what breaks rules";
  const missing = names.filter((name) => !(status?.message ?? "").includes(name));
  return missing.length === 0 ? undefined : `does not name ${missing.join(", ")}: ${status?.message ?? ""}`;
}

interface AnsweredReview {
  readonly kind?: string;
  readonly apiVersion?: string;
  readonly response?: {
    readonly uid?: string;
    readonly allowed?: boolean;
    readonly patchType?: string;
    readonly patch?: string;
    readonly status?: { readonly message?: string };
  };
}

interface ReviewTerms {
  readonly phase: BenchPhase;
  readonly workload: BenchWorkload;
  readonly uid: string;
  readonly bytes: number;
  readonly violating: boolean;
}

function paddedReview(of: ReviewTerms): Buffer {
  const bare = reviewText(of, { variables: 0, filling: "" });
  const missing = of.bytes - bare.length - envFieldsBytes;
  if (missing < 0) throw new Error(`a ${of.phase} review has at least ${bare.length} bytes, asked: ${of.bytes}`);
  const variables = Math.floor(missing / 2 / variableLength);
  const withVariables = reviewText(of, { variables, filling: "" });
  const text = reviewText(of, { variables, filling: "x".repeat(of.bytes - withVariables.length) });
  return Buffer.from(text, "utf8");
}

interface Padding {
  readonly variables: number;
  readonly filling: string;
}

function reviewText(of: ReviewTerms, padding: Padding): string {
  const { phase, workload, uid } = of;
  const object = phase === "mutate" ? paddedPod(of, padding) : paddedDeployment(of, padding);
  const request = {
    uid,
    ...(phase === "mutate" ? podTerms : deploymentTerms),
    name: object.metadata.name,
    namespace: workload.namespace,
    operation: "CREATE",
    userInfo: phase === "mutate" ? controllerAccount : deployerAccount,
    object,
    oldObject: null,
    dryRun: false,
    options: { kind: "CreateOptions", apiVersion: "meta.k8s.io/v1" },
  };
  return JSON.stringify({ kind: "AdmissionReview", apiVersion: "admission.k8s.io/v1", request });
}

const podTerms = { kind: { group: "", version: "v1", kind: "Pod" }, resource: { group: "", version: "v1", resource: "pods" } };
const deploymentTerms = {
  kind: { group: "apps", version: "v1", kind: "Deployment" },
  resource: { group: "apps", version: "v1", resource: "deployments" },
};
const controllerAccount = {
  username: "system:serviceaccount:kube-system:replicaset-controller",
  groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
};
const deployerAccount = { username: "ann@example.com", groups: ["team", "system:authenticated"] };

function paddedPod(of: ReviewTerms, padding: Padding) {
  const pod = benchPod(of.workload);
  return { ...pod, metadata: { ...pod.metadata, annotations: notes(padding) }, spec: padded(pod.spec, { ...padding, of }) };
}

function paddedDeployment(of: ReviewTerms, padding: Padding) {
  const { metadata, spec, ...rest } = benchDeployment(of.workload);
  const annotations = { "kubectl.kubernetes.io/default-container": "app" };
  const template = { metadata: { ...spec.template.metadata, annotations }, spec: padded(spec.template.spec, { ...padding, of }) };
  const replicas = of.violating ? 1 : spec.replicas;
  return { ...rest, metadata: { ...metadata, annotations: notes(padding) }, spec: { ...spec, replicas, template } };
}

function notes({ filling }: Padding) {
  return { "kubectl.kubernetes.io/default-container": "app", "example.com/notes": filling };
}

/** The Pod with its sidecars, and the variables dealt out to all of its containers. */
function padded(spec: PodSpec, { variables, of }: Padding & { readonly of: ReviewTerms }): PodSpec {
  const containers = of.bytes < sidecarsFromBytes ? [...spec.containers] : [...spec.containers, ...["proxy", "logs", "agent"].map(sidecar)];
  const last = containers.length - 1;
  const judged = containers.map((container, index) => (of.violating && index === last ? greedy(container) : container));
  if (variables === 0) return { ...spec, containers: judged };
  const env = Array.from({ length: variables }, (_, index) => variable(index));
  const share = Math.ceil(variables / judged.length);
  return { ...spec, containers: judged.map((container, index) => ({ ...container, env: env.slice(index * share, (index + 1) * share) })) };
}

function sidecar(name: string): Container {
  return {
    name,
    image: `registry.example.com/${name}:2.0.1`,
    resources: { requests: { cpu: "50m", memory: "64Mi" }, limits: { memory: "128Mi" } },
  };
}

function greedy(container: Container): Container {
  return { ...container, resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { cpu: "4", memory: "8Gi" } } };
}

function variable(index: number) {
  const bare = { name: `SETTING_${String(index).padStart(4, "0")}`, value: "" };
  // The comma that separates it from the next one counts.
  return { ...bare, value: "v".repeat(variableLength - JSON.stringify(bare).length - 1) };
}
