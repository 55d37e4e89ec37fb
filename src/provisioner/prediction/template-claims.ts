/**
 * TemplateClaims: the volumes that a StatefulSet's Pods to come will mount by its volumeClaimTemplates.
 *
 * Reads the snapshot and a workload. Returns the volumes of each Pod to come, in the order of their ordinals: a claim that is there from
 * a Pod before binds the next one of its name to its volume; one that is not will be made with the Pod, as an ephemeral volume's is.
 */
import type { Volume } from "../../api/pod.ts";
import type { ClusterSnapshot } from "../../api/snapshot.ts";
import type { Workload } from "../../kube/workload.ts";

/** Returns the volumes of so many Pods to come; none for workloads without templates of claims. */
export function templateClaims(
  snapshot: ClusterSnapshot,
  { workload, count }: { readonly workload: Workload; readonly count: number },
): readonly (readonly Volume[])[] {
  const { kind, namespace, name } = workload;
  const spec = kind === "StatefulSet" ? snapshot.get("StatefulSet", { namespace, name })?.spec : undefined;
  const templates = spec?.volumeClaimTemplates ?? [];
  if (templates.length === 0) return [];
  return missingNames(snapshot, { workload, count, first: spec?.ordinals?.start ?? 0 }).map((podName) =>
    templates.map(({ metadata, spec: claim = {} }): Volume => {
      const own = metadata?.name ?? "";
      const claimName = `${own}-${podName}`;
      return snapshot.get("PersistentVolumeClaim", { namespace, name: claimName }) === undefined
        ? { name: own, ephemeral: { volumeClaimTemplate: { spec: claim } } }
        : { name: own, persistentVolumeClaim: { claimName } };
    }),
  );
}

/** Names that are free, the lowest ordinals first, as the controller makes them. */
function missingNames(
  snapshot: ClusterSnapshot,
  { workload, count, first }: { readonly workload: Workload; readonly count: number; readonly first: number },
): readonly string[] {
  const { namespace, name } = workload;
  const names: string[] = [];
  for (let ordinal = first; names.length < count; ordinal += 1) {
    const podName = `${name}-${ordinal}`;
    if (snapshot.get("Pod", { namespace, name: podName }) === undefined) names.push(podName);
  }
  return names;
}
