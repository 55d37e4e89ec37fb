/**
 * Stirred cases: a random case with what clusters do to plans: DaemonSets whose Pods turn out larger or smaller, with ports of their own, some of them
 * on their nodes already; nodes that have joined without labels; chains of Pods that seek each other, some of them pinned.
 *
 * Reads a case and its name. Returns another one, the same for the same name.
 */
import { capacityTypeLabel, hostnameLabel, instanceTypeLabel, zoneLabel } from "../../../src/api/labels.ts";
import type { Pod, PodSpec } from "../../../src/api/pod.ts";
import type { DaemonSetPods } from "../../../src/provisioner/scheduling/daemon-overhead.ts";
import type { NodeState } from "../../../src/provisioner/scheduling/node-state.ts";
import type { PendingPod } from "../../../src/provisioner/scheduling/pod-class.ts";
import type { SolveInput } from "../../../src/provisioner/scheduling/solve.ts";
import { categoryLabel, sizeLabel } from "./random-offers.ts";

type Draw = <T>(first: T, ...others: readonly T[]) => T;

/** Returns the case, stirred. */
export function stirred(input: SolveInput, name: string): SolveInput {
  const draw = drawer(name);
  const daemonSets = [...input.daemonSets, lateDaemonSet].map((one) => mutated(one, draw));
  return {
    ...input,
    daemonSets,
    nodes: input.nodes.map((node) => bare(withDaemons(node, { daemonSets, draw }), draw)),
    pods: [...input.pods, ...chain(draw)].sort((a, b) => (a.key < b.key ? -1 : 1)),
  };
}

/** One that some types get, by one of two terms, and no Node that lacks their labels. What a zone decides counts on every node of a type. */
const lateDaemonSet: DaemonSetPods = {
  name: "kube-system/late",
  spec: {
    containers: [{ name: "late", image: "late", resources: { requests: { cpu: "50m" } } }],
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [
            { matchExpressions: [{ key: sizeLabel, operator: "In", values: ["large"] }] },
            { matchExpressions: [{ key: categoryLabel, operator: "NotIn", values: ["c"] }] },
          ],
        },
      },
    },
  },
};

/** What a DaemonSet's Pods turn out to take. */
function mutated(daemonSet: DaemonSetPods, draw: Draw): DaemonSetPods {
  const cpu = draw(undefined, 10, 300, 900);
  if (cpu === undefined) return daemonSet;
  const ports = draw([], [], [{ port: 8080, protocol: "UDP", ip: "0.0.0.0" }]);
  return { ...daemonSet, live: { requests: { cpu, memory: draw(2 ** 20, 2 ** 29), pods: 1 }, ports } };
}

/** Some DaemonSets' Pods are there, with amounts of their own. */
function withDaemons(
  node: NodeState,
  { daemonSets, draw }: { readonly daemonSets: readonly DaemonSetPods[]; readonly draw: Draw },
): NodeState {
  if (node.requirements !== undefined) return node;
  const daemons = daemonSets.flatMap(({ name }) =>
    draw(true, false) ? [daemonPod(name.slice(name.indexOf("/") + 1), { node, draw })] : [],
  );
  return { ...node, pods: [...node.pods, ...daemons] };
}

function daemonPod(name: string, { node, draw }: { readonly node: NodeState; readonly draw: Draw }): Pod {
  const requests = { cpu: draw("20m", "200m", "600m"), memory: "64Mi" };
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      ...{ name: `${name}-${node.name}`, namespace: "kube-system", uid: `${name}-${node.name}` },
      ownerReferences: [{ apiVersion: "apps/v1", kind: "DaemonSet", name, uid: name, controller: true }],
    },
    spec: { nodeName: node.name, containers: [{ name, image: name, resources: { requests } }] },
  };
}

/** A Node that somebody else made may lack what ours have. */
function bare(node: NodeState, draw: Draw): NodeState {
  if (node.requirements !== undefined || draw(true, true, false)) return node;
  const missing = draw([zoneLabel], [capacityTypeLabel], [instanceTypeLabel, zoneLabel], [sizeLabel], []);
  return { ...node, labels: Object.fromEntries(Object.entries(node.labels).filter(([key]) => !missing.includes(key))) };
}

const apps = ["db", "web", "cache", "ui"] as const;

/** Pods each of which seeks those of the kind before it, or its own; those of one kind may be pinned. */
function chain(draw: Draw): readonly PendingPod[] {
  const length = draw(0, 2, 3, 4);
  const pinnedAt = draw(-1, 0, 1, 2);
  return apps.slice(0, length).flatMap((app, at) => {
    const sought = at === 0 ? draw(undefined, app, "any") : draw(apps[at - 1], apps[at - 1], app);
    const key = draw(zoneLabel, zoneLabel, hostnameLabel, capacityTypeLabel);
    const spec: PodSpec = {
      containers: [{ name: "main", image: "main", resources: { requests: { cpu: draw("100m", "500m", "1500m") } } }],
      ...(at === pinnedAt ? { nodeSelector: { [zoneLabel]: draw("zone-a", "zone-b", "zone-c") } } : {}),
      ...(sought === undefined ? {} : { affinity: { podAffinity: seeking(sought, key) } }),
    };
    return Array.from({ length: draw(1, 2, 4) }, (_, index): PendingPod => {
      const name = `chain-${app}-${index}`;
      return {
        key: `shop/${name}`,
        pod: { apiVersion: "v1", kind: "Pod", metadata: { name, namespace: "shop", uid: name, labels: { chain: app } }, spec },
      };
    });
  });
}

function seeking(app: string, topologyKey: string) {
  const labelSelector =
    app === "any" ? { matchExpressions: [{ key: "chain", operator: "Exists" as const }] } : { matchLabels: { chain: app } };
  return { requiredDuringSchedulingIgnoredDuringExecution: [{ topologyKey, labelSelector }] };
}

/** Draws one of several, the same ones for the same name. */
function drawer(name: string): Draw {
  let state = Array.from(name).reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) % 2_147_483_647, 7) || 1;
  return (...choices) => {
    state = (state * 48_271) % 2_147_483_647;
    const choice = choices[Math.floor((state / 2_147_483_647) * choices.length)];
    return choice ?? choices[0];
  };
}
