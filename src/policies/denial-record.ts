/**
 * The record of denials: what a profile's status tells of requests that were refused under it.
 *
 * Reads refused requests and what the status says already. Returns the profiles that a request concerns, and the list as it should
 * stand: newest first, each refusal once, so that a controller that asks again every second is told once a minute.
 */
import type { Instant } from "../api/ports.ts";
import type { WorkloadProfile } from "../api/workload-profile.ts";
import type { AdmissionContext } from "./admission-context.ts";
import type { AdmissionRequest } from "./admission-request.ts";
import { gatherFacts, type FactsInput } from "./facts.ts";
import type { PolicySet } from "./policy-set.ts";
import type { Finding } from "./verdict.ts";
import { cutText, plainText } from "./warning.ts";

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
const userLengthMax = 120;
/** The same refusal is told again only after so long. */
const againMs = 60_000;

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

/** What one profile is to be told. */
export interface ProfileNotes {
  readonly profile: WorkloadProfile;
  readonly notes: readonly DenialNote[];
}

/** Returns the notes of refused requests by the profiles that they concern, in the order of the requests. */
export function notesByProfile(
  denied: readonly DeniedRequest[],
  { policySet, ...world }: Omit<AdmissionContext, "now"> & { readonly policySet: PolicySet },
): readonly ProfileNotes[] {
  const byProfile = new Map<WorkloadProfile, DenialNote[]>();
  for (const refusal of denied) {
    const { request, at } = refusal;
    for (const profile of profilesConcerned({ policySet, request, context: { ...world, now: at } })) {
      const known = byProfile.get(profile);
      if (known === undefined) byProfile.set(profile, [denialNote(refusal)]);
      else known.push(denialNote(refusal));
    }
  }
  return [...byProfile].map(([profile, notes]) => ({ profile, notes }));
}

/** Returns a refusal as a note: its first finding that refuses. */
function denialNote({ request, findings, at }: DeniedRequest): DenialNote {
  const first = findings.find(({ action }) => action === "deny");
  return {
    time: new Date(at).toISOString().replace(/\.\d+Z$/, "Z"),
    user: cutText(plainText(request.userInfo.username), userLengthMax),
    rule: first?.rule ?? "",
    message: cutText(first?.message ?? "", messageLengthMax),
  };
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
