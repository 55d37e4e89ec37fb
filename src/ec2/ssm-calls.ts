/**
 * The SSM calls that image look-ups make, over the AWS SDK.
 *
 * Reads names of parameters. Returns their values; a parameter that does not exist is an answer, not a failure.
 */
import { ok } from "../api/result.ts";
import { awsClient, clientSettings, type AwsAnswer, type Ec2Endpoint } from "./aws-client.ts";

export interface SsmCalls {
  /** The value of a parameter; undefined where there is none of this name. */
  parameter(name: string): AwsAnswer<string | undefined>;
}

/** Makes the calls; credentials come from where the SDK looks for them. */
export function ssmCalls(endpoint: Ec2Endpoint): SsmCalls {
  const send = awsClient(async () => {
    const sdk = await import("@aws-sdk/client-ssm");
    return { sdk, client: new sdk.SSMClient(clientSettings(endpoint)) };
  });
  return {
    parameter: async (name) => {
      const answer = await send(
        async ({ client, sdk }) => (await client.send(new sdk.GetParameterCommand({ Name: name }))).Parameter?.Value,
      );
      return !answer.ok && answer.error.kind === "not-found" ? ok(undefined) : answer;
    },
  };
}
