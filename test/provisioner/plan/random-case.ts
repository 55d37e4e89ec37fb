/**
 * Random cases for the solver: pools, types, standing and coming nodes with their Pods, DaemonSets, and Pods that wait.
 *
 * Returns fast-check arbitraries of SolveInput, and cases by name: a name always means the same case, so that a finding
 * can be told. Cases are small enough to be read literally, and shapes repeat as Deployments do.
 */
import fc from "../../support/properties.ts";
import { capacityTypeLabel, hostnameLabel, initializedLabel, nodePoolLabel, registeredLabel, zoneLabel } from "../../../src/api/labels.ts";
import type { InstanceType } from "../../../src/api/instance-type.ts";
import type { NodePool } from "../../../src/api/node-pool.ts";
import type { Pod } from "../../../src/api/pod.ts";
import type { NodeState } from "../../../src/provisioner/scheduling/node-state.ts";
import type { SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { batchTaint, instanceTypes, nodePool, sizeLabel, teamLabel, zones } from "./random-offers.ts";
import { deploymentCase, namespaces, podsOf, type PodLimits } from "./random-pods.ts";

export interface CaseLimits extends PodLimits {
  readonly deploymentsMax: number;
  readonly nodesMax: number;
  readonly poolsMax: number;
}

/** Up to some twenty Pods. */
export const usualCase: CaseLimits = { replicasMax: 5, deploymentsMax: 5, nodesMax: 3, poolsMax: 3 };

export interface NumberedCase {
  /** "SEED:INDEX", which {@link caseCalled} understands. */
  readonly name: string;
  readonly input: SolveInput;
}

const casesPerSeed = 100;

/** So many cases: the same in each run of CI, those of PLIMSOLL_SEED where it is given, fresh ones in the long run. */
export function* numberedCases(limits: CaseLimits, count: number): Generator<NumberedCase> {
  const first = fc.readConfigureGlobal().seed ?? Date.now() % 2 ** 31;
  for (let made = 0; made < count; made += casesPerSeed) {
    const seed = first + made / casesPerSeed;
    yield* casesOfSeed(limits, seed).slice(0, count - made);
  }
}

/** The case of a name that a failing check has printed. */
export function caseCalled(limits: CaseLimits, name: string): SolveInput {
  const found = casesOfSeed(limits, Number(name.split(":")[0])).find((one) => one.name === name);
  if (found === undefined) throw new Error(`there is no case ${name}`);
  return found.input;
}

function casesOfSeed(limits: CaseLimits, seed: number): readonly NumberedCase[] {
  return fc.sample(randomCase(limits), { seed, numRuns: casesPerSeed }).map((input, index) => ({ name: `${seed}:${index}`, input }));
}

const daemonSets: fc.Arbitrary<SolveInput["daemonSets"]> = fc.subarray([
  {
    name: "kube-system/agent",
    spec: {
      containers: [{ name: "agent", image: "agent", resources: { requests: { cpu: "100m", memory: "64Mi" } } }],
      tolerations: [{ operator: "Exists" }],
    },
  },
  {
    name: "kube-system/probe",
    spec: {
      containers: [
        { name: "probe", image: "probe", resources: { requests: { cpu: "150m" } }, ports: [{ containerPort: 8080, hostPort: 8080 }] },
      ],
      nodeSelector: { [sizeLabel]: "xlarge" },
    },
  },
]);

function nodeState(of: {
  readonly index: number;
  readonly pools: readonly NodePool[];
  readonly types: readonly InstanceType[];
  readonly limits: CaseLimits;
}) {
  const name = `node-${of.index}`;
  return fc
    .record({
      zone: fc.constantFrom(...zones),
      capacityType: fc.constantFrom("on-demand", "on-demand", "spot"),
      pool: fc.constantFrom(undefined, ...of.pools.map(({ metadata }) => metadata.name ?? "")),
      type: fc.constantFrom(...of.types),
      team: fc.constantFrom(undefined, undefined, "red"),
      isTainted: fc.constantFrom(false, false, false, true),
      state: fc.constantFrom("initialized" as const, "initialized" as const, "joining" as const, "coming" as const),
      accepting: fc.constantFrom(true, true, true, true, false),
      bound: fc.array(deploymentCase({ ...of.limits, replicasMax: 2 }), { maxLength: 2 }),
    })
    .map((drawn): NodeState => {
      const labels = {
        ...Object.fromEntries(
          drawn.type.requirements.flatMap(({ key, operator, values = [] }) =>
            operator === "In" && values.length === 1 ? [[key, values[0] ?? ""]] : [],
          ),
        ),
        [zoneLabel]: drawn.zone,
        [capacityTypeLabel]: drawn.capacityType,
        [hostnameLabel]: name,
        [registeredLabel]: "true",
        [initializedLabel]: "true",
        ...(drawn.pool === undefined ? {} : { [nodePoolLabel]: drawn.pool }),
        ...(drawn.team === undefined ? {} : { [teamLabel]: drawn.team }),
      };
      const isComing = drawn.state === "coming";
      return {
        name,
        ...(drawn.pool === undefined ? {} : { nodePool: drawn.pool, nodeClaim: name }),
        labels: isComing ? only(labels, [nodePoolLabel, teamLabel]) : labels,
        ...(isComing ? { requirements: asRequirements(without(labels, [hostnameLabel, registeredLabel, initializedLabel])) } : {}),
        taints: drawn.isTainted ? [batchTaint] : [],
        allocatable: drawn.type.allocatable,
        capacity: drawn.type.capacity,
        pods: isComing ? [] : fitting(podsOf(drawn.bound, `bound-${of.index}-`), { name, pods: drawn.type.allocatable["pods"] ?? 0 }),
        initialized: drawn.state === "initialized",
        accepting: drawn.accepting,
        planned: new Map<string, number>(),
      };
    });
}

/** Bound Pods stand where they stand, whatever their own rules say of it; only their number is kept in bounds. */
function fitting(pods: readonly Pod[], node: { readonly name: string; readonly pods: number }): readonly Pod[] {
  return pods.slice(0, node.pods).map((pod) => ({ ...pod, spec: { ...pod.spec, nodeName: node.name } }));
}

function only(labels: Readonly<Record<string, string>>, keys: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => keys.includes(key)));
}

