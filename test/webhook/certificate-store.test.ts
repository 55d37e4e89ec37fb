/** The store: one Secret for all replicas, brought on by one step at a time, whoever is first. */
import { describe, expect, it } from "vitest";
import type { ApiTransport } from "../../src/api/ports.ts";
import type { Secret } from "../../src/api/secret.ts";
import { certificateLife, issueAuthority, issueServingCertificate } from "../../src/webhook/certificate.ts";
import { bundleOf, type CertificateState, certificatesIn, decodeCertificateState } from "../../src/webhook/certificate-state.ts";
import { advanceCertificate, type RegisteredTrust, signingKeys } from "../../src/webhook/certificate-store.ts";
import { type CertificateApi, certificateApi } from "./certificate-api.ts";

const now = Date.parse("2026-11-21T12:00:00Z");
const dayMs = 86_400_000;
const names = ["plimsoll.plimsoll-system.svc"];

describe("the certificate store", () => {
  it("creates the Secret once and every later replica reads the same certificate", async () => {
    const api = certificateApi();
    const first = await advance(api);
    const second = await advance(api);
    expect([first.step.kind, second.step.kind]).toEqual(["begin", "keep"]);
    expect(second.state).toEqual(first.state);
    expect(first.state.provisional).toBe(true);
    expect(api.writes()).toBe(1);
  });

  it("confirms a new CA at once where every configuration trusts it alone, and else when it has settled", async () => {
    const [alone, beside, late] = [certificateApi(), certificateApi(), certificateApi()];
    const began = await Promise.all([alone, beside, late].map((api) => advance(api)));
    const [first = "", second = "", third = ""] = began.map(({ state }) => state.authority.certificatePem);
    expect((await advance(alone, { authorities: [first], everywhere: [first] })).step.kind).toBe("confirm");
    expect((await advance(beside, { authorities: [second], everywhere: [] })).step.kind).toBe("keep");
    expect((await advance(late, { authorities: [third, stranger], everywhere: [third] })).step.kind).toBe("adopt");
    expect((await advance(late, { authorities: [third, stranger], everywhere: [third] })).step.kind).toBe("keep");
    expect((await advance(late, { authorities: [third, stranger], everywhere: [third], isSettled: () => true })).step.kind).toBe("confirm");
  });

  it("lets exactly one of many racing replicas win, and all read the winner's", async () => {
    const api = certificateApi();
    const all = await Promise.all(Array.from({ length: 8 }, () => advance(api)));
    expect(api.writes()).toBe(1);
    expect(new Set(all.map(({ state }) => state.serving.certificatePem)).size).toBe(1);
  });

  it("renews an ageing certificate under the same CA by one write, however many replicas try", async () => {
    const api = certificateApi();
    const old = await installed(api);
    const all = await Promise.all(Array.from({ length: 4 }, () => advance(api, { ...under(old), now: now + 250 * dayMs })));
    expect(api.writes()).toBe(3);
    expect(all.map(({ step }) => step.kind).sort()).toEqual(["keep", "keep", "keep", "renew"]);
    expect(all.every(({ state }) => state.serving.certificatePem !== old.state.serving.certificatePem)).toBe(true);
    expect(all.every(({ state }) => state.authority.certificatePem === old.state.authority.certificatePem)).toBe(true);
  });

  it("announces the next CA before it signs, and leaves the earlier one trusted without its key", async () => {
    const api = certificateApi();
    const old = await installed(api);
    const late = now + 2 * 365 * dayMs;
    const announced = await advance(api, { ...under(old), now: late });
    expect(announced.step.kind).toBe("announce");
    expect(announced.state.serving).toEqual(old.state.serving);
    expect(certificatesIn(bundleOf(announced.state))).toHaveLength(2);
    // Nothing moves on by itself: the configurations must have had the CA for the settling time.
    expect((await advance(api, { ...under(old), now: late + dayMs })).state.authority).toEqual(old.state.authority);
    const switched = await advance(api, { ...under(old), now: late + dayMs, isSettled: () => true });
    expect(switched.step.kind).toBe("switch");
    expect(switched.state.authority).toEqual(announced.state.next);
    expect(new Set(certificatesIn(bundleOf(switched.state)))).toEqual(new Set(certificatesIn(bundleOf(announced.state))));
    expect(textOf(api)).not.toContain(old.state.authority.keyPem);
    const end = { ...under(switched), now: late + 366 * dayMs };
    expect((await advance(api, end)).step.kind).toBe("renew");
    const retired = await advance(api, end);
    expect(retired.step.kind).toBe("retire");
    expect(retired.state.trusted).toEqual([]);
  });

  const broken: readonly [string, (secret: Secret) => Secret, string, RegExp][] = [
    ["a Secret that somebody emptied", ({ metadata, ...rest }) => ({ ...rest, metadata, data: {} }), "begin", /holds no certificate/],
    ["a certificate that can't be read", (secret) => withField(secret, "tls.crt", "x"), "renew", /can't be read/],
    ["another's key", (secret) => withField(secret, "tls.key", other.serving.keyPem), "renew", /key does not belong/],
    ["another's CA", (secret) => withAuthority(secret, other.authority), "renew", /not signed by the stored CA/],
    ["another's CA without its key", (secret) => withField(secret, "ca.crt", other.authority.certificatePem), "begin", /not signed/],
    ["a CA key that is lost", (secret) => withField(secret, "ca.key", "lost"), "announce", /the CA can't sign/],
  ];
  it.each(broken)("gets whole again from %s, with every CA that is registered still trusted", async (_what, damage, kind, because) => {
    const api = certificateApi();
    const { state } = await installed(api);
    const secret = api.secret();
    if (secret === undefined) throw new Error("the Secret was made");
    api.setSecret(damage(secret));
    const healed = await advance(api, { authorities: [state.authority.certificatePem] });
    expect(healed.step).toMatchObject({ kind, because: expect.stringMatching(because) as unknown });
    const trusted = certificatesIn(bundleOf(healed.state));
    if (kind === "begin" || kind === "announce") expect(trusted).toContain(state.authority.certificatePem);
    // What is signed by a CA that nobody trusts yet waits until they do.
    expect(healed.state.provisional).toBe(bundleOf(healed.state).indexOf(state.authority.certificatePem) !== 0);
    expect(trusted.includes(state.authority.certificatePem) ? "keep" : "adopt").toBe(
      (await advance(api, { authorities: [state.authority.certificatePem] })).step.kind,
    );
  });

  it("names what replicas of two versions want together, so that they don't renew it in turn", async () => {
    const api = certificateApi();
    await advance(api, { names: ["old.svc"] });
    const old = under(await advance(api, { names: ["old.svc"], isSettled: () => true }));
    expect((await advance(api, { ...old, names: ["new.svc"] })).step).toMatchObject({
      kind: "renew",
      because: "the certificate does not name new.svc",
    });
    expect((await advance(api, { names: ["old.svc"] })).step.kind).toBe("keep");
    expect((await advance(api, { names: ["new.svc"] })).step.kind).toBe("keep");
  });

  it("reads a Secret with one CA and one certificate and nothing else, as the first version wrote it", async () => {
    const api = certificateApi();
    const { authority, serving } = issueServingCertificate({ names, now });
    const texts = {
      "ca.crt": authority.certificatePem,
      "ca.key": authority.keyPem,
      "tls.crt": serving.certificatePem,
      "tls.key": serving.keyPem,
    };
    const data = Object.fromEntries(Object.entries(texts).map(([name, text]) => [name, Buffer.from(text).toString("base64")]));
    api.setSecret({ apiVersion: "v1", kind: "Secret", metadata: { name: "plimsoll-certificate" }, data });
    expect(await advance(api)).toEqual({
      state: { generation: 1, authority, serving, trusted: [], provisional: false },
      step: { kind: "keep" },
    });
  });

  it("says which Secret it could not read, and issues nothing", async () => {
    const api = certificateApi();
    const transport: ApiTransport = {
      ...api,
      request: () => Promise.resolve({ ok: false, status: 403, error: { code: 403, message: "forbidden: no rights" } }),
    };
    expect(await advanceCertificate({ ...store, transport }, trust)).toEqual({
      ok: false,
      error: "Secret plimsoll-system/plimsoll-certificate: forbidden: no rights",
    });
    expect(api.secret()).toBeUndefined();
  });
});

const other = issueServingCertificate({ names, now });
const stranger = other.authority.certificatePem;
const store = { namespace: "plimsoll-system", secretName: "plimsoll-certificate", names, life: certificateLife() };
const trust: RegisteredTrust = { now, authorities: [], everywhere: [], isSettled: () => false };

async function advance(api: CertificateApi, over: Partial<RegisteredTrust> & { readonly names?: readonly string[] } = {}) {
  const { names: wanted = names, authorities = [], everywhere = authorities, ...rest } = over;
  const stored = await advanceCertificate({ ...store, names: wanted, transport: api }, { ...trust, authorities, everywhere, ...rest });
  if (!stored.ok) throw new Error(stored.error);
  expect(decodeCertificateState(api.secret() ?? { apiVersion: "v1", kind: "Secret", metadata: {} })).toEqual(stored.value.state);
  return stored.value;
}

/** Configurations that trust the CA of a state and no other. */
function under({ state }: { readonly state: CertificateState }): Pick<RegisteredTrust, "authorities"> {
  return { authorities: [state.authority.certificatePem] };
}

/** A store whose first certificate is known everywhere. */
async function installed(api: CertificateApi) {
  await advance(api);
  return advance(api, { isSettled: () => true });
}

function withField(secret: Secret, field: string, text: string): Secret {
  return { ...secret, data: { ...secret.data, [field]: Buffer.from(text).toString("base64") } };
}

function withAuthority(secret: Secret, { certificatePem, keyPem }: typeof other.authority): Secret {
  return withField(withField(secret, "ca.crt", certificatePem), "ca.key", keyPem);
}

function textOf(api: CertificateApi): string {
  return Object.values(api.secret()?.data ?? {})
    .map((value) => Buffer.from(value, "base64").toString("utf8"))
    .join("\n");
}

describe("keys that words are made of", () => {
  const now = Date.now();
  const issued = issueServingCertificate({ names: ["localhost"], now });
  const next = issueAuthority(now, certificateLife());
  const state: CertificateState = { generation: 1, ...issued, next, trusted: [], provisional: false };

  it("are the CA's that signs, and the announced one's", () => {
    expect(signingKeys(state)).toEqual([issued.authority.keyPem, next.keyPem]);
  });

  it("are none that a person wrote to replace the CA, and may have written elsewhere", () => {
    const spoiled = { ...issued.authority, keyPem: "spoiled" };
    expect(signingKeys({ ...state, authority: spoiled })).toEqual([next.keyPem]);
    expect(signingKeys({ ...state, authority: spoiled, next: { ...next, keyPem: issued.authority.keyPem } })).toEqual([]);
  });
});
