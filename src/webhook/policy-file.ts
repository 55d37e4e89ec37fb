/**
 * The policy file: policies.yaml, or a folder of them, watched, parsed, and swapped in one assignment.
 *
 * Reads a path every two seconds: a mounted ConfigMap changes by a symlink swap that file watchers miss, and a stat is
 * cheap. A file that is refused changes nothing: the last good set stays, the errors are told once, a metric says so.
 * There is no start without a good file.
 */
import type { Clock, Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import { formatPolicyError, type PolicyError } from "../policies/policy-error.ts";
import { parsePolicyFiles, type PolicyFilesSource } from "../policies/parse-policy-set.ts";
import type { PolicySet } from "../policies/policy-set.ts";
import { readPolicySource, type ReadPolicies } from "./policy-source.ts";

/** What the set in force was read from: plain data, from which another thread makes the same set. */
export interface PoliciesInForce extends Pick<PolicyFilesSource, "name" | "files" | "ownNamespace"> {
  readonly readAt: Instant;
}

export interface PolicyFile {
  /** The set in force: the newest that parsed. */
  current(): PolicySet;
  /** The text of that set. */
  inForce(): PoliciesInForce;
  /** The errors of the newest file while it is refused; empty while it is in force. */
  errors(): readonly PolicyError[];
  /** Calls the listener after each set that comes into force; returns how to end that. */
  onSwap(listener: () => void): () => void;
}

export interface PolicyFileOptions {
  readonly path: string;
  /** Our own namespace: a set that could lock it out is refused. */
  readonly ownNamespace?: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called after each change of the file, good or refused. */
  readonly onChange: (change: { readonly set: PolicySet; readonly errors: readonly PolicyError[] }) => void;
  /** Asked before a good set takes the place of another: what it says refuses the set; undefined lets it in. */
  readonly review?: (edit: { readonly before: PolicySet; readonly after: PolicySet }) => Promise<string | undefined>;
}

const pollMs = 2_000;

/** Loads the file, and goes on watching it until the signal aborts; the error text lists every problem of a first load. */
export function watchPolicyFile(options: PolicyFileOptions): Result<PolicyFile, string> {
  const first = load(options);
  if (!first.ok) return err(first.error.map(formatPolicyError).join("\n"));
  const state: FileState = { ...first.value, errors: [], listeners: new Set() };
  void poll(options, state);
  return ok({
    current: () => state.set,
    inForce: () => state.inForce,
    errors: () => state.errors,
    onSwap: (listener) => {
      state.listeners.add(listener);
      return () => state.listeners.delete(listener);
    },
  });
}

interface FileState {
  /** What was read last, to tell a change by. */
  read: string;
  set: PolicySet;
  inForce: PoliciesInForce;
  errors: readonly PolicyError[];
  readonly listeners: Set<() => void>;
}

async function poll(options: PolicyFileOptions, state: FileState): Promise<void> {
  while (!options.signal.aborted) {
    await options.clock.sleep(pollMs, options.signal);
    const source = readPolicySource(options.path);
    // Gone for a moment is how some editors save; the last good set stays either way.
    if (!source.ok || signatureOf(source.value) === state.read) continue;
    state.read = signatureOf(source.value);
    const inForce = inForceOf(options, source.value);
    const next = await accepted(options, { before: state.set, parsed: parse(inForce, source.value) });
    if (next.ok) {
      state.set = next.value;
      state.inForce = inForce;
    }
    state.errors = next.ok ? [] : next.error;
    options.onChange({ set: state.set, errors: state.errors });
    if (next.ok) for (const listener of state.listeners) listener();
  }
}

/** A good set may still be refused for what it would do to what is there. */
async function accepted(
  { path, review }: PolicyFileOptions,
  { before, parsed }: { readonly before: PolicySet; readonly parsed: Result<PolicySet, readonly PolicyError[]> },
): Promise<Result<PolicySet, readonly PolicyError[]>> {
  if (!parsed.ok || review === undefined) return parsed;
  const refusal = await review({ before, after: parsed.value });
  return refusal === undefined ? parsed : err([{ fileName: path, line: 1, column: 1, message: refusal }]);
}

function inForceOf({ ownNamespace, clock }: PolicyFileOptions, { name, files }: ReadPolicies): PoliciesInForce {
  return { name, files, readAt: clock.now(), ...(ownNamespace === undefined ? {} : { ownNamespace }) };
}

function parse({ readAt, ...source }: PoliciesInForce, { readFixture }: ReadPolicies): Result<PolicySet, readonly PolicyError[]> {
  return parsePolicyFiles({ ...source, now: readAt, ...(readFixture === undefined ? {} : { readFixture }) });
}

function signatureOf({ files }: ReadPolicies): string {
  return JSON.stringify(files);
}

function load(options: PolicyFileOptions): Result<Pick<FileState, "read" | "set" | "inForce">, readonly PolicyError[]> {
  const source = readPolicySource(options.path);
  if (!source.ok) return err([{ fileName: options.path, line: 1, column: 1, message: source.error }]);
  const inForce = inForceOf(options, source.value);
  const parsed = parse(inForce, source.value);
  return parsed.ok ? ok({ read: signatureOf(source.value), set: parsed.value, inForce }) : parsed;
}
