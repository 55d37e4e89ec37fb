/**
 * The API probe: whether the API server answers this process now.
 *
 * Reads GET /version, which every account may, through the transport that everything else goes through, every few seconds. Watches can't tell:
 * a silent one is quiet or cut, and a minute passes before it is given up.
 */
import type { ApiTransport, Clock, Instant } from "../api/ports.ts";

export interface ApiProbe {
  /** When the API server last answered; before its first answer: when the probe began. */
  seenAt(): Instant;
  /** How many probes in a row were not answered. */
  failures(): number;
}

export const probeEveryMs = 4_000;
export const probeAnswerMaxMs = 3_000;

/** Starts to probe until the signal aborts; `onSeen` is called after each answer, and awaited. */
export function startApiProbe(of: {
  readonly transport: Pick<ApiTransport, "request">;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onSeen: () => Promise<void>;
}): ApiProbe {
  const state = { seenAt: of.clock.now(), failures: 0 };
  void probeOn(of, state);
  return { seenAt: () => state.seenAt, failures: () => state.failures };
}

async function probeOn(
  { transport, clock, signal, onSeen }: Parameters<typeof startApiProbe>[0],
  state: { seenAt: Instant; failures: number },
): Promise<void> {
  while (!signal.aborted) {
    const startedAt = clock.now();
    const answer = await transport.request({ method: "GET", path: "/version", timeoutMs: probeAnswerMaxMs, signal });
    // A refusal is an answer; a proxy or a balancer without a server behind it says 5xx.
    if (answer.status > 0 && answer.status < 500) {
      state.seenAt = clock.now();
      state.failures = 0;
      await onSeen();
    } else state.failures += 1;
    await clock.sleep(Math.max(0, startedAt + probeEveryMs - clock.now()), signal);
  }
}
