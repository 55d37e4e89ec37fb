/**
 * Launch: exactly one instance for a NodeClaim, whatever dies in between.
 *
 * Reads the NodeClaim. The request is written on it, with its client token, before it is sent: EC2 answers the same request
 * with the same token with the same instance, so a process that died before the sending, or before the answer, is followed
 * by one that sends it again, byte for byte. The write carries the claim's resourceVersion: two processes can't each keep
 * a request of their own.
 */
import type { ApiClient } from "../api/api-client.ts";
import type { EC2NodeClass } from "../api/ec2-node-class.ts";
import type { InstanceType } from "../api/instance-type.ts";
import { capacityTypeLabel, clusterNameTag, instanceTypeLabel, regionLabel, zoneLabel, type PlatformNames } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { LaunchOutcome } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import { catalogInstanceTypes, regionOfZone } from "../catalog/instance-types.ts";
import { knownInstanceFacts } from "../catalog/known-instances.ts";
import { decidedLabels, requirementsOf } from "../kube/requirements.ts";
import type { Ec2Calls } from "./ec2-calls.ts";
import { failureText } from "./errors.ts";
import {
  architectureOf,
  askedOfferings,
  fleetAnswer,
  fleetRequest,
  launchOffers,
  type FleetAnswer,
  type FleetRequest,
} from "./fleet-request.ts";
import type { ClusterIdentity } from "./cluster-identity.ts";
import { launchTemplate } from "./launch-template.ts";
import type { NodeClassResources } from "./node-class-resources.ts";
import type { UnavailableOfferings } from "./unavailable-offerings.ts";

export interface LaunchPorts {
  readonly ec2: Ec2Calls;
  readonly client: Pick<ApiClient, "patch">;
  readonly names: PlatformNames;
  readonly cluster: ClusterIdentity;
  readonly unavailable: UnavailableOfferings;
}

export interface LaunchInput {
  readonly nodeClaim: NodeClaim;
  /** The claim's possible types, cheapest first. */
  readonly candidates: readonly InstanceType[];
  readonly nodeClass: EC2NodeClass;
  readonly resources: NodeClassResources;
}

/** Launches a claim for which nothing was sent yet. */
export async function launch(ports: LaunchPorts, input: LaunchInput): Promise<LaunchOutcome> {
  const request = await prepare(ports, input);
  return request.ok ? send(ports, request.value) : request.error;
}

/** Returns the request that an earlier process kept on the claim; whether it was sent, nobody knows. */
export function keptRequest(nodeClaim: NodeClaim, names: PlatformNames): FleetRequest | undefined {
  const kept = nodeClaim.metadata.annotations?.[names.launchRequestAnnotation];
  return kept === undefined ? undefined : (JSON.parse(kept) as FleetRequest);
}

/** Sends a request that stands on its claim, for the first time or again. */
export async function send(ports: LaunchPorts, request: FleetRequest): Promise<LaunchOutcome> {
  const answer = await ports.ec2.createFleet(request);
  if (answer.ok) return outcomeOf(ports, { request, answer: fleetAnswer(request, answer.value) });
  const message = failureText(answer.error);
  switch (answer.error.kind) {
    case "insufficient-capacity":
      for (const offering of askedOfferings(request)) ports.unavailable.mark(offering);
      return { kind: "insufficient-capacity", message };
    case "launch-template-not-found":
      // The kept request can never succeed; a new claim gets a new request, and with it a new template.
      return { kind: "node-class-not-ready", message };
    default:
      return { kind: "failed", message };
  }
}

