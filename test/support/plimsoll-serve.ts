/**
 * A real `plimsoll serve` for tests: the built command as a process of its own, on a real control plane, under the
 * ServiceAccount and the rights that deploy/ gives it.
 *
 * Installs deploy/ first (its own Pods scaled to none: the process stands for them). Reads the audit log back, so that a
 * Forbidden fails the test that caused it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseCalls } from "../../src/cli/iam-check.ts";
import type { RecordedCall } from "../../src/ec2/recorded-call.ts";
import type { ControlPlane } from "./control-plane.ts";
import { reachedVariable } from "../../scripts/own-account-policies.ts";
import { freePort, getLocal } from "./loopback.ts";
import { objectsIn } from "./yaml-objects.ts";

const root = resolve(import.meta.dirname, "../..");

export interface ServeOptions {
  readonly controlPlane: ControlPlane;
  readonly provider?: "kwok" | "ec2" | "none";
  readonly policies?: string;
  /** Further command line words. */
  readonly args?: readonly string[];
  readonly port?: number;
  /** Where it reaches the API server instead: a port of this machine. */
  readonly apiServerPort?: number;
  readonly env?: Readonly<Record<string, string>>;
}

export interface ServeProcess {
  readonly pid: number;
  readonly port: number;
  /** Log lines so far, as the objects they are. */
  log(): readonly Readonly<Record<string, unknown>>[];
  stderr(): string;
  /** Its calls to AWS so far, in order; of another provider than ec2 there are none. */
  calls(): readonly RecordedCall[];
  /** What /metrics answers now. */
  metrics(): Promise<string>;
  /** Ends the process (SIGTERM by default) and resolves with its exit code once it is gone. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

/** Installs deploy/base and Karpenter's CRDs, as its README says, without Pods of our own. */
export async function installPlimsoll(controlPlane: ControlPlane, folders = ["deploy/karpenter-crds", "deploy/base"]): Promise<void> {
  for (const folder of folders) {
    const built = await controlPlane.kubectl(["kustomize", resolve(root, folder)]);
    const applied = await controlPlane.kubectl(["apply", "--server-side", "-f", "-"], { stdin: reachedByUrl(built.stdout) });
    if (built.code !== 0 || applied.code !== 0) throw new Error(`kubectl apply -k ${folder}: ${built.stderr}${applied.stderr}`);
  }
  const scaled = await controlPlane.kubectl(["scale", "deployment/plimsoll", "-n", "plimsoll-system", "--replicas=0"]);
  if (scaled.code !== 0) throw new Error(scaled.stderr);
  await controlPlane.kubectl(["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"]);
}

/** These processes stand outside of the cluster: no Service leads to them, so that our account has to register a URL of this machine. */
function reachedByUrl(manifests: string): string {
  const here = 'has(w.clientConfig.url) && w.clientConfig.url.startsWith("https://127.0.0.1:")';
  const either = (shipped: string): string => `(${shipped}) || object.webhooks.all(w, ${here})`;
  const objects = objectsIn(manifests).map((object) => {
    if (object.kind !== "ValidatingAdmissionPolicy") return object;
    const { spec } = object as typeof object & {
      readonly spec: { readonly variables?: readonly { readonly name: string; readonly expression: string }[] };
    };
    const variables = spec.variables?.map((variable) =>
      variable.name === reachedVariable ? { ...variable, expression: either(variable.expression) } : variable,
    );
    return { ...object, spec: { ...spec, ...(variables === undefined ? {} : { variables }) } };
  });
  return objects.map((object) => JSON.stringify(object)).join("\n---\n");
}

/** Starts the process and resolves once /readyz says that it may be sent reviews. */
export async function startServe(options: ServeOptions): Promise<ServeProcess> {
  const { controlPlane } = options;
  const port = options.port ?? (await freePort());
  const own = await controlPlane.kubeconfigFor({ namespace: "plimsoll-system", name: "plimsoll" });
  const kubeconfig = options.apiServerPort === undefined ? own : kubeconfigVia(own, options.apiServerPort);
  const record = join(controlPlane.dir, `calls-${port}.jsonl`);
  const args = [
    ...["dist/main.js", "serve", "--kubeconfig", kubeconfig, "--host", "127.0.0.1", "--port", String(port), "--lame-duck", "0"],
    ...["--policies", options.policies ?? "policies.yaml", "--provider", options.provider ?? "kwok"],
    ...((options.args ?? []).some((word) => word.startsWith("--webhook-")) ? [] : ["--webhook-url", `https://127.0.0.1:${port}`]),
    ...(options.provider === "ec2" ? ["--record-calls", record] : []),
    ...(options.args ?? []),
  ];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...options.env } });
  const out = collect(child.stdout);
  const errors = collect(child.stderr);
  const gone = new Promise<number | null>((end) => child.once("exit", end));
  await ready(child, port, () => `${out()}${errors()}`);
  if (child.pid === undefined) throw new Error("a process that is ready has an id");
  return {
    pid: child.pid,
    port,
    stderr: errors,
    calls: () => callsIn(record),
    metrics: async () => (await getLocal(port, "/metrics", controlPlane.token)).text,
    log: () =>
      out()
        .split("\n")
        .filter((line) => line.startsWith("{"))
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    stop: (signal = "SIGTERM") => {
      child.kill(signal);
      return gone;
    },
  };
}

function kubeconfigVia(path: string, port: number): string {
  const via = `${path}.${port}`;
  writeFileSync(via, readFileSync(path, "utf8").replace(/https:\/\/127\.0\.0\.1:\d+/, `https://127.0.0.1:${port}`), { mode: 0o600 });
  return via;
}

function callsIn(path: string): readonly RecordedCall[] {
  if (!existsSync(path)) return [];
  const calls = parseCalls(readFileSync(path, "utf8"));
  if (!calls.ok) throw new Error(`${path} ${calls.error}`);
  return calls.value;
}

/** Requests of our ServiceAccount that the API server forbade, as "verb resource". */
export async function forbiddenRequests(controlPlane: ControlPlane): Promise<readonly string[]> {
  const events = await controlPlane.auditEvents();
  return events
    .filter(
      ({ user, responseStatus }) => user.username === "system:serviceaccount:plimsoll-system:plimsoll" && responseStatus?.code === 403,
    )
    .map(({ verb, requestURI }) => `${verb} ${requestURI}`);
}

/** Requests of our ServiceAccount that no role of it allows, whatever else was refused. */
export async function refusedByRoles(controlPlane: ControlPlane): Promise<readonly string[]> {
  const events = await controlPlane.auditEvents();
  return events
    .filter(
      ({ user, annotations = {} }) =>
        user.username === "system:serviceaccount:plimsoll-system:plimsoll" && annotations["authorization.k8s.io/decision"] === "forbid",
    )
    .map(({ verb, requestURI }) => `${verb} ${requestURI}`);
}

function collect(stream: ChildProcess["stdout"]): () => string {
  let text = "";
  stream?.setEncoding("utf8").on("data", (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

const readyMaxMs = 90_000;

async function ready(child: ChildProcess, port: number, output: () => string): Promise<void> {
  for (const start = Date.now(); Date.now() - start < readyMaxMs;) {
    if (child.exitCode !== null) throw new Error(`serve ended at its start: ${output()}`);
    if ((await getLocal(port, "/readyz")).status === 200) return;
    await new Promise((wait) => setTimeout(wait, 50));
  }
  child.kill("SIGKILL");
  throw new Error(`serve did not become ready: ${output()}`);
}
