/**
 * One apply of a Deployment with its Service, autoscaler, budget and profile on the real control plane, in many orders: all of it is let in,
 * and no Pod is ever made without its contract. Helm's order is one of them; `PLIMSOLL_LONG=1` plays 50.
 */
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { casesOf } from "../support/long-run.ts";
import { forbiddenRequests, installPlimsoll, type ServeProcess, startServe } from "../support/plimsoll-serve.ts";

const kinds = ["PodDisruptionBudget", "Service", "Deployment", "HorizontalPodAutoscaler", "WorkloadProfile"] as const;
type Kind = (typeof kinds)[number];

const replicas = 3;
const atOnce = 5;

await describeOnControlPlane("one apply in any order on the real control plane", () => {
  let controlPlane: ControlPlane;
  let serve: ServeProcess;

  beforeAll(async () => {
    controlPlane = await startControlPlane({ without: ["kwok"] });
    await installPlimsoll(controlPlane);
    serve = await startServe({ controlPlane, provider: "none" });
  });

  afterAll(async () => {
    await serve.stop();
    await controlPlane.close();
  });

  const orders = ordersOf(casesOf({ ci: 6, long: 50 }));

  it(
    `lets all in, in ${orders.length} orders, and makes no Pod without its contract`,
    { timeout: 60_000 + orders.length * 20_000 },
    async () => {
      // Most of an order's time is the wait for the autoscaler's next look.
      for (let from = 0; from < orders.length; from += atOnce) {
        await Promise.all(orders.slice(from, from + atOnce).map((order, index) => playOrder(`order-${from + index}`, order)));
      }
    },
  );

  it("was forbidden nothing", async () => {
    expect(await forbiddenRequests(controlPlane)).toEqual([]);
  });

  async function playOrder(namespace: string, order: readonly Kind[]): Promise<void> {
    const space = {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: namespace, labels: { "platform.example.com/cost-owner": "shop" } },
    };
    await apply(namespace, [space]);
    await apply(
      namespace,
      order.map((kind) => manifestOf(kind)),
    );
    const seen = new Map<string, string>();
    await expect
      .poll(
        async () => {
          for (const [name, note] of await podNotes(namespace)) seen.set(name, note);
          return seen.size;
        },
        { message: `${namespace}: ${order.join(", ")}`, timeout: 60_000, interval: 100 },
      )
      .toBe(replicas);
    expect([...seen.values()].map((note) => (note.includes('"profile":"web"') ? "compiled" : `bare: ${order.join(", ")}`))).toEqual(
      Array.from({ length: replicas }, () => "compiled"),
    );
  }

  /** As one file, which kubectl sends in its order. */
  async function apply(namespace: string, objects: readonly object[]): Promise<void> {
    const stdin = objects.map((object) => stringify(object)).join("---\n");
    const send = () => controlPlane.kubectl(["apply", "-n", namespace, "-f", "-"], { stdin });
    const first = await send();
    // A profile that came first may make its budget between kubectl's look and its write.
    const applied = /poddisruptionbudgets.policy "web" already exists/.test(first.stderr) ? await send() : first;
    expect(applied.code, `${namespace}: ${applied.stderr}`).toBe(0);
  }

  async function podNotes(namespace: string): Promise<readonly (readonly [string, string])[]> {
    const listed = await controlPlane.kubectl(["get", "pods", "-n", namespace, "-o", "json"]);
    const { items } = JSON.parse(listed.stdout) as {
      readonly items: readonly { readonly metadata: { readonly name: string; readonly annotations?: Readonly<Record<string, string>> } }[];
    };
    return items.map(({ metadata }) => [metadata.name, metadata.annotations?.["platform.example.com/compiled"] ?? ""] as const);
  }
});

/** Helm's own order first, then shuffles that follow from their number alone. */
function ordersOf(count: number): readonly (readonly Kind[])[] {
  return [kinds, ...Array.from({ length: count - 1 }, (_, seed) => shuffled(seed + 1))];
}

function shuffled(seed: number): readonly Kind[] {
  let state = seed * 2_654_435_761;
  const order: Kind[] = [...kinds];
  for (let at = order.length - 1; at > 0; at -= 1) {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    const other = Math.floor((state / 2_147_483_648) * (at + 1));
    const [a, b] = [order[at], order[other]];
    if (a !== undefined && b !== undefined) [order[at], order[other]] = [b, a];
  }
  return order;
}

function manifestOf(kind: Kind): object {
  const metadata = { name: "web" };
  const selector = { matchLabels: { app: "web" } };
  switch (kind) {
    case "PodDisruptionBudget":
      // As the profile's own, which may stand before it: kubectl would merge minAvailable into that one's maxUnavailable.
      return { apiVersion: "policy/v1", kind, metadata, spec: { maxUnavailable: 1, unhealthyPodEvictionPolicy: "AlwaysAllow", selector } };
    case "Service":
      return { apiVersion: "v1", kind, metadata, spec: { selector: selector.matchLabels, ports: [{ port: 80, targetPort: 8080 }] } };
    case "HorizontalPodAutoscaler":
      return {
        apiVersion: "autoscaling/v2",
        kind,
        metadata,
        spec: { minReplicas: replicas, maxReplicas: 9, scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" } },
      };
    case "WorkloadProfile":
      return {
        apiVersion: "platform.example.com/v1",
        kind,
        metadata,
        spec: {
          ...{ runtimeClass: "general", availability: { minReplicas: replicas }, scaling: { maxReplicas: 9 } },
          ...{ compute: { cpuRequest: "100m", memoryRequest: "128Mi" }, disruption: { adopt: true } },
        },
      };
    case "Deployment": {
      const labels = { "platform.example.com/profile": "web" };
      const readinessProbe = { httpGet: { path: "/", port: 8080 } };
      const containers = [{ name: "app", image: "registry.example.com/app:1", readinessProbe }];
      return {
        apiVersion: "apps/v1",
        kind,
        metadata,
        spec: { selector, template: { metadata: { labels: { ...selector.matchLabels, ...labels } }, spec: { containers } } },
      };
    }
  }
}
