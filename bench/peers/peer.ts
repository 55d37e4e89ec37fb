/**
 * A peer of the admission bench: another tool that does less than Plimsoll does, measured beside it.
 *
 * What openPepr, openKyverno and openApiServer return; admission.ts lets their contenders take turns with the bench's own.
 */
import type { BenchPhase } from "../admission-reviews.ts";
import type { Contender } from "../contender.ts";

export interface Peer {
  /** One line for the reader: version, what it does, how it was run. */
  readonly what: string;
  readonly contenders: readonly { readonly phase: BenchPhase; readonly contender: Contender }[];
  readonly close: () => Promise<void>;
}
