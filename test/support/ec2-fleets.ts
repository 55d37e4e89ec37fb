/**
 * Fleets of the stand-in: which of the asked offerings EC2 would give, and what it says of the others.
 *
 * Reads CreateFleet and the launch templates that went through. Returns EC2's answer; the instances themselves are moto's,
 * which takes the first override whatever its price, so it is given one override at a time, and the security groups and
 * instance profile of the launch template, which it ignores, are set afterwards.
 */
import type { HealthDesk } from "./ec2-health.ts";
import type { Market } from "./ec2-market.ts";
import type { ReservationDesk } from "./ec2-reservations.ts";
import {
  ec2Answer,
  ec2Params,
  errorAnswer,
  isDryRun,
  listed,
  withList,
  xmlAnswer,
  type Answer,
  type AwsRequest,
  type Handlers,
  type Onward,
} from "./ec2-wire.ts";
import { parseXml, xml, xmlAll, xmlFields, xmlMapped, xmlSet, xmlText, xmlWith, type XmlElement } from "./ec2-xml.ts";

/** Offerings that EC2 can't fill now: what is not named matches any. */
export interface Shortage {
  readonly instanceType?: string;
  readonly zone?: string;
  readonly capacityType?: string;
  /** Instances that are still to be had; default none. */
  readonly left?: number;
  /** Default: InsufficientInstanceCapacity. */
  readonly code?: string;
}

export interface FleetDesk {
  /** From now on these lack capacity, and no others. */
  readonly lack: (shortages: readonly Shortage[]) => void;
  /** From now on DescribeInstances shows an instance only so long after its launch: EC2 is consistent eventually. */
  readonly hideNewFor: (afterMs: number) => void;
  /** Answers a fleet of which further offerings lack capacity, for this call alone. */
  createFleet(of: { readonly request: AwsRequest; readonly onward: Onward; readonly shortages: readonly Shortage[] }): Promise<Answer>;
  readonly handlers: Handlers;
}

interface Desk {
  readonly market: Market;
  readonly reservations: ReservationDesk;
  readonly health: Pick<HealthDesk, "place">;
  /** By name: what each launch template was made of. */
  readonly templates: Map<string, URLSearchParams>;
  shortages: readonly { readonly shortage: Shortage; left: number }[];
  readonly nowMs: () => number;
  hiddenMs: number;
  /** By instance. */
  readonly launchedAtMs: Map<string, number>;
}

interface Override {
  /** Such as LaunchTemplateConfigs.1 and LaunchTemplateConfigs.1.Overrides.2. */
  readonly config: string;
  readonly prefix: string;
  readonly template: string;
  readonly instanceType: string;
  readonly zone: string;
  readonly priority: number;
  readonly capacityType: string;
}

interface Allotment {
  readonly picks: readonly { readonly override: Override; readonly count: number }[];
  readonly lacking: readonly { readonly override: Override; readonly code: string }[];
}

/** Opens the desk. */
export function openFleets(of: Pick<Desk, "market" | "reservations" | "health" | "nowMs">): FleetDesk {
  const desk: Desk = { ...of, templates: new Map(), shortages: [], hiddenMs: 0, launchedAtMs: new Map() };
  const createFleet: FleetDesk["createFleet"] = async ({ request, onward, shortages }) => {
    if (isDryRun(request)) return onward();
    const allotted = allot(desk, request.params, shortages);
    return launched(desk, { request, onward, allotted });
  };
  return {
    lack: (shortages) => {
      desk.shortages = shortages.map((shortage) => ({ shortage, left: shortage.left ?? 0 }));
    },
    hideNewFor: (afterMs) => {
      desk.hiddenMs = afterMs;
    },
    createFleet,
    handlers: {
      "ec2:CreateLaunchTemplate": async (request, onward) => {
        const answer = await onward();
        if (answer.status === 200) desk.templates.set(request.params.get("LaunchTemplateName") ?? "", request.params);
        return answer;
      },
      "ec2:DescribeLaunchTemplates": (request, onward) => onward(wholePage(request.params)),
      "ec2:DescribeInstances": (request, onward) => described(desk, request, onward),
      "ec2:TerminateInstances": async ({ params }, onward) => {
        const ids = [...new Set(listed(params, "InstanceId"))];
        const answer = await onward(withList(params, "InstanceId", ids));
        if (answer.status === 200) for (const id of ids) desk.reservations.leave(id);
        return answer;
      },
    },
  };
}

/** moto shows 15 templates and forgets to say that there are more. */
function wholePage(params: URLSearchParams): URLSearchParams {
  const whole = new URLSearchParams(params);
  whole.set("MaxResults", "100000");
  return whole;
}

const overridePattern = /^(LaunchTemplateConfigs\.\d+)\.(Overrides\.\d+)\.InstanceType$/;

