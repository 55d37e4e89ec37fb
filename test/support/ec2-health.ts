/**
 * What an instance shows of itself: status checks, scheduled events, console output, network interfaces and its subnet's addresses.
 *
 * Reads what a test says that befell an instance. Returns EC2's answers about it. An instance of which nothing was said is
 * well, and its console tells of a boot that ended with a kubelet.
 */
import { xmlAnswer, type Answer, type AwsRequest, type Handlers, type Onward } from "./ec2-wire.ts";
import { parseXml, xml, xmlFields, xmlMapped, xmlSet, xmlText, xmlWith, type XmlElement } from "./ec2-xml.ts";

export interface InstanceEvent {
  /** instance-reboot, system-reboot, system-maintenance, instance-retirement or instance-stop. */
  readonly code: string;
  readonly description: string;
  readonly notBefore: string;
}

export interface InstanceHealth {
  readonly instanceStatus?: "ok" | "impaired" | "initializing";
  readonly systemStatus?: "ok" | "impaired" | "initializing";
  readonly impairedSince?: string;
  readonly events?: readonly InstanceEvent[];
  /** What the instance wrote on its console, as text. */
  readonly consoleOutput?: string;
  /** Addresses that its subnet has left. */
  readonly subnetAddressesLeft?: number;
  /** Of its network interfaces. */
  readonly interfaceStatus?: "in-use" | "attaching" | "available";
}

export interface HealthDesk {
  /** Notes in which subnet an instance was launched. */
  place(instanceID: string, subnetID: string): void;
  /** From now on an instance shows this; what is not said stays as it was. */
  readonly show: (instanceID: string, health: InstanceHealth) => void;
  /** From now on a subnet has so many addresses left. */
  readonly setAddressesLeft: (subnetID: string, count: number) => void;
  readonly handlers: Handlers;
}

interface Desk {
  readonly shown: Map<string, InstanceHealth>;
  readonly addresses: Map<string, number>;
  /** By instance. */
  readonly subnets: Map<string, string>;
}

/** What a node that joined writes on its console. */
export const healthyBoot = [
  "[    0.000000] Linux version 6.12.40-64.114.amzn2023.x86_64 (mockbuild@ip-10-0-0-1)",
  "[  OK  ] Started systemd-networkd.service - Network Configuration.",
  "cloud-init[1602]: Cloud-init v. 22.2.2 running 'modules:final'",
  'nodeadm[1711]: {"level":"info","msg":"Finished configuring kubelet"}',
  "[  OK  ] Started kubelet.service - Kubernetes Kubelet.",
  'kubelet[1790]: I0101 00:00:20.000000 1790 kubelet_node_status.go:78] "Successfully registered node"',
  "",
].join("\n");

/** Opens the desk; every instance is well. */
export function openHealth(): HealthDesk {
  const desk: Desk = { shown: new Map(), addresses: new Map(), subnets: new Map() };
  return {
    place: (instanceID, subnetID) => {
      desk.subnets.set(instanceID, subnetID);
    },
    show: (instanceID, health) => {
      desk.shown.set(instanceID, { ...desk.shown.get(instanceID), ...health });
      const subnet = desk.subnets.get(instanceID);
      if (subnet !== undefined && health.subnetAddressesLeft !== undefined) desk.addresses.set(subnet, health.subnetAddressesLeft);
    },
    setAddressesLeft: (subnetID, count) => {
      desk.addresses.set(subnetID, count);
    },
    handlers: {
      "ec2:DescribeInstanceStatus": (_request, onward) => mapped(onward, ["instanceStatusSet", "item"], (item) => statusOf(desk, item)),
      "ec2:GetConsoleOutput": (request, onward) => consoleOutput(desk, request, onward),
      "ec2:DescribeNetworkInterfaces": (_request, onward) =>
        mapped(onward, ["networkInterfaceSet", "item"], (item) => interfaceOf(desk, item)),
      "ec2:DescribeSubnets": (_request, onward) => describeSubnets(desk, onward),
    },
  };
}

async function mapped(onward: Onward, path: readonly string[], change: (item: XmlElement) => XmlElement): Promise<Answer> {
  const answer = await onward();
  return answer.status === 200 ? xmlAnswer(xmlMapped(parseXml(answer.body), path, change)) : answer;
}

function statusOf({ shown }: Desk, item: XmlElement): XmlElement {
  const health = shown.get(xmlText(item, "instanceId") ?? "");
  if (health === undefined) return item;
  const { instanceStatus, systemStatus, impairedSince, events = [] } = health;
  return xmlWith(item, [
    ...(instanceStatus === undefined ? [] : [check("instanceStatus", instanceStatus, impairedSince)]),
    ...(systemStatus === undefined ? [] : [check("systemStatus", systemStatus, impairedSince)]),
    ...(events.length === 0
      ? []
      : [
          xmlSet(
            "eventsSet",
            events.map((event, index) => eventFields(event, index)),
          ),
        ]),
  ]);
}

function check(name: string, status: string, impairedSince: string | undefined): XmlElement {
  const result = status === "ok" ? "passed" : status === "impaired" ? "failed" : status;
  const since = status === "impaired" ? (impairedSince ?? "2026-01-01T00:00:00.000Z") : undefined;
  const detail = xmlFields({ name: "reachability", status: result, impairedSince: since });
  return xml(name, [xml("status", status), xmlSet("details", [detail])]);
}

function eventFields({ code, description, notBefore }: InstanceEvent, index: number): readonly XmlElement[] {
  return xmlFields({ instanceEventId: `instance-event-${index + 1}`, code, description, notBefore });
}

/** moto knows whether there is such an instance; what it wrote is ours. */
async function consoleOutput({ shown }: Desk, { params }: AwsRequest, onward: Onward): Promise<Answer> {
  const answer = await onward();
  if (answer.status !== 200) return answer;
  const text = shown.get(params.get("InstanceId") ?? "")?.consoleOutput ?? healthyBoot;
  return xmlAnswer(xmlWith(parseXml(answer.body), [xml("output", Buffer.from(text).toString("base64"))]));
}

function interfaceOf({ shown }: Desk, item: XmlElement): XmlElement {
  const health = shown.get(xmlText(item, "attachment", "instanceId") ?? "");
  return health?.interfaceStatus === undefined ? item : xmlWith(item, xmlFields({ status: health.interfaceStatus }));
}

async function describeSubnets(desk: Desk, onward: Onward): Promise<Answer> {
  return mapped(onward, ["subnetSet", "item"], (item) => {
    const left = desk.addresses.get(xmlText(item, "subnetId") ?? "");
    return left === undefined ? item : xmlWith(item, xmlFields({ availableIpAddressCount: left }));
  });
}
