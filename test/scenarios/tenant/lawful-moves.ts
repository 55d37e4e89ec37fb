/**
 * Lawful moves: what a team does all week, and what admission has nothing against.
 */
import { autoscaler, budget, cronJob, job, profile, service, workload, type Bound, type WorkloadKind } from "./manifests.ts";
import { freshName, one, someWorkload, type Dice, type Model, type Move, type Standing } from "./model.ts";
import type { Step } from "./step.ts";

type Made = readonly Omit<Step, "move">[];

/** Makes a workload, lawful as it stands, often with the budget, profile, autoscaler or Service that belongs to it. */
export function foundWorkload(dice: Dice, model: Model): readonly Step[] {
  const kind = dice.pick<WorkloadKind>(["Deployment", "Deployment", "Deployment", "StatefulSet", "ReplicaSet", "ReplicationController"]);
  const name = freshName(model, dice.pick(["web", "api", "db"]));
  const profiled = (kind === "Deployment" || kind === "StatefulSet") && dice.chance(0.35);
  const alone = !profiled && dice.chance(0.2);
  const standing: Standing = {
    ...{ kind, name, profiled, replicas: alone ? 1 : dice.number(2, 4) },
    ...{ recreate: kind === "Deployment" && dice.chance(0.2), paused: false, autoscaled: false, budget: undefined },
  };
  model.workloads.push(standing);
  const { replicas, recreate } = standing;
  const create = one({ verb: "create", kind, name, body: workload(kind, name, { replicas, recreate }) });
  const disruption = dice.chance(0.5) ? { disruption: { maxUnavailable: 1 } } : {};
  const before: Made = profiled
    ? [one({ verb: "create", kind: "WorkloadProfile", name, body: profile(name, { min: 2, ...disruption }) })]
    : [];
  const after: Made = !profiled && !alone && dice.chance(0.5) ? guard(dice, model, standing) : [];
  const served: Made = dice.chance(0.3) ? [one({ verb: "create", kind: "Service", name, body: service(name) })] : [];
  return [...before, create, ...after, ...served].map((step) => ({ move: "found", ...step }));
}

function lawfulBound(dice: Dice): Bound {
  return dice.pick<Bound>([{ maxUnavailable: 1 }, { minAvailable: 1 }, { maxUnavailable: "50%" }]);
}

function guard(dice: Dice, model: Model, standing: Standing): Made {
  const name = freshName(model, "pdb");
  standing.budget = name;
  const selector = dice.chance(0.7)
    ? { matchLabels: { app: standing.name } }
    : { matchExpressions: [{ key: "app", operator: "In", values: [standing.name] }] };
  return [one({ verb: "create", kind: "PodDisruptionBudget", name, body: budget({ name, bound: lawfulBound(dice), selector }) })];
}

const stable = ({ autoscaled, replicas }: Standing): boolean => !autoscaled && replicas > 1;
const scalable = (standing: Standing): boolean => stable(standing);

