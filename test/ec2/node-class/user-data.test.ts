/**
 * User data by image family: what each image reads, merged with the NodeClass's own.
 */
import { parse as parseToml } from "smol-toml";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import type { EC2NodeClassSpec } from "../../../src/api/ec2-node-class.ts";
import type { Taint } from "../../../src/api/pod.ts";
import { mimeParts } from "../../../src/ec2/user-data/mime.ts";
import type { UserDataInput } from "../../../src/ec2/user-data/node-setup.ts";
import { userData, userDataBytesMax, userDataSizeTrouble } from "../../../src/ec2/user-data/user-data.ts";

const cluster = {
  name: "oracle",
  endpoint: "https://oracle.example:443",
  certificateAuthority: "RkFLRS1DQQ==",
  serviceCIDR: "10.96.0.0/16",
  dnsAddress: "10.96.0.10",
};
const labels = { "karpenter.sh/nodepool": "a", pool: "a", "topology.kubernetes.io/zone": "ap-southeast-1a" };
const gpu: Taint = { key: "nvidia.com/gpu", value: "true", effect: "NoSchedule" };

function specOf(overlay: Partial<EC2NodeClassSpec>): EC2NodeClassSpec {
  const terms = { subnetSelectorTerms: [], securityGroupSelectorTerms: [], amiSelectorTerms: [{ id: "ami-1" }] };
  return { ...terms, amiFamily: "AL2023", instanceProfile: "nodes", ...overlay };
}

function textOf(overlay: Partial<EC2NodeClassSpec>, more: Partial<UserDataInput> = {}): string {
  const text = userData({ spec: specOf(overlay), cluster, labels, taints: [], maxPods: 58, ...more });
  if (!text.ok) throw new Error(text.error);
  return text.value;
}

function partsOf(text: string) {
  const parts = mimeParts(text);
  if (!parts.ok) throw new Error(parts.error);
  return parts.value.map(({ headers, content }) => ({ type: headers.join(), content }));
}

describe("AL2023", () => {
  /** As recorded from Karpenter 1.14.1, less its comment line. */
  const recorded = {
    apiVersion: "node.eks.aws/v1alpha1",
    kind: "NodeConfig",
    metadata: {},
    spec: {
      cluster: {
        apiServerEndpoint: "https://oracle.example:443",
        certificateAuthority: "RkFLRS1DQQ==",
        cidr: "10.96.0.0/16",
        name: "oracle",
      },
      containerd: {},
      instance: { localStorage: {} },
      kubelet: {
        config: {
          clusterDNS: ["10.96.0.10"],
          maxPods: 58,
          registerWithTaints: [gpu, { key: "karpenter.sh/unregistered", effect: "NoExecute" }],
        },
        flags: ['--node-labels="karpenter.sh/do-not-sync-taints=true,karpenter.sh/nodepool=a,pool=a"'],
      },
    },
  };

  it("is the NodeConfig that Karpenter sends", () => {
    const [part, ...rest] = partsOf(textOf({}, { taints: [gpu] }));
    expect(rest).toEqual([]);
    expect(part?.type).toBe("Content-Type: application/node.eks.aws");
    expect(parseYaml(part?.content ?? "")).toEqual(recorded);
  });

  it("keeps every kubelet setting, but for the taints, which are the claim's", () => {
    const kubelet = { maxPods: 20, singleProcessOOMKill: true, clusterDNS: ["10.0.0.53"] };
    const [part] = partsOf(textOf({ kubelet }));
    expect(parseYaml(part?.content ?? "")).toMatchObject({
      spec: { kubelet: { config: { maxPods: 58, singleProcessOOMKill: true, clusterDNS: ["10.0.0.53"] } } },
    });
  });

  it("joins local disks where the class says RAID0", () => {
    const [part] = partsOf(textOf({ instanceStorePolicy: "RAID0" }));
    expect(parseYaml(part?.content ?? "")).toMatchObject({ spec: { instance: { localStorage: { strategy: "RAID0" } } } });
  });

  it.each([
    ["a shell script", "#!/bin/bash\necho hello\n", 'Content-Type: text/x-shellscript; charset="us-ascii"'],
    ["a NodeConfig", "apiVersion: node.eks.aws/v1alpha1\nkind: NodeConfig\n", "Content-Type: application/node.eks.aws"],
  ])("puts %s of the user's before its own part", (_what, custom, type) => {
    const parts = partsOf(textOf({ userData: custom }));
    expect(parts.map((part) => part.type)).toEqual([type, "Content-Type: application/node.eks.aws"]);
    expect(parts[0]?.content).toContain(custom.trimEnd());
  });

  it("takes over the parts of the user's archive with their headers", () => {
    const custom = [
      "MIME-Version: 1.0",
      'Content-Type: multipart/mixed; boundary="BOUNDARY"',
      "",
      "--BOUNDARY",
      'Content-Type: text/x-shellscript; charset="us-ascii"',
      "Content-Transfer-Encoding: base64",
      "",
      "ZWNobyBoaQo=",
      "--BOUNDARY--",
    ].join("\r\n");
    const [first] = partsOf(textOf({ userData: custom }));
    expect(first).toEqual({
      type: 'Content-Type: text/x-shellscript; charset="us-ascii",Content-Transfer-Encoding: base64',
      content: "ZWNobyBoaQo=",
    });
  });

  it.each(["--//", "--//\n", "--//--", "--//--\n", "--//  \n"])(
    "takes an archive that ends with %j, as Karpenter's own example does",
    (end) => {
      const custom = `MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="//"\n\n--//\nContent-Type: text/x-shellscript\n\necho hi\n${end}`;
      const [first] = partsOf(textOf({ userData: custom }));
      expect(first).toEqual({ type: "Content-Type: text/x-shellscript", content: "echo hi" });
    },
  );

  it.each([
    [
      "that ends within a part's headers",
      'Content-Type: multipart/mixed; boundary="B"\n\n--B\n\nhi\n--B\nContent-Type: text/plain\n',
      "it is not closed",
    ],
    [
      "that is not closed",
      'MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="B"\n\n--B\n\nhi\n',
      "it is not closed: no line says --B--",
    ],
    ["without a boundary", "MIME-Version: 1.0\nContent-Type: multipart/mixed\n\nhi\n", "names no boundary"],
    ["of one part only", "Content-Type: text/plain\n\nhi\n", "is not multipart"],
  ])("refuses an archive %s", (_what, custom, sentence) => {
    const text = userData({ spec: specOf({ userData: custom }), cluster, labels, taints: [] });
    expect(text).toMatchObject({ ok: false, error: expect.stringMatching(/^spec\.userData: /) as unknown });
    expect(text.ok ? "" : text.error).toContain(sentence);
  });
});