function without(labels: Readonly<Record<string, string>>, keys: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !keys.includes(key)));
}

function asRequirements(labels: Readonly<Record<string, string>>): NonNullable<NodeState["requirements"]> {
  return Object.entries(labels).map(([key, value]) => ({ key, operator: "In", values: [value] }));
}

/** Clusters of this size. */
export function randomCase(limits: CaseLimits): fc.Arbitrary<SolveInput> {
  const pools = fc
    .integer({ min: 1, max: limits.poolsMax })
    .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => nodePool(`pool-${index + 1}`))));
  return fc.tuple(pools, instanceTypes).chain(([nodePools, types]) => {
    const nodes = fc
      .integer({ min: 0, max: limits.nodesMax })
      .chain((count) => fc.tuple(...Array.from({ length: count }, (_, index) => nodeState({ index, pools: nodePools, types, limits }))));
    return fc
      .record({ deployments: fc.array(deploymentCase(limits), { minLength: 1, maxLength: limits.deploymentsMax }), nodes, daemonSets })
      .map((drawn): SolveInput => ({
        pods: podsOf(drawn.deployments, "pod-").map((pod) => ({ key: `${pod.metadata.namespace ?? ""}/${pod.metadata.name ?? ""}`, pod })),
        nodePools,
        instanceTypes: new Map(nodePools.map(({ metadata }) => [metadata.name ?? "", types])),
        daemonSets: drawn.daemonSets,
        nodes: drawn.nodes,
        namespaces,
      }));
  });
}
