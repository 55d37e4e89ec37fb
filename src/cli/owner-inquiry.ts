/**
 * The owner inquiry: asks the API server whether who brings an object may speak for the owner that it names (owner-claim.ts).
 *
 * Reads a review; returns a promise only where the answer decides, so that nearly every review is judged at once. Rights are asked for
 * by SubjectAccessReview, first for all owners of a kind in the namespace, which is what operators have, then for the very one. Answers
 * live for a minute. No answer in time is a no: the object is judged as if it had no owner. Anybody who reaches the webhook chooses names
 * and users, so all that is sent and kept is bounded: who finds no place waits in line (inquiry-line.ts), and who asks much has fewer places.
 */
import { err, ok, type Result } from "../api/result.ts";
import { accessReviews, keptAnswers } from "../cluster/access-review.ts";
import { groupOf } from "../policies/judged-owner.ts";
import { ownerQuestion, type OwnerQuestion } from "../policies/owner-claim.ts";
import type { ApiTransport, Clock } from "../api/ports.ts";
import type { AdmissionContext } from "../policies/admission-context.ts";
import type { AdmissionRequest } from "../policies/admission-request.ts";
import type { PolicySet } from "../policies/policy-set.ts";
import type { OwnerInquirer } from "../webhook/admission-call.ts";
import { inquiryLine } from "./inquiry-line.ts";

export interface OwnerInquiryParts {
  readonly transport: Pick<ApiTransport, "request">;
  readonly clock: Pick<Clock, "now" | "sleep">;
  readonly policySet: () => PolicySet;
  readonly snapshot: () => AdmissionContext["snapshot"];
  /** Where we run: the accounts there are ours. */
  readonly ownNamespace: string;
}

/** As long as one review may wait for what its requester may do; an API server that starts, or that is busy, takes seconds. */
const inquiryMaxMs = 3_000;
/** A place costs the API server up to four requests; a review in line costs us the bytes of its body. */
const lineBounds = { placesMax: 32, reviewsMax: 1_024, bytesMax: 16 * 1024 * 1024 };
/** Longer ones name nothing that the API server holds: a DNS label, a group with its version, a DNS subdomain. */
const lengthMax = { kind: 63, apiVersion: 317, name: 253 } as const;
/** A user has many groups where its identity provider gives them, and not this many. */
const userLengthMax = 64 * 1024;
/** With more requesters than are kept the oldest are asked about again; each waiting review asks two things at once. */
const bounds = { answersMax: 4_000, askedAtOnceMax: 4 * lineBounds.placesMax, keptYesMs: 60_000, keptNoMs: 60_000 };

/** Makes the inquirer of a process. */
export function ownerInquirer(parts: OwnerInquiryParts): OwnerInquirer {
  const line = inquiryLine(lineBounds);
  const rights = accessReviews({ ...parts, bounds, answerMaxMs: inquiryMaxMs });
  const resources = keptAnswers(parts.clock, bounds);
  const api: Api = {
    mayUpdate: ({ user, ...right }) => rights.may(user, { resourceAttributes: { ...right, verb: "update" } }),
    resourceOf: async ({ apiVersion, kind }) => {
      const served = await resources.of(apiVersion, () => discovered(parts.transport, apiVersion));
      return served.ok ? ok(served.value.get(kind) ?? "") : served;
    },
  };
  return ({ request }, { withinMs, bytes, isHeavy }) => {
    const question = ownerQuestion(request, { context: { snapshot: parts.snapshot() }, settings: parts.policySet().settings });
    const limitMs = Math.min(inquiryMaxMs, withinMs);
    if (question === undefined) return undefined;
    if (isOwnDryRun(request, parts.ownNamespace)) return Promise.resolve(true);
    if (limitMs <= 0 || !isAskable(question)) return Promise.resolve(false);
    const answered = new AbortController();
    const answer = new Promise<boolean>((settle) => {
      const begin = (): void =>
        void speaksFor(question, api).then(settle, () => {
          settle(false);
        });
      const leave = line.enter({ bytes, isHeavy }, begin);
      if (leave === undefined) settle(false);
      else answered.signal.addEventListener("abort", leave);
    });
    const late = parts.clock.sleep(limitMs, answered.signal).then(() => false);
    return Promise.race([answer, late]).finally(() => {
      answered.abort();
    });
  };
}

/** What a workload's Pods would become is asked by a dry run that names the workload as owner, as its controller will. */
function isOwnDryRun({ dryRun, userInfo }: AdmissionRequest, ownNamespace: string): boolean {
  return dryRun && userInfo.groups.includes(`system:serviceaccounts:${ownNamespace}`);
}

function isAskable({ userInfo, owners }: OwnerQuestion): boolean {
  const fits = owners.every(
    ({ kind, apiVersion, name }) =>
      kind.length <= lengthMax.kind && apiVersion.length <= lengthMax.apiVersion && name.length <= lengthMax.name,
  );
  return fits && JSON.stringify(userInfo).length <= userLengthMax;
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

/** Both are errors where the API server did not answer. */
interface Api {
  mayUpdate(right: Right): Promise<Result<boolean, string>>;
  resourceOf(owner: AskedOwner): Promise<Result<string, string>>;
}

type AskedOwner = OwnerQuestion["owners"][number];

async function speaksFor(question: OwnerQuestion, api: Api): Promise<boolean> {
  for (const owner of question.owners) if (await speaksForOne(owner, question, api)) return true;
  return false;
}

async function speaksForOne(owner: AskedOwner, { userInfo: user, namespace, needs }: OwnerQuestion, api: Api): Promise<boolean> {
  const resource = await api.resourceOf(owner);
  if (!resource.ok || resource.value === "") return false;
  const of = { user, namespace, group: groupOf(owner), resource: resource.value };
  const may = async (right: Right): Promise<boolean> => {
    const answer = await api.mayUpdate(right);
    if (answer.ok) return answer.value;
    // A connection that broke says nothing about a right, and asking changes nothing: once more.
    const again = await api.mayUpdate(right);
    return again.ok && again.value;
  };
  const has = async (subresource: Right["subresource"]): Promise<boolean> =>
    (await may({ ...of, subresource, name: "" })) || (await may({ ...of, subresource, name: owner.name }));
  const [finalizers, status] = await Promise.all([has("finalizers"), has("status")]);
  return needs === "both" ? finalizers && status : finalizers || status;
}

/** What the API server takes for an API version; whoever wrote the reference chose it, and a path is made of it. */
const versionPattern = /^(?:[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?\/)?v[a-z0-9]{1,62}$/;

/** Returns the resources that the API server serves of a version, by kind; the error says that it did not answer. */
async function discovered(
  transport: Pick<ApiTransport, "request">,
  apiVersion: string,
): Promise<Result<ReadonlyMap<string, string>, string>> {
  if (!versionPattern.test(apiVersion)) return ok(new Map());
  const path = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
  const answer = await transport.request({ method: "GET", path, timeoutMs: inquiryMaxMs });
  if (!answer.ok) return answer.status === 404 ? ok(new Map()) : err(`${path}: answered ${answer.status}`);
  const resources =
    isRecord(answer.body) && Array.isArray(answer.body["resources"]) ? (answer.body["resources"] as readonly unknown[]) : [];
  return ok(
    new Map(
      resources.flatMap((resource): readonly (readonly [string, string])[] => {
        if (!isRecord(resource)) return [];
        const { kind, name } = resource;
        return typeof kind === "string" && typeof name === "string" && !name.includes("/") ? [[kind, name]] : [];
      }),
    ),
  );
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
