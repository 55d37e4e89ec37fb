/**
 * Hint keeper: the product's placement hints over a control plane on which only Pods and Nodes are real.
 *
 * Takes the events of a watch of Pods, and NodeClaims as the product makes them of a plan, which stand nowhere. Writes through the
 * product's client. Nodes open as the controller of NodeClaims opens them: hints first, then what lets the scheduler look; and what is
 * news to that controller's trigger is looked at again, node by node.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { platformNames } from "../../../src/api/labels.ts";
import type { Change } from "../../../src/api/controller.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import type { Pod } from "../../../src/api/pod.ts";
import type { ApiTransport } from "../../../src/api/ports.ts";
import { apiClient } from "../../../src/cluster/api-client.ts";
import { objectTree } from "../../../src/kube/snapshot-of.ts";
import { placementHints, type ToldNode } from "../../../src/provisioner/controllers/placement-hints.ts";
import { hintNews } from "../../../src/provisioner/lifecycle/placement-hint.ts";
import type { ControlPlane } from "../../support/control-plane.ts";
import type { WatchEvent } from "../../support/watch-stream.ts";

export interface HintKeeper {
  readonly see: (event: WatchEvent) => void;
  /** Opens a node: tells its Pods, then does what makes it open. */
  readonly open: (of: { readonly nodeName: string; readonly nodeClaim: NodeClaim; readonly open: () => Promise<void> }) => Promise<void>;
  /** Gives no more hints of the nodes that were opened so far, once those under way are written. */
  readonly end: () => Promise<void>;
}

/** Makes the keeper of one control plane. */
export function hintKeeper(controlPlane: Pick<ControlPlane, "request">): HintKeeper {
  const names = platformNames();
  const tree = objectTree();
  tree.learn("Pod");
  const client = apiClient({ domain: names.domain, transport: transportOf(controlPlane) });
  const clock = { now: () => Date.now(), sleep: () => Promise.reject(new Error("nothing waits here")) };
  const hints = placementHints({ client, names, clock, snapshot: () => tree.snapshot() });
  const claims = new Map<string, NodeClaim>();
  const looks = new Map<string, Promise<number>>();

  const closed = new Set<string>();

  const toldNode = (name: string): readonly ToldNode[] => {
    const nodeClaim = claims.get(name);
    return nodeClaim === undefined ? [] : [{ nodeClaim, node: { apiVersion: "v1", kind: "Node", metadata: { name } } }];
  };
  const give = async (nodeName: string): Promise<number> => {
    const [own] = toldNode(nodeName);
    if (own === undefined) return 0;
    const others = closed.has(nodeName) ? [...closed].filter((name) => name !== nodeName).flatMap(toldNode) : [];
    const { events, leadMs } = await hints.give({ ...own, closed: others });
    if (events.length > 0) throw new Error(events.map(({ message }) => message).join());
    return leadMs;
  };
  /** As in a queue by key: one look at a node after the other. Returns how long the node should not open yet. */
  const look = (nodeName: string): Promise<number> => {
    const next = (looks.get(nodeName) ?? Promise.resolve()).then(() => give(nodeName));
    looks.set(nodeName, next);
    return next;
  };
  return {
    see: (event) => {
      const nodeName = hintNews(changeOf(event, tree));
      if (nodeName !== undefined && claims.has(nodeName)) void look(nodeName);
    },
    open: async ({ nodeName, nodeClaim, open }) => {
      claims.set(nodeName, nodeClaim);
      closed.add(nodeName);
      for (let leadMs = await look(nodeName); leadMs > 0; leadMs = await look(nodeName)) await sleep(leadMs);
      closed.delete(nodeName);
      await open();
    },
    end: async () => {
      claims.clear();
      await Promise.all(looks.values());
      looks.clear();
    },
  };
}

function changeOf({ type, object }: WatchEvent, tree: ReturnType<typeof objectTree>): Change<Pod> {
  const pod = object as Pod;
  const { namespace = "", name = "" } = pod.metadata;
  if (type === "DELETED") {
    tree.remove("Pod", { namespace, name });
    return { kind: "deleted", object: pod };
  }
  const before = tree.put("Pod", pod);
  return before === undefined ? { kind: "added", object: pod } : { kind: "updated", object: pod, before };
}

function transportOf({ request }: Pick<ControlPlane, "request">): ApiTransport {
  return {
    request: async ({ method, path, body, contentType }) => {
      const answer = await request({
        ...{ method, path },
        ...(body === undefined ? {} : { body }),
        ...(contentType === undefined ? {} : { contentType }),
      });
      const { status } = answer;
      return status < 300 ? { ok: true, status, body: answer.body } : { ok: false, status, error: { code: status } };
    },
    watch: () => {
      throw new Error("Pods are watched by the test");
    },
  };
}
