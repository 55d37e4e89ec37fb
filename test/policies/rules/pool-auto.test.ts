/** POOL rules on EKS Auto Mode: its nodes have labels of its own, and only those. */
import { describe } from "vitest";
import { catalogInstanceTypes } from "../../../src/catalog/instance-types.ts";
import { changed, autoPool, pool } from "../review/pools.ts";
import { checkerOf } from "./findings.ts";

const instanceTypes = catalogInstanceTypes({ zones: ["ap-southeast-1a", "ap-southeast-1b", "ap-southeast-1c"] });
const deployment = (key: string, value: string, cpu = "100m") =>
  changed(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: shop}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {nodeSelector: {${key}: "${value}"}, containers: [{name: app, resources: {requests: {cpu: ${cpu}, memory: 128Mi}}}]}
`);

describe("a Pod that asks for", () => {
  const check = checkerOf("POOL-001", "POOL-002");
  const auto = { world: [autoPool()], instanceTypes };
  const own = { world: [pool()], instanceTypes };

  check("the nodes of Auto Mode finds them", { ...auto, judge: deployment("eks.amazonaws.com/compute-type", "auto"), finds: [] });
  check("the nodes of Auto Mode does not find Karpenter's", {
    ...own,
    judge: deployment("eks.amazonaws.com/compute-type", "auto"),
    finds: ["POOL-001 deny: no NodePool offers label eks.amazonaws.com/compute-type=auto"],
  });
  check("a family in Auto Mode's words finds it", { ...auto, judge: deployment("eks.amazonaws.com/instance-family", "m7i"), finds: [] });
  check("a family that the Auto Mode pool leaves out does not", {
    ...auto,
    judge: deployment("eks.amazonaws.com/instance-family", "t3"),
    finds: ["POOL-001 deny: no NodePool offers label eks.amazonaws.com/instance-family=t3"],
  });
  check("a family in Karpenter's words finds nothing on Auto Mode", {
    ...auto,
    judge: deployment("karpenter.k8s.aws/instance-family", "m7i"),
    finds: ["POOL-001 deny: no NodePool offers label karpenter.k8s.aws/instance-family=m7i"],
  });
  check("more than the family's largest machine is told of it", {
    ...auto,
    judge: deployment("eks.amazonaws.com/instance-family", "m7i-flex", '"70"'),
    finds: [
      "POOL-002 deny: pod requests 70 CPU / 128Mi; largest shape in pool general-flex is m7i-flex.16xlarge, 63.77 CPU / 228.5Gi after system reserve",
    ],
  });
});
