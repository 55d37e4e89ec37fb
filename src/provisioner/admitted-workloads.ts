/**
 * Admitted workloads: those that admission has just let in, and that no watch has brought yet; and who has a say in their Pods.
 *
 * Reads what the webhook and the API server say, and the snapshot. Returns the snapshot with them in it, so that their Pods are planned for at once. The
 * watch confirms: one that it brings, in this or a later generation, is forgotten, and so is one that it does not bring in time,
 * since somebody after us has refused it.
 */
import { isKindName } from "../api/kinds.ts";
import type { PlatformNames } from "../api/labels.ts";
import type { KubeObject } from "../api/object.ts";
import type { Instant } from "../api/ports.ts";
import type { ResourceQuota } from "../api/resource-quota.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import type { WebhookRule } from "../api/webhook-configuration.ts";
import { isOlderVersion } from "../kube/resource-version.ts";
import { matchesSelector } from "../kube/selector.ts";
import { overlaySnapshot } from "../policies/overlay-snapshot.ts";

/** An admitted object that no watch brings for this long was not stored. */
export const confirmationMaxMs = 5_000;
/** More at once are left to the watch. */
export const admittedMax = 100;

export interface AdmittedWorkload {
  readonly object: KubeObject;
  readonly at: Instant;
  /** The API server has shown it: nobody can refuse it any more. */
  readonly isStored?: boolean;
}

/** Returns those that are still to be confirmed. */
export function unconfirmed(
  admitted: readonly AdmittedWorkload[],
  { snapshot, now }: { readonly snapshot: ClusterSnapshot; readonly now: Instant },
): readonly AdmittedWorkload[] {
  return admitted.filter(({ object, at, isStored = false }) => {
    const isThere = isStored ? isStoredIn(snapshot, object) : isConfirmed(object, snapshot);
    return now - at < confirmationMaxMs && !isThere;
  });
}

/** Says whether the snapshot has a stored object as it was shown, or a later state of it; many kinds keep no generation. */
export function isStoredIn(snapshot: ClusterSnapshot, { kind, metadata }: KubeObject): boolean {
  if (!isKindName(kind)) return true;
  const known = snapshot.get(kind, { namespace: metadata.namespace ?? "", name: metadata.name ?? "" });
  return known !== undefined && !isOlderVersion(known.metadata.resourceVersion, metadata.resourceVersion);
}

/** Returns the snapshot as it will be once the watch has brought them. */
export function withAdmitted(snapshot: ClusterSnapshot, admitted: readonly AdmittedWorkload[], domain: string): ClusterSnapshot {
  return admitted.reduce((world, { object }) => overlaySnapshot(world, { put: object, domain }), snapshot);
}

/**
 * Says whether somebody whom the API server asks besides us, or after us, may yet refuse the object: then the watch is waited for, since
 * nothing is to be bought for what is never stored.
 */
export function mayBeRefused(
  { kind, metadata: { namespace = "", labels = {} } }: KubeObject,
  { snapshot, names }: { readonly snapshot: ClusterSnapshot; readonly names: Pick<PlatformNames, "validatingWebhook"> },
): boolean {
  const countsObjects = ({ spec }: ResourceQuota): boolean => Object.keys(spec?.hard ?? {}).some((name) => name.startsWith("count/"));
  if (snapshot.list("ResourceQuota", namespace).some(countsObjects)) return true;
  const namespaceLabels = snapshot.get("Namespace", { namespace: "", name: namespace })?.metadata.labels ?? {};
  const webhooks = snapshot.list("ValidatingWebhookConfiguration").flatMap((one) => one.webhooks ?? []);
  return webhooks.some(({ name, rules = [], namespaceSelector = {}, objectSelector = {} }) => {
    if (name === names.validatingWebhook || !rules.some((rule) => concerns(rule, kind))) return false;
    return matchesSelector(namespaceSelector, namespaceLabels) && matchesSelector(objectSelector, labels);
  });
}

/** Scales are requests for the workload's subresource. */
function concerns({ resources = [] }: WebhookRule, kind: string): boolean {
  const resource = `${kind.toLowerCase()}s`;
  return resources.some((one) => ["*", "*/*", resource, `${resource}/*`, `${resource}/scale`, "*/scale"].includes(one));
}

function isConfirmed({ kind, metadata }: KubeObject, snapshot: ClusterSnapshot): boolean {
  if (!isKindName(kind)) return true;
  const known = snapshot.get(kind, { namespace: metadata.namespace ?? "", name: metadata.name ?? "" });
  if (known === undefined) return false;
  // Made again under its name: what was admitted is history, or not there yet; its own watch tells.
  if (known.metadata.uid !== metadata.uid) return true;
  return (known.metadata.generation ?? 0) >= (metadata.generation ?? 0);
}
