/**
 * The demo's truths: each sentence that the demo tells, checked against the world as it is now.
 *
 * Reads the store and what the applies came to. Returns sentences with whether they hold and what was seen; nothing is taken
 * from what the narrator said.
 */
import { zoneLabel } from "../api/labels.ts";
import type { Node } from "../api/node.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { PodDisruptionBudget } from "../api/pod-disruption-budget.ts";
import type { Pod } from "../api/pod.ts";
import type { WorkloadProfile } from "../api/workload-profile.ts";
import { catalogZones } from "../catalog/zones.ts";
import type { AppliedObject, DemoWorld } from "./demo-world.ts";

export interface DemoTruth {
  readonly statement: string;
  readonly holds: boolean;
  readonly seen: string;
  /** True where waiting can't change it. */
  readonly isFinal: boolean;
}

/** Reads the world back and returns every sentence of the demo. */
export function demoTruths({ world }: DemoWorld, applied: ReadonlyMap<string, readonly AppliedObject[]>): readonly DemoTruth[] {
  const list = (resource: string): unknown => world.server.store.list(resource);
  const seen: Seen = {
    pods: list("pods") as readonly Pod[],
    nodes: list("nodes") as readonly Node[],
    claims: list("nodeclaims.karpenter.sh") as readonly NodeClaim[],
    budgets: list("poddisruptionbudgets.policy") as readonly PodDisruptionBudget[],
    profiles: list("workloadprofiles.platform.example.com") as readonly WorkloadProfile[],
    deployments: (list("deployments.apps") as readonly Pod[]).map(({ metadata }) => `${metadata.namespace ?? ""}/${metadata.name ?? ""}`),
  };
  return [
    profileAccepted(seen, applied.get("examples/billing-api/profile.yaml") ?? []),
    bound(seen, { app: "checkout-api", pods: 6, statement: "checkout-api: 6 Pods run on nodes that were bought for them" }),
    zones(seen),
    budget(seen),
    bound(seen, {
      app: "invoice-export-worker",
      pods: 10,
      statement: "invoice-export-worker: 10 Pods run on Spot nodes that were bought for them",
      capacityType: "spot",
    }),
    bound(seen, {
      app: "fraud-model-batch",
      pods: 10,
      statement: "fraud-model-batch: its nightly Job's 10 Pods ran on nodes that were bought for them",
    }),
    refused(seen, applied.get("examples/refused/undrainable.yaml") ?? []),
  ];
}

interface Seen {
  readonly pods: readonly Pod[];
  readonly nodes: readonly Node[];
  readonly claims: readonly NodeClaim[];
  readonly budgets: readonly PodDisruptionBudget[];
  readonly profiles: readonly WorkloadProfile[];
  readonly deployments: readonly string[];
}

function profileAccepted({ profiles }: Seen, [applied]: readonly AppliedObject[]): DemoTruth {
  const profile = profiles.find(({ metadata }) => metadata.name === "billing-api");
  const warnings = applied?.warnings ?? [];
  return {
    statement: "billing-api: the profile is accepted with exactly one warning, DRAIN-003",
    holds:
      profile !== undefined && applied?.refusal === undefined && warnings.length === 1 && (warnings[0] ?? "").startsWith("[DRAIN-003]"),
    seen: `${warnings.length} warning${warnings.length === 1 ? "" : "s"}`,
    isFinal: true,
  };
}

function bound(
  { pods, nodes, claims }: Seen,
  asked: { readonly app: string; readonly pods: number; readonly statement: string; readonly capacityType?: string },
): DemoTruth {
  const bought = new Set(claims.map(({ status }) => status?.nodeName));
  const running = podsOf(pods, asked.app).filter(({ spec, status }) => {
    const node = nodes.find(({ metadata }) => metadata.name === spec.nodeName);
    const fits = asked.capacityType === undefined || node?.metadata.labels?.["karpenter.sh/capacity-type"] === asked.capacityType;
    return (status?.phase === "Running" || status?.phase === "Succeeded") && bought.has(spec.nodeName) && fits;
  });
  const on = new Set(running.map(({ spec }) => spec.nodeName)).size;
  return { statement: asked.statement, holds: running.length === asked.pods, seen: `${running.length} on ${on} nodes`, isFinal: false };
}

function zones({ pods, nodes }: Seen): DemoTruth {
  const zoneOf = new Map(nodes.map(({ metadata }) => [metadata.name, metadata.labels?.[zoneLabel]]));
  const counts = catalogZones.map(
    (zone) => podsOf(pods, "checkout-api").filter(({ spec }) => zoneOf.get(spec.nodeName ?? "") === zone).length,
  );
  return {
    statement: "checkout-api: 2/2/2 over the three zones",
    holds: counts.join("/") === "2/2/2",
    seen: counts.join("/"),
    isFinal: false,
  };
}

function budget({ budgets }: Seen): DemoTruth {
  const found = budgets.find(({ metadata }) => metadata.name === "checkout-api");
  const allowed = found?.status?.disruptionsAllowed;
  return {
    statement: "checkout-api: its PodDisruptionBudget keeps 80% and still lets one Pod be evicted",
    holds: found?.spec.minAvailable === "80%" && allowed === 1,
    seen: `${allowed ?? "no"} evictions allowed`,
    isFinal: false,
  };
}

function refused({ deployments }: Seen, applied: readonly AppliedObject[]): DemoTruth {
  const deployment = applied.find(({ object }) => object.kind === "Deployment");
  const isThere = deployments.includes("billing/invoice-admin");
  return {
    statement: "invoice-admin: the Deployment was refused by DRAIN-002 and is not in the cluster",
    holds: (deployment?.refusal ?? "").includes("[DRAIN-002]") && !isThere,
    seen: isThere ? "it is there" : "it is not there",
    isFinal: true,
  };
}

function podsOf(pods: readonly Pod[], app: string): readonly Pod[] {
  return pods.filter(({ metadata }) => metadata.labels?.["app"] === app);
}
