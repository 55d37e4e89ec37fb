/**
 * Names of labels, annotations, taints, finalizers and tags: Kubernetes', Karpenter's and ours.
 *
 * Reads the API domain (a setting) for ours. Returns constants. One place, so that no word is spelled twice.
 */

export const hostnameLabel = "kubernetes.io/hostname";
export const zoneLabel = "topology.kubernetes.io/zone";
export const regionLabel = "topology.kubernetes.io/region";
export const zoneIdLabel = "topology.k8s.aws/zone-id";
export const archLabel = "kubernetes.io/arch";
export const osLabel = "kubernetes.io/os";
export const windowsBuildLabel = "node.kubernetes.io/windows-build";
export const instanceTypeLabel = "node.kubernetes.io/instance-type";
export const namespaceNameLabel = "kubernetes.io/metadata.name";
/** On Namespaces, by custom: how sensitive the data in it is. */
export const dataClassificationLabel = "data-classification";
export const defaultContainerAnnotation = "kubectl.kubernetes.io/default-container";

export const capacityTypeLabel = "karpenter.sh/capacity-type";
export const nodePoolLabel = "karpenter.sh/nodepool";
export const registeredLabel = "karpenter.sh/registered";
export const initializedLabel = "karpenter.sh/initialized";
export const doNotSyncTaintsLabel = "karpenter.sh/do-not-sync-taints";
export const doNotDisruptAnnotation = "karpenter.sh/do-not-disrupt";
export const nodePoolHashAnnotation = "karpenter.sh/nodepool-hash";
export const nodePoolHashVersionAnnotation = "karpenter.sh/nodepool-hash-version";
export const nodeClassHashAnnotation = "karpenter.k8s.aws/ec2nodeclass-hash";
export const nodeClassHashVersionAnnotation = "karpenter.k8s.aws/ec2nodeclass-hash-version";
/** On NodeClaims: the instance profile that their instance has. */
export const instanceProfileAnnotation = "karpenter.k8s.aws/instance-profile-name";
/** On NodeClaims: their instance has its tags, and among them the name of its cluster. */
export const taggedAnnotation = "karpenter.k8s.aws/tagged";
export const clusterTaggedAnnotation = "compatibility.karpenter.k8s.aws/cluster-name-tagged";
export const terminationFinalizer = "karpenter.sh/termination";
export const nodeClassFinalizer = "karpenter.k8s.aws/termination";
export const unregisteredTaintKey = "karpenter.sh/unregistered";
export const disruptedTaintKey = "karpenter.sh/disrupted";
/** On a Node whose machine is off for good: its Pods are forgotten and its volumes detached at once (Kubernetes 1.28). */
export const outOfServiceTaintKey = "node.kubernetes.io/out-of-service";
export const excludeFromLoadBalancersLabel = "node.kubernetes.io/exclude-from-external-load-balancers";
/** On NodeClaim and Node: when the drain ends, whatever still blocks it (RFC 3339). */
/** "true" on a NodeClaim that asks for fewer values than its NodePool's minValues. */
export const minValuesRelaxedAnnotation = "karpenter.sh/nodeclaim-min-values-relaxed";
export const terminationTimestampAnnotation = "karpenter.sh/nodeclaim-termination-timestamp";
export const kwokNodeAnnotation = "kwok.x-k8s.io/node";

/** EC2 tags of Karpenter's that name an instance's owner; nodeClaimTag is what makes a launch findable after a crash. */
export const nodeClaimTag = "karpenter.sh/nodeclaim";
export const nodePoolTag = "karpenter.sh/nodepool";
export const nodeClassTag = "karpenter.k8s.aws/ec2nodeclass";
export const clusterNameTag = "eks:eks-cluster-name";

