/**
 * The baseline: a bare node:https server that reads a review, parses it, and answers with a body of the size in the path
 * (POST /<bytes>). Nothing that every admission server must not do as well.
 */
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { serveForParent, type ServerCertificate } from "./child-server.ts";

const keepAliveTimeoutMs = 95_000;
const frameLength = answerText("", "").length;

serveForParent(({ certificatePem, keyPem }: ServerCertificate) => {
  const fillings = new Map<string, string>();
  const server = createServer({ cert: certificatePem, key: keyPem, minVersion: "TLSv1.2" }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const review = JSON.parse(Buffer.concat(chunks).toString("utf8")) as { readonly request: { readonly uid: string } };
      const { uid } = review.request;
      const path = request.url ?? "/";
      let filling = fillings.get(path);
      if (filling === undefined) {
        filling = "x".repeat(Math.max(0, Number(path.slice(1)) - frameLength - uid.length));
        fillings.set(path, filling);
      }
      const text = answerText(uid, filling);
      response.writeHead(200, { "Content-Type": "application/json", "Content-Length": Buffer.byteLength(text) });
      response.end(text);
    });
  });
  // Longer than the other server's turn lasts: a connection that is just going away would end the run.
  server.keepAliveTimeout = keepAliveTimeoutMs;
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
});

function answerText(uid: string, filling: string): string {
  return JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response: { uid, allowed: true, filling } });
}
