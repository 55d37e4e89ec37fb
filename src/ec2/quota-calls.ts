/**
 * The Service Quotas call: what the account may have of one service, over the AWS SDK.
 *
 * Reads a service's code, such as "ec2". Returns its quotas with the values that are in force, of all pages; a failure is a value.
 * The SDK is loaded at the first call.
 */
import type { ServiceQuota, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { err, ok, type Result } from "../api/result.ts";
import type { Ec2Endpoint } from "./ec2-calls.ts";
import { ec2Failure, type Ec2Failure } from "./errors.ts";

export interface QuotaCalls {
  quotas(serviceCode: string): Promise<Result<readonly ServiceQuota[], Ec2Failure>>;
}

const pagesMax = 100;
const attemptsMax = 4;

type Opened = { readonly client: ServiceQuotasClient; readonly sdk: Awaited<ReturnType<typeof loadSdk>> };

/** Makes the call; credentials come from where the SDK looks for them. */
export function quotaCalls(endpoint: Ec2Endpoint): QuotaCalls {
  let opened: Promise<Opened> | undefined;
  return {
    quotas: async (serviceCode) => {
      try {
        opened ??= open(endpoint);
        return ok(await everyQuota(await opened, serviceCode));
      } catch (thrown) {
        return err(ec2Failure(thrown));
      }
    },
  };
}

function loadSdk() {
  return import("@aws-sdk/client-service-quotas");
}

async function open(endpoint: Ec2Endpoint): Promise<Opened> {
  const sdk = await loadSdk();
  return { sdk, client: new sdk.ServiceQuotasClient({ ...endpoint, retryMode: "standard", maxAttempts: attemptsMax }) };
}

async function everyQuota({ client, sdk }: Opened, ServiceCode: string): Promise<readonly ServiceQuota[]> {
  const found: ServiceQuota[] = [];
  let NextToken: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const answer = await client.send(new sdk.ListServiceQuotasCommand({ ServiceCode, ...(NextToken === undefined ? {} : { NextToken }) }));
    found.push(...(answer.Quotas ?? []));
    NextToken = answer.NextToken;
    if (NextToken === undefined || NextToken === "") break;
  }
  return found;
}
