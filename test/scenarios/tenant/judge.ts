/**
 * Judge: whether a namespace keeps what was promised, after what its team did to it.
 *
 * An independent look: no function of the product is asked. Every Pod is evicted as a drain does it, again and again until it is gone; and
 * no Pod that ever ran may have had what a rule forbids.
 */
import type { Pod } from "../../../src/api/pod.ts";
import type { Forbidden } from "./manifests.ts";
import type { Ground } from "./ground.ts";
import { atRest, pause, type Answer } from "./play.ts";
import { pathOf } from "./step.ts";

export interface Fault {
  readonly what: string;
  readonly pod: string;
}

/**
 * How long nothing may move before a drain counts as stuck. The disruption controller takes a Pod for evicted, by its name, for two minutes
 * (DeletionTimeout of pkg/controller/disruption), and a StatefulSet gives that name to the next one.
 */
const stuckMsMax = 150_000;
const againMs = 400;
const roundsToRefresh = 12;

/** Drains the namespace, and returns what was promised and did not hold. */
export async function judge(
  ground: Ground,
  of: { readonly namespace: string; readonly answers: readonly Answer[] },
): Promise<readonly Fault[]> {
  const { namespace, answers } = of;
  await atRest(ground, namespace);
  await ground.refresh(namespace);
  const before = forbiddenIn(ground, namespace, answers);
  const stuck = await drain(ground, namespace);
  const after = forbiddenIn(ground, namespace, answers);
  return [...stuck, ...(after.length > before.length ? after : before)];
}

async function drain(ground: Ground, namespace: string): Promise<readonly Fault[]> {
  const left = new Map<string, string>();
  const words = new Map<string, string>();
  for (const { pod, isGone } of ground.pods(namespace).values())
    if (!isGone && isAlive(pod)) left.set(pod.metadata.uid ?? "", pod.metadata.name ?? "");
  let movedAt = Date.now();
  let rounds = 0;
  while (left.size > 0 && Date.now() - movedAt < stuckMsMax) {
    await pause(againMs);
    if ((rounds += 1) % roundsToRefresh === 0) await ground.refresh(namespace);
    const was = left.size;
    for (const [uid, name] of [...left]) {
      if (ground.pods(namespace).get(uid)?.isGone !== false) {
        left.delete(uid);
        continue;
      }
      if (ground.pods(namespace).get(uid)?.pod.metadata.deletionTimestamp !== undefined) {
        words.set(uid, "was evicted and does not go");
        continue;
      }
      const { status, message } = await evict(ground, { namespace, name, uid });
      if (status === 404 || status === 409) left.delete(uid);
      words.set(uid, `can't be evicted: ${status} ${message}`);
      if (status === 201) movedAt = Date.now();
    }
    if (left.size < was) movedAt = Date.now();
  }
  const starting = left.size === 0 ? undefined : startingIn(ground, namespace);
  const beside =
    starting === undefined ? "" : ` (Pod ${starting.metadata.name ?? ""} waits for its kubelet: ${JSON.stringify(starting.status)})`;
  return [...left].map(([uid, name]) => ({ what: `${words.get(uid) ?? "was never asked about"}${beside}`, pod: name }));
}

/** A Pod of the namespace that waits for its kubelet: it is not ready yet, or goes and nothing else holds it. */
function startingIn(ground: Ground, namespace: string): Pod | undefined {
  const isWaiting = ({ metadata, status }: Pod): boolean =>
    metadata.deletionTimestamp === undefined
      ? !(status?.conditions ?? []).some(({ type, status: value }) => type === "Ready" && value === "True")
      : (metadata.finalizers ?? []).length === 0;
  return [...ground.pods(namespace).values()].find(({ pod, isGone }) => !isGone && isAlive(pod) && isWaiting(pod))?.pod;
}

function evict({ client }: Ground, of: { readonly namespace: string; readonly name: string; readonly uid: string }) {
  const body = {
    ...{ apiVersion: "policy/v1", kind: "Eviction", metadata: { name: of.name, namespace: of.namespace } },
    deleteOptions: { preconditions: { uid: of.uid } },
  };
  return client.send({ method: "POST", path: `${pathOf("Pod", of.namespace, of.name)}/eviction`, body });
}

function isAlive({ status }: Pod): boolean {
  return status?.phase !== "Succeeded" && status?.phase !== "Failed";
}

function forbiddenIn(ground: Ground, namespace: string, answers: readonly Answer[]): readonly Fault[] {
  const bare = new Set(
    answers
      .filter(
        ({ ask, status }) =>
          ask.kind === "Pod" && ask.verb === "create" && status === 201 && !JSON.stringify(ask.body).includes("helm.sh/hook"),
      )
      .map(({ uid }) => uid),
  );
  return [...ground.pods(namespace).values()].flatMap(({ running, pod }) => {
    const things = [...new Set(running.flatMap(forbiddenThingsOf))];
    const own = running.length > 0 && bare.has(pod.metadata.uid) ? ["nobody makes it again"] : [];
    return [...things, ...own].map((what) => ({ what: `ran with what is forbidden: ${what}`, pod: pod.metadata.name ?? "" }));
  });
}

const serving: ReadonlySet<string | undefined> = new Set(["ReplicaSet", "StatefulSet", "ReplicationController"]);

/** What a Pod has that policies.yaml, or a rule of this test, denies. */
function forbiddenThingsOf({ metadata, spec }: Pod): readonly Forbidden[] {
  const { containers, volumes = [], hostNetwork, nodeSelector } = spec;
  const controller = metadata.ownerReferences?.find((owner) => owner.controller === true)?.kind;
  const has: Readonly<Record<Forbidden, boolean>> = {
    hostPath: volumes.some(({ hostPath }) => hostPath !== undefined),
    doNotDisrupt: serving.has(controller) && metadata.annotations?.["karpenter.sh/do-not-disrupt"] === "true",
    hostNetwork: hostNetwork === true,
    privileged: containers.some((one) => (one as { securityContext?: { privileged?: boolean } }).securityContext?.privileged === true),
    noRequests: containers.some(
      ({ resources }) => resources?.requests?.["cpu"] === undefined || resources.requests["memory"] === undefined,
    ),
    pinned: nodeSelector?.["kubernetes.io/hostname"] !== undefined,
  };
  return (Object.keys(has) as Forbidden[]).filter((thing) => has[thing]);
}
