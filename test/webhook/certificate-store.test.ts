/** The store against a few lines of API server that keep one Secret with a resourceVersion, so races are real ones. */
import { describe, expect, it } from "vitest";
import type { ApiAnswer, ApiRequest, ApiTransport } from "../../src/api/ports.ts";
import type { Secret } from "../../src/api/secret.ts";
import { issueServingCertificate } from "../../src/webhook/certificate.ts";
import { ensureCertificate } from "../../src/webhook/certificate-store.ts";

const now = Date.parse("2026-11-21T12:00:00Z");
const names = ["plimsoll.plimsoll-system.svc"];

describe("the certificate store", () => {
  it("creates the Secret once and every later replica reads the same certificate", async () => {
    const api = secretApi();
    const first = await ensure(api);
    const second = await ensure(api);
    expect([first.how, second.how]).toEqual(["created", "read"]);
    expect(second.certificate).toEqual(first.certificate);
    expect(api.writes()).toBe(1);
  });

  it("lets exactly one of many racing replicas win, and all serve the winner's", async () => {
    const api = secretApi();
    const all = await Promise.all(Array.from({ length: 8 }, () => ensure(api)));
    expect(api.writes()).toBe(1);
    expect(new Set(all.map(({ certificate }) => certificate.serving.certificatePem)).size).toBe(1);
  });

  it("replaces an ageing certificate by one optimistic write, however many replicas try", async () => {
    const api = secretApi();
    const old = await ensure(api);
    const later = now + 250 * 86_400_000;
    const all = await Promise.all(Array.from({ length: 4 }, () => ensure(api, later)));
    expect(api.writes()).toBe(2);
    expect(all.map(({ how }) => how).filter((how) => how === "replaced")).toHaveLength(1);
    expect(all.every(({ certificate }) => certificate.serving.certificatePem !== old.certificate.serving.certificatePem)).toBe(true);
    // A replica that still serves the old certificate stays trusted.
    expect(all.every(({ certificate }) => certificate.authority.certificatePem === old.certificate.authority.certificatePem)).toBe(true);
  });

  it("takes a new CA when the stored one can't sign: another's key, or not read at all", async () => {
    const api = secretApi();
    const first = await ensure(api);
    for (const key of [issueServingCertificate({ names, now }).authority.keyPem, "no key"]) {
      await api.request({ method: "PUT", path: "", body: withAuthorityKey(await api.request({ method: "GET", path: "" }), key) });
      const later = await ensure(api, now + 250 * 86_400_000);
      expect(later.certificate.authority.certificatePem).not.toBe(first.certificate.authority.certificatePem);
    }
  });

  it("fills a Secret that somebody emptied", async () => {
    const api = secretApi({ apiVersion: "v1", kind: "Secret", metadata: { name: "plimsoll-certificate", resourceVersion: "7" } });
    expect(await ensure(api)).toMatchObject({ how: "replaced", because: "the Secret holds no certificate" });
  });

  it("says which Secret it could not read, and issues nothing", async () => {
    const api = secretApi();
    const refused: ApiTransport = {
      ...api,
      request: () => Promise.resolve({ ok: false, status: 403, error: { code: 403, message: "forbidden: no rights" } }),
    };
    expect(
      await ensureCertificate({ transport: refused, namespace: "plimsoll-system", secretName: "plimsoll-certificate", names }, now),
    ).toEqual({
      ok: false,
      error: "Secret plimsoll-system/plimsoll-certificate: forbidden: no rights",
    });
  });
});

function withAuthorityKey(read: ApiAnswer, keyPem: string): Secret {
  if (!read.ok) throw new Error("the Secret is there");
  const secret = read.body as Secret;
  return { ...secret, data: { ...secret.data, "ca.key": Buffer.from(keyPem).toString("base64") } };
}

async function ensure(transport: ApiTransport, at = now) {
  const ensured = await ensureCertificate({ transport, namespace: "plimsoll-system", secretName: "plimsoll-certificate", names }, at);
  if (!ensured.ok) throw new Error(ensured.error);
  return ensured.value;
}

function secretApi(initial?: Secret): ApiTransport & { writes(): number } {
  let stored: Secret | undefined = initial;
  let version = 7;
  let writes = 0;
  const status = (code: number, message: string): ApiAnswer => ({ ok: false, status: code, error: { code, message } });
  const write = (body: unknown): ApiAnswer => {
    writes += 1;
    version += 1;
    const secret = body as Secret;
    stored = { ...secret, metadata: { ...secret.metadata, resourceVersion: String(version) } };
    return { ok: true, status: 200, body: stored };
  };
  const answer = ({ method, body }: ApiRequest): ApiAnswer => {
    if (method === "GET") return stored ? { ok: true, status: 200, body: stored } : status(404, "not found");
    if (method === "POST") return stored ? status(409, "already exists") : write(body);
    if ((body as Secret).metadata.resourceVersion !== stored?.metadata.resourceVersion) return status(409, "the object has been modified");
    return write(body);
  };
  return {
    writes: () => writes,
    request: async (request) => {
      await new Promise((resolve) => setImmediate(resolve));
      return answer(request);
    },
    watch: async function* () {
      /* a Secret is never watched here */
    },
  };
}
