/**
 * One server of a benched case, and the rounds of requests that it is measured by.
 *
 * Reads the server's use of CPU and memory before and after each round; returns rounds. All contenders of a case take turns round by
 * round, with the same client and load, so what else the machine does meets them alike. Every answer is checked.
 */
import type { BenchReview } from "./admission-reviews.ts";
import type { BenchTool, Round } from "./admission-rows.ts";
import type { Answer, Burst } from "./review-client.ts";
import type { ServerProcess } from "./server-process.ts";

export interface Contender {
  readonly tool: BenchTool;
  readonly server: ServerProcess;
  /** One in so many of a round's requests is enough to measure it by, where each takes it long; all by default. */
  readonly oneIn?: number;
  /** What it is asked where these are the reviews of the case. */
  readonly call: (reviews: readonly BenchReview[]) => Call;
}

export interface Call extends Pick<Burst, "path" | "headers"> {
  /** The body for a review; the review's own where it isn't told. */
  readonly body?: (review: BenchReview) => Buffer;
  /** Says what is wrong with an answer. */
  readonly problem: (review: BenchReview, answer: Answer) => string | undefined;
}

export interface Extent {
  readonly rounds: number;
  readonly requests: number;
}

/** The first round is so many times as long. */
const warmUpRounds = 6;

/** Measures all contenders of a case in turns; round 0 warms them up, as a server is that has served a while, and isn't counted. */
export async function measureInTurns(
  contenders: readonly Contender[],
  of: { readonly reviews: readonly BenchReview[]; readonly extent: Extent },
): Promise<readonly (readonly [BenchTool, readonly Round[]])[]> {
  const entrants = contenders.map(({ tool, server, oneIn = 1, call }) => ({
    server,
    requests: Math.ceil(of.extent.requests / oneIn),
    burst: burstOf(call(of.reviews), of.reviews),
    measured: [tool, new Array<Round>()] as const,
  }));
  for (let round = 0; round <= of.extent.rounds; round++) {
    for (const { server, requests, burst, measured } of entrants) {
      const count = round === 0 ? requests * warmUpRounds : requests;
      const figures = await measureRound(server, { ...burst, count });
      if (round > 0) measured[1].push(figures);
    }
  }
  return entrants.map(({ measured }) => measured);
}

function burstOf(call: Call, reviews: readonly BenchReview[]): Omit<Burst, "count"> {
  const { path, headers, body, problem } = call;
  return {
    path,
    ...(headers === undefined ? {} : { headers }),
    bodies: reviews.map((review) => (body === undefined ? review.body : body(review))),
    check: ({ index, ...answer }) => problem(reviews[index]!, answer),
  };
}

async function measureRound(server: ServerProcess, burst: Burst): Promise<Round> {
  const before = await server.usage();
  const milliseconds = await server.post(burst);
  const after = await server.usage();
  const sorted = [...milliseconds].sort((a, b) => a - b);
  return {
    cpuMicros: (after.cpuMicros - before.cpuMicros) / burst.count,
    p99Ms: sorted[Math.ceil(sorted.length * 0.99) - 1] ?? 0,
    memoryBytes: after.memoryBytes,
  };
}
