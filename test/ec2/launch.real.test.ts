/**
 * A launch on EC2's protocol whose process is killed at every point where a request can be lost.
 *
 * The NodeClaims live on a real API server, the instances in moto behind ec2-proxy.ts. For each of the N requests of a launch
 * our process dies once before the request is forwarded and once before it is answered, and is started again: 2N runs, after
 * each of which exactly one instance stands for the claim.
 */
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { CreateTagsCommand, DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { NodeClaim } from "../../src/api/node-claim.ts";
import { ec2Calls, type Ec2Calls } from "../../src/ec2/ec2-calls.ts";
import { startControlPlane, type ControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { startMoto, type Moto } from "../support/ec2-moto.ts";
import { startEc2Proxy, type Ec2Proxy, type Ec2Request } from "../support/ec2-proxy.ts";

const script = fileURLToPath(new URL("launch-process.ts", import.meta.url));
const region = "ap-southeast-1";
const claimsPath = "/apis/karpenter.sh/v1/nodeclaims";
const classesPath = "/apis/karpenter.k8s.aws/v1/ec2nodeclasses";
const record = "platform.example.com/launch-request";
const credentials = { AWS_ACCESS_KEY_ID: "test", AWS_SECRET_ACCESS_KEY: "test", AWS_REGION: region };
/** What a launch asks of EC2, in order (the first three in any): N is their number. */
const launchRequests = [
  "DescribeImages",
  "DescribeSecurityGroups",
  "DescribeSubnets",
  "DescribeLaunchTemplates",
  "CreateLaunchTemplate",
  "CreateFleet",
] as const;
const selectorRequests = 3;
const waits = { timeout: 60_000, interval: 100 };

type Phase = "beforeForwarding" | "beforeAnswering";

const moto = await startMoto();
if ("missing" in moto) process.stderr.write(`${moto.missing}\n`);
else
  await describeOnControlPlane("a launch on EC2", () => {
    launchTests(moto);
  });

function launchTests(server: Moto): void {
  let plane: ControlPlane;
  let proxy: Ec2Proxy;
  let ec2: Ec2Calls;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    Object.assign(process.env, credentials);
    plane = await startControlPlane({ without: ["kube-scheduler", "kube-controller-manager", "kwok"] });
    const crds = fileURLToPath(new URL("../../deploy/karpenter-crds", import.meta.url));
    expect(await plane.kubectl(["apply", "-k", crds])).toMatchObject({ code: 0 });
    proxy = await startEc2Proxy(server.url);
    ec2 = ec2Calls({ region, endpoint: server.url });
    await tagSubnets(server.url);
    await ec2.createLaunchTemplate({ LaunchTemplateName: "lack", LaunchTemplateData: { ImageId: imageID } });
  }, 600_000);

  afterAll(async () => {
    for (const child of children) child.kill("SIGKILL");
    await proxy.close();
    await plane.close();
    await server.close();
  });

  const start = (...mode: readonly string[]): ChildProcess => {
    const child = spawn(process.execPath, ["--no-warnings", "--import", "tsx", script, plane.kubeconfig, proxy.url, ...mode], {
      stdio: ["ignore", "ignore", process.env["PLIMSOLL_TEST_LOG"] === undefined ? "ignore" : "inherit"],
    });
    children.push(child);
    return child;
  };
  const kill = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill("SIGKILL");
    await ended;
  };
  const claim = async (name: string): Promise<NodeClaim | undefined> => {
    const { status, body } = await plane.request({ method: "GET", path: `${claimsPath}/${name}` });
    return status === 200 ? (body as NodeClaim) : undefined;
  };
  const launched = async (name: string): Promise<void> => {
    await expect
      .poll(async () => (await claim(name))?.status?.conditions?.find(({ type }) => type === "Launched")?.status, waits)
      .toBe("True");
  };
  /** Instances of a claim that are not ended, as moto itself tells. */
  const instances = async (name: string): Promise<readonly string[]> => {
    const found = await ec2.instances({ Filters: [{ Name: "tag:karpenter.sh/nodeclaim", Values: [name] }] });
    if (!found.ok) throw new Error(found.error.message);
    return found.value
      .filter(({ State }) => State?.Name !== "terminated" && State?.Name !== "shutting-down")
      .flatMap(({ InstanceId }) => InstanceId ?? []);
  };
  /** A claim with a NodeClass of its own, so that each run makes its own launch template. */
  const create = async (name: string): Promise<void> => {
    for (const [path, body] of [
      [classesPath, nodeClass(name)],
      [claimsPath, nodeClaim(name)],
    ] as const)
      expect(await plane.request({ method: "POST", path, body })).toMatchObject({ status: 201 });
  };
  /** Runs until the request, kills there, and says whether it came to that. */
  const killAt = async (of: {
    readonly name: string;
    readonly action: string;
    readonly phase: Phase;
    readonly mode?: string;
  }): Promise<void> => {
    await create(of.name);
    await killedAt(of, start(...(of.mode === undefined ? [] : [of.mode])));
  };
  /** Kills a process that runs at a request. */
  const killedAt = async (of: { readonly action: string; readonly phase: Phase }, child: ChildProcess): Promise<void> => {
    const reached = new Promise<void>((resolve) => {
      const hook = async ({ action }: Ec2Request) => {
        if (action !== of.action) return "go-on" as const;
        proxy.hook({});
        await kill(child);
        resolve();
        return "drop" as const;
      };
      proxy.hook({ [of.phase]: hook });
    });
    await reached;
  };

  test("asks EC2 in a known order, and one instance comes of it", async () => {
    await create("plain");
    const before = proxy.requests.length;
    const child = start();
    await launched("plain");
    await kill(child);
    const asked = proxy.requests.slice(before).map(({ action }) => action);
    // What a class selects is asked for at once; all else waits for what it follows from.
    expect([...asked.slice(0, selectorRequests).sort(), ...asked.slice(selectorRequests)]).toEqual([...launchRequests]);
    const made = await claim("plain");
    expect(await instances("plain")).toEqual([made?.status?.providerID?.split("/").at(-1)]);
    expect(made?.metadata.labels).toMatchObject({
      "node.kubernetes.io/instance-type": expect.any(String) as string,
      "karpenter.sh/capacity-type": "on-demand",
      "topology.kubernetes.io/zone": expect.stringMatching(/^ap-southeast-1[abc]$/) as string,
    });
  }, 120_000);

  for (const action of launchRequests) {
    for (const phase of ["beforeForwarding", "beforeAnswering"] as const) {
      test(`killed at ${action}, ${phase === "beforeForwarding" ? "before it is sent on" : "before its answer"}: one instance`, async () => {
        const name = `${action.toLowerCase()}-${phase.toLowerCase()}`;
        await killAt({ name, action, phase });
        const child = start();
        await launched(name);
        await kill(child);
        expect(await instances(name)).toHaveLength(1);
        expect((await claim(name))?.status?.providerID).toContain((await instances(name))[0]);
      }, 120_000);
    }
  }

  test("with the client token left out, a death before the answer of CreateFleet leaves more than one instance", async () => {
    await killAt({ name: "no-token", action: "CreateFleet", phase: "beforeAnswering", mode: "no-token" });
    const child = start("no-token");
    await launched("no-token");
    await kill(child);
    // Two, or more where a look at a watch that lags sent it once more: the token is what makes all of them one.
    expect((await instances("no-token")).length).toBeGreaterThanOrEqual(2);
  }, 120_000);

  test("a claim that was deleted while its launch was unanswered leaves no instance", async () => {
    await killAt({ name: "deleted", action: "CreateFleet", phase: "beforeAnswering" });
    expect(await instances("deleted")).toHaveLength(1);
    expect(await plane.request({ method: "DELETE", path: `${claimsPath}/deleted` })).toMatchObject({ status: 200 });
    const child = start();
    await expect.poll(() => claim("deleted"), waits).toBeUndefined();
    await kill(child);
    expect(await instances("deleted")).toEqual([]);
  }, 120_000);

  test("two claims of one launch, of which the lead is deleted while it is unanswered: the other one's instance, and no third", async () => {
    const names = ["pair-1", "pair-2"];
    expect(await plane.request({ method: "POST", path: classesPath, body: nodeClass("pair") })).toMatchObject({ status: 201 });
    for (const name of names)
      expect(await plane.request({ method: "POST", path: claimsPath, body: nodeClaim(name, "pair") })).toMatchObject({ status: 201 });
    await killedAt({ action: "CreateFleet", phase: "beforeAnswering" }, start());
    const members = async (name: string) =>
      (JSON.parse((await claim(name))?.metadata.annotations?.[record] ?? "{}") as { readonly members?: readonly unknown[] }).members;
    const lead = (await members("pair-1")) === undefined ? "pair-2" : "pair-1";
    expect(await members(lead)).toHaveLength(2);
    expect(await plane.request({ method: "DELETE", path: `${claimsPath}/${lead}` })).toMatchObject({ status: 200 });
    const child = start();
    await expect.poll(() => claim(lead), waits).toBeUndefined();
    const other = names.find((name) => name !== lead) ?? "";
    await launched(other);
    await kill(child);
    const made = await ec2.instances({ Filters: [{ Name: "tag:karpenter.k8s.aws/ec2nodeclass", Values: ["pair"] }] });
    if (!made.ok) throw new Error(made.error.message);
    const standing = made.value.filter(({ State }) => State?.Name !== "terminated" && State?.Name !== "shutting-down");
    expect([made.value.length, standing.map(({ InstanceId }) => InstanceId)]).toEqual([
      2,
      [(await claim(other))?.status?.providerID?.split("/").at(-1)],
    ]);
  }, 120_000);

  test("a zone and type that lack capacity are passed over, and when all lack it the claim is given up", async () => {
    const cheapest = { instanceType: "c6a.large", zone: "ap-southeast-1a" };
    const types = ["c6a.large", "c6i.large"];
    const fleet = (token: string) => ec2Calls({ region, endpoint: proxy.url }).createFleet(fleetOf(token, types, cheapest.zone));
    const typeOf = async (token: string) => {
      const answer = await fleet(token);
      return answer.ok
        ? (answer.value.Instances?.[0]?.InstanceType ?? answer.value.Errors?.map(({ ErrorCode }) => ErrorCode))
        : answer.error.kind;
    };
    expect(await typeOf("a")).toBe("c6a.large");
    proxy.lack([cheapest]);
    expect(await typeOf("b")).toBe("c6i.large");
    proxy.lack(types.map((instanceType) => ({ instanceType, zone: cheapest.zone })));
    expect(await typeOf("c")).toEqual(["InsufficientInstanceCapacity", "InsufficientInstanceCapacity"]);
    proxy.lack([]);
  }, 60_000);

  test("the same token with another request is refused, loudly", async () => {
    const calls = ec2Calls({ region, endpoint: proxy.url });
    expect((await calls.createFleet(fleetOf("same", ["c6a.large"], "ap-southeast-1a"))).ok).toBe(true);
    const other = await calls.createFleet(fleetOf("same", ["c6i.large"], "ap-southeast-1a"));
    expect(other).toMatchObject({ ok: false, error: { kind: "token-mismatch", code: "IdempotentParameterMismatch" } });
  }, 60_000);
}

