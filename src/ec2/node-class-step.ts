/**
 * The one thing that an EC2NodeClass needs next.
 *
 * Reads what was observed. Returns a step as data. Pure. What comes first is what the rest stands on: the finalizer before anything is
 * made for the class, the claims' hashes before the class's own, the profile before the dry runs that try it.
 */
import type { ControllerStep } from "../api/controller.ts";
import type { EC2NodeClass } from "../api/ec2-node-class.ts";
import type { EventNote } from "../api/event-note.ts";
import { canonicalJson } from "../api/hash.ts";
import { nodeClassFinalizer, nodeClassHashAnnotation, nodeClassHashVersionAnnotation } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { Instant } from "../api/ports.ts";
import type { ConditionWords } from "./condition-words.ts";
import type { ProfilePlan, ProfileState } from "./instance-profiles.ts";
import { checkNodeClass, profileFinding } from "./node-class-checks.ts";
import { profileUnseen, type DryRun, type DryRunOutcome } from "./node-class-dry-run.ts";
import type { NodeClassFindings } from "./node-class-findings.ts";
import { nodeClassHash, nodeClassHashVersion } from "./node-class-hash.ts";
import { conditionWords, nodeClassStatus, type NodeClassStatus } from "./node-class-status.ts";

export type ObservedNodeClass = { readonly nodeClass: EC2NodeClass; readonly nodeClaims: readonly NodeClaim[] } & (
  | { readonly kind: "going" }
  | {
      readonly kind: "standing";
      readonly findings: NodeClassFindings;
      readonly profile: ProfileState;
      readonly outcomeOf: (key: string) => DryRunOutcome | undefined;
    }
);

type Standing = Extract<ObservedNodeClass, { readonly kind: "standing" }>;

export type NodeClassStep = ControllerStep & { readonly nodeClass: EC2NodeClass } & (
    | { readonly kind: "await-claims" }
    | { readonly kind: "finalize" }
    | { readonly kind: "gone" }
    | { readonly kind: "add-finalizer" }
    | { readonly kind: "stamp-claims"; readonly stamps: readonly { readonly name: string; readonly annotations: Annotations }[] }
    | { readonly kind: "annotate"; readonly annotations: Annotations }
    | { readonly kind: "make-profile"; readonly plan: ProfilePlan }
    | { readonly kind: "dry-run"; readonly key: string; readonly dryRun: DryRun }
    | { readonly kind: "write-status"; readonly status: NodeClassStatus; readonly recheckMs: number }
    | { readonly kind: "settled"; readonly recheckMs: number }
  );

type Annotations = Readonly<Record<string, string>>;

/** What a class selects may change without a change that we watch (Karpenter's interval). */
const recheckMs = 60_000;
/** EC2 sees a new instance profile within seconds. */
const unseenRecheckMs = 5_000;
/** Names of claims in an Event; the rest are counted. */
const namesMax = 5;

/** Returns the next step; every class ends settled or gone. */
export function nextNodeClassStep(observed: ObservedNodeClass, now: Instant): NodeClassStep {
  const { nodeClass, nodeClaims } = observed;
  const hasFinalizer = nodeClass.metadata.finalizers?.includes(nodeClassFinalizer) === true;
  if (observed.kind === "going") {
    if (!hasFinalizer) return { kind: "gone", nodeClass };
    return nodeClaims.length > 0 ? awaitClaims(nodeClass, nodeClaims) : { kind: "finalize", nodeClass };
  }
  if (!hasFinalizer) return { kind: "add-finalizer", nodeClass };
  return nextStampStep(observed) ?? nextFindingStep(observed, now);
}

function awaitClaims(nodeClass: EC2NodeClass, nodeClaims: readonly NodeClaim[]): NodeClassStep {
  const names = nodeClaims.map(({ metadata }) => metadata.name ?? "").sort();
  const shown = names.slice(0, namesMax).join(", ");
  const message = `Waiting on NodeClaim termination for ${names.length > namesMax ? `${shown} and ${names.length - namesMax} other(s)` : shown}`;
  return {
    kind: "await-claims",
    nodeClass,
    events: [noteOf(nodeClass, { type: "Normal", reason: "WaitingOnNodeClaimTermination", message })],
  };
}

