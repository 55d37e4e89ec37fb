/**
 * The record of denials: what a profile's status tells of requests that were refused under it (contract.md 3.2).
 *
 * Reads refused requests and what the status says already. Returns the profiles that a request concerns, and the list as it should
 * stand: newest first, each refusal once, so that a controller that asks again every second is told once a minute.
 */
import type { Instant } from "../api/ports.ts";
import type { WorkloadProfile } from "../api/workload-profile.ts";
import { gatherFacts, type FactsInput } from "./facts.ts";
import type { Finding } from "./verdict.ts";
import { cutText, plainText } from "./warning.ts";

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
export function profilesConcerned(input: FactsInput): readonly WorkloadProfile[] {
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

/** Returns a refusal as a note: its first finding that refuses. */
export function denialNote(of: { readonly findings: readonly Finding[]; readonly username: string; readonly at: Instant }): DenialNote {
  const first = of.findings.find(({ action }) => action === "deny");
  return {
    time: new Date(of.at).toISOString().replace(/\.\d+Z$/, "Z"),
    user: cutText(plainText(of.username), userLengthMax),
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
