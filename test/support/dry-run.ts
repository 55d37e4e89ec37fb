/**
 * A create request as kubectl's, and what a person is told about it: the warnings and the refusal.
 *
 * Speaks HTTPS itself, since the Warning headers are half of the answer.
 */
import { readFileSync } from "node:fs";
import { Agent, request as httpsRequest } from "node:https";
import type { KubeObject } from "../../src/api/object.ts";
import type { ControlPlane } from "./control-plane.ts";
import { collectionPath } from "./example-corpus.ts";

export interface CreateAnswer {
  readonly status: number;
  /** Texts of the Warning headers, in order. */
  readonly warnings: readonly string[];
  /** The Status's message, where it is one. */
  readonly message: string;
}

export interface Creator {
  create(object: KubeObject, options?: { readonly dryRun?: boolean }): Promise<CreateAnswer>;
  /** Deletes what is at a path, finalizers or not; returns the status of the deletion. */
  remove(path: string): Promise<number>;
  close(): void;
}

/** Returns a creator with connections of its own; close it. `user` is whom it acts for, with an administrator's rights. */
export function creatorOn(controlPlane: ControlPlane, user?: string): Creator {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const authority = readFileSync(controlPlane.caFile);
  const send = (method: string, path: string, body?: string): Promise<CreateAnswer> =>
    new Promise((answered, failed) => {
      const contentType = method === "PATCH" ? "application/merge-patch+json" : "application/json";
      const acting = user === undefined ? {} : { "impersonate-user": user, "impersonate-group": "system:masters" };
      const headers = { authorization: `Bearer ${controlPlane.token}`, accept: "application/json", "content-type": contentType, ...acting };
      const outgoing = httpsRequest(new URL(path, controlPlane.server), { method, agent, ca: authority, headers }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.once("error", failed);
        response.once("end", () => {
          const warnings = (response.headersDistinct["warning"] ?? []).flatMap(warningTexts);
          const status = response.statusCode ?? 0;
          answered({ status, warnings, message: messageOf(Buffer.concat(chunks).toString("utf8")) });
        });
      });
      outgoing.once("error", failed);
      outgoing.end(body);
    });
  return {
    create: (object, { dryRun = false } = {}) =>
      send("POST", `${collectionPath(object)}?fieldValidation=Strict${dryRun ? "&dryRun=All" : ""}`, JSON.stringify(object)),
    remove: async (path) => {
      // A Job is otherwise kept until somebody has seen to its Pods.
      const { status } = await send("DELETE", `${path}${path.includes("?") ? "&" : "?"}propagationPolicy=Background`);
      // No controller runs that would take the protection off a volume.
      if (status === 200 && path.includes("/persistentvolume")) await send("PATCH", path, '{"metadata":{"finalizers":null}}');
      return status;
    },
    close: () => {
      agent.destroy();
    },
  };
}

/** RFC 7234: one or more of `299 - "text"`, in which quotes and backslashes are escaped. */
function warningTexts(header: string): readonly string[] {
  return [...header.matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)].map(([, text = ""]) =>
    Buffer.from(text.replace(/\\(.)/g, "$1"), "latin1").toString("utf8"),
  );
}

function messageOf(text: string): string {
  const body = JSON.parse(text) as { readonly kind?: string; readonly message?: string };
  return body.kind === "Status" ? (body.message ?? "") : "";
}
