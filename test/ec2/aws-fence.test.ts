/**
 * Who no longer leads changes nothing in the cloud, also where a call that was begun before is sent again.
 */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { afterEach, expect, test } from "vitest";
import { ec2Calls } from "../../src/ec2/ec2-calls.ts";
import { iamCalls } from "../../src/ec2/iam-calls.ts";
import { nodeClassCalls } from "../../src/ec2/node-class-calls.ts";

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) server.close();
});

/** An EC2 that answers everything with the status, and tells which actions it was asked for. */
async function ec2(status: number, onRequest: () => void = () => undefined) {
  const actions: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      actions.push(new URLSearchParams(Buffer.concat(chunks).toString("utf8")).get("Action") ?? "");
      onRequest();
      response.writeHead(status, { "content-type": "text/xml" });
      response.end("<Response><Errors><Error><Code>InternalError</Code><Message>no</Message></Error></Errors></Response>");
    });
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  Object.assign(process.env, { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test" });
  return { actions, endpoint: { region: "ap-southeast-1", endpoint: `http://127.0.0.1:${address.port}` } };
}

test("what reads goes through, what changes something is not sent", async () => {
  const { actions, endpoint } = await ec2(200);
  const calls = ec2Calls({ ...endpoint, mayChange: () => false });
  expect((await calls.subnets({})).ok).toBe(true);
  const refused = [
    await calls.terminate(["i-1"]),
    await calls.tagInstances(["i-1"], []),
    await calls.deleteLaunchTemplate("lt"),
    await calls.createFleet({ LaunchTemplateConfigs: [], TargetCapacitySpecification: { TotalTargetCapacity: 1 } }),
  ];
  for (const answer of refused) expect(answer).toMatchObject({ ok: false, error: { kind: "other", code: "NotLeading" } });
  expect(actions).toEqual(["DescribeSubnets"]);
});

test("a call whose retry comes after the term is not sent again", async () => {
  const term = { leads: true };
  const { actions, endpoint } = await ec2(500, () => {
    term.leads = false;
  });
  const answer = await ec2Calls({ ...endpoint, mayChange: () => term.leads }).terminate(["i-1"]);
  expect(answer).toMatchObject({ ok: false, error: { code: "NotLeading" } });
  expect(actions).toEqual(["TerminateInstances"]);
});

test("instance profiles and templates of a NodeClass are fenced like launches", async () => {
  const { actions, endpoint } = await ec2(200);
  const fenced = { ...endpoint, mayChange: () => false };
  const refused = [await iamCalls(fenced).deleteProfile("nodes"), await nodeClassCalls(fenced).deleteTemplate("lt")];
  for (const answer of refused) expect(answer).toMatchObject({ ok: false, error: { code: "NotLeading" } });
  expect(actions).toEqual([]);
});
