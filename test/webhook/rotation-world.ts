/**
 * A world in which certificates rotate: replicas that run the real rotation, an API whose requests and answers arrive in any
 * order, and API servers that learn of configurations late. What happens next is drawn from one seed.
 *
 * Replicas hang wherever a request or its answer is not delivered, for as long as the draw has it; they crash with requests
 * under way, which may still arrive; they start again knowing nothing.
 */
import { X509Certificate } from "node:crypto";
import type { ApiAnswer, ApiRequest, Instant } from "../../src/api/ports.ts";
import { ok } from "../../src/api/result.ts";
import { certificateLife, type KeyPair } from "../../src/webhook/certificate.ts";
import { certificateRotation, type CertificateRotation } from "../../src/webhook/certificate-rotation.ts";
import { bundleOf, certificatesIn, type CertificateState } from "../../src/webhook/certificate-state.ts";
import type { WebhookConfiguration } from "../../src/webhook/registration.ts";
import { type CertificateApi, certificateApi, type StoredConfiguration } from "./certificate-api.ts";

export const life = certificateLife(60_000);

export interface WorldOptions {
  /** Returns a number in [0, 1). */
  readonly random: () => number;
  readonly replicas: number;
  readonly apiServers: number;
  /** How late an API server may be at most. */
  readonly lagMaxMs: number;
  readonly withoutLocks?: boolean;
  /** Somebody deletes the Secret, or breaks the CA's key in it, now and then. */
  readonly isSecretLost?: boolean;
}

interface Replica {
  rotation: CertificateRotation;
  serving: KeyPair | undefined;
  /** Was ready once since its start, and could be verified: from then on reviews may reach it. */
  isKnown: boolean;
  isLooking: boolean;
  /** Which life of the replica this is: what belongs to an earlier one does nothing any more. */
  start: number;
  /** The tiers that its policies ask for. */
  tiers: number;
}

interface Delivery {
  readonly run: () => void;
}

interface ApiServer {
  view: ReadonlyMap<string, StoredConfiguration>;
  /** Newer views that it has not seen, oldest first. */
  pending: { readonly view: ReadonlyMap<string, StoredConfiguration>; readonly at: Instant }[];
}

export interface RotationWorld {
  /** Lets one thing happen. */
  step(): Promise<void>;
  /** Time passes, and nothing else. */
  pass(durationMs: number): void;
  /** Time passes in which all policies agree, everything arrives, and every replica looks as often as it should. */
  calm(durationMs: number): Promise<void>;
  /** What an API server could not verify now; empty while the law holds. */
  violations(): readonly string[];
  /** How often each step was taken. */
  readonly steps: ReadonlyMap<string, number>;
  /** What each known replica serves. */
  served(): readonly string[];
  bundleSizes(): readonly number[];
  now(): Instant;
}

const begin = Date.parse("2026-11-21T12:00:00Z");

/** Opens a world in which nothing has been installed yet. */
export function rotationWorld(options: WorldOptions): RotationWorld {
  const api = certificateApi({ withoutLocks: options.withoutLocks ?? false });
  const world: World = {
    ...{ options, api, now: begin, deliveries: [], steps: new Map(), replicas: [] },
    servers: Array.from({ length: options.apiServers }, () => ({ view: new Map(), pending: [] })),
  };
  for (let index = 0; index < options.replicas; index++) world.replicas.push(newReplica(world));
  return {
    steps: world.steps,
    step: async () => {
      happen(world);
      await settled();
      publish(world);
    },
    pass: (durationMs) => {
      pass(world, durationMs);
    },
    calm: (durationMs) => calm(world, durationMs),
    violations: () => violations(world),
    served: () => world.replicas.flatMap(({ serving, isKnown }) => (isKnown && serving !== undefined ? [serving.certificatePem] : [])),
    bundleSizes: () => world.servers.flatMap(({ view }) => bundlesOf(view).map((bundle) => certificatesIn(bundle).length)),
    now: () => world.now,
  };
}

