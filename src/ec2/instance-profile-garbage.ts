/**
 * The garbage collection of instance profiles: those that were made for roles which no EC2NodeClass names any more.
 *
 * Reads the EC2NodeClasses and NodeClaims of the snapshot. Removes, in IAM, what nobody names. It starts when both kinds are
 * listed, since an empty cache would make every profile look unused.
 */
import type { AnyTrigger, Controller, ControllerStep, Requeue } from "../api/controller.ts";
import type { ClusterSnapshot } from "../api/snapshot.ts";
import type { InstanceProfiles, ProfileUsers } from "./instance-profiles.ts";
import type { Ec2ControllerEntry } from "./node-class-controller.ts";

interface CollectStep extends ControllerStep {
  readonly kind: "collect" | "wait";
  readonly users: ProfileUsers;
}

/** How often it is looked for them (Karpenter's). */
const intervalMs = 30 * 60_000;
const everything = [{ namespace: "", name: "instance-profiles" }];

/** Makes the controller with its triggers. */
export function instanceProfileGarbage({
  snapshot,
  profiles,
}: {
  readonly snapshot: () => ClusterSnapshot;
  readonly profiles: InstanceProfiles;
}): Ec2ControllerEntry {
  const controller: Controller<ProfileUsers, CollectStep> = {
    name: "instance-profile-garbage",
    observe: () => {
      const now = snapshot();
      return Promise.resolve({ nodeClasses: now.list("EC2NodeClass"), nodeClaims: now.list("NodeClaim") });
    },
    // Without a class there is nothing whose profiles could be ours: each took its own along.
    decide: (users) => ({ kind: users.nodeClasses.length === 0 ? "wait" : "collect", users }),
    act: async ({ kind, users }): Promise<Requeue> => {
      const removed = kind === "wait" ? undefined : await profiles.removeUnused(users);
      return removed?.ok === false ? { kind: "retry", reason: removed.error } : { kind: "after", delayMs: intervalMs };
    },
  };
  // A class that comes or goes; what happens to one in between can wait.
  const triggers: readonly AnyTrigger[] = [{ watches: "EC2NodeClass", keysOf: ({ kind }) => (kind === "updated" ? [] : everything) }];
  return { controller, triggers, needs: ["NodeClaim"] };
}
