/**
 * Owner claim: whether the controller that an object names counts, which decides what the object is judged by.
 *
 * An ownerReference is a claim of whoever writes it. Reads the object, who asks, and what the API server said of their rights. A claim
 * counts where the owner stands under that uid and the one who asks is its kind's own controller, is named by policies.yaml, or may
 * update the owner's finalizers and status (one of them where the owner is of a kind that nobody judges). Else the object is judged as if it had no owner. What stands was asked about when it came.
 */
import type { KubeObject, OwnerReference } from "../api/object.ts";
import { jsonEquals } from "../kube/json-patch.ts";
import { controllerOf } from "../kube/owner.ts";
import { workloadOf } from "../kube/workload.ts";
import type { AdmissionContext } from "./admission-context.ts";
import { type AdmissionRequest, isController, type UserInfo } from "./admission-request.ts";
import { judgedOwner, podMakers, type JudgedOwner, type Maker } from "./judged-owner.ts";
import { finalizesPod } from "./pod-finalizers.ts";
import type { PolicySettings } from "./policy-set.ts";

/**
 * "none": no controller is named. "unbelieved": one is, and who asks may not speak for it. "dangling": nobody asks, and it does not stand.
 * Only a believed one takes its object out of the rules.
 */
export type OwnerClaim = "none" | "believed" | "unbelieved" | "dangling";

/** What a claim is weighed by. */
export interface ClaimWorld {
  readonly request: AdmissionRequest;
  readonly context: Pick<AdmissionContext, "snapshot" | "speaksForOwner">;
  readonly settings: Pick<PolicySettings, "controllers">;
}

/** Returns whether the controller of an object counts. */
export function ownerClaimOf(object: KubeObject, world: ClaimWorld): OwnerClaim {
  const reference = controllerOf(object);
  if (reference === undefined) return "none";
  const { request, settings } = world;
  const owner = judgedOwner(object);
  if (owner !== undefined && isMadeBy(request, owner.maker)) return "believed";
  const speaks = isNamed(request.userInfo, object.kind, settings) || world.context.speaksForOwner;
  // Nobody can look up what is not watched; the garbage collector takes what names an owner that is not there.
  if (owner === undefined) return speaks === false ? "unbelieved" : "believed";
  const stands = standingOf(owner, object, world);
  if (speaks === undefined) return stands === "same" ? "believed" : "dangling";
  if (speaks) return stands === "another" ? "unbelieved" : "believed";
  return stands === "same" && isRunByHand(object, owner, world) ? "believed" : "unbelieved";
}

/** Says whether who asks may put finalizers on the Pod of the request: who was asked about here is who brings one, and no owner. */
export function mayFinalizePod({ request, context, settings }: ClaimWorld): boolean {
  return isNamed(request.userInfo, "Pod", settings) === true || (context.speaksForOwner === true && finalizesPod(request));
}

/** Is true where an update names a controller that the object did not have. */
export function claimsAnew(object: KubeObject, oldObject: KubeObject): boolean {
  const [is, was] = [controllerOf(object), controllerOf(oldObject)];
  return is !== undefined && (was?.uid !== is.uid || was.kind !== is.kind || was.apiVersion !== is.apiVersion || was.name !== is.name);
}

/** Where installers run the controller manager under one name for all of its controllers. */
const controllerManager = "system:kube-controller-manager";
const accountPrefix = "system:serviceaccount:kube-system:";

/** Nobody else can be given these names: a ServiceAccount carries its namespace, and Kubernetes keeps system: for itself. */
function isMadeBy({ userInfo: { username, groups }, operation }: AdmissionRequest, { kind, account }: Maker): boolean {
  if (kind === "Node") return groups.includes("system:nodes");
  if (username === controllerManager) return true;
  if (account !== undefined && username === `${accountPrefix}${account}`) return true;
  return operation === "UPDATE" && ownControllers.has(username);
}

/** Kubernetes' controllers change what another of them made: Jobs of CronJobs, orphans. */
const ownControllers: ReadonlySet<string> = new Set(
  [...podMakers, "cronjob-controller", "deployment-controller", "generic-garbage-collector", "namespace-controller"].map(
    (account) => `${accountPrefix}${account}`,
  ),
);

/** Says whether policies.yaml names who asks among the controllers that make objects of a kind. */
export function isNamed(
  { username, groups }: UserInfo,
  kind: string,
  { controllers }: Pick<PolicySettings, "controllers">,
): true | undefined {
  const names = controllers.some(
    (named) => named.makes.includes(kind) && (named.users.includes(username) || named.groups.some((group) => groups.includes(group))),
  );
  return names ? true : undefined;
}

/** What an owner is looked up in. */
interface OwnerWorld {
  readonly request: Pick<AdmissionRequest, "namespace">;
  readonly context: Pick<AdmissionContext, "snapshot">;
}

