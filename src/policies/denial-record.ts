/**
 * The record of denials: what a profile's status tells of requests that were refused under it.
 *
 * Reads refused requests and what the status says already. Returns the profiles that a request concerns, and the list as it should
 * stand: newest first, each refusal once, so that a controller that asks again every second is told once a minute. A request is only
 * what somebody has said, and it may be forged: profiles count where they stand, and every word is ours or of what stands.
 */
import { isKindName } from "../api/kinds.ts";
import type { Instant } from "../api/ports.ts";
import type { WorkloadProfile } from "../api/workload-profile.ts";
import type { AdmissionContext } from "./admission-context.ts";
import { isController, type AdmissionRequest } from "./admission-request.ts";
import { gatherFacts, type FactsInput } from "./facts.ts";
import type { PolicySet } from "./policy-set.ts";
import { allRules } from "./rules/all-rules.ts";
import type { Finding } from "./verdict.ts";
import { cutText } from "./warning.ts";

/** A request that was refused. */
export interface DeniedRequest {
  readonly request: AdmissionRequest;
  readonly findings: readonly Finding[];
  readonly at: Instant;
}

/** One entry of status.lastDenials. */
export type DenialNote = NonNullable<NonNullable<WorkloadProfile["status"]>["lastDenials"]>[number];

/** Entries that a status holds; the CRD takes no more. */
const denialsMax = 5;
/** Profiles that are told of one request: a budget may select the workloads of hundreds. */
const profilesMax = 10;
const messageLengthMax = 200;
/** The same refusal is told again only after so long. */
const againMs = 60_000;

/** What one profile is to be told. */
export interface ProfileNote {
  readonly namespace: string;
  readonly name: string;
  readonly note: DenialNote;
}

/** Returns what a refused request is told as, for each profile that it concerns and that stands. */
export function denialNotes(
  denied: DeniedRequest,
  { policySet, ...world }: Omit<AdmissionContext, "now"> & { readonly policySet: PolicySet },
): readonly ProfileNote[] {
  const { request, at } = denied;
  const context = { ...world, now: at };
  return profilesConcerned({ policySet, request, context }).map(({ metadata }) => ({
    ...{ namespace: metadata.namespace ?? "", name: metadata.name ?? "" },
    note: denialNote(denied, context),
  }));
}

/** Returns the profiles of the cluster that a request concerns: the judged one, or those that bind the workloads it touches. */
function profilesConcerned(input: FactsInput): readonly WorkloadProfile[] {
  const { subject, views } = gatherFacts(input);
  const names = views.flatMap(({ binding }) => {
    if (binding.kind === "bound") return [binding.profile.metadata.name ?? ""];
    return binding.kind === "ambiguous" ? binding.profiles : [];
  });
  const own = subject.kind === "profile" ? [subject.profile.metadata.name ?? ""] : names;
  const { snapshot } = input.context;
  return [...new Set(own)]
    .slice(0, profilesMax)
    .flatMap((name) => snapshot.get("WorkloadProfile", { namespace: input.request.namespace, name }) ?? [])
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** Returns a refusal as a note, by its first finding that refuses. */
function denialNote({ request, findings, at }: DeniedRequest, { snapshot }: Pick<AdmissionContext, "snapshot">): DenialNote {
  const rule = findings.find(({ action }) => action === "deny")?.rule ?? "";
  const verb = request.operation === "CREATE" ? "a new" : "a change of";
  // A rule of the platform team's own has no words that we know, and what it says may quote the object.
  const summary = allRules.find(({ id }) => id === rule)?.summary ?? "a rule of policies.yaml";
  return {
    time: new Date(at).toISOString().replace(/\.\d+Z$/, "Z"),
    user: isController(request.userInfo) ? "a controller" : "a client",
    rule,
    message: cutText(`${verb} ${standingName(request, snapshot)}: ${summary}`, messageLengthMax),
  };
}

/** The name only of what stands: any other is the requester's own word. */
function standingName({ kind: { kind }, namespace, name }: AdmissionRequest, snapshot: AdmissionContext["snapshot"]): string {
  if (!isKindName(kind)) return "object";
  return snapshot.get(kind, { namespace, name }) === undefined ? kind : `${kind} ${name}`;
}

/** Returns the list with new notes in it, newest first; undefined where it says as much already. */
export function withDenials(known: readonly DenialNote[], notes: readonly DenialNote[]): readonly DenialNote[] | undefined {
  const fresh = notes.filter((note) => !known.some((one) => isSame(one, note) && Date.parse(note.time) - Date.parse(one.time) < againMs));
  if (fresh.length === 0) return undefined;
  const all = [...fresh, ...known].sort((a, b) => Date.parse(b.time) - Date.parse(a.time));
  return all.filter((note, index) => all.findIndex((one) => isSame(one, note)) === index).slice(0, denialsMax);
}

function isSame(a: DenialNote, b: DenialNote): boolean {
  return a.user === b.user && a.rule === b.rule && a.message === b.message;
}
