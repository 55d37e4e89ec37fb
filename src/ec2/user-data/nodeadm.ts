/**
 * User data of AL2023: a NodeConfig for nodeadm, after what the NodeClass says itself.
 *
 * Reads a node's setup. Returns a MIME archive. nodeadm merges NodeConfigs in their order, so ours stands last and wins. The
 * user's own may be an archive, a NodeConfig, or a shell script.
 */
import { isMap, parseDocument, stringify } from "yaml";
import { ok, type Result } from "../../api/result.ts";
import { labelsArgument } from "./kubelet-arguments.ts";
import { isMimeArchive, mimeArchive, mimePart, mimeParts, nodeConfigType, shellScriptType, type MimePart } from "./mime.ts";
import type { NodeSetup } from "./node-setup.ts";

/** Returns the archive; the error says what of the user's own can't be read. */
export function nodeadmUserData(setup: NodeSetup): Result<string, string> {
  const own = ownParts(setup.custom);
  return own.ok ? ok(mimeArchive([...own.value, mimePart(nodeConfigType, nodeConfig(setup))])) : own;
}

function ownParts(custom: string): Result<readonly MimePart[], string> {
  if (custom === "") return ok([]);
  if (isMimeArchive(custom)) return mimeParts(custom);
  const document = parseDocument(custom);
  const isNodeConfig = document.errors.length === 0 && isMap(document.contents);
  return ok([mimePart(isNodeConfig ? nodeConfigType : shellScriptType, custom)]);
}

function nodeConfig({ cluster, labels, taints, kubelet, joinsLocalDisks }: NodeSetup): string {
  const { name, endpoint, certificateAuthority, serviceCIDR } = cluster;
  const config = {
    apiVersion: "node.eks.aws/v1alpha1",
    kind: "NodeConfig",
    metadata: {},
    spec: {
      cluster: { apiServerEndpoint: endpoint, certificateAuthority, cidr: serviceCIDR, name },
      containerd: {},
      instance: { localStorage: joinsLocalDisks ? { strategy: "RAID0" } : {} },
      kubelet: { config: { ...kubelet, registerWithTaints: taints }, flags: [labelsArgument(labels)] },
    },
  };
  return stringify(config, { sortMapEntries: true, lineWidth: 0, aliasDuplicateObjects: false });
}
