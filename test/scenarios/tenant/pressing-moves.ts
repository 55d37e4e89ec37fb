/**
 * Pressing moves: what a tenant may ask for to get past the contract. Each is a class with what it is done to, and with what, drawn anew.
 */
import {
  autoscaler,
  budget,
  cronJob,
  forbiddenThings,
  job,
  ownerReference,
  pod,
  template,
  workload,
  type Bound,
  type WorkloadKind,
} from "./manifests.ts";
import { freshName, one, someWorkload, type Dice, type Model, type Move, type Standing } from "./model.ts";
import { domain, type Ask, type Kind, type Step } from "./step.ts";

const finalizer = "example.com/hold";
const neverOpen = '[{"schedule":"0 0 30 2 *","duration":"1h"}]';
const blockingBounds: readonly Bound[] = [
  { maxUnavailable: 0 },
  { maxUnavailable: "0%" },
  { minAvailable: "100%" },
  { minAvailable: 1000 },
  { minAvailable: 4 },
];
/** Labels of Pods that no template says, by what makes the Pods. */
const addedLabels: Readonly<Record<WorkloadKind | "Job" | "profile", readonly string[]>> = {
  Deployment: ["pod-template-hash"],
  StatefulSet: ["controller-revision-hash", "statefulset.kubernetes.io/pod-name", "apps.kubernetes.io/pod-index"],
  ReplicaSet: ["pod-template-hash"],
  ReplicationController: ["pod-template-hash"],
  Job: ["batch.kubernetes.io/job-name", "batch.kubernetes.io/controller-uid", "job-name", "controller-uid"],
  profile: [`${domain}/profile`, `${domain}/profile-hash`, `${domain}/workload-class`],
};

type Owner = { readonly kind: Kind; readonly name: string };

/** Something that stands and that an object may claim to be of. */
function someOwner(dice: Dice, model: Model): { readonly owner: Owner; readonly app: string } | undefined {
  const on = someWorkload(dice, model);
  if (on === undefined || dice.chance(0.2)) return { owner: { kind: "ConfigMap", name: "kube-root-ca.crt" }, app: "loose" };
  const ofSet = on.kind === "Deployment" && dice.chance(0.5);
  return { owner: ofSet ? { kind: "ReplicaSet", name: `$rs:${on.name}` } : { kind: on.kind, name: on.name }, app: on.name };
}

/** The labels by which a set with a template of its own is another's or nobody's. */
const things = (dice: Dice) => ({ with: dice.pick(forbiddenThings) });