function overridesOf(params: URLSearchParams): readonly Override[] {
  const capacityType = params.get("TargetCapacitySpecification.DefaultTargetCapacityType") ?? "on-demand";
  return [...params].flatMap(([name, instanceType]) => {
    const [, config, override] = overridePattern.exec(name) ?? [];
    if (config === undefined || override === undefined) return [];
    const prefix = `${config}.${override}`;
    const template = params.get(`${config}.LaunchTemplateSpecification.LaunchTemplateName`) ?? "";
    const zone = params.get(`${prefix}.AvailabilityZone`) ?? "";
    return [{ config, prefix, template, instanceType, zone, capacityType, priority: Number(params.get(`${prefix}.Priority`) ?? Infinity) }];
  });
}

/** Each strategy is an order; price-capacity-optimized asks price alone, since every pool here is equally deep. */
function inOrder(desk: Desk, params: URLSearchParams): readonly Override[] {
  const overrides = overridesOf(params);
  const strategy = params.get("SpotOptions.AllocationStrategy") ?? params.get("OnDemandOptions.AllocationStrategy") ?? "lowest-price";
  const cost = ({ capacityType, instanceType, zone, priority }: Override): number =>
    desk.market.price({ instanceType, zone, capacityType: capacityType === "spot" ? "spot" : "on-demand" }) ?? priority;
  const isByPriority = strategy === "prioritized" || strategy === "capacity-optimized-prioritized";
  return overrides.toSorted((a, b) => (isByPriority ? a.priority - b.priority : cost(a) - cost(b)) || a.priority - b.priority);
}

/** Takes what each offering has left, in order, until enough is there. */
function allot(desk: Desk, params: URLSearchParams, extra: readonly Shortage[]): Allotment {
  const passing = extra.map((shortage) => ({ shortage, left: shortage.left ?? 0 }));
  const picks: { override: Override; count: number }[] = [];
  const lacking: { override: Override; code: string }[] = [];
  let wanted = Number(params.get("TargetCapacitySpecification.TotalTargetCapacity") ?? 0);
  for (const override of inOrder(desk, params)) {
    if (wanted === 0) break;
    const short = [...passing, ...desk.shortages].filter(({ shortage }) => befalls(shortage, override));
    const reservation = reservationOf(desk, override);
    const limits = [...short.map(({ left }) => left), ...(reservation === undefined ? [] : [desk.reservations.room(reservation)])];
    const count = Math.min(wanted, ...limits);
    if (count > 0) picks.push({ override, count });
    for (const one of short) one.left -= count;
    wanted -= count;
    if (wanted > 0) lacking.push({ override, code: short[0]?.shortage.code ?? lackCode(reservation) });
  }
  return { picks, lacking };
}

function lackCode(reservation: string | undefined): string {
  return reservation === undefined ? "InsufficientInstanceCapacity" : "ReservationCapacityExceeded";
}

function befalls({ instanceType, zone, capacityType }: Shortage, override: Override): boolean {
  return (
    (instanceType ?? override.instanceType) === override.instanceType &&
    (zone ?? override.zone) === override.zone &&
    (capacityType ?? override.capacityType) === override.capacityType
  );
}

const reservationField = "LaunchTemplateData.CapacityReservationSpecification.CapacityReservationTarget.CapacityReservationId";

function reservationOf(desk: Desk, { template }: Override): string | undefined {
  return desk.templates.get(template)?.get(reservationField) ?? undefined;
}

interface Launching {
  readonly request: AwsRequest;
  readonly onward: Onward;
  readonly allotted: Allotment;
}

async function launched(desk: Desk, { request, onward, allotted }: Launching): Promise<Answer> {
  const { picks, lacking } = allotted;
  const items: (readonly XmlElement[])[] = [];
  let fleetID = "fleet-00000000-0000-4000-8000-000000000000";
  for (const { override, count } of picks) {
    const made = await onward(onlyOverride(request.params, override, count));
    // An unknown template, subnet or the like is told as EC2 tells it; nothing was made yet unless earlier offerings were.
    if (made.status !== 200 && items.length === 0) return made;
    if (made.status !== 200) throw new Error(`moto refused the rest of a fleet (${made.status}): ${made.body}`);
    const answer = parseXml(made.body);
    fleetID = xmlText(answer, "fleetId") ?? fleetID;
    const found = xmlAll(answer, "fleetInstanceSet", "item");
    const ids = found.flatMap((item) => xmlAll(item, "instanceIds", "item").flatMap((id) => xmlText(id) ?? []));
    const subnetID = request.params.get(`${override.prefix}.SubnetId`) ?? undefined;
    for (const id of ids) {
      desk.launchedAtMs.set(id, desk.nowMs());
      if (subnetID !== undefined) desk.health.place(id, subnetID);
      await furnish(desk, { id, override, onward });
    }
    items.push([
      xml("launchTemplateAndOverrides", choice(request.params, override)),
      ...xmlFields({ lifecycle: override.capacityType === "spot" ? "spot" : "on-demand", instanceType: override.instanceType }),
      xml(
        "instanceIds",
        ids.map((id) => xml("item", id)),
      ),
      ...xmlFields({ availabilityZone: override.zone, subnetId: subnetID }),
    ]);
  }
  const errors = lacking.map(({ override, code }) => [
    xml("launchTemplateAndOverrides", choice(request.params, override)),
    ...xmlFields({
      lifecycle: override.capacityType === "spot" ? "spot" : "on-demand",
      errorCode: code,
      errorMessage: lackText(override, code),
    }),
  ]);
  return ec2Answer("CreateFleet", [xml("fleetId", fleetID), xmlSet("errorSet", errors), xmlSet("fleetInstanceSet", items)]);
}

