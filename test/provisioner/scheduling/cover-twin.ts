/**
 * The lower bound's dumb twin: its linear program written out in full, every Pod shape by every offering and node, and solved
 * by HiGHS.
 *
 * Nothing is left out, put together or made smaller beforehand: each pool's type in each zone, sold each way, is asked one by
 * one whether a Pod may stand there.
 */
import highsLoader from "highs";
import { capacityTypeLabel, hostnameLabel, wellKnownLabels, zoneLabel } from "../../../src/api/labels.ts";
import type { Resources } from "../../../src/api/object.ts";
import type { Pod, Taint } from "../../../src/api/pod.ts";
import { nodeNameField, podRequirements } from "../../../src/kube/pod-requirements.ts";
import { podRequests } from "../../../src/kube/pod-requests.ts";
import { poolRequirements } from "../../../src/kube/pool-requirements.ts";
import { exactly } from "../../../src/kube/requirement.ts";
import { fromLabels, intersection, intersects, isCompatible, requirementsOf, type Requirements } from "../../../src/kube/requirements.ts";
import { addResources, fitsWithin, subtractResources } from "../../../src/kube/resources.ts";
import { matchesSelector } from "../../../src/kube/selector.ts";
import { untoleratedTaint } from "../../../src/kube/taint.ts";
import { daemonDemand, daemonOverhead } from "../../../src/provisioner/scheduling/daemon-overhead.ts";
import type { SolveInput } from "../../../src/provisioner/scheduling/solve.ts";

interface Stand {
  readonly requirements: Requirements;
  readonly taints: readonly Taint[];
  readonly allowUndefined: ReadonlySet<string>;
  readonly amounts: Resources;
  /** Absent for a node that is there. */
  readonly pricePerHour?: number;
}

interface Asked {
  readonly pod: Pod;
  readonly requests: Resources;
  count: number;
}

const gibibyte = 1024 ** 3;

/** Returns a function that solves the program of an input with HiGHS, in USD an hour. */
export async function coverTwin(): Promise<(input: SolveInput) => number> {
  // Its types say that it is a CommonJS module, whose default is one step further; what Node imports is the function itself.
  const load = highsLoader as unknown as typeof highsLoader.default;
  const highs = await load();
  return (input) => {
    const text = programText(input);
    if (text === undefined) return 0;
    const { Status, ObjectiveValue } = highs.solve(text);
    if (Status !== "Optimal") throw new Error(`HiGHS says ${Status}`);
    return ObjectiveValue;
  };
}

function programText(input: SolveInput): string | undefined {
  const stands = [...offerings(input), ...rooms(input)];
  const shapes = shapesOf(input).flatMap((asked) => {
    const standing = stands.flatMap((stand, index) => (mayStand(asked, stand) ? [index] : []));
    return standing.some((index) => stands[index]?.pricePerHour !== undefined) ? [{ ...asked, standing }] : [];
  });
  if (shapes.length === 0) return undefined;
  const names = [...new Set(shapes.flatMap(({ requests }) => Object.keys(requests)))];
  const share = (shape: number, stand: number, name: string): string => `z${shape}_${stand}_${names.indexOf(name)}`;
  const covers = shapes.flatMap(({ requests, count, standing }, shape) =>
    names
      .filter((name) => (requests[name] ?? 0) > 0)
      .map((name) => `${standing.map((stand) => share(shape, stand, name)).join(" + ")} >= ${scaled(name, (requests[name] ?? 0) * count)}`),
  );
  const bounds = stands.flatMap(({ amounts, pricePerHour }, stand) =>
    names.flatMap((name) => {
      const users = shapes.flatMap(({ requests, standing }, shape) =>
        standing.includes(stand) && (requests[name] ?? 0) > 0 ? [share(shape, stand, name)] : [],
      );
      if (users.length === 0) return [];
      const amount = scaled(name, Math.max(0, amounts[name] ?? 0));
      return [pricePerHour === undefined ? `${users.join(" + ")} <= ${amount}` : `${users.join(" + ")} - ${amount} x${stand} <= 0`];
    }),
  );
  const cost = stands.flatMap(({ pricePerHour }, stand) => (pricePerHour === undefined ? [] : [`${pricePerHour} x${stand}`]));
  return `Minimize\n obj: ${cost.join(" + ")}\nSubject To\n${[...covers, ...bounds].map((line, index) => ` c${index}: ${line}`).join("\n")}\nEnd\n`;
}

