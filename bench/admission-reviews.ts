/**
 * The reviews of the admission bench: AdmissionReview v1 bodies of an exact size, and what a right answer to them is.
 *
 * `mutate` is the CREATE of a Pod of a bound Deployment, `validate` the CREATE of such a Deployment. Half of the padding is
 * environment variables (many small values, as charts write them), the rest one annotation, to the byte.
 */
import type { PodSpec } from "../src/api/pod.ts";
import { benchDeployment, benchPod, benchWorkloads, type BenchWorkload } from "./admission-world.ts";

export type BenchPhase = "mutate" | "validate";

/** One body to post, with the uid that its answer must carry. */
export interface BenchReview {
  readonly uid: string;
  readonly body: Buffer;
}

const variableLength = 70;

/** Returns one review for each workload of the world, each `bytes` long. */
export function benchReviews(phase: BenchPhase, bytes: number): readonly BenchReview[] {
  return benchWorkloads().map((workload, index) => {
    const uid = `7c1f3a52-0000-4000-8000-${String(index).padStart(12, "0")}`;
    return { uid, body: paddedReview({ phase, workload, uid, bytes }) };
  });
}

/**
 * Says what is wrong with an answer, or undefined when it is right: HTTP 200, an AdmissionReview v1 with the request's uid
 * that allows and, for a mutation, carries a patch of at least one operation. The baseline server only has to allow.
 */
export function answerProblem(of: {
  readonly phase: BenchPhase;
  readonly uid: string;
  readonly patchExpected: boolean;
  readonly status: number;
  readonly text: string;
}): string | undefined {
  if (of.status !== 200) return `answered ${of.status}: ${of.text.slice(0, 200)}`;
  const { kind, apiVersion, response } = JSON.parse(of.text) as AnsweredReview;
  if (kind !== "AdmissionReview" || apiVersion !== "admission.k8s.io/v1") return `is no AdmissionReview v1: ${of.text.slice(0, 200)}`;
  if (response?.uid !== of.uid) return `has uid ${response?.uid ?? "(none)"} instead of ${of.uid}`;
  if (response.allowed !== true) return `refuses: ${response.status?.message ?? "without a reason"}`;
  if (!of.patchExpected) return response.patch === undefined ? undefined : "carries a patch that nobody expects";
  if (response.patchType !== "JSONPatch" || response.patch === undefined) return "carries no patch";
  const operations = JSON.parse(Buffer.from(response.patch, "base64").toString("utf8")) as readonly unknown[];
  return operations.length > 0 ? undefined : "carries an empty patch";
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

function paddedReview(of: {
  readonly phase: BenchPhase;
  readonly workload: BenchWorkload;
  readonly uid: string;
  readonly bytes: number;
}): Buffer {
  const bare = reviewText(of, { variables: 0, filling: "" });
  const missing = of.bytes - bare.length;
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

function reviewText(of: { readonly phase: BenchPhase; readonly workload: BenchWorkload; readonly uid: string }, padding: Padding): string {
  const { phase, workload, uid } = of;
  const object = phase === "mutate" ? paddedPod(workload, padding) : paddedDeployment(workload, padding);
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

function paddedPod(workload: BenchWorkload, padding: Padding) {
  const pod = benchPod(workload);
  return { ...pod, metadata: { ...pod.metadata, annotations: { "example.com/notes": padding.filling } }, spec: padded(pod.spec, padding) };
}

function paddedDeployment(workload: BenchWorkload, padding: Padding) {
  const { metadata, spec, ...rest } = benchDeployment(workload);
  const template = { ...spec.template, spec: padded(spec.template.spec, padding) };
  return { ...rest, metadata: { ...metadata, annotations: { "example.com/notes": padding.filling } }, spec: { ...spec, template } };
}

function padded(spec: PodSpec, { variables }: Padding): PodSpec {
  if (variables === 0) return spec;
  const env = Array.from({ length: variables }, (_, index) => {
    const variable = { name: `SETTING_${String(index).padStart(4, "0")}`, value: "" };
    // The comma that separates it from the next one counts.
    return { ...variable, value: "v".repeat(variableLength - JSON.stringify(variable).length - 1) };
  });
  return { ...spec, containers: spec.containers.map((container) => ({ ...container, env })) };
}