interface World {
  readonly options: WorldOptions;
  readonly api: CertificateApi;
  now: Instant;
  deliveries: Delivery[];
  readonly steps: Map<string, number>;
  readonly replicas: Replica[];
  readonly servers: ApiServer[];
}

function newReplica(world: World): Replica {
  const replica: Replica = { rotation: rotationOf(world), serving: undefined, isKnown: false, isLooking: false, start: 0, tiers: 1 };
  return replica;
}

function rotationOf(world: World): CertificateRotation {
  return certificateRotation({
    ...{ namespace: "plimsoll-system", secretName: "plimsoll-certificate", names: ["plimsoll.plimsoll-system.svc"], life },
    clock: { now: () => world.now, sleep: () => Promise.resolve() },
    transport: { ...world.api, request: (request) => deliver(world, request) },
  });
}

/** A request that arrives when it is drawn, and its answer later still. */
function deliver(world: World, request: ApiRequest): Promise<ApiAnswer> {
  return new Promise((answered) => {
    const arrive = (): void => {
      const answer = world.api.answer(request);
      world.deliveries.push({
        run: () => {
          answered(answer);
        },
      });
    };
    world.deliveries.push({ run: arrive });
  });
}

/** Draws what happens: mostly something arrives. */
function happen(world: World): void {
  const { random } = world.options;
  const draw = random();
  if (draw < 0.62 && world.deliveries.length > 0) {
    const [delivery] = world.deliveries.splice(pick(random, world.deliveries.length), 1);
    delivery?.run();
  } else if (draw < 0.8) look(world, world.replicas[pick(random, world.replicas.length)]);
  else if (draw < 0.9) catchUp(world.servers[pick(random, world.servers.length)]);
  else if (draw < 0.975) pass(world, random() * life.settleMs);
  else if (draw < 0.985) pass(world, random() * (life.servingMs / 2));
  else if (draw < 0.994) restart(world, world.replicas[pick(random, world.replicas.length)]);
  else if (draw < 0.997) reload(world.replicas[pick(random, world.replicas.length)], random);
  else if (world.options.isSecretLost === true) world.api.setSecret(random() < 0.5 ? undefined : withoutKey(world.api));
}

function pick(random: () => number, length: number): number {
  return Math.floor(random() * length);
}

function look(world: World, replica: Replica | undefined): void {
  if (replica === undefined || replica.isLooking) return;
  const { start } = replica;
  replica.isLooking = true;
  const wanted = (state: CertificateState) => ok(configurations(replica.tiers, bundleOf(state)));
  void replica.rotation
    .keep({
      wanted,
      serve: ({ serving, step, isNew, isTrusted }) => {
        if (replica.start !== start) return;
        // What had run out could be verified by nobody: the next one can only be better, and is judged once it is trusted.
        if (isNew && !isTrusted && hasRunOut(replica.serving, world.now)) replica.isKnown = false;
        replica.serving = serving;
        world.steps.set(step.kind, (world.steps.get(step.kind) ?? 0) + 1);
      },
    })
    .then((kept) => {
      if (replica.start !== start) return;
      replica.isLooking = false;
      if (kept.ok && kept.value.isTrusted) replica.isKnown = true;
    });
}

function hasRunOut(serving: KeyPair | undefined, now: Instant): boolean {
  return serving !== undefined && parsed(serving.certificatePem).to < now;
}

/** The process is gone: its requests that are under way may arrive, but nobody waits for the answers. */
function restart(world: World, replica: Replica | undefined): void {
  if (replica === undefined) return;
  replica.start += 1;
  replica.rotation = rotationOf(world);
  replica.serving = undefined;
  replica.isKnown = false;
  replica.isLooking = false;
}

function reload(replica: Replica | undefined, random: () => number): void {
  if (replica !== undefined) replica.tiers = 1 + pick(random, 2);
}

