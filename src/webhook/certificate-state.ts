/**
 * The certificate state: what all replicas share about certificates, and its form in a Secret.
 *
 * Reads and returns data. Two CAs at most can sign here: the one that signed the served certificate, and the next one, which
 * is only announced. A CA that was followed by another leaves its certificate behind and loses its key.
 */
import { X509Certificate } from "node:crypto";
import type { Secret } from "../api/secret.ts";
import type { KeyPair } from "./certificate.ts";

export interface CertificateState {
  /** Counts the writes of the state. */
  readonly generation: number;
  readonly authority: KeyPair;
  /** Signed by `authority`; what every replica serves, or will. */
  readonly serving: KeyPair;
  /** The announced CA: in every bundle, and not signing yet. */
  readonly next?: KeyPair;
  /** Certificates of earlier CAs, PEM: a replica that lags may still serve what they signed. */
  readonly trusted: readonly string[];
  /**
   * True while API servers may not know `authority` yet: only a replica that has nothing else serves this certificate, and isn't
   * ready. So it begins where the Secret was lost but configurations are in force.
   */
  readonly provisional: boolean;
}

/** Every rotation leaves one CA behind and they end by themselves; more come only of Secrets that were lost again and again. */
export const trustedMax = 8;

/** Returns the CA bundle of a state, PEM: every CA of which a certificate may be served, now or next. */
export function bundleOf({ authority, next, trusted }: CertificateState): string {
  return distinctCertificates([authority.certificatePem, ...(next === undefined ? [] : [next.certificatePem]), ...trusted]).join("");
}

/** The certificates in a PEM text, each written in one same way so that equal ones are equal texts; what is none is left out. */
export function certificatesIn(pem: string): readonly string[] {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  return blocks.flatMap((block) => {
    const parsed = parseCertificate(block);
    return parsed === undefined ? [] : [parsed.toString()];
  });
}

/** The texts without those whose certificate came before, in order. */
export function distinctCertificates(pems: readonly string[]): readonly string[] {
  return [...new Set(pems.flatMap(certificatesIn))];
}

/** SHA-256 of a certificate, as `openssl x509 -fingerprint` prints it; empty where the text is no certificate. */
export function fingerprintOf(pem: string): string {
  return parseCertificate(pem)?.fingerprint256 ?? "";
}

/** Parses a PEM certificate; undefined where the text is none. */
export function parseCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

const fields = {
  authorityCertificate: "ca.crt",
  authorityKey: "ca.key",
  certificate: "tls.crt",
  key: "tls.key",
  nextCertificate: "ca-next.crt",
  nextKey: "ca-next.key",
  trusted: "ca-trusted.crt",
  generation: "generation",
  provisional: "provisional",
} as const;

/** Where a Secret stands, and the version of it that a write may replace; absent for one that is to be created. */
export interface SecretPlace {
  readonly namespace: string;
  readonly secretName: string;
  readonly resourceVersion?: string;
}

/** Encodes a state as a Secret. */
export function encodeCertificateState(state: CertificateState, place: SecretPlace): Secret {
  const { authority, serving, next, trusted, provisional, generation } = state;
  const texts: Readonly<Record<string, string>> = {
    [fields.authorityCertificate]: authority.certificatePem,
    [fields.authorityKey]: authority.keyPem,
    [fields.certificate]: serving.certificatePem,
    [fields.key]: serving.keyPem,
    ...(next === undefined ? {} : { [fields.nextCertificate]: next.certificatePem, [fields.nextKey]: next.keyPem }),
    ...(trusted.length === 0 ? {} : { [fields.trusted]: trusted.join("") }),
    [fields.generation]: String(generation),
    ...(provisional ? { [fields.provisional]: "true" } : {}),
  };
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: place.secretName,
      namespace: place.namespace,
      labels: { "app.kubernetes.io/name": "plimsoll", "app.kubernetes.io/managed-by": "plimsoll" },
      ...(place.resourceVersion === undefined ? {} : { resourceVersion: place.resourceVersion }),
    },
    type: "Opaque",
    data: Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text, "utf8").toString("base64")])),
  };
}

/** Decodes a Secret's state; undefined where it holds none. A Secret with the first four fields alone is whole. */
export function decodeCertificateState(secret: Secret): CertificateState | undefined {
  const text = (name: string): string => Buffer.from(secret.data?.[name] ?? "", "base64").toString("utf8");
  const pair = (certificate: string, key: string): KeyPair | undefined =>
    text(certificate) === "" || text(key) === "" ? undefined : { certificatePem: text(certificate), keyPem: text(key) };
  const authority = pair(fields.authorityCertificate, fields.authorityKey);
  const serving = pair(fields.certificate, fields.key);
  const next = pair(fields.nextCertificate, fields.nextKey);
  if (authority === undefined || serving === undefined) return undefined;
  return {
    generation: Number(text(fields.generation)) || 1,
    authority,
    serving,
    ...(next === undefined ? {} : { next }),
    trusted: certificatesIn(text(fields.trusted)).slice(0, trustedMax),
    provisional: text(fields.provisional) === "true",
  };
}
