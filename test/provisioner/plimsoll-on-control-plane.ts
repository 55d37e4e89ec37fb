/**
 * One Plimsoll process on the real control plane, as `serve` composes it, with the kwok provider.
 *
 * Installs the CRDs and the RBAC of deploy/, and runs under the service account that they are for. Returns what the tests
 * ask of the cluster, and which requests of ours were forbidden.
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { KubeConfig } from "@kubernetes/client-node";
import { pino } from "pino";
import { kwokCapacity } from "../../src/cli/kwok-capacity.ts";
import { startPlimsoll } from "../../src/cli/plimsoll-process.ts";
import { httpsTransport } from "../../src/cluster/https-transport.ts";
import { wallClock } from "../../src/cluster/wall-clock.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import type { ControlPlane } from "../support/control-plane.ts";

export const repository = fileURLToPath(new URL("../..", import.meta.url));
const serviceAccount = { namespace: "plimsoll-system", name: "plimsoll" };

export interface RunningPlimsoll {
  close(): Promise<void>;
}

/** Applies files of the repository with kubectl; throws with kubectl's words. */
export async function applyFiles(plane: ControlPlane, ...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const flag = path.endsWith(".yaml") ? "-f" : "-k";
    const { code, stderr } = await plane.kubectl(["apply", flag, join(repository, path)]);
    if (code !== 0) throw new Error(`kubectl apply ${path}: ${stderr}`);
  }
}

/** Installs what Plimsoll needs of a cluster, but not Plimsoll itself. */
export async function installCluster(plane: ControlPlane): Promise<void> {
  await applyFiles(plane, "deploy/crds", "deploy/karpenter-crds", "deploy/base/namespace.yaml", "deploy/base/cluster-role.yaml");
  for (const file of ["service-account", "role"]) {
    const { code, stderr } = await plane.kubectl([
      "apply",
      "-n",
      serviceAccount.namespace,
      "-f",
      join(repository, `deploy/base/${file}.yaml`),
    ]);
    if (code !== 0) throw new Error(`kubectl apply ${file}: ${stderr}`);
  }
}

/** Starts a process under the service account; `joinDelayMs` says how long after its launch a Node joins. */
export async function startOn(plane: ControlPlane, joinDelayMs: (claim: NodeClaim) => number): Promise<RunningPlimsoll> {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(await plane.kubeconfigFor(serviceAccount));
  const clock = wallClock();
  const transport = httpsTransport({ kubeConfig, userAgent: "plimsoll/test", clock, random: Math.random });
  const started = await startPlimsoll({
    transport,
    clock,
    random: Math.random,
    domain: "platform.example.com",
    policies: join(repository, "policies.yaml"),
    namespace: serviceAccount.namespace,
    identity: "test",
    webhook: {
      host: "127.0.0.1",
      port: 0,
      certificateNames: ["127.0.0.1"],
      address: (port) => ({ kind: "url", baseUrl: `https://127.0.0.1:${port}` }),
    },
    capacity: (sources) => kwokCapacity(sources, joinDelayMs),
    log: pino({ level: process.env["PLIMSOLL_TEST_LOG"] ?? "silent" }),
  });
  if (!started.ok) throw new Error(started.error);
  return {
    close: async () => {
      await started.value.close(0);
      transport.close();
    },
  };
}

/** What our service account asked and was not allowed; a test of deploy/'s RBAC as much as of the code. */
export async function forbidden(plane: ControlPlane): Promise<readonly string[]> {
  const user = `system:serviceaccount:${serviceAccount.namespace}:${serviceAccount.name}`;
  const events = (await plane.auditEvents()).filter((event) => event.user.username === user && event.responseStatus?.code === 403);
  return events.map(({ verb, requestURI }) => `${verb} ${requestURI}`);
}
