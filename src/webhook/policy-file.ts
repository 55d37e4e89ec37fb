/**
 * The policy file: policies.yaml, or a folder of them, watched, parsed, and swapped in one assignment.
 *
 * Reads a path every two seconds: a mounted ConfigMap changes by a symlink swap that file watchers miss, and a stat is
 * cheap. A file that is refused changes nothing: the last good set stays, the errors are told once, a metric says so.
 * What is in force is kept in a memory that all replicas share (policy-memory.ts). A start is an edit like any other: of a file that is broken
 * or was refused the recorded set stays, and one decision about an edit holds for every replica. Without a record a start needs a good file.
 */
import type { Clock } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import { formatPolicyError, type PolicyError } from "../policies/policy-error.ts";
import { parsePolicyFiles, testPolicyFiles } from "../policies/parse-policy-set.ts";
import type { PolicySet } from "../policies/policy-set.ts";
import type { PolicyMemory, StoredRecord } from "./policy-memory.ts";
import { type PoliciesInForce, readPolicySource, type ReadPolicies } from "./policy-source.ts";

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

/** What a review says of an edit: it may come in, it is refused, or nobody can tell yet. */
export type EditReview = { readonly kind: "passed" | "unknown" } | { readonly kind: "refused"; readonly because: string };

export interface PolicyFileOptions {
  readonly path: string;
  /** Our own namespace: a set that could lock it out is refused. */
  readonly ownNamespace?: string;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Called after each change of the file, good or refused, and at a start that does not take it. */
  readonly onChange: (change: { readonly set: PolicySet; readonly errors: readonly PolicyError[] }) => void;
  /** Asked before a good set takes the place of another. */
  readonly review?: (edit: { readonly before: PolicySet; readonly after: PolicySet }) => Promise<EditReview>;
  /** Where what is in force outlives this process; absent: nowhere. */
  readonly memory?: PolicyMemory;
  /** Told where the memory can't be read or written; what is in force follows from the file alone then. */
  readonly onTrouble?: (problem: string) => void;
}

const pollMs = 2_000;
/** Every so many looks at the file the memory is looked at too: for what another replica, or a person, has decided. */
const memoryLooks = 5;
/** Replicas that decide at once race; each round one of them wins. */
const roundsMax = 5;

interface ReadSet {
  readonly set: PolicySet;
  readonly inForce: PoliciesInForce;
}

interface FileState extends ReadSet {
  /** What was read last, to tell a change by; empty: whatever is there is to be judged. */
  read: string;
  set: PolicySet;
  inForce: PoliciesInForce;
  errors: readonly PolicyError[];
  readonly listeners: Set<() => void>;
}

