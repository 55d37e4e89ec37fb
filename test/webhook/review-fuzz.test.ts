/**
 * Mutated reviews, in process, through the server's own listener and the whole rule set.
 *
 * The law: whatever is posted, the answer is an AdmissionReview v1 that the API server takes for one, or the documented HTTP
 * error for what is no AdmissionReview; nothing throws. 5,000 in CI, 200,000 in the long run.
 */
import { PassThrough, Readable } from "node:stream";
import type { IncomingMessage, ServerResponse } from "node:http";
import { expect, it } from "vitest";
import { catalogInstanceTypes } from "../../src/catalog/instance-types.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { platformNames } from "../../src/api/labels.ts";
import { objectFormer } from "../../src/cli/object-form.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { wallClock } from "../../src/cluster/wall-clock.ts";
import { admissionHandler } from "../../src/webhook/admission-handler.ts";
import { bodyBytesMax } from "../../src/webhook/body-reader.ts";
import { webhookMetrics } from "../../src/webhook/metrics.ts";
import { webhookListener } from "../../src/webhook/server.ts";
import { autoscalerAccount, policySet, requestFor } from "../support/admission.ts";
import { casesOf } from "../support/long-run.ts";
import { yamlObjects } from "../support/yaml-objects.ts";
import { mutatedReview } from "./review-mutation.ts";
import { randomOf } from "./seeded-random.ts";

const cases = casesOf({ ci: 5_000, long: 200_000 });
const files = [
  "examples/lab/a0-infrastructure.yaml",
  "examples/lab/a1-checkout-api.yaml",
  "examples/lab/a2-invoice-export-worker.yaml",
  "examples/lab/a3-fraud-model-batch.yaml",
  "examples/billing-api/deployment.yaml",
  "examples/billing-api/profile.yaml",
  "examples/refused/two-faults.yaml",
  "examples/refused/undrainable.yaml",
];
const corpus = files.flatMap(yamlObjects);
const paths = ["/mutate/closed", "/mutate/open", "/validate/closed", "/validate/open"].map((path) => `${path}?timeout=5s`);

it(
  `answers ${cases} mutated reviews with valid AdmissionReviews or a documented HTTP error`,
  { timeout: casesOf({ ci: 120_000, long: 3_600_000 }) },
  async () => {
    const faults: unknown[] = [];
    const listener = listenerOf(faults);
    const good = goodReviews();
    const seen = new Map<string, number>();
    for (const seed of seeds()) {
      const random = randomOf(seed);
      const body = mutatedReview(good[Math.floor(random() * good.length)] ?? {}, random);
      const path = paths[Math.floor(random() * paths.length)] ?? "";
      const answer = await post(listener, path, body);
      const problem = faults.length > 0 ? String((faults[0] as Error).stack) : problemOf(answer, body);
      if (problem !== undefined) expect.fail(`seed ${seed} ${path}: ${problem}\n${body.slice(0, 4_000)}`);
      seen.set(answer.kind, (seen.get(answer.kind) ?? 0) + 1);
    }
    // Answers of every sort, or the mutations broke nothing, or everything.
    for (const kind of ["200 allowed", "200 patched", "200 denied", "400"])
      expect([kind, seen.get(kind) ?? 0]).toEqual([kind, expect.toSatisfy((count: number) => count > cases / 200)]);
  },
);

/** Seeds of the long run that once found a fault, then all of this run. */
const onceFaulty: readonly number[] = [9_345, 9_963, 21_820, 142_721];

function* seeds(): Iterable<number> {
  yield* onceFaulty;
  for (let seed = 1; seed <= cases; seed++) yield seed;
}

function listenerOf(faults: unknown[]) {
  const clock = { ...wallClock(), now: () => Date.parse("2026-12-01T00:00:00Z") };
  const metrics = webhookMetrics();
  const names = platformNames();
  const handler = admissionHandler({
    ...{ names, clock, metrics, neededKinds: [] },
    policySet: () => policies,
    snapshot: () => snapshot,
    instanceTypes: () => types,
    decoded: objectFormer({ names, namespace: "default" }),
  });
  const policies = policySet();
  const snapshot = snapshotOf(corpus);
  const types = catalogInstanceTypes({ zones: ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] });
  return webhookListener({ handler, notReady: () => [], metrics, clock, onError: (error) => faults.push(error) });
}

/** A review of each object of the corpus and of its Pods, created, updated, scaled and deleted. */
function goodReviews(): readonly object[] {
  const requests = corpus.flatMap((object) => {
    const changed: KubeObject = { ...object, metadata: { ...object.metadata, labels: { ...object.metadata.labels, changed: "yes" } } };
    return [
      requestFor(object),
      requestFor(changed, { old: object }),
      requestFor(object, { operation: "DELETE", old: object }),
      ...podOf(object).flatMap((pod) => [requestFor(pod), requestFor(pod, { old: pod })]),
      ...scaleOf(object).map((scale) => requestFor(scale, { userInfo: autoscalerAccount })),
    ];
  });
  return requests.map((request) => ({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: { ...request, userInfo: request.userInfo },
  }));
}

