/**
 * The policy file: policies.yaml watched, parsed, and swapped in one assignment.
 *
 * Reads a path every two seconds: a mounted ConfigMap changes by a symlink swap that file watchers miss, and a stat is
 * cheap. A file that is refused changes nothing: the last good set stays, the errors are told once, a metric says so.
 * There is no start without a good file.
 */
import { readFile } from "node:fs/promises";
import type { Clock } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import { formatPolicyError, type PolicyError } from "../policies/policy-error.ts";
import { parsePolicySet } from "../policies/parse-policy-set.ts";
import type { PolicySet } from "../policies/policy-set.ts";

export interface PolicyFile {
  /** The set in force: the newest that parsed. */
  current(): PolicySet;
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
}

const pollMs = 2_000;

/** Loads the file, and goes on watching it until the signal aborts; the error text lists every problem of a first load. */
export async function watchPolicyFile(options: PolicyFileOptions): Promise<Result<PolicyFile, string>> {
  const first = await load(options);
  if (!first.ok) return err(first.error.map(formatPolicyError).join("\n"));
  const state: FileState = { ...first.value, errors: [], listeners: new Set() };
  void poll(options, state);
  return ok({
    current: () => state.set,
    errors: () => state.errors,
    onSwap: (listener) => {
      state.listeners.add(listener);
      return () => state.listeners.delete(listener);
    },
  });
}

interface FileState {
  text: string;
  set: PolicySet;
  errors: readonly PolicyError[];
  readonly listeners: Set<() => void>;
}

async function poll(options: PolicyFileOptions, state: FileState): Promise<void> {
  while (!options.signal.aborted) {
    await options.clock.sleep(pollMs, options.signal);
    const text = await readFile(options.path, "utf8").catch(() => undefined);
    // Gone for a moment is how some editors save; the last good set stays either way.
    if (text === undefined || text === state.text) continue;
    state.text = text;
    const parsed = parsePolicySet(source(options, text));
    if (parsed.ok) state.set = parsed.value;
    state.errors = parsed.ok ? [] : parsed.error;
    options.onChange({ set: state.set, errors: state.errors });
    if (parsed.ok) for (const listener of state.listeners) listener();
  }
}

function source({ path, ownNamespace }: PolicyFileOptions, text: string): Parameters<typeof parsePolicySet>[0] {
  return { text, fileName: path, ...(ownNamespace === undefined ? {} : { ownNamespace }) };
}

async function load(options: PolicyFileOptions): Promise<Result<{ text: string; set: PolicySet }, readonly PolicyError[]>> {
  let text: string;
  try {
    text = await readFile(options.path, "utf8");
  } catch (cause) {
    const message = `the file can't be read: ${cause instanceof Error ? cause.message : String(cause)}`;
    return err([{ fileName: options.path, line: 1, column: 1, message }]);
  }
  const parsed = parsePolicySet(source(options, text));
  return parsed.ok ? ok({ text, set: parsed.value }) : parsed;
}