/** Makes the request and keeps it on the claim; whatever it needs on EC2 is there before. */
async function prepare(ports: LaunchPorts, input: LaunchInput): Promise<Result<FleetRequest, LaunchOutcome>> {
  const { nodeClaim, nodeClass, resources, candidates } = input;
  const offers = launchOffers(candidates, resources);
  if (offers === undefined) {
    return err({ kind: "insufficient-capacity", message: "no offering of the claim's instance types is available in its zones" });
  }
  const templates = await ensureTemplates(ports, { ...input, candidates: offers.types });
  if (!templates.ok) return templates;
  const request = fleetRequest({ nodeClaim, nodeClass, resources, offers, templates: templates.value, cluster: ports.cluster });
  const { name = "", resourceVersion } = nodeClaim.metadata;
  const patch = { metadata: { resourceVersion, annotations: { [ports.names.launchRequestAnnotation]: JSON.stringify(request) } } };
  const written = await ports.client.patch("NodeClaim", { namespace: "", name }, { body: { kind: "merge", patch } });
  if (written.ok) return ok(request);
  return err({ kind: "failed", message: `the launch request could not be kept: ${written.error.message ?? String(written.error.code)}` });
}

/** One launch template for each architecture in question: there already, or made. */
async function ensureTemplates(ports: LaunchPorts, input: LaunchInput): Promise<Result<Readonly<Record<string, string>>, LaunchOutcome>> {
  const { nodeClaim, nodeClass, resources, candidates } = input;
  const { ec2, cluster } = ports;
  const names: Record<string, string> = {};
  for (const architecture of new Set(candidates.map(architectureOf))) {
    const imageID = resources.images[architecture] ?? "";
    const { securityGroupIDs, instanceProfile } = resources;
    const template = launchTemplate({ nodeClass, nodeClaim, imageID, securityGroupIDs, instanceProfile, cluster: resources.cluster });
    if (!template.ok) return err({ kind: "node-class-not-ready", message: template.error });
    const { name, data } = template.value;
    const there = await ec2.hasLaunchTemplate(name);
    if (!there.ok) return err({ kind: "failed", message: failureText(there.error) });
    if (!there.value) {
      const Tags = [{ Key: clusterNameTag, Value: cluster.name }];
      const TagSpecifications = [{ ResourceType: "launch-template" as const, Tags }];
      const made = await ec2.createLaunchTemplate({ LaunchTemplateName: name, LaunchTemplateData: data, TagSpecifications });
      // The name is the hash of the contents: one that is there already is this one.
      if (!made.ok && made.error.kind !== "already-exists") return err({ kind: "failed", message: failureText(made.error) });
    }
    names[architecture] = name;
  }
  return ok(names);
}

function outcomeOf(ports: LaunchPorts, of: { readonly request: FleetRequest; readonly answer: FleetAnswer }): LaunchOutcome {
  const { request, answer } = of;
  if (answer.kind === "nothing") {
    // An answer that names no offering means all of them: the next plan must not ask for the same at once.
    const lacking = answer.isCapacity && answer.lacking.length === 0 ? askedOfferings(request) : answer.lacking;
    for (const offering of lacking) ports.unavailable.mark(offering);
    // EC2 has answered for this token: the claim is given up, and a new one asks anew.
    return { kind: answer.isCapacity ? "insufficient-capacity" : "refused", message: answer.message };
  }
  const { instanceID, instanceType, zone, imageID, capacityType } = answer;
  const [type] = catalogInstanceTypes({ zones: [zone], facts: knownInstanceFacts().filter(({ name }) => name === instanceType) });
  if (type === undefined)
    return { kind: "refused", message: `EC2 launched ${instanceID} as ${instanceType}, a type that is not known here` };
  return {
    kind: "launched",
    providerID: providerIDOf({ zone, instanceID }),
    imageID,
    labels: {
      ...decidedLabels(requirementsOf(type.requirements)),
      [instanceTypeLabel]: instanceType,
      [zoneLabel]: zone,
      [regionLabel]: regionOfZone(zone),
      [capacityTypeLabel]: capacityType,
    },
    capacity: type.capacity,
    allocatable: type.allocatable,
  };
}

/** Returns a providerID as the AWS cloud provider writes it. */
export function providerIDOf({ zone, instanceID }: { readonly zone: string; readonly instanceID: string }): string {
  return `aws:///${zone}/${instanceID}`;
}

/** Returns the instance id of a providerID. */
export function instanceIDOf(providerID: string): string | undefined {
  return /^aws:\/\/\/[^/]+\/(i-[0-9a-f]+)$/.exec(providerID)?.[1];
}
