/**
 * The demo's world: the embedded API server with its controllers and its HTTPS door, and a whole Plimsoll process in it.
 *
 * Reads nothing but the package's own policies and examples. Everything listens on loopback, and is gone with the process.
 * The world's clock stands shortly before 02:00 UTC, when the lab's nightly CronJob fires; it is never ahead of the real
 * time, or certificates issued in the world would not be valid yet outside.
 */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { randomBytes } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseDocument } from "yaml";
import { crdKinds, crdOf } from "../api/crd.ts";
import { defaultDomain } from "../api/labels.ts";
import type { KubeObject } from "../api/object.ts";
import type { Clock, Instant } from "../api/ports.ts";
import { ok, type Result } from "../api/result.ts";
import { wallClock } from "../cluster/wall-clock.ts";
import { runWorldControllers } from "../sim/controllers/all-controllers.ts";
import { type HttpsDoor, openHttpsDoor } from "../sim/https-door.ts";
import { adminUser } from "../sim/in-process-door.ts";
import { toJson } from "../sim/json.ts";
import { kubeconfigText } from "../sim/kubeconfig.ts";
import { answerRequest } from "../sim/rest.ts";
import { createScaledClock } from "../sim/scaled-clock.ts";
import { startWorld, type World } from "../sim/world.ts";
import { certificateLife, issueServingCertificate } from "../webhook/certificate.ts";
import { kwokCapacity } from "./kwok-capacity.ts";
import { withLastApplied } from "./last-applied.ts";
import { processLog } from "./log.ts";
import { parseManifests } from "./manifest.ts";
import { type PlimsollProcess, startPlimsoll } from "./plimsoll-process.ts";

export interface DemoWorld {
  readonly world: World;
  readonly clock: Clock;
  readonly plimsoll: PlimsollProcess;
  readonly kubeconfigPath: string;
  /** Creates every object of an example file, as `kubectl apply -f` would, and returns what kubectl would print. */
  apply(file: string, namespace?: string): Promise<readonly AppliedObject[]>;
  close(): Promise<void>;
}

/** What one object's apply came to, in kubectl's words. */
export interface AppliedObject {
  readonly object: KubeObject;
  readonly warnings: readonly string[];
  readonly refusal: string | undefined;
}

const ownNamespace = "plimsoll-system";
/** Time for the scenes before the nightly CronJob fires. */
const beforeFireMs = 20_000;

/** Opens the world; `breakRule` switches one rule off, to let the demo prove that it notices. */
export async function openDemoWorld(options: { readonly port: number; readonly breakRule?: string }): Promise<Result<DemoWorld, string>> {
  const real = wallClock();
  const clock = createScaledClock({ real, startAt: lastNightlyFire(real.now()) - beforeFireMs, speed: 1 });
  const folder = mkdtempSync(join(tmpdir(), "plimsoll-demo-"));
  const world = startWorld({ clock, seed: "demo" });
  const stop = new AbortController();
  const controllers = runWorldControllers(world.server, stop.signal);
  for (const kind of crdKinds) await create(world, crdOf(kind));
  await create(world, { apiVersion: "v1", kind: "Namespace", metadata: { name: ownNamespace } });
  const door = await openDoor(world, real.now(), options.port);
  const kubeconfigPath = join(folder, "kubeconfig");
  writeFileSync(kubeconfigPath, kubeconfigText({ url: door.door.url, caPem: door.caPem, token: door.token }), { mode: 0o600 });
  const policies = join(folder, "policies.yaml");
  writeFileSync(policies, policiesText(options.breakRule));
  const closeWorld = async (): Promise<void> => {
    stop.abort();
    await controllers;
    await door.door.close();
    rmSync(folder, { recursive: true, force: true });
  };
  const plimsoll = await startProcess({ world, clock, policies });
  if (!plimsoll.ok) {
    await closeWorld();
    return plimsoll;
  }
  return ok({
    world,
    clock,
    plimsoll: plimsoll.value,
    kubeconfigPath,
    apply: async (file, namespace) => {
      const { manifests } = parseManifests(file, readFileSync(packageFile(file), "utf8"));
      const applied: AppliedObject[] = [];
      for (const { object } of manifests) applied.push(await create(world, object, { namespace: namespace ?? "default" }));
      return applied;
    },
    close: async () => {
      await plimsoll.value.close(0);
      await closeWorld();
    },
  });
}

