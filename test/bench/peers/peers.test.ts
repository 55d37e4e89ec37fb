/** Peers of the admission bench: what cannot be had is left out and said, and what they tell and are told is read aright. */
import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { patchedPaths } from "../../../bench/admission-reviews.ts";
import { dryRunProblem } from "../../../bench/peers/api-server.ts";
import { brokenChecks, fiveChecks } from "../../../bench/peers/five-checks.ts";
import { configurationOf } from "../../../bench/peers/kyverno-build.ts";
import { registrationIn } from "../../../bench/peers/kyverno.ts";
import type { Peer } from "../../../bench/peers/peer.ts";
import { openPeers } from "../../../bench/peers/peers.ts";
import { decodeProcessUsage, processUsage } from "../../../bench/peers/process-usage.ts";

describe("peers", () => {
  it("are left out with the reason where they cannot be opened, and the others are opened and closed", async () => {
    const closed: string[] = [];
    const there: Peer = {
      what: "there: 1.0",
      contenders: [],
      close: () => {
        closed.push("there");
        return Promise.resolve();
      },
    };
    const peers = await openPeers({ missing: () => Promise.reject(new Error("no such\n  tool")), there: () => Promise.resolve(there) });
    expect(peers.notes).toEqual(["missing: left out: no such tool", "there: 1.0"]);
    await peers.close();
    expect(closed).toEqual(["there"]);
  });

  it("have what they used read from /proc, whatever their command is called", () => {
    const stat = "4711 (a (b) c) S 1 4711 4711 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 9 0 1 1 1 1 1 1 1";
    const status = "Name:\ta\nVmPeak:\t  9 kB\nVmRSS:\t  2048 kB\nThreads:\t9\n";
    expect(decodeProcessUsage({ stat, status })).toEqual({ cpuMicros: 2_000_000, memoryBytes: 2048 * 1024 });
    expect(() => decodeProcessUsage({ stat, status: "Name:\ta\n" })).toThrow(/no CPU time or memory/);
  });

  it.runIf(process.platform === "linux")("have as much CPU time in /proc as they say themselves", () => {
    const [before, ownBefore] = [processUsage(process.pid), process.cpuUsage()];
    const spent = (): number => {
      const { user, system } = process.cpuUsage(ownBefore);
      return user + system;
    };
    while (spent() < 300_000) randomBytes(4_096);
    const { cpuMicros, memoryBytes } = processUsage(process.pid);
    expect(Math.abs(cpuMicros - before.cpuMicros - spent())).toBeLessThan(50_000);
    expect(Math.abs(memoryBytes / process.memoryUsage().rss - 1)).toBeLessThan(0.2);
  });
});

describe("Kyverno", () => {
  it("is given the Namespace and ConfigMaps of its installation and nothing else", () => {
    const kinds = ["Namespace", "ServiceAccount", "ConfigMap", "Deployment", "ConfigMap"];
    const documents = kinds.map((kind, index) => `apiVersion: v1\nkind: ${kind}\nmetadata:\n  name: n${index}\n`);
    expect(configurationOf(documents.join("---\n")).match(/kind: \w+|name: n\d/g)).toEqual([
      "kind: Namespace",
      "name: n0",
      "kind: ConfigMap",
      "name: n2",
      "kind: ConfigMap",
      "name: n4",
    ]);
  });

  it("is asked where it has registered all five policies", () => {
    const caBundle = Buffer.from("PEM").toString("base64");
    const all = fiveChecks.map(({ name }) => name);
    const list = (...paths: readonly string[]) => ({
      items: [{ webhooks: paths.map((path) => ({ clientConfig: { url: `https://127.0.0.1:1${path}`, caBundle } })) }, {}],
    });
    expect(registrationIn(list("/validate/fail", `/vpol/${all.join("/")}`))).toEqual({
      path: `/vpol/${all.join("/")}`,
      authorityPem: "PEM",
    });
    expect(registrationIn(list(`/vpol/${all.slice(1).join("/")}`))).toBeUndefined();
  });
});

describe("the verdict of the API server's own policies", () => {
  const told = brokenChecks.map((name) => `299 - "Validation failed for ValidatingAdmissionPolicy '${name}' with binding '${name}': why"`);
  const rows: readonly (readonly [string, boolean, boolean, string, RegExp | undefined])[] = [
    ["is right where a bound namespace is warned of what is broken", true, true, told.join(", "), undefined],
    ["is right where nothing is broken", false, true, "", undefined],
    ["is right where nothing is bound", true, false, "", undefined],
    ["is wrong where one warning is missing", true, true, told[0]!, /warns of bench-replicas instead of/],
    ["is wrong where an unbound namespace is warned", true, false, told.join(", "), /instead of nothing/],
  ];
  it.each(rows)("%s", (_what, violating, judged, warnings, problem) => {
    const answered = dryRunProblem({ review: { violating }, judged, answer: { status: 201, text: "{}", warnings } });
    if (problem === undefined) expect(answered).toBeUndefined();
    else expect(answered).toMatch(problem);
  });

  it("is wrong where the object is not created", () => {
    const answer = { status: 422, text: "invalid", warnings: "" };
    expect(dryRunProblem({ review: { violating: false }, judged: true, answer })).toMatch(/answered 422: invalid/);
  });
});

it("the paths of a patch are read from an answer, none where it has no patch", () => {
  const patch = Buffer.from('[{"op":"add","path":"/metadata/labels/a~1b","value":"yes"}]').toString("base64");
  expect(patchedPaths(JSON.stringify({ response: { patch } }))).toEqual(["/metadata/labels/a~1b"]);
  expect(patchedPaths(JSON.stringify({ response: {} }))).toEqual([]);
});
