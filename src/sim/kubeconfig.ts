/**
 * The kubeconfig of the embedded world's HTTPS door.
 *
 * Reads the address, the certificate authority and a token. Returns the text of a kubeconfig, as JSON, which is YAML.
 */

/** Returns the text of a kubeconfig that reaches one server as one user. */
export function kubeconfigText({ url, caPem, token }: { readonly url: string; readonly caPem: string; readonly token: string }): string {
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "plimsoll", cluster: { server: url, "certificate-authority-data": Buffer.from(caPem).toString("base64") } }],
    users: [{ name: "admin", user: { token } }],
    contexts: [{ name: "plimsoll", context: { cluster: "plimsoll", user: "admin" } }],
    "current-context": "plimsoll",
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
