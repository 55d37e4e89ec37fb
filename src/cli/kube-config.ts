/**
 * Which cluster: --kubeconfig, $KUBECONFIG, the Pod's service account, ~/.kube/config, the first that is there.
 */
import { KubeConfig } from "@kubernetes/client-node";
import { err, ok, type Result } from "../api/result.ts";

/** Loads the kubeconfig; the error says how to name one. */
export function loadKubeConfig(request: {
  readonly kubeconfig?: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}): Result<KubeConfig, string> {
  const config = new KubeConfig();
  const path = request.kubeconfig ?? request.env["KUBECONFIG"];
  try {
    if (path !== undefined) config.loadFromFile(path);
    else if (request.env["KUBERNETES_SERVICE_HOST"] !== undefined) config.loadFromCluster();
    else config.loadFromDefault();
  } catch (cause) {
    return err(`kubeconfig ${path ?? "(default)"}: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  if (isMadeUp(config)) return err("no kubeconfig found and not in a cluster; name one with --kubeconfig");
  return config.getCurrentCluster() === null ? err(`kubeconfig ${path ?? "(default)"} names no cluster`) : ok(config);
}

/** Where nothing is found, client-node's loadFromDefault makes a cluster up, as kubectl once did; no file has this context. */
function isMadeUp(config: KubeConfig): boolean {
  return config.getCurrentContext() === "loaded-context" && config.getCurrentCluster()?.server === "http://localhost:8080";
}