interface Templated extends KubeObject {
  readonly spec?: {
    readonly replicas?: number;
    readonly template?: { readonly metadata?: KubeObject["metadata"]; readonly spec?: object };
  };
}

function podOf(object: Templated): readonly KubeObject[] {
  const template = object.spec?.template;
  if (template === undefined || object.kind === "NodePool") return [];
  const metadata = {
    ...template.metadata,
    generateName: `${object.metadata.name ?? ""}-`,
    namespace: object.metadata.namespace ?? "default",
  };
  return [{ apiVersion: "v1", kind: "Pod", metadata, spec: template.spec } as KubeObject];
}

function scaleOf(object: Templated): readonly KubeObject[] {
  if (object.kind !== "Deployment") return [];
  const { name = "", namespace = "default" } = object.metadata;
  return [{ apiVersion: "autoscaling/v1", kind: "Scale", metadata: { name, namespace }, spec: { replicas: 3 } } as KubeObject];
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly kind: string;
}

function post(listener: ReturnType<typeof webhookListener>, url: string, body: string): Promise<Answer> {
  const bytes = Buffer.from(body, "utf8");
  const headers = { "content-type": "application/json", "content-length": String(bytes.length) };
  const socket = Object.assign(new PassThrough(), { remoteAddress: "127.0.0.1" });
  const request = Object.assign(Readable.from([bytes], { objectMode: false }), { method: "POST", url, headers, socket });
  return new Promise((answered) => {
    let status = 0;
    const response = {
      setHeader: () => response,
      once: () => response,
      on: () => response,
      writeHead: (code: number) => {
        status = code;
        return response;
      },
      end: (text: string) => {
        answered({ status, text, kind: kindOf(status, text) });
      },
      destroy: () => {
        answered({ status: 0, text: "", kind: "destroyed" });
      },
    };
    listener(request as unknown as IncomingMessage, response as unknown as ServerResponse & { req: IncomingMessage });
  });
}

function kindOf(status: number, text: string): string {
  if (status !== 200) return String(status);
  const { response } = JSON.parse(text) as { readonly response: { readonly allowed: boolean; readonly patch?: string } };
  if (!response.allowed) return "200 denied";
  return response.patch === undefined ? "200 allowed" : "200 patched";
}

/** What the API server would not take for an answer to this body. */
function problemOf({ status, text }: Answer, body: string): string | undefined {
  if (status === 400) return text.length > 1 && text.length < 400 ? undefined : `an error of ${text.length} characters`;
  if (status === 413) return Buffer.byteLength(body) > bodyBytesMax ? undefined : "a small body is too large";
  if (status !== 200) return `HTTP ${status}: ${text}`;
  const { apiVersion, kind, response } = JSON.parse(text) as ReviewAnswer;
  const uid = (JSON.parse(body) as { readonly request: { readonly uid: unknown } }).request.uid;
  if (apiVersion !== "admission.k8s.io/v1" || kind !== "AdmissionReview") return `${apiVersion} ${kind}`;
  if (response.uid !== uid) return `uid ${String(response.uid)} is not ${String(uid)}`;
  if (typeof response.allowed !== "boolean") return "no verdict";
  if (!response.allowed && !((response.status?.message ?? "") !== "" && (response.status?.code ?? 0) >= 400))
    return "a denial without code or words";
  if (!(response.warnings ?? []).every((warning) => typeof warning === "string")) return "a warning that is no text";
  return patchProblem(response);
}

interface PatchOperation {
  readonly op: string;
  readonly path: string;
}

interface ReviewAnswer {
  readonly apiVersion: string;
  readonly kind: string;
  readonly response: {
    readonly uid: unknown;
    readonly allowed: unknown;
    readonly status?: { readonly code?: number; readonly message?: string };
    readonly warnings?: readonly unknown[];
    readonly patchType?: string;
    readonly patch?: string;
  };
}

function patchProblem({ allowed, patch, patchType }: ReviewAnswer["response"]): string | undefined {
  if (patch === undefined) return patchType === undefined ? undefined : "a patch type without a patch";
  if (allowed !== true || patchType !== "JSONPatch") return "a patch on a denial, or of no type";
  const operations = JSON.parse(Buffer.from(patch, "base64").toString("utf8")) as readonly PatchOperation[];
  const isPatch =
    operations.length > 0 && operations.every(({ op, path }) => ["add", "replace", "remove", "test"].includes(op) && path.startsWith("/"));
  return isPatch ? undefined : "a patch that is none";
}
