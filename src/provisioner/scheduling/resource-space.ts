/**
 * ResourceSpace: which resources one run looks at, and amounts as plain arrays in that order.
 *
 * Reads the resources that Pods and DaemonSets ask for; a resource that nobody asks for cannot decide anything. Returns
 * vectors: the solver compares amounts some millions of times in a run, and arrays are several times faster there than
 * records. Volumes to attach and slots of host ports come after the resources, and are amounts like them.
 */
import type { Resources } from "../../api/object.ts";
import { attachmentName } from "./attachments.ts";
import type { PortSlot } from "./host-ports.ts";

/** Amounts in the order of a ResourceSpace's names. */
export type Vector = readonly number[];

export interface ResourceSpace {
  /** Resources, then volumes by driver, then slots of host ports. */
  readonly names: readonly string[];
  /** CSI drivers of which there are volumes to count. */
  readonly drivers: readonly string[];
  readonly slots: readonly PortSlot[];
}

const always = ["cpu", "memory", "pods"];

/** Returns the space of all resources that are asked for: cpu, memory and pods, then the others by name, then volumes and slots. */
export function resourceSpace(
  asked: Iterable<Resources>,
  { drivers, slots }: { readonly drivers: readonly string[]; readonly slots: readonly PortSlot[] },
): ResourceSpace {
  const others = new Set<string>();
  for (const resources of asked) {
    for (const name in resources) if ((resources[name] ?? 0) > 0) others.add(name);
  }
  const resources = [...always, ...[...others].filter((name) => !always.includes(name)).sort()];
  return { names: [...resources, ...drivers.map(attachmentName), ...slots.map(({ name }) => name)], drivers, slots };
}

/** Returns what a position stands for. */
export function kindAt({ names, drivers, slots }: ResourceSpace, index: number): "resource" | "volumes" | "port" {
  const ports = names.length - slots.length;
  return index >= ports ? "port" : index >= ports - drivers.length ? "volumes" : "resource";
}

/** Returns resources as a vector; a missing name is 0. */
export function toVector(space: ResourceSpace, resources: Resources): Vector {
  return space.names.map((name) => resources[name] ?? 0);
}

/** Returns a vector as resources, without the zeros, volumes and slots. */
export function fromVector({ names, drivers, slots }: ResourceSpace, vector: Vector): Resources {
  const resources = names.slice(0, names.length - slots.length - drivers.length);
  return Object.fromEntries(resources.map((name, index) => [name, vector[index] ?? 0] as const).filter(([, amount]) => amount !== 0));
}

/** Says whether `room` holds `used` and `added` together. */
export function holds(room: Vector, used: Vector, added: Vector): boolean {
  for (let index = 0; index < room.length; index += 1) {
    if ((used[index] ?? 0) + (added[index] ?? 0) > (room[index] ?? 0)) return false;
  }
  return true;
}

/** Says whether two vectors have the same amounts. */
export function isEqual(a: Vector, b: Vector): boolean {
  for (let index = 0; index < a.length; index += 1) if (a[index] !== b[index]) return false;
  return true;
}

export function plus(a: Vector, b: Vector): Vector {
  return a.map((amount, index) => amount + (b[index] ?? 0));
}

export function minus(a: Vector, b: Vector): Vector {
  return a.map((amount, index) => amount - (b[index] ?? 0));
}

/** Returns the larger amount of each resource. */
export function larger(a: Vector, b: Vector): Vector {
  return a.map((amount, index) => Math.max(amount, b[index] ?? 0));
}

/** Returns what amounts are worth together, by the worth of one unit of each. */
export function shareOf(amounts: Vector, weights: Vector): number {
  let total = 0;
  for (let index = 0; index < amounts.length; index += 1) total += (amounts[index] ?? 0) * (weights[index] ?? 0);
  return total;
}
