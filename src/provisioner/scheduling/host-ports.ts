/**
 * Host ports: which Pods may not share a node because each wants the same port of the host.
 *
 * Reads the ports of containers. Returns slots, counted like a resource of which every node has one: a Pod takes the slots of
 * its ports, so that whatever holds amounts also holds ports. A port of one address has a slot of its own; a port of every
 * address (0.0.0.0) has one too, and takes those of single addresses beside it. Sidecars count, other init containers do not
 * (NodePorts of kube-scheduler). Where no Pod that waits wants a host port there is no slot, and nothing is asked.
 */
import type { Resources } from "../../api/object.ts";
import type { Container, PodSpec } from "../../api/pod.ts";
import { isSidecar } from "../../kube/pod-requests.ts";

export interface HostPort {
  readonly port: number;
  readonly protocol: string;
  readonly ip: string;
}

/** A slot: its name among the resources of a run, and the port that it stands for. */
export interface PortSlot extends HostPort {
  readonly name: string;
}

const everyAddress = "0.0.0.0";
const noPorts: readonly HostPort[] = [];

/** Returns the ports of the host that a Pod takes; on the host's network the API server makes every port one. */
export function hostPorts({ containers, initContainers, hostNetwork }: PodSpec): readonly HostPort[] {
  let found: HostPort[] | undefined;
  for (const { ports } of [...containers, ...sidecars(initContainers)]) {
    for (const { containerPort, hostPort, hostIP, protocol } of ports ?? []) {
      const port = hostPort ?? (hostNetwork === true ? containerPort : 0);
      if (port > 0) (found ??= []).push({ port, protocol: protocol ?? "TCP", ip: hostIP || everyAddress });
    }
  }
  return found ?? noPorts;
}

/** Returns the slots for all ports that are asked for, by name. */
export function portSlots(asked: Iterable<readonly HostPort[]>): readonly PortSlot[] {
  const byName = new Map<string, PortSlot>();
  for (const ports of asked) {
    for (const port of ports) byName.set(slotName(port), { ...port, name: slotName(port) });
  }
  return [...byName.keys()].sort().flatMap((name) => byName.get(name) ?? []);
}

/** Returns what a Pod with these ports takes of the slots. */
export function slotsOf(slots: readonly PortSlot[], ports: readonly HostPort[]): Resources {
  // Two Pods of single addresses don't meet; one of every address meets both.
  const isTaken = (slot: PortSlot) => ports.some((port) => isSame(port, slot) && (port.ip === everyAddress || port.ip === slot.ip));
  return Object.fromEntries(slots.filter(isTaken).map(({ name }) => [name, 1]));
}

/** Returns the slots that are free on a node where these ports are taken. */
export function freeSlots(slots: readonly PortSlot[], taken: readonly HostPort[]): Resources {
  return Object.fromEntries(slots.map((slot) => [slot.name, taken.some((port) => meets(port, slot)) ? 0 : 1]));
}

function meets(a: HostPort, b: HostPort): boolean {
  return isSame(a, b) && (a.ip === b.ip || a.ip === everyAddress || b.ip === everyAddress);
}

function isSame(a: HostPort, b: HostPort): boolean {
  return a.port === b.port && a.protocol === b.protocol;
}

function slotName({ port, protocol, ip }: HostPort): string {
  return `host port ${port}/${protocol}${ip === everyAddress ? "" : ` of ${ip}`}`;
}

function sidecars(initContainers: readonly Container[] | undefined): readonly Container[] {
  return initContainers?.filter(isSidecar) ?? [];
}
