/**
 * The certificate store: one CA and serving certificate for all replicas, kept in a Secret.
 *
 * Reads and writes one Secret through the API. Whichever replica comes first creates it; the others read what it wrote.
 * A replacement is an update with the resourceVersion that was read, so of several replicas exactly one wins and the
 * rest take the winner's. Nothing is ever served that is not in the Secret. A renewal keeps the CA while that lives long
 * enough, so that no review fails between one replica's renewal and another's next look.
 */
import type { ApiTransport, Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { Secret } from "../api/secret.ts";
import { issueServingCertificate, replacementReason, type ServingCertificate } from "./certificate.ts";

export interface CertificateStoreOptions {
  readonly transport: ApiTransport;
  readonly namespace: string;
  readonly secretName: string;
  /** Every DNS name and address under which the API server may call. */
  readonly names: readonly string[];
}

/** What {@link ensureCertificate} found or did, for the log. */
export interface EnsuredCertificate {
  readonly certificate: ServingCertificate;
  readonly how: "read" | "created" | "replaced";
  /** Why the stored certificate was replaced. */
  readonly because?: string;
}

/** Replicas that start together race; each round one of them wins, so a few rounds settle it. */
const roundsMax = 5;

/** Returns the certificate that all replicas share, creating or replacing the Secret when that is due. */
export async function ensureCertificate(options: CertificateStoreOptions, now: Instant): Promise<Result<EnsuredCertificate, string>> {
  let lastProblem = "";
  for (let round = 0; round < roundsMax; round++) {
    const outcome = await attempt(options, now);
    if (outcome.kind === "done") return ok(outcome.ensured);
    lastProblem = outcome.problem;
    if (outcome.kind === "failed") break;
  }
  return err(`Secret ${options.namespace}/${options.secretName}: ${lastProblem}`);
}

type Attempt =
  | { readonly kind: "done"; readonly ensured: EnsuredCertificate }
  | { readonly kind: "lost-race"; readonly problem: string }
  | { readonly kind: "failed"; readonly problem: string };

async function attempt(options: CertificateStoreOptions, now: Instant): Promise<Attempt> {
  const collection = `/api/v1/namespaces/${options.namespace}/secrets`;
  const path = `${collection}/${options.secretName}`;
  const read = await options.transport.request({ method: "GET", path });
  if (!read.ok && read.status !== 404) return { kind: "failed", problem: read.error.message ?? `GET answered ${read.status}` };
  const stored = read.ok ? decodeSecret(read.body) : undefined;
  const because = stored && replacementReason({ stored: stored.certificate, names: options.names, now });
  if (stored !== undefined && because === undefined) return { kind: "done", ensured: { certificate: stored.certificate, how: "read" } };
  const kept = stored === undefined ? {} : { authority: stored.certificate.authority };
  const certificate = issueServingCertificate({ names: options.names, now, ...kept });
  const resourceVersion = read.ok ? resourceVersionOf(read.body) : undefined;
  const body = encodeSecret({ options, certificate, resourceVersion });
  const written = await options.transport.request(read.ok ? { method: "PUT", path, body } : { method: "POST", path: collection, body });
  if (written.ok) {
    const reason = because ?? (read.ok ? "the Secret holds no certificate" : undefined);
    return {
      kind: "done",
      ensured: { certificate, how: read.ok ? "replaced" : "created", ...(reason === undefined ? {} : { because: reason }) },
    };
  }
  const problem = written.error.message ?? `write answered ${written.status}`;
  return written.status === 409 ? { kind: "lost-race", problem } : { kind: "failed", problem };
}

const fields = { authorityCertificate: "ca.crt", authorityKey: "ca.key", certificate: "tls.crt", key: "tls.key" } as const;

function encodeSecret(request: {
  readonly options: CertificateStoreOptions;
  readonly certificate: ServingCertificate;
  readonly resourceVersion: string | undefined;
}): Secret {
  const { options, certificate, resourceVersion } = request;
  const { authority, serving } = certificate;
  return {
    apiVersion: "v1",
    kind: "Secret",
    metadata: {
      name: options.secretName,
      namespace: options.namespace,
      labels: { "app.kubernetes.io/name": "plimsoll", "app.kubernetes.io/managed-by": "plimsoll" },
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    type: "Opaque",
    data: {
      [fields.authorityCertificate]: base64(authority.certificatePem),
      [fields.authorityKey]: base64(authority.keyPem),
      [fields.certificate]: base64(serving.certificatePem),
      [fields.key]: base64(serving.keyPem),
    },
  };
}

function decodeSecret(body: unknown): { readonly certificate: ServingCertificate } | undefined {
  const data = (body as Secret).data ?? {};
  const [authorityCertificate, authorityKey, certificate, key] = [
    data[fields.authorityCertificate],
    data[fields.authorityKey],
    data[fields.certificate],
    data[fields.key],
  ].map((value) => (value === undefined ? undefined : Buffer.from(value, "base64").toString("utf8")));
  if (!authorityCertificate || !authorityKey || !certificate || !key) return undefined;
  return {
    certificate: {
      authority: { certificatePem: authorityCertificate, keyPem: authorityKey },
      serving: { certificatePem: certificate, keyPem: key },
    },
  };
}

function resourceVersionOf(body: unknown): string | undefined {
  return (body as Secret).metadata.resourceVersion;
}

function base64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}
