/**
 * Words of AWS on the command line: names, addresses and keys that go into requests, tags and user data.
 *
 * Reads the text of an option. Returns it as it is; one that AWS or a node could not take is named with its form, since it would show only
 * as calls that are refused or nodes that never join.
 */
import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { InvalidArgumentError } from "commander";

/** An EKS cluster's name (EKS CreateCluster). */
export const clusterName = wordOf(
  /^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$/,
  "a cluster's name is up to 100 letters, digits, - and _, such as prod.",
);
/** A region, such as eu-west-1 or us-gov-west-1. */
export const region = wordOf(/^[a-z]{2,4}(-[a-z]+)+-\d{1,2}$/, "a region is named as in eu-west-1.");
/** An account's number. */
export const account = wordOf(/^\d{12}$/, "an account is twelve digits.");
/** The name of a role (IAM CreateRole), not its ARN. */
export const roleName = wordOf(
  /^[\w+=,.@-]{1,64}$/,
  "a role's name is up to 64 letters, digits and +=,.@-_; give the name and not the ARN.",
);
/** The name of a queue (SQS CreateQueue), not its URL. */
export const queueName = wordOf(
  /^[\w-]{1,75}(\.fifo)?$/,
  "a queue's name is up to 80 letters, digits, - and _; give the name and not the URL.",
);

/** The URL of an API server. */
export function apiServerUrl(text: string): string {
  return urlOf(text, { protocols: ["https:"], form: "https://HOST[:PORT]" });
}

/** An endpoint that calls go to. */
export function endpointUrl(text: string): string {
  return urlOf(text, { protocols: ["https:", "http:"], form: "https://HOST[:PORT] (or http, where nobody else listens)" });
}

/** A range of addresses, version 4 or 6. */
export function cidr(text: string): string {
  const [address = "", bits = "", ...more] = text.split("/");
  const version = isIP(address);
  const isRange = version !== 0 && more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128);
  if (!isRange) throw new InvalidArgumentError("a range of addresses is written as in 10.100.0.0/16.");
  return text;
}

/** A certificate in PEM, in base64 once more, as EKS and kubeconfigs have it. */
export function certificateAuthority(text: string): string {
  const form = "a certificate authority is a PEM certificate in base64, as certificate-authority-data of a kubeconfig.";
  const pem = Buffer.from(text, "base64").toString("latin1");
  if (!pem.includes("-----BEGIN CERTIFICATE-----")) throw new InvalidArgumentError(form);
  try {
    new X509Certificate(pem);
  } catch {
    throw new InvalidArgumentError(form);
  }
  return text;
}

function wordOf(pattern: RegExp, form: string): (text: string) => string {
  return (text) => {
    if (!pattern.test(text)) throw new InvalidArgumentError(form);
    return text;
  };
}

function urlOf(text: string, { protocols, form }: { readonly protocols: readonly string[]; readonly form: string }): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !protocols.includes(url.protocol) || url.hostname === "")
    throw new InvalidArgumentError(`it is written as ${form}.`);
  return text;
}