function withoutKey(api: CertificateApi) {
  const secret = api.secret();
  return secret === undefined ? undefined : { ...secret, data: { ...secret.data, "ca.key": "" } };
}

/** Writes become views that API servers have not seen. */
function publish(world: World): void {
  const view = new Map(world.api.configurations());
  for (const server of world.servers) {
    const newest = server.pending.at(-1)?.view ?? server.view;
    const isSame = newest.size === view.size && [...view].every(([path, one]) => newest.get(path) === one);
    if (!isSame) server.pending.push({ view, at: world.now });
  }
}

function catchUp(server: ApiServer | undefined): void {
  const next = server?.pending.shift();
  if (server !== undefined && next !== undefined) server.view = next.view;
}

/** Time passes; no API server stays further behind than it may. */
function pass(world: World, durationMs: number): void {
  world.now += durationMs;
  for (const server of world.servers) {
    while ((server.pending[0]?.at ?? Infinity) <= world.now - world.options.lagMaxMs) catchUp(server);
  }
}

async function calm(world: World, durationMs: number): Promise<void> {
  for (const end = world.now + durationMs; world.now < end;) {
    for (const replica of world.replicas) {
      replica.tiers = 1;
      look(world, replica);
    }
    await settled();
    while (world.deliveries.length > 0) {
      world.deliveries.shift()?.run();
      await settled();
      publish(world);
    }
    pass(world, life.lookMs);
  }
}

/** Lets everything run on that an answer has set free. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function violations(world: World): readonly string[] {
  return world.servers.flatMap(({ view }, server) =>
    bundlesOf(view).flatMap((bundle) =>
      world.replicas.flatMap(({ serving, isKnown }, replica) => {
        if (serving === undefined || !isKnown) return [];
        const problem = problemOf(serving.certificatePem, bundle, world.now);
        return problem === undefined ? [] : [`API server ${server} can't verify replica ${replica}: ${problem}`];
      }),
    ),
  );
}

/** A certificate that has run out is nobody's fault here: no bundle helps against it. */
function problemOf(servingPem: string, bundle: string, now: Instant): string | undefined {
  if (parsed(servingPem).to < now) return undefined;
  return bundle.split(/(?<=-----END CERTIFICATE-----\n)/).some((pem) => pem !== "" && isSignedBy(servingPem, pem))
    ? undefined
    : "unknown authority";
}

const parsedCertificates = new Map<string, { readonly certificate: X509Certificate; readonly to: Instant }>();
const signatures = new Map<string, boolean>();

/** Certificates are looked at after each step, and most are the same as before. */
function parsed(pem: string): { readonly certificate: X509Certificate; readonly to: Instant } {
  const known = parsedCertificates.get(pem);
  if (known !== undefined) return known;
  const certificate = new X509Certificate(pem);
  const fresh = { certificate, to: Date.parse(certificate.validTo) };
  parsedCertificates.set(pem, fresh);
  return fresh;
}

function isSignedBy(pem: string, authorityPem: string): boolean {
  const key = `${pem}${authorityPem}`;
  const known = signatures.get(key) ?? parsed(pem).certificate.verify(parsed(authorityPem).certificate.publicKey);
  signatures.set(key, known);
  return known;
}

function bundlesOf(view: ReadonlyMap<string, StoredConfiguration>): readonly string[] {
  return [...view.values()].flatMap(({ webhooks = [] }) =>
    webhooks.map(({ clientConfig }) => Buffer.from(clientConfig?.caBundle ?? "", "base64").toString("utf8")),
  );
}

function configurations(tiers: number, bundlePem: string): readonly WebhookConfiguration[] {
  const caBundle = Buffer.from(bundlePem).toString("base64");
  return Array.from({ length: tiers }, (_, index) => ({
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration" as const,
    metadata: { name: `plimsoll-${index}`, labels: { "app.kubernetes.io/name": "plimsoll" } },
    webhooks: [{ name: "workloads.platform.example.com", clientConfig: { caBundle } }],
  }));
}
