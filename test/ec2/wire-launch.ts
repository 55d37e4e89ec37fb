/**
 * Launches as they go over the wire: the provider as `serve` composes it, on the stand-in.
 *
 * Reads a NodeClass, NodeClaims and prices. Returns for each claim what was sent for it: the fleet, the launch templates that
 * it may name, and names for the ids in them.
 */
import { DescribeSecurityGroupsCommand, DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import type { ApiClient } from "../../src/api/api-client.ts";
import type { EC2NodeClass } from "../../src/api/ec2-node-class.ts";
import { platformNames } from "../../src/api/labels.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import type { Clock, CloudProvider, LaunchOutcome } from "../../src/api/ports.ts";
import { ok } from "../../src/api/result.ts";
import type { Service } from "../../src/api/service.ts";
import type { ClusterSnapshot } from "../../src/api/snapshot.ts";
import { isRecord, type JsonRecord } from "../../src/catalog/json-record.ts";
import type { Prices } from "../../src/catalog/prices.ts";
import { ec2Calls } from "../../src/ec2/ec2-calls.ts";
import { ec2Provider } from "../../src/ec2/ec2-provider.ts";
import { eksCalls } from "../../src/ec2/eks-calls.ts";
import { nodeClassCalls } from "../../src/ec2/node-class-calls.ts";
import { nodeClassDesk } from "../../src/ec2/node-class-desk.ts";
import { callLogger, type CallLogger, type RecordedCall } from "../../src/ec2/recorded-call.ts";
import { ssmCalls } from "../../src/ec2/ssm-calls.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import { launchCandidates } from "../../src/provisioner/lifecycle/launch.ts";
import type { Ec2Proxy, Ec2Request } from "../support/ec2-proxy.ts";
import { permissionFindings } from "../support/recorded-permissions.ts";
import { nestedParams, type SentLaunch } from "./launch-meaning.ts";

export const wireRegion = "ap-southeast-1";

export interface WireLaunch {
  readonly nodeClaim: NodeClaim;
  readonly outcome: LaunchOutcome;
  readonly sent: SentLaunch;
}

export interface WireWorld {
  readonly proxy: Ec2Proxy;
  /** The cluster's name, and its Kubernetes version without the 1. */
  readonly cluster: string;
  readonly minor?: string;
  /** Of the Service kube-dns; default: one of IPv4. */
  readonly dnsAddress?: string;
  readonly nodeClass: EC2NodeClass;
  readonly nodeClaims: readonly NodeClaim[];
  readonly prices?: Prices;
}

/** Launches each claim, one after the other; throws where our own policy would not let the provider do so. */
export async function wireLaunches(of: WireWorld): Promise<readonly WireLaunch[]> {
  const { proxy, nodeClaims } = of;
  const calls: RecordedCall[] = [];
  const provider = providerOn(
    of,
    callLogger((call) => calls.push(call)),
  );
  const launched: WireLaunch[] = [];
  for (const nodeClaim of nodeClaims) {
    const types = await provider.instanceTypes(nodeClaim.spec.nodeClassRef);
    if (!types.ok) throw new Error(types.error);
    const before = proxy.requests.length;
    const outcome = await provider.create(nodeClaim, launchCandidates(nodeClaim, types.value));
    const fleet = proxy.requests.slice(before).find((request) => isReal(request, "CreateFleet"));
    if (fleet === undefined) throw new Error(`no fleet was asked for: ${JSON.stringify(outcome)}`);
    const templates = templatesOf(proxy.requests);
    const sent = {
      templates,
      fleet: nestedParams(fleet.params),
      names: new Map([...(await namesOf(proxy, templates)), [fleet.params.get("ClientToken") ?? "", "client token"]]),
    };
    launched.push({ nodeClaim, outcome, sent });
  }
  const denied = permissionFindings(calls, { clusterName: of.cluster, region: wireRegion });
  if (denied.length > 0) throw new Error(`the policy lacks something: ${JSON.stringify(denied)}`);
  return launched;
}

/** The provider over every port that it has in `serve`; the API server keeps what it is given and knows its version. */
function providerOn(
  { proxy, cluster: name, minor = "36", dnsAddress = "10.96.0.10", nodeClass, nodeClaims, prices }: WireWorld,
  logger: CallLogger,
): CloudProvider {
  const endpoint = { region: wireRegion, endpoint: proxy.url, logger };
  const cluster = { name };
  const clock: Clock = { now: Date.now, sleep: () => Promise.resolve() };
  const ec2 = ec2Calls(endpoint);
  const patch: ApiClient["patch"] = (_kind, key) =>
    Promise.resolve(ok(nodeClaims.find(({ metadata }) => metadata.name === key.name) as never));
  const get: ApiClient["get"] = (_kind, key) => Promise.resolve(ok(nodeClaims.find(({ metadata }) => metadata.name === key.name) as never));
  const list: ApiClient["list"] = () => Promise.resolve(ok([...nodeClaims] as never));
  const request: ApiClient["request"] = () => Promise.resolve({ ok: true, status: 200, body: { major: "1", minor } });
  const snapshot = (): ClusterSnapshot => snapshotOf([withProfile(nodeClass), dnsService(dnsAddress), ...nodeClaims]);
  const nodeClasses = nodeClassDesk({
    ec2,
    calls: nodeClassCalls(endpoint),
    ssm: ssmCalls(endpoint),
    eks: eksCalls(endpoint),
    client: { request },
    snapshot,
    clock,
    cluster,
  });
  const given = prices === undefined ? {} : { prices };
  return ec2Provider({ client: { get, list, patch }, snapshot, clock, names: platformNames(), cluster, ec2, nodeClasses, ...given });
}

/** How profiles that are made of roles are called here. */
const profileStart = "profile-of-";

/** The class as its controller leaves it: with the profile made of its role. */
function withProfile(nodeClass: EC2NodeClass): EC2NodeClass {
  const { metadata, spec } = nodeClass;
  if (spec?.role === undefined) return nodeClass;
  const made = {
    type: "InstanceProfileReady",
    status: "True" as const,
    reason: "InstanceProfileReady",
    message: "",
    lastTransitionTime: "2026-11-22T00:00:00Z",
    observedGeneration: metadata.generation ?? 0,
  };
  return { ...nodeClass, status: { instanceProfile: `${profileStart}${spec.role}`, conditions: [made] } };
}

function dnsService(clusterIP: string): Service {
  return { apiVersion: "v1", kind: "Service", metadata: { namespace: "kube-system", name: "kube-dns" }, spec: { clusterIP } };
}

function isReal({ action, params }: Ec2Request, wanted: string): boolean {
  return action === wanted && params.get("DryRun") !== "true";
}

function templatesOf(requests: readonly Ec2Request[]): ReadonlyMap<string, JsonRecord> {
  const made = requests.filter((request) => isReal(request, "CreateLaunchTemplate")).map(({ params }) => nestedParams(params));
  return new Map(made.flatMap(pairOf));
}

function pairOf({
  LaunchTemplateName: name,
  LaunchTemplateData: data,
  TagSpecification,
}: JsonRecord): readonly (readonly [string, JsonRecord])[] {
  return typeof name === "string" && isRecord(data) ? [[name, { ...data, OwnTagSpecification: TagSpecification }]] : [];
}

async function namesOf(proxy: Ec2Proxy, templates: ReadonlyMap<string, JsonRecord>): Promise<ReadonlyMap<string, string>> {
  const client = new EC2Client({ region: wireRegion, endpoint: proxy.url });
  const { Subnets = [] } = await client.send(new DescribeSubnetsCommand({}));
  const { SecurityGroups = [] } = await client.send(new DescribeSecurityGroupsCommand({}));
  const profiles = [...templates.values()].flatMap(({ IamInstanceProfile }) =>
    isRecord(IamInstanceProfile) ? [IamInstanceProfile["Name"]] : [],
  );
  return new Map([
    ...Subnets.map(({ SubnetId = "", AvailabilityZone = "" }): [string, string] => [SubnetId, `subnet of ${AvailabilityZone}`]),
    ...SecurityGroups.map(({ GroupId = "" }): [string, string] => [GroupId, "security group"]),
    ...proxy.images.all().map(({ id, name }): [string, string] => [id, imageName(name)]),
    ...profiles.flatMap((name): [string, string][] =>
      typeof name === "string" && name.startsWith(profileStart) ? [[name, "instance profile"]] : [],
    ),
  ]);
}

/** AL2023's images by architecture and variant, others by their own names. */
function imageName(name: string): string {
  const [, architecture, variant] = /^amazon-eks-node-al2023-(x86_64|arm64)-([a-z]+)-/.exec(name) ?? [];
  return architecture === undefined || variant === undefined ? name : `image of ${architecture} ${variant}`;
}
