/**
 * What watches over runs on real parts: the watch of budgets and the book of acts notice what they are there for, and nothing else; and the
 * doors look like an API server and an AWS that fail.
 */
import { EC2Client, CreateFleetCommand, DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { KubeConfig } from "@kubernetes/client-node";
import { describe, expect, test, vi } from "vitest";
import type { Pod } from "../../src/api/pod.ts";
import type { ApiTransport, WatchLine } from "../../src/api/ports.ts";
import { httpsTransport } from "../../src/cluster/https-transport.ts";
import { wallClock } from "../../src/cluster/wall-clock.ts";
import { createRandom } from "../../src/sim/random.ts";
import { openApiDoor } from "./api-door.ts";
import { openAwsDoor } from "./aws-door.ts";
import { watchBudgets } from "./budget-watch.ts";
import { openDoor } from "./fault-door.ts";
import { faultCounter, parseFaults } from "./fault-schedule.ts";
import { faultyTransport, type DoneAct, type FaultyDoors } from "./faulty-doors.ts";
import { actBook } from "./stand-in-acts.ts";

describe("the watch of budgets", () => {
  const check = async (lines: readonly WatchLine[], floor: number): Promise<readonly string[]> => {
    const problems: string[] = [];
    const told = { isOver: false };
    const transport: ApiTransport = {
      request: () => Promise.resolve({ ok: true, status: 200, body: { metadata: { resourceVersion: "1" }, items: [pod("a"), pod("b")] } }),
      async *watch({ signal }) {
        for (const line of told.isOver ? [] : lines) yield line;
        told.isOver = true;
        await wallClock().sleep(60_000, signal);
      },
    };
    const watch = watchBudgets({ transport, note: (problem) => problems.push(problem) });
    watch.hold(new Map([["web", floor]]));
    await vi.waitFor(() => {
      expect(told.isOver).toBe(true);
    });
    await watch.close();
    return problems;
  };
  const goes: WatchLine = { type: "MODIFIED", object: pod("a", { deletionTimestamp: "2026-01-01T00:00:00Z" }) };

  test("notes a Pod that goes where all are to stay, though another comes after it", async () => {
    const comes: WatchLine = { type: "ADDED", object: pod("c") };
    expect(await check([goes, comes], 2)).toEqual(["application web has 1 healthy Pods, and its budget wants 2"]);
  });

  test("notes nothing where another came before it, or where the budget lets one go", async () => {
    expect(await check([{ type: "ADDED", object: pod("c") }, goes], 2)).toEqual([]);
    expect(await check([goes, { type: "DELETED", object: pod("a") }], 1)).toEqual([]);
  });

  test("counts a floor from when it was first reached", async () => {
    expect(await check([{ type: "ADDED", object: pod("c") }, goes, { type: "DELETED", object: pod("b") }], 3)).toEqual([
      "application web has 2 healthy Pods, and its budget wants 3",
      "application web has 1 healthy Pods, and its budget wants 3",
    ]);
  });
});

describe("the book of acts", () => {
  const after = (
    ...acts: readonly DoneAct[]
  ): { readonly problems: readonly string[]; readonly changes: number; readonly claims: number } => {
    const problems: string[] = [];
    const book = actBook((problem) => problems.push(problem));
    for (const act of acts) book.onDone(act);
    return { problems, changes: book.changes().length, claims: book.claims() };
  };
  const api = (method: "GET" | "POST" | "DELETE", path: string, query: Readonly<Record<string, string>> = {}): DoneAct => ({
    ...{ door: "api", request: { method, path, query } },
    answer: { ok: true, status: 200, body: {} },
  });
  const aws = (action: string, body = ""): DoneAct => ({
    ...{ door: "cloud", call: action, inputs: [{ action, body }], answer: undefined, isLate: false },
  });

  test("counts what is made and changed, and no look or dry run", () => {
    const claims = "/apis/karpenter.sh/v1/nodeclaims";
    expect(after(api("POST", claims), aws("CreateFleet"), aws("TerminateInstances"))).toEqual({ problems: [], changes: 3, claims: 1 });
    const looks = [api("GET", `${claims}/a`), api("POST", claims, { dryRun: "All" }), aws("DescribeInstances")];
    expect(after(...looks, aws("CreateFleet", "Action=CreateFleet&DryRun=true"))).toEqual({ problems: [], changes: 0, claims: 0 });
  });

  test("notes a Pod that is deleted past the Eviction API", () => {
    const path = "/api/v1/namespaces/default/pods/a";
    expect(after(api("DELETE", path)).problems).toEqual([`a Pod was deleted past the Eviction API: ${path}`]);
    expect(after(api("POST", `${path}/eviction`)).problems).toEqual([]);
  });
});

describe("a door with faults", () => {
  test("of the API server refuses, throttles, and breaks the connection where an answer is lost that was given", async () => {
    const asked: string[] = [];
    const behind: ApiTransport = {
      request: ({ method, path }) => {
        asked.push(`${method} ${path}`);
        return Promise.resolve({ ok: true, status: 200, body: { path } });
      },
      async *watch() {
        yield await Promise.resolve({ type: "ADDED", object: { metadata: { name: "a" } } } as const);
      },
    };
    const door = await openApiDoor(faultyTransport(behind, doorsOf("2:throttle 3:refuse 4:lose-answer 5:lose-request")));
    const transport = httpsTransport({ kubeConfig: kubeConfigOf(door.url), userAgent: "test", clock: wallClock(), random: Math.random });
    const statuses: number[] = [];
    for (let act = 1; act <= 5; act++)
      statuses.push((await transport.request({ method: "PUT", path: `/api/v1/nodes/${act}`, body: {} })).status);
    expect(statuses).toEqual([200, 429, 500, 0, 0]);
    expect(asked).toEqual(["PUT /api/v1/nodes/1", "PUT /api/v1/nodes/4"]);
    const lines: WatchLine[] = [];
    const watch = { path: "/api/v1/nodes", query: { watch: "true" }, signal: new AbortController().signal };
    for await (const line of transport.watch(watch)) lines.push(line);
    expect(lines).toEqual([{ type: "ADDED", object: { metadata: { name: "a" } } }]);
    transport.close();
    await door.close();
  });

  test("of AWS speaks the service's errors, and what it forwards is asked once an act", async () => {
    const asked: string[] = [];
    const behind = await openDoor(async (incoming, response) => {
      asked.push(incoming.url ?? "");
      response.writeHead(200, { "content-type": "text/xml" });
      response.end(
        `<DescribeInstancesResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><reservationSet/></DescribeInstancesResponse>`,
      );
      await Promise.resolve();
    });
    const door = await openAwsDoor({
      target: behind.url,
      doors: doorsOf("2:throttle 3:refuse 4:lose-answer"),
      before: () => Promise.resolve(),
    });
    const credentials = { accessKeyId: "test", secretAccessKey: "test" };
    const client = new EC2Client({ region: "ap-southeast-1", endpoint: door.url, credentials, maxAttempts: 1 });
    const codes: string[] = [];
    for (let act = 1; act <= 3; act++)
      codes.push(
        await client.send(new DescribeInstancesCommand({})).then(
          () => "done",
          (error: unknown) => (error as Error).name,
        ),
      );
    expect(codes).toEqual(["done", "RequestLimitExceeded", "InternalError"]);
    const fleet = new CreateFleetCommand({ LaunchTemplateConfigs: [], TargetCapacitySpecification: { TotalTargetCapacity: 1 } });
    await expect(client.send(fleet)).rejects.toMatchObject({ code: "ECONNRESET" });
    expect(asked).toHaveLength(2);
    client.destroy();
    await door.close();
    await behind.close();
  });
});

function doorsOf(faults: string): FaultyDoors {
  return {
    ...{ clock: wallClock(), counter: faultCounter(parseFaults(faults)), random: createRandom("doors"), answerWaitMs: 10 },
    ...{ actMs: () => 0, trace: () => undefined, onDone: () => undefined },
    watchOdds: { late: 0, twice: 0, broken: 0, expired: 0, lateMsMax: 0 },
    life: { signal: new AbortController().signal, die: () => undefined },
  };
}

function kubeConfigOf(server: string): KubeConfig {
  const config = new KubeConfig();
  config.loadFromClusterAndUser({ name: "door", server, skipTLSVerify: true }, { name: "door" });
  return config;
}

function pod(name: string, metadata: Partial<Pod["metadata"]> = {}): Pod {
  return {
    ...{ apiVersion: "v1", kind: "Pod", spec: { containers: [] } },
    metadata: { name, namespace: "default", uid: name, labels: { app: "web" }, ...metadata },
    status: { phase: "Running", conditions: [{ type: "Ready", status: "True" }] },
  };
}
