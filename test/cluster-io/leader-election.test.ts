/**
 * Leader election: at most one leads at any true moment, whatever the clocks, the network and the processes do.
 */
import fc from "../support/properties.ts";
import { describe, expect, test } from "vitest";
import type { ApiAnswer, ApiRequest, ApiTransport, Clock } from "../../src/api/ports.ts";
import { apiClient } from "../../src/cluster/api-client.ts";
import { foreignLeaseHolder } from "../../src/cluster/foreign-lease.ts";
import { runWhenLeading } from "../../src/cluster/leader-election.ts";
import type { ElectionNote, Leadership } from "../../src/cluster/leader-election.ts";
import { recordedIn } from "../../src/kube/lease-record.ts";
import { apiTwin } from "./api-twin.ts";
import type { ApiTwin } from "./api-twin.ts";
import { seededRandom, settled, virtualTime } from "./virtual-clock.ts";
import type { VirtualTime } from "./virtual-clock.ts";

const lease = { namespace: "plimsoll", name: "plimsoll" };
const recordAnnotation = "platform.example.com/record";
const leasePath = "/apis/coordination.k8s.io/v1/namespaces/plimsoll/leases/plimsoll";

interface ElectorOptions {
  readonly api: ApiTwin;
  readonly time: VirtualTime;
  readonly identity: string;
  readonly clock?: Clock;
  readonly transport?: ApiTransport;
  /** How long the work takes to stop once it is told to. */
  readonly windDownMs?: number;
  readonly seed?: number;
  readonly onLead?: () => void;
}

interface Elector {
  readonly identity: string;
  /** True from the call of `lead` until its signal aborts. */
  leads(): boolean;
  holds(): boolean;
  readonly notes: ElectionNote[];
  stop(): Promise<void>;
}

function elector({
  api,
  time,
  identity,
  clock = time.clock(),
  transport = api,
  windDownMs = 0,
  seed = 1,
  onLead,
}: ElectorOptions): Elector {
  const stop = new AbortController();
  const notes: ElectionNote[] = [];
  let term: Leadership | undefined;
  const lead = async (leadership: Leadership): Promise<void> => {
    term = leadership;
    onLead?.();
    await new Promise((resolve) => {
      leadership.signal.addEventListener("abort", resolve, { once: true });
    });
    if (windDownMs > 0) await clock.sleep(windDownMs);
    term = undefined;
  };
  const running = runWhenLeading(
    {
      client: apiClient({ transport, domain: "platform.example.com" }),
      clock,
      lease,
      recordAnnotation,
      identity,
      random: seededRandom(seed),
      signal: stop.signal,
      onNote: (note) => notes.push(note),
    },
    lead,
  );
  return {
    identity,
    leads: () => term !== undefined && !term.signal.aborted,
    holds: () => term?.holds() ?? false,
    notes,
    stop: () => {
      stop.abort();
      return running;
    },
  };
}

const kinds = (of: Elector): string[] => of.notes.map(({ kind }) => kind);
const holder = (api: ApiTwin): unknown => (api.get(leasePath)?.spec as { holderIdentity?: string } | undefined)?.holderIdentity;

