/**
 * The EC2 client, made at the first call; calls that change something are fenced.
 */
import { awsClient, clientSettings, type AwsSend, type Ec2Endpoint } from "./aws-client.ts";
import { fence, fencePlace } from "./aws-fence.ts";

/** The client with the SDK's commands. */
export type Ec2Opened = Awaited<ReturnType<typeof open>>;
export type Ec2Send = AwsSend<Ec2Opened>;

/** Makes the way to send; credentials come from where the SDK looks for them. */
export function ec2Client(endpoint: Ec2Endpoint): Ec2Send {
  return awsClient(() => open(endpoint));
}

async function open(endpoint: Ec2Endpoint) {
  const sdk = await import("@aws-sdk/client-ec2");
  const client = new sdk.EC2Client(clientSettings(endpoint));
  client.middlewareStack.add(fence(endpoint.mayChange), fencePlace);
  return { sdk, client };
}
