import { X509Certificate } from "node:crypto";
import { createServer, get } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { certificateLife, issueAuthority, issueServing, issueServingCertificate } from "../../src/webhook/certificate.ts";

const now = Date.parse("2026-11-21T12:00:00Z");
const dayMs = 86_400_000;
const names = ["plimsoll.plimsoll-system.svc", "localhost", "127.0.0.1"];

describe("the serving certificate", () => {
  it.each(["plimsoll.plimsoll-system.svc", "localhost"])(
    "is trusted by a client that trusts the CA and asks for %s",
    async (servername) => {
      const { authority, serving } = issueServingCertificate({ names, now: Date.now() });
      const server = createServer({ key: serving.keyPem, cert: serving.certificatePem }, (_request, response) => response.end("ok"));
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as AddressInfo;
      const status = await new Promise((resolve, reject) => {
        get({ host: "127.0.0.1", port, ca: authority.certificatePem, servername, agent: false }, (response) => {
          response.resume();
          resolve(response.statusCode);
        }).on("error", reject);
      });
      server.close();
      expect(status).toBe(200);
    },
  );

  it.each([
    ["the default", certificateLife(), 365 * dayMs, 3 * 365 * dayMs],
    ["half a minute", certificateLife(30_000), 30_000, 90_000],
  ] as const)("lives as long as it was told, and its CA three times as long: %s", (_what, life, servingMs, authorityMs) => {
    const authority = issueAuthority(now, life);
    const serving = issueServing({ authority, names, now, life });
    expect(Date.parse(new X509Certificate(serving.certificatePem).validTo) - now).toBe(servingMs);
    expect(Date.parse(new X509Certificate(authority.certificatePem).validTo) - now).toBe(authorityMs);
    const late = issueServing({ authority, names, now: now + authorityMs - 1_000, life });
    expect(new X509Certificate(late.certificatePem).validTo).toBe(new X509Certificate(authority.certificatePem).validTo);
  });
});
