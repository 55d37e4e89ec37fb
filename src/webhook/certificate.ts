/**
 * Certificates: a certificate authority and a serving certificate that Plimsoll issues itself.
 *
 * Reads the names to serve and the time. Returns PEM text. node-forge builds the certificate body; it knows no elliptic
 * curves, so key, public key and signature come from node:crypto and are put into the body before it is signed:
 * ECDSA P-256, a handshake about ten times cheaper than RSA-2048, issued in milliseconds.
 *
 * Validity is back-dated (by an hour, less for short lives) so that a replica whose clock is behind accepts a certificate that was just made.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from "node:crypto";
import forge from "node-forge";
import type { Instant } from "../api/ports.ts";

/** A certificate with its key, PEM. */
export interface KeyPair {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** A CA and a serving certificate that it signed. */
export interface ServingCertificate {
  readonly authority: KeyPair;
  readonly serving: KeyPair;
}

/** How long certificates live, and what follows from that; one number decides all (see {@link certificateLife}). */
export interface CertificateLife {
  readonly servingMs: number;
  /** Three lives of a serving certificate: when two thirds are over, what it signs can still live a whole life. */
  readonly authorityMs: number;
  /** How long a CA has stood in every configuration before a certificate of it is served: every API server has seen it by then. */
  readonly settleMs: number;
  /** How often the shared state is looked at. */
  readonly lookMs: number;
}

const authorityName = "plimsoll-ca";
const hourMs = 3_600_000;
const yearMs = 365 * 24 * hourMs;
/** Shorter lives leave no room for an API server that learns of a new CA late. */
export const servingLifeMinMs = 30_000;
const settleMaxMs = 60_000;
const lookMaxMs = 60_000;
const ecdsaWithSha256 = "1.2.840.10045.4.3.2";

/** Returns the times that belong to a serving certificate's life (milliseconds); a year by default. */
export function certificateLife(servingMs: number = yearMs): CertificateLife {
  return {
    servingMs,
    authorityMs: 3 * servingMs,
    settleMs: Math.min(settleMaxMs, servingMs / 20),
    lookMs: Math.min(lookMaxMs, servingMs / 40),
  };
}

/**
 * Issues a CA and a certificate of it in one go, for whoever needs no rotation.
 *
 * @param request.names DNS names and IP addresses for the subject alternative name (clients ignore the common name).
 */
export function issueServingCertificate(request: { readonly names: readonly string[]; readonly now: Instant }): ServingCertificate {
  const life = certificateLife();
  const authority = issueAuthority(request.now, life);
  return { authority, serving: issueServing({ ...request, authority, life }) };
}

/** Issues a serving certificate of the CA; it never outlives the CA, so a CA that ended has nothing left to vouch for. */
export function issueServing(request: {
  readonly authority: KeyPair;
  readonly names: readonly string[];
  readonly now: Instant;
  readonly life: CertificateLife;
}): KeyPair {
  const { authority, names, now, life } = request;
  const authorityKeys = keysOf(authority.keyPem);
  const servingKeys = ecKeys();
  const certificatePem = issue({
    subject: names[0] ?? "plimsoll",
    keys: servingKeys,
    issuer: { name: authorityName, keys: authorityKeys },
    from: now - backDatedMs(life),
    to: Math.min(now + life.servingMs, Date.parse(new X509Certificate(authority.certificatePem).validTo)),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: names.map(alternativeName) },
      subjectKeyIdentifier(servingKeys),
      { name: "authorityKeyIdentifier", keyIdentifier: keyId(authorityKeys) },
    ],
  });
  return { certificatePem, keyPem: servingKeys.privatePem };
}

/** Issues a certificate authority. */
export function issueAuthority(now: Instant, life: CertificateLife): KeyPair {
  const keys = ecKeys();
  const certificatePem = issue({
    subject: authorityName,
    keys,
    issuer: undefined,
    from: now - backDatedMs(life),
    to: now + life.authorityMs,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
      subjectKeyIdentifier(keys),
    ],
  });
  return { certificatePem, keyPem: keys.privatePem };
}

/** An hour, but no notable part of a short life. */
function backDatedMs({ servingMs }: CertificateLife): number {
  return Math.min(hourMs, servingMs / 20);
}

interface EcKeys {
  readonly privatePem: string;
  readonly publicDer: Buffer;
}

function ecKeys(): EcKeys {
  const { privateKey, publicKey } = generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "pkcs8", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
  return { privatePem: privateKey, publicDer: createPublicKey(publicKey).export({ type: "spki", format: "der" }) };
}

