/**
 * Unseen Pods: those that were made while nobody could compile them.
 *
 * Reads a workload of the snapshot. A Pod without our class label that was made since admission is registered did not meet
 * the mutating webhook (it was away, and its tier is open): it runs without its contract until it is made again. Told once on
 * the workload, since a person restarts that.
 */
import type { KubeObject } from "../api/object.ts";
import type { Pod } from "../api/pod.ts";
import type { Instant } from "../api/ports.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import { isTerminal, isTerminating } from "../kube/pod-state.ts";
import type { AdmissionContext } from "./admission-context.ts";
import type { PolicySet } from "./policy-set.ts";
import { workloadContract } from "./profile/workload-contract.ts";
import type { Finding } from "./verdict.ts";
import { judgedWorkload } from "./workload-view.ts";

/** The name under which reports and metrics count such Pods; no rule of policies.yaml, since nothing can be asked of a request. */
export const unseenPodsId = "ENTERED-UNSEEN";

const namedPodsMax = 3;

/** Returns the finding on a workload whose Pods run uncompiled; none where all of them are compiled, or older than we are. */
export function unseenPodFindings(
  object: KubeObject,
  world: { readonly policySet: PolicySet; readonly context: AdmissionContext; readonly registeredAt: Instant },
): readonly Finding[] {
  const workload = judgedWorkload(object, world.context.snapshot);
  if (workload === undefined) return [];
  const { snapshot, names } = world.context;
  const pods = runningPods(object, snapshot).filter(
    ({ metadata }) =>
      metadata.labels?.[names.workloadClassLabel] === undefined && Date.parse(metadata.creationTimestamp ?? "") > world.registeredAt,
  );
  if (pods.length === 0) return [];
  // Without a contract nothing is compiled, so nothing is missing.
  if (workloadContract({ workload, policySet: world.policySet, ...world.context }).kind !== "compiled") return [];
  const named = pods.slice(0, namedPodsMax).map(({ metadata }) => metadata.name ?? "");
  const some = pods.length === 1 ? "1 Pod was" : `${pods.length} Pods were`;
  return [
    {
      rule: unseenPodsId,
      action: "warn",
      path: "",
      message: `${some} created while admission was away or had not heard of the profile, so without the contract: ${named.join(", ")}${pods.length > named.length ? ", …" : ""}`,
      fix: object.kind === "Pod" ? "create the Pod again" : "make the Pods again: kubectl rollout restart, or delete them one by one",
    },
  ];
}

/** The live Pods of an object, down its owners: itself, its own, those of its ReplicaSets or Jobs. */
function runningPods(object: KubeObject, snapshot: ClusterSnapshot): readonly Pod[] {
  const { namespace = "", name = "", uid = "" } = object.metadata;
  const self = object.kind === "Pod" ? snapshot.get("Pod", { namespace, name }) : undefined;
  if (self !== undefined) return [self].filter((pod) => !isTerminal(pod) && !isTerminating(pod));
  if (uid === "") return [];
  const middles = [...snapshot.by("ReplicaSet", "owner", uid), ...snapshot.by("Job", "owner", uid)];
  return [uid, ...middles.map(({ metadata }) => metadata.uid ?? "")]
    .flatMap((owner) => (owner === "" ? [] : snapshot.by("Pod", "owner", owner)))
    .filter((pod) => !isTerminal(pod) && !isTerminating(pod));
}
