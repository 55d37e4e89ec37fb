/**
 * Why an instance never became a Node: the eight causes, told by what each leaves to see.
 */
import { describe, expect, test } from "vitest";
import { joinFailureOf, type LaunchEvidence } from "../../src/ec2/launch-evidence.ts";

const well: LaunchEvidence = { state: "running", isImpaired: false, isConnected: true, console: "" };
const host = "0123.gr7.ap-southeast-1.eks.amazonaws.com";
const started = "[  OK  ] Started kubelet.service - Kubernetes Kubelet.";

describe("the console tells", () => {
  const cases: readonly (readonly [string, readonly string[]])[] = [
    [
      "node-role-permissions",
      [
        'nodeadm[17]: {"level":"fatal","msg":"run","error":"api error UnauthorizedOperation: i-0 is not authorized to perform: ec2:DescribeInstances"}',
        "[FAILED] Failed to start nodeadm-run.service - EKS Nodeadm Run.",
      ],
    ],
    [
      "access-entry",
      [started, 'kubelet[1]: E0101 kubelet_node_status.go:106] "Unable to register node with API server" err="Unauthorized"'],
    ],
    [
      "private-endpoints",
      [
        'nodeadm[17]: {"level":"fatal","error":"request send failed, Post \\"https://ec2.ap-southeast-1.amazonaws.com/\\": dial tcp 54.0.0.1:443: i/o timeout"}',
        "[FAILED] Failed to start nodeadm-run.service - EKS Nodeadm Run.",
      ],
    ],
    [
      "security-group",
      [started, `kubelet[1]: "Unable to register node" err="Post \\"https://${host}/api/v1/nodes\\": dial tcp 10.0.1.5:443: i/o timeout"`],
    ],
    [
      "bootstrap",
      [
        'nodeadm[17]: {"level":"fatal","msg":"init","error":"validating NodeConfig: Certificate authority is missing"}',
        "[DEPEND] Dependency failed for kubelet.service - Kubernetes Kubelet.",
      ],
    ],
    ["image-or-user-data", ["[    1.8] Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)"]],
    ["image-or-user-data", ["cloud-init[99]: cc_scripts_user.py[WARNING]: Failed to run module scripts-user (scripts in /var/lib/cloud)"]],
    ["dns", [started, `kubelet[1]: err="Post \\"https://${host}/api/v1/nodes\\": dial tcp: lookup ${host} on 10.0.0.2:53: no such host"`]],
    ["no-addresses", [started, 'ipamd[20]: {"msg":"Failed to allocate a private IP address: InsufficientFreeAddressesInSubnet"}']],
  ];
  test.each(cases)("%s", (cause, lines) => {
    const failure = joinFailureOf({ ...well, console: ["[    0.0] Linux version 6.12", ...lines].join("\n") });
    expect(failure.cause).toBe(cause);
    expect(failure.message).toContain(
      lines.find((line) => failure.message.includes(line.slice(0, 40)))?.slice(0, 40) ?? "a line of the console",
    );
  });

  test("the root and not what comes of it: a role that may do nothing, before a kubelet that could not start", () => {
    const console = ["[FAILED] Failed to start kubelet.service", "nodeadm: AccessDenied: not authorized"].join("\n");
    expect(joinFailureOf({ ...well, console }).cause).toBe("node-role-permissions");
  });
});

describe("without a word on the console", () => {
  const cases: readonly (readonly [string, Partial<LaunchEvidence>, string])[] = [
    ["an instance that ended", { state: "terminated", stateReason: "Client.InvalidSnapshot" }, "image-or-user-data"],
    ["a subnet without addresses", { freeAddresses: 0, subnetID: "subnet-a" }, "no-addresses"],
    ["failed status checks", { isImpaired: true }, "image-or-user-data"],
    ["an interface that is not attached", { isConnected: false }, "bootstrap"],
    ["nothing", {}, "unknown"],
  ];
  test.each(cases)("%s is %s", (_what, evidence, cause) => {
    expect(joinFailureOf({ ...well, ...evidence }).cause).toBe(cause);
  });
});

test("a line of any length is cut, and each cause says what to do", () => {
  const { message } = joinFailureOf({ ...well, console: `Kernel panic ${"x".repeat(5_000)}` });
  expect(message.length).toBeLessThan(500);
  expect(message).toContain("amiSelectorTerms");
});