/** Returns the uid of the owner that stands under the name that an object names, where the object names another uid. */
export function otherUidOf(object: KubeObject, world: OwnerWorld): string | undefined {
  const owner = judgedOwner(object);
  if (owner === undefined || standingOf(owner, object, world) !== "another") return undefined;
  return ownerObject(owner, object, world)?.metadata.uid;
}

function standingOf({ reference, maker }: JudgedOwner, object: KubeObject, world: OwnerWorld): "same" | "another" | "absent" {
  const known = ownerObject({ reference, maker }, object, world);
  if (known === undefined) return "absent";
  // Objects in files have no uid: there the name is all that is known.
  return known.metadata.uid === undefined || known.metadata.uid === reference.uid ? "same" : "another";
}

function ownerObject({ reference, maker }: JudgedOwner, object: KubeObject, { request, context }: OwnerWorld): KubeObject | undefined {
  const namespace = maker.kind === "Node" ? "" : (object.metadata.namespace ?? request.namespace);
  return context.snapshot.get(maker.kind, { namespace, name: reference.name });
}

/**
 * `kubectl create job --from=cronjob/nightly` names the CronJob as the Job's controller, by the rights of whoever types it: it brings in
 * nothing but what was judged there.
 */
function isRunByHand(object: KubeObject, owner: JudgedOwner, world: ClaimWorld): boolean {
  if (owner.maker.kind !== "CronJob") return false;
  const cronJob = ownerObject(owner, object, world);
  const [own, theirs] = [workloadOf(object), cronJob === undefined ? undefined : workloadOf(cronJob)];
  if (own === undefined || theirs === undefined || own.replicas !== theirs.replicas) return false;
  return (
    jsonEquals(own.template.spec, theirs.template.spec) &&
    jsonEquals(labelsOfTemplate(own.template.metadata?.labels), labelsOfTemplate(theirs.template.metadata?.labels)) &&
    jsonEquals(own.template.metadata?.annotations ?? {}, theirs.template.metadata?.annotations ?? {})
  );
}

const jobLabels: ReadonlySet<string> = new Set([
  ...["controller-uid", "job-name"],
  ...["batch.kubernetes.io/controller-uid", "batch.kubernetes.io/job-name"],
]);

/** Without those that the API server gives each Job before admission sees it. */
function labelsOfTemplate(labels: Readonly<Record<string, string>> = {}): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !jobLabels.has(key)));
}

/** What the API server is asked about the one who asks. */
export interface OwnerQuestion {
  readonly userInfo: UserInfo;
  /** One of them is enough. */
  readonly owners: readonly Pick<OwnerReference, "apiVersion" | "kind" | "name">[];
  readonly namespace: string;
  /**
   * Whether one of the two rights is enough. An owner that is judged in the object's place takes it out of every rule, and there are
   * roles of teams with one of the two: Argo Rollouts adds rollouts/status to the built-in `edit`.
   */
  readonly needs: "either" | "both";
}

/** Returns what to ask the API server before a request is judged, or undefined where the answer would change nothing: the usual case. */
export function ownerQuestion(request: AdmissionRequest, { context, settings }: Omit<ClaimWorld, "request">): OwnerQuestion | undefined {
  const { object, oldObject, operation, subResource, userInfo, namespace, unread } = request;
  if (object === undefined || unread !== undefined || subResource !== undefined || (operation !== "CREATE" && operation !== "UPDATE"))
    return undefined;
  const reference = controllerOf(object);
  if (finalizesPod(request) && !isController(userInfo) && isNamed(userInfo, "Pod", settings) === undefined) {
    const pod = { apiVersion: "v1", kind: "Pod", name: object.metadata.name ?? "" };
    // Its operator may have rights on its own kind alone.
    const isItsOwn = oldObject !== undefined && !claimsAnew(object, oldObject) && judgedOwner(object) === undefined;
    const owners = isItsOwn && reference !== undefined ? [pod, reference] : [pod];
    return { userInfo, owners, namespace, needs: "either" };
  }
  const owner = judgedOwner(object);
  if (reference === undefined || (owner === undefined && object.kind !== "Pod")) return undefined;
  if (operation === "UPDATE" && (oldObject === undefined || !isOtherOf(object, oldObject))) return undefined;
  const claimed = (speaksForOwner: boolean): OwnerClaim =>
    ownerClaimOf(object, { request, context: { ...context, speaksForOwner }, settings });
  if (claimed(false) === "believed" || claimed(true) !== "believed") return undefined;
  return {
    userInfo,
    owners: [reference],
    namespace: owner?.maker.kind === "Node" ? "" : namespace,
    needs: owner === undefined ? "either" : "both",
  };
}

function isOtherOf(object: KubeObject & { readonly spec?: unknown }, oldObject: KubeObject & { readonly spec?: unknown }): boolean {
  // A running Pod is judged with its workload, whoever changes it.
  return claimsAnew(object, oldObject) || (object.kind !== "Pod" && !jsonEquals(object.spec, oldObject.spec));
}
