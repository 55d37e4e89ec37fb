/**
 * The Service Quotas call: what the account may have of one service, over the AWS SDK.
 *
 * Reads a service's code, such as "ec2". Returns its quotas with the values that are in force, of all pages; a failure is a value.
 * The SDK is loaded at the first call.
 */
import type { ServiceQuota } from "@aws-sdk/client-service-quotas";
import { awsClient, clientSettings, everyPage, type AwsAnswer, type Ec2Endpoint } from "./aws-client.ts";

export interface QuotaCalls {
  quotas(serviceCode: string): AwsAnswer<readonly ServiceQuota[]>;
}

/** Makes the call; credentials come from where the SDK looks for them. */
export function quotaCalls(endpoint: Ec2Endpoint): QuotaCalls {
  const send = awsClient(async () => {
    const sdk = await import("@aws-sdk/client-service-quotas");
    return { sdk, client: new sdk.ServiceQuotasClient(clientSettings(endpoint)) };
  });
  return {
    quotas: (ServiceCode) =>
      send(({ client, sdk }) =>
        everyPage(async (page) => {
          const { Quotas = [], NextToken } = await client.send(new sdk.ListServiceQuotasCommand({ ServiceCode, ...page }));
          return { items: Quotas, NextToken };
        }),
      ),
  };
}
