/**
 * Drain timeline: the evictions of one node's Pods in order, with what each waits for.
 *
 * Reads a workload's view and how many Pods may go at once. Returns steps with seconds since the cordon; a step whose time
 * hangs on a start that was never measured has none.
 */
import { graceSecondsOf, preStopSecondsOf } from "./drain-pod.ts";
import type { WorkloadView } from "./workload-view.ts";

export interface DrainStep {
  /** Seconds since the cordon; absent where nobody knows. */
  readonly atSeconds?: number;
  readonly what: string;
  readonly details: readonly string[];
}

/** Steps of a long drain that are told one by one; those between are said in one line. */
const roundsMax = 5;

/** What a timeline is made of besides the workload. */
export interface DrainedPods {
  /** Pods of the workload on the node. */
  readonly pods: number;
  /** Evictions that are allowed at once. */
  readonly allowed: number;
  /** Pods of the workload that are ready, on all nodes. */
  readonly ready: number;
}

/** Returns the timeline of a node that holds so many Pods of the workload. */
export function drainTimeline(view: WorkloadView, of: DrainedPods): readonly DrainStep[] {
  const { pods, ready } = of;
  const atOnce = Math.max(1, Math.min(of.allowed, pods));
  const rounds = Math.ceil(pods / atOnce);
  const roundSeconds = secondsOfRound(view);
  const at = (round: number): Pick<DrainStep, "atSeconds"> =>
    round === 0 ? { atSeconds: 0 } : roundSeconds === undefined ? {} : { atSeconds: round * roundSeconds };
  const steps: DrainStep[] = [{ atSeconds: 0, what: "cordon: no new pod comes to the node", details: [] }];
  for (let round = 0; round < rounds; round += 1) {
    if (round === roundsMax - 1 && rounds > roundsMax) {
      steps.push({ ...at(round), what: `${rounds - roundsMax} more rounds like these`, details: [] });
      round = rounds - 1;
    }
    const first = round * atOnce + 1;
    const last = Math.min(pods, first + atOnce - 1);
    const which = first === last ? `pod ${first}` : `pods ${first} to ${last}`;
    const wait = round === 0 ? "" : `, as soon as ${ready} are ready again`;
    steps.push({
      ...at(round),
      what: `evict ${which} of ${pods}${wait}: ${ready - (last - first + 1)} of ${ready} stay ready`,
      details: round === 0 ? roundDetails(view) : [],
    });
  }
  const lastAt = at(rounds - 1).atSeconds;
  const grace = graceSecondsOf(view.pod.spec);
  steps.push({
    ...(lastAt === undefined ? {} : { atSeconds: lastAt + grace }),
    what: `the node is empty, ${grace} s after the last eviction at the latest`,
    details: [],
  });
  return steps;
}

/** From one eviction to the next: until the replacement is ready, which a StatefulSet only makes once the old Pod is gone. */
function secondsOfRound(view: WorkloadView): number | undefined {
  const start = coldStartSeconds(view);
  if (start === undefined) return undefined;
  return start + (view.workload.kind === "StatefulSet" ? graceSecondsOf(view.pod.spec) : 0);
}

function roundDetails(view: WorkloadView): readonly string[] {
  const { pod, workload } = view;
  const hooks = pod.spec.containers.filter(({ lifecycle }) => lifecycle?.preStop !== undefined).map(preStopSecondsOf);
  const known = hooks.flatMap((seconds) => seconds ?? []);
  const before =
    hooks.length === 0
      ? "SIGTERM at once"
      : known.length < hooks.length
        ? "preStop runs, then SIGTERM"
        : `preStop ${Math.max(...known)} s, then SIGTERM`;
  const start = coldStartSeconds(view);
  const ready =
    start === undefined ? "ready after an unknown time: no cold start is measured yet" : `ready after ${start} s (p95 of its cold starts)`;
  const when = workload.kind === "StatefulSet" ? "its replacement starts once it is gone" : "its replacement starts at once";
  const seconds = minReadySeconds(view);
  return [
    `${before}; SIGKILL ${graceSecondsOf(pod.spec)} s after the eviction`,
    `${runsToAnEnd(workload.kind) ? "its work starts again in a new pod" : when}, ${ready}`,
    ...(seconds === 0 ? [] : [`minReadySeconds ${seconds} does not hold up the next eviction: budgets count ready pods`]),
  ];
}

function runsToAnEnd(kind: string): boolean {
  return kind === "Job" || kind === "CronJob";
}

function coldStartSeconds({ binding }: WorkloadView): number | undefined {
  return binding.kind === "bound" ? binding.profile.status?.coldStart?.p95Seconds : undefined;
}

function minReadySeconds({ workload: { object } }: WorkloadView): number {
  const spec: unknown = "spec" in object ? object.spec : undefined;
  const seconds = typeof spec === "object" && spec !== null && "minReadySeconds" in spec ? spec.minReadySeconds : 0;
  return typeof seconds === "number" ? seconds : 0;
}
