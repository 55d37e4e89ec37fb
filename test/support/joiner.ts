// Joins nodes: makes the Node of each launched NodeClaim, as an instance's kubelet would after its start.
//
// Watches (by polling) the NodeClaims that have a provider id, and Nodes; returns only a way to stop. A Node gets what the kubelet is told
// by its user data: the provider id, the claim's labels (and those requirements that leave one value), the claim's capacity, the taint
// karpenter.sh/unregistered and the claim's own taints; and the annotation that gives it one of kwok's fake kubelets. Its name is the
// instance's, never the claim's: who confuses the two must fail here.
import { setTimeout as sleep } from "node:timers/promises";
import type { ControlPlane } from "./control-plane.ts";

/** The part of a NodeClaim (karpenter.sh/v1) that a kubelet's start is made of. */
export type LaunchedNodeClaim = {
  readonly metadata: {
    readonly name: string;
    readonly uid: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly deletionTimestamp?: string;
  };
  readonly spec: {
    readonly requirements?: readonly { readonly key: string; readonly operator: string; readonly values?: readonly string[] }[];
    readonly taints?: readonly Taint[];
    readonly startupTaints?: readonly Taint[];
  };
  readonly status?: {
    readonly providerID?: string;
    readonly capacity?: Readonly<Record<string, string>>;
    readonly allocatable?: Readonly<Record<string, string>>;
  };
};

type Taint = { readonly key: string; readonly value?: string; readonly effect: string };

export type Joiner = {
  /** Stops joining; Nodes that were made stay. */
  readonly close: () => Promise<void>;
};

const pollEveryMs = 100;

/** When each claim (by uid) was first seen launched, and which have joined: an instance registers once, also when its Node is deleted. */
type Memory = { readonly launchedAtMs: Map<string, number>; readonly joined: Set<string> };

/** Starts joining. `delayMs` says how long after its launch (its provider id was seen) a claim's Node appears; by default at once. */
export function startJoiner({
  controlPlane,
  delayMs = () => 0,
}: {
  readonly controlPlane: Pick<ControlPlane, "request">;
  readonly delayMs?: (claim: LaunchedNodeClaim) => number;
}): Promise<Joiner> {
  const memory: Memory = { launchedAtMs: new Map(), joined: new Set() };
  const closing = new AbortController();
  const joining = (async () => {
    while (!closing.signal.aborted) {
      await joinOnce({ controlPlane, delayMs, memory }).catch((error: unknown) => {
        // The API server may be stopped and started under a test; the next look tries again. What else goes wrong should be seen.
        process.stderr.write(`joiner: ${String(error)}\n`);
      });
      await sleep(pollEveryMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  })();
  return Promise.resolve({
    close: async () => {
      closing.abort();
      await joining;
    },
  });
}

async function joinOnce({
  controlPlane: { request },
  delayMs,
  memory: { launchedAtMs, joined },
}: {
  readonly controlPlane: Pick<ControlPlane, "request">;
  readonly delayMs: (claim: LaunchedNodeClaim) => number;
  readonly memory: Memory;
}): Promise<void> {
  const claims = decodeClaims((await request({ method: "GET", path: "/apis/karpenter.sh/v1/nodeclaims" })).body);
  const launched = claims.filter(({ metadata, status }) => status?.providerID !== undefined && metadata.deletionTimestamp === undefined);
  const nowMs = performance.now();
  const due = launched.filter((claim) => {
    const sinceMs = launchedAtMs.get(claim.metadata.uid) ?? nowMs;
    launchedAtMs.set(claim.metadata.uid, sinceMs);
    return !joined.has(claim.metadata.uid) && nowMs - sinceMs >= delayMs(claim);
  });
  if (due.length === 0) return;
  const present = decodeProviderIds((await request({ method: "GET", path: "/api/v1/nodes" })).body);
  for (const claim of due) {
    if (!present.has(claim.status?.providerID)) {
      const { status, body } = await request({ method: "POST", path: "/api/v1/nodes", body: nodeOf(claim) });
      if (status !== 201) throw new Error(`no Node for ${claim.metadata.name} (${status}): ${JSON.stringify(body)}`);
    }
    joined.add(claim.metadata.uid);
  }
}

/** The Node that this claim's kubelet would register. */
export function nodeOf(claim: LaunchedNodeClaim): object {
  const name = nodeNameOf(claim);
  const single = (claim.spec.requirements ?? []).flatMap<readonly [string, string]>(({ key, operator, values = [] }) => {
    const [value, ...others] = values;
    return operator === "In" && value !== undefined && others.length === 0 ? [[key, value]] : [];
  });
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: {
      name,
      labels: { "kubernetes.io/os": "linux", ...Object.fromEntries(single), ...claim.metadata.labels, "kubernetes.io/hostname": name },
      annotations: { "kwok.x-k8s.io/node": "fake" },
    },
    spec: {
      providerID: claim.status?.providerID,
      taints: [
        { key: "karpenter.sh/unregistered", effect: "NoExecute" },
        ...(claim.spec.taints ?? []),
        ...(claim.spec.startupTaints ?? []),
      ],
    },
    status: {
      capacity: claim.status?.capacity,
      allocatable: claim.status?.allocatable ?? claim.status?.capacity,
      // A kubelet registers unready; a node without the condition would be taken for ready.
      conditions: [{ type: "Ready", status: "False", reason: "KubeletNotReady", message: "the kubelet has just started" }],
    },
  };
}

/** "aws:///ap-southeast-1a/i-0abc" joins as "i-0abc.ec2.internal"; a provider id without slashes as itself. */
function nodeNameOf(claim: LaunchedNodeClaim): string {
  const instance = claim.status?.providerID?.split("/").at(-1) ?? claim.metadata.uid;
  return `${instance.toLowerCase()}.ec2.internal`;
}

/** No such resource yet (the CRD isn't there) is the same as none. */
function decodeClaims(body: unknown): readonly LaunchedNodeClaim[] {
  return (body as { readonly items?: readonly LaunchedNodeClaim[] }).items ?? [];
}

function decodeProviderIds(body: unknown): ReadonlySet<string | undefined> {
  const { items = [] } = body as { readonly items?: readonly { readonly spec: { readonly providerID?: string } }[] };
  return new Set(items.map((node) => node.spec.providerID));
}