export const pressingMoves: readonly Move[] = [
  move("claim: a new object with an owner", 5, (dice, model) => {
    const claim = someOwner(dice, model);
    if (claim === undefined) return undefined;
    const name = freshName(model, "claimed");
    const kind = dice.pick(["Pod", "ReplicaSet", "Job", "ReplicationController"] as const);
    const options = { ...things(dice), owner: claim.owner, replicas: 1 };
    const app = dice.chance(0.3) ? { app: claim.app } : {};
    const body = kind === "Pod" ? pod(name, { ...options, ...app }) : kind === "Job" ? job(name, options) : workload(kind, name, options);
    return [one({ verb: "create", kind, name, body }, true)];
  }),
  move("claim: an owner for what stands", 2, (dice, model) => {
    const claim = someOwner(dice, model);
    const on = someWorkload(dice, model, ({ kind }) => kind === "ReplicaSet" || kind === "StatefulSet" || kind === "Deployment");
    if (claim === undefined || on === undefined || claim.app === on.name) return undefined;
    const adopt = { metadata: { ownerReferences: [ownerReference(claim.owner)] } };
    return [
      one({ verb: "patch", kind: on.kind, name: on.name, body: adopt }),
      one({ verb: "patch", kind: on.kind, name: on.name, body: { spec: { template: template(on.name, things(dice)) } } }),
      one({ verb: "delete", kind: "Pod", name: `$pod:${on.name}` }),
    ];
  }),
  move("deletion: a budget held by a finalizer", 4, (dice, model) => {
    const on = someWorkload(dice, model);
    if (on === undefined) return undefined;
    const name = on.budget ?? freshName(model, "held");
    const selector = { matchLabels: { app: on.name } };
    const body = { spec: { maxUnavailable: null, minAvailable: null, ...dice.pick(blockingBounds) } };
    const hold: Omit<Step, "move"> =
      on.budget === undefined
        ? one({
            verb: "create",
            kind: "PodDisruptionBudget",
            name,
            body: budget({ name, bound: { maxUnavailable: 1 }, selector, finalizers: [finalizer] }),
          })
        : one({ verb: "patch", kind: "PodDisruptionBudget", name, body: { metadata: { finalizers: [finalizer] } } });
    const end = one({ verb: "delete", kind: "PodDisruptionBudget", name });
    const tighten = one({ verb: "patch", kind: "PodDisruptionBudget", name, body });
    return dice.chance(0.8) ? [hold, end, tighten] : [hold, tighten, end];
  }),
  move("deletion: a workload or Pod held by a finalizer", 2, (dice, model) => {
    const on = someWorkload(dice, model);
    if (on === undefined) return undefined;
    const isPod = dice.chance(0.6);
    const target = isPod ? { kind: "Pod" as const, name: `$pod:${on.name}` } : { kind: on.kind, name: on.name };
    const hold = one({ verb: "patch", ...target, body: { metadata: { finalizers: [finalizer] } } }, true);
    if (isPod) return [hold];
    // Its controller is done with it: nobody works on with it.
    model.workloads.splice(model.workloads.indexOf(on), 1);
    const change = { spec: { replicas: dice.number(1, 3), template: template(on.name, things(dice)) } };
    return [hold, one({ verb: "delete", ...target, cascade: "Background" }), one({ verb: "patch", ...target, body: change })];
  }),
  move("selector: labels that controllers add", 5, (dice, model) => {
    const on = someWorkload(dice, model, ({ kind }) => kind === "Deployment" || kind === "StatefulSet") ?? someWorkload(dice, model);
    const key = on && dice.pick(addedLabels[on.profiled && dice.chance(0.4) ? "profile" : on.kind]);
    if (key === undefined) return undefined;
    const name = freshName(model, "wide");
    const expression = dice.chance(0.85) ? { key, operator: "Exists" } : { key, operator: "NotIn", values: ["none"] };
    const selector = { matchExpressions: [expression] };
    const bound = dice.pick(blockingBounds.slice(2));
    const create = one({ verb: "create", kind: "PodDisruptionBudget", name, body: budget({ name, bound, selector }) });
    const loose = one({
      verb: "create",
      kind: "PodDisruptionBudget",
      name,
      body: budget({ name, bound: { maxUnavailable: 1 }, selector }),
    });
    const tighten = one({ verb: "patch", kind: "PodDisruptionBudget", name, body: { spec: { maxUnavailable: null, ...bound } } });
    return dice.chance(0.7) ? [create] : [loose, tighten];
  }),
  move("selector: labels of Jobs", 1, (dice, model) => {
    const name = freshName(model, "counted");
    const key = dice.pick(addedLabels.Job);
    const make = one({ verb: "create", kind: "Job", name, body: job(name) });
    const selector = { matchExpressions: [{ key, operator: "Exists" }] };
    // One that asks the Job's only Pod to stay is lawful: the drain waits until the Job has ended.
    const bound = dice.pick<Bound>([{ maxUnavailable: 1 }, { minAvailable: 2 }, { minAvailable: "50%" }]);
    const guarded = one({ verb: "create", kind: "PodDisruptionBudget", name, body: budget({ name, bound, selector }) });
    return dice.chance(0.5) ? [make, guarded] : [guarded, make];
  }),
  move("selector: a label that few Pods have", 1, (dice, model) => {
    const on = someWorkload(dice, model);
    const name = freshName(model, "one");
    const bound = dice.pick<Bound>([{ minAvailable: 1 }, { minAvailable: 2 }, { maxUnavailable: "50%" }]);
    const selector = { matchLabels: { apart: "true" } };
    const create = one({ verb: "create", kind: "PodDisruptionBudget", name, body: budget({ name, bound, selector }) });
    const label =
      on && one({ verb: "patch", kind: "Pod", name: `$pod:${on.name}`, body: { metadata: { labels: { apart: "true" } } } }, true);
    return label && (dice.chance(0.5) ? [create, label] : [label, create]);
  }),
  move("ours: annotations in a template", 4, (dice, model) => {
    const on = someWorkload(dice, model);
    const metadata = dice.pick([
      { annotations: { [`${domain}/disruption-window`]: neverOpen } },
      { annotations: { [`${domain}/disruption-window`]: neverOpen, [`${domain}/compiled`]: "{}" } },
      { annotations: { [`${domain}/surged-for`]: "0" }, labels: { [`${domain}/profile-hash`]: "0" } },
      { labels: { [`${domain}/profile`]: "none", [`${domain}/on-demand-floor`]: "true" } },
    ] as const);
    return (
      on && [
        one({ verb: "patch", kind: on.kind, name: on.name, body: { spec: { template: { metadata } } } }),
        one({ verb: "delete", kind: "Pod", name: `$pod:${on.name}` }, true),
      ]
    );
  }),
  move("running: a Pod is changed", 5, (dice, model) => {
    const on = someWorkload(dice, model);
    const other = someWorkload(dice, model, ({ budget: guarded, name }) => guarded !== undefined && name !== on?.name);
    const metadata = dice.pick<object>([
      { annotations: { "karpenter.sh/do-not-disrupt": "true" } },
      { annotations: { [`${domain}/disruption-window`]: neverOpen } },
      { labels: { [`${domain}/workload-class`]: "system", [`${domain}/profile`]: "none" } },
      ...(other === undefined ? [] : [{ labels: { app: other.name } }, { labels: { app: other.name } }]),
    ]);
    return on && [one({ verb: "patch", kind: "Pod", name: `$pod:${on.name}`, body: { metadata } }, true)];
  }),
  move("paused: the set below is changed", 4, (dice, model) => {
    const on = someWorkload(dice, model, ({ kind }) => kind === "Deployment");
    if (on === undefined) return undefined;
    const set = { kind: "ReplicaSet" as const, name: `$rs:${on.name}` };
    const change = one(
      { verb: "patch", patchType: "strategic", ...set, body: { spec: { template: template(on.name, things(dice)) } } },
      true,
    );
    const pause = one({ verb: "patch", kind: "Deployment", name: on.name, body: { spec: { paused: true } } });
    const again = dice.chance(0.7)
      ? one({ verb: "delete", kind: "Pod", name: `$pod:${on.name}` })
      : one({ verb: "patch", ...set, subresource: "scale", body: { spec: { replicas: on.replicas + 1 } } });
    return [...(dice.chance(0.8) ? [pause] : []), change, again];
  }),
  move("lending: an autoscaler that goes again", 3, (dice, model) => {
    const kind = dice.pick(["Deployment", "StatefulSet"] as const);
    const name = freshName(model, "lent");
    const made = workload(kind, name, { replicas: 1, recreate: kind === "Deployment" });
    const bound = dice.pick<Bound>([{ minAvailable: 1 }, { minAvailable: 2 }]);
    const guarded = one({
      verb: "create",
      kind: "PodDisruptionBudget",
      name,
      body: budget({ name, bound, selector: { matchLabels: { app: name } } }),
    });
    const scaler = one({
      verb: "create",
      kind: "HorizontalPodAutoscaler",
      name,
      body: autoscaler({ name, kind, min: 3, max: 4 }),
    });
    const end = one({ verb: "delete", kind: "HorizontalPodAutoscaler", name });
    const create = one({ verb: "create", kind, name, body: made });
    return dice.chance(0.5) ? [scaler, create, guarded, end] : [scaler, guarded, end, create];
  }),
  move("lending: one of two under a budget goes", 2, (dice, model) => {
    const [a, b] = [freshName(model, "pair"), freshName(model, "pair")];
    const selector = { matchExpressions: [{ key: "app", operator: "In", values: [a, b] }] };
    const name = freshName(model, "both");
    const made = (of: string) => one({ verb: "create" as const, kind: "Deployment" as const, name: of, body: workload("Deployment", of) });
    const cascade = dice.pick(["Background", "Orphan"] as const);
    return [
      made(a),
      made(b),
      one({ verb: "create", kind: "PodDisruptionBudget", name, body: budget({ name, bound: { minAvailable: 3 }, selector }) }, true),
      dice.chance(0.6)
        ? one({ verb: "delete", kind: "Deployment", name: a, cascade })
        : one({ verb: "patch", kind: "Deployment", name: a, subresource: "scale", body: { spec: { replicas: 1 } } }),
    ];
  }),
  move("lending: a profile that goes again", 2, (dice, model) => {
    const on = someWorkload(dice, model, ({ profiled }) => profiled);
    if (on === undefined) return undefined;
    const end = one({ verb: "delete", kind: "WorkloadProfile", name: on.name });
    const scale = one({ verb: "patch", kind: on.kind, name: on.name, subresource: "scale", body: { spec: { replicas: 1 } } });
    const guarded = guardOf(on, freshName(model, "after"), dice.pick<Bound>([{ minAvailable: 1 }, { minAvailable: 2 }]));
    return dice.chance(0.5) ? [end, scale, guarded] : [guarded, end, scale];
  }),
  move("claim: a budget of a profile", 2, (dice, model) => {
    const on = someWorkload(dice, model, ({ profiled }) => profiled);
    if (on === undefined) return undefined;
    const name = dice.pick([on.name, `${on.name}-more`]);
    const made = budget({ name, bound: dice.pick(blockingBounds), selector: { matchLabels: { app: on.name } } }) as { metadata: object };
    const reference = ownerReference({ kind: "WorkloadProfile", name: on.name });
    const metadata = { ...made.metadata, labels: { "app.kubernetes.io/managed-by": "workloadprofile" }, ownerReferences: [reference] };
    return [one({ verb: "create", kind: "PodDisruptionBudget", name, body: { ...made, metadata } }, true)];
  }),
  move("deletion: an autoscaler or a profile held by a finalizer", 2, (dice, model) => {
    const on = someWorkload(dice, model, ({ autoscaled, profiled }) => autoscaled || profiled);
    if (on === undefined) return undefined;
    const kind = on.autoscaled ? "HorizontalPodAutoscaler" : "WorkloadProfile";
    const change = on.autoscaled
      ? { minReplicas: 1, maxReplicas: 1 }
      : { availability: { minReplicas: 1 }, disruption: { minAvailable: 1 } };
    return [
      one({ verb: "patch", kind, name: on.name, body: { metadata: { finalizers: [finalizer] } } }, true),
      one({ verb: "delete", kind, name: on.name }),
      one({ verb: "patch", kind, name: on.name, body: { spec: change } }),
    ];
  }),
  move("kinds: forbidden in any kind", 5, (dice, model) => {
    const kind = dice.pick([
      "ReplicationController",
      "ReplicationController",
      "Deployment",
      "StatefulSet",
      "ReplicaSet",
      "Job",
      "CronJob",
      "Pod",
    ] as const);
    const name = freshName(model, "forbidden");
    return [one({ verb: "create", kind, name, body: forbiddenObject(kind, name, dice) })];
  }),
  move("kinds: forbidden by an update", 3, (dice, model) => {
    const on = someWorkload(dice, model);
    const body = { spec: { template: template(on?.name ?? "", things(dice)) } };
    return (
      on && [
        one({ verb: "patch", patchType: "strategic", kind: on.kind, name: on.name, body }),
        one({ verb: "delete", kind: "Pod", name: `$pod:${on.name}` }, true),
      ]
    );
  }),
  move("budget: none may go", 3, (dice, model) => {
    const on = someWorkload(dice, model);
    const name = freshName(model, "tight");
    const selector = { matchLabels: { app: on?.name } };
    return (
      on && [one({ verb: "create", kind: "PodDisruptionBudget", name, body: budget({ name, bound: dice.pick(blockingBounds), selector }) })]
    );
  }),
  move("budget: one alone under it", 2, (dice, model) => {
    const on = someWorkload(dice, model, (one) => one.budget !== undefined && !one.autoscaled);
    const scale = dice.chance(0.5) ? { subresource: "scale" as const } : {};
    return on && [one({ verb: "patch", kind: on.kind, name: on.name, body: { spec: { replicas: 1 } }, ...scale })];
  }),
  move("budget: over Pods of Jobs", 1, (dice, model) => {
    const name = freshName(model, "work");
    const make = one({ verb: "create", kind: "Job", name, body: job(name) });
    const guarded = one({
      verb: "create",
      kind: "PodDisruptionBudget",
      name,
      body: budget({ name, bound: { maxUnavailable: 1 }, selector: { matchLabels: { app: name } } }),
    });
    return dice.chance(0.5) ? [make, guarded] : [guarded, make];
  }),
  move("pair: two budgets at once", 3, (dice, model) => {
    const on = someWorkload(dice, model, (one) => one.budget === undefined && !one.profiled);
    if (on === undefined) return undefined;
    const [a, b] = [freshName(model, "twin"), freshName(model, "twin")];
    return [{ asks: [budgetAsk("ann", a, on), budgetAsk("bob", b, on)] }];
  }),
  move("pair: a scale and a budget at once", 2, (dice, model) => {
    const on = someWorkload(dice, model, (one) => one.budget === undefined && !one.autoscaled && one.replicas > 1);
    if (on === undefined) return undefined;
    const name = freshName(model, "meanwhile");
    const scale: Ask = { who: "bob", verb: "patch", kind: on.kind, name: on.name, subresource: "scale", body: { spec: { replicas: 1 } } };
    return [{ asks: [budgetAsk("ann", name, on, { minAvailable: 1 }), scale] }];
  }),
  move("subresource: an ephemeral container", 1, (dice, model) => {
    const on = someWorkload(dice, model);
    const body = {
      spec: {
        ephemeralContainers: [{ name: "debug", image: "busybox", ...(dice.chance(0.5) ? { securityContext: { privileged: true } } : {}) }],
      },
    };
    return (
      on && [
        one(
          { verb: "patch", patchType: "strategic", kind: "Pod", name: `$pod:${on.name}`, subresource: "ephemeralcontainers", body },
          true,
        ),
      ]
    );
  }),
];

function guardOf(on: Standing, name: string, bound: Bound): Omit<Step, "move"> {
  return { asks: [budgetAsk("ann", name, on, bound)] };
}

function budgetAsk(who: Ask["who"], name: string, on: Standing, bound: Bound = { maxUnavailable: 1 }): Ask {
  return {
    who,
    verb: "create",
    kind: "PodDisruptionBudget",
    name,
    body: budget({ name, bound, selector: { matchLabels: { app: on.name } } }),
  };
}

function forbiddenObject(kind: WorkloadKind | "Job" | "CronJob" | "Pod", name: string, dice: Dice): object {
  const options = things(dice);
  switch (kind) {
    case "Job":
      return job(name, options);
    case "CronJob":
      return cronJob(name, options);
    case "Pod":
      return pod(name, { ...options, ...(dice.chance(0.5) ? { annotations: { "helm.sh/hook": "pre-install" } } : {}) });
    default:
      return workload(kind, name, options);
  }
}

function move(name: string, weight: number, make: Move["make"]): Move {
  return { name, weight, make };
}
