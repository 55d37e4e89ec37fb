/**
 * AWS' wire: what a signed request asks of which service, and answers in that service's protocol.
 *
 * Reads HTTP requests as the SDK sends them: the query protocols of EC2 and IAM, JSON of SSM, SQS, Pricing and Service Quotas,
 * REST of EKS. Returns them decoded, and answers and errors as each protocol writes them. Signatures are not checked.
 */
import type { IncomingHttpHeaders } from "node:http";
import { isRecord, parsedJson, type JsonRecord } from "../../src/catalog/json-record.ts";
import { xml, xmlOf, type XmlElement, type XmlNode } from "./ec2-xml.ts";

export interface AwsRequest {
  /** As the signature names it: ec2, ssm, eks, iam, sqs, pricing, servicequotas. */
  readonly service: string;
  readonly region: string;
  /** As the IAM policy names it, such as CreateFleet. */
  readonly action: string;
  /** What a query protocol asks. */
  readonly params: URLSearchParams;
  /** What a JSON protocol asks. */
  readonly json: JsonRecord;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
  /** Where REST protocols name an error. */
  readonly errorType?: string;
}

/** Sends a query request on to the server behind, with other parameters where given. */
export type Onward = (params?: URLSearchParams) => Promise<Answer>;

/** Answers one action; what it does not know it sends onward. */
export type Handler = (request: AwsRequest, onward: Onward) => Promise<Answer> | Answer;

/** By "service:Action". */
export type Handlers = Readonly<Record<string, Handler>>;

const ec2Version = "2016-11-15";
const ec2Namespace = ` xmlns="http://ec2.amazonaws.com/doc/${ec2Version}/"`;

/** Decodes a request; an unsigned one is taken for EC2's. */
export function decodeRequest(of: {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}): AwsRequest {
  const { method, url, headers, body } = of;
  const scope = /Credential=[^/]+\/\d+\/([^/]+)\/([^/]+)\/aws4_request/.exec(headers.authorization ?? "");
  const [, region = "ap-southeast-1", service = "ec2"] = scope ?? [];
  const isForm = (headers["content-type"] ?? "").startsWith("application/x-www-form-urlencoded");
  const params = new URLSearchParams(isForm ? body : "");
  const parsed = isForm || body === "" ? undefined : parsedJson(body);
  const json = parsed?.ok === true && isRecord(parsed.value) ? parsed.value : {};
  const path = url.replace(/\?.*$/, "");
  const target = headers["x-amz-target"];
  const action = params.get("Action") ?? (typeof target === "string" ? target.replace(/^.*\./, "") : restAction(method, path));
  return { service, region, action, params, json, method, path: url, headers, body };
}

const restActions: readonly (readonly [string, RegExp, string])[] = [
  ["GET", /^\/clusters$/, "ListClusters"],
  ["POST", /^\/clusters$/, "CreateCluster"],
  ["GET", /^\/clusters\/[^/]+$/, "DescribeCluster"],
  ["DELETE", /^\/clusters\/[^/]+$/, "DeleteCluster"],
  ["GET", /^\/clusters\/[^/]+\/access-entries$/, "ListAccessEntries"],
  ["GET", /^\/clusters\/[^/]+\/access-entries\/.+$/, "DescribeAccessEntry"],
];

function restAction(method: string, path: string): string {
  return restActions.find(([verb, pattern]) => verb === method && pattern.test(path))?.[2] ?? `${method} ${path}`;
}

/** Makes an EC2 answer of an action. */
export function ec2Answer(action: string, content: readonly XmlNode[]): Answer {
  const element: XmlElement = {
    name: `${action}Response`,
    attributes: ec2Namespace,
    children: [xml("requestId", "00000000-0000-4000-8000-000000000000"), ...content],
  };
  return xmlAnswer(element);
}

/** Makes an answer of a tree. */
export function xmlAnswer(element: XmlElement): Answer {
  return { status: 200, contentType: "text/xml;charset=UTF-8", body: `<?xml version="1.0" encoding="UTF-8"?>\n${xmlOf(element)}` };
}