function keysOf(privatePem: string): EcKeys {
  return { privatePem, publicDer: createPublicKey(createPrivateKey(privatePem)).export({ type: "spki", format: "der" }) };
}

interface IssueRequest {
  readonly subject: string;
  readonly keys: EcKeys;
  readonly issuer: { readonly name: string; readonly keys: EcKeys } | undefined;
  readonly from: Instant;
  readonly to: Instant;
  readonly extensions: readonly object[];
}

function issue(request: IssueRequest): string {
  const certificate = forge.pki.createCertificate();
  certificate.serialNumber = positiveSerial();
  certificate.validity.notBefore = new Date(request.from);
  certificate.validity.notAfter = new Date(request.to);
  certificate.setSubject([{ name: "commonName", value: request.subject.slice(0, 64) }]);
  certificate.setIssuer([{ name: "commonName", value: request.issuer?.name ?? request.subject }]);
  // forge wants an RSA key while it builds the body; the real public key replaces it below.
  certificate.publicKey = placeholderKey();
  certificate.siginfo.algorithmOid = ecdsaWithSha256;
  certificate.signatureOid = ecdsaWithSha256;
  certificate.setExtensions([...request.extensions]);
  const [body] = members(forge.pki.certificateToAsn1(certificate));
  if (body === undefined) throw new Error("invariant broken: a certificate starts with its body");
  const fields = members(body);
  fields[2] = signatureAlgorithm();
  fields[6] = forge.asn1.fromDer(forge.util.createBuffer(request.keys.publicDer.toString("binary")));
  const bodyDer = Buffer.from(forge.asn1.toDer(body).getBytes(), "binary");
  const signature = sign("sha256", bodyDer, createPrivateKey((request.issuer?.keys ?? request.keys).privatePem));
  const whole = forge.asn1.create(forge.asn1.Class.UNIVERSAL, forge.asn1.Type.SEQUENCE, true, [
    body,
    signatureAlgorithm(),
    forge.asn1.create(forge.asn1.Class.UNIVERSAL, forge.asn1.Type.BITSTRING, false, `\0${signature.toString("binary")}`),
  ]);
  const der = Buffer.from(forge.asn1.toDer(whole).getBytes(), "binary");
  return new X509Certificate(der).toString();
}

function signatureAlgorithm(): forge.asn1.Asn1 {
  const oid = forge.asn1.oidToDer(ecdsaWithSha256).getBytes();
  return forge.asn1.create(forge.asn1.Class.UNIVERSAL, forge.asn1.Type.SEQUENCE, true, [
    forge.asn1.create(forge.asn1.Class.UNIVERSAL, forge.asn1.Type.OID, false, oid),
  ]);
}

function members(node: forge.asn1.Asn1): forge.asn1.Asn1[] {
  if (typeof node.value === "string") throw new Error("invariant broken: a sequence has members");
  return node.value;
}

/** forge derives this extension from its own (placeholder) key, so the value is given as DER. */
function subjectKeyIdentifier(keys: EcKeys): object {
  const octets = forge.asn1.create(forge.asn1.Class.UNIVERSAL, forge.asn1.Type.OCTETSTRING, false, keyId(keys));
  return { id: "2.5.29.14", value: forge.asn1.toDer(octets).getBytes() };
}

/** SHA-1 of the public key's bits, as RFC 5280 4.2.1.2 suggests; any stable id would do. */
function keyId(keys: EcKeys): string {
  const digest = forge.md.sha1.create();
  digest.update(keys.publicDer.subarray(-65).toString("binary"));
  return digest.digest().getBytes();
}

function positiveSerial(): string {
  const bytes = randomBytes(16);
  bytes.writeUInt8((bytes.readUInt8(0) & 0x7f) | 0x01, 0);
  return bytes.toString("hex");
}

function placeholderKey(): forge.pki.rsa.PublicKey {
  return forge.pki.setRsaPublicKey(new forge.jsbn.BigInteger("3"), new forge.jsbn.BigInteger("3"));
}

function alternativeName(name: string): { type: number; value?: string; ip?: string } {
  return isIpAddress(name) ? { type: 7, ip: name } : { type: 2, value: name };
}

/** Tells an address from a DNS name: certificates name them in different fields. */
export function isIpAddress(name: string): boolean {
  return /^[0-9.]+$/.test(name) || name.includes(":");
}
