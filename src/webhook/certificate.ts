/**
 * Certificates: a certificate authority and a serving certificate that Plimsoll issues itself.
 *
 * Reads the names to serve and the time. Returns PEM text. node-forge builds the certificate body; it knows no elliptic
 * curves, so key, public key and signature come from node:crypto and are put into the body before it is signed:
 * ECDSA P-256, a handshake about ten times cheaper than RSA-2048, issued in milliseconds.
 *
 * Validity is back-dated by an hour so that a replica whose clock is behind accepts a certificate that was just made.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign, X509Certificate } from "node:crypto";
import forge from "node-forge";
import type { Instant } from "../api/ports.ts";

/** A certificate with its key, PEM. */
export interface KeyPair {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** The CA and the serving certificate that all replicas share. */
export interface ServingCertificate {
  readonly authority: KeyPair;
  readonly serving: KeyPair;
}

const authorityName = "plimsoll-ca";
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const authorityLifeMs = 10 * 365 * dayMs;
/** A year: replaced when two thirds are over (certificate-store.ts). */
const servingLifeMs = 365 * dayMs;
const ecdsaWithSha256 = "1.2.840.10045.4.3.2";

/**
 * Issues a serving certificate, signed by the given CA while that lasts longer than the certificate would, else by a new one:
 * a replica that still serves the old certificate stays trusted while the new one spreads.
 *
 * @param request.names DNS names and IP addresses for the subject alternative name (clients ignore the common name).
 */
export function issueServingCertificate(request: {
  readonly names: readonly string[];
  readonly now: Instant;
  readonly authority?: KeyPair;
}): ServingCertificate {
  const authority = usableAuthority(request) ?? issueAuthority(request.now);
  const authorityKeys = keysOf(authority.keyPem);
  const servingKeys = ecKeys();
  const serving = issue({
    subject: request.names[0] ?? "plimsoll",
    keys: servingKeys,
    issuer: { name: authorityName, keys: authorityKeys },
    now: request.now,
    lifeMs: servingLifeMs,
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: request.names.map(alternativeName) },
      subjectKeyIdentifier(servingKeys),
      { name: "authorityKeyIdentifier", keyIdentifier: keyId(authorityKeys) },
    ],
  });
  return { authority, serving: { certificatePem: serving, keyPem: servingKeys.privatePem } };
}

function issueAuthority(now: Instant): KeyPair {
  const keys = ecKeys();
  const certificatePem = issue({
    subject: authorityName,
    keys,
    issuer: undefined,
    now,
    lifeMs: authorityLifeMs,
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
      subjectKeyIdentifier(keys),
    ],
  });
  return { certificatePem, keyPem: keys.privatePem };
}

/** The CA as given, unless it can't be read, its key is another's, or it would end before what it signs. */
function usableAuthority({ authority, now }: { readonly authority?: KeyPair; readonly now: Instant }): KeyPair | undefined {
  if (authority === undefined) return undefined;
  try {
    const certificate = new X509Certificate(authority.certificatePem);
    const lasts = Date.parse(certificate.validTo) > now + servingLifeMs && Date.parse(certificate.validFrom) <= now;
    return lasts && certificate.ca && certificate.checkPrivateKey(createPrivateKey(authority.keyPem)) ? authority : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Says why a stored certificate can't be served any more, or undefined while it can.
 *
 * A certificate is replaced once two thirds of its life are over, when it does not name every host asked for, or when
 * key and certificate don't belong together.
 */
export function replacementReason(request: {
  readonly stored: ServingCertificate;
  readonly names: readonly string[];
  readonly now: Instant;
}): string | undefined {
  const { stored, names, now } = request;
  try {
    const certificate = new X509Certificate(stored.serving.certificatePem);
    const authority = new X509Certificate(stored.authority.certificatePem);
    if (!certificate.checkPrivateKey(createPrivateKey(stored.serving.keyPem))) return "the key does not belong to the certificate";
    if (!certificate.verify(authority.publicKey)) return "the certificate was not signed by the stored CA";
    const missing = names.find((name) => (isIpAddress(name) ? certificate.checkIP(name) : certificate.checkHost(name)) === undefined);
    if (missing !== undefined) return `the certificate does not name ${missing}`;
    const from = Date.parse(certificate.validFrom);
    const to = Date.parse(certificate.validTo);
    return now >= from + ((to - from) * 2) / 3 ? "two thirds of the certificate's life are over" : undefined;
  } catch (cause) {
    return `the stored certificate can't be read: ${String(cause)}`;
  }
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
  readonly now: Instant;
  readonly lifeMs: number;
  readonly extensions: readonly object[];
}

function issue(request: IssueRequest): string {
  const certificate = forge.pki.createCertificate();
  certificate.serialNumber = positiveSerial();
  certificate.validity.notBefore = new Date(request.now - hourMs);
  certificate.validity.notAfter = new Date(request.now + request.lifeMs);
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

function isIpAddress(name: string): boolean {
  return /^[0-9.]+$/.test(name) || name.includes(":");
}