/** moto's default subnets have no tags. */
async function tagSubnets(endpoint: string): Promise<void> {
  const client = new EC2Client({ region, endpoint });
  const { Subnets = [] } = await client.send(new DescribeSubnetsCommand({}));
  const Resources = Subnets.flatMap(({ SubnetId }) => SubnetId ?? []);
  await client.send(new CreateTagsCommand({ Resources, Tags: [{ Key: "discovery", Value: "test" }] }));
}

/** An image that moto has from its start. */
const imageID = "ami-05c2b717d1c760a21";

function fleetOf(ClientToken: string, types: readonly string[], AvailabilityZone: string): Parameters<Ec2Calls["createFleet"]>[0] {
  return {
    ClientToken,
    Type: "instant",
    LaunchTemplateConfigs: [
      {
        LaunchTemplateSpecification: { LaunchTemplateName: "lack", Version: "$Latest" },
        Overrides: types.map((type, index) => ({ InstanceType: type as "c6a.large", AvailabilityZone, Priority: index + 1 })),
      },
    ],
    TargetCapacitySpecification: { TotalTargetCapacity: 1, DefaultTargetCapacityType: "on-demand" },
  };
}

function nodeClass(name: string): object {
  return {
    apiVersion: "karpenter.k8s.aws/v1",
    kind: "EC2NodeClass",
    metadata: { name },
    spec: {
      amiFamily: "Custom",
      amiSelectorTerms: [{ id: imageID }],
      subnetSelectorTerms: [{ tags: { discovery: "*" } }],
      securityGroupSelectorTerms: [{ name: "default" }],
      instanceProfile: "nodes",
      userData: `#!/bin/sh\n# ${name}\n`,
    },
  };
}

function nodeClaim(name: string, className = name): object {
  return {
    apiVersion: "karpenter.sh/v1",
    kind: "NodeClaim",
    metadata: { name, labels: { "karpenter.sh/nodepool": "general" }, finalizers: ["karpenter.sh/termination"] },
    spec: {
      nodeClassRef: { group: "karpenter.k8s.aws", kind: "EC2NodeClass", name: className },
      requirements: [
        { key: "karpenter.sh/capacity-type", operator: "In", values: ["on-demand"] },
        { key: "kubernetes.io/arch", operator: "In", values: ["amd64"] },
      ],
      resources: { requests: { cpu: "1", memory: "2Gi", pods: "3" } },
    },
  };
}
