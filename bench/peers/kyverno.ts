/**
 * Kyverno as a peer: its admission controller with the five checks as CEL ValidatingPolicies, its fastest form.
 *
 * Starts an API server for it, creates its CRDs, configuration and our policies, starts it as a process on loopback, and returns it as
 * a contender for validate: reviews go straight to the path that it registers. What it may be spared is switched off, in its favour:
 * metrics, reports, events, exceptions, policies for Pods' controllers made from policies for Pods.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { startControlPlane, type ControlPlane } from "../../test/support/control-plane.ts";
import { answerProblem } from "../admission-reviews.ts";
import { benchNamespaces } from "../admission-world.ts";
import type { Contender } from "../contender.ts";
import type { ServerProcess } from "../server-process.ts";
import { createAll } from "./api-server.ts";
import { brokenChecks, fiveChecks, judgedResources } from "./five-checks.ts";
import { builtKyverno, kyvernoVersion } from "./kyverno-build.ts";
import { freePort } from "../../test/support/loopback.ts";
import { startPeer, type PeerProcess } from "./peer-process.ts";
import type { Peer } from "./peer.ts";

const registrationWaitMsMax = 60_000;
const registrationPollMs = 500;

/** Builds Kyverno where need be and starts it; the caller has seen that the control plane can be built. */
export async function openKyverno(): Promise<Peer> {
  const { binary, manifests } = await builtKyverno();
  const plane = await startControlPlane({ without: ["kube-controller-manager", "kube-scheduler", "kwok"] });
  const opened: (() => Promise<void>)[] = [plane.close];
  const close = async (): Promise<void> => {
    for (const closeOne of opened.toReversed()) await closeOne();
  };
  try {
    await createFiles(plane, manifests);
    await createAll(plane, benchNamespaces());
    const kyverno = await startKyverno(binary, plane);
    opened.push(kyverno.stop);
    await createAll(plane, fiveChecks.map(validatingPolicy));
    const { path, authorityPem } = await registrationOf(plane);
    return {
      what: `kyverno: ${kyvernoVersion} built from its source, five CEL ValidatingPolicies; no metrics, reports, events or exceptions`,
      contenders: [{ phase: "validate", contender: kyvernoContender(kyverno.serving(authorityPem), path) }],
      close,
    };
  } catch (cause) {
    await close();
    throw cause;
  }
}

function kyvernoContender(server: ServerProcess, path: string): Contender {
  const denialNames = brokenChecks.map((name) => `Policy ${name} failed`);
  return {
    tool: "kyverno",
    server,
    call: () => ({ path, problem: (review, answer) => answerProblem({ review, expected: "verdict", denialNames, ...answer }) }),
  };
}

async function createFiles(plane: ControlPlane, files: readonly string[]): Promise<void> {
  const { code, stderr } = await plane.kubectl(["create", ...files.flatMap((file) => ["-f", file])]);
  if (code !== 0) throw new Error(`kubectl create of Kyverno's manifests: ${stderr.slice(0, 1000)}`);
  const { code: waited, stderr: why } = await plane.kubectl(["wait", "--for=condition=Established", "--timeout=30s", "crd", "--all"]);
  if (waited !== 0) throw new Error(`Kyverno's CRDs: ${why.slice(0, 1000)}`);
}

async function startKyverno(binary: string, plane: ControlPlane): Promise<PeerProcess> {
  const port = await freePort();
  return startPeer({
    command: binary,
    cwd: plane.dir,
    port,
    readyPath: "/health/readiness",
    args: [
      `--kubeconfig=${plane.kubeconfig}`,
      `--serverIP=127.0.0.1:${port}`,
      "--webhookServerHost=127.0.0.1",
      `--webhookServerPort=${port}`,
      "--caSecretName=kyverno-svc.kyverno.svc.kyverno-tls-ca",
      "--tlsSecretName=kyverno-svc.kyverno.svc.kyverno-tls-pair",
      "--backgroundServiceAccountName=system:serviceaccount:kyverno:kyverno-background-controller",
      "--reportsServiceAccountName=system:serviceaccount:kyverno:kyverno-reports-controller",
      "--disableMetrics=true",
      "--controllerRuntimeMetricsAddress=0",
      "--admissionReports=false",
      "--enablePolicyException=false",
      "--imageVerifyCacheEnabled=false",
      "--generateValidatingAdmissionPolicy=false",
      "--omitEvents=PolicyApplied,PolicySkipped,PolicyViolation,PolicyError",
      "--v=0",
    ],
    env: {
      KYVERNO_NAMESPACE: "kyverno",
      KYVERNO_SERVICEACCOUNT_NAME: "kyverno-admission-controller",
      KYVERNO_ROLE_NAME: "kyverno:admission-controller",
      KYVERNO_DEPLOYMENT: "kyverno-admission-controller",
      KYVERNO_POD_NAME: "kyverno-0",
      KYVERNO_SVC: "kyverno-svc",
      INIT_CONFIG: "kyverno",
      METRICS_CONFIG: "kyverno-metrics",
    },
  });
}

function validatingPolicy({ name, expression, message }: (typeof fiveChecks)[number]): object {
  return {
    apiVersion: "policies.kyverno.io/v1",
    kind: "ValidatingPolicy",
    metadata: { name },
    spec: {
      validationActions: ["Deny"],
      evaluation: { background: { enabled: false } },
      autogen: { podControllers: { controllers: [] } },
      matchConstraints: judgedResources,
      validations: [{ expression, message }],
    },
  };
}

/** Where Kyverno has the API server send what our policies judge, once it names all of them. */
async function registrationOf(plane: ControlPlane): Promise<{ readonly path: string; readonly authorityPem: string }> {
  const deadline = Date.now() + registrationWaitMsMax;
  while (Date.now() < deadline) {
    const { body } = await plane.request({
      method: "GET",
      path: "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations",
    });
    const found = registrationIn(body);
    if (found !== undefined) return found;
    await sleep(registrationPollMs);
  }
  throw new Error(`Kyverno has not registered the five policies within ${registrationWaitMsMax} ms`);
}

/** Finds the webhook whose path names each of the five policies, in a list of ValidatingWebhookConfigurations. */
export function registrationIn(list: unknown): { readonly path: string; readonly authorityPem: string } | undefined {
  const { items } = list as { readonly items: readonly { readonly webhooks?: readonly RegisteredWebhook[] }[] };
  for (const { clientConfig } of items.flatMap(({ webhooks = [] }) => webhooks)) {
    const path = new URL(clientConfig.url ?? "https://none/").pathname;
    const names = path.split("/");
    if (fiveChecks.every(({ name }) => names.includes(name)))
      return { path, authorityPem: Buffer.from(clientConfig.caBundle ?? "", "base64").toString("utf8") };
  }
  return undefined;
}

interface RegisteredWebhook {
  readonly clientConfig: { readonly url?: string; readonly caBundle?: string };
}
