/**
 * Play: a sequence of steps in a namespace of its own, and what was answered to each request.
 */
import type { Ground } from "./ground.ts";
import { userOf } from "./ground.ts";
import { pathOf, type Ask, type Kind, type Step } from "./step.ts";

export interface Answer {
  readonly ask: Ask;
  /** Which step it was of. */
  readonly step: number;
  /** 0 where what it names was not there to be asked for. */
  readonly status: number;
  readonly warnings: readonly string[];
  readonly message: string;
  /** The uid of the object that was answered. */
  readonly uid: string | undefined;
}

export interface PlayOptions {
  /** Between two steps, so that a view of the cluster may follow. */
  readonly pauseMs: number;
}

const lookupMsMax = 20_000;
const restMsMax = 20_000;
const lookMs = 150;
const evictionMsMax = 60_000;
const evictionAgainMs = 1_000;
const patchTypes = {
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  json: "application/json-patch+json",
} as const;

/** Plays the steps in a fresh namespace, and returns every answer. */
export async function play(ground: Ground, of: { readonly namespace: string; readonly steps: readonly Step[] } & PlayOptions) {
  const { namespace, steps, pauseMs } = of;
  await ground.openNamespace(namespace);
  await rightsOf(ground, namespace);
  const answers: Answer[] = [];
  for (const [index, step] of steps.entries()) {
    if (step.atRest === true) await atRest(ground, namespace);
    const answered = await Promise.all(step.asks.map((ask) => answerOf(ground, namespace, ask)));
    answers.push(...answered.map((answer, at) => ({ ...answer, step: index, ask: step.asks[at] ?? answer.ask })));
    await pause(pauseMs);
  }
  return answers;
}

/** Waits until every Pod of a namespace that is there runs, for a while. */
export async function atRest(ground: Ground, namespace: string): Promise<void> {
  const until = Date.now() + restMsMax;
  let quiet = 0;
  while (Date.now() < until && quiet < 2) {
    const there = [...ground.pods(namespace).values()].filter(({ isGone }) => !isGone);
    const isQuiet = there.every(({ pod: { status, metadata } }) => status?.phase !== "Pending" && metadata.deletionTimestamp === undefined);
    quiet = isQuiet ? quiet + 1 : 0;
    await pause(lookMs * 2);
  }
}

/** A role binding takes a moment to be heard of. */
async function rightsOf({ client }: Ground, namespace: string): Promise<void> {
  for (let tries = 0; tries < 40; tries += 1) {
    const { status } = await client.send({ method: "GET", path: pathOf("WorkloadProfile", namespace), user: userOf(namespace, "ann") });
    if (status === 200) return;
    await pause(lookMs);
  }
}

async function answerOf(ground: Ground, namespace: string, ask: Ask): Promise<Omit<Answer, "step">> {
  const name = await resolvedName(ground, namespace, ask);
  const body = name === undefined ? undefined : await resolved(ground, namespace, ask.body);
  const missing = { ask, status: 0, warnings: [], message: "nothing of that name is there", uid: undefined };
  if (name === undefined || (ask.body !== undefined && body === undefined)) return missing;
  const send = () => ground.client.send({ ...requestOf(ask, { namespace, name, body }), user: userOf(namespace, ask.who) });
  const { status, warnings, message, body: told } = await (ask.verb === "evict" ? untilLetGo(send) : send());
  return { ask: { ...ask, name }, status, warnings, message, uid: (told as { metadata?: { uid?: string } } | null)?.metadata?.uid };
}

/** Asks again while the answer is 429, as kubectl drain does: a Pod may have to wait for its replacement. */
async function untilLetGo<T extends { readonly status: number }>(evict: () => Promise<T>): Promise<T> {
  const until = Date.now() + evictionMsMax;
  let answer = await evict();
  while (answer.status === 429 && Date.now() < until) {
    await pause(evictionAgainMs);
    answer = await evict();
  }
  return answer;
}

function requestOf(ask: Ask, at: { readonly namespace: string; readonly name: string; readonly body: unknown }) {
  const { verb, kind, subresource, patchType = "merge", cascade = "Background" } = ask;
  const { namespace, name, body } = at;
  const own = `${pathOf(kind, namespace, name)}${subresource === undefined ? "" : `/${subresource}`}`;
  switch (verb) {
    case "create":
      return { method: "POST" as const, path: pathOf(kind, namespace), body };
    case "patch":
      return { method: "PATCH" as const, path: own, body, contentType: patchTypes[patchType] };
    case "delete":
      return { method: "DELETE" as const, path: `${own}?propagationPolicy=${cascade}` };
    case "evict":
      return { method: "POST" as const, path: `${own}/eviction`, body: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name } } };
  }
}

function resolvedName(ground: Ground, namespace: string, { name }: Ask): Promise<string | undefined> {
  return name.startsWith("$") ? within(() => lookedUp(ground, namespace, name)) : Promise.resolve(name);
}

/** Fills in what a body only says by name; undefined where that is not there. */
async function resolved(ground: Ground, namespace: string, body: unknown): Promise<unknown> {
  if (body === undefined) return undefined;
  const text = JSON.stringify(body);
  const found = new Map<string, string>();
  for (const [quoted] of text.matchAll(reference)) {
    const value = await within(() => lookedUp(ground, namespace, quoted.slice(1, -1)));
    if (value === undefined) return undefined;
    found.set(quoted, JSON.stringify(value));
  }
  return JSON.parse(text.replace(reference, (quoted) => found.get(quoted) ?? quoted)) as unknown;
}

const reference = /"\$[a-z]+:[^"]+"/g;

async function lookedUp(ground: Ground, namespace: string, standing: string): Promise<string | undefined> {
  const [kind = "", ...rest] = standing.slice(1).split(":");
  const of = rest.join(":");
  if (kind === "pod") return runningPod(ground, namespace, of);
  if (kind === "rs") return newestSet(ground, namespace, of);
  const [owner = "", name = ""] = of.split(/\/(.*)/);
  const actual = name.startsWith("$") ? await lookedUp(ground, namespace, name) : name;
  if (actual === undefined) return undefined;
  const { status, body } = await ground.client.send({ method: "GET", path: pathOf(owner as Kind, namespace, actual) });
  return status === 200 ? (body as { metadata: { uid: string } }).metadata.uid : undefined;
}

function runningPod(ground: Ground, namespace: string, app: string): Promise<string | undefined> {
  const running = [...ground.pods(namespace).values()].filter(
    ({ pod, isGone }) =>
      !isGone && pod.status?.phase === "Running" && pod.metadata.deletionTimestamp === undefined && pod.metadata.labels?.["app"] === app,
  );
  return Promise.resolve(running[0]?.pod.metadata.name);
}

async function newestSet({ client }: Ground, namespace: string, app: string): Promise<string | undefined> {
  const { body } = await client.send({ method: "GET", path: `${pathOf("ReplicaSet", namespace)}?labelSelector=app%3D${app}` });
  const { items = [] } = body as {
    items?: readonly { metadata: { name: string; creationTimestamp: string; ownerReferences?: unknown } }[];
  };
  const owned = items.filter(({ metadata }) => metadata.ownerReferences !== undefined);
  return [...owned].sort((a, b) => b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp))[0]?.metadata.name;
}

async function within<T>(look: () => Promise<T | undefined>): Promise<T | undefined> {
  const until = Date.now() + lookupMsMax;
  for (;;) {
    const found = await look();
    if (found !== undefined || Date.now() > until) return found;
    await pause(lookMs);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((wait) => setTimeout(wait, ms));
}
