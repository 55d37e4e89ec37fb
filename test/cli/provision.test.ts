/**
 * Whether a process provisions: by its mode, and by the Leases of Karpenter's, on the embedded world's virtual clock.
 */
import { pino } from "pino";
import { describe, expect, test } from "vitest";
import { crdKinds, crdOf } from "../../src/api/crd.ts";
import type { KindName } from "../../src/api/kinds.ts";
import type { KubeObject, ObjectKey } from "../../src/api/object.ts";
import type { ApiTransport } from "../../src/api/ports.ts";
import type { ProvisioningMode } from "../../src/cli/provisioning-options.ts";
import { parsePolicySet } from "../../src/policies/parse-policy-set.ts";
import { runWorldControllers } from "../../src/sim/controllers/all-controllers.ts";
import { createVirtualClock } from "../../src/sim/virtual-clock.ts";
import { startWorld } from "../../src/sim/world.ts";
import { startLoneProvisioner } from "../scenarios/lone-provisioner.ts";
import { deployment, namespaceObject, nodePool } from "../support/objects.ts";
import { yamlText } from "../support/yaml-objects.ts";

const kinds: readonly KindName[] = [
  ...(["WorkloadProfile", "Namespace", "Node", "Pod", "Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job"] as const),
  ...(["LimitRange", "ResourceQuota", "HorizontalPodAutoscaler", "NodePool", "NodeClaim", "EC2NodeClass"] as const),
  ...(["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"] as const),
];
const parsed = parsePolicySet({ text: yamlText("policies.yaml"), fileName: "policies.yaml" });
const zone = { key: "topology.kubernetes.io/zone", operator: "In" as const, values: ["ap-southeast-1a"] };
const ownLease: ObjectKey = { namespace: "karpenter-two", name: "karpenter-two" };

interface Beside {
  readonly mode?: ProvisioningMode;
  readonly karpenterLeases?: readonly ObjectKey[];
  /** The Lease that somebody holds and renews. */
  readonly held?: ObjectKey;
  /** From when on; default at once. */
  readonly heldFromMs?: number;
  /** Leases can't be read from then on. */
  readonly unreadableFromMs?: number;
  readonly more?: (create: (object: KubeObject) => Promise<void>) => Promise<void>;
}

/** Lets a Deployment of three Pods come, and a provisioner live for two minutes; returns what it made and said. */
async function lived(of: Beside) {
  const clock = createVirtualClock();
  const startedAt = clock.now();
  const world = startWorld({ clock, seed: "modes" });
  const stop = new AbortController();
  const controllers = runWorldControllers(world.server, stop.signal);
  const create = (object: KubeObject) => post(world.transport(), object);
  for (const kind of crdKinds) await create(crdOf(kind));
  for (const object of [namespaceObject("shop"), nodePool({ requirements: [zone] }), deployment({ replicas: 3 })]) await create(object);
  const lines: string[] = [];
  if (!parsed.ok) throw new Error("policies.yaml does not parse");
  const elapsedMs = (): number => clock.now() - startedAt;
  const { mode, karpenterLeases } = of;
  const provisioner = startLoneProvisioner({
    transport: withLeases(world.transport(), { ...of, elapsedMs }),
    ...{ clock, kinds, policySet: parsed.value, joinDelayMs: 0, writesMax: Infinity },
    ...(mode === undefined ? {} : { mode }),
    ...(karpenterLeases === undefined ? {} : { karpenterLeases }),
    log: pino({ level: "info" }, { write: (line) => lines.push(line) }),
  });
  await clock.runFor(60_000);
  const before = world.server.store.list("nodeclaims.karpenter.sh").length;
  await of.more?.(create);
  await clock.runFor(60_000);
  const claims = world.server.store.list("nodeclaims.karpenter.sh").length;
  const writes = provisioner.writes();
  const ended = provisioner.stop();
  stop.abort();
  await clock.runFor(1_000);
  await Promise.all([ended, controllers]);
  const said = lines.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  return { before, claims, writes, said, messages: said.map(({ msg }) => msg) };
}

