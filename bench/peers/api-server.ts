/**
 * The API server's own ValidatingAdmissionPolicies as a peer: the five checks where no webhook is called at all.
 *
 * Starts a kube-apiserver and lets the bench create Deployments as dry runs in two namespaces, one that the policies are bound to and
 * one that they aren't; the difference of the CPU time of kube-apiserver is what they cost. The bindings warn rather than deny, so that
 * both requests go the whole way and differ by the policies alone; the warnings tell the verdict.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { startControlPlane, type ControlPlane } from "../../test/support/control-plane.ts";
import { deploymentOf, type BenchReview } from "../admission-reviews.ts";
import type { Call, Contender } from "../contender.ts";
import { openReviewClient, type Answer } from "../review-client.ts";
import type { ServerProcess } from "../server-process.ts";
import { brokenChecks, fiveChecks, judgedResources } from "./five-checks.ts";
import type { Peer } from "./peer.ts";
import { processUsage } from "./process-usage.ts";

const judgedNamespace = "judged";
const unjudgedNamespace = "unjudged";
const boundLabel = "bench.example.com/judged";
/** A dry run takes the API server tens of times what a review takes a webhook. */
const oneIn = 5;
const settleWaitMsMax = 30_000;
const settlePollMs = 250;

/** Starts the API server and binds its policies; the caller has seen that the control plane can be built. */
export async function openApiServer(): Promise<Peer> {
  const plane = await startControlPlane({ without: ["kube-controller-manager", "kube-scheduler", "kwok"] });
  try {
    await createAll(plane, [...namespaces(), ...fiveChecks.flatMap(policyAndBinding)]);
    await untilPoliciesAct(plane);
    const server = apiServerProcess(plane);
    const contender = (tool: Contender["tool"], namespace: string): Contender => ({
      tool,
      server,
      oneIn,
      call: () => callOf(plane, namespace),
    });
    return {
      what: `kube-apiserver: ${plane.version}, dry-run creates without and with five ValidatingAdmissionPolicies bound; their cost is the difference`,
      contenders: [
        { phase: "validate", contender: contender("kube-apiserver", unjudgedNamespace) },
        { phase: "validate", contender: contender("kube-apiserver with policies", judgedNamespace) },
      ],
      close: async () => {
        await server.stop();
        await plane.close();
      },
    };
  } catch (cause) {
    await plane.close();
    throw cause;
  }
}

function callOf(plane: ControlPlane, namespace: string): Call {
  return {
    path: `/apis/apps/v1/namespaces/${namespace}/deployments?dryRun=All`,
    headers: { Authorization: `Bearer ${plane.token}`, Accept: "application/json" },
    body: (review) => Buffer.from(JSON.stringify(deploymentOf(review, { namespace })), "utf8"),
    problem: (review, answer) => dryRunProblem({ review, answer, judged: namespace === judgedNamespace }),
  };
}

/** Says what is wrong with the answer to a dry run: it is created, with a warning for each broken check where the policies are bound. */
export function dryRunProblem(of: {
  readonly review: Pick<BenchReview, "violating">;
  readonly answer: Answer;
  readonly judged: boolean;
}): string | undefined {
  const { status, text, warnings } = of.answer;
  if (status !== 201) return `answered ${status}: ${text.slice(0, 200)}`;
  const expected = of.judged && of.review.violating ? brokenChecks : [];
  const told = fiveChecks.map(({ name }) => name).filter((name) => warnings.includes(`'${name}'`));
  const same = told.length === expected.length && expected.every((name) => told.includes(name));
  return same ? undefined : `warns of ${told.join(", ") || "nothing"} instead of ${expected.join(", ") || "nothing"}: ${warnings}`;
}

/** The kube-apiserver as a server to be measured; it is the control plane's, which closes it. */
function apiServerProcess(plane: ControlPlane): ServerProcess {
  const pid = plane.pids["kube-apiserver"];
  if (pid === undefined) throw new Error("the control plane tells no process id of its kube-apiserver");
  const client = openReviewClient({ port: plane.ports["kube-apiserver"], authorityPem: readFileSync(plane.caFile, "utf8") });
  return {
    usage: () => Promise.resolve(processUsage(pid)),
    post: (burst) => client.post(burst),
    stop: () => {
      client.close();
      return Promise.resolve();
    },
  };
}

/** Creates the objects with kubectl; throws with its words when it can't. */
export async function createAll(plane: ControlPlane, objects: readonly object[]): Promise<void> {
  const list = JSON.stringify({ apiVersion: "v1", kind: "List", items: objects });
  const { code, stderr } = await plane.kubectl(["create", "-f", "-"], { stdin: list });
  if (code !== 0) throw new Error(`kubectl create: ${stderr.slice(0, 1000)}`);
}

function namespaces(): readonly object[] {
  return [
    { apiVersion: "v1", kind: "Namespace", metadata: { name: unjudgedNamespace } },
    { apiVersion: "v1", kind: "Namespace", metadata: { name: judgedNamespace, labels: { [boundLabel]: "yes" } } },
  ];
}

function policyAndBinding({ name, expression, message }: (typeof fiveChecks)[number]): readonly object[] {
  const apiVersion = "admissionregistration.k8s.io/v1";
  const metadata = { name };
  const validations = [{ expression, message }];
  const matchResources = { namespaceSelector: { matchLabels: { [boundLabel]: "yes" } } };
  return [
    {
      apiVersion,
      kind: "ValidatingAdmissionPolicy",
      metadata,
      spec: { failurePolicy: "Fail", matchConstraints: judgedResources, validations },
    },
    {
      apiVersion,
      kind: "ValidatingAdmissionPolicyBinding",
      metadata,
      spec: { policyName: name, validationActions: ["Warn"], matchResources },
    },
  ];
}

/** The API server compiles policies a moment after they are created; a Deployment that breaks all of them tells when each acts. */
async function untilPoliciesAct(plane: ControlPlane): Promise<void> {
  const path = `/apis/apps/v1/namespaces/${judgedNamespace}/deployments?dryRun=All`;
  const client = openReviewClient({ port: plane.ports["kube-apiserver"], authorityPem: readFileSync(plane.caFile, "utf8") });
  const deadline = Date.now() + settleWaitMsMax;
  const told = { warnings: "" };
  try {
    while (Date.now() < deadline) {
      await client.post({
        path,
        headers: { Authorization: `Bearer ${plane.token}` },
        bodies: [Buffer.from(JSON.stringify(brokenDeployment))],
        count: 1,
        check: ({ warnings }) => {
          told.warnings = warnings;
          return undefined;
        },
      });
      if (fiveChecks.every(({ name }) => told.warnings.includes(`'${name}'`))) return;
      await sleep(settlePollMs);
    }
  } finally {
    client.close();
  }
  throw new Error(`the policies do not act within ${settleWaitMsMax} ms: ${told.warnings}`);
}

const brokenDeployment = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name: "broken" },
  spec: {
    replicas: 1,
    selector: { matchLabels: { app: "broken" } },
    template: {
      metadata: { labels: { app: "broken" } },
      spec: {
        containers: [
          { name: "app", image: "app:latest" },
          { name: "greedy", image: "greedy:1", resources: { requests: { memory: "1Mi" }, limits: { memory: "1Gi" } } },
        ],
      },
    },
  },
};
