/**
 * Audit owner: who is asked about what an audit found.
 *
 * Reads an object and the world around it. Returns the cost owner: the object's own label, its Pods', its profile's, or its
 * namespace's. An autoscaler or a budget is of its namespace; a NodePool is of the owner that it labels its nodes with.
 */
import type { KubeObject } from "../api/object.ts";
import type { AdmissionContext } from "./admission-context.ts";
import { isObjectOf } from "./overlay-snapshot.ts";
import type { PolicySet } from "./policy-set.ts";
import { workloadContract } from "./profile/workload-contract.ts";
import { judgedWorkload } from "./workload-view.ts";

/** Returns the cost owner of an object, "" where nobody says whose it is. */
export function costOwnerOf(object: KubeObject, world: { readonly policySet: PolicySet; readonly context: AdmissionContext }): string {
  const { names, snapshot } = world.context;
  const namespace = snapshot.get("Namespace", { namespace: "", name: object.metadata.namespace ?? "" });
  return (
    object.metadata.labels?.[names.costOwnerLabel] ?? nearerOwner(object, world) ?? namespace?.metadata.labels?.[names.costOwnerLabel] ?? ""
  );
}

function nearerOwner(
  object: KubeObject,
  { policySet, context }: { readonly policySet: PolicySet; readonly context: AdmissionContext },
): string | undefined {
  const { names } = context;
  if (isObjectOf("WorkloadProfile", object, names.domain)) return object.spec.cost?.owner;
  if (isObjectOf("NodePool", object, names.domain)) return object.spec.template.metadata?.labels?.[names.costOwnerLabel];
  const workload = judgedWorkload(object, context.snapshot);
  if (workload === undefined) return undefined;
  const onPods = workload.template.metadata?.labels?.[names.costOwnerLabel];
  if (onPods !== undefined) return onPods;
  const { binding } = workloadContract({ workload, policySet, ...context });
  if (binding.kind !== "bound") return undefined;
  const { spec, metadata } = binding.profile;
  return spec.cost?.owner ?? metadata.labels?.[names.costOwnerLabel];
}
