/**
 * A proxy in front of moto that closes the gaps which a launch can see, in EC2's own query protocol.
 *
 * Reads requests as the SDK sends them. Returns moto's answers, but: a CreateFleet with a known ClientToken gets the answer of
 * the first one, or IdempotentParameterMismatch if it asks for something else; the fleet gets its cheapest override by
 * Priority, not the first; given offerings lack capacity. Hooks see each request before it is forwarded and before it is
 * answered, and may break its connection off there. Every request is recorded.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export interface Ec2Request {
  readonly action: string;
  readonly params: URLSearchParams;
}

/** "drop" breaks the connection off: the client never hears of the request again. */
export type Verdict = "go-on" | "drop";

export interface Ec2Hooks {
  readonly beforeForwarding?: (request: Ec2Request) => Verdict | Promise<Verdict>;
  readonly beforeAnswering?: (request: Ec2Request) => Verdict | Promise<Verdict>;
}

export interface Offering {
  readonly instanceType: string;
  readonly zone: string;
}

export interface Ec2Proxy {
  readonly url: string;
  /** Everything that was asked so far, in order. */
  readonly requests: readonly Ec2Request[];
  /** Replaces the hooks. */
  hook(hooks: Ec2Hooks): void;
  /** From now on these lack capacity, and no others. */
  lack(offerings: readonly Offering[]): void;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

interface State {
  readonly target: string;
  hooks: Ec2Hooks;
  lacking: readonly Offering[];
  /** By ClientToken: what was asked, and how it was answered. */
  readonly fleets: Map<string, { readonly asked: string; readonly answer: Promise<Answer> }>;
  readonly requests: Ec2Request[];
}

/** Starts a proxy on a free loopback port. */
export async function startEc2Proxy(target: string): Promise<Ec2Proxy> {
  const state: State = { target, hooks: {}, lacking: [], fleets: new Map(), requests: [] };
  const server = createServer((incoming, response) => {
    serve(state, incoming, response).catch((error: unknown) => {
      process.stderr.write(`ec2 proxy: ${String(error)}\n`);
      response.destroy();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests: state.requests,
    hook: (hooks) => {
      state.hooks = hooks;
    },
    lack: (offerings) => {
      state.lacking = offerings;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function serve(state: State, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer);
  const params = new URLSearchParams(Buffer.concat(chunks).toString("utf8"));
  const request: Ec2Request = { action: params.get("Action") ?? "", params };
  state.requests.push(request);
  if ((await state.hooks.beforeForwarding?.(request)) === "drop") return void response.destroy();
  const answer = request.action === "CreateFleet" ? await fleet(state, { request, incoming }) : await forward(state, { params, incoming });
  if ((await state.hooks.beforeAnswering?.(request)) === "drop") return void response.destroy();
  response.writeHead(answer.status, { "content-type": "text/xml;charset=UTF-8" });
  response.end(answer.body);
}

interface Fleet {
  readonly request: Ec2Request;
  readonly incoming: IncomingMessage;
}

/** One answer a token, also while the first request is still under way. */
async function fleet(state: State, of: Fleet): Promise<Answer> {
  const token = of.request.params.get("ClientToken") ?? "";
  const asked = [...of.request.params]
    .map(([name, value]) => `${name}=${value}`)
    .sort()
    .join("&");
  const known = state.fleets.get(token);
  if (known !== undefined && token !== "") return known.asked === asked ? known.answer : mismatch;
  const answer = launchCheapest(state, of);
  state.fleets.set(token, { asked, answer });
  return answer;
}

const mismatch: Answer = {
  status: 400,
  body: "<Response><Errors><Error><Code>IdempotentParameterMismatch</Code><Message>The client token was used with other parameters.</Message></Error></Errors><RequestID>0</RequestID></Response>",
};

interface Override {
  readonly config: string;
  readonly prefix: string;
  readonly instanceType: string;
  readonly zone: string;
  readonly price: number;
}

async function launchCheapest(state: State, { request, incoming }: Fleet): Promise<Answer> {
  const overrides = overridesOf(request.params);
  const lacks = ({ instanceType, zone }: Override): boolean =>
    state.lacking.some((offering) => offering.instanceType === instanceType && offering.zone === zone);
  const [cheapest] = overrides.filter((override) => !lacks(override)).sort((a, b) => a.price - b.price);
  if (cheapest === undefined) return { status: 200, body: noCapacity(overrides) };
  return forward(state, { params: onlyOverride(request.params, cheapest), incoming });
}

const overridePattern = /^(LaunchTemplateConfigs\.\d+)\.(Overrides\.\d+)\.InstanceType$/;

function overridesOf(params: URLSearchParams): readonly Override[] {
  return [...params].flatMap(([name, instanceType]) => {
    const [, config, override] = overridePattern.exec(name) ?? [];
    if (config === undefined || override === undefined) return [];
    const prefix = `${config}.${override}`;
    const zone = params.get(`${prefix}.AvailabilityZone`) ?? "";
    return [{ config, prefix, instanceType, zone, price: Number(params.get(`${prefix}.Priority`)) }];
  });
}

/** moto takes the first override of the first configuration, so it gets no other. */
function onlyOverride(params: URLSearchParams, { config, prefix }: Override): URLSearchParams {
  const rest = [...params].flatMap(([name, value]): [string, string][] => {
    if (!name.startsWith("LaunchTemplateConfigs.")) return [[name, value]];
    if (name.startsWith(`${config}.LaunchTemplateSpecification.`)) return [[name.replace(config, "LaunchTemplateConfigs.1"), value]];
    return name.startsWith(`${prefix}.`) ? [[name.replace(prefix, "LaunchTemplateConfigs.1.Overrides.1"), value]] : [];
  });
  return new URLSearchParams(rest);
}

function noCapacity(overrides: readonly Override[]): string {
  const errors = overrides.map(
    ({ instanceType, zone }) =>
      `<item><errorCode>InsufficientInstanceCapacity</errorCode><errorMessage>We currently do not have sufficient ${instanceType} capacity in ${zone}.</errorMessage><lifecycle>on-demand</lifecycle><launchTemplateAndOverrides><overrides><instanceType>${instanceType}</instanceType><availabilityZone>${zone}</availabilityZone></overrides></launchTemplateAndOverrides></item>`,
  );
  return `<CreateFleetResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>0</requestId><fleetId>fleet-none</fleetId><errorSet>${errors.join("")}</errorSet><fleetInstanceSet/></CreateFleetResponse>`;
}

async function forward(
  { target }: State,
  { params, incoming }: { readonly params: URLSearchParams; readonly incoming: IncomingMessage },
): Promise<Answer> {
  const headers = { "content-type": "application/x-www-form-urlencoded", authorization: incoming.headers.authorization ?? "" };
  const answer = await fetch(target, { method: "POST", headers, body: params.toString() });
  return { status: answer.status, body: await answer.text() };
}
