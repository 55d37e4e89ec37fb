/**
 * The drift hash of an EC2NodeClass is Karpenter's, bit for bit: what it hashed before us, nobody replaces after us.
 */
import { describe, expect, it } from "vitest";
import type { EC2NodeClassSpec } from "../../../src/api/ec2-node-class.ts";
import { nodeClassHash } from "../../../src/ec2/node-class-hash.ts";
import { textHash } from "../../../src/ec2/structure-hash.ts";

type Overlay = { readonly [Field in keyof EC2NodeClassSpec]?: EC2NodeClassSpec[Field] | undefined };

const selectors = { subnetSelectorTerms: [], securityGroupSelectorTerms: [], amiSelectorTerms: [] };

describe("classes that a Karpenter 1.14.1 hashed on a real control plane (version v5)", () => {
  const authority = "RkFLRS1DQQ==";
  const recorded: EC2NodeClassSpec = {
    subnetSelectorTerms: [{ tags: { "karpenter.sh/discovery": "oracle" } }],
    securityGroupSelectorTerms: [{ tags: { "karpenter.sh/discovery": "oracle" } }],
    amiSelectorTerms: [{ alias: "al2023@latest" }],
    tags: { team: "oracle" },
    // The API server's defaults.
    metadataOptions: { httpEndpoint: "enabled", httpProtocolIPv6: "disabled", httpPutResponseHopLimit: 1, httpTokens: "required" },
  };

  it("has the recorded hash with a role", () => {
    expect(nodeClassHash({ spec: { ...recorded, role: "KarpenterNodeRole" } }, authority, "v5")).toBe("1774614091537743949");
  });

  it("has the recorded hash with an instance profile", () => {
    expect(nodeClassHash({ spec: { ...recorded, instanceProfile: "KarpenterNodeProfile" } }, authority, "v5")).toBe("12332079312392146225");
  });

  it("another certificate authority is another hash", () => {
    expect(nodeClassHash({ spec: { ...recorded, role: "KarpenterNodeRole" } }, "b3RoZXI=", "v5")).not.toBe("1774614091537743949");
  });
});

