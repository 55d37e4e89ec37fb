/**
 * The lab's nine tasks: what each asks of the files, and what is missing of it.
 *
 * Reads what the files compile to and the verdicts of admission, never their text: a task is done when every workload of the files
 * has what it is about.
 */
import { zoneLabel } from "../api/labels.ts";
import type { NodePool } from "../api/node-pool.ts";
import type { Resources } from "../api/object.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { podRequests } from "../kube/pod-requests.ts";
import { ownSpread } from "../kube/pods-apart.ts";
import { exceeding, formatAmount, toResources } from "../kube/resources.ts";
import type { WorkloadView } from "../policies/workload-view.ts";
import type { CheckResult } from "./check.ts";

export interface Lab {
  readonly snapshot: ClusterSnapshot;
  readonly views: readonly WorkloadView[];
  readonly results: readonly CheckResult[];
  /** What the dashboards must show: the entries of the ConfigMap of that name. */
  readonly signals: readonly string[];
}

export interface LabTask {
  readonly title: string;
  /** What is missing, in sentences; none where the task is done. */
  readonly missing: (lab: Lab) => readonly string[];
}

/** What a workload needs at its most replicas, and the NodePool that it goes to. */
export interface PeakNeed {
  readonly view: WorkloadView;
  readonly pool: NodePool | undefined;
  readonly pods: number;
  readonly need: Resources;
}

/** The name of the ConfigMap that lists what the dashboards must show. */
export const requirementsName = "dashboard-requirements";

/** As many as operators are told to track. */
const signalsMin = 9;

/** The nine tasks in their order. */
export const labTasks: readonly LabTask[] = [
  ...["general-flex", "batch-spot", "compute-batch"].map((name): LabTask => ({
    title: `one ${name} NodePool`,
    missing: poolMissing(name),
  })),
  { title: "one private NodeClass", missing: nodeClassMissing },
  { title: "workload placement rules", missing: placementMissing },
  { title: "PDBs", missing: budgetsMissing },
  { title: "topology spread rules", missing: spreadMissing },
  { title: "scaling limits", missing: limitsMissing },
  { title: "observability dashboard requirements", missing: dashboardsMissing },
];

/** Returns the need of each workload at its peak, sorted as the workloads are. */
export function peakNeeds({ snapshot, views }: Pick<Lab, "snapshot" | "views">): readonly PeakNeed[] {
  return views.map((view) => {
    const profile = view.binding.kind === "bound" ? view.binding.profile.spec : {};
    const pods = Math.max(profile.scaling?.maxReplicas ?? 0, view.workload.replicas);
    const need = Object.fromEntries(Object.entries(podRequests(view.pod.spec)).map(([name, amount]) => [name, amount * pods]));
    const named = view.workloadClass?.pools ?? [];
    const pool = named.flatMap((name) => snapshot.get("NodePool", { namespace: "", name }) ?? [])[0];
    return { view, pool, pods, need };
  });
}

function poolMissing(name: string): LabTask["missing"] {
  return ({ snapshot, results }) => {
    if (snapshot.get("NodePool", { namespace: "", name }) === undefined) return [`there is no NodePool "${name}"`];
    return deniedOf(results, "NodePool", name);
  };
}

function deniedOf(results: readonly CheckResult[], kind: string, name: string): readonly string[] {
  return results
    .filter((result) => result.kind === kind && result.name === name)
    .flatMap(({ findings }) =>
      findings.filter(({ action }) => action === "deny").map(({ rule, message }) => `${name}: [${rule}] ${message}`),
    );
}

/** Private: its subnets are those that internal load balancers use, or are tagged private. */
function nodeClassMissing({ snapshot, results }: Lab): readonly string[] {
  const classes = snapshot.list("EC2NodeClass");
  const [nodeClass] = classes;
  if (nodeClass === undefined || classes.length > 1) return [`there are ${classes.length} EC2NodeClasses`];
  const tags = (nodeClass.spec?.subnetSelectorTerms ?? []).flatMap((term) => Object.keys(term.tags ?? {}));
  const isPrivate = tags.some((key) => key.includes("internal-elb") || key.includes("private"));
  const name = nodeClass.metadata.name ?? "";
  return [...(isPrivate ? [] : [`${name}: no subnet term names private subnets`]), ...deniedOf(results, "EC2NodeClass", name)];
}

function placementMissing({ views, results, snapshot }: Lab): readonly string[] {
  const unplaced = peakNeeds({ snapshot, views })
    .filter(({ view, pool }) => pool === undefined || Object.keys(view.pod.spec.nodeSelector ?? {}).length === 0)
    .map(({ view }) => `${titleOf(view)}: nothing brings its Pods to the nodes of its class`);
  const refused = results.flatMap(({ kind, name, findings }) =>
    findings
      .filter(({ rule, action }) => action === "deny" && /^(?:POOL|PLACE|CLASS)-/.test(rule))
      .map(({ rule, message }) => `${kind} ${name}: [${rule}] ${message}`),
  );
  return [...someWorkload(views), ...unplaced, ...refused];
}

/** What has no scale is not waited for by a budget: a Job's Pod is made again. */
function budgetsMissing({ views }: Lab): readonly string[] {
  const scalable = views.filter(({ workload }) => workload.hasScale);
  return [
    ...someWorkload(scalable),
    ...scalable
      .filter(({ contract, foreignBudgets }) => contract?.budget.kind !== "budget" && foreignBudgets.length === 0)
      .map((view) => `${titleOf(view)}: no PodDisruptionBudget`),
  ];
}

function spreadMissing({ views }: Lab): readonly string[] {
  const services = views.filter(({ workload }) => workload.hasScale);
  return [
    ...someWorkload(services),
    ...services
      .filter(({ pod, workload }) => !ownSpread({ ...pod, workload }).some(({ topologyKey }) => topologyKey === zoneLabel))
      .map((view) => `${titleOf(view)}: no spread over zones`),
  ];
}

function limitsMissing({ snapshot, views }: Lab): readonly string[] {
  const unbounded = snapshot.list("NodePool").filter(({ spec }) => Object.keys(spec.limits ?? {}).length === 0);
  const tight = peakNeeds({ snapshot, views }).flatMap(({ view, pool, need }) =>
    pool === undefined
      ? []
      : exceeding(limited(need, pool), poolLimits(pool)).map(
          (name) =>
            `${titleOf(view)}: needs ${formatAmount(name, need[name] ?? 0)} ${name}, ${pool.metadata.name} may have ${formatAmount(name, poolLimits(pool)[name] ?? 0)}`,
        ),
  );
  return [...unbounded.map(({ metadata }) => `NodePool ${metadata.name}: no limits`), ...tight];
}

/** Returns the limits of a NodePool as amounts. */
export function poolLimits(pool: NodePool): Resources {
  return toResources(pool.spec.limits);
}

function limited(need: Resources, pool: NodePool): Resources {
  return Object.fromEntries(Object.entries(need).filter(([name]) => poolLimits(pool)[name] !== undefined));
}

function dashboardsMissing({ signals }: Lab): readonly string[] {
  if (signals.length >= signalsMin) return [];
  return [`ConfigMap ${requirementsName} lists ${signals.length} signals of ${signalsMin}`];
}

function someWorkload(views: readonly WorkloadView[]): readonly string[] {
  return views.length === 0 ? ["there is no workload among the files"] : [];
}

/** Returns "Deployment checkout/checkout-api". */
export function titleOf({ workload: { kind, namespace, name } }: WorkloadView): string {
  return `${kind} ${namespace}/${name}`;
}
