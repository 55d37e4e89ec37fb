/**
 * What a Pod takes from a node, read as the API server and kube-scheduler read it: amounts, host ports.
 *
 * Reads a Pod's spec. Returns numbers (cpu in thousandths, all else in units). It is a second reading of the same rules as
 * src/kube, and shares none of its code: the checker must not repeat a mistake of what it checks.
 */
import type { QuantityText, ResourceList } from "../../../src/api/object.ts";
import type { Container, PodSpec, ResourceRequirements } from "../../../src/api/pod.ts";

export type Amounts = Readonly<Record<string, number>>;

export interface HostPort {
  readonly ip: string;
  readonly protocol: string;
  readonly port: number;
}

const factors: Readonly<Record<string, number>> = {
  "": 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  Ki: 1024,
  Mi: 1024 ** 2,
  Gi: 1024 ** 3,
  Ti: 1024 ** 4,
};

/** Returns a list of quantities as numbers. */
export function amountsOf(list: ResourceList | undefined): Amounts {
  return Object.fromEntries(Object.entries(list ?? {}).map(([name, text]) => [name, amountOf(text, name)]));
}

function amountOf(text: QuantityText, name: string): number {
  const [, digits = "", suffix = ""] = /^([0-9.]+)([A-Za-z]*)$/.exec(String(text)) ?? [];
  const factor = factors[suffix];
  if (digits === "" || factor === undefined) throw new Error(`the checker does not read the quantity ${String(text)}`);
  const exact = Number(digits) * factor;
  return name === "cpu" ? Math.ceil(Math.round(exact * 1e6) / 1e3) : Math.ceil(exact);
}

const remembered = new WeakMap<PodSpec, Amounts>();

/** What the Pod asks for, one place among the node's Pods included. */
export function podAmounts(spec: PodSpec): Amounts {
  const known = remembered.get(spec);
  if (known !== undefined) return known;
  const total = plus(podLevel(spec, allContainers(spec)), amountsOf(spec.overhead), { pods: 1 });
  remembered.set(spec, total);
  return total;
}

/** Containers run together, sidecars beside them; an init container runs alone, but for the sidecars that were started before it. */
function allContainers({ containers, initContainers = [] }: PodSpec): Amounts {
  let running = plus(...containers.map(containerAmounts));
  let started: Amounts = {};
  let starting: Amounts = {};
  for (const container of initContainers) {
    const own = containerAmounts(container);
    if (container.restartPolicy === "Always") {
      running = plus(running, own);
      started = plus(started, own);
      starting = most(starting, started);
    } else {
      starting = most(starting, plus(started, own));
    }
  }
  return most(running, starting);
}

/** A limit without a request is the request: so the API server writes it down. */
function containerAmounts({ resources = {} }: Container): Amounts {
  return { ...amountsOf(resources.limits), ...amountsOf(resources.requests) };
}

const podLevelNames = ["cpu", "memory"];

/** Requests of the whole Pod stand in for those of its containers; a limit of the whole Pod only where nothing else is asked. */
function podLevel({ resources }: PodSpec, containers: Amounts): Amounts {
  if (resources === undefined) return containers;
  const asked = only(amountsOf(resources.requests));
  return { ...standIns(resources, containers), ...containers, ...asked };
}

function standIns({ limits }: ResourceRequirements, containers: Amounts): Amounts {
  return Object.fromEntries(Object.entries(only(amountsOf(limits))).filter(([name]) => containers[name] === undefined));
}

function only(amounts: Amounts): Amounts {
  return Object.fromEntries(Object.entries(amounts).filter(([name]) => podLevelNames.includes(name)));
}

/** The ports of the host that the Pod takes; ports of init containers that end do not count. */
export function hostPorts({ containers, initContainers = [] }: PodSpec): readonly HostPort[] {
  return [...initContainers.filter(({ restartPolicy }) => restartPolicy === "Always"), ...containers].flatMap(({ ports = [] }) =>
    ports.flatMap(({ hostPort = 0, hostIP, protocol }) =>
      hostPort > 0 ? [{ port: hostPort, ip: hostIP ?? "0.0.0.0", protocol: protocol ?? "TCP" }] : [],
    ),
  );
}

export function plus(...all: readonly Amounts[]): Amounts {
  return merged(all, (a, b) => a + b);
}

export function most(...all: readonly Amounts[]): Amounts {
  return merged(all, Math.max);
}

function merged(all: readonly Amounts[], join: (a: number, b: number) => number): Amounts {
  const result: Record<string, number> = {};
  for (const amounts of all) {
    for (const [name, amount] of Object.entries(amounts)) result[name] = result[name] === undefined ? amount : join(result[name], amount);
  }
  return result;
}
