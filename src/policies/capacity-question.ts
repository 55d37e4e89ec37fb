/**
 * Capacity question: whether whoever asks for admission should be told what it needs and costs.
 *
 * Reads a request that is let in, the policies and the cluster. Returns the workload as it would be stored, where it asks for more Pods
 * than before and settings.capacityAdvice is on; the provisioner knows the rest. Controllers are told nothing: nobody reads it.
 */
import type { KubeObject } from "../api/object.ts";
import { controllerOf } from "../kube/owner.ts";
import { workloadOf } from "../kube/workload.ts";
import { isController, type AdmissionRequest } from "./admission-request.ts";
import type { PolicySettings } from "./policy-set.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";

const askingKinds: ReadonlySet<string> = new Set(["Deployment", "StatefulSet", "ReplicaSet", "Job"]);

/** Returns the workload to ask about, or undefined where nothing is to be told. */
export function capacityQuestion(input: {
  readonly request: AdmissionRequest;
  readonly snapshot: ClusterSnapshot;
  readonly settings: Pick<PolicySettings, "capacityAdvice">;
}): KubeObject | undefined {
  const { request, settings } = input;
  if (settings.capacityAdvice === "off" || isController(request.userInfo)) return undefined;
  return growingWorkload(input);
}

/** Returns the workload as a request would leave it, where that has more Pods than before; a controller's child is its owner's matter. */
export function growingWorkload({
  request,
  snapshot,
}: {
  readonly request: AdmissionRequest;
  readonly snapshot: ClusterSnapshot;
}): KubeObject | undefined {
  const { operation, object, oldObject, subResource, unread } = request;
  if ((operation !== "CREATE" && operation !== "UPDATE") || object === undefined || unread !== undefined) return undefined;
  if (subResource === "scale") return scaledWorkload(request, snapshot);
  if (subResource !== undefined || !askingKinds.has(object.kind) || controllerOf(object) !== undefined) return undefined;
  const [wanted, before] = [replicasOf(object), oldObject === undefined ? 0 : replicasOf(oldObject)];
  return object.metadata.deletionTimestamp === undefined && wanted > before ? object : undefined;
}

function replicasOf(object: KubeObject): number {
  return workloadOf(object)?.replicas ?? 0;
}

const scaledKinds = { deployments: "Deployment", statefulsets: "StatefulSet", replicasets: "ReplicaSet" } as const;

function scaledWorkload({ object, resource, namespace, name }: AdmissionRequest, snapshot: ClusterSnapshot): KubeObject | undefined {
  const to = scaleOf(object);
  if (to === undefined) return undefined;
  switch (resource.resource) {
    case "deployments":
    case "statefulsets":
    case "replicasets": {
      const known = snapshot.get(scaledKinds[resource.resource], { namespace, name });
      if (known === undefined || controllerOf(known) !== undefined || to <= (known.spec.replicas ?? 1)) return undefined;
      const metadata = { ...known.metadata, generation: (known.metadata.generation ?? 0) + 1 };
      const scaled: KubeObject & { readonly spec: object } = { ...known, metadata, spec: { ...known.spec, replicas: to } };
      return scaled;
    }
    default:
      return undefined;
  }
}

function scaleOf(object: KubeObject | undefined): number | undefined {
  if (object?.kind !== "Scale" || !("spec" in object)) return undefined;
  const { spec } = object;
  if (typeof spec !== "object" || spec === null || !("replicas" in spec)) return undefined;
  return typeof spec.replicas === "number" ? spec.replicas : undefined;
}
