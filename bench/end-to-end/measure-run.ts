/**
 * One run of the end-to-end bench: a fresh control plane, one tool, the Deployments, and what became of them.
 *
 * Reads a case and how to start the tool. Returns figures: times from just before the first Deployment is sent; NodeClaims ever made by
 * the API server's audit log, which nothing escapes; nodes and prices of the claims that are there once nothing has changed for a while.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { startControlPlane, type AuditEvent, type ControlPlane } from "../../test/support/control-plane.ts";
import { peakMemoryBytes, processUsage } from "../peers/process-usage.ts";
import { controllerManagerAt } from "./controller-manager.ts";
import type { ControllerProcess } from "./controller-process.ts";
import { boughtBy } from "./market.ts";
import { watchPods, type PodWatch } from "./pod-watch.ts";
import { deployments, givenObjects, workloadNamespace } from "./workload.ts";

export interface EndToEndCase {
  readonly pods: number;
  /** Requests a second that the controller manager may send. */
  readonly qps: number;
  /** From a node's launch to its joining. */
  readonly joinSeconds: number;
}

export interface RunFigures {
  readonly firstClaimMs: number;
  /** Until the last Pod was made: the controller manager's part. */
  readonly allMadeMs: number;
  readonly allRunningMs: number;
  readonly claimsMade: number;
  readonly claimsAtEnd: number;
  readonly vcpu: number;
  readonly pricePerHour: number;
  /** Of the controller, from just before the first Deployment to the end. */
  readonly cpuSeconds: number;
  readonly peakMemoryMiB: number;
}

export interface Tool {
  readonly name: "plimsoll" | "karpenter";
  /** Installs what it needs and starts it. */
  readonly start: (plane: ControlPlane, of: EndToEndCase) => Promise<ControllerProcess>;
  /** False for a NodeClass that this tool has no CRD of. */
  readonly takes: (object: object) => boolean;
}

const runningWaitMsMax = 300_000;
const pollMs = 20;
/** With everything running, surplus claims come within so long: Karpenter collects for at most 10 s. */
const settleMsUsual = 15_000;
/** A tool that has started is left alone for so long, so that its caches are full when the clock starts. */
const idleMs = 3_000;
const giveMsMax = 30_000;

/** Runs one case with one tool; throws where Pods do not run in time. */
export async function measureRun(tool: Tool, of: EndToEndCase, settleMs = settleMsUsual): Promise<RunFigures> {
  const plane = await startControlPlane();
  const opened: (() => Promise<void>)[] = [plane.close];
  try {
    opened.push(await controllerManagerAt(plane, of.qps));
    const controller = await tool.start(plane, of);
    opened.push(controller.stop);
    await give(plane, givenObjects(of).filter(tool.takes));
    await sleep(idleMs);
    const pods = await watchPods(plane, workloadNamespace);
    const figures = await applied({ plane, controller, pods, of, settleMs });
    pods.close();
    return figures;
  } finally {
    for (const close of opened.toReversed()) await close();
  }
}

async function applied({
  plane,
  controller,
  pods,
  of,
  settleMs,
}: {
  readonly plane: ControlPlane;
  readonly controller: ControllerProcess;
  readonly pods: PodWatch;
  readonly of: EndToEndCase;
  readonly settleMs: number;
}): Promise<RunFigures> {
  const before = processUsage(controller.pid).cpuMicros;
  const startedAt = Date.now();
  for (const deployment of deployments(of.pods)) {
    await post(plane, `/apis/apps/v1/namespaces/${workloadNamespace}/deployments`, deployment);
  }
  while (pods.running.length < of.pods) {
    if (Date.now() - startedAt > runningWaitMsMax) {
      throw new Error(`${pods.running.length} of ${of.pods} Pods run after ${runningWaitMsMax / 1000} s (${pods.made.length} were made)`);
    }
    await sleep(pollMs);
  }
  await sleep(settleMs);
  const cpuSeconds = (processUsage(controller.pid).cpuMicros - before) / 1e6;
  const peakMemoryMiB = Math.round(peakMemoryBytes(controller.pid) / 1024 ** 2);
  const claims = await listedClaims(plane);
  const bought = claims.map(({ metadata }) => boughtBy(metadata.labels ?? {}));
  const made = (await plane.auditEvents()).filter(isClaimMade);
  const [first] = made.map(({ stageTimestamp }) => Date.parse(stageTimestamp)).sort((a, b) => a - b);
  if (first === undefined) throw new Error("all Pods run, and no NodeClaim was ever made");
  return {
    firstClaimMs: first - startedAt,
    allMadeMs: (pods.made[of.pods - 1] ?? NaN) - startedAt,
    allRunningMs: (pods.running[of.pods - 1] ?? NaN) - startedAt,
    claimsMade: made.length,
    claimsAtEnd: claims.length,
    vcpu: bought.reduce((sum, { vcpu }) => sum + vcpu, 0),
    pricePerHour: bought.reduce((sum, { pricePerHour }) => sum + pricePerHour, 0),
    cpuSeconds,
    peakMemoryMiB,
  };
}

function isClaimMade({ verb, stage, objectRef, responseStatus }: AuditEvent): boolean {
  return verb === "create" && stage === "ResponseComplete" && objectRef?.resource === "nodeclaims" && responseStatus?.code === 201;
}

interface ListedClaim {
  readonly metadata: { readonly labels?: Readonly<Record<string, string>> };
}

async function listedClaims(plane: ControlPlane): Promise<readonly ListedClaim[]> {
  const { body } = await plane.request({ method: "GET", path: "/apis/karpenter.sh/v1/nodeclaims" });
  return (body as { readonly items: readonly ListedClaim[] }).items;
}

/** Makes the objects by kubectl; a CRD or a webhook that has just come may not be known everywhere yet. */
async function give(plane: ControlPlane, objects: readonly object[]): Promise<void> {
  const stdin = objects.map((object) => JSON.stringify(object)).join("\n---\n");
  for (const end = Date.now() + giveMsMax; ;) {
    const { code, stderr } = await plane.kubectl(["apply", "-f", "-"], { stdin });
    if (code === 0) return;
    if (Date.now() > end) throw new Error(`kubectl apply of what both tools are given: ${stderr}`);
    await sleep(pollMs);
  }
}

async function post(plane: ControlPlane, path: string, body: object): Promise<void> {
  const answer = await plane.request({ method: "POST", path, body });
  if (answer.status !== 201) throw new Error(`POST ${path}: ${JSON.stringify(answer.body)}`);
}
