/**
 * Buffer Pods: the virtual Pods that keep the room of a CapacityBuffer in a plan.
 *
 * Reads a Pod as the template would make it, and the buffer's name. Returns its virtual Pods: of the lowest priority there is, so that
 * every real Pod is placed before them, and marked as Karpenter marks its own. They exist in no cluster, and their keys tell them
 * from all that does.
 */
import type { ObjectKey } from "../../api/object.ts";
import type { Pod } from "../../api/pod.ts";
import type { PendingPod } from "./pod-class.ts";

const bufferKind = "CapacityBuffer";
/** The lowest that a Pod may have. */
const lowestPriority = -2_147_483_648;

/** Returns the virtual Pods of a buffer, keyed "ns/CapacityBuffer/name#i"; all share one spec, so the solver sees one class. */
export function bufferPods(
  { namespace, name }: ObjectKey,
  { pod, count }: { readonly pod: Pod; readonly count: number },
): readonly PendingPod[] {
  const { metadata } = pod;
  const annotations = {
    ...metadata.annotations,
    "karpenter.sh/capacity-buffer-fake-pod": "true",
    "karpenter.sh/capacity-buffer-name": name,
    "karpenter.sh/capacity-buffer-namespace": namespace,
  };
  const spec = { ...pod.spec, priority: lowestPriority };
  return Array.from({ length: count }, (_unused, index) => ({
    key: `${namespace}/${bufferKind}/${name}#${index}`,
    pod: { ...pod, metadata: { ...metadata, annotations, namespace, name: `${name}#${index}` }, spec },
  }));
}

/** Returns the buffer that a Pod keeps room for; undefined for a Pod that is there or to come. */
export function bufferOf({ key }: Pick<PendingPod, "key">): ObjectKey | undefined {
  // A real Pod's key has two parts.
  const [namespace = "", kind, numbered] = key.split("/");
  return kind === bufferKind && numbered !== undefined ? { namespace, name: numbered.replace(/#\d+$/, "") } : undefined;
}
