// An admission webhook for the contract suite, over HTTPS on loopback: what it answers is in its path, so that one server serves every case.
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { issueServingCertificate } from "../../src/webhook/certificate.ts";

export type WebhookServer = {
  readonly url: string;
  /** Base64 of the authority's PEM. */
  readonly caBundle: string;
  /** The requests of reviews so far, by path. */
  readonly seen: (path: string) => readonly Readonly<Record<string, unknown>>[];
  readonly close: () => Promise<void>;
};

type Review = { readonly request: { readonly uid: string; readonly object?: { readonly metadata?: { readonly labels?: object } } | null } };
type Answer = Readonly<Record<string, unknown>>;

const patchOf = (operations: readonly object[]): Answer => ({
  allowed: true,
  patchType: "JSONPatch",
  patch: Buffer.from(JSON.stringify(operations)).toString("base64"),
});

/** The answers by the last part of the path; a path such as /case-3/deny keeps the worlds and cases apart. */
const answers: Readonly<Record<string, (review: Review) => Answer>> = {
  allow: () => ({ allowed: true, warnings: ["mind the gap", "mind the gap", 'with "quotes" and ünïcode', "no\nnewline"] }),
  deny: () => ({
    allowed: false,
    warnings: ["told on a denial"],
    status: {
      code: 403,
      reason: "Forbidden",
      message: "1 problem\n  X-001  no",
      details: { kind: "deployments", name: "web", causes: [{ type: "X-001", field: "/spec", message: "no" }] },
    },
  }),
  bare: () => ({ allowed: false }),
  message: () => ({ allowed: false, status: { message: "only words" } }),
  busy: () => ({ allowed: false, status: { code: 429, reason: "TooManyRequests", message: "later" } }),
  label: ({ request }) =>
    patchOf(
      request.object?.metadata?.labels === undefined
        ? [{ op: "add", path: "/metadata/labels", value: { seen: "one" } }]
        : [{ op: "add", path: "/metadata/labels/seen", value: "one" }],
    ),
  relabel: () => patchOf([{ op: "add", path: "/metadata/labels/also", value: "two" }]),
  unknown: () => patchOf([{ op: "add", path: "/spec/nonsense", value: 1 }]),
  misplaced: () => patchOf([{ op: "replace", path: "/spec/none/there", value: 1 }]),
  grow: () => patchOf([{ op: "replace", path: "/spec/containers/0/resources/requests/cpu", value: "1500m" }]),
  half: () => ({ allowed: true, patch: "W10=" }),
  other: () => ({ allowed: true, uid: "another" }),
};

export async function startWebhookServer(): Promise<WebhookServer> {
  const { authority, serving } = issueServingCertificate({ names: ["127.0.0.1"], now: Date.now() });
  const seen = new Map<string, Readonly<Record<string, unknown>>[]>();
  const server: Server = createServer({ key: serving.keyPem, cert: serving.certificatePem }, (message, response) => {
    const chunks: Buffer[] = [];
    message.on("data", (chunk: Buffer) => chunks.push(chunk));
    message.on("end", () => {
      const path = new URL(message.url ?? "/", "https://localhost").pathname;
      const word = path.split("/").at(-1) ?? "";
      if (word === "slow") return;
      if (word === "broken") {
        response.writeHead(500).end("out of order");
        return;
      }
      const review = JSON.parse(Buffer.concat(chunks).toString("utf8")) as Review;
      seen.set(path, [...(seen.get(path) ?? []), review.request]);
      const answer = { uid: review.request.uid, ...answers[word]?.(review) };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response: answer }));
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `https://127.0.0.1:${port}`,
    caBundle: Buffer.from(authority.certificatePem).toString("base64"),
    seen: (path) => seen.get(path) ?? [],
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}
