/**
 * Capacity without a cloud: the kwok provider and the controller that makes its Nodes.
 *
 * Reads the options of `serve` that tell of it: join delays, and a file of instance types of one's own. Returns how to make the
 * capacity, or the sentence that names the option and what is wrong with it.
 */
import { readFileSync } from "node:fs";
import type { InstanceType } from "../api/instance-type.ts";
import { zoneLabel } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import { err, ok, type Result } from "../api/result.ts";
import { parseGoDuration } from "../kube/schedule.ts";
import { parseKwokInstanceTypes } from "../kwok/kwok-instance-types.ts";
import { kwokJoin } from "../kwok/kwok-join.ts";
import { kwokProvider } from "../kwok/kwok-provider.ts";
import type { Capacity, CapacitySources } from "./process-parts.ts";
import type { ServeOptions } from "./surroundings.ts";

/** Makes the capacity; `joinDelayMs` says how long after its launch a Node joins. */
export function kwokCapacity(sources: Omit<CapacitySources, "log">, joinDelayMs: (claim: NodeClaim) => number = () => 0): Capacity {
  const { client, snapshot, instanceTypes, prices } = sources;
  return {
    provider: kwokProvider({ client, snapshot, instanceTypes, ...(prices === undefined ? {} : { prices }) }),
    entries: [{ ...kwokJoin({ client, snapshot, joinDelayMs }), needs: ["Node"] }],
  };
}

/** Reads the options; the error is a complete sentence. */
export function kwokCapacityOf({
  kwokJoinDelay = "",
  kwokInstanceTypes,
}: Pick<ServeOptions, "kwokJoinDelay" | "kwokInstanceTypes">): Result<(sources: CapacitySources) => Capacity, string> {
  const delays = joinDelaysOf(kwokJoinDelay);
  const types = kwokInstanceTypes === undefined ? ok(undefined) : typesOfFile(kwokInstanceTypes);
  if (!delays.ok) return delays;
  if (!types.ok) return types;
  const own = types.value;
  const joinDelayMs = ({ metadata }: NodeClaim): number => delays.value.get(metadata.labels?.[zoneLabel] ?? "") ?? 0;
  return ok((sources) => kwokCapacity(own === undefined ? sources : { ...sources, instanceTypes: () => own }, joinDelayMs));
}

/** "zone=duration,...": how long nodes of a zone take to join. */
function joinDelaysOf(delays: string): Result<ReadonlyMap<string, number>, string> {
  const byZone = new Map<string, number>();
  for (const entry of delays.split(",").filter((text) => text !== "")) {
    const [zone = "", text = ""] = entry.split("=");
    const delay = parseGoDuration(text);
    if (zone === "" || !delay.ok) return err(`--kwok-join-delay ${entry}: write zone=duration, as in ap-southeast-1b=5s`);
    byZone.set(zone, delay.value);
  }
  return ok(byZone);
}

function typesOfFile(path: string): Result<readonly InstanceType[], string> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    const why = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
    return err(`--kwok-instance-types ${path}: can't be read (${why}); name a file of instance types in JSON`);
  }
  const types = parseKwokInstanceTypes(text);
  return types.ok ? types : err(`--kwok-instance-types ${path}: ${types.error}`);
}
