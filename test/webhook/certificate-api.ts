/**
 * A few lines of API server for certificates: one Secret and the webhook configurations, each under a resourceVersion, so that
 * races are real ones. Server-side apply is reduced to what it keeps of its promises here: an optimistic lock by
 * metadata.resourceVersion, and fields that another manager wrote stay.
 */
import type { ApiAnswer, ApiRequest, ApiTransport } from "../../src/api/ports.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { Secret } from "../../src/api/secret.ts";

export interface StoredConfiguration extends KubeObject {
  readonly webhooks?: readonly { readonly clientConfig?: { readonly caBundle?: string } }[];
}

export interface CertificateApi extends ApiTransport {
  /** Answers at once: what the transport does after a turn of the event loop. */
  answer(request: ApiRequest): ApiAnswer;
  secret(): Secret | undefined;
  setSecret(secret: Secret | undefined): void;
  /** Configurations by path, as they are in force. */
  configurations(): ReadonlyMap<string, StoredConfiguration>;
  /** Writes to the Secret that were accepted. */
  writes(): number;
}

/** Opens the API; `withoutLocks` makes one that ignores resourceVersions of configurations, to see tests notice. */
export function certificateApi({ withoutLocks = false }: { readonly withoutLocks?: boolean } = {}): CertificateApi {
  const state = { secret: undefined as Secret | undefined, version: 7, writes: 0 };
  const configurations = new Map<string, StoredConfiguration>();
  const stamped = <T extends KubeObject>(object: T): T => {
    state.version += 1;
    return { ...object, metadata: { ...object.metadata, resourceVersion: String(state.version) } };
  };
  const secretAnswer = ({ method, body }: ApiRequest): ApiAnswer => {
    if (method === "GET") return state.secret ? good(state.secret) : bad(404, "not found");
    const sent = body as Secret;
    if (method === "POST" && state.secret) return bad(409, "already exists");
    if (method === "PUT" && state.secret === undefined) return bad(404, "not found");
    if (method === "PUT" && sent.metadata.resourceVersion !== state.secret?.metadata.resourceVersion) return bad(409, "modified");
    state.writes += 1;
    state.secret = stamped(sent);
    return good(state.secret);
  };
  const configurationAnswer = ({ method, path, body, query }: ApiRequest): ApiAnswer => {
    if (method === "GET") return good({ items: [...configurations].flatMap(([at, one]) => (at.startsWith(`${path}/`) ? [one] : [])) });
    const found = configurations.get(path);
    if (method === "DELETE") return configurations.delete(path) ? good({}) : bad(404, "not found");
    const sent = body as StoredConfiguration;
    const { resourceVersion } = sent.metadata;
    if (!withoutLocks && resourceVersion !== undefined && found !== undefined && resourceVersion !== found.metadata.resourceVersion) {
      return bad(409, "the object has been modified");
    }
    const webhooks = query?.["fieldManager"] === "plimsoll-webhook-making" ? found?.webhooks : sent.webhooks;
    const next = { ...sent, ...(webhooks === undefined ? {} : { webhooks }) };
    const isSame = found !== undefined && JSON.stringify(found.webhooks) === JSON.stringify(next.webhooks);
    configurations.set(path, isSame ? found : stamped(next));
    return good(configurations.get(path));
  };
  const answer = (request: ApiRequest): ApiAnswer =>
    request.path.includes("/secrets") ? secretAnswer(request) : configurationAnswer(request);
  return {
    answer,
    secret: () => state.secret,
    setSecret: (secret) => {
      state.secret = secret === undefined ? undefined : stamped(secret);
    },
    configurations: () => configurations,
    writes: () => state.writes,
    request: async (request) => {
      await new Promise((resolve) => setImmediate(resolve));
      return answer(request);
    },
    watch: async function* () {
      /* nothing is watched here */
    },
  };
}

function good(body: unknown): ApiAnswer {
  return { ok: true, status: 200, body };
}

function bad(code: number, message: string): ApiAnswer {
  return { ok: false, status: code, error: { code, message } };
}