/** Well-known labels: a NodePool may leave them undefined and a Pod may still ask for them (karpenter.sh docs, scheduling). */
export const awsLabelDomain = "karpenter.k8s.aws";
/** Group of EKS Auto Mode's NodeClass, domain of its labels, and the label that each of its nodes has. */
export const autoModeDomain = "eks.amazonaws.com";
export const computeTypeLabel = `${autoModeDomain}/compute-type`;
/** The labels of the domain karpenter.k8s.aws that a user may write; the rest of the domain is the provider's. */
export const openAwsLabels: readonly string[] = [
  "instance-category",
  "instance-family",
  "instance-generation",
  "instance-size",
  "instance-cpu",
  "instance-cpu-manufacturer",
  "instance-cpu-sustained-clock-speed-mhz",
  "instance-memory",
  "instance-hypervisor",
  "instance-encryption-in-transit-supported",
  "instance-capability-flex",
  "instance-local-nvme",
  "instance-ebs-bandwidth",
  "instance-network-bandwidth",
  "instance-gpu-name",
  "instance-gpu-manufacturer",
  "instance-gpu-count",
  "instance-gpu-memory",
  "instance-accelerator-name",
  "instance-accelerator-manufacturer",
  "instance-accelerator-count",
  "instance-tenancy",
  "capacity-reservation-id",
  "capacity-reservation-type",
  "capacity-reservation-interruptible",
  "placement-group-id",
  "placement-group-partition",
  "ec2nodeclass",
].map((name) => `${awsLabelDomain}/${name}`);

/** The capacity reservation that a node was bought from. */
export const capacityReservationLabel = `${awsLabelDomain}/capacity-reservation-id`;
/** Of which kind that is: "default" or "capacity-block". */
export const capacityReservationTypeLabel = `${awsLabelDomain}/capacity-reservation-type`;
/** Whether its owner may take it back. */
export const capacityReservationInterruptibleLabel = `${awsLabelDomain}/capacity-reservation-interruptible`;
/** The placement group that a node stands in, and which part of it, counted from one. */
export const placementGroupLabel = `${awsLabelDomain}/placement-group-id`;
export const partitionLabel = `${awsLabelDomain}/placement-group-partition`;

const ofPlacement = ["instance-tenancy", "capacity-reservation", "placement-group"].map((name) => `${awsLabelDomain}/${name}`);
/** Those of them that a NodeOverlay may name: tenancy, reservations and placement groups have no price of their own. */
export const overlayAwsLabels: readonly string[] = openAwsLabels.filter((label) => !ofPlacement.some((start) => label.startsWith(start)));

export const wellKnownLabels: ReadonlySet<string> = new Set([
  zoneLabel,
  regionLabel,
  instanceTypeLabel,
  archLabel,
  osLabel,
  windowsBuildLabel,
  capacityTypeLabel,
  nodePoolLabel,
  zoneIdLabel,
  ...openAwsLabels,
]);

/** Labels of older Kubernetes versions and of drivers, and the label each means (Karpenter's NormalizedLabels). */
export const normalizedLabels: Readonly<Record<string, string>> = {
  "failure-domain.beta.kubernetes.io/zone": zoneLabel,
  "failure-domain.beta.kubernetes.io/region": regionLabel,
  "beta.kubernetes.io/arch": archLabel,
  "beta.kubernetes.io/os": osLabel,
  "beta.kubernetes.io/instance-type": instanceTypeLabel,
  "topology.ebs.csi.aws.com/zone": zoneLabel,
};

/** The default API domain: the founding documents' own, so that their YAML applies as written. */
export const defaultDomain = "platform.example.com";

/** Field managers of our server-side applies. */
export const compilerFieldManager = "plimsoll-compiler";
/** Of status.lastDenials alone, which every replica of the webhook writes. */
export const denialFieldManager = "plimsoll-denials";
export const zoneLossFieldManager = "plimsoll-zones";
export const provisionerFieldManager = "plimsoll-provisioner";
export const auditFieldManager = "plimsoll-audit";