/** Makes an answer of a JSON protocol. */
export function jsonAnswer(body: object, status = 200): Answer {
  return { status, contentType: "application/x-amz-json-1.1", body: JSON.stringify(body) };
}

export interface AwsError {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/** Makes an error in the protocol of the request's service. */
export function errorAnswer({ service }: Pick<AwsRequest, "service">, { status, code, message }: AwsError): Answer {
  const error = [xml("Code", code), xml("Message", message)];
  const requestID = xml("RequestID", "0");
  switch (service) {
    case "ec2":
      return { ...xmlAnswer(xml("Response", [xml("Errors", [xml("Error", error)]), requestID])), status };
    case "iam":
      return { ...xmlAnswer(xml("ErrorResponse", [xml("Error", [xml("Type", "Sender"), ...error]), xml("RequestId", "0")])), status };
    default:
      return jsonAnswer({ __type: code, code, message, Message: message }, status);
  }
}

/** Makes the answer to a dry run that would have succeeded. */
export function dryRunAnswer(request: Pick<AwsRequest, "service">): Answer {
  const message = "Request would have succeeded, but DryRun flag is set.";
  return errorAnswer(request, { status: 412, code: "DryRunOperation", message });
}

/** Says whether a request only asks whether it may be made. */
export function isDryRun({ params }: Pick<AwsRequest, "params">): boolean {
  return params.get("DryRun") === "true";
}

/** Returns the members of a query protocol's list, such as InstanceId.1, InstanceId.2, in order. */
export function listed(params: URLSearchParams, name: string): readonly string[] {
  const found: string[] = [];
  for (let index = 1; ; index++) {
    const value = params.get(`${name}.${index}`);
    if (value === null) return found;
    found.push(value);
  }
}

/** Returns the parameters with a list replaced. */
export function withList(params: URLSearchParams, name: string, values: readonly string[]): URLSearchParams {
  const member = new RegExp(`^${name}\\.\\d+$`);
  const rest = [...params].filter(([key]) => !member.test(key));
  return new URLSearchParams([...rest, ...values.map((value, index): [string, string] => [`${name}.${index + 1}`, value])]);
}

/** Makes the parameters of another EC2 action. */
export function ec2Params(action: string, rest: Readonly<Record<string, string>>): URLSearchParams {
  return new URLSearchParams({ Action: action, Version: ec2Version, ...rest });
}

/** What a filter may ask of an object; a name that is not there matches nothing. */
export type Filterable = Readonly<Record<string, string | readonly string[] | undefined>>;

/** Says whether an object passes all filters of a request; values may have the wildcards * and ?. */
export function passesFilters(
  params: URLSearchParams,
  { fields, tags = {} }: { readonly fields: Filterable; readonly tags?: Readonly<Record<string, string>> },
): boolean {
  return filtersOf(params).every(({ name, values }) => {
    const held = name === "tag-key" ? Object.keys(tags) : name.startsWith("tag:") ? tags[name.slice(4)] : fields[name];
    const texts = held === undefined ? [] : typeof held === "string" ? [held] : held;
    return values.some((value) => texts.some((text) => wildcard(value).test(text)));
  });
}

/** Returns the filters of a request. */
export function filtersOf(params: URLSearchParams): readonly { readonly name: string; readonly values: readonly string[] }[] {
  const found: { readonly name: string; readonly values: readonly string[] }[] = [];
  for (let index = 1; ; index++) {
    const name = params.get(`Filter.${index}.Name`);
    if (name === null) return found;
    found.push({ name, values: listed(params, `Filter.${index}.Value`) });
  }
}

function wildcard(pattern: string): RegExp {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s");
}

/** Returns one page of items by a token that is the index of the next. */
export function pageOf<T>(
  items: readonly T[],
  { token, size }: { readonly token: string | null | undefined; readonly size: number },
): { readonly page: readonly T[]; readonly next?: string } {
  const from = token === null || token === undefined || token === "" ? 0 : Number(token);
  const page = items.slice(from, from + size);
  return from + size < items.length ? { page, next: String(from + size) } : { page };
}