/** Answers for one Lease as an API server does where its holder renews it every two seconds. */
function withLeases(transport: ApiTransport, of: Beside & { readonly elapsedMs: () => number }): ApiTransport {
  const { held, heldFromMs = 0, unreadableFromMs = Infinity, elapsedMs } = of;
  const path = held === undefined ? "" : `/apis/coordination.k8s.io/v1/namespaces/${held.namespace}/leases/${held.name}`;
  return {
    watch: (request) => transport.watch(request),
    request: (request) => {
      if (!request.path.startsWith("/apis/coordination.k8s.io/")) return transport.request(request);
      if (elapsedMs() >= unreadableFromMs) {
        return Promise.resolve({ ok: false, status: 403, error: { code: 403, reason: "Forbidden", message: "no leases" } });
      }
      if (request.path !== path || elapsedMs() < heldFromMs) return Promise.resolve({ ok: false, status: 404, error: { code: 404 } });
      const metadata = { ...held, resourceVersion: String(Math.floor(elapsedMs() / 2_000)) };
      const spec = { holderIdentity: "karpenter-0", leaseDurationSeconds: 15 };
      return Promise.resolve({ ok: true, status: 200, body: { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec } });
    },
  };
}

async function post(transport: ApiTransport, object: KubeObject): Promise<void> {
  const paths: Readonly<Record<string, string>> = {
    CustomResourceDefinition: "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
    Namespace: "/api/v1/namespaces",
    NodePool: "/apis/karpenter.sh/v1/nodepools",
    Deployment: "/apis/apps/v1/namespaces/shop/deployments",
  };
  const answer = await transport.request({ method: "POST", path: paths[object.kind] ?? "", body: object });
  if (!answer.ok) throw new Error(`${object.kind}: ${answer.error.message ?? ""}`);
}

const refused = "not provisioning: another provisioner may be running";

describe("a process", { timeout: 60_000 }, () => {
  test("provisions by default", async () => {
    const { claims, messages } = await lived({});
    expect(claims).toBeGreaterThan(0);
    expect(messages).toContain("provisioning");
  });

  test("that only observes plans and prices, tells each plan once, and writes nothing at all", async () => {
    const { claims, writes, said } = await lived({ mode: "observe" });
    expect([claims, writes]).toEqual([0, 0]);
    const plans = said.filter(({ msg }) => msg === "would launch");
    expect(plans).toHaveLength(1);
    expect(plans[0]).toMatchObject({ nodes: 1, nodePools: { "general-flex": 1 } });
    expect(Object.entries(plans[0]?.["offerings"] ?? {})).toEqual([
      [expect.stringMatching(/^\S+ (on-demand|spot) in ap-southeast-1a$/), 1],
    ]);
    expect(plans[0]?.["pricePerHour"]).toBeGreaterThan(0);
  });

  test("that observes does so beside a live Karpenter", async () => {
    const { writes, messages } = await lived({ mode: "observe", held: { namespace: "kube-system", name: "karpenter-leader-election" } });
    expect([writes, messages.includes("would launch"), messages.includes(refused)]).toEqual([0, true, false]);
  });

  test("that is off does nothing", async () => {
    expect(await lived({ mode: "off" })).toMatchObject({ claims: 0, writes: 0, messages: [] });
  });
});

describe("a live Lease of Karpenter's", { timeout: 60_000 }, () => {
  test("keeps it from starting, where the settings name it", async () => {
    const { writes, messages } = await lived({ held: ownLease, karpenterLeases: [ownLease] });
    expect([writes, messages.includes(refused)]).toEqual([0, true]);
  });

  test("does not, where they name another", async () => {
    expect((await lived({ held: ownLease })).claims).toBeGreaterThan(0);
  });

  test("stops it when it comes alive: what is wanted then is Karpenter's to buy", async () => {
    const more = (create: (object: KubeObject) => Promise<void>) =>
      create(deployment({ name: "large", replicas: 5, requests: { cpu: "7", memory: "24Gi" } }));
    const stopped = await lived({ held: ownLease, heldFromMs: 30_000, karpenterLeases: [ownLease], more });
    expect(stopped.before).toBeGreaterThan(0);
    expect(stopped.claims).toBe(stopped.before);
    expect(stopped.messages).toContain("Karpenter has come alive; provisioning stops");
    const alone = await lived({ more });
    expect(alone.claims).toBeGreaterThan(alone.before);
  });

  test("that can't be read any more stops it too, since nobody knows", async () => {
    const lost = "nobody knows whether Karpenter is alive; provisioning stops";
    const { messages } = await lived({ unreadableFromMs: 15_000 });
    const ofProvisioning = messages.filter((message) => message === "provisioning" || message === lost || message === refused);
    expect(ofProvisioning.slice(0, 3)).toEqual(["provisioning", lost, refused]);
  });
});
