/** NC rules, for EC2NodeClasses and for NodeClasses of EKS Auto Mode. */
import { describe } from "vitest";
import { autoClass, autoPool, nodeClass, pool, regulatedPool } from "../review/pools.ts";
import { checkerOf } from "./findings.ts";

const amis = "  amiSelectorTerms: [{alias: al2023@v20260715}]\n";

describe("what a NodeClass must and may say", () => {
  const ofScheduling = checkerOf("NC-001");
  ofScheduling("S054: tags that are labels of nodes", {
    judge: nodeClass(["    environment: prod\n", "    environment: prod\n    topology.kubernetes.io/zone: ap-southeast-1a\n"]),
    finds: ["NC-001 deny: tag topology.kubernetes.io/zone says which Pods may come, which a NodePool does"],
  });
  ofScheduling("S118: fields of a NodePool", {
    judge: nodeClass(["spec:\n", "spec:\n  taints: [{key: a, effect: NoSchedule}]\n"]),
    finds: ["NC-001 deny: spec.taints says which Pods may come, which a NodePool does"],
  });

  const ofIdentity = checkerOf("NC-002");
  ofIdentity("S116: no role of an Auto Mode class", {
    judge: autoClass(["  role: eks-node-role-prod\n", ""]),
    finds: ["NC-002 deny: neither role nor instanceProfile is set: nodes could not join"],
  });
  ofIdentity("no role of an EC2NodeClass", {
    judge: nodeClass(["  role: eks-node-role-prod\n", ""]),
    finds: ["NC-002 deny: neither role nor instanceProfile is set: nodes could not join"],
  });
  ofIdentity("both", {
    judge: nodeClass(["  role: eks-node-role-prod\n", "  role: a\n  instanceProfile: b\n"]),
    finds: ["NC-002 deny: role and instanceProfile are both set"],
  });

  const ofImages = checkerOf("NC-003", "NC-008");
  ofImages("S058: no image", {
    judge: nodeClass([amis, "  amiSelectorTerms: []\n"]),
    finds: ["NC-003 deny: amiSelectorTerms selects no image; it is required since v1"],
  });
  ofImages("S257: images of Auto Mode are AWS's to choose", {
    judge: autoClass(["spec:\n", `spec:\n${amis}`]),
    finds: ["NC-008 deny: spec.amiSelectorTerms is not a field of EKS Auto Mode: AWS chooses the image (Bottlerocket)"],
  });
  ofImages("an Auto Mode class without images is whole", { judge: autoClass(), finds: [] });
});

describe("what a NodeClass makes", () => {
  const withActions = (actions: string): readonly [string, string] => [
    "{name: default-private}",
    `{name: default-private, annotations: {platform.example.com/node-role-actions: "${actions}"}}`,
  ];
  const ofRole = checkerOf("NC-004");
  ofRole("S160: a node role with permissions of applications", {
    judge: nodeClass(withActions("ec2:DescribeInstances,s3:*,sqs:*,dynamodb:*,secretsmanager:*")),
    finds: ["NC-004 deny: the node role allows s3:*, sqs:*, dynamodb:*, secretsmanager:*: every Pod on its nodes could do that"],
  });
  ofRole("S160: all that a node needs", {
    judge: nodeClass(withActions("ec2:DescribeInstances,ecr:BatchGetImage,eks:DescribeCluster")),
    finds: [],
  });
  ofRole("S160: everything at once", {
    judge: nodeClass(withActions("*")),
    finds: ["NC-004 deny: the node role allows *: every Pod on its nodes could do that"],
  });
  ofRole("a role that nobody listed is not judged", { judge: nodeClass(), finds: [] });

  const publicTag: readonly [string, string] = ["kubernetes.io/role/internal-elb", "kubernetes.io/role/elb"];
  const ofNetwork = checkerOf("NC-005");
  ofNetwork("S134: public subnets for restricted workloads", {
    judge: nodeClass(publicTag),
    world: [regulatedPool()],
    finds: ['NC-005 deny: the term selects public subnets, and class "regulated" (NodePool "regulated-on-demand") keeps to private ones'],
  });
  ofNetwork("S134: public addresses for restricted workloads", {
    judge: nodeClass(["  role:", "  associatePublicIPAddress: true\n  role:"]),
    world: [regulatedPool()],
    finds: ['NC-005 deny: nodes get public addresses, and class "regulated" (NodePool "regulated-on-demand") keeps to private ones'],
  });
  ofNetwork("S134: the same on Auto Mode", {
    judge: autoClass(["  role:", "  advancedNetworking: {associatePublicIPAddress: true}\n  role:"]),
    world: [autoPool(["general-flex", "regulated-auto"], ["labels: {workload-class: general}", "labels: {workload-class: regulated}"])],
    finds: ['NC-005 deny: nodes get public addresses, and class "regulated" (NodePool "regulated-auto") keeps to private ones'],
  });
  ofNetwork("other classes may have public subnets", { judge: nodeClass(publicTag), world: [pool()], finds: [] });

  const ofTags = checkerOf("NC-006");
  const tags = [
    "environment: prod",
    "platform: eks",
    "cluster: prod-platform",
    "workload-class: general",
    "cost-center: platform",
    "data-classification: internal",
    "managed-by: karpenter",
  ];
  for (const tag of tags) {
    const [key = ""] = tag.split(":");
    ofTags(`S162: ${key} is missed by its name`, { judge: nodeClass([`    ${tag}\n`, ""]), finds: [`NC-006 deny: tags missing: ${key}`] });
  }
  ofTags("S162: all seven are enough", { judge: nodeClass(), finds: [] });

  const ofChange = checkerOf("NC-007");
  ofChange("S250: the latest image changes by itself", {
    judge: nodeClass(["al2023@v20260715", "al2023@latest"]),
    finds: ["NC-007 warn: al2023@latest changes whenever AWS publishes: every node then drifts and is replaced, untested"],
  });
  ofChange("Windows has no other version", { judge: nodeClass(["al2023@v20260715", "windows2022@latest"]), finds: [] });
  ofChange("S274: Amazon Linux 2 gets no more fixes", {
    judge: nodeClass([amis, "  amiFamily: AL2\n  amiSelectorTerms: [{id: ami-0123456789abcdef0}, {id: ami-0123456789abcdef1}]\n"]),
    finds: ["NC-007 warn: EKS made its last Amazon Linux 2 images on 2025-11-26: they get no more fixes"],
  });
});
