import { createServer, get } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { issueServingCertificate, replacementReason } from "../../src/webhook/certificate.ts";

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

  const stored = issueServingCertificate({ names, now });
  const other = issueServingCertificate({ names, now });
  const rows: readonly [string, Parameters<typeof replacementReason>[0], RegExp | undefined][] = [
    ["stays while it is fresh and names every host", { stored, names, now }, undefined],
    ["is replaced when two thirds of its life are over", { stored, names, now: now + 245 * dayMs }, /two thirds/],
    ["stays a day before that", { stored, names, now: now + 242 * dayMs }, undefined],
    ["is replaced when a host is missing", { stored, names: [...names, "example.org"], now }, /does not name example\.org/],
    ["is replaced when an address is missing", { stored, names: ["10.0.0.1"], now }, /does not name 10\.0\.0\.1/],
    [
      "is replaced when its key is another's",
      { stored: { ...stored, serving: { ...stored.serving, keyPem: other.serving.keyPem } }, names, now },
      /key does not belong/,
    ],
    [
      "is replaced when its CA is another's",
      { stored: { ...stored, authority: other.authority }, names, now },
      /not signed by the stored CA/,
    ],
    [
      "is replaced when it can't be read",
      { stored: { ...stored, serving: { ...stored.serving, certificatePem: "x" } }, names, now },
      /can't be read/,
    ],
  ];
  it.each(rows)("%s", (_behaviour, request, reason) => {
    if (reason === undefined) expect(replacementReason(request)).toBeUndefined();
    else expect(replacementReason(request)).toMatch(reason);
  });
});
