/**
 * Refusals: what AWS and the API server forbid this process, counted and told in the log with the fix.
 *
 * Reads each refused call to AWS, and the answers of the API server as they pass. A refusal is told once, and again while it lasts; all are
 * counted. Nobody's work changes by it: whoever asked hears of it too, and says it on the object that it was for.
 */
import type { ApiStatus } from "../api/api-status.ts";
import type { ApiTransport, Clock, Instant } from "../api/ports.ts";
import type { RefusedCall } from "../ec2/refused-call.ts";
import type { Log } from "./log.ts";
import type { RefusalMetrics } from "./process-metrics.ts";

export interface Refusals {
  /** Notes a refused call to AWS. */
  readonly onCall: (call: RefusedCall) => void;
  /** Returns a transport that notes what RBAC refuses, and else is the one that it is made of. */
  readonly heardOver: (transport: ApiTransport) => ApiTransport;
}

const tellAgainMs = 10 * 60_000;
/** The oldest are forgotten, and told again when they come again. */
const toldMax = 1_000;

const forbidden = 403;
/** The API server's words where RBAC refuses; a webhook that denies has the same code and other words. */
const rbacPattern = /cannot (\S+) resource "([^"]+)" in API group "([^"]*)"/;

/** Starts to count and tell. */
export function refusals(of: { readonly metrics: RefusalMetrics; readonly log: Log; readonly clock: Pick<Clock, "now"> }): Refusals {
  const { metrics, log } = of;
  const isNews = newsKeeper(of.clock);
  return {
    onCall: ({ service, call, action, text }) => {
      metrics.calls.inc({ service, call, action });
      if (isNews(`${service}:${call} ${action}`))
        log.warn({ service, call, action, problem: text }, "AWS refused a call: a permission is missing");
    },
    heardOver: (transport) => ({
      watch: (request) => transport.watch(request),
      request: async (request) => {
        const answer = await transport.request(request);
        const refused = answer.ok ? undefined : refusedRequest(answer.error);
        if (refused !== undefined) {
          metrics.requests.inc({ verb: refused.verb, resource: refused.resource });
          if (isNews(`${refused.verb} ${refused.resource}`))
            log.warn({ ...refused, fix }, "the API server refused a request: a right is missing");
        }
        return answer;
      },
    }),
  };
}

const fix = "apply deploy/base again: its ClusterRole and Role grant all that is asked for (docs/reference/permissions.md)";

function refusedRequest({ code, message = "" }: ApiStatus) {
  const [, verb, resource, group] = code === forbidden ? (rbacPattern.exec(message) ?? []) : [];
  if (verb === undefined || resource === undefined) return undefined;
  return { verb, resource: group === undefined || group === "" ? resource : `${resource}.${group}`, problem: message };
}

function newsKeeper(clock: Pick<Clock, "now">): (key: string) => boolean {
  const told = new Map<string, Instant>();
  return (key) => {
    const at = told.get(key);
    if (at !== undefined && clock.now() - at < tellAgainMs) return false;
    told.delete(key);
    told.set(key, clock.now());
    const [oldest] = told.keys();
    if (told.size > toldMax && oldest !== undefined) told.delete(oldest);
    return true;
  };
}
