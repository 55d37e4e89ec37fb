// An EC2NodeClass that says what it can by id: its image is the user's own, so that nothing is looked up by name.
import type { EC2NodeClass } from "../../src/api/ec2-node-class.ts";

export const customNodeClass = {
  apiVersion: "karpenter.k8s.aws/v1",
  kind: "EC2NodeClass",
  metadata: { name: "default", uid: "uid-class" },
  spec: {
    amiFamily: "Custom",
    amiSelectorTerms: [{ id: "ami-1" }],
    subnetSelectorTerms: [{ id: "subnet-a" }],
    securityGroupSelectorTerms: [{ id: "sg-1" }],
    instanceProfile: "nodes",
    userData: "#!/bin/sh",
  },
} satisfies EC2NodeClass;