describe("one after another", () => {
  test("the first makes the Lease and leads; the second follows, and leads soon after the first has released it", async () => {
    const [api, time] = [apiTwin(), virtualTime()];
    const first = elector({ api, time, identity: "a" });
    await time.until(() => first.leads());
    const second = elector({ api, time, identity: "b", seed: 2 });
    await time.advance(60_000);
    expect([first.leads(), first.holds(), second.leads()]).toEqual([true, true, false]);
    await first.stop();
    expect(holder(api)).toBe("");
    const releasedAt = time.elapsedMs();
    await time.until(() => second.leads());
    expect(time.elapsedMs() - releasedAt).toBeLessThan(3_000);
    expect(kinds(first)).toEqual(["leading", "released"]);
    expect(kinds(second)).toEqual(["following", "leading"]);
    expect((api.get(leasePath)?.spec as { leaseTransitions?: number }).leaseTransitions).toBe(1);
    await second.stop();
  });

  test("the Lease of a holder that died is taken only after it stood still for its whole duration, however old it looks", async () => {
    const [api, time] = [apiTwin(), virtualTime()];
    const spec = { holderIdentity: "dead", leaseDurationSeconds: 15, renewTime: "2001-01-01T00:00:00.000000Z" };
    api.put(leasePath, { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: lease, ...{ spec } });
    const of = elector({ api, time, identity: "a" });
    await time.until(() => of.leads());
    expect(time.elapsedMs()).toBeGreaterThanOrEqual(15_000);
    expect(time.elapsedMs()).toBeLessThan(19_000);
    await of.stop();
  });

  test("a leader that cannot renew stands down after 10 s, before another may lead, and leads again when it can", async () => {
    const [api, time] = [apiTwin(), virtualTime()];
    const of = elector({ api, time, identity: "a" });
    await time.until(() => of.leads());
    const cutAt = time.elapsedMs();
    api.fail(() => ({ code: 0, message: "no route to host" }));
    await time.until(() => !of.leads());
    expect(time.elapsedMs() - cutAt).toBeLessThanOrEqual(10_000);
    expect(kinds(of)).toEqual(["leading", "not-renewed", "not-renewed", "not-renewed", "not-renewed", "lost"]);
    api.fail(() => "off");
    await time.until(() => of.leads());
    await of.stop();
  });

  test("a renewal without any answer ends the term to the moment as well", async () => {
    const [api, time] = [apiTwin(), virtualTime()];
    let hang = false;
    const transport: ApiTransport = { ...api, request: (request) => (hang ? new Promise(() => undefined) : api.request(request)) };
    const of = elector({ api, time, identity: "a", transport });
    await time.until(() => of.leads());
    hang = true;
    const from = time.elapsedMs();
    await time.until(() => !of.leads());
    expect(time.elapsedMs() - from).toBeLessThanOrEqual(10_000);
  });

  test("a write of someone else to the Lease costs one renewal, another holder in it costs the term", async () => {
    const [api, time] = [apiTwin(), virtualTime()];
    const of = elector({ api, time, identity: "a" });
    await time.until(() => of.leads());
    const write = (change: object): void => {
      const stored = api.get(leasePath);
      if (stored !== undefined) api.put(leasePath, { ...stored, ...change });
    };
    write({ metadata: { ...api.get(leasePath)?.metadata, labels: { seen: "yes" } } });
    await time.advance(20_000);
    expect([of.leads(), kinds(of)]).toEqual([true, ["leading", "not-renewed"]]);
    write({ spec: { holderIdentity: "thief", leaseDurationSeconds: 15 } });
    await time.advance(5_000);
    expect(of.leads()).toBe(false);
    expect(kinds(of).slice(-2)).toEqual(["lost", "following"]);
    await of.stop();
  });

  test("work that takes long to stop keeps the Lease until it has stopped", async () => {
    const [api, time] = [apiTwin(), virtualTime()];
    const first = elector({ api, time, identity: "a", windDownMs: 40_000 });
    await time.until(() => first.leads());
    const second = elector({ api, time, identity: "b", seed: 2 });
    const stopping = first.stop();
    await time.advance(39_000);
    expect([holder(api), second.leads()]).toEqual(["a", false]);
    await time.until(() => second.leads());
    await stopping;
    expect(time.elapsedMs()).toBeGreaterThanOrEqual(40_000);
    await second.stop();
  });

  test("a step of the system time neither keeps a term alive nor lets a follower take over", async () => {
    const [api, time] = [apiTwin(), virtualTime()];
    let stepMs = 0;
    const stepping = (): Clock => {
      const clock = time.clock();
      return { now: () => clock.now() + stepMs, sleep: (durationMs, signal) => clock.sleep(durationMs, signal) };
    };
    const first = elector({ api, time, identity: "a", clock: stepping() });
    await time.until(() => first.leads());
    const second = elector({ api, time, identity: "b", seed: 2, clock: stepping() });
    await time.advance(5_000);
    stepMs = 3_600_000;
    await time.advance(20_000);
    expect([first.leads(), second.leads()]).toEqual([true, false]);
    stepMs = -3_600_000;
    api.fail(() => ({ code: 0 }));
    await time.advance(10_000);
    expect([first.leads(), second.leads()]).toEqual([false, false]);
    api.fail(() => "off");
    await Promise.all([first.stop(), second.stop()]);
  });
});

