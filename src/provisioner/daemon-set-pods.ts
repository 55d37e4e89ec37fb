/**
 * The Pods of DaemonSets, as they will come to nodes: overhead of every node that they run on.
 *
 * Reads the snapshot and the policies. Returns a DaemonSet's Pod as admission of ours would leave it, and what its newest live Pod takes where
 * that is something else: an injector or a VerticalPodAutoscaler has changed that one, and will change the next. Without it a node would be bought
 * for Pods that do not fit beside the DaemonSet's, then another, and so on (Karpenter's cluster state keeps a DaemonSet's newest Pod, too).
 * Where the template has changed since that Pod was made, the larger of both counts until a Pod of the new one is there.
 */
import type { Resources } from "../api/object.ts";
import type { Pod } from "../api/pod.ts";
import type { DaemonSet } from "../api/workload.ts";
import { heldPartOf } from "../kube/held-part.ts";
import { controllerOf } from "../kube/owner.ts";
import { podRequests } from "../kube/pod-requests.ts";
import { isActive } from "../kube/pod-state.ts";
import { maxResources } from "../kube/resources.ts";
import { runningRequests } from "../kube/running-requests.ts";
import { workloadOf } from "../kube/workload.ts";
import type { ContractWorld } from "../policies/profile/workload-contract.ts";
import { admittedPod } from "./prediction/coming-pod.ts";
import type { PlanSettings } from "./plan-settings.ts";
import type { DaemonSetPods } from "./scheduling/daemon-overhead.ts";
import { hostPorts } from "./scheduling/host-ports.ts";
import { asksForDevices } from "./scheduling/unsupported.ts";

/** The API server counts a DaemonSet's templates here, and its controller notes on each Pod of which one it is. */
const templateGenerationAnnotation = "deprecated.daemonset.template.generation";
const templateGenerationLabel = "pod-template-generation";

/** Returns the DaemonSets with what their Pods take; those of devices that this version can't plan only where they are asked for. */
export function daemonSetPods(
  world: ContractWorld,
  { countDraDaemonSets = false }: Pick<PlanSettings, "countDraDaemonSets"> = {},
): readonly DaemonSetPods[] {
  return world.snapshot.list("DaemonSet").flatMap((daemonSet) => {
    const workload = workloadOf(daemonSet);
    if (workload === undefined) return [];
    const { spec } = admittedPod({ ...world, workload });
    if (!countDraDaemonSets && asksForDevices(spec)) return [];
    const live = livePod(daemonSet, world);
    const known = { name: `${workload.namespace}/${workload.name}`, spec };
    if (live === undefined) return [known];
    const taken = runningRequests(live);
    const requests = isOfTemplate(live, daemonSet) ? taken : maxResources(taken, podRequests(spec));
    const ports = hostPorts(live.spec);
    const isAsWritten = isEqual(requests, podRequests(spec)) && JSON.stringify(ports) === JSON.stringify(hostPorts(spec));
    return [isAsWritten ? known : { ...known, live: { requests, ports } }];
  });
}

/** The newest Pod of the newest template that has any. */
function livePod(daemonSet: DaemonSet, { snapshot }: Pick<ContractWorld, "snapshot">): Pod | undefined {
  const { uid = "" } = daemonSet.metadata;
  let newest: Pod | undefined;
  for (const pod of uid === "" ? [] : snapshot.by("Pod", "owner", uid)) {
    if (!isActive(pod) || controllerOf(pod)?.uid !== uid || heldPartOf(pod) === "outline") continue;
    if (newest === undefined || rankOf(pod, daemonSet) > rankOf(newest, daemonSet)) newest = pod;
  }
  return newest;
}

function rankOf(pod: Pod, daemonSet: DaemonSet): string {
  const { creationTimestamp = "", name = "" } = pod.metadata;
  return `${Number(isOfTemplate(pod, daemonSet))} ${creationTimestamp} ${name}`;
}

/** Is true also where no label decides. */
function isOfTemplate(pod: Pod, daemonSet: DaemonSet): boolean {
  const wanted = daemonSet.metadata.annotations?.[templateGenerationAnnotation];
  const own = pod.metadata.labels?.[templateGenerationLabel];
  return wanted === undefined || own === undefined || wanted === own;
}

function isEqual(a: Resources, b: Resources): boolean {
  return [...Object.keys(a), ...Object.keys(b)].every((name) => (a[name] ?? 0) === (b[name] ?? 0));
}
