// Joins nodes: makes the Node of each launched NodeClaim, as an instance's kubelet would after its start.
//
// Watches (by polling) the NodeClaims that have a provider id, and Nodes; returns only a way to stop. A Node gets what the kubelet is told
// by its user data: the provider id, the claim's labels (and those requirements that leave one value), the claim's capacity, the taint
// karpenter.sh/unregistered and the claim's own taints; and the annotation that gives it one of kwok's fake kubelets. Its name is the
// instance's, never the claim's: who confuses the two must fail here. A node may also fail to join, in one of eight ways (join-failures.ts),
// and then its instance shows why; an instance that has ended never joins.
import { setTimeout as sleep } from "node:timers/promises";
import { hashOf } from "../../src/api/hash.ts";
import type { ControlPlane } from "./control-plane.ts";
import type { InstanceHealth } from "./ec2-health.ts";
import { evidenceOf, type JoinFailure } from "./join-failures.ts";

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

/** How nodes join. */
export type JoinerOptions = {
  readonly controlPlane: Pick<ControlPlane, "request">;
  /** How long after its launch (its provider id was seen) a claim's Node appears; by default at once. */
  readonly delayMs?: (claim: LaunchedNodeClaim) => number;
  /** How a claim's node fails to join; by default none does. */
  readonly fails?: (claim: LaunchedNodeClaim) => JoinFailure | undefined;
  /** Where EC2 lets an instance show what became of it: the stand-in's `show`. Needed with `fails`. */
  readonly show?: (instanceID: string, health: InstanceHealth) => void;
  /** Says whether EC2 still has an instance; by default it has. */
  readonly isRunning?: (instanceID: string) => boolean | Promise<boolean>;
};

/** Starts joining. */
export function startJoiner(options: JoinerOptions): Promise<Joiner> {
  const memory: Memory = { launchedAtMs: new Map(), joined: new Set() };
  const closing = new AbortController();
  const joining = (async () => {
    while (!closing.signal.aborted) {
      await joinOnce(options, memory).catch((error: unknown) => {
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

async function joinOnce(options: JoinerOptions, { launchedAtMs, joined }: Memory): Promise<void> {
  const { delayMs = () => 0, isRunning = () => true } = options;
  const { request } = options.controlPlane;
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
    const instanceID = instanceIDOf(claim);
    const failure = options.fails?.(claim);
    if (failure !== undefined) {
      if (options.show === undefined) throw new Error("a node that fails to join needs `show`, or nobody can see why");
      options.show(instanceID, evidenceOf(failure));
    } else if ((await isRunning(instanceID)) && !present.has(claim.status?.providerID)) {
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
      nodeInfo: { ...nodeInfo, architecture: claim.metadata.labels?.["kubernetes.io/arch"] ?? "amd64", bootID: bootIDOf(claim) },
      capacity: claim.status?.capacity,
      allocatable: claim.status?.allocatable ?? claim.status?.capacity,
      // A kubelet registers unready; a node without the condition would be taken for ready.
      conditions: [{ type: "Ready", status: "False", reason: "KubeletNotReady", message: "the kubelet has just started" }],
    },
  };
}

/** "aws:///ap-southeast-1a/i-0abc" joins as "i-0abc.ec2.internal"; a provider id without slashes as itself. */
function nodeNameOf(claim: LaunchedNodeClaim): string {
  return `${instanceIDOf(claim).toLowerCase()}.ec2.internal`;
}

function instanceIDOf(claim: LaunchedNodeClaim): string {
  return claim.status?.providerID?.split("/").at(-1) ?? claim.metadata.uid;
}

/** What a kubelet says of its machine; the API server wants each of these named. */
const nodeInfo = {
  machineID: "",
  systemUUID: "",
  kernelVersion: "",
  osImage: "",
  containerRuntimeVersion: "",
  kubeletVersion: "",
  kubeProxyVersion: "",
  operatingSystem: "linux",
};

/** For ever the same for an instance: it boots once. */
function bootIDOf(claim: LaunchedNodeClaim): string {
  const hash = hashOf(claim.status?.providerID ?? claim.metadata.uid);
  return [hash.slice(0, 8), hash.slice(8, 12), `4${hash.slice(13, 16)}`, `8${hash.slice(17, 20)}`, hash.slice(20, 32)].join("-");
}

/** No such resource yet (the CRD isn't there) is the same as none. */
function decodeClaims(body: unknown): readonly LaunchedNodeClaim[] {
  return (body as { readonly items?: readonly LaunchedNodeClaim[] }).items ?? [];
}

function decodeProviderIds(body: unknown): ReadonlySet<string | undefined> {
  const { items = [] } = body as { readonly items?: readonly { readonly spec: { readonly providerID?: string } }[] };
  return new Set(items.map((node) => node.spec.providerID));
}
