/**
 * The owner inquiry: asks the API server whether who brings an object may speak for the owner that it names (owner-claim.ts).
 *
 * Reads a review; returns a promise only where the answer decides, so that nearly every review is judged at once. Rights are asked for
 * by SubjectAccessReview, first for all owners of a kind in the namespace, which is what operators have, then for the very one. Answers
 * live for a minute. No answer in time, and too many questions at once, are a no: the object is judged as if it had no owner.
 */
import { groupOf } from "../policies/judged-owner.ts";
import { ownerQuestion, type OwnerQuestion } from "../policies/owner-claim.ts";
import type { ApiTransport, Clock } from "../api/ports.ts";
import type { AdmissionContext } from "../policies/admission-context.ts";
import type { PolicySet } from "../policies/policy-set.ts";
import type { OwnerInquirer } from "../webhook/admission-call.ts";

export interface OwnerInquiryParts {
  readonly transport: Pick<ApiTransport, "request">;
  readonly clock: Pick<Clock, "now" | "sleep">;
  readonly policySet: () => PolicySet;
  readonly snapshot: () => AdmissionContext["snapshot"];
}

/** As long as one review may wait for what its requester may do. */
const inquiryMaxMs = 1_000;
/** Reviews that wait at once. */
const inquiriesMax = 32;
const answerLifeMs = 60_000;
/** Answers that are kept; with more requesters than this the oldest are asked about again. */
const answersMax = 4_000;

/** Makes the inquirer of a process. */
export function ownerInquirer(parts: OwnerInquiryParts): OwnerInquirer {
  const state = { underWay: 0 };
  const rights = answers<boolean>(parts.clock);
  const resources = answers<string>(parts.clock);
  const api: Api = {
    mayUpdate: (right) => rights(JSON.stringify(right), () => reviewed(parts.transport, right)),
    resourceOf: (owner) => resources(`${owner.apiVersion} ${owner.kind}`, () => discovered(parts.transport, owner)),
  };
  return ({ request }, { withinMs }) => {
    const question = ownerQuestion(request, { context: { snapshot: parts.snapshot() }, settings: parts.policySet().settings });
    const limitMs = Math.min(inquiryMaxMs, withinMs);
    if (question === undefined) return undefined;
    if (state.underWay >= inquiriesMax || limitMs <= 0) return Promise.resolve(false);
    state.underWay += 1;
    const timeUp = new AbortController();
    const late = parts.clock.sleep(limitMs, timeUp.signal).then(() => false);
    const answer = speaksFor(question, api).catch(() => false);
    return Promise.race([answer, late]).finally(() => {
      state.underWay -= 1;
      timeUp.abort();
    });
  };
}

interface Right {
  readonly user: OwnerQuestion["userInfo"];
  readonly namespace: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource: "finalizers" | "status";
  /** "" stands for every object of the kind. */
  readonly name: string;
}

/** Both are undefined where the API server did not answer. */
interface Api {
  mayUpdate(right: Right): Promise<boolean | undefined>;
  resourceOf(owner: OwnerQuestion["owner"]): Promise<string | undefined>;
}

async function speaksFor({ userInfo: user, owner, namespace, needs }: OwnerQuestion, api: Api): Promise<boolean> {
  const resource = await api.resourceOf(owner);
  if (resource === undefined || resource === "") return false;
  const of = { user, namespace, group: groupOf(owner), resource };
  const has = async (subresource: Right["subresource"]): Promise<boolean> =>
    (await api.mayUpdate({ ...of, subresource, name: "" })) === true ||
    (await api.mayUpdate({ ...of, subresource, name: owner.name })) === true;
  const [finalizers, status] = await Promise.all([has("finalizers"), has("status")]);
  return needs === "both" ? finalizers && status : finalizers || status;
}

async function reviewed(transport: Pick<ApiTransport, "request">, { user, ...right }: Right): Promise<boolean | undefined> {
  const { username, groups, uid, extra } = user;
  const spec = { user: username, groups, uid, extra, resourceAttributes: { ...right, verb: "update" } };
  const answer = await transport.request({
    method: "POST",
    path: "/apis/authorization.k8s.io/v1/subjectaccessreviews",
    body: { apiVersion: "authorization.k8s.io/v1", kind: "SubjectAccessReview", spec },
    timeoutMs: inquiryMaxMs,
  });
  return answer.ok ? isRecord(answer.body) && isRecord(answer.body["status"]) && answer.body["status"]["allowed"] === true : undefined;
}

/** What the API server takes for an API version; whoever wrote the reference chose it, and a path is made of it. */
const versionPattern = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?v[a-z0-9]{1,62}$/;

/** Returns the resource of a kind, "" where the API server serves none, or undefined where it did not answer. */
async function discovered(
  transport: Pick<ApiTransport, "request">,
  { apiVersion, kind }: OwnerQuestion["owner"],
): Promise<string | undefined> {
  if (!versionPattern.test(apiVersion)) return "";
  const path = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const answer = await transport.request({ method: "GET", path, timeoutMs: inquiryMaxMs });
  if (!answer.ok) return answer.status === 404 ? "" : undefined;
  const resources =
    isRecord(answer.body) && Array.isArray(answer.body["resources"]) ? (answer.body["resources"] as readonly unknown[]) : [];
  const found = resources.find((resource) => isRecord(resource) && resource["kind"] === kind && !String(resource["name"]).includes("/"));
  return isRecord(found) && typeof found["name"] === "string" ? found["name"] : "";
}

/** Keeps answers for a while, oldest first; whoever asks the same meanwhile waits for the one answer. None is asked for anew. */
function answers<T>({ now }: Pick<Clock, "now">): (key: string, ask: () => Promise<T | undefined>) => Promise<T | undefined> {
  const kept = new Map<string, { readonly until: number; readonly answer: Promise<T | undefined> }>();
  return (key, ask) => {
    const known = kept.get(key);
    if (known !== undefined && now() < known.until) return known.answer;
    const fresh = { until: now() + answerLifeMs, answer: ask() };
    kept.delete(key);
    kept.set(key, fresh);
    if (kept.size > answersMax) for (const oldest of [...kept.keys()].slice(0, kept.size - answersMax)) kept.delete(oldest);
    const forget = (): void => {
      if (kept.get(key) === fresh) kept.delete(key);
    };
    fresh.answer.then((answer) => {
      if (answer === undefined) forget();
    }, forget);
    return fresh.answer;
  };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