export const lawfulMoves: readonly Move[] = [
  move("scale", 3, (dice, model) => {
    const on = someWorkload(dice, model, scalable);
    if (on === undefined) return undefined;
    on.replicas = dice.number(2, 4);
    const body = { spec: { replicas: on.replicas } };
    const subresource = dice.chance(0.7) ? { subresource: "scale" as const } : {};
    return [one({ verb: "patch", kind: on.kind, name: on.name, body, ...subresource })];
  }),
  move("restart", 2, (dice, model) => {
    const on = someWorkload(dice, model, ({ kind }) => kind === "Deployment" || kind === "StatefulSet");
    const annotations = { "kubectl.kubernetes.io/restartedAt": `2026-01-0${dice.number(1, 9)}T00:00:00Z` };
    const body = { spec: { template: { metadata: { annotations } } } };
    return on && [one({ verb: "patch", kind: on.kind, name: on.name, body }, dice.chance(0.5))];
  }),
  move("image", 2, (dice, model) => {
    const on = someWorkload(dice, model);
    const body = {
      spec: { template: { spec: { containers: [{ name: "app", image: `registry.example.com/app:2.${dice.number(0, 99)}` }] } } },
    };
    const isStrategic = { patchType: "strategic" as const };
    return on && [one({ verb: "patch", kind: on.kind, name: on.name, body, ...isStrategic }, dice.chance(0.5))];
  }),
  move("pause", 1, (dice, model) => {
    const on = someWorkload(dice, model, ({ kind }) => kind === "Deployment");
    if (on === undefined) return undefined;
    on.paused = !on.paused;
    return [one({ verb: "patch", kind: "Deployment", name: on.name, body: { spec: { paused: on.paused } } })];
  }),
  move("label", 1, (dice, model) => {
    const on = someWorkload(dice, model);
    const body = { metadata: { labels: { team: dice.pick(["red", "blue"]) }, annotations: { note: `n${dice.number(1, 9)}` } } };
    return on && [one({ verb: "patch", kind: on.kind, name: on.name, body })];
  }),
  move("guard", 2, (dice, model) => {
    const on = someWorkload(dice, model, (one) => stable(one) && !one.profiled && one.budget === undefined);
    return on && guard(dice, model, on);
  }),
  move("unguard", 1, (dice, model) => {
    const on = someWorkload(dice, model, (one) => one.budget !== undefined);
    if (on?.budget === undefined) return undefined;
    const { budget: name } = on;
    on.budget = undefined;
    return [one({ verb: "delete", kind: "PodDisruptionBudget", name })];
  }),
  move("guard otherwise", 1, (dice, model) => {
    const on = someWorkload(dice, model, (one) => one.budget !== undefined);
    const body = { spec: { minAvailable: null, maxUnavailable: 1 } };
    return on?.budget === undefined ? undefined : [one({ verb: "patch", kind: "PodDisruptionBudget", name: on.budget, body })];
  }),
  move("autoscale", 1, (dice, model) => {
    const on = someWorkload(dice, model, (one) => stable(one) && (one.kind === "Deployment" || one.kind === "StatefulSet"));
    if (on === undefined) return undefined;
    on.autoscaled = true;
    const body = autoscaler({ name: on.name, kind: on.kind, min: 2, max: dice.number(3, 5) });
    return [one({ verb: "create", kind: "HorizontalPodAutoscaler", name: on.name, body })];
  }),
  move("quarantine", 1, (dice, model) => {
    // A StatefulSet makes no other Pod of that name while one in quarantine has it.
    const on = someWorkload(dice, model, ({ kind }) => kind !== "StatefulSet");
    const body = { metadata: { labels: { app: "quarantined" } } };
    return on && [one({ verb: "patch", kind: "Pod", name: `$pod:${on.name}`, body }, true)];
  }),
  move("annotate pod", 1, (dice, model) => {
    const on = someWorkload(dice, model);
    const body = { metadata: { annotations: { "example.com/looked-at": `${dice.number(1, 9)}` }, labels: { debug: "true" } } };
    return on && [one({ verb: "patch", kind: "Pod", name: `$pod:${on.name}`, body })];
  }),
  move("delete pod", 1, (dice, model) => {
    const on = someWorkload(dice, model);
    return on && [one({ verb: "delete", kind: "Pod", name: `$pod:${on.name}` }, true)];
  }),
  move("evict", 1, (dice, model) => {
    const on = someWorkload(dice, model, (one) => one.budget === undefined && !one.profiled);
    return on && [one({ verb: "evict", kind: "Pod", name: `$pod:${on.name}` }, true)];
  }),
  move("profile", 1, (dice, model) => {
    const on = someWorkload(dice, model, (one) => one.profiled);
    const body = { spec: { scaling: { maxReplicas: dice.number(6, 8) }, disruption: { maxUnavailable: dice.pick([1, "50%"]) } } };
    return on && [one({ verb: "patch", kind: "WorkloadProfile", name: on.name, body })];
  }),
  move("job", 1, (dice, model) => {
    const name = freshName(model, "job");
    return [
      one({ verb: "create", kind: "Job", name, body: job(name) }),
      ...(dice.chance(0.3) ? [one({ verb: "delete", kind: "Job", name, cascade: "Background" })] : []),
    ];
  }),
  move("cron job", 1, (_, model) => {
    const name = freshName(model, "cron");
    return [one({ verb: "create", kind: "CronJob", name, body: cronJob(name) })];
  }),
  move("take away", 2, (dice, model) => {
    const on = someWorkload(dice, model);
    if (on === undefined) return undefined;
    model.workloads.splice(model.workloads.indexOf(on), 1);
    const cascade = dice.pick(["Background", "Foreground", "Orphan"] as const);
    const rest: Made = [
      ...(on.budget === undefined ? [] : [one({ verb: "delete" as const, kind: "PodDisruptionBudget" as const, name: on.budget })]),
      ...(on.autoscaled ? [one({ verb: "delete" as const, kind: "HorizontalPodAutoscaler" as const, name: on.name })] : []),
      ...(on.profiled ? [one({ verb: "delete" as const, kind: "WorkloadProfile" as const, name: on.name })] : []),
    ];
    const own = one({ verb: "delete", kind: on.kind, name: on.name, cascade });
    return dice.chance(0.5) ? [...rest, own] : [own, ...rest];
  }),
];

function move(name: string, weight: number, make: Move["make"]): Move {
  return { name, weight, make };
}
