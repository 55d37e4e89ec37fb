// A real Kubernetes control plane for one test file: etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kwok's fake kubelets.
//
// Starts test/cluster's binary (control-plane-binary.ts) on free loopback ports with a fresh folder; returns what a test needs to speak to
// it, to stop and restart its parts, and to read its audit log. RBAC is on and no admission plugin is off. A Node gets a fake kubelet when
// it has the annotation kwok.x-k8s.io/node=fake; a Pod on it runs at once, or after its annotation pod-ready.stage.kwok.x-k8s.io/delay.
import { readFile, writeFile } from "node:fs/promises";
import { Agent } from "node:https";
import { join } from "node:path";
import { ensureControlPlane } from "./control-plane-binary.ts";
import { startUp } from "./control-plane-process.ts";
import { decodeAuditLog, decodeIssuedToken, type AuditEvent, type Component, type ReadyLine } from "./control-plane-protocol.ts";
import { requestJson, type ApiAnswer, type ApiRequest } from "./control-plane-request.ts";
import { runKubectlProcess } from "./kubectl-process.ts";

export { ensureControlPlane } from "./control-plane-binary.ts";
export type { AuditEvent, Component } from "./control-plane-protocol.ts";

export type ControlPlaneOptions = {
  /** Components that aren't started; `start` can start them later. etcd and kube-apiserver are always there. */
  readonly without?: readonly Exclude<Component, "etcd" | "kube-apiserver">[];
  /** How long a bound Pod takes to get ready, as a Go duration ("2s"); default none. A Pod's annotation wins over it. */
  readonly podReadyDelay?: string;
};

export type CommandResult = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

export type ControlPlane = ReadyLine & {
  /** Runs kubectl 1.36 (as the administrator by default) and returns how it ended; it throws only when it can't be run at all. */
  readonly kubectl: (
    args: readonly string[],
    options?: { readonly stdin?: string; readonly kubeconfig?: string },
  ) => Promise<CommandResult>;
  /** Sends one request to the API server, as the administrator by default. */
  readonly request: (request: ApiRequest) => Promise<ApiAnswer>;
  /** Ends a component (SIGTERM by default) and returns when it is gone. */
  readonly stop: (component: Component, signal?: NodeJS.Signals) => Promise<void>;
  /** Starts a component that was stopped or left out, on its own port and data, and returns when it is ready. */
  readonly start: (component: Component) => Promise<void>;
  /** Sends a signal and waits for nothing: SIGSTOP makes a component hang, SIGCONT lets it go on. */
  readonly signal: (component: Component, signal: NodeJS.Signals) => Promise<void>;
  /** Writes a kubeconfig with a token of this service account, valid for an hour, and returns its path; the account must exist. */
  readonly kubeconfigFor: (serviceAccount: { readonly namespace: string; readonly name: string }) => Promise<string>;
  /** Reads the audit log: each request that was answered so far, but for health checks. */
  readonly auditEvents: () => Promise<readonly AuditEvent[]>;
  readonly close: () => Promise<void>;
};

/** Starts a control plane and returns when all of it is ready (seconds). Close it; if this process dies, it goes by itself. */
export async function startControlPlane(options: ControlPlaneOptions = {}): Promise<ControlPlane> {
  const found = await ensureControlPlane();
  if ("missing" in found) throw new Error(found.missing);
  const up = await startUp(found.binary, [
    ...(options.without === undefined || options.without.length === 0 ? [] : [`--without=${options.without.join(",")}`]),
    ...(options.podReadyDelay === undefined ? [] : [`--pod-ready-delay=${options.podReadyDelay}`]),
  ]);
  const authority = await readFile(up.ready.caFile, "utf8");
  const agent = new Agent({ keepAlive: true });
  const request = (asked: ApiRequest): Promise<ApiAnswer> =>
    requestJson({ server: up.ready.server, authority, token: up.ready.token, agent }, asked);
  return {
    ...up.ready,
    request,
    kubectl: (args, { stdin = "", kubeconfig = up.ready.kubeconfig } = {}) =>
      runKubectlProcess({ kubectlPath: up.ready.kubectlPath, kubeconfig, folder: up.ready.dir, args, stdin }),
    stop: (component, signal) => up.command({ command: "stop", component, ...(signal === undefined ? {} : { signal }) }),
    start: (component) => up.command({ command: "start", component }),
    signal: (component, signal) => up.command({ command: "signal", component, signal }),
    kubeconfigFor: async (serviceAccount) => {
      const token = await requestToken(request, serviceAccount);
      const path = join(up.ready.dir, "kubeconfig", `${serviceAccount.namespace}.${serviceAccount.name}`);
      await writeFile(path, kubeconfigText({ server: up.ready.server, authority, token }), { mode: 0o600 });
      return path;
    },
    auditEvents: async () => decodeAuditLog(await readFile(up.ready.auditLog, "utf8")),
    close: async () => {
      agent.destroy();
      await up.close();
    },
  };
}

const tokenLifetimeSeconds = 3600;

async function requestToken(
  request: ControlPlane["request"],
  { namespace, name }: { readonly namespace: string; readonly name: string },
): Promise<string> {
  const { status, body } = await request({
    method: "POST",
    path: `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`,
    body: { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: tokenLifetimeSeconds } },
  });
  const token = decodeIssuedToken(body);
  if (token === undefined) throw new Error(`no token for service account ${namespace}/${name} (${status}): ${JSON.stringify(body)}`);
  return token;
}

/** A kubeconfig is YAML, and JSON is YAML. */
function kubeconfigText({
  server,
  authority,
  token,
}: {
  readonly server: string;
  readonly authority: string;
  readonly token: string;
}): string {
  const name = "control-plane";
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "certificate-authority-data": Buffer.from(authority).toString("base64") } }],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  });
}
