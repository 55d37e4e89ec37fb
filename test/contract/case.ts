// One case of the contract suite: what is done to a world, and what it answered, to be equal on both.
import type { ApiAnswer } from "../support/control-plane-request.ts";
import { normalised, normalisedOutput } from "./normalise.ts";
import type { WorldUnderTest } from "./world-under-test.ts";

export type Case = {
  readonly name: string;
  /** Runs in a namespace of its own; returns what is compared. */
  readonly run: (world: WorldUnderTest, namespace: string) => Promise<unknown>;
};

/** Returns an answer's status and normalised body. */
export function told({ status, body }: ApiAnswer): unknown {
  return { status, body: normalised(body) };
}

/** Sends requests one after another and returns what each answered. */
export async function tellAll(
  world: WorldUnderTest,
  requests: readonly Parameters<WorldUnderTest["request"]>[0][],
): Promise<readonly unknown[]> {
  const answers: unknown[] = [];
  for (const request of requests) answers.push(told(await world.request(request)));
  return answers;
}

/** Runs kubectl commands one after another and returns what each printed; a command is words, and what it reads. */
export async function printAll(
  world: WorldUnderTest,
  commands: readonly (readonly [command: string, stdin?: string])[],
): Promise<readonly unknown[]> {
  const printed: unknown[] = [];
  for (const [command, stdin] of commands) {
    const { code, stdout, stderr } = await world.kubectl(command.split(" "), stdin);
    printed.push({ command, code, stdout: normalisedOutput(stdout), stderr: normalisedOutput(stderr) });
  }
  return printed;
}

/** Returns a member of an answer's metadata as text. */
export function metadataOf(body: unknown, member: "resourceVersion" | "continue" | "uid"): string {
  const { metadata } = body as { readonly metadata: Readonly<Record<string, string>> };
  return metadata[member] ?? "";
}
