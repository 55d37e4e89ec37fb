/**
 * User data of AL2: the call of its bootstrap script, after what the NodeClass says itself.
 *
 * Reads a node's setup. Returns a MIME archive. The user's own may be an archive or a shell script.
 */
import { ok, type Result } from "../../api/result.ts";
import { dnsAddressOf, kubeletArguments } from "./kubelet-arguments.ts";
import { isMimeArchive, mimeArchive, mimePart, mimeParts, shellScriptType, type MimePart } from "./mime.ts";
import type { NodeSetup } from "./node-setup.ts";

/** Returns the archive; the error says what of the user's own can't be read. */
export function eksBootstrapUserData(setup: NodeSetup): Result<string, string> {
  const own = ownParts(setup.custom);
  return own.ok ? ok(mimeArchive([...own.value, mimePart(shellScriptType, bootstrapScript(setup))])) : own;
}

function ownParts(custom: string): Result<readonly MimePart[], string> {
  if (custom === "") return ok([]);
  return isMimeArchive(custom) ? mimeParts(custom) : ok([mimePart(shellScriptType, custom)]);
}

/** bootstrap.sh takes its arguments without equal signs. */
function bootstrapScript(setup: NodeSetup): string {
  const { cluster, kubelet, joinsLocalDisks } = setup;
  const dns = dnsAddressOf(setup);
  const call = [
    `/etc/eks/bootstrap.sh '${cluster.name}' --apiserver-endpoint '${cluster.endpoint ?? ""}' --b64-cluster-ca '${cluster.certificateAuthority ?? ""}'`,
    ...(dns?.includes(":") === true ? ["--ip-family ipv6"] : []),
    ...(dns === undefined ? [] : [`--dns-cluster-ip '${dns}'`]),
    ...(kubelet["maxPods"] === undefined ? [] : ["--use-max-pods false"]),
    `--kubelet-extra-args '${kubeletArguments(setup).join(" ")}'`,
    ...(joinsLocalDisks ? ["--local-disks raid0"] : []),
  ];
  return ["#!/bin/bash -xe", "exec > >(tee /var/log/user-data.log|logger -t user-data -s 2>/dev/console) 2>&1", call.join(" \\\n")].join(
    "\n",
  );
}