/** Loads the file, and goes on watching it until the signal aborts; the error text lists every problem of a first load. */
export async function watchPolicyFile(options: PolicyFileOptions): Promise<Result<PolicyFile, string>> {
  const first = await firstState(options);
  if (!first.ok) return err(first.error.map(formatPolicyError).join("\n"));
  const state = first.value;
  if (state.errors.length > 0) options.onChange(state);
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

/** The file, where nothing else is known; else what is recorded, until the file has been judged as any edit is. */
async function firstState(options: PolicyFileOptions): Promise<Result<FileState, readonly PolicyError[]>> {
  const { memory, review, onTrouble } = options;
  const source = readPolicySource(options.path);
  const file = source.ok ? parsed(options, source.value) : err([errorOf(options, source.error)]);
  const read = source.ok ? signatureOf(source.value) : "";
  const known = await memory?.read();
  if (known?.ok === false) onTrouble?.(known.error);
  const record = known?.ok === true ? known.value : undefined;
  const recorded = record === undefined ? undefined : recordedSet(record, options);
  if (recorded === undefined || record === undefined) {
    if (!file.ok) return file;
    await remember(options, file.value, undefined);
    return ok({ ...file.value, read, errors: [], listeners: new Set() });
  }
  if (!file.ok) return ok({ ...recorded, read, errors: file.error, listeners: new Set() });
  if (file.value.set.bundle === record.bundle) return ok({ ...file.value, read, errors: [], listeners: new Set() });
  const isJudged = review !== undefined && file.value.set.settings.maxNewDenials !== undefined;
  if (isJudged || refusalOf(record, file.value.set) !== undefined) return ok({ ...recorded, read: "", errors: [], listeners: new Set() });
  await remember(options, file.value, record);
  return ok({ ...file.value, read, errors: [], listeners: new Set() });
}

async function poll(options: PolicyFileOptions, state: FileState): Promise<void> {
  const isStopped = (): boolean => options.signal.aborted;
  for (let looks = 1; !isStopped(); looks++) {
    await options.clock.sleep(pollMs, options.signal);
    if (isStopped()) return;
    const source = readPolicySource(options.path);
    const isLookDue = looks % memoryLooks === 0 && options.memory !== undefined;
    // Gone for a moment is how some editors save; the last good set stays either way.
    if (source.ok && signatureOf(source.value) !== state.read) await judgeFile(options, state, source.value);
    else if (isLookDue) await followMemory(options, state, source.ok ? source.value : undefined);
  }
}

async function judgeFile(options: PolicyFileOptions, state: FileState, source: ReadPolicies): Promise<void> {
  const edit = parsed(options, source);
  const outcome = edit.ok ? await decided(options, state, edit.value) : edit;
  // Nobody can tell yet: the same edit is looked at again.
  if (outcome === "unknown") return;
  state.read = signatureOf(source);
  if (outcome.ok) {
    swap(options, state, { ...outcome.value, errors: [] });
    return;
  }
  state.errors = outcome.error;
  options.onChange(state);
}

function swap(options: PolicyFileOptions, state: FileState, next: ReadSet & Pick<FileState, "errors">): void {
  Object.assign(state, next);
  options.onChange(state);
  for (const listener of state.listeners) listener();
}

type Decision = Result<ReadSet, readonly PolicyError[]> | "unknown";

/** A good set may still be refused for what it would do to what is there; whoever is first decides for all replicas. */
async function decided(options: PolicyFileOptions, state: ReadSet, edit: ReadSet): Promise<Decision> {
  const { memory, review, clock, onTrouble } = options;
  const { bundle } = edit.set;
  for (let round = 0; round < roundsMax; round++) {
    const known = await memory?.read();
    if (known?.ok === false) onTrouble?.(known.error);
    const record = known?.ok === true ? known.value : undefined;
    if (record?.bundle === bundle) return ok(edit);
    const refusal = refusalOf(record, edit.set);
    if (refusal !== undefined) return err([refusalError(options, bundle, refusal)]);
    const isAccepted = record?.accepted === bundle;
    const verdict = isAccepted ? undefined : await review?.({ before: state.set, after: edit.set });
    if (verdict?.kind === "unknown") return "unknown";
    const refused = verdict?.kind === "refused" ? [{ bundle, because: verdict.because, at: clock.now() }] : [];
    const others = (record?.refused ?? []).filter((one) => one.bundle !== bundle);
    const next = refused.length === 0 ? edit : state;
    const standing = refused.length > 0 && record !== undefined ? record : { bundle: next.set.bundle, inForce: next.inForce };
    const written = await memory?.write({ ...standing, refused: [...refused, ...others] }, record);
    if (written?.ok === false) onTrouble?.(written.error);
    if (written?.ok === true && written.value === "lost") continue;
    return verdict?.kind === "refused" ? err([refusalError(options, bundle, verdict.because)]) : ok(edit);
  }
  return "unknown";
}

/** What another replica has put in force, or a person has accepted of what this one refuses. */
async function followMemory(options: PolicyFileOptions, state: FileState, source: ReadPolicies | undefined): Promise<void> {
  const known = await options.memory?.read();
  if (known?.ok !== true || known.value === undefined) return;
  const record = known.value;
  const isAsked = record.accepted !== undefined && state.errors.length > 0;
  if (!isAsked && record.bundle === state.set.bundle) return;
  const file = source === undefined ? undefined : parsed(options, source);
  const bundle = file?.ok === true ? file.value.set.bundle : undefined;
  if (isAsked && source !== undefined && bundle === record.accepted) return judgeFile(options, state, source);
  if (record.bundle === state.set.bundle) return;
  const recorded = recordedSet(record, options);
  if (recorded !== undefined) swap(options, state, { ...recorded, errors: bundle === record.bundle ? [] : state.errors });
}

async function remember(options: PolicyFileOptions, { set, inForce }: ReadSet, over: StoredRecord | undefined): Promise<void> {
  const written = await options.memory?.write({ bundle: set.bundle, inForce, refused: over?.refused ?? [] }, over);
  if (written?.ok === false) options.onTrouble?.(written.error);
}

/** Why an edit was refused before, unless a person has accepted it since. */
function refusalOf(record: StoredRecord | undefined, { bundle }: PolicySet): string | undefined {
  if (record === undefined || record.accepted === bundle) return undefined;
  return record.refused.find((one) => one.bundle === bundle)?.because;
}

function refusalError({ path, memory }: PolicyFileOptions, bundle: string, because: string): PolicyError {
  const how = memory === undefined ? "" : `; to put it in force all the same: ${memory.acceptCommand(bundle)}`;
  return { fileName: path, line: 1, column: 1, message: `${because}${how}` };
}

/** The text was accepted where it was read; its cases may stand beside files that are not read again. */
function recordedSet({ inForce }: StoredRecord, { ownNamespace, onTrouble }: PolicyFileOptions): ReadSet | undefined {
  const { readAt, ...source } = inForce;
  const tested = testPolicyFiles({ ...source, now: readAt, ...(ownNamespace === undefined ? {} : { ownNamespace }) });
  if (tested.ok) return { set: tested.value.policySet, inForce };
  onTrouble?.(`the recorded policies can't be read by this version: ${tested.error.map(formatPolicyError).join("; ")}`);
  return undefined;
}

function errorOf({ path }: PolicyFileOptions, message: string): PolicyError {
  return { fileName: path, line: 1, column: 1, message };
}

function parsed(options: PolicyFileOptions, { name, files, readFixture }: ReadPolicies): Result<ReadSet, readonly PolicyError[]> {
  const { ownNamespace, clock } = options;
  const inForce = { name, files, readAt: clock.now(), ...(ownNamespace === undefined ? {} : { ownNamespace }) };
  const { readAt, ...source } = inForce;
  const set = parsePolicyFiles({ ...source, now: readAt, ...(readFixture === undefined ? {} : { readFixture }) });
  return set.ok ? ok({ set: set.value, inForce }) : set;
}

function signatureOf({ files }: ReadPolicies): string {
  return JSON.stringify(files);
}
