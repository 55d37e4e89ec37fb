/**
 * User data of Windows: a PowerShell script that calls the image's bootstrap script, after what the NodeClass says itself.
 *
 * Reads a node's setup. Returns the script.
 */
import { dnsAddressOf, kubeletArguments } from "./kubelet-arguments.ts";
import type { NodeSetup } from "./node-setup.ts";

/** Returns the script in its tags. */
export function windowsUserData(setup: NodeSetup): string {
  const { cluster, custom } = setup;
  const dns = dnsAddressOf(setup);
  const call = [
    `& $EKSBootstrapScriptFile -EKSClusterName '${cluster.name}' -APIServerEndpoint '${cluster.endpoint ?? ""}'`,
    `-Base64ClusterCA '${cluster.certificateAuthority ?? ""}'`,
    `-KubeletExtraArgs '${kubeletArguments(setup).join(" ")}'`,
    ...(dns === undefined ? [] : [`-DNSClusterIP '${dns}'`]),
  ];
  return [
    "<powershell>",
    ...(custom === "" ? [] : [custom]),
    '[string]$EKSBootstrapScriptFile = "$env:ProgramFiles\\Amazon\\EKS\\Start-EKSBootstrap.ps1"',
    call.join(" "),
    "</powershell>",
  ].join("\n");
}
