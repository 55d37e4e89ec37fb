/**
 * Events about a node: what its controllers and kubelet have said of it lately, a NodeClaim that is gone already included.
 *
 * Reads the Events of some objects by name. Returns them in order; what the API server does not give is left out, since an answer without
 * Events is still an answer. A codec: Events are read as they come.
 */
import type { ApiTransport } from "../api/ports.ts";

export interface NodeEvent {
  /** RFC 3339; "" where the Event doesn't say. */
  readonly at: string;
  readonly object: string;
  readonly type: string;
  readonly reason: string;
  readonly message: string;
  /** How often it was said. */
  readonly count: number;
}

/** Events that are kept, the newest ones. */
const eventsMax = 20;
const listMax = 500;

interface WireEvent {
  readonly involvedObject?: { readonly kind?: string; readonly name?: string };
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string } | null;
  readonly firstTimestamp?: string | null;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
}

const kinds: ReadonlySet<string> = new Set(["Node", "NodeClaim"]);

/** Returns the last Events about Nodes and NodeClaims of some names. */
export async function nodeEvents(transport: Pick<ApiTransport, "request">, names: readonly string[]): Promise<readonly NodeEvent[]> {
  const found: NodeEvent[] = [];
  for (const name of new Set(names.filter((one) => one !== ""))) {
    const query = { fieldSelector: `involvedObject.name=${name}`, limit: String(listMax) };
    const answer = await transport.request({ method: "GET", path: "/api/v1/events", query });
    const items = answer.ok ? (answer.body as { readonly items?: readonly WireEvent[] | null }).items : undefined;
    for (const event of items ?? []) if (kinds.has(event.involvedObject?.kind ?? "")) found.push(decoded(event));
  }
  return found.sort((a, b) => (a.at < b.at ? -1 : 1)).slice(-eventsMax);
}

function decoded({ involvedObject, type, reason, message, count, series, ...times }: WireEvent): NodeEvent {
  return {
    at: series?.lastObservedTime ?? times.lastTimestamp ?? times.eventTime ?? times.firstTimestamp ?? "",
    object: `${involvedObject?.kind ?? ""} ${involvedObject?.name ?? ""}`,
    type: type ?? "",
    reason: reason ?? "",
    message: (message ?? "").trim(),
    count: series?.count ?? count ?? 1,
  };
}
