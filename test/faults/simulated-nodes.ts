/**
 * The Nodes of simulated instances: a kubelet that registers some time after its instance runs, and the cloud's controller that takes the Node
 * of an ended instance away.
 *
 * Reads changes of instances. Writes Nodes as an administrator: with the provider id, the taint karpenter.sh/unregistered and what the cloud's
 * controller knows (type, zone), but no label of a NodeClaim, which EC2's Nodes lack until they are registered. The annotation gives a Node one
 * of the embedded world's kubelets; losing it, the Node is dead, and its Pods are not ready.
 */
import type { InstanceType } from "../../src/api/instance-type.ts";
import {
  archLabel,
  hostnameLabel,
  instanceTypeLabel,
  kwokNodeAnnotation,
  osLabel,
  regionLabel,
  unregisteredTaintKey,
  zoneLabel,
} from "../../src/api/labels.ts";
import type { Node } from "../../src/api/node.ts";
import type { Pod } from "../../src/api/pod.ts";
import type { ApiTransport, Clock } from "../../src/api/ports.ts";
import { regionOfZone } from "../../src/catalog/instance-types.ts";
import { toResourceList } from "../../src/kube/resources.ts";
import type { SimulatedInstance } from "./simulated-ec2.ts";

export interface SimulatedNodes {
  /** To be told of each change of an instance. */
  readonly onState: (instance: SimulatedInstance) => void;
}

export interface NodesOptions {
  readonly clock: Clock;
  readonly transport: ApiTransport;
  readonly typeOf: (name: string) => InstanceType;
  readonly podsOn: (node: string) => readonly Pod[];
  /** Ends an instance as the cloud does. */
  readonly kill: (id: string) => void;
}

/** How long the cloud's controller takes to see that an instance is gone. */
const cloudControllerMs = 5_000;
const mergePatch = "application/merge-patch+json";

/** Returns the name of an instance's Node. */
export function nodeNameOf({ id }: Pick<SimulatedInstance, "id">): string {
  return `${id}.ec2.internal`;
}

/** Makes what keeps Nodes as their instances are. */
export function simulatedNodes(options: NodesOptions): SimulatedNodes {
  return {
    onState: (instance) => {
      if (instance.state === "running") void join(options, instance);
      if (instance.state === "shutting-down") void goDead(options, instance);
      if (instance.state === "terminated") void takeAway(options, instance);
    },
  };
}

async function join({ clock, transport, typeOf, kill }: NodesOptions, instance: SimulatedInstance): Promise<void> {
  const { fate } = instance;
  if (fate.joinMs === undefined) return;
  await clock.sleep(fate.joinMs);
  if (instance.state !== "running") return;
  await transport.request({ method: "POST", path: "/api/v1/nodes", body: nodeOf(instance, typeOf(instance.instanceType)) });
  if (fate.diesAfterMs === undefined) return;
  await clock.sleep(fate.diesAfterMs);
  kill(instance.id);
}

/** The kubelet is gone: the node controller says so of the Node, and of its Pods. */
async function goDead({ transport, podsOn }: NodesOptions, instance: SimulatedInstance): Promise<void> {
  const name = nodeNameOf(instance);
  const path = `/api/v1/nodes/${name}`;
  const dead = { metadata: { annotations: { [kwokNodeAnnotation]: null } } };
  const marked = await transport.request({ method: "PATCH", path, contentType: mergePatch, body: dead });
  if (!marked.ok) return;
  const node = marked.body as Node;
  const conditions = (node.status?.conditions ?? []).map((one) => (one.type === "Ready" ? { ...one, status: "Unknown" } : one));
  await transport.request({ method: "PATCH", path: `${path}/status`, contentType: mergePatch, body: { status: { conditions } } });
  for (const { metadata, status } of podsOn(name)) {
    const unready = (status?.conditions ?? []).map((one) => (one.type === "Ready" ? { ...one, status: "False" } : one));
    const pod = `/api/v1/namespaces/${metadata.namespace ?? ""}/pods/${metadata.name ?? ""}/status`;
    await transport.request({ method: "PATCH", path: pod, contentType: mergePatch, body: { status: { conditions: unready } } });
  }
}

async function takeAway({ clock, transport }: NodesOptions, instance: SimulatedInstance): Promise<void> {
  await clock.sleep(cloudControllerMs);
  await transport.request({ method: "DELETE", path: `/api/v1/nodes/${nodeNameOf(instance)}` });
}

function nodeOf(instance: SimulatedInstance, { capacity, allocatable }: InstanceType): Node {
  const { id, zone, instanceType } = instance;
  const name = nodeNameOf(instance);
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: {
        [osLabel]: "linux",
        [archLabel]: "amd64",
        [hostnameLabel]: name,
        [instanceTypeLabel]: instanceType,
        [zoneLabel]: zone,
        [regionLabel]: regionOfZone(zone),
      },
      annotations: { [kwokNodeAnnotation]: "fake" },
    },
    spec: { providerID: `aws:///${zone}/${id}`, taints: [{ key: unregisteredTaintKey, effect: "NoExecute" }] },
    status: {
      capacity: toResourceList(capacity),
      allocatable: toResourceList(allocatable),
      conditions: [{ type: "Ready", status: "False", reason: "KubeletNotReady", message: "the kubelet has just started" }],
    },
  };
}
