/**
 * The NodePool and the NodeClasses that the examples of NP and NC rules change in one place each.
 */

/** A NodePool that no rule finds anything in, with its NodeClass in the cluster. */
export const goodPool = `
apiVersion: karpenter.sh/v1
kind: NodePool
metadata: {name: general-flex, labels: {platform.example.com/cost-owner: platform}}
spec:
  disruption: {consolidationPolicy: WhenEmptyOrUnderutilized, consolidateAfter: 5m, budgets: [{nodes: 10%}]}
  limits: {cpu: 200, memory: 400Gi}
  template:
    metadata: {labels: {workload-class: general}}
    spec:
      expireAfter: 336h
      terminationGracePeriod: 1h
      nodeClassRef: {group: karpenter.k8s.aws, kind: EC2NodeClass, name: default-private}
      requirements:
        - {key: karpenter.sh/capacity-type, operator: In, values: [on-demand]}
        - {key: kubernetes.io/arch, operator: In, values: [amd64]}
        - {key: karpenter.k8s.aws/instance-category, operator: In, values: [c, m, r]}
        - {key: karpenter.k8s.aws/instance-generation, operator: Gt, values: ["5"]}
        - {key: topology.kubernetes.io/zone, operator: In, values: [ap-southeast-1a, ap-southeast-1b, ap-southeast-1c]}
`;

/** The same for restricted workloads: tainted, and disrupted in a window only. */
export const goodRegulatedPool = goodPool
  .replace("general-flex", "regulated-on-demand")
  .replace("workload-class: general", "workload-class: regulated")
  .replace(
    "budgets: [{nodes: 10%}]",
    'budgets: [{nodes: "1", schedule: 0 2 * * 6, duration: 4h}, {nodes: "0", schedule: 0 6 * * 6, duration: 164h}]',
  )
  .replace("      requirements:", "      taints: [{key: workload-class, value: regulated, effect: NoSchedule}]\n      requirements:");

/** The same on EKS Auto Mode. */
export const goodAutoPool = goodPool
  .replace("group: karpenter.k8s.aws, kind: EC2NodeClass", "group: eks.amazonaws.com, kind: NodeClass")
  .replaceAll("karpenter.k8s.aws/instance", "eks.amazonaws.com/instance");

/** An EC2NodeClass that no rule finds anything in. */
export const goodClass = `
apiVersion: karpenter.k8s.aws/v1
kind: EC2NodeClass
metadata: {name: default-private}
spec:
  role: eks-node-role-prod
  amiSelectorTerms: [{alias: al2023@v20260715}]
  subnetSelectorTerms: [{tags: {kubernetes.io/role/internal-elb: "1", environment: prod}}]
  securityGroupSelectorTerms: [{tags: {aws:eks:cluster-name: prod-platform}}]
  tags:
    environment: prod
    platform: eks
    cluster: prod-platform
    workload-class: general
    cost-center: platform
    data-classification: internal
    managed-by: karpenter
`;

/** The same of EKS Auto Mode. */
export const goodAutoClass = goodClass
  .replace("karpenter.k8s.aws/v1", "eks.amazonaws.com/v1")
  .replace("EC2NodeClass", "NodeClass")
  .replace("  amiSelectorTerms: [{alias: al2023@v20260715}]\n", "");
