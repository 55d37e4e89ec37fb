/**
 * Offline input: policies and manifests, read and made sure of, for `check`, `render` and `plan`.
 *
 * Reads files. Returns the policy set, the objects whose form is right, and every problem. What is wrong in one document
 * never hides another; the commands decide what to do with the rest and exit 2.
 */
import { canonicalJson } from "../api/hash.ts";
import { platformNames, type PlatformNames } from "../api/labels.ts";
import type { KubeObject } from "../api/object.ts";
import { formatPolicyError } from "../policies/policy-error.ts";
import { parsePolicyFiles } from "../policies/parse-policy-set.ts";
import type { PolicySet } from "../policies/policy-set.ts";
import { readPolicySource } from "../webhook/policy-source.ts";
import type { FormProblem } from "./decoded-form.ts";
import type { Manifest, ManifestProblem } from "./manifest.ts";
import { readManifests } from "./manifest-files.ts";
import { fieldNamedIn } from "./manifest-position.ts";
import { metadataFormer, objectFormer } from "./object-form.ts";
import { groupOf } from "./served-kind.ts";
import type { OfflineOptions, ProgramSurroundings } from "./surroundings.ts";

/** One object that can be judged: in the form that admission sees, and as its file has it. */
export interface JudgedManifest extends Manifest {
  readonly written: KubeObject;
}

export interface OfflineInput {
  readonly policySet: PolicySet | undefined;
  readonly names: PlatformNames;
  readonly manifests: readonly JudgedManifest[];
  /** Complete lines for stderr; any of them makes the exit code 2. */
  readonly problems: readonly string[];
  /** Complete lines for stderr that change no verdict. */
  readonly notes: readonly string[];
}

/** What a command is run with: where to read, the options that all share, and the streams. */
export interface OfflineRequest extends OfflineOptions, Pick<ProgramSurroundings, "stdin" | "stdout" | "stderr"> {
  readonly paths: readonly string[];
  /** True where the objects may come from elsewhere: then no file is no problem. */
  readonly mayBeEmpty?: boolean;
  /** Kinds that the command forms itself: of them only the metadata is looked at. */
  readonly unformed?: readonly string[];
}

/** Reads policies and manifests, and tells what is wrong; without a good policies file `policySet` is undefined. */
export async function readOffline(request: OfflineRequest): Promise<OfflineInput> {
  const names = platformNames(request.domain);
  const policies = readPolicies(request.policies);
  const { manifests, problems, notes } = await readManifests(request);
  const form = objectFormer({ names, namespace: request.namespace });
  const metadataForm = metadataFormer();
  const formed = manifests.map((manifest) => {
    const { object, ...found } =
      request.unformed?.includes(manifest.object.kind) === true ? metadataForm(manifest.object) : form(manifest.object);
    const told = ({ message, field }: FormProblem): string =>
      formatProblem({
        file: manifest.file,
        ...manifest.positionOf(fieldNamedIn(field ?? message)),
        message: `${titleOf(object)}: ${message}`,
      });
    return {
      manifest: { ...manifest, written: manifest.object, object },
      problems: found.problems.map(told),
      notes: found.notes.map((message) => told({ message })),
    };
  });
  const sound = formed.filter((one) => one.problems.length === 0).map(({ manifest }) => manifest);
  const duplicates = contradictions(sound);
  const input = {
    policySet: policies.policySet,
    names,
    manifests: sound.filter((manifest) => !duplicates.has(manifest)),
    problems: [
      ...policies.problems,
      ...problems.map(formatProblem),
      ...formed.flatMap((one) => one.problems),
      ...duplicates.values(),
      // As kubectl: a template that renders nothing is more likely broken than meant.
      ...(manifests.length + problems.length === 0 && request.mayBeEmpty !== true ? ["no objects to judge"] : []),
    ],
    notes: [...notes.map(formatProblem), ...formed.flatMap((one) => one.notes)].map((note) => `note: ${note}`),
  };
  for (const line of [...input.problems, ...input.notes]) request.stderr.write(`${line}\n`);
  return input;
}

/** Reads policies for a command; the problems are complete lines. */
export function readPolicies(path: string): { readonly policySet: PolicySet | undefined; readonly problems: readonly string[] } {
  const source = readPolicySource(path);
  if (!source.ok) return { policySet: undefined, problems: [`${path}: ${source.error}; name one with --policies FILE`] };
  const parsed = parsePolicyFiles({ ...source.value, now: Date.now() });
  return parsed.ok ? { policySet: parsed.value, problems: [] } : { policySet: undefined, problems: parsed.error.map(formatPolicyError) };
}

/**
 * Objects that are given twice with different contents: applied in turn, one would undo the other, and which one depends
 * on the order of the files. None of them is judged. The same contents twice (a List beside its own parts) do no harm.
 */
function contradictions(manifests: readonly JudgedManifest[]): ReadonlyMap<JudgedManifest, string> {
  const byKey = new Map<string, JudgedManifest[]>();
  for (const manifest of manifests) {
    const { apiVersion, kind, metadata } = manifest.object;
    // With generateName alone every creation makes another object.
    if ((metadata.name ?? "") === "") continue;
    const key = [groupOf(apiVersion), kind, metadata.namespace ?? "", metadata.name].join("|");
    byKey.set(key, [...(byKey.get(key) ?? []), manifest]);
  }
  const found = new Map<JudgedManifest, string>();
  for (const same of byKey.values()) {
    if (new Set(same.map(({ object }) => canonicalJson(object))).size < 2) continue;
    for (const manifest of same) {
      const others = same.filter((other) => other !== manifest).map(({ file, line }) => `${file}:${line}`);
      found.set(
        manifest,
        formatProblem({ ...manifest, message: `${titleOf(manifest.object)}: also at ${others.join(", ")}, and different` }),
      );
    }
  }
  return found;
}

function titleOf({ kind, metadata }: KubeObject): string {
  return `${kind} ${metadata.name ?? metadata.generateName ?? ""}`;
}

function formatProblem({ file, line, message }: ManifestProblem): string {
  return `${file}:${line === undefined ? "" : `${line}:`} ${message}`;
}