describe("Bottlerocket", () => {
  const spec = { amiFamily: "Bottlerocket", amiSelectorTerms: [{ alias: "bottlerocket@v1.45.0" }] } as const;

  it("has the cluster, the labels, the taints and the number of Pods", () => {
    expect(parseToml(textOf(spec, { taints: [gpu] }))).toEqual({
      settings: {
        kubernetes: {
          "api-server": "https://oracle.example:443",
          "cluster-certificate": "RkFLRS1DQQ==",
          "cluster-name": "oracle",
          "cluster-dns-ip": "10.96.0.10",
          "max-pods": 58,
          "node-labels": { "karpenter.sh/do-not-sync-taints": "true", "karpenter.sh/nodepool": "a", pool: "a" },
          "node-taints": { "karpenter.sh/unregistered": [":NoExecute"], "nvidia.com/gpu": ["true:NoSchedule"] },
        },
      },
    });
  });

  it("keeps the user's settings, also those nobody knows, and puts its own over them", () => {
    const custom = [
      "[settings.kubernetes]",
      'cluster-name = "mine"',
      "some-new-setting = 3",
      "[settings.kubernetes.node-labels]",
      'team = "core"',
      "[settings.host-containers.admin]",
      "enabled = true",
    ].join("\n");
    expect(parseToml(textOf({ ...spec, userData: custom }))).toMatchObject({
      settings: {
        "host-containers": { admin: { enabled: true } },
        kubernetes: { "cluster-name": "oracle", "some-new-setting": 3, "node-labels": { team: "core", pool: "a" } },
      },
    });
  });

  it("keeps a fraction a fraction and a whole number whole", () => {
    expect(textOf({ ...spec, userData: "[settings.a]\nwhole = 1\nfraction = 1.0\n" })).toMatch(/whole = 1\n[^]*fraction = 1\.0/);
  });

  it("says kubelet settings in its own words", () => {
    const kubelet = {
      kubeReserved: { cpu: "100m" },
      evictionSoft: { "memory.available": "5%" },
      evictionSoftGracePeriod: { "memory.available": "90s" },
      imageGCHighThresholdPercent: 80,
      cpuCFSQuota: false,
    };
    expect(parseToml(textOf({ ...spec, kubelet }))).toMatchObject({
      settings: {
        kubernetes: {
          "kube-reserved": { cpu: "100m" },
          "eviction-soft": { "memory.available": "5%" },
          "eviction-soft-grace-period": { "memory.available": "1m30s" },
          "image-gc-high-threshold-percent": "80",
          "cpu-cfs-quota-enforced": false,
        },
      },
    });
  });

  it.each([
    ["v1.45.0", 7],
    ["1.46.0", 3],
    ["v2.0.0", 3],
    ["latest", 3],
  ])("binds local disks as version %s can", (version, words) => {
    const text = textOf({ ...spec, amiSelectorTerms: [{ alias: `bottlerocket@${version}` }], instanceStorePolicy: "RAID0" });
    const { settings } = parseToml(text) as { settings: { "bootstrap-commands": Record<string, { commands: string[][] }> } };
    expect(settings["bootstrap-commands"]["000-mount-instance-storage"]?.commands[1]).toHaveLength(words);
  });

  it("knows the version from the name of the image that was found", () => {
    const images = [{ id: "ami-1", name: "bottlerocket-aws-k8s-1.33-x86_64-v1.46.0-431fe75a" }];
    const text = textOf({ amiFamily: "Bottlerocket", instanceStorePolicy: "RAID0" }, { images });
    expect(text).not.toContain("--dirs");
  });

  it("names what is no TOML", () => {
    const text = userData({ spec: specOf({ ...spec, userData: "settings = [" }), cluster, labels, taints: [] });
    expect(text.ok ? "" : text.error).toMatch(/^spec\.userData: it is no TOML: /);
  });
});

