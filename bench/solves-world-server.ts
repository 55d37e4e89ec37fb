/**
 * The cluster of the bench "admission beside solves", in a process of its own: the embedded API server behind its HTTPS door.
 *
 * Reads the Pods that wait. Holds the admission bench's world and those Pods, which no scheduler binds, so that each look of the
 * provisioner plans them all onto what is on its way. Told "solve" or "rest" by its parent: while it rests a Karpenter seems to be alive,
 * by its Lease, and nothing is planned; otherwise a Node changes ten times a second, which wakes the provisioner again and again.
 */
import { crdKinds, crdOf } from "../src/api/crd.ts";
import { kindTable } from "../src/api/kinds.ts";
import { defaultDomain } from "../src/api/labels.ts";
import type { KubeObject } from "../src/api/object.ts";
import type { Pod } from "../src/api/pod.ts";
import { wallClock } from "../src/cluster/wall-clock.ts";
import { adminUser } from "../src/sim/in-process-door.ts";
import { openHttpsDoor } from "../src/sim/https-door.ts";
import { toJson, type JsonObject } from "../src/sim/json.ts";
import { kubeconfigText } from "../src/sim/kubeconfig.ts";
import { startWorld, type World } from "../src/sim/world.ts";
import { issueServingCertificate } from "../src/webhook/certificate.ts";
import { benchObjects } from "./admission-world.ts";

/** What the parent sends, first the Pods that wait and how many of the admission bench's workloads stand there, then what the world is to do. */
export type ToWorld = { readonly pods: readonly Pod[]; readonly workloads: number } | "solve" | "rest" | "registered";

const leasePath = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases";
const leaseName = "karpenter-leader-election";
const leaseSeconds = 6;
const renewEveryMs = 1_000;
const wakeEveryMs = 100;

interface Running {
  readonly world: World;
  timer: NodeJS.Timeout | undefined;
}

async function open({ pods, workloads }: Exclude<ToWorld, string>): Promise<Running> {
  const clock = wallClock();
  const world = startWorld({ clock, seed: "solves" });
  const transport = world.transport();
  for (const kind of crdKinds)
    await transport.request({ method: "POST", path: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions", body: crdOf(kind) });
  await transport.request({ method: "POST", path: "/api/v1/namespaces", body: namespaceOf("plimsoll-system") });
  for (const object of [...benchObjects().filter((object) => isHeld(object, workloads)), ...pods, wakingNode]) put(world, object);
  const { authority, serving } = issueServingCertificate({ names: ["127.0.0.1", "localhost"], now: clock.now() });
  const token = "t".repeat(32);
  const door = await openHttpsDoor(world.server, { ...serving, tokens: new Map([[token, adminUser]]) });
  process.send?.({ kubeconfig: kubeconfigText({ url: door.url, caPem: authority.certificatePem, token }) });
  return { world, timer: undefined };
}

/** A new leader looks at every profile once, and at Pods of all of them: that is not what is measured here. */
function isHeld({ metadata }: KubeObject, workloads: number): boolean {
  const serial = /service-(\d{4})/.exec(metadata.name ?? "")?.[1];
  return serial === undefined || Number(serial) < workloads;
}

/** Writes an object past admission and validation, with the uid that others name it by. */
function put({ server }: World, object: KubeObject): void {
  const info = Object.values(kindTable(defaultDomain)).find(({ kind }) => kind === object.kind);
  if (info === undefined) throw new Error(`no kind ${object.kind}`);
  const group = object.apiVersion.includes("/") ? (object.apiVersion.split("/")[0] ?? "") : "";
  const resource = group === "" ? info.resource : `${info.resource}.${group}`;
  const { namespace = "", name = "" } = object.metadata;
  const put = server.store.create({ resource, namespace, name }, toJson(object) as JsonObject);
  if (!put.ok) throw new Error(`${object.kind} ${namespace}/${name}: ${put.error}`);
}

function namespaceOf(name: string): KubeObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

/** A Node that takes nobody: its changes are all that is wanted of it. */
const wakingNode: KubeObject & { readonly spec: object } = {
  apiVersion: "v1",
  kind: "Node",
  metadata: { name: "wakes", uid: "wakes", labels: { turn: "0" } },
  spec: { unschedulable: true },
};

/** Changes the Node's label, or renews the Lease, until told otherwise. */
function turn(running: Running, to: "solve" | "rest"): void {
  clearInterval(running.timer);
  const transport = running.world.transport();
  let turns = 0;
  const wake = (): void => {
    const body = { metadata: { labels: { turn: String(++turns) } } };
    void transport.request({ method: "PATCH", path: "/api/v1/nodes/wakes", body, contentType: "application/merge-patch+json" });
  };
  const renew = async (holder: string): Promise<void> => {
    const spec = { holderIdentity: holder, leaseDurationSeconds: leaseSeconds, renewTime: `${new Date().toISOString().slice(0, 23)}000Z` };
    const body = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: leaseName, namespace: "kube-system" }, spec };
    const made = await transport.request({ method: "POST", path: leasePath, body });
    if (made.ok) return;
    const contentType = "application/merge-patch+json";
    await transport.request({ method: "PATCH", path: `${leasePath}/${leaseName}`, body: { spec }, contentType });
  };
  if (to === "solve") void renew("");
  else void renew("karpenter");
  running.timer = setInterval(
    () => {
      if (to === "solve") wake();
      else void renew("karpenter");
    },
    to === "solve" ? wakeEveryMs : renewEveryMs,
  );
}

/** How the API server calls whoever registered webhooks here. */
export interface Registered {
  readonly authorityPem: string;
  /** Of validations, by tier. */
  readonly paths: Readonly<Record<"closed" | "open", string>>;
}

function registered({ server }: World): Registered {
  const clients = server.store.list("validatingwebhookconfigurations.admissionregistration.k8s.io").flatMap((configuration) => {
    const { webhooks } = configuration as unknown as {
      readonly webhooks: readonly { readonly clientConfig: { readonly caBundle: string; readonly url: string } }[];
    };
    return webhooks.map(({ clientConfig: { caBundle, url } }) => ({ caBundle, path: new URL(url).pathname }));
  });
  const pathOf = (tier: string): string => clients.find(({ path }) => path.startsWith(`/validate/${tier}`))?.path ?? "";
  return {
    authorityPem: Buffer.from(clients[0]?.caBundle ?? "", "base64").toString("utf8"),
    paths: { closed: pathOf("closed"), open: pathOf("open") },
  };
}

const state: { running?: Running } = {};
process.on("message", (message: ToWorld) => {
  if (typeof message === "object") {
    void open(message).then((running) => {
      state.running = running;
    });
  } else if (state.running !== undefined) {
    if (message === "registered") process.send?.(registered(state.running.world));
    else turn(state.running, message);
  }
});
process.once("disconnect", () => process.exit(0));