/** Our own names, which all hang on the API domain. */
export interface PlatformNames {
  /** The API group and domain, such as "platform.example.com". */
  readonly domain: string;
  readonly apiVersion: string;
  readonly workloadClassLabel: string;
  readonly costOwnerLabel: string;
  readonly profileLabel: string;
  readonly profileHashLabel: string;
  readonly dataClassificationLabel: string;
  /** On Pods that the profile's on-demand floor keeps off Spot. */
  readonly onDemandFloorLabel: string;
  /** On Pods: JSON [{"schedule","duration"}], when voluntary disruption is allowed. */
  readonly disruptionWindowAnnotation: string;
  /** On Pod templates, where spec.rollout is onChange: the contract that the template was rolled for. */
  readonly rolledContractAnnotation: string;
  /** On the Pod template of a Deployment with one replica: uid of the Pod whose replacement is started before it may be evicted. */
  readonly surgedForAnnotation: string;
  /** On Pods: JSON {"profile","generation","bundle","changed":{path:{from,to}}}. */
  readonly compiledAnnotation: string;
  /** On NodeClaims: the last launch attempt, or the claim that keeps it; written before anything is sent. */
  readonly launchRequestAnnotation: string;
  /** On NodePools: how many of its nodes in a row did not join, when and why the last one: "<count> <time> <cause> <NodeClaim> <message>". */
  readonly joinFailuresAnnotation: string;
  /** Tag on EC2: the client token of the launch that an instance came of; on a launch template, that it is ours. */
  readonly launchTag: string;
  /** On NodeClaims: the Pods that the claim was made for, by class, as "<podClassHash>=<count>,…". */
  readonly plannedPodsAnnotation: string;
  /** On NodeClaims: JSON {"reason","message","requestedAt","deadline"}, while the node is to be replaced. */
  readonly disruptionAnnotation: string;
  /** On NodePools: what garbage collection let go in the last ten minutes. */
  readonly removalsAnnotation: string;
  /** On NodePools: what it would end and has not, and how to answer. */
  readonly removalsHeldAnnotation: string;
  /** On NodePools, by people: how many nodes it may end; used up by what it ends. */
  readonly allowRemovalsAnnotation: string;
  /** On the ConfigMap of the policies in force, by people: the refused edit that is to come into force all the same; used up by that. */
  readonly acceptPoliciesAnnotation: string;
  /** On the Lease of the leader: of which spans of time its API server remembers everything. */
  readonly recordAnnotation: string;
  /** The name that both validating webhook configurations give their webhook. */
  readonly validatingWebhook: string;
  readonly mutatingWebhook: string;
}

/** Returns our names under an API domain. */
export function platformNames(domain: string = defaultDomain): PlatformNames {
  return {
    domain,
    apiVersion: `${domain}/v1`,
    workloadClassLabel: `${domain}/workload-class`,
    costOwnerLabel: `${domain}/cost-owner`,
    profileLabel: `${domain}/profile`,
    profileHashLabel: `${domain}/profile-hash`,
    dataClassificationLabel: `${domain}/data-classification`,
    onDemandFloorLabel: `${domain}/on-demand-floor`,
    disruptionWindowAnnotation: `${domain}/disruption-window`,
    rolledContractAnnotation: `${domain}/rolled-contract`,
    surgedForAnnotation: `${domain}/surged-for`,
    compiledAnnotation: `${domain}/compiled`,
    launchRequestAnnotation: `${domain}/launch-request`,
    joinFailuresAnnotation: `${domain}/join-failures`,
    launchTag: `${domain}/launch`,
    plannedPodsAnnotation: `${domain}/planned-pods`,
    disruptionAnnotation: `${domain}/disruption`,
    removalsAnnotation: `${domain}/removals`,
    removalsHeldAnnotation: `${domain}/removals-held`,
    allowRemovalsAnnotation: `${domain}/allow-removals`,
    acceptPoliciesAnnotation: `${domain}/accept-policies`,
    recordAnnotation: `${domain}/record`,
    validatingWebhook: `workloads.${domain}`,
    mutatingWebhook: `pods.${domain}`,
  };
}