it("AL2 calls its bootstrap script with everything, in a part of its own", () => {
  const kubelet = { evictionHard: { "nodefs.available": "10%", "memory.available": "5%" }, podsPerCore: 4 };
  const parts = partsOf(textOf({ amiFamily: "AL2", userData: "echo first", kubelet, instanceStorePolicy: "RAID0" }, { taints: [gpu] }));
  expect(parts.map(({ content }) => content)).toEqual([
    "echo first",
    [
      "#!/bin/bash -xe",
      "exec > >(tee /var/log/user-data.log|logger -t user-data -s 2>/dev/console) 2>&1",
      "/etc/eks/bootstrap.sh 'oracle' --apiserver-endpoint 'https://oracle.example:443' --b64-cluster-ca 'RkFLRS1DQQ==' \\",
      "--dns-cluster-ip '10.96.0.10' \\",
      "--use-max-pods false \\",
      '--kubelet-extra-args \'--node-labels="karpenter.sh/do-not-sync-taints=true,karpenter.sh/nodepool=a,pool=a" ' +
        '--register-with-taints="nvidia.com/gpu=true:NoSchedule,karpenter.sh/unregistered:NoExecute" --max-pods=58 --pods-per-core=4 ' +
        '--eviction-hard="memory.available<5%,nodefs.available<10%"\' \\',
      "--local-disks raid0",
    ].join("\n"),
  ]);
});

it("Windows runs the user's script first, then its own", () => {
  expect(textOf({ amiFamily: "Windows2022", userData: "Write-Host hello" })).toBe(
    [
      "<powershell>",
      "Write-Host hello",
      '[string]$EKSBootstrapScriptFile = "$env:ProgramFiles\\Amazon\\EKS\\Start-EKSBootstrap.ps1"',
      "& $EKSBootstrapScriptFile -EKSClusterName 'oracle' -APIServerEndpoint 'https://oracle.example:443' -Base64ClusterCA 'RkFLRS1DQQ==' " +
        '-KubeletExtraArgs \'--node-labels="karpenter.sh/do-not-sync-taints=true,karpenter.sh/nodepool=a,pool=a" ' +
        "--register-with-taints=\"karpenter.sh/unregistered:NoExecute\" --max-pods=58' -DNSClusterIP '10.96.0.10'",
      "</powershell>",
    ].join("\n"),
  );
});

it("a Custom image reads the NodeClass's own and nothing else", () => {
  expect(textOf({ amiFamily: "Custom", userData: "#!/bin/sh\ntrue\n" })).toBe("#!/bin/sh\ntrue\n");
  expect(textOf({ amiFamily: "Custom" })).toBe("");
});

it("a cluster of which too little is known is named with what to set", () => {
  const text = userData({ spec: specOf({}), cluster: { name: "oracle" }, labels, taints: [] });
  expect(text).toEqual({
    ok: false,
    error:
      "amiFamily AL2023 needs the cluster's endpoint (--cluster-endpoint), certificate authority (--cluster-ca), " +
      'service CIDR (--service-cidr): EKS tells nothing of cluster "oracle", so set it',
  });
});

it("what is longer than EC2 takes is told in bytes, not letters", () => {
  expect(userDataSizeTrouble("x".repeat(userDataBytesMax))).toBeUndefined();
  expect(userDataSizeTrouble("ä".repeat(userDataBytesMax / 2 + 1))).toMatch(/is 16386 bytes .* EC2 takes 16384/);
});
