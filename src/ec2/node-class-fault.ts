/**
 * What is wrong with an EC2NodeClass as it is written, whatever AWS has.
 *
 * Reads the class. Returns the first fault, with the reason of its condition. `plimsoll plan` says the same of a class in a file.
 */
import type { EC2NodeClass, EC2NodeClassSpec } from "../api/ec2-node-class.ts";
import { clusterNameTag, nodeClaimTag, nodeClassTag, nodePoolTag } from "../api/labels.ts";
import type { ClusterIdentity } from "./cluster-identity.ts";
import { kubeletFault, type ClassFault } from "./node-class-kubelet.ts";
import { userData, userDataSizeTrouble } from "./user-data/user-data.ts";

const consumableAnnotation = "karpenter.k8s.aws/nvidia-consumable-capacity";
/** A cluster of which everything is known, and nothing said: for classes that are read from files. */
const anyCluster: ClusterIdentity = { name: "", endpoint: "", certificateAuthority: "", serviceCIDR: "" };

/** Returns the fault of a class, if any; with a cluster its user data is measured with what that cluster adds. */
export function specFault(nodeClass: EC2NodeClass, cluster: ClusterIdentity = anyCluster): ClassFault | undefined {
  const { spec } = nodeClass;
  if (spec === undefined) return { reason: "SpecMissing", message: "it has no spec" };
  return kubeletFault(spec) ?? annotationFault(nodeClass) ?? tagFault(spec) ?? userDataFault(spec, cluster);
}

function annotationFault({ metadata }: EC2NodeClass): ClassFault | undefined {
  const value = metadata.annotations?.[consumableAnnotation];
  if (value === undefined || value === "" || value === "disabled") return undefined;
  if (value === "memory" || value === "unlimited" || /^[1-9]\d*$/.test(value))
    return {
      reason: "DRADisabled",
      message: `annotation ${consumableAnnotation}: GPUs are not shared by this version; set it to "disabled"`,
    };
  const message = `annotation ${consumableAnnotation}: "${value}" must be disabled, memory, unlimited or a whole number from 1 on`;
  return { reason: "NVIDIAConsumableCapacityInvalid", message };
}

function tagFault({ tags = {} }: EC2NodeClassSpec): ClassFault | undefined {
  const own = [clusterNameTag, nodePoolTag, nodeClaimTag, nodeClassTag];
  const taken = Object.keys(tags).find((key) => own.includes(key) || key.startsWith("kubernetes.io/cluster"));
  return taken === undefined
    ? undefined
    : { reason: "TagValidationFailed", message: `spec.tags: ${taken} is set by the provisioner; choose another key` };
}

/** Labels and taints are not known before there is a node: a node's own user data is measured again. */
function userDataFault(spec: EC2NodeClassSpec, cluster: ClusterIdentity): ClassFault | undefined {
  const text = userData({ spec, cluster, labels: {}, taints: [] });
  if (!text.ok) return { reason: "UserDataInvalid", message: text.error };
  const size = userDataSizeTrouble(text.value);
  return size === undefined ? undefined : { reason: "UserDataSizeLimitExceeded", message: size };
}
