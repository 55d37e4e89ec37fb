/**
 * The book of acts of one run on real parts: what our process has changed, and what it must never do.
 *
 * Reads acts of both doors, after they were done. Returns counts and words; a look is no change, and neither is what is made only to look: a
 * dry run, a launch template that is looked at and goes again.
 */
import type { AwsInput } from "./aws-door.ts";
import type { DoneAct } from "./faulty-doors.ts";
import { pathOf } from "./stand-in-sight.ts";

export interface ActBook {
  readonly onDone: (act: DoneAct) => void;
  /** Changes so far, in our process's own words. */
  changes(): readonly string[];
  /** NodeClaims that were made. */
  claims(): number;
  /** Instances that fleets launched long after our process had stopped to wait for them. */
  lateLaunches(): number;
}

/** Calls of AWS that change what runs. */
const changing = /^(CreateFleet|RunInstances|TerminateInstances|CreateTags|DeleteTags|CreateInstanceProfile|AddRoleToInstanceProfile)$/;
const podPattern = /\/pods\/[^/]+$/;
const claimsPath = pathOf("NodeClaim");

/** Opens a book. */
export function actBook(note: (problem: string) => void): ActBook {
  const changes: string[] = [];
  const count = { claims: 0, lateLaunches: 0 };
  return {
    onDone: (act) => {
      if (act.door === "cloud") {
        const { action, body } = act.inputs[0] as AwsInput;
        const params = new URLSearchParams(body);
        if (!changing.test(action) || params.get("DryRun") === "true") return;
        changes.push(`EC2 ${action}`);
        const asked = Number(params.get("TargetCapacitySpecification.TotalTargetCapacity") ?? 1);
        if (action === "CreateFleet" && act.isLate) count.lateLaunches += asked;
        return;
      }
      const { method, path, query, body } = act.request;
      if (method === "GET" || query?.["dryRun"] !== undefined) return;
      changes.push(`${method} ${path} ${JSON.stringify(body ?? null).slice(0, 200)}`);
      if (!act.answer.ok) return;
      if (method === "POST" && path === claimsPath) count.claims += 1;
      if (method === "DELETE" && podPattern.test(path)) note(`a Pod was deleted past the Eviction API: ${path}`);
    },
    changes: () => changes,
    claims: () => count.claims,
    lateLaunches: () => count.lateLaunches,
  };
}