describe("Karpenter 1.15's own table of hashes (version v6)", () => {
  const authority = "test-ca-bundle";
  const first = {
    deviceName: "map-device-1",
    rootVolume: false,
    ebs: {
      deleteOnTermination: false,
      encrypted: false,
      iops: 0,
      kmsKeyID: "fakeKMSKeyID",
      snapshotID: "fakeSnapshot",
      throughput: 0,
      volumeSize: "2G",
      volumeType: "standard" as const,
    },
  };
  const second = { deviceName: "map-device-2" };
  const metadataOptions = {
    httpEndpoint: "disabled",
    httpProtocolIPv6: "disabled",
    httpPutResponseHopLimit: 1,
    httpTokens: "optional",
  } as const;
  const base: EC2NodeClassSpec = {
    ...selectors,
    role: "role-1",
    tags: { "keyTag-1": "valueTag-1", "keyTag-2": "valueTag-2" },
    context: "fake-context",
    detailedMonitoring: false,
    associatePublicIPAddress: false,
    metadataOptions,
    blockDeviceMappings: [first, second],
    userData: "userdata-test-1",
  };
  const volume = (ebs: object) => ({ blockDeviceMappings: [{ ...first, ebs: { ...first.ebs, ...ebs } }, second] });
  const metadata = (options: object) => ({ metadataOptions: { ...metadataOptions, ...options } });

  const check = (what: string, hash: string, overlay: Overlay) => {
    it(what, () => {
      const spec = Object.fromEntries(Object.entries({ ...base, ...overlay }).filter(([, value]) => value !== undefined));
      expect(nodeClassHash({ spec: spec as unknown as EC2NodeClassSpec }, authority)).toBe(hash);
    });
  };

  check("the class itself", "11148166120438674859", {});
  check("userData", "11774429238106843388", { userData: "userdata-test-2" });
  check("a tag more", "9327338697296909506", { tags: { ...base.tags, "keyTag-test-3": "valueTag-test-3" } });
  check("context", "2279761750428738028", { context: "context-2" });
  check("detailedMonitoring", "1936848126751988570", { detailedMonitoring: true });
  check("instanceStorePolicy", "16697988646989909967", { instanceStorePolicy: "RAID0" });
  check("associatePublicIPAddress", "16141801171825097963", { associatePublicIPAddress: true });
  check("metadataOptions.httpEndpoint", "14969742554812447671", metadata({ httpEndpoint: "enabled" }));
  check("metadataOptions.httpProtocolIPv6", "1581716956216772561", metadata({ httpProtocolIPv6: "enabled" }));
  check("metadataOptions.httpPutResponseHopLimit", "14046948658064232764", metadata({ httpPutResponseHopLimit: 10 }));
  check("metadataOptions.httpTokens", "1346719102507290084", metadata({ httpTokens: "required" }));
  check("a device's name", "8979166653850509463", { blockDeviceMappings: [{ ...first, deviceName: "map-device-test-3" }, second] });
  check("a device as root volume", "8875796205856543692", { blockDeviceMappings: [{ ...first, rootVolume: true }, second] });
  check("a volume's deleteOnTermination", "1470935115846151531", volume({ deleteOnTermination: true }));
  check("a volume's encryption", "5252376125396833097", volume({ encrypted: true }));
  check("a volume's iops", "11651419893470054855", volume({ iops: 10 }));
  check("a volume's key", "1488385067008138755", volume({ kmsKeyID: "test" }));
  check("a volume's snapshot", "12786013539168652330", volume({ snapshotID: "test" }));
  check("a volume's throughput", "1873429003468556999", volume({ throughput: 10 }));
  check("a volume's type", "6743466905516550702", volume({ volumeType: "io1" }));
  check("a volume's size", "10372902467896351912", volume({ volumeSize: "10G" }));
  check("enclaves", "7236976372141148292", { enclaveOptions: { enabled: true } });
  check("enclaves that are off, which is not the same as none", "12655667132181172925", { enclaveOptions: { enabled: false } });
  check("connectionTracking.tcpEstablishedTimeout", "1619669030802245540", { connectionTracking: { tcpEstablishedTimeout: 300 } });
  check("connectionTracking.udpStreamTimeout", "13743705849402595405", { connectionTracking: { udpStreamTimeout: 120 } });
  check("connectionTracking.udpTimeout", "17941926745862994490", { connectionTracking: { udpTimeout: 45 } });
  check("cpuOptions.nestedVirtualization", "6157846767212910604", { cpuOptions: { nestedVirtualization: "enabled" } });
  check("an instance profile in place of the role", "10323991363677716244", { role: undefined, instanceProfile: "test-instance-profile" });
  check("devices in another order are the same", "11148166120438674859", { blockDeviceMappings: [second, first] });
  check("a volume's size written otherwise is the same", "11148166120438674859", volume({ volumeSize: "2000M" }));
  check("what a selector says is no part of it", "11148166120438674859", { subnetSelectorTerms: [{ tags: { a: "b" } }] });
  check("address prefixes are no part of it", "11148166120438674859", { ipPrefixCount: 2 });

  it("tells apart kubelet settings whose digits are the same", () => {
    const hashes = [12, 21].map((maxPods) => nodeClassHash({ spec: { ...base, kubelet: { maxPods } } }, authority));
    expect(new Set(hashes).size).toBe(2);
  });
});

it("a profile's name ends in FNV-1 of its text (the empty text is the offset basis)", () => {
  const hashes = ["0xcbf29ce484222325", "0xaf63bd4c8601b7be", "0x340d8765a4dda9c2"].map((hash) => BigInt(hash).toString());
  expect(["", "a", "foobar"].map(textHash)).toEqual(hashes);
});