function startProcess(of: {
  readonly world: World;
  readonly clock: Clock;
  readonly policies: string;
}): Promise<Result<PlimsollProcess, string>> {
  return startPlimsoll({
    transport: of.world.transport({ userAgent: "plimsoll" }),
    clock: of.clock,
    random: Math.random,
    domain: defaultDomain,
    policies: of.policies,
    namespace: ownNamespace,
    identity: "demo",
    webhook: {
      host: "127.0.0.1",
      port: 0,
      certificateNames: ["127.0.0.1"],
      certificateLife: certificateLife(),
      address: (port) => ({ kind: "url", baseUrl: `https://127.0.0.1:${port}` }),
    },
    capacity: (sources) => kwokCapacity(sources, joinDelayMs),
    // Its API server has no accounts but one.
    metricsOpen: true,
    log: processLog("error"),
  });
}

/** Nodes of this world take a moment to join, zone by zone, as instances do. */
function joinDelayMs(claim: KubeObject): number {
  const zone = claim.metadata.labels?.["topology.kubernetes.io/zone"] ?? "";
  return 1_000 + (zone.charCodeAt(zone.length - 1) % 3) * 500;
}

async function openDoor(
  world: World,
  now: Instant,
  port: number,
): Promise<{ readonly door: HttpsDoor; readonly caPem: string; readonly token: string }> {
  const { authority, serving } = issueServingCertificate({ names: ["127.0.0.1", "localhost"], now });
  const token = randomBytes(24).toString("base64url");
  const { certificatePem, keyPem } = serving;
  const door = await openHttpsDoor(world.server, { certificatePem, keyPem, tokens: new Map([[token, adminUser]]), port });
  return { door, caPem: authority.certificatePem, token };
}

/** Creates an object; where it is applied, in the namespace of the command line and as kubectl would send it. */
async function create({ server }: World, object: KubeObject, applied?: { readonly namespace: string }): Promise<AppliedObject> {
  const [group, version] = object.apiVersion.includes("/") ? object.apiVersion.split("/") : ["", object.apiVersion];
  const served = server.registry.findKind({ group: group ?? "", version: version ?? "", kind: object.kind });
  if (served === undefined)
    return { object, warnings: [], refusal: `no matches for kind "${object.kind}" in version "${object.apiVersion}"` };
  const root = object.apiVersion.includes("/") ? `/apis/${object.apiVersion}` : `/api/${object.apiVersion}`;
  const namespace = served.namespaced ? { namespace: object.metadata.namespace ?? applied?.namespace ?? "default" } : {};
  const placed = { ...object, metadata: { ...object.metadata, ...namespace } };
  const inNamespace = namespace.namespace === undefined ? "" : `/namespaces/${namespace.namespace}`;
  const answer = await answerRequest(server, {
    method: "POST",
    path: `${root}${inNamespace}/${served.resource}`,
    query: { fieldManager: "kubectl-client-side-apply", fieldValidation: "Strict" },
    body: toJson(applied === undefined ? placed : withLastApplied(placed)),
    contentType: "application/json",
    accept: "application/json",
    user: { username: "you", groups: ["system:masters", "system:authenticated"] },
    userAgent: "plimsoll-demo",
  });
  const warnings = answer.kind === "watch" ? [] : answer.warnings;
  return {
    object,
    warnings,
    refusal: answer.kind === "failure" ? `Error from server (${answer.failure.reason ?? ""}): ${answer.failure.message ?? ""}` : undefined,
  };
}

/** The package's policies, with one rule switched off where the demo is to be broken. */
function policiesText(breakRule: string | undefined): string {
  const text = readFileSync(packageFile("policies.yaml"), "utf8");
  if (breakRule === undefined) return text;
  const document = parseDocument(text);
  document.setIn(["rules", breakRule], { action: "off" });
  return document.toString();
}

/** Files of the package, from src/ and from dist/ alike. */
function packageFile(path: string): string {
  return fileURLToPath(new URL(`../../${path}`, import.meta.url));
}

/** The last 02:00 UTC that is past. */
function lastNightlyFire(now: Instant): Instant {
  const today = new Date(now).setUTCHours(2, 0, 0, 0);
  return today <= now ? today : today - 24 * 3_600_000;
}
