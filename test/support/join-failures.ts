/**
 * The eight ways in which an instance starts and its node never joins, and what each leaves to see.
 *
 * Returns what EC2 shows of such an instance: its status checks, what it wrote on its console, its network interface and the
 * addresses that its subnet has left. The console's lines are those of AL2023's nodeadm, cloud-init, kubelet and VPC CNI, since
 * whoever tells the causes apart has nothing else to go by. All but the broken image pass EC2's own checks.
 */
import type { InstanceHealth } from "./ec2-health.ts";

export const joinFailures = [
  "node-role-permissions",
  "access-entry",
  "private-endpoints",
  "security-group",
  "bootstrap",
  "image-or-user-data",
  "dns",
  "no-addresses",
] as const;

export type JoinFailure = (typeof joinFailures)[number];

const host = "ABCDEF0123456789.gr7.ap-southeast-1.eks.amazonaws.com";
const nodes = `https://${host}/api/v1/nodes`;

const boot = [
  "[    0.000000] Linux version 6.12.40-64.114.amzn2023.x86_64 (mockbuild@ip-10-0-0-1)",
  "[    4.120000] systemd[1]: Detected virtualization amazon.",
  "[  OK  ] Started systemd-networkd.service - Network Configuration.",
  "cloud-init[1602]: Cloud-init v. 22.2.2 running 'modules:config'",
];
const configured = [
  'nodeadm[1711]: {"level":"info","msg":"Loading configuration..","configSource":"imds://user-data"}',
  'nodeadm[1711]: {"level":"info","msg":"Finished configuring kubelet"}',
  "[  OK  ] Started kubelet.service - Kubernetes Kubelet.",
];
const kubelet = "kubelet[1790]:";

const lines: Readonly<Record<JoinFailure, readonly string[]>> = {
  "node-role-permissions": [
    ...boot,
    'nodeadm[1711]: {"level":"fatal","msg":"run","error":"operation error EC2: DescribeInstances, https response error StatusCode: 403, RequestID: 0d1e, api error UnauthorizedOperation: You are not authorized to perform this operation. User: arn:aws:sts::123456789012:assumed-role/nodes/i-0 is not authorized to perform: ec2:DescribeInstances because no identity-based policy allows the ec2:DescribeInstances action"}',
    "[FAILED] Failed to start nodeadm-run.service - EKS Nodeadm Run.",
  ],
  "access-entry": [
    ...boot,
    ...configured,
    `${kubelet} E0101 00:00:21.000000 1790 kubelet_node_status.go:106] "Unable to register node with API server" err="Unauthorized" node="ip-10-0-0-7.ap-southeast-1.compute.internal"`,
    `${kubelet} E0101 00:00:22.000000 1790 controller.go:145] "Failed to ensure lease exists, will retry" err="Unauthorized" interval="200ms"`,
  ],
  "private-endpoints": [
    ...boot,
    'nodeadm[1711]: {"level":"fatal","msg":"run","error":"operation error EC2: DescribeInstances, exceeded maximum number of attempts, 3, https response error StatusCode: 0, RequestID: , request send failed, Post \\"https://ec2.ap-southeast-1.amazonaws.com/\\": dial tcp 54.240.227.40:443: i/o timeout"}',
    'containerd[1650]: level=error msg="PullImage failed" error="failed to do request: Head \\"https://602401143452.dkr.ecr.ap-southeast-1.amazonaws.com/v2/eks/pause/manifests/3.10\\": dial tcp 52.219.1.9:443: i/o timeout"',
    "[FAILED] Failed to start nodeadm-run.service - EKS Nodeadm Run.",
  ],
  "security-group": [
    ...boot,
    ...configured,
    `${kubelet} E0101 00:00:51.000000 1790 kubelet_node_status.go:106] "Unable to register node with API server" err="Post \\"${nodes}\\": dial tcp 10.0.1.5:443: i/o timeout" node="ip-10-0-0-7.ap-southeast-1.compute.internal"`,
  ],
  bootstrap: [
    ...boot,
    'nodeadm[1711]: {"level":"info","msg":"Loading configuration..","configSource":"imds://user-data"}',
    'nodeadm[1711]: {"level":"fatal","msg":"init","error":"validating NodeConfig: Certificate authority is missing in cluster configuration"}',
    "[FAILED] Failed to start nodeadm-config.service - EKS Nodeadm Config.",
    "[DEPEND] Dependency failed for kubelet.service - Kubernetes Kubelet.",
  ],
  "image-or-user-data": [
    "[    0.000000] Linux version 6.12.40-64.114.amzn2023.x86_64 (mockbuild@ip-10-0-0-1)",
    '[    1.802000] VFS: Cannot open root device "nvme0n1p1" or unknown-block(0,0): error -6',
    "[    1.803000] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)",
  ],
  dns: [
    ...boot,
    ...configured,
    `${kubelet} E0101 00:00:31.000000 1790 kubelet_node_status.go:106] "Unable to register node with API server" err="Post \\"${nodes}\\": dial tcp: lookup ${host} on 10.0.0.2:53: no such host" node="ip-10-0-0-7.ap-southeast-1.compute.internal"`,
  ],
  "no-addresses": [
    ...boot,
    ...configured,
    `${kubelet} E0101 00:00:41.000000 1790 kubelet.go:3117] "Container runtime network not ready" networkReady="NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"`,
    'ipamd[2010]: {"level":"error","msg":"Failed to allocate a private IP address: InsufficientFreeAddressesInSubnet: The specified subnet does not have enough free addresses to satisfy the request."}',
  ],
};

/** Returns what EC2 shows of an instance whose node fails to join in this way. */
export function evidenceOf(failure: JoinFailure): InstanceHealth {
  const consoleOutput = `${lines[failure].join("\n")}\n`;
  switch (failure) {
    case "image-or-user-data":
      return { consoleOutput, instanceStatus: "impaired", systemStatus: "ok" };
    case "no-addresses":
      return { consoleOutput, subnetAddressesLeft: 0 };
    default:
      return { consoleOutput };
  }
}
