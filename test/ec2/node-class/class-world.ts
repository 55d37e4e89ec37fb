/**
 * A cluster with one EC2NodeClass in it, and the controller that looks at it until it rests.
 *
 * Reads the class, its NodeClaims, and AWS: a small one in memory, or the real ports over an endpoint ({@link awsPorts}). Returns the
 * class as it then stands, what the controller did and said, and the desk that a provider can be made with.
 */
import type { ApiClient } from "../../../src/api/api-client.ts";
import type { Requeue } from "../../../src/api/controller.ts";
import type { EC2NodeClass } from "../../../src/api/ec2-node-class.ts";
import type { EventNote } from "../../../src/api/event-note.ts";
import type { NodeClaim } from "../../../src/api/node-claim.ts";
import { ok } from "../../../src/api/result.ts";
import type { ClusterIdentity } from "../../../src/ec2/cluster-identity.ts";
import type { Ec2Endpoint } from "../../../src/ec2/aws-client.ts";
import { ec2Calls, type Ec2Calls } from "../../../src/ec2/ec2-calls.ts";
import { eksCalls, type EksCalls } from "../../../src/ec2/eks-calls.ts";
import { iamCalls, type IamCalls } from "../../../src/ec2/iam-calls.ts";
import { instanceProfileGarbage } from "../../../src/ec2/instance-profile-garbage.ts";
import { instanceProfiles } from "../../../src/ec2/instance-profiles.ts";
import { nodeClassCalls, type NodeClassCalls } from "../../../src/ec2/node-class-calls.ts";
import { nodeClassController } from "../../../src/ec2/node-class-controller.ts";
import { nodeClassDesk } from "../../../src/ec2/node-class-desk.ts";
import type { NodeClassStep } from "../../../src/ec2/node-class-step.ts";
import { ssmCalls, type SsmCalls } from "../../../src/ec2/ssm-calls.ts";
import { snapshotOf } from "../../../src/kube/snapshot-of.ts";

export interface ClassAws {
  readonly ec2: Pick<Ec2Calls, "images" | "subnets" | "securityGroups">;
  readonly calls: NodeClassCalls;
  readonly ssm: SsmCalls;
  readonly eks: EksCalls;
  readonly iam: IamCalls;
}

export interface ClassWorldOptions {
  readonly nodeClass: EC2NodeClass;
  readonly claims?: readonly NodeClaim[];
  readonly aws: ClassAws;
  readonly cluster: ClusterIdentity;
  readonly region: string;
  /** Such as "33". */
  readonly minor?: string;
  readonly isDryRunOff?: boolean;
  readonly now: () => number;
}

interface State {
  nodeClass: EC2NodeClass | undefined;
  claims: NodeClaim[];
  readonly steps: string[];
  readonly events: string[];
}

/** The calls of a real process, to an endpoint. */
export function awsPorts(endpoint: Ec2Endpoint): ClassAws {
  return {
    ec2: ec2Calls(endpoint),
    calls: nodeClassCalls(endpoint),
    ssm: ssmCalls(endpoint),
    eks: eksCalls(endpoint),
    iam: iamCalls(endpoint),
  };
}

/** Opens the cluster; nothing is done before somebody looks. */
export function classWorld({ nodeClass, claims = [], aws, cluster, region, minor = "33", isDryRunOff = false, now }: ClassWorldOptions) {
  const state: State = { nodeClass, claims: [...claims], steps: [], events: [] };
  const name = nodeClass.metadata.name ?? "";
  const snapshot = () => snapshotOf([...(state.nodeClass === undefined ? [] : [state.nodeClass]), ...state.claims]);
  const clock = { now };
  const client = clientOf(state);
  const request = () => Promise.resolve({ ok: true as const, status: 200, body: { major: "1", minor } });
  const desk = nodeClassDesk({ ...aws, client: { request }, snapshot, clock, cluster });
  const profiles = instanceProfiles({ iam: aws.iam, clock, clusterName: cluster.name, region });
  const { controller } = nodeClassController({
    client,
    snapshot,
    clock,
    desk,
    profiles,
    calls: aws.calls,
    clusterName: cluster.name,
    isDryRunOff,
  });
  const garbage = instanceProfileGarbage({ snapshot, profiles }).controller;
  const look = async (): Promise<Requeue | undefined> => {
    const observed = await controller.observe({ namespace: "", name });
    if (observed === undefined) return undefined;
    const step = controller.decide(observed, now()) as NodeClassStep;
    state.steps.push(step.kind);
    const requeue = await controller.act(step);
    if (requeue.kind === "retry") state.events.push(`retry: ${requeue.reason}`, ...wordsOf(requeue.events));
    else state.events.push(...wordsOf(step.events));
    return requeue;
  };
  return {
    state,
    desk,
    look,
    /** Looks until nothing is left to do now. */
    settle: async (looksMax = 20): Promise<void> => {
      for (let looks = 0; looks < looksMax; looks++) {
        const requeue = await look();
        if (requeue === undefined || requeue.kind === "retry" || ["settled", "await-claims", "gone"].includes(state.steps.at(-1) ?? ""))
          return;
      }
      throw new Error(`it does not rest: ${state.steps.join(", ")}`);
    },
    /** Collects what is left of instance profiles. */
    collect: async () => garbage.act(garbage.decide(await garbage.observe({ namespace: "", name: "" }), now())),
    condition: (type: string) => state.nodeClass?.status?.conditions?.find((one) => one.type === type),
  };
}

function wordsOf(events: readonly EventNote[] = []): readonly string[] {
  return events.map(({ reason, message }) => `${reason}: ${message}`);
}

/** Merge patches and server-side applies, as far as the controller uses them; a class without finalizers that is being deleted goes. */
function clientOf(state: State): Pick<ApiClient, "patch" | "applyStatus"> {
  const patch = (kind: string, { name }: { readonly name: string }, { body }: { readonly body: unknown }) => {
    const { metadata } = (body as { readonly patch: { readonly metadata: EC2NodeClass["metadata"] } }).patch;
    const merged = <T extends EC2NodeClass | NodeClaim>(object: T): T => {
      const annotations =
        metadata.annotations === undefined ? {} : { annotations: { ...object.metadata.annotations, ...metadata.annotations } };
      return { ...object, metadata: { ...object.metadata, ...metadata, ...annotations } };
    };
    if (kind === "NodeClaim") state.claims = state.claims.map((claim) => (claim.metadata.name === name ? merged(claim) : claim));
    else if (state.nodeClass !== undefined) state.nodeClass = merged(state.nodeClass);
    const { deletionTimestamp, finalizers = [] } = state.nodeClass?.metadata ?? {};
    if (deletionTimestamp !== undefined && finalizers.length === 0) state.nodeClass = undefined;
    return Promise.resolve(ok(undefined as never));
  };
  const applyStatus = (_kind: string, { status }: { readonly status?: unknown }) => {
    if (state.nodeClass !== undefined) state.nodeClass = { ...state.nodeClass, status: status as NonNullable<EC2NodeClass["status"]> };
    return Promise.resolve(ok(undefined as never));
  };
  return { patch, applyStatus: applyStatus as never };
}
