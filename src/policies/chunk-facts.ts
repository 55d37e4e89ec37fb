/**
 * Chunk facts: the Pod template of a CapacityBuffer, judged as a Pod is.
 *
 * Reads the facts of a buffer, or of a PodTemplate that one names. Returns the facts of one chunk as a workload, and where its problems
 * stand in the judged object. A chunk never runs, so only rules on where a Pod may stand and what it may ask for are asked about it;
 * a workload that scalableRef names was judged itself.
 */
import { bufferSource } from "./buffer-source.ts";
import type { Facts } from "./facts.ts";
import type { Problem, Rule } from "./rules/rule.ts";
import { viewOf } from "./workload-view.ts";

/** The families of rules on class, place, size, rights and volumes of a Pod. */
const chunkFamilies: ReadonlySet<string> = new Set(["CLASS", "PLACE", "POOL", "REQ", "SEC", "STOR"]);

/** Says whether a rule is asked about the chunks of a buffer. */
export function isChunkRule({ id }: Pick<Rule, "id">): boolean {
  return chunkFamilies.has(id.split("-")[0] ?? "");
}

export interface ChunkFacts {
  readonly facts: Facts;
  /** A problem of the chunk as one of the judged object. */
  readonly told: (problem: Problem) => Problem;
}

/** Returns the facts of a buffer's chunk; undefined where no PodTemplate of its own says what one is. */
export function chunkFacts(facts: Facts): ChunkFacts | undefined {
  const { subject, snapshot, request } = facts;
  if (subject.kind !== "buffer") return undefined;
  const [buffer] = subject.buffers;
  if (buffer?.spec.podTemplateRef === undefined) return undefined;
  const source = bufferSource(buffer, snapshot);
  if (!source.ok) return undefined;
  const { workload } = source.value;
  const isTemplate = request.object?.kind === "PodTemplate";
  return {
    facts: { ...facts, subject: { kind: "workload", workload }, views: [viewOf(workload, facts)] },
    told: ({ patch, ...problem }) => ({
      ...problem,
      ...(isTemplate && patch !== undefined ? { patch: patch.map((one) => ({ ...one, path: `/template${one.path}` })) } : {}),
      path: isTemplate ? `/template${problem.path}` : "/spec/podTemplateRef",
      message: isTemplate ? problem.message : `PodTemplate ${workload.name}: ${problem.message}`,
    }),
  };
}
