/**
 * The lab's checkout-api on a real control plane, and what tests look at there.
 *
 * Reads examples/lab; asks the API server as the administrator. Returns plain objects, newest state.
 */
import { resolve } from "node:path";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import type { Pod } from "../../src/api/pod.ts";
import type { ControlPlane } from "./control-plane.ts";

const examples = resolve(import.meta.dirname, "../../examples");

/** Applies files of examples/, in order; throws with kubectl's words. */
export async function applyExamples(controlPlane: ControlPlane, ...paths: readonly string[]): Promise<void> {
  for (const path of paths) {
    const { code, stderr } = await controlPlane.kubectl(["apply", "-f", resolve(examples, path)]);
    if (code !== 0) throw new Error(`kubectl apply ${path}: ${stderr}`);
  }
}

/** Namespaces, EC2NodeClass and NodePools of the lab. */
export const labInfrastructure = "lab/a0-infrastructure.yaml";
/** checkout-api: 6 replicas, two a zone, of which 80 % stay available. */
export const labCheckout = "lab/a1-checkout-api.yaml";

/** The Pods of a namespace, with the resource version that the list stands at. */
export async function podsOf(
  controlPlane: ControlPlane,
  namespace: string,
): Promise<{ readonly items: readonly Pod[]; readonly resourceVersion: string }> {
  const { body } = await controlPlane.request({ method: "GET", path: `/api/v1/namespaces/${namespace}/pods` });
  const list = body as { readonly items: readonly Pod[]; readonly metadata: { readonly resourceVersion: string } };
  return { items: list.items, resourceVersion: list.metadata.resourceVersion };
}

/** The cluster's NodeClaims. */
export async function nodeClaims(controlPlane: ControlPlane): Promise<readonly NodeClaim[]> {
  const { body } = await controlPlane.request({ method: "GET", path: "/apis/karpenter.sh/v1/nodeclaims" });
  return (body as { readonly items: readonly NodeClaim[] }).items;
}

/** How many objects of a resource were ever created, as the API server's audit log has it. */
export async function everCreated(controlPlane: ControlPlane, resource: string): Promise<number> {
  const events = await controlPlane.auditEvents();
  return events.filter(
    ({ verb, stage, objectRef, responseStatus }) =>
      verb === "create" && stage === "ResponseComplete" && objectRef?.resource === resource && responseStatus?.code === 201,
  ).length;
}
