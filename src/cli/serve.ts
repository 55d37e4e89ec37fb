/**
 * `plimsoll serve`: the real thing, on a real cluster.
 *
 * Reads a kubeconfig or the Pod's service account. Runs one process until SIGTERM or SIGINT, then as a lame duck while
 * endpoints move on.
 */
import { hostname, totalmem } from "node:os";
import { randomBytes } from "node:crypto";
import { err, ok, type Result } from "../api/result.ts";
import { httpsTransport } from "../cluster/https-transport.ts";
import { wallClock } from "../cluster/wall-clock.ts";
import { parseGoDuration } from "../kube/schedule.ts";
import { type CertificateLife, certificateLife, servingLifeMinMs } from "../webhook/certificate.ts";
import type { WebhookAddress } from "../webhook/registration.ts";
import { capacityMaker, ratesOf } from "./capacity-maker.ts";
import { keepReviewsYoung } from "./heap-flags.ts";
import { loadKubeConfig } from "./kube-config.ts";
import { processLog } from "./log.ts";
import { startPlimsoll } from "./plimsoll-process.ts";
import type { ProcessSettings, WebhookSettings } from "./process-parts.ts";
import type { ThreadSettings } from "./provisioner-thread.ts";
import type { ProgramSurroundings, ServeOptions } from "./surroundings.ts";
import { threadOptions } from "./thread-options.ts";
import { plimsollVersion } from "./version.ts";

export type ServeRequest = ServeOptions & Pick<ProgramSurroundings, "env" | "stderr">;

/** Serves until a signal; returns 0 then, and 2 with the reason on stderr when it can't start. */
export async function runServe(request: ServeRequest): Promise<number> {
  keepReviewsYoung();
  const clock = wallClock();
  const log = processLog(request.logLevel);
  const kubeConfig = loadKubeConfig(request);
  const webhook = webhookSettings(request);
  const capacity = await capacityMaker(request);
  const prices = ratesOf(request);
  for (const part of [prices, kubeConfig, webhook, capacity]) {
    if (part.ok) continue;
    request.stderr.write(`plimsoll serve: ${part.error}\n`);
    return 2;
  }
  if (!prices.ok || !kubeConfig.ok || !webhook.ok || !capacity.ok) return 2;
  const userAgent = `plimsoll/${plimsollVersion()}`;
  const transport = httpsTransport({ kubeConfig: kubeConfig.value, userAgent, clock, random: Math.random });
  const settings: ProcessSettings = {
    transport,
    clock,
    random: Math.random,
    domain: request.domain,
    policies: request.policies,
    namespace: request.namespace,
    identity: `${request.env["POD_NAME"] ?? hostname()}_${randomBytes(4).toString("hex")}`,
    webhook: webhook.value,
    capacity: capacity.value,
    metricsOpen: request.metricsOpen === true,
    ...(request.provider === "none" ? {} : { thread: threadSettings(request) }),
    ...(prices.value === undefined ? {} : { prices: prices.value }),
    log,
  };
  const problem = await serveUntilSignal(settings, request);
  transport.close();
  if (problem === undefined) return 0;
  request.stderr.write(`plimsoll serve: ${problem}\n`);
  return 2;
}

/** Runs processes, one after the other when CRDs have come that the first did not know, until a signal; returns why one can't start. */
async function serveUntilSignal(settings: ProcessSettings, request: ServeRequest): Promise<string | undefined> {
  const { log } = settings;
  const signalled = ended();
  for (;;) {
    const started = await startPlimsoll(settings);
    if (!started.ok) return started.error;
    log.info({ port: started.value.webhookPort, provider: request.provider }, "serving");
    const signal = await Promise.race([signalled, started.value.kindsChanged]);
    log.info({ signal, lameDuckSeconds: request.lameDuck }, signal === undefined ? "CRDs have come; starting again" : "stopping");
    await started.value.close(request.lameDuck * 1000);
    if (signal !== undefined) return undefined;
  }
}

function ended(): Promise<string> {
  return new Promise((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const)
      process.once(signal, () => {
        resolve(signal);
      });
  });
}

/** The thread may fill half of what this process may use: whatever it needs, the webhooks keep the other half. */
function threadSettings(request: ServeRequest): ThreadSettings {
  const { env } = request;
  const usable = Math.min(process.constrainedMemory() || totalmem(), totalmem());
  return {
    options: threadOptions(request),
    env,
    memoryMiB: request.provisionerMemory ?? Math.max(128, Math.floor(usable / 2 / 1024 ** 2)),
  };
}

/** Where we listen, and under which names the API server reaches us. */
function webhookSettings(request: ServeRequest): Result<WebhookSettings, string> {
  const { host, port, webhookUrl } = request;
  const life = servingLife(request.certificateLife);
  if (!life.ok) return life;
  if (webhookUrl !== undefined) {
    const url = URL.canParse(webhookUrl) ? new URL(webhookUrl) : undefined;
    if (url?.protocol !== "https:") return err(`--webhook-url ${webhookUrl} is not an https URL`);
    const names = [url.hostname.replace(/^\[|\]$/g, "")];
    return ok({ host, port, certificateNames: names, certificateLife: life.value, address: () => ({ kind: "url", baseUrl: webhookUrl }) });
  }
  const service = parseService(request.webhookService ?? `${request.namespace}/plimsoll`);
  if (!service.ok) return service;
  const { namespace, name } = service.value;
  const dns = `${name}.${namespace}.svc`;
  return ok({ host, port, certificateNames: [dns, `${dns}.cluster.local`], certificateLife: life.value, address: () => service.value });
}

function servingLife(text: string): Result<CertificateLife, string> {
  const life = parseGoDuration(text);
  if (!life.ok) return err(`--certificate-life: ${life.error}`);
  if (life.value < servingLifeMinMs)
    return err(`--certificate-life ${text}: at least ${servingLifeMinMs / 1000}s, or no rotation has time to spread`);
  return ok(certificateLife(life.value));
}

function parseService(text: string): Result<Extract<WebhookAddress, { kind: "service" }>, string> {
  const match = /^([a-z0-9-]+)\/([a-z0-9-]+)(?::(\d+))?$/.exec(text);
  const [, namespace, name, port] = match ?? [];
  if (namespace === undefined || name === undefined) return err(`--webhook-service ${text} is not namespace/name or namespace/name:port`);
  return ok({ kind: "service", namespace, name, port: Number(port ?? 443) });
}
