// The forwarder behaves as a Service: in turn over what is ready, and late about every change.
import { once } from "node:events";
import { createServer as createHttpsServer } from "node:https";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import forge from "node-forge";
import { afterEach, expect, test } from "vitest";
import { startServiceForwarder, type Backend } from "../support/service-forwarder.ts";

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

test("connections go in turn over the ready backends, and none to the others", async () => {
  const [first, second, third] = [await backend("first", true), await backend("second", true), await backend("third", false)];
  const forwarder = await forward({ backends: [first, second, third].map((each) => each.address) });
  expect(await names({ port: forwarder.port, count: 4 })).toEqual(["first", "second", "first", "second"]);
});

test("a backend that becomes unready keeps its connections, and gets new ones until the lag is over", async () => {
  const [first, second] = [await backend("first", true), await backend("second", true)];
  const forwarder = await forward({ backends: [first.address, second.address], lagMs: 1000 });
  const open = await dial(forwarder.port);
  expect(open.greeting).toBe("first");
  first.state.ready = false;
  await sleep(700);
  expect(new Set(await names({ port: forwarder.port, count: 4 }))).toEqual(new Set(["first", "second"]));
  await sleep(700);
  expect(await names({ port: forwarder.port, count: 4 })).toEqual(["second", "second", "second", "second"]);
  open.socket.write("still there?");
  expect(String((await once(open.socket, "data"))[0])).toBe("still there?");
  open.socket.destroy();
});

test("a backend that becomes ready gets connections once the lag is over; until then nobody answers", async () => {
  const only = await backend("only", false);
  const forwarder = await forward({ backends: [only.address], lagMs: 1000 });
  only.state.ready = true;
  await sleep(700);
  await expect(dial(forwarder.port)).rejects.toThrow("ECONNRESET");
  await sleep(700);
  expect(await names({ port: forwarder.port, count: 1 })).toEqual(["only"]);
});

test("replaced backends are followed", async () => {
  const [first, second] = [await backend("first", true), await backend("second", true)];
  const forwarder = await forward({ backends: [first.address], lagMs: 200 });
  forwarder.setBackends([first.address, second.address]);
  expect(await names({ port: forwarder.port, count: 2 })).toEqual(["first", "first"]);
  await sleep(700);
  expect(new Set(await names({ port: forwarder.port, count: 2 }))).toEqual(new Set(["first", "second"]));
  forwarder.setBackends([second.address]);
  expect(await names({ port: forwarder.port, count: 2 })).toEqual(["second", "second"]);
});

async function forward(options: Parameters<typeof startServiceForwarder>[0]): ReturnType<typeof startServiceForwarder> {
  const forwarder = await startServiceForwarder(options);
  closers.push(forwarder.close);
  return forwarder;
}

/** A backend that greets with its name, then echoes; its readiness stands beside it. */
async function backend(name: string, ready: boolean): Promise<{ readonly address: Backend; readonly state: { ready: boolean } }> {
  const state = { ready };
  const echo = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.write(name);
    socket.pipe(socket);
  });
  const health = createHttpsServer(certificate(), (_request, response) => response.writeHead(state.ready ? 200 : 503).end());
  const [port, healthPort] = [await listen(echo), await listen(health)];
  return { address: { port, readyzUrl: `https://127.0.0.1:${healthPort}/readyz` }, state };
}

async function listen(server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(async () => {
    const closed = once(server, "close");
    server.close();
    await closed;
  });
  return (server.address() as AddressInfo).port;
}

async function names({ port, count }: { readonly port: number; readonly count: number }): Promise<readonly string[]> {
  const seen: string[] = [];
  for (let number = 0; number < count; number += 1) {
    const { socket, greeting } = await dial(port);
    seen.push(greeting);
    socket.destroy();
  }
  return seen;
}

async function dial(port: number): Promise<{ readonly socket: Socket; readonly greeting: string }> {
  const socket = connect(port, "127.0.0.1");
  const [data] = (await once(socket, "data")) as [Buffer];
  return { socket, greeting: String(data) };
}

function certificate(): { readonly key: string; readonly cert: string } {
  const keys = forge.pki.rsa.generateKeyPair(2048);
  const cert = forge.pki.createCertificate();
  cert.publicKey = keys.publicKey;
  cert.validity.notAfter = new Date(Date.now() + 60_000);
  cert.setSubject([{ name: "commonName", value: "backend" }]);
  cert.setIssuer([{ name: "commonName", value: "backend" }]);
  cert.sign(keys.privateKey, forge.md.sha256.create());
  return { key: forge.pki.privateKeyToPem(keys.privateKey), cert: forge.pki.certificateToPem(cert) };
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
