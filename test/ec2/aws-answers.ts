// A server that answers calls as AWS does, in the protocols of its services, with no more than a launch and the market calls read.
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const zone = "ap-southeast-1a";
const item = (text: string): string => `<item>${text}</item>`;

interface State {
  /** Instance profiles of IAM, by name. */
  readonly profiles: Map<string, Profile>;
  instance?: { readonly type: string; readonly tags: readonly (readonly [string, string])[] };
}

interface Profile {
  readonly path: string;
  readonly tags: readonly (readonly [string, string])[];
  role?: string;
}

/** Answers of EC2 by action; what is not here is answered with an empty answer. */
const ec2Answers: Readonly<Record<string, (params: URLSearchParams, state: State) => string>> = {
  DescribeSubnets: () =>
    `<subnetSet>${item(`<subnetId>subnet-a</subnetId><availabilityZone>${zone}</availabilityZone><availableIpAddressCount>100</availableIpAddressCount>`)}</subnetSet>`,
  DescribeSecurityGroups: () => `<securityGroupInfo>${item("<groupId>sg-1</groupId>")}</securityGroupInfo>`,
  DescribeImages: () =>
    `<imagesSet>${item("<imageId>ami-1</imageId><architecture>x86_64</architecture><imageState>available</imageState>")}</imagesSet>`,
  CreateLaunchTemplate: (params) =>
    `<launchTemplate><launchTemplateId>lt-1</launchTemplateId><launchTemplateName>${params.get("LaunchTemplateName") ?? ""}</launchTemplateName></launchTemplate>`,
  CreateFleet: (params, state) => {
    const type = params.get("LaunchTemplateConfigs.1.Overrides.1.InstanceType") ?? "";
    state.instance = { type, tags: tagsOf(params, "instance") };
    const overrides = `<overrides><instanceType>${type}</instanceType><availabilityZone>${zone}</availabilityZone><subnetId>subnet-a</subnetId></overrides>`;
    const made = `<instanceIds>${item("i-0a")}</instanceIds><instanceType>${type}</instanceType><launchTemplateAndOverrides>${overrides}</launchTemplateAndOverrides>`;
    return `<fleetId>fleet-1</fleetId><fleetInstanceSet>${item(made)}</fleetInstanceSet>`;
  },
  DescribeInstances: (params, { instance }) => {
    if (instance === undefined) return "<reservationSet/>";
    const tags = instance.tags.map(([key, value]) => item(`<key>${key}</key><value>${value}</value>`)).join("");
    const fields = `<instanceId>i-0a</instanceId><instanceType>${instance.type}</instanceType><placement><availabilityZone>${zone}</availabilityZone></placement><instanceState><name>running</name></instanceState><tagSet>${tags}</tagSet>`;
    return `<reservationSet>${item(`<instancesSet>${item(fields)}</instancesSet>`)}</reservationSet>${next(params)}`;
  },
  DescribeSpotPriceHistory: (params) => {
    const type = params.has("NextToken") ? "c7i.large" : "m7i.large";
    const fields = `<instanceType>${type}</instanceType><productDescription>Linux/UNIX</productDescription><spotPrice>0.0500</spotPrice><timestamp>2026-11-22T00:00:00.000Z</timestamp><availabilityZone>${zone}</availabilityZone>`;
    return `<spotPriceHistorySet>${item(fields)}</spotPriceHistorySet>${next(params)}`;
  },
};

/** Answers of IAM by action; undefined where there is no such profile. */
const iamAnswers: Readonly<
  Record<string, (name: string, of: { readonly params: URLSearchParams; readonly profiles: Map<string, Profile> }) => string | undefined>
> = {
  GetInstanceProfile: (name, { profiles }) => {
    const profile = profiles.get(name);
    return profile === undefined ? undefined : `<InstanceProfile>${profileText(name, profile)}</InstanceProfile>`;
  },
  CreateInstanceProfile: (name, { params, profiles }) => {
    const tags = [...params].flatMap(([field, key]) =>
      /^Tags\.member\.\d+\.Key$/.test(field) ? [[key, params.get(field.replace(/Key$/, "Value")) ?? ""] as const] : [],
    );
    profiles.set(name, { path: params.get("Path") ?? "/", tags });
    return "";
  },
  AddRoleToInstanceProfile: (name, { params, profiles }) => {
    const profile = profiles.get(name);
    if (profile !== undefined) profile.role = params.get("RoleName") ?? "";
    return "";
  },
  RemoveRoleFromInstanceProfile: (name, { profiles }) => {
    delete profiles.get(name)?.role;
    return "";
  },
  DeleteInstanceProfile: (name, { profiles }) => {
    profiles.delete(name);
    return "";
  },
  ListInstanceProfiles: (_name, { profiles }) => {
    const members = [...profiles].map(([name, profile]) => `<member>${profileText(name, { ...profile, tags: [] })}</member>`);
    return `<IsTruncated>false</IsTruncated><InstanceProfiles>${members.join("")}</InstanceProfiles>`;
  },
};

function profileText(name: string, { path, tags, role }: Profile): string {
  const roles = role === undefined ? "" : `<member><RoleName>${role}</RoleName></member>`;
  const members = tags.map(([key, value]) => `<member><Key>${key}</Key><Value>${value}</Value></member>`).join("");
  return `<InstanceProfileName>${name}</InstanceProfileName><Path>${path}</Path><Roles>${roles}</Roles><Tags>${members}</Tags><CreateDate>2020-01-01T00:00:00Z</CreateDate>`;
}

