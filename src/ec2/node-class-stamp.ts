/**
 * ClassStamp: what a NodeClaim keeps of the EC2NodeClass that it is launched from.
 *
 * Reads the class and its resources. Returns annotations in Karpenter's names: the hash that drift is told by, and the instance profile,
 * so that nobody removes it while a node has it. They are written with the launch request, before it is sent: what is launched is of
 * this class, whatever becomes of the class in between.
 */
import type { EC2NodeClass } from "../api/ec2-node-class.ts";
import { instanceProfileAnnotation, nodeClassHashAnnotation, nodeClassHashVersionAnnotation } from "../api/labels.ts";
import { nodeClassHash, nodeClassHashVersion } from "./node-class-hash.ts";
import type { NodeClassResources } from "./node-class-resources.ts";

/** Returns the annotations; without a hash while EKS has not told the certificate authority that is part of it. */
export function classStamp(
  nodeClass: EC2NodeClass,
  { cluster, clusterUnanswered, instanceProfile }: Pick<NodeClassResources, "cluster" | "clusterUnanswered" | "instanceProfile">,
): Readonly<Record<string, string>> {
  const profile = { [instanceProfileAnnotation]: instanceProfile };
  if (clusterUnanswered !== undefined) return profile;
  const hash = nodeClassHash(nodeClass, cluster.certificateAuthority);
  return { ...profile, [nodeClassHashAnnotation]: hash, [nodeClassHashVersionAnnotation]: nodeClassHashVersion };
}
