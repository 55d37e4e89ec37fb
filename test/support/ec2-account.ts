/**
 * The rest of the account: the EKS cluster, the instance profiles' paths and the service quotas.
 *
 * Reads what a test says of its cluster and quotas. Returns AWS' answers where moto has none, or tells less than AWS does.
 */
import { textAt } from "../../src/catalog/json-record.ts";
import { accountID } from "./ec2-reservations.ts";
import { errorAnswer, jsonAnswer, xmlAnswer, type Answer, type AwsRequest, type Handlers, type Onward } from "./ec2-wire.ts";
import { parseXml, xmlMapped, xmlText } from "./ec2-xml.ts";

export interface StandInCluster {
  readonly name: string;
  readonly endpoint: string;
  /** In base64. */
  readonly certificateAuthority: string;
  readonly serviceIPv4CIDR: string;
  /** Such as 1.36. */
  readonly version: string;
}

export interface AccountDesk {
  /** From now on this cluster is there, active, beside those of moto. */
  readonly setCluster: (cluster: StandInCluster) => void;
  /** From now on a quota has this value. */
  readonly setQuota: (code: string, value: number) => void;
  readonly handlers: Handlers;
}

/** EC2's quotas of running vCPUs, by code; the values are those of an account in use. */
const vcpuQuotas: Readonly<Record<string, readonly [string, number]>> = {
  "L-1216C47A": ["Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", 1152],
  "L-34B43A08": ["All Standard (A, C, D, H, I, M, R, T, Z) Spot Instance Requests", 640],
  "L-DB2E81BA": ["Running On-Demand G and VT instances", 128],
  "L-3819A6DF": ["All G and VT Spot Instance Requests", 64],
  "L-417A185B": ["Running On-Demand P instances", 0],
  "L-7212CCBC": ["All P4, P3 and P2 Spot Instance Requests", 0],
  "L-C4BD4855": ["All P5 Spot Instance Requests", 0],
  "L-74FC7D96": ["Running On-Demand F instances", 0],
  "L-88CF9481": ["All F Spot Instance Requests", 0],
  "L-7295265B": ["Running On-Demand X instances", 0],
  "L-E3A00192": ["All X Spot Instance Requests", 0],
  "L-1945791B": ["Running On-Demand Inf instances", 64],
  "L-B5D1601B": ["All Inf Spot Instance Requests", 64],
  "L-2C3B7624": ["Running On-Demand Trn instances", 0],
  "L-6B0D517C": ["All Trn Spot Instance Requests", 0],
  "L-43DA4232": ["Running On-Demand High Memory instances", 0],
  "L-F7808C92": ["Running On-Demand HPC instances", 0],
  "L-6E869C2A": ["Running On-Demand DL instances", 0],
};

/** Opens the desk. */
export function openAccount(): AccountDesk {
  const clusters = new Map<string, StandInCluster>();
  const quotas = new Map(Object.entries(vcpuQuotas).map(([code, [, value]]) => [code, value]));
  return {
    setCluster: (cluster) => {
      clusters.set(cluster.name, cluster);
    },
    setQuota: (code, value) => {
      quotas.set(code, value);
    },
    handlers: {
      "eks:DescribeCluster": (request, onward) => describeCluster(request, onward, clusters),
      "iam:ListInstanceProfiles": listInstanceProfiles,
      "servicequotas:GetServiceQuota": (request) => getQuota(request, quotas),
      "servicequotas:ListServiceQuotas": ({ region }) =>
        jsonAnswer({ Quotas: [...quotas].map(([code, value]) => quotaFields({ code, value, region })) }),
    },
  };
}

/** moto's clusters lack the service addresses, which AL2023's user data needs. */
async function describeCluster(
  { path, region }: AwsRequest,
  onward: Onward,
  clusters: ReadonlyMap<string, StandInCluster>,
): Promise<Answer> {
  const name = decodeURIComponent(path.replace(/\?.*$/, "").split("/").at(-1) ?? "");
  const own = clusters.get(name);
  if (own === undefined) return withServiceAddresses(await onward());
  return jsonAnswer({
    cluster: {
      name,
      arn: `arn:aws:eks:${region}:${accountID}:cluster/${name}`,
      version: own.version,
      endpoint: own.endpoint,
      certificateAuthority: { data: own.certificateAuthority },
      kubernetesNetworkConfig: { serviceIpv4Cidr: own.serviceIPv4CIDR, ipFamily: "ipv4" },
      status: "ACTIVE",
    },
  });
}

function withServiceAddresses(answer: Answer): Answer {
  if (answer.status !== 200) return answer;
  const { cluster } = JSON.parse(answer.body) as { readonly cluster: { readonly kubernetesNetworkConfig?: object } };
  const kubernetesNetworkConfig = { serviceIpv4Cidr: "10.100.0.0/16", ipFamily: "ipv4", ...cluster.kubernetesNetworkConfig };
  return jsonAnswer({ cluster: { ...cluster, kubernetesNetworkConfig } });
}

/** moto answers with the profiles of every path. */
async function listInstanceProfiles({ params }: AwsRequest, onward: Onward): Promise<Answer> {
  const answer = await onward();
  const prefix = params.get("PathPrefix") ?? "/";
  if (answer.status !== 200) return answer;
  const path = ["ListInstanceProfilesResult", "InstanceProfiles", "member"];
  const kept = xmlMapped(parseXml(answer.body), path, (profile) =>
    (xmlText(profile, "Path") ?? "/").startsWith(prefix) ? profile : undefined,
  );
  return xmlAnswer(kept);
}

function getQuota(request: AwsRequest, quotas: ReadonlyMap<string, number>): Answer {
  const code = textAt(request.json, "QuotaCode") ?? "";
  const value = quotas.get(code);
  return value === undefined || textAt(request.json, "ServiceCode") !== "ec2"
    ? errorAnswer(request, {
        status: 400,
        code: "NoSuchResourceException",
        message: `The request failed because quota ${code} does not exist.`,
      })
    : jsonAnswer({ Quota: quotaFields({ code, value, region: request.region }) });
}

function quotaFields({ code, value, region }: { readonly code: string; readonly value: number; readonly region: string }): object {
  return {
    ServiceCode: "ec2",
    ServiceName: "Amazon Elastic Compute Cloud (Amazon EC2)",
    QuotaArn: `arn:aws:servicequotas:${region}:${accountID}:ec2/${code}`,
    QuotaCode: code,
    QuotaName: vcpuQuotas[code]?.[0] ?? code,
    Value: value,
    Unit: "None",
    Adjustable: true,
    GlobalQuota: false,
  };
}
