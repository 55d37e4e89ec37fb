/**
 * Admission: what the in-tree plugins and the webhooks make of a write.
 *
 * Reads the call and the object before it is stored. Returns the object as mutated, or a refusal. The order is the real server's: in-tree
 * mutation, mutating webhooks, and before the store in-tree validation, then validating webhooks.
 */
import { err, ok } from "../api/result.ts";
import { forbidden } from "./api-failure.ts";
import type { Call, Outcome } from "./api-server.ts";
import type { AdmittedWrite } from "./admitted-write.ts";
import { withPodAdmission } from "./pod-admission.ts";
import type { JsonObject } from "./json.ts";
import { mutateByWebhooks, validateByWebhooks } from "./admission-webhooks.ts";
import { stringAt } from "./json.ts";

/** Runs the mutating phase; returns the object that goes on. */
export async function admitMutating(call: Call, write: AdmittedWrite & { readonly object: JsonObject }): Promise<Outcome<JsonObject>> {
  const placed = checkNamespace(call, write);
  if (!placed.ok) return placed;
  if (write.operation !== "CREATE" || call.served.storage !== "pods" || call.subresource !== "") return mutateByWebhooks(call, write);
  const inTree = withPodAdmission(write.object, call.server.store);
  if (!inTree.ok) return err(forbidden(call.served, stringAt(write.object, "metadata", "name") ?? "", inTree.error));
  return mutateByWebhooks(call, { ...write, object: inTree.value });
}

/** Runs the validating phase. */
export async function admitValidating(call: Call, write: AdmittedWrite): Promise<Outcome<undefined>> {
  return validateByWebhooks(call, write);
}

/** NamespaceLifecycle: nothing is created where no namespace is, or in one that ends. */
function checkNamespace(call: Call, { operation, object }: AdmittedWrite): Outcome<undefined> {
  const { served, namespace, server } = call;
  if (operation !== "CREATE" || !served.namespaced) return ok(undefined);
  const found = server.store.get({ resource: "namespaces", namespace: "", name: namespace });
  if (found === undefined) {
    return err({
      code: 404,
      reason: "NotFound",
      message: `namespaces "${namespace}" not found`,
      details: { name: namespace, kind: "namespaces" },
    });
  }
  if (stringAt(found, "metadata", "deletionTimestamp") === undefined) return ok(undefined);
  const name = stringAt(object, "metadata", "name") ?? "";
  const refusal = forbidden(served, name, `unable to create new content in namespace ${namespace} because it is being terminated`);
  return err({
    ...refusal,
    details: {
      ...refusal.details,
      causes: [{ reason: "NamespaceTerminating", message: `namespace ${namespace} is being terminated`, field: "metadata.namespace" }],
    },
  });
}
