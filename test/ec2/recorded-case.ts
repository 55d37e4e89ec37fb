/**
 * A recorded case: what Karpenter was given, and the launches that it sent.
 *
 * Reads fixtures/karpenter-requests. Returns the objects as they were when it launched (a NodeClaim gets further labels later),
 * the prices that its requests name, and each launch by its NodeClaim, with names in place of ids.
 */
import { readFileSync } from "node:fs";
import type { EC2NodeClass } from "../../src/api/ec2-node-class.ts";
import type { KubeObject } from "../../src/api/object.ts";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import type { NodePool } from "../../src/api/node-pool.ts";
import type { JsonRecord } from "../../src/catalog/json-record.ts";
import type { SentLaunch } from "./launch-meaning.ts";

export interface RecordedCase {
  readonly name: string;
  readonly nodeClass: EC2NodeClass;
  readonly launches: readonly RecordedLaunch[];
  /** USD an hour by type, as far as requests name them. */
  readonly prices: ReadonlyMap<string, number>;
}

export interface RecordedLaunch {
  readonly nodeClaim: NodeClaim;
  readonly sent: SentLaunch;
}

interface Sent {
  readonly request: JsonRecord & {
    readonly LaunchTemplateName: string;
    readonly LaunchTemplateData: JsonRecord;
    readonly LaunchTemplateConfigs: readonly { readonly Overrides: readonly Override[] }[];
  };
}

interface Override {
  readonly InstanceType: string;
  readonly AvailabilityZone: string;
  readonly SubnetId: string;
  readonly Priority: string;
}

interface Recording {
  readonly case: string;
  readonly manifests: readonly KubeObject[];
  readonly CreateLaunchTemplate: readonly Sent[];
  readonly CreateFleet: readonly (Sent & { readonly response: string })[];
  readonly nodeClaims: readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly spec: NodeClaim["spec"];
    readonly status: { readonly providerID: string };
  }[];
}

/** What the recorded images are, by the SSM parameters that led to them. */
const images: Readonly<Record<string, string>> = {
  "ami-9bedf2513a0cedb3a": "x86_64 standard",
  "ami-4cf7170cf9c8c3dbd": "x86_64 nvidia",
  "ami-6efc93cbec5770d0c": "arm64 standard",
};

/** Reads a case by the name of its file. */
export function recordedCase(name: string): RecordedCase {
  const text = readFileSync(new URL(`fixtures/karpenter-requests/${name}.json`, import.meta.url), "utf8");
  const recording = JSON.parse(text) as Recording;
  const [nodeClass, nodePool] = [objectOf(recording, "EC2NodeClass") as EC2NodeClass, objectOf(recording, "NodePool") as NodePool];
  const names = namesOf(recording);
  const templates = new Map(
    recording.CreateLaunchTemplate.map(
      ({ request }) =>
        [request.LaunchTemplateName, { ...request.LaunchTemplateData, OwnTagSpecification: request["TagSpecification"] }] as const,
    ),
  );
  const prices = new Map(
    recording.CreateFleet.flatMap(({ request }) => overridesOf(request)).map(({ InstanceType, Priority }) => [
      InstanceType,
      Number(Priority),
    ]),
  );
  const launches = recording.nodeClaims.map((claim): RecordedLaunch => {
    const instanceID = claim.status.providerID.split("/").at(-1) ?? "";
    const fleet = recording.CreateFleet.find(({ response }) => response.includes(`<item>${instanceID}</item>`));
    if (fleet === undefined) throw new Error(`no fleet made ${instanceID}`);
    return { nodeClaim: claimAtLaunch(claim, nodePool), sent: { templates, fleet: fleet.request, names } };
  });
  return { name, nodeClass: { ...nodeClass, metadata: { ...nodeClass.metadata, uid: `uid-${name}` } }, launches, prices };
}

function objectOf({ manifests }: Recording, kind: string): KubeObject {
  const found = manifests.find((object) => object.kind === kind);
  if (found === undefined) throw new Error(`the recording has no ${kind}`);
  return found;
}

/** The launch decides most labels; before it a claim has its pool's. */
function claimAtLaunch({ name, labels, spec }: Recording["nodeClaims"][number], nodePool: NodePool): NodeClaim {
  const kept = ["karpenter.sh/nodepool", "karpenter.k8s.aws/ec2nodeclass", ...Object.keys(nodePool.spec.template.metadata?.labels ?? {})];
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: {
      name,
      uid: `uid-${name}`,
      resourceVersion: "1",
      labels: Object.fromEntries(Object.entries(labels).filter(([key]) => kept.includes(key))),
    },
    spec,
  };
}

function overridesOf({ LaunchTemplateConfigs }: Sent["request"]): readonly Override[] {
  return LaunchTemplateConfigs.flatMap(({ Overrides }) => Overrides);
}

function namesOf(recording: Recording): ReadonlyMap<string, string> {
  const subnets = recording.CreateFleet.flatMap(({ request }) => overridesOf(request));
  const texts = recording.CreateLaunchTemplate.map(({ request }) => JSON.stringify(request.LaunchTemplateData));
  const all = (pattern: RegExp): readonly string[] => texts.flatMap((one) => one.match(pattern) ?? []);
  return new Map([
    ...Object.entries(images).map(([id, variant]): [string, string] => [id, `image of ${variant}`]),
    ...subnets.map(({ SubnetId, AvailabilityZone }): [string, string] => [SubnetId, `subnet of ${AvailabilityZone}`]),
    ...all(/sg-[0-9a-f]+/g).map((id): [string, string] => [id, "security group"]),
    ...all(/oracle_\d+/g).map((id): [string, string] => [id, "instance profile"]),
  ]);
}
