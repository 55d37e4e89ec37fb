/** AWS clients: an answer that never comes is a failure in time, and pages are asked for until the last. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { EC2Client, DescribeInstancesCommand } from "@aws-sdk/client-ec2";
import { describe, expect, it, onTestFinished } from "vitest";
import { awsClient, clientSettings, everyPage } from "../../src/ec2/aws-client.ts";

describe("an AWS client", { timeout: 30_000 }, () => {
  it("gives up a call that is not answered, once it has been sent as often as it may, and says that it was late", async () => {
    const asked: string[] = [];
    const server = createServer(({ url = "" }) => {
      asked.push(url);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => {
      server.closeAllConnections();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    const settings = clientSettings({ region: "eu-west-1", endpoint: `http://127.0.0.1:${port}` }, { answerMs: 50 });
    const credentials = { accessKeyId: "key", secretAccessKey: "secret" };
    const send = awsClient(() => Promise.resolve(new EC2Client({ ...settings, credentials })));
    const answer = await send((client) => client.send(new DescribeInstancesCommand({})));
    expect(answer).toMatchObject({ ok: false, error: { code: "TimeoutError", kind: "other" } });
    expect(asked).toHaveLength(4);
  });

  it("opens anew at the next call what failed to open", async () => {
    let tries = 0;
    const send = awsClient(() => (++tries === 1 ? Promise.reject(new Error("no SDK")) : Promise.resolve("client")));
    expect(await send((client) => Promise.resolve(client))).toMatchObject({ ok: false, error: { message: "no SDK" } });
    expect(await send((client) => Promise.resolve(client))).toEqual({ ok: true, value: "client" });
  });
});

describe("pages", () => {
  it("are asked for with the token of the one before, until one has none", async () => {
    const asked: (string | undefined)[] = [];
    const found = await everyPage(({ NextToken }) => {
      asked.push(NextToken);
      return Promise.resolve({ items: [asked.length], NextToken: asked.length < 3 ? `after-${asked.length}` : "" });
    });
    expect(found).toEqual([1, 2, 3]);
    expect(asked).toEqual([undefined, "after-1", "after-2"]);
  });

  it("end with a server that never ends its tokens", async () => {
    const found = await everyPage(() => Promise.resolve({ items: ["one"], NextToken: "again" }));
    expect(found).toHaveLength(1_000);
  });
});
