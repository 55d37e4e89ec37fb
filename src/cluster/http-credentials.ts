/**
 * What a connection to the API server needs: address, agents with TLS material, and authorization headers.
 *
 * Reads a KubeConfig, which knows files, tokens, exec plugins, in-cluster tokens and proxies. Returns them for one request.
 * Asked afresh every few seconds, since tokens rotate on disk; the agents are kept while the TLS material stays the
 * same. (The KubeConfig makes a new agent, so a new connection, for each call; that is why we keep our own.)
 */
import http from "node:http";
import https from "node:https";
import type { KubeConfig } from "@kubernetes/client-node";
import { hashOf } from "../api/hash.ts";

/** For one request: where to, over which agent, with which headers. */
export interface Credentials {
  readonly server: URL;
  readonly headers: http.OutgoingHttpHeaders;
  /** "user:password", where a kubeconfig still has them. */
  readonly auth: string | undefined;
  /** Keep-alive, for requests. */
  readonly agent: http.Agent;
  /** One connection each, for watches: they would use up the other's sockets. */
  readonly watchAgent: http.Agent;
}

export interface CredentialSource {
  /** Rejects when the KubeConfig can't be used, such as a missing exec plugin or an unreadable file. */
  current(): Promise<Credentials>;
  /** Asks the KubeConfig again at the next call: the server has just refused what we sent. */
  forget(): void;
  close(): void;
}

/** The part of a KubeConfig that is used; tests fill it without files. */
export type ConnectionConfig = Pick<KubeConfig, "applyToHTTPSOptions" | "getCurrentCluster">;

/** A rotated token is used at most this long after its change on disk (the kubelet rotates minutes ahead). */
const credentialsMaxAgeMs = 10_000;
const socketsMax = 16;
/** Sooner than the API server closes an idle connection (90 s), so that a write never meets one that is closing. */
const idleSocketMaxMs = 60_000;

/** Makes the source of credentials; `now` is in milliseconds. */
export function credentialSource(config: ConnectionConfig, now: () => number): CredentialSource {
  let cached: { readonly credentials: Promise<Credentials>; readonly readAt: number } | undefined;
  let agents: Agents | undefined;

  const read = async (): Promise<Credentials> => {
    const cluster = config.getCurrentCluster();
    if (cluster === null) throw new Error("the kubeconfig has no current cluster");
    // The KubeConfig adds to these two in place.
    const headers: http.OutgoingHttpHeaders = {};
    const options: https.RequestOptions = { headers };
    await config.applyToHTTPSOptions(options);
    const made = agentsFor({
      options,
      previous: agents,
      plain: cluster.server.startsWith("http:"),
      proxied: cluster.proxyUrl !== undefined,
    });
    agents = made;
    return { server: new URL(cluster.server), headers, auth: options.auth ?? undefined, agent: made.agent, watchAgent: made.watchAgent };
  };

  return {
    current: () => {
      if (cached === undefined || now() - cached.readAt > credentialsMaxAgeMs) cached = { credentials: read(), readAt: now() };
      const { credentials } = cached;
      credentials.catch(() => {
        cached = undefined;
      });
      return credentials;
    },
    forget: () => {
      cached = undefined;
    },
    close: () => {
      agents?.agent.destroy();
      agents?.watchAgent.destroy();
    },
  };
}

interface Agents {
  readonly materialHash: string;
  readonly agent: http.Agent;
  readonly watchAgent: http.Agent;
}

function agentsFor(of: {
  readonly options: https.RequestOptions;
  readonly previous: Agents | undefined;
  readonly plain: boolean;
  readonly proxied: boolean;
}): Agents {
  const { ca, cert, key, pfx, passphrase, rejectUnauthorized, servername } = of.options;
  const material = Object.fromEntries(
    Object.entries({ ca, cert, key, pfx, passphrase, rejectUnauthorized, servername }).filter(([, value]) => value !== undefined),
  );
  // Buffers have their own JSON form, so the hash is of their bytes.
  const materialHash = hashOf(material);
  if (of.previous?.materialHash === materialHash) return of.previous;
  // Requests under way keep the previous agents' sockets; idle ones close by their own timeout.
  const { agent } = of.options;
  // A proxy is only known to the KubeConfig's own agent.
  if (of.proxied && agent instanceof http.Agent) return { materialHash, agent, watchAgent: agent };
  const make = (options: https.AgentOptions): http.Agent =>
    of.plain ? new http.Agent(options) : new https.Agent({ ...material, ...options });
  return {
    materialHash,
    agent: make({ keepAlive: true, maxSockets: socketsMax, timeout: idleSocketMaxMs }),
    watchAgent: make({ keepAlive: false }),
  };
}