function scaled(name: string, amount: number): number {
  if (name === "memory") return amount / gibibyte;
  return name === "cpu" ? amount / 1000 : amount;
}

function shapesOf({ pods }: SolveInput): readonly Asked[] {
  const shapes = new Map<string, Asked>();
  for (const { pod } of pods) {
    const name = JSON.stringify([pod.metadata.labels, pod.spec]);
    const known = shapes.get(name);
    if (known === undefined) shapes.set(name, { pod, requests: addResources(podRequests(pod.spec), slots(pod)), count: 1 });
    else known.count += 1;
  }
  return [...shapes.values()];
}

/** One slot of each set of Pods that may not share a host. */
function slots({ metadata, spec }: Pod): Resources {
  const terms = spec.affinity?.podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? [];
  const own = terms.filter(
    ({ topologyKey, labelSelector }) => topologyKey === hostnameLabel && matchesSelector(labelSelector, metadata.labels),
  );
  return Object.fromEntries(own.map(({ labelSelector }) => [`slot ${JSON.stringify(labelSelector)}`, 1]));
}

function mayStand({ pod, requests }: Asked, { requirements, taints, allowUndefined, amounts }: Stand): boolean {
  return (
    untoleratedTaint(taints, pod.spec.tolerations) === undefined &&
    podRequirements(pod.spec).some((alternative) => isCompatible(requirements, alternative, allowUndefined)) &&
    fitsWithin(requests, amounts)
  );
}

function allSlots(input: SolveInput): Resources {
  return Object.assign({}, ...input.pods.map(({ pod }) => slots(pod))) as Resources;
}

function offerings(input: SolveInput): readonly Stand[] {
  const daemons = daemonDemand(input.daemonSets);
  const slot = allSlots(input);
  return input.nodePools.flatMap((pool) => {
    const ofPool = poolRequirements(pool);
    const taints = pool.spec.template.spec.taints ?? [];
    return (input.instanceTypes.get(pool.metadata.name ?? "") ?? []).flatMap((type) =>
      type.offerings.flatMap(({ zone, capacityType, pricePerHour, available }): readonly Stand[] => {
        const place = new Map([exactly(zoneLabel, zone), exactly(capacityTypeLabel, capacityType)].map((one) => [one.key, one]));
        const ofType = requirementsOf(type.requirements);
        if (!available || intersects(ofPool, ofType) !== undefined || intersects(ofPool, place) !== undefined) return [];
        const requirements = intersection(intersection(ofPool, ofType), place);
        const amounts = addResources(subtractResources(type.allocatable, daemonOverhead(daemons, { requirements, taints })), slot);
        return [{ requirements, taints, allowUndefined: wellKnownLabels, pricePerHour, amounts }];
      }),
    );
  });
}

function rooms(input: SolveInput): readonly Stand[] {
  const daemons = daemonDemand(input.daemonSets);
  return input.nodes
    .filter(({ accepting }) => accepting)
    .map(({ name, labels, taints, allocatable, pods }) => {
      const requirements = intersection(fromLabels(labels), new Map([[nodeNameField, exactly(nodeNameField, name)]]));
      const used = addResources(...pods.map(({ spec }) => podRequests(spec)), daemonOverhead(daemons, { requirements, taints }));
      const open = Object.entries(allSlots(input)).filter(([key]) => !pods.some((pod) => isOf(pod, key)));
      return {
        requirements,
        taints,
        allowUndefined: new Set<string>(),
        amounts: addResources(subtractResources(allocatable, used), Object.fromEntries(open)),
      };
    });
}

/** A Pod that runs there takes the slot if the term that made it would match the Pod. */
function isOf({ metadata }: Pod, slot: string): boolean {
  return matchesSelector(JSON.parse(slot.slice("slot ".length)) as Parameters<typeof matchesSelector>[0], metadata.labels);
}
