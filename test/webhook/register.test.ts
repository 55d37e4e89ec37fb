/** Registering: what is written under which version, in which order, and who loses. */
import { describe, expect, it } from "vitest";
import type { ApiRequest, ApiTransport } from "../../src/api/ports.ts";
import { listRegistered, registerWebhooks, removeWebhooks } from "../../src/webhook/register.ts";
import type { WebhookConfiguration } from "../../src/webhook/registration.ts";
import { certificateApi } from "./certificate-api.ts";

describe("registering", () => {
  it("makes a missing configuration without webhooks first, and asks to look again before it is filled", async () => {
    const api = certificateApi();
    expect(await registerWebhooks(api, [configuration("A")], [])).toEqual({ ok: true, value: "again" });
    expect(await listed(api)).toMatchObject([{ name: "plimsoll-open", bundles: [] }]);
    expect(await registerWebhooks(api, [configuration("A")], await listed(api))).toEqual({ ok: true, value: "registered" });
    expect(await listed(api)).toMatchObject([{ name: "plimsoll-open", bundles: ["A"] }]);
  });

  it("does not let a process that hung bring the old bundle back", async () => {
    const api = certificateApi();
    await registerWebhooks(api, [configuration("A")], []);
    const seenByTheSlow = await listed(api);
    await registerWebhooks(api, [configuration("A and B")], await listed(api));
    expect(await registerWebhooks(api, [configuration("A")], seenByTheSlow)).toEqual({ ok: true, value: "again" });
    expect(await listed(api)).toMatchObject([{ bundles: ["A and B"] }]);
  });

  it("leaves the webhooks of a configuration that another made and filled meanwhile", async () => {
    const api = certificateApi();
    await registerWebhooks(api, [configuration("A")], []);
    await registerWebhooks(api, [configuration("A")], await listed(api));
    expect(await registerWebhooks(api, [configuration("old")], [])).toEqual({ ok: true, value: "again" });
    expect(await listed(api)).toMatchObject([{ bundles: ["A"] }]);
  });

  it("deletes what is no longer wanted, and only after what is wanted stands", async () => {
    const api = certificateApi();
    const old = { ...configuration("A"), metadata: { name: "plimsoll-closed-names" } };
    await registerWebhooks(api, [old, configuration("A")], []);
    const sent: string[] = [];
    const transport = watched(api, ({ method, path }) => sent.push(`${method} ${path.split("/").at(-1) ?? ""}`));
    await registerWebhooks(transport, [configuration("A")], await listed(api));
    expect(sent).toEqual(["PATCH plimsoll-open", "DELETE plimsoll-closed-names"]);
    await removeWebhooks(api, await listed(api));
    expect(await listed(api)).toEqual([]);
  });

  it("names the configuration that could not be written", async () => {
    const refused: ApiTransport = {
      ...certificateApi(),
      request: () => Promise.resolve({ ok: false, status: 403, error: { code: 403, message: "forbidden" } }),
    };
    expect(await registerWebhooks(refused, [configuration("A")], [])).toEqual({
      ok: false,
      error: "ValidatingWebhookConfiguration plimsoll-open: forbidden",
    });
  });
});

async function listed(transport: ApiTransport) {
  const found = await listRegistered(transport);
  if (!found.ok) throw new Error(found.error);
  return found.value;
}

function watched(transport: ApiTransport, see: (request: ApiRequest) => void): ApiTransport {
  return {
    ...transport,
    request: (request) => {
      see(request);
      return transport.request(request);
    },
  };
}

function configuration(bundle: string): WebhookConfiguration {
  return {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { name: "plimsoll-open", labels: { "app.kubernetes.io/name": "plimsoll" } },
    webhooks: [{ name: "workloads.platform.example.com", clientConfig: { caBundle: Buffer.from(bundle).toString("base64") } }],
  };
}
