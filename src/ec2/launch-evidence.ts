/**
 * Launch evidence: why an instance never became a Node, by what it shows.
 *
 * Reads the instance's state, status checks, console output, network interfaces and its subnet's free addresses. Returns a cause with the
 * line that shows it and what to do. Lines are those of nodeadm, bootstrap.sh, cloud-init, kubelet and the VPC CNI; the first rule that
 * finds one decides, so that what comes of a cause is not taken for the cause.
 */
import type { JoinFailure, JoinFailureCause } from "../api/ports.ts";

export interface LaunchEvidence {
  /** As EC2 names it: "running", "terminated". */
  readonly state: string;
  /** Why EC2 ended it, if it did. */
  readonly stateReason?: string;
  readonly isImpaired: boolean;
  readonly console: string;
  readonly subnetID?: string;
  readonly freeAddresses?: number;
  /** Says whether all network interfaces are attached. */
  readonly isConnected: boolean;
}

type KnownCause = Exclude<JoinFailureCause, "unknown">;

/** A line of the console longer than this is cut. */
const lineMax = 300;

const fixes: Readonly<Record<KnownCause, string>> = {
  "node-role-permissions":
    "give the node's role AmazonEKSWorkerNodePolicy, AmazonEC2ContainerRegistryPullOnly and what the CNI needs (spec.role or spec.instanceProfile of the EC2NodeClass)",
  "access-entry": "make an access entry of type EC2_LINUX (or EC2_WINDOWS) for the node's role in the cluster, or map it in aws-auth",
  "private-endpoints": "the subnet reaches no AWS API: add a NAT gateway, or VPC endpoints for ec2, ecr.api, ecr.dkr, sts, eks and s3",
  "security-group": "let the node's security groups reach the API server on port 443, and the cluster's security group accept them",
  bootstrap: "see the node's setup in spec.userData, spec.kubelet and the cluster's endpoint, certificate authority and service CIDR",
  "image-or-user-data": "see the image that amiSelectorTerms select, its architecture, and spec.userData",
  dns: "turn on DNS support and DNS hostnames of the VPC, and see its DHCP options",
  "no-addresses": "add subnets with free addresses to subnetSelectorTerms, or use prefixes (spec.ipPrefixCount)",
};

/** In order: the earlier a rule, the nearer to the root. */
const rules: readonly { readonly cause: KnownCause; readonly pattern: RegExp }[] = [
  {
    cause: "image-or-user-data",
    pattern: /Kernel panic|Unable to mount root fs|Cannot open root device|You are in emergency mode|exec format error/i,
  },
  { cause: "no-addresses", pattern: /InsufficientFreeAddressesInSubnet|failed to assign an IP address|no free (?:private )?IP address/i },
  {
    cause: "node-role-permissions",
    pattern: /is not authorized to perform|UnauthorizedOperation|AccessDenied|NoCredentialProviders|no EC2 IMDS role found/,
  },
  {
    cause: "access-entry",
    pattern: /\bUnauthorized\b|server has asked for the client to provide credentials|forbidden: User "system:anonymous"/,
  },
  {
    cause: "dns",
    pattern:
      /no such host|server misbehaving|lookup \S+(?: on \S+)?: .*i\/o timeout|Temporary failure in name resolution|Could not resolve host/i,
  },
  {
    cause: "security-group",
    pattern:
      /(?:\/api\/v1\/|\/apis\/|\.eks\.amazonaws\.com).*(?:i\/o timeout|connection timed out|context deadline exceeded|no route to host)/i,
  },
  {
    cause: "private-endpoints",
    pattern:
      /(?:amazonaws\.com|amazonaws\.com\.cn|api\.aws).*(?:i\/o timeout|connection timed out|context deadline exceeded|no route to host)/i,
  },
  {
    cause: "image-or-user-data",
    pattern: /Failed to run module scripts-user|part-\d+ .*(?:failed|error)|Unhandled non-multipart .* userdata/i,
  },
  {
    cause: "bootstrap",
    pattern:
      /"level":"fatal"|bootstrap\.sh: (?:error|line)|Failed to start (?:nodeadm|kubelet)|Dependency failed for kubelet|kubelet.*(?:failed to (?:run|load)|unknown flag)/i,
  },
];

/** Returns the cause that the evidence shows best. */
export function joinFailureOf(evidence: LaunchEvidence): JoinFailure {
  const lines = evidence.console.split(/\r?\n/);
  for (const { cause, pattern } of rules) {
    const line = lines.find((text) => pattern.test(text));
    if (line !== undefined) return told(cause, `its console says: ${line.trim().slice(0, lineMax)}`);
  }
  const { state, stateReason, isImpaired, isConnected, freeAddresses, subnetID = "" } = evidence;
  if (state !== "running" && state !== "pending")
    return told("image-or-user-data", `the instance is ${state}${stateReason === undefined ? "" : ` (${stateReason})`}`);
  if (freeAddresses === 0) return told("no-addresses", `subnet ${subnetID} has no free address`);
  if (isImpaired) return told("image-or-user-data", "its EC2 status checks fail, and its console tells nothing");
  if (!isConnected) return told("bootstrap", "a network interface of it is not attached");
  return {
    cause: "unknown",
    message:
      "the instance runs and its console shows no cause; look at its kubelet's log, its role, its security groups and its subnet's routes",
  };
}

function told(cause: KnownCause, evidence: string): JoinFailure {
  return { cause, message: `${evidence}; ${fixes[cause]}` };
}