/** A hash of another version says nothing of drift: claims get the new one before their class does, or keep the drift they have. */
function nextStampStep({ nodeClass, nodeClaims, findings }: Standing): NodeClassStep | undefined {
  // The certificate authority is part of the hash: guessed wrongly, every node would look drifted.
  if (findings.clusterUnanswered !== undefined) return undefined;
  const known = nodeClass.metadata.annotations ?? {};
  const annotations = {
    [nodeClassHashAnnotation]: nodeClassHash(nodeClass, findings.cluster.certificateAuthority),
    [nodeClassHashVersionAnnotation]: nodeClassHashVersion,
  };
  if (known[nodeClassHashVersionAnnotation] !== nodeClassHashVersion) {
    const old = nodeClaims.filter(({ metadata }) => metadata.annotations?.[nodeClassHashVersionAnnotation] !== nodeClassHashVersion);
    const stamps = old.map((claim) => ({ name: claim.metadata.name ?? "", annotations: stampOf(claim, annotations) }));
    if (stamps.length > 0) return { kind: "stamp-claims", nodeClass, stamps };
  }
  return Object.entries(annotations).every(([key, value]) => known[key] === value)
    ? undefined
    : { kind: "annotate", nodeClass, annotations };
}

function stampOf({ status }: NodeClaim, annotations: Annotations): Annotations {
  const isDrifted = status?.conditions?.some(({ type }) => type === "Drifted") === true;
  return isDrifted ? { [nodeClassHashVersionAnnotation]: nodeClassHashVersion } : annotations;
}

function nextFindingStep({ nodeClass, findings, profile: state, outcomeOf }: Standing, now: Instant): NodeClassStep {
  if (state.kind === "missing") return { kind: "make-profile", nodeClass, plan: state.plan };
  const profile = profileFinding(state);
  const words = conditionWords({ nodeClass, findings, profile });
  const dependencies: readonly ConditionWords[] = [
    words.AMIsReady,
    words.InstanceProfileReady,
    words.SecurityGroupsReady,
    words.SubnetsReady,
  ];
  const check = checkNodeClass({ nodeClass, findings, profile, dependencies, outcomeOf });
  if (check.kind === "dry-run") return { ...check, nodeClass };
  const isUnseen = check.words.status === "Unknown" && check.words.reason === profileUnseen;
  const again = { recheckMs: isUnseen ? unseenRecheckMs : recheckMs };
  const status = nodeClassStatus({ nodeClass, findings, profile, validation: check.words, now });
  if (isSame(nodeClass.status, status)) return { kind: "settled", nodeClass, ...again };
  return { kind: "write-status", nodeClass, status, ...again, events: refusalNotes(nodeClass, status) };
}

/** Order of conditions does not count, and what is empty counts as absent. */
function isSame(before: EC2NodeClass["status"], after: NodeClassStatus): boolean {
  return canonicalJson(comparable(before ?? {})) === canonicalJson(comparable(after));
}

function comparable({
  conditions = [],
  subnets = [],
  securityGroups = [],
  amis = [],
  capacityReservations = [],
  instanceProfile = "",
}: NodeClassStatus) {
  const byType = [...conditions].sort((a, b) => (a.type < b.type ? -1 : 1));
  return { conditions: byType, subnets, securityGroups, amis, capacityReservations, instanceProfile };
}

/** Says on the class, once for each sentence, what it is not ready for. */
function refusalNotes(nodeClass: EC2NodeClass, { conditions = [] }: NodeClassStatus): readonly EventNote[] {
  const before = new Set((nodeClass.status?.conditions ?? []).map(({ type, message }) => `${type} ${message}`));
  return conditions
    .filter(({ type, status, message }) => status === "False" && type !== "Ready" && !before.has(`${type} ${message}`))
    .map(({ reason, message }) => noteOf(nodeClass, { type: "Warning", reason, message }));
}

/** Returns a note on a class. */
export function noteOf({ apiVersion, kind, metadata }: EC2NodeClass, note: Pick<EventNote, "type" | "reason" | "message">): EventNote {
  const uid = metadata.uid === undefined ? {} : { uid: metadata.uid };
  return { regarding: { apiVersion, kind, namespace: "", name: metadata.name ?? "", ...uid }, ...note };
}
