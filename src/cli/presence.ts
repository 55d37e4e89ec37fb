/**
 * Presence: this replica's sight of the API server, told to its peers and heard from them.
 *
 * Reads the probe, the watches and our own Pods of the last view. A replica that the API server answers says so to the others, over TLS
 * under our CA, with a word that only holders of our Secret can say: so a stranger can't turn a replica unready. One that is cut off needs
 * only to listen.
 */
import { request } from "node:https";
import { checkServerIdentity } from "node:tls";
import type { KindName } from "../api/kinds.ts";
import type { Instant } from "../api/ports.ts";
import type { Pod } from "../api/pod.ts";
import { startApiProbe } from "../cluster/api-probe.ts";
import { isActive } from "../kube/pod-state.ts";
import { isSameWord, keyedWord } from "../webhook/caller-word.ts";
import { registrationLabel } from "../webhook/registration.ts";
import { cutOffAlone, oldViewWords } from "../webhook/view-age.ts";
import type { ProcessParts } from "./process-parts.ts";
import { viewMetrics } from "./view-metrics.ts";

export interface Presence {
  /** Why this replica alone should get no reviews; empty where it may. */
  notReady(): readonly string[];
  /** What verdicts say of the view that they are made by; undefined while it is young. */
  oldView(): string | undefined;
  /** Takes a peer's word; false where it is nobody's that we know. */
  heard(authorization: string | undefined): boolean;
}

/** What replicas know each other by. */
export interface PeerTrust {
  /** The key of the CA, from the Secret that all replicas share; undefined while it is spoiled: no peer is believed then. */
  readonly keyPem: string | undefined;
  readonly bundlePem: string;
}

const peersMax = 10;
const wordAnswerMaxMs = 2_000;

/** Starts to look and to tell. */
export function startPresence(parts: ProcessParts, trust: () => PeerTrust): Presence {
  const { clock, cluster, kinds, log, metrics, signal } = parts;
  const heard: { at?: Instant } = {};
  const probe = startApiProbe({ ...parts, onSeen: () => tellPeers(parts, trust()) });
  const sightings = () => ({ now: clock.now(), seenAt: probe.seenAt(), failures: probe.failures(), peerSawAt: heard.at });
  const watches = (): readonly (readonly [KindName, Instant])[] =>
    kinds.flatMap((kind) => {
      const at = cluster.seenAt(kind);
      return at === undefined ? [] : [[kind, at] as const];
    });
  viewMetrics(metrics.registry, { now: () => clock.now(), seenAt: () => probe.seenAt(), watches });
  const told = { problem: "" };
  return {
    notReady: () => {
      const problem = signal.aborted ? undefined : cutOffAlone(sightings());
      if (problem !== undefined && told.problem === "") log.error({ problem }, "not ready");
      told.problem = problem ?? "";
      return problem === undefined ? [] : [problem];
    },
    oldView: () => oldViewWords(sightings(), watches()),
    heard: (authorization) => {
      const word = wordOf(trust());
      const isPeer = word !== undefined && isSameWord(authorization ?? "", word);
      if (isPeer) heard.at = clock.now();
      return isPeer;
    },
  };
}

function wordOf({ keyPem }: PeerTrust): string | undefined {
  return keyPem === undefined ? undefined : `Plimsoll ${keyedWord(keyPem, "the API server answers me")}`;
}

async function tellPeers(parts: ProcessParts, trust: PeerTrust): Promise<void> {
  await Promise.all(peersOf(parts).map((peer) => tell(peer, { parts, trust })));
}

interface Peer {
  readonly host: string;
  readonly port: number;
}

/** The other replicas, as the last view has their Pods. */
function peersOf({ cluster, namespace, identity }: ProcessParts): readonly Peer[] {
  const isOurs = ({ metadata }: Pod): boolean =>
    Object.entries(registrationLabel).every(([key, value]) => metadata.labels?.[key] === value);
  return cluster
    .snapshot()
    .list("Pod", namespace)
    .filter((pod) => isOurs(pod) && isActive(pod) && !identity.startsWith(`${pod.metadata.name ?? ""}_`))
    .flatMap(({ spec, status }) => {
      const port = spec.containers.flatMap(({ ports = [] }) => ports).find(({ name }) => name === "webhook")?.containerPort;
      return port === undefined || status?.podIP === undefined ? [] : [{ host: status.podIP, port }];
    })
    .slice(0, peersMax);
}

/** A peer that can't be reached is another's matter: its own probe, and the kubelet's. */
function tell({ host, port }: Peer, { parts, trust }: { readonly parts: ProcessParts; readonly trust: PeerTrust }): Promise<void> {
  const [name = ""] = parts.webhook.certificateNames;
  const authorization = wordOf(trust);
  if (authorization === undefined) return Promise.resolve();
  return new Promise((resolve) => {
    const asked = request({
      ...{ method: "POST", host, port, path: "/peers", agent: false, ca: trust.bundlePem, timeout: wordAnswerMaxMs },
      headers: { authorization, "content-length": "0" },
      checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate),
    });
    asked.once("timeout", () => asked.destroy());
    asked.once("response", (response) => response.resume());
    asked.on("error", () => undefined);
    asked.once("close", () => {
      resolve();
    });
    asked.end();
  });
}
