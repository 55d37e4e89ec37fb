/**
 * The certificate store: the state that all replicas share, kept in one Secret, and brought on by one step at a time.
 *
 * Reads and writes the Secret through the API. Whichever replica comes first takes a step; a write carries the
 * resourceVersion that was read, so of several replicas exactly one wins and the rest read what it wrote. Nothing is ever
 * served that is not in the Secret.
 */
import { createPrivateKey } from "node:crypto";
import type { ApiTransport, Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { Secret } from "../api/secret.ts";
import { type CertificateLife, isIpAddress, issueAuthority, issueServing, type KeyPair } from "./certificate.ts";
import { type AuthorityFacts, type CertificateFacts, type CertificateStep, nextCertificateStep } from "./certificate-plan.ts";
import {
  bundleOf,
  type CertificateState,
  certificatesIn,
  decodeCertificateState,
  distinctCertificates,
  encodeCertificateState,
  parseCertificate,
  trustedMax,
} from "./certificate-state.ts";

export interface CertificateStoreOptions {
  readonly transport: ApiTransport;
  readonly namespace: string;
  readonly secretName: string;
  /** Every DNS name and address under which the API server may call. */
  readonly names: readonly string[];
  readonly life: CertificateLife;
}

/** What the configurations in force say, as they were listed before the Secret is read. */
export interface RegisteredTrust {
  readonly now: Instant;
  /** Every CA of any configuration, PEM, each once. */
  readonly authorities: readonly string[];
  /** Those that every configuration trusts. */
  readonly everywhere: readonly string[];
  /** Whether this CA has stood in every configuration for the settling time. */
  readonly isSettled: (authorityPem: string) => boolean;
}

/** The state after a look, and the step that was taken. */
export interface StoredCertificate {
  readonly state: CertificateState;
  readonly step: CertificateStep;
}

/** Replicas that start together race; each round one of them wins, so a few rounds settle it. */
const roundsMax = 5;
/** Replicas of two versions may want different names; what both want stays bounded. */
const namesMax = 16;

/** Reads the shared state and brings it on by one step where one is due. */
export async function advanceCertificate(
  options: CertificateStoreOptions,
  trust: RegisteredTrust,
): Promise<Result<StoredCertificate, string>> {
  const collection = `/api/v1/namespaces/${options.namespace}/secrets`;
  const path = `${collection}/${options.secretName}`;
  let problem = "";
  for (let round = 0; round < roundsMax; round++) {
    const read = await options.transport.request({ method: "GET", path });
    if (!read.ok && read.status !== 404) return failed(options, read.error.message ?? `GET answered ${read.status}`);
    const secret = read.ok ? (read.body as Secret) : undefined;
    const before = secret && decodeCertificateState(secret);
    const step = nextCertificateStep(before && factsOf(before, options, trust));
    if (before !== undefined && step.kind === "keep") return ok({ state: before, step });
    const state = taken(step, { before, options, trust });
    const resourceVersion = secret?.metadata.resourceVersion;
    const body = encodeCertificateState(state, { ...options, ...(resourceVersion === undefined ? {} : { resourceVersion }) });
    const written = await options.transport.request(secret ? { method: "PUT", path, body } : { method: "POST", path: collection, body });
    if (written.ok) return ok({ state, step });
    problem = written.error.message ?? `write answered ${written.status}`;
    if (written.status !== 409) break;
  }
  return failed(options, problem);
}

function failed({ namespace, secretName }: CertificateStoreOptions, problem: string): Result<never, string> {
  return err(`Secret ${namespace}/${secretName}: ${problem}`);
}

interface StepBase {
  readonly before: CertificateState | undefined;
  readonly options: CertificateStoreOptions;
  readonly trust: RegisteredTrust;
}

/** The state after a step. */
function taken(step: CertificateStep, base: StepBase): CertificateState {
  const { before, options, trust } = base;
  const { life } = options;
  const { now } = trust;
  if (before === undefined || step.kind === "begin") return begun(base);
  const generation = before.generation + 1;
  const sign = (authority: KeyPair, names: readonly string[]): KeyPair => issueServing({ authority, names, now, life });
  const names = namesOf(before.serving, options.names);
  switch (step.kind) {
    case "keep":
      return before;
    case "adopt":
      return { ...before, generation, trusted: lasting([...before.trusted, ...strangers(before, trust)], now).slice(0, trustedMax) };
    case "announce":
      return { ...before, generation, next: issueAuthority(now, life) };
    case "confirm":
      return { ...before, generation, provisional: false };
    case "renew":
      return {
        ...before,
        generation,
        serving: sign(before.authority, names),
        provisional: before.provisional || !isEverywhere(before, trust),
      };
    case "retire":
      return { ...before, generation, trusted: lasting(before.trusted, now) };
    case "switch": {
      const { next, ...rest } = before;
      if (next === undefined) throw new Error("invariant broken: only an announced CA can be switched to");
      const trusted = [before.authority.certificatePem, ...lasting(before.trusted, now)].slice(0, trustedMax);
      return { ...rest, generation, authority: next, serving: sign(next, names), trusted };
    }
  }
}

/** A state from nothing: whatever CA is trusted somewhere stays so, and the new one is provisional. */
function begun({ before, options, trust }: StepBase): CertificateState {
  const { names, life } = options;
  const { now } = trust;
  const authority = issueAuthority(now, life);
  const known = before === undefined ? [] : [before.authority.certificatePem, before.next?.certificatePem ?? "", ...before.trusted];
  return {
    generation: (before?.generation ?? 0) + 1,
    authority,
    serving: issueServing({ authority, names, now, life }),
    trusted: lasting(distinctCertificates([...known, ...trust.authorities]), now).slice(0, trustedMax),
    provisional: true,
  };
}

/** CAs that some configuration trusts, that have not run out, and that the state does not know. */
function strangers(state: CertificateState, { authorities, now }: RegisteredTrust): readonly string[] {
  const known = new Set(certificatesIn(bundleOf(state)));
  return lasting(authorities, now).filter((pem) => !known.has(pem));
}

function lasting(trusted: readonly string[], now: Instant): readonly string[] {
  return trusted.filter((pem) => endOf(pem) >= now);
}

/** What this process needs and what the certificate names already: replicas that differ would else renew it in turn for ever. */
function namesOf(serving: KeyPair, wanted: readonly string[]): readonly string[] {
  const named = parseCertificate(serving.certificatePem)?.subjectAltName ?? "";
  const present = named.split(", ").map((name) => name.replace(/^(DNS|IP Address):/, ""));
  const isAgeing = wanted.every((name) => present.includes(name));
  return isAgeing ? wanted : [...new Set([...wanted, ...present.filter((name) => name !== "")])].slice(0, namesMax);
}

function factsOf(state: CertificateState, { names }: CertificateStoreOptions, trust: RegisteredTrust): CertificateFacts {
  const waiting = state.provisional ? state.authority : state.next;
  return {
    now: trust.now,
    authority: authorityFacts(state.authority),
    serving: servingFacts(state, names),
    ...(state.next === undefined ? {} : { next: authorityFacts(state.next) }),
    trustedUntil: state.trusted.map(endOf),
    provisional: state.provisional,
    hasStrangers: state.trusted.length < trustedMax && strangers(state, trust).length > 0,
    isAlone: isAlone(state, trust),
    isSettled: waiting !== undefined && trust.isSettled(waiting.certificatePem),
  };
}

function isEverywhere({ authority }: CertificateState, { everywhere }: RegisteredTrust): boolean {
  return everywhere.includes(certificatesIn(authority.certificatePem)[0] ?? "");
}

function isAlone(state: CertificateState, trust: RegisteredTrust): boolean {
  return isEverywhere(state, trust) && trust.authorities.length === 1;
}

function authorityFacts({ certificatePem, keyPem }: KeyPair): AuthorityFacts {
  const certificate = parseCertificate(certificatePem);
  if (certificate === undefined) return { from: 0, to: 0, canSign: false };
  return { ...lifeOf(certificate), canSign: certificate.ca && ownsKey(certificate, keyPem) };
}

function servingFacts({ serving, authority }: CertificateState, names: readonly string[]): CertificateFacts["serving"] {
  const certificate = parseCertificate(serving.certificatePem);
  const signer = parseCertificate(authority.certificatePem);
  if (certificate === undefined || signer === undefined) return { from: 0, to: 0, fault: "the stored certificate can't be read" };
  const life = lifeOf(certificate);
  if (!ownsKey(certificate, serving.keyPem)) return { ...life, fault: "the key does not belong to the certificate" };
  if (!certificate.verify(signer.publicKey)) return { ...life, fault: "the certificate was not signed by the stored CA" };
  const missingName = names.find((name) => (isIpAddress(name) ? certificate.checkIP(name) : certificate.checkHost(name)) === undefined);
  return { ...life, ...(missingName === undefined ? {} : { missingName }) };
}

/** Returns the keys of the CAs that sign, now or next; a person may have spoiled one to replace its CA, and would know it. */
export function signingKeys({ authority, next }: CertificateState): readonly string[] {
  const pairs = next === undefined ? [authority] : [authority, next];
  return pairs.filter((pair) => authorityFacts(pair).canSign).map(({ keyPem }) => keyPem);
}

function ownsKey(certificate: NonNullable<ReturnType<typeof parseCertificate>>, keyPem: string): boolean {
  try {
    return certificate.checkPrivateKey(createPrivateKey(keyPem));
  } catch {
    return false;
  }
}

function lifeOf({ validFrom, validTo }: { readonly validFrom: string; readonly validTo: string }): {
  readonly from: Instant;
  readonly to: Instant;
} {
  return { from: Date.parse(validFrom), to: Date.parse(validTo) };
}

function endOf(pem: string): Instant {
  return certificatesIn(pem).length === 0 ? 0 : lifeOf(parseCertificate(pem) ?? { validFrom: "", validTo: "" }).to;
}