describe("the record of the API server, on the Lease", () => {
  const made = { ...lease, creationTimestamp: "2020-01-01T00:00:00Z" };
  const bare = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: made, ...{ spec: { holderIdentity: "" } } };

  async function restoredWorld(
    between: (of: {
      readonly first: Elector;
      readonly api: ApiTwin;
      readonly time: VirtualTime;
      readonly restore: () => void;
    }) => Promise<Elector>,
  ) {
    const [api, time] = [apiTwin(), virtualTime()];
    const now = () => time.clock().now();
    const recorded = (at: number) => recordedIn(api.get(leasePath), { annotation: recordAnnotation, at });
    api.put(leasePath, bare);
    const first = elector({ api, time, identity: "a" });
    await time.until(() => first.leads());
    await time.advance(300_000);
    const backup = api.get(leasePath) ?? bare;
    const savedAt = now();
    await time.advance(3_600_000);
    const restore = (): void => void api.put(leasePath, backup);
    const last = await between({ first, api, time, restore });
    await time.until(() => last.leads());
    await time.advance(30_000);
    const answers = [recorded(savedAt - 60_000), recorded(savedAt + 600_000), recorded(now() - 20_000)];
    await last.stop();
    return answers;
  }

  test("has a gap where it was restored under its leader, who goes on leading", async () => {
    const answers = await restoredWorld(({ first, restore }) => {
      restore();
      return Promise.resolve(first);
    });
    expect(answers).toEqual(["recorded", "unrecorded", "recorded"]);
  });

  test("has the gap where another leads after the restore, too", async () => {
    const answers = await restoredWorld(async ({ first, api, time, restore }) => {
      await first.stop();
      restore();
      return elector({ api, time, identity: "b", seed: 2 });
    });
    expect(answers).toEqual(["recorded", "unrecorded", "recorded"]);
  });

  test("has none where one leader follows another, and none where somebody writes to the Lease", async () => {
    const [api, time] = [apiTwin(), virtualTime()];
    api.put(leasePath, bare);
    const first = elector({ api, time, identity: "a" });
    await time.until(() => first.leads());
    const since = api.get(leasePath)?.metadata.annotations?.[recordAnnotation];
    await time.advance(60_000);
    const stored = api.get(leasePath) ?? bare;
    api.put(leasePath, { ...stored, metadata: { ...stored.metadata, labels: { seen: "yes" } } });
    await time.advance(60_000);
    await first.stop();
    await time.advance(60_000);
    const second = elector({ api, time, identity: "b", seed: 2 });
    await time.until(() => second.leads());
    await time.advance(60_000);
    expect(api.get(leasePath)?.metadata.annotations?.[recordAnnotation]).toBe(since);
    await second.stop();
  });
});

/** A network that delays and loses; a lost answer is one whose request was carried out all the same. */
function badNetwork(of: {
  readonly api: ApiTwin;
  readonly clock: Clock;
  readonly random: () => number;
  readonly isCut: () => boolean;
}): ApiTransport {
  const nothing: ApiAnswer = { ok: false, status: 0, error: { code: 0, message: "lost" } };
  const delay = (): Promise<void> => of.clock.sleep(of.random() * (of.random() < 0.05 ? 14_000 : 100));
  return {
    watch: (request) => of.api.watch(request),
    request: async (request: ApiRequest) => {
      await delay();
      if (of.isCut() || of.random() < 0.05) return nothing;
      const answer = await of.api.request(request);
      await delay();
      return of.isCut() || of.random() < 0.05 ? nothing : answer;
    },
  };
}

