/**
 * A live attempt: a launch attempt with what this process knows of it.
 *
 * Reads nothing by itself: whoever sends the attempt notes its answer here. All of it may be lost, since the attempt stands on its claims
 * and EC2 answers the same request alike.
 */
import type { NodeClaim } from "../api/node-claim.ts";
import type { FleetAnswer, LaunchedInstance } from "./fleet-answer.ts";
import { memberOf, type LaunchAttempt } from "./launch-attempt.ts";

export interface LiveAttempt {
  readonly attempt: LaunchAttempt;
  /** Made here: then nobody else has sent it before. */
  readonly isOwn: boolean;
  /** How often this process has sent it. */
  sends: number;
  answer?: FleetAnswer;
  /** It can never be answered, and nothing came of it. */
  isDead?: true;
}

/** An instance may be hidden from DescribeInstances for this long after its launch. */
export const hiddenMaxMs = 60_000;

/** Returns which instance of an answered attempt is a claim's. */
export function instanceFor({ attempt, answer }: LiveAttempt, claim: NodeClaim): LaunchedInstance | undefined {
  const { uid } = memberOf(claim);
  const index = attempt.members.findIndex((member) => member.uid === uid);
  return index < 0 ? undefined : answer?.instances[index];
}