function lackText({ instanceType, zone, capacityType }: Override, code: string): string {
  switch (code) {
    case "InsufficientInstanceCapacity":
      return capacityType === "spot"
        ? "There is no Spot capacity available that matches your request."
        : `We currently do not have sufficient ${instanceType} capacity in the Availability Zone you requested (${zone}).`;
    case "VcpuLimitExceeded":
      return "You have requested more vCPU capacity than your current vCPU limit allows for the instance bucket that the specified instance type belongs to.";
    case "InsufficientFreeAddressesInSubnet":
      return "There are not enough free addresses in the subnet to satisfy the requested number of instances.";
    default:
      return `The request for ${instanceType} in ${zone} can't be fulfilled.`;
  }
}

function choice(params: URLSearchParams, { config, prefix, template, instanceType, zone }: Override): readonly XmlElement[] {
  const version = params.get(`${config}.LaunchTemplateSpecification.Version`) ?? undefined;
  return [
    xml("launchTemplateSpecification", xmlFields({ launchTemplateName: template, version })),
    xml(
      "overrides",
      xmlFields({
        instanceType,
        subnetId: params.get(`${prefix}.SubnetId`) ?? undefined,
        availabilityZone: zone,
        priority: params.get(`${prefix}.Priority`) ?? undefined,
        imageId: params.get(`${prefix}.ImageId`) ?? undefined,
      }),
    ),
  ];
}

/** moto takes the first override of the first configuration, so it gets no other. */
function onlyOverride(params: URLSearchParams, { config, prefix }: Override, count: number): URLSearchParams {
  const rest = [...params].flatMap(([name, value]): [string, string][] => {
    if (name === "TargetCapacitySpecification.TotalTargetCapacity") return [[name, String(count)]];
    // Blocks and other reservations are on-demand instances to moto.
    if (name === "TargetCapacitySpecification.DefaultTargetCapacityType") return [[name, value === "spot" ? value : "on-demand"]];
    if (!name.startsWith("LaunchTemplateConfigs.")) return [[name, value]];
    if (name.startsWith(`${config}.LaunchTemplateSpecification.`)) return [[name.replace(config, "LaunchTemplateConfigs.1"), value]];
    return name.startsWith(`${prefix}.`) ? [[name.replace(prefix, "LaunchTemplateConfigs.1.Overrides.1"), value]] : [];
  });
  return new URLSearchParams(rest);
}

/** Gives an instance what its launch template says and moto leaves out. A profile that IAM does not know stays away. */
async function furnish(desk: Desk, of: { readonly id: string; readonly override: Override; readonly onward: Onward }): Promise<void> {
  const { id, override, onward } = of;
  const reservation = reservationOf(desk, override);
  if (reservation !== undefined) desk.reservations.enter(reservation, id);
  const template = desk.templates.get(override.template);
  if (template === undefined) return;
  const data = "LaunchTemplateData.";
  const groups = [...listed(template, `${data}NetworkInterface.1.SecurityGroupId`), ...listed(template, `${data}SecurityGroupId`)];
  if (groups.length > 0) {
    const asked = withList(ec2Params("ModifyInstanceAttribute", { InstanceId: id }), "GroupId", groups);
    const answer = await onward(asked);
    if (answer.status !== 200) throw new Error(`moto set no security groups on ${id} (${answer.status}): ${answer.body}`);
  }
  const profile = template.get(`${data}IamInstanceProfile.Name`);
  if (profile !== null) await onward(ec2Params("AssociateIamInstanceProfile", { InstanceId: id, "IamInstanceProfile.Name": profile }));
}

/** moto answers 500 when an id is repeated, does not tell reservations, and shows everything at once. */
async function described(desk: Desk, request: AwsRequest, onward: Onward): Promise<Answer> {
  const ids = [...new Set(listed(request.params, "InstanceId"))];
  const hidden = ids.find((id) => isHidden(desk, id));
  if (hidden !== undefined) return errorAnswer(request, { ...notFound, message: `The instance ID '${hidden}' does not exist` });
  const answer = await onward(withList(request.params, "InstanceId", ids));
  if (answer.status !== 200) return answer;
  const told = xmlMapped(parseXml(answer.body), ["reservationSet", "item", "instancesSet", "item"], (item) => {
    const id = xmlText(item, "instanceId") ?? "";
    if (isHidden(desk, id)) return undefined;
    const reservation = desk.reservations.of(id);
    return reservation === undefined ? item : xmlWith(item, xmlFields({ capacityReservationId: reservation }));
  });
  return xmlAnswer(told);
}

const notFound = { status: 400, code: "InvalidInstanceID.NotFound" };

function isHidden({ launchedAtMs, hiddenMs, nowMs }: Desk, id: string): boolean {
  return nowMs() - (launchedAtMs.get(id) ?? -Infinity) < hiddenMs;
}