test("no two of three ever lead at once, through lost and late answers, cuts, restarts, and clocks that are wrong and run unequally", async () => {
  let terms = 0;
  await fc.assert(
    fc.asyncProperty(fc.integer(), fc.array(fc.integer({ min: -20, max: 20 }), { minLength: 3, maxLength: 3 }), async (seed, rates) => {
      const [api, time, random] = [apiTwin(), virtualTime(), seededRandom(seed)];
      const cut = new Set<string>();
      const started: Elector[] = [];
      const violations: string[] = [];
      const start = (name: string, index: number): Elector => {
        const clock = time.clock({ rate: 1 + (rates[index] ?? 0) / 100, offsetMs: (random() - 0.5) * 86_400_000 });
        const of = elector({
          api,
          time,
          identity: `${name}-${started.length}`,
          clock,
          transport: badNetwork({ api, clock, random, isCut: () => cut.has(name) }),
          seed: Math.floor(random() * 1e9),
          windDownMs: random() * 3_000,
          onLead: () => {
            terms++;
            const leading = started.filter((one) => one.leads()).map((one) => one.identity);
            if (leading.length > 1) violations.push(`${leading.join(" and ")} at ${time.elapsedMs()} ms`);
          },
        });
        started.push(of);
        return of;
      };
      const electors = ["a", "b", "c"].map(start);
      for (let round = 0; round < 60; round++) {
        const index = Math.floor(random() * 3);
        const name = ["a", "b", "c"][index] ?? "a";
        const deed = random();
        if (deed < 0.4) cut.add(name);
        else if (deed < 0.8) cut.delete(name);
        else {
          // The successor starts while its predecessor winds down, as in a rolling update.
          void electors[index]?.stop();
          electors[index] = start(name, index);
        }
        await time.advance(random() * 12_000);
        expect(violations).toEqual([]);
      }
      cut.clear();
      await time.until(() => electors.some((one) => one.leads()), 300_000);
    }),
    { numRuns: 25 },
  );
  expect(terms).toBeGreaterThan(100);
}, 120_000);

describe("a foreign Lease", () => {
  const key = { namespace: "kube-system", name: "karpenter-leader-election" };
  const path = "/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/karpenter-leader-election";
  const put = (api: ApiTwin, spec: object): unknown =>
    api.put(path, {
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: key,
      ...{ spec: { leaseDurationSeconds: 15, ...spec } },
    });

  async function check(prepare: (api: ApiTwin, time: VirtualTime) => void) {
    const [api, time] = [apiTwin(), virtualTime()];
    prepare(api, time);
    let answer: Awaited<ReturnType<typeof foreignLeaseHolder>> | undefined;
    const client = apiClient({ transport: api, domain: "platform.example.com" });
    void foreignLeaseHolder({ client, clock: time.clock(), leases: [key] }).then((found) => (answer = found));
    await time.until(() => answer !== undefined, 120_000);
    await settled();
    return { answer, afterMs: time.elapsedMs() };
  }

  test("that does not exist, or was released, is no holder, and the answer comes at once", async () => {
    expect(await check(() => undefined)).toEqual({ answer: { ok: true, value: undefined }, afterMs: 0 });
    expect(await check((api) => put(api, { holderIdentity: "" }))).toEqual({ answer: { ok: true, value: undefined }, afterMs: 0 });
  });

  test("that is renewed is alive, whatever its clock says", async () => {
    const { answer, afterMs } = await check((api, time) => {
      const renew = async (): Promise<void> => {
        for (let count = 0; count < 20; count++) {
          put(api, { holderIdentity: "karpenter-1", renewTime: "2001-01-01T00:00:00.000000Z", leaseTransitions: count });
          await time.clock().sleep(2_000);
        }
      };
      void renew();
    });
    expect(answer).toEqual({ ok: true, value: { lease: key, holder: "karpenter-1" } });
    expect(afterMs).toBeLessThan(4_000);
  });

  test("that stands still for its duration was left behind by a crash", async () => {
    const { answer, afterMs } = await check((api) => put(api, { holderIdentity: "karpenter-1", renewTime: "2099-01-01T00:00:00.000000Z" }));
    expect(answer).toEqual({ ok: true, value: undefined });
    expect(afterMs).toBe(15_000);
  });

  test("that cannot be read is an error, never a no", async () => {
    const { answer } = await check((api) => {
      api.fail(() => ({ code: 403, reason: "Forbidden" }));
    });
    expect(answer).toEqual({ ok: false, error: { code: 403, reason: "Forbidden" } });
  });
});
