/**
 * Event recorder: Events on objects, for the people who run `kubectl describe`.
 *
 * Reads EventNotes. Writes core/v1 Events, best effort: equal notes are one Event with a count, also across restarts and
 * replicas, since its name is the hash of what it says. Never in anyone's way: `record` only queues, sending is
 * rate-limited and bounded, and what fails or finds no room is dropped and counted.
 */
import type { ApiClient } from "../api/api-client.ts";
import type { EventNote } from "../api/event-note.ts";
import { hashOf } from "../api/hash.ts";
import type { ApiAnswer, ApiRequest, Clock, Instant } from "../api/ports.ts";
import { timeText } from "../kube/time-text.ts";

export interface EventRecorder {
  /** Queues a note; `controller` becomes the Event's source and reporting controller. */
  record(note: EventNote, controller: string): void;
  /** Notes dropped so far. */
  dropped(): number;
  /** Resolves when everything queued was sent or dropped. */
  flushed(): Promise<void>;
}

export interface EventRecorderOptions {
  readonly client: Pick<ApiClient, "request">;
  readonly clock: Clock;
  /** Names this process in reportingInstance, such as its Pod's name. */
  readonly instance: string;
  readonly signal: AbortSignal;
}

const pendingMax = 1_000;
/** Events whose count we remember; of an older one the API server is asked. */
const knownMax = 4_096;
/** At most ten Events a second. */
const sendEveryMs = 100;
/** An Event that repeats is written again at most this often, with all repeats counted. */
const repeatEveryMs = 30_000;
/** The API server's limit for names is 253; the hash and its dot take 17. */
const nameMax = 236;

/** A note under its Event's name, and how often it was recorded since the Event was last written. */
interface Pending {
  readonly note: EventNote;
  readonly controller: string;
  readonly count: number;
  readonly firstAt: number;
  readonly lastAt: number;
}

interface Written {
  readonly count: number;
  readonly at: number;
}

/** Makes a recorder. */
export function eventRecorder(options: EventRecorderOptions): EventRecorder {
  const { clock, signal } = options;
  const pending = new Map<string, Pending>();
  const events = eventWriter(options);
  let dropped = 0;
  let sending: Promise<void> | undefined;

  const sendAll = async (): Promise<void> => {
    while (pending.size > 0 && !signal.aborted) {
      const [path, one] = [...pending].reduce((first, other) => (events.dueAt(other[0]) < events.dueAt(first[0]) ? other : first));
      const waitMs = events.dueAt(path) - clock.now();
      if (waitMs > 0) {
        // A new note may be due sooner than a repeat, so look again soon.
        await clock.sleep(Math.min(waitMs, 1_000), signal);
        continue;
      }
      pending.delete(path);
      // A transport answers with values; should one throw all the same, an Event is not worth a process.
      const written = await events.write(path, one).catch(() => false);
      if (!written) dropped += one.count;
      await clock.sleep(sendEveryMs, signal);
    }
    sending = undefined;
  };

  return {
    record: (note, controller) => {
      const path = eventPath(note);
      const at = clock.now();
      const queued = pending.get(path);
      if (queued === undefined && pending.size >= pendingMax) {
        dropped++;
        return;
      }
      pending.set(path, { note, controller, count: (queued?.count ?? 0) + 1, firstAt: queued?.firstAt ?? at, lastAt: at });
      sending ??= sendAll();
    },
    dropped: () => dropped,
    flushed: async () => {
      await sending;
    },
  };
}

interface EventWriter {
  /** When an Event may be written (again). */
  dueAt(path: string): Instant;
  /** Writes an Event, or adds to its count; false when the API server did not take it. */
  write(path: string, one: Pending): Promise<boolean>;
}

function eventWriter({ client, clock, instance }: EventRecorderOptions): EventWriter {
  const known = new Map<string, Written>();
  return {
    dueAt: (path) => (known.get(path)?.at ?? -Infinity) + repeatEveryMs,
    write: async (path, one) => {
      const before = known.get(path)?.count ?? (await countOf(client, path));
      const all = { ...one, count: before + one.count };
      const answer = await client.request(before > 0 ? repeatRequest(path, all) : createRequest(path, { ...all, instance }));
      known.delete(path);
      // A failed write is not remembered, so the next one asks the API server what stands there.
      if (answer.ok) known.set(path, { count: all.count, at: clock.now() });
      const [oldest] = known.keys();
      if (known.size > knownMax && oldest !== undefined) known.delete(oldest);
      return answer.ok;
    },
  };
}

/** How often the API server's Event of this name has been counted; 0 when there is none, or no answer. */
async function countOf(client: EventRecorderOptions["client"], path: string): Promise<number> {
  const answer: ApiAnswer = await client.request({ method: "GET", path });
  if (!answer.ok) return 0;
  const { body } = answer;
  return typeof body === "object" && body !== null && "count" in body && typeof body.count === "number" ? body.count : 1;
}

/** Events of cluster-scoped objects stand in the namespace "default", as all of Kubernetes' do. */
function eventPath(note: EventNote): string {
  const { regarding, reason, message, type } = note;
  const namespace = regarding.namespace === "" ? "default" : regarding.namespace;
  const name = regarding.name.slice(0, nameMax).replace(/[-.]+$/, "");
  return `/api/v1/namespaces/${namespace}/events/${name}.${hashOf({ regarding, reason, message, type }).slice(0, 16)}`;
}

function repeatRequest(path: string, { count, lastAt }: Pick<Pending, "count" | "lastAt">): ApiRequest {
  return { method: "PATCH", path, contentType: "application/merge-patch+json", body: { count, lastTimestamp: timeText(lastAt) } };
}

function createRequest(path: string, of: Pending & { readonly instance: string }): ApiRequest {
  const [, , , , namespace, , name] = path.split("/");
  const { regarding, reason, message, type } = of.note;
  const body = {
    apiVersion: "v1",
    kind: "Event",
    metadata: { namespace, name },
    involvedObject: regarding,
    reason,
    message,
    type,
    count: of.count,
    firstTimestamp: timeText(of.firstAt),
    lastTimestamp: timeText(of.lastAt),
    source: { component: of.controller },
    reportingComponent: of.controller,
    reportingInstance: of.instance,
  };
  return { method: "POST", path: path.slice(0, path.lastIndexOf("/")), body };
}
