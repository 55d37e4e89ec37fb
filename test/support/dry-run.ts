/**
 * A create request as kubectl's, and what a person is told about it: the warnings and the refusal.
 */
import type { KubeObject } from "../../src/api/object.ts";
import type { ControlPlane } from "./control-plane.ts";
import { collectionPath } from "./example-corpus.ts";
import { warnedClient, type WarnedAnswer } from "./warned-request.ts";

export type CreateAnswer = Pick<WarnedAnswer, "status" | "warnings" | "message">;

export interface Creator {
  create(object: KubeObject, options?: { readonly dryRun?: boolean }): Promise<CreateAnswer>;
  /** Deletes what is at a path, finalizers or not; returns the status of the deletion. */
  remove(path: string): Promise<number>;
  close(): void;
}

/** Returns a creator with connections of its own; close it. `user` is whom it acts for, with an administrator's rights. */
export function creatorOn(controlPlane: ControlPlane, user?: string): Creator {
  const { send, close } = warnedClient(controlPlane);
  const acting = user === undefined ? {} : { user, groups: ["system:masters"] };
  return {
    create: async (object, { dryRun = false } = {}) => {
      const path = `${collectionPath(object)}?fieldValidation=Strict${dryRun ? "&dryRun=All" : ""}`;
      const { status, warnings, message } = await send({ method: "POST", path, body: object, ...acting });
      return { status, warnings, message };
    },
    remove: async (path) => {
      // A Job is otherwise kept until somebody has seen to its Pods.
      const { status } = await send({
        method: "DELETE",
        path: `${path}${path.includes("?") ? "&" : "?"}propagationPolicy=Background`,
        ...acting,
      });
      // No controller runs that would take the protection off a volume.
      if (status === 200 && path.includes("/persistentvolume"))
        await send({
          method: "PATCH",
          path,
          body: { metadata: { finalizers: null } },
          contentType: "application/merge-patch+json",
          ...acting,
        });
      return status;
    },
    close,
  };
}
