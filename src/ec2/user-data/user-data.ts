/**
 * User data: what an instance reads when it starts, by image family, merged with the NodeClass's own.
 *
 * Reads a NodeClass, the cluster and what is known of the node. Returns the text as the instance reads it (not base64), or the
 * sentence that names the field. Formats are those of the images; what wins over what is as in karpenter-provider-aws
 * pkg/providers/amifamily/bootstrap, 1.15.
 */
import type { EC2NodeClassSpec } from "../../api/ec2-node-class.ts";
import { err, ok, type Result } from "../../api/result.ts";
import { amiFamilyOf } from "../../catalog/node-settings.ts";
import { isWindows, type AmiFamily } from "../../catalog/node-storage.ts";
import type { ClusterIdentity } from "../cluster-identity.ts";
import { bottlerocketUserData, bottlerocketVersion } from "./bottlerocket.ts";
import { eksBootstrapUserData } from "./eks-bootstrap.ts";
import { nodeadmUserData } from "./nodeadm.ts";
import { nodeSetup, type UserDataInput } from "./node-setup.ts";
import { windowsUserData } from "./windows.ts";

/** EC2's bound, before base64. */
export const userDataBytesMax = 16_384;

/** Returns the user data; "" where a Custom class has none. The error names the field and says what to do. */
export function userData(input: UserDataInput): Result<string, string> {
  const family = familyOf(input.spec);
  if (family === "Custom") return ok(input.spec.userData ?? "");
  const missing = clusterTrouble(family, input.cluster);
  if (missing !== undefined) return err(missing);
  const rendered = render(family, input);
  return rendered.ok ? rendered : err(`spec.userData: ${rendered.error}`);
}

/** Returns why user data is too long for EC2, if it is. */
export function userDataSizeTrouble(text: string): string | undefined {
  const bytes = Buffer.byteLength(text);
  return bytes <= userDataBytesMax
    ? undefined
    : `the user data is ${bytes} bytes with what the nodes need, and EC2 takes ${userDataBytesMax}: shorten spec.userData or spec.kubelet`;
}

/** Returns what of the cluster a family's user data needs and nobody has told. */
export function clusterTrouble(family: AmiFamily, cluster: ClusterIdentity): string | undefined {
  const { endpoint, certificateAuthority, serviceCIDR } = cluster;
  if (family === "Custom") return undefined;
  const missing = [
    ...(endpoint === undefined ? ["endpoint (--cluster-endpoint)"] : []),
    ...(certificateAuthority === undefined ? ["certificate authority (--cluster-ca)"] : []),
    ...(family === "AL2023" && serviceCIDR === undefined ? ["service CIDR (--service-cidr)"] : []),
  ];
  return missing.length === 0
    ? undefined
    : `amiFamily ${family} needs the cluster's ${missing.join(", ")}: EKS tells nothing of cluster "${cluster.name}", so set it`;
}

/** Returns the family whose user data nodes get; a class that names none brings its own. */
export function familyOf(spec: EC2NodeClassSpec): AmiFamily {
  return amiFamilyOf(spec) ?? "Custom";
}

function render(family: Exclude<AmiFamily, "Custom">, input: UserDataInput): Result<string, string> {
  const setup = nodeSetup(input);
  if (isWindows(family)) return ok(windowsUserData(setup));
  if (family === "AL2") return eksBootstrapUserData(setup);
  if (family === "AL2023") return nodeadmUserData(setup);
  return bottlerocketUserData(setup, bottlerocketVersion({ terms: input.spec.amiSelectorTerms, images: input.images ?? [] }));
}