/** Whoever asks for pages gets two. */
function next(params: URLSearchParams): string {
  return params.has("NextToken") || !params.has("MaxResults") ? "" : "<nextToken>second</nextToken>";
}

/** Answers of services that speak JSON, by action. */
const jsonAnswers: Readonly<Record<string, (body: Readonly<Record<string, unknown>>) => object>> = {
  GetProducts: (body) => {
    const filters = body["Filters"] as readonly { readonly Field: string; readonly Value: string }[];
    const { productFamily, ...attributes } = Object.fromEntries(filters.map(({ Field, Value }) => [Field, Value]));
    const instanceType =
      attributes["tenancy"] === "Dedicated" ? "m7i.metal-24xl" : body["NextToken"] === undefined ? "m7i.large" : "c7i.large";
    const price = { unit: "Hrs", pricePerUnit: { USD: "0.1260000000" } };
    const OnDemand = { "A.B": { effectiveDate: "2026-11-01T00:00:00Z", priceDimensions: { "A.B.C": price } } };
    const product = { product: { productFamily, sku: "A", attributes: { ...attributes, instanceType } }, terms: { OnDemand } };
    return { FormatVersion: "aws_v1", PriceList: [JSON.stringify(product)], ...nextPage(body) };
  },
  GetParameter: (body) => ({ Parameter: { Name: body["Name"], Value: "ami-1" } }),
  GetQueueUrl: (body) => ({ QueueUrl: `https://sqs.ap-southeast-1.amazonaws.com/123456789012/${String(body["QueueName"])}` }),
  ReceiveMessage: () => ({
    Messages: [{ MessageId: "m-1", ReceiptHandle: "r-1", Body: "{}", MD5OfBody: "99914b932bd37a50b983c5e7c90ae93b" }],
  }),
  ListServiceQuotas: (body) => {
    const isFirst = body["NextToken"] === undefined;
    const name = isFirst ? "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances" : "All P5 Spot Instance Requests";
    return {
      Quotas: [{ ServiceCode: body["ServiceCode"], QuotaCode: isFirst ? "L-1" : "L-2", QuotaName: name, Value: 16 }],
      ...nextPage(body),
    };
  },
};

function nextPage(body: Readonly<Record<string, unknown>>): object {
  return body["NextToken"] === undefined ? { NextToken: "second" } : {};
}

/** Starts the server on a free loopback port. */
export async function startAwsAnswers(): Promise<{ readonly url: string; readonly close: () => void }> {
  const state: State = { profiles: new Map() };
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
    request.on("end", () => {
      const target = request.headers["x-amz-target"];
      if (typeof target === "string") {
        const answer = jsonAnswers[target.split(".").at(-1) ?? ""]?.(JSON.parse(body) as Readonly<Record<string, unknown>>) ?? {};
        response.writeHead(200, { "content-type": "application/x-amz-json-1.1" }).end(JSON.stringify(answer));
        return;
      }
      if (request.url?.startsWith("/clusters/") === true) {
        response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ cluster: { name: "prod", version: "1.33" } }));
        return;
      }
      const answer = xmlAnswer(new URLSearchParams(body), state);
      response.writeHead(answer.status, { "content-type": "text/xml" }).end(answer.text);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function xmlAnswer(params: URLSearchParams, state: State): { readonly status: number; readonly text: string } {
  const action = params.get("Action") ?? "";
  const ofProfile = iamAnswers[action];
  if (ofProfile !== undefined) {
    const result = ofProfile(params.get("InstanceProfileName") ?? "", { params, profiles: state.profiles });
    const missing = "<ErrorResponse><Error><Type>Sender</Type><Code>NoSuchEntity</Code><Message>none</Message></Error></ErrorResponse>";
    if (result === undefined) return { status: 404, text: missing };
    return { status: 200, text: `<${action}Response><${action}Result>${result}</${action}Result></${action}Response>` };
  }
  const isByName = [...params.keys()].some((name) => name.startsWith("LaunchTemplateName"));
  if (action === "DescribeLaunchTemplates" && isByName) return refusal(400, "InvalidLaunchTemplateName.NotFoundException");
  if (params.get("DryRun") === "true") return refusal(412, "DryRunOperation");
  return { status: 200, text: `<${action}Response>${ec2Answers[action]?.(params, state) ?? ""}</${action}Response>` };
}

function refusal(status: number, code: string) {
  const text = `<Response><Errors><Error><Code>${code}</Code><Message>none</Message></Error></Errors><RequestID>1</RequestID></Response>`;
  return { status, text };
}

/** The tags that a request gives what it makes of one type, in EC2's query protocol. */
function tagsOf(params: URLSearchParams, resourceType: string): readonly (readonly [string, string])[] {
  const specification = [...params].find(
    ([name, value]) => /^TagSpecification\.\d+\.ResourceType$/.test(name) && value === resourceType,
  )?.[0];
  const prefix = specification?.replace("ResourceType", "Tag.") ?? "none";
  return [...params].flatMap(([name, key]) =>
    name.startsWith(prefix) && name.endsWith(".Key") ? [[key, params.get(name.replace(/Key$/, "Value")) ?? ""] as const] : [],
  );
}
