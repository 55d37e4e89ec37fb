/**
 * Launch diagnosis: gathers what EC2 shows of an instance that has not become a Node.
 *
 * Reads the instance, its status, its console and its subnet from EC2. Returns the cause (launch-evidence.ts).
 */
import type { Instance } from "@aws-sdk/client-ec2";
import type { JoinFailure } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { Ec2Calls } from "./ec2-calls.ts";
import { failureText } from "./errors.ts";
import { joinFailureOf } from "./launch-evidence.ts";

export type DiagnosisCalls = Pick<Ec2Calls, "instances" | "instanceHealth" | "consoleOutput" | "subnets">;

/** Asks EC2 about one instance; fails where EC2 does not answer, since silence of ours is no evidence. */
export async function launchDiagnosis(ec2: DiagnosisCalls, instanceID: string): Promise<Result<JoinFailure, string>> {
  const found = await ec2.instances({ Filters: [{ Name: "instance-id", Values: [instanceID] }] });
  if (!found.ok) return err(failureText(found.error));
  const [instance] = found.value;
  if (instance === undefined) return ok({ cause: "unknown", message: `EC2 no longer has the instance ${instanceID}` });
  const [health, output, subnets] = await Promise.all([
    ec2.instanceHealth(instanceID),
    ec2.consoleOutput(instanceID),
    ec2.subnets({ Filters: [{ Name: "subnet-id", Values: [instance.SubnetId ?? ""] }] }),
  ]);
  if (!health.ok) return err(failureText(health.error));
  if (!output.ok) return err(failureText(output.error));
  if (!subnets.ok) return err(failureText(subnets.error));
  const freeAddresses = subnets.value[0]?.AvailableIpAddressCount;
  return ok(
    joinFailureOf({
      ...stateOf(instance),
      isImpaired: health.value === "impaired",
      console: output.value,
      isConnected: (instance.NetworkInterfaces ?? []).every(({ Status }) => Status === undefined || Status === "in-use"),
      ...(instance.SubnetId === undefined ? {} : { subnetID: instance.SubnetId }),
      ...(freeAddresses === undefined ? {} : { freeAddresses }),
    }),
  );
}

function stateOf({ State, StateReason }: Instance): { readonly state: string; readonly stateReason?: string } {
  const { Message } = StateReason ?? {};
  return { state: State?.Name ?? "running", ...(Message === undefined ? {} : { stateReason: Message }) };
}
