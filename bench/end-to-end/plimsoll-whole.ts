/**
 * Plimsoll whole: `plimsoll serve --provider kwok` from dist, installed from deploy/ and with its webhooks registered, as a cluster has it.
 *
 * Starts the process under the ServiceAccount and the rights of deploy/. The policies are the shipped ones.
 */
import { installPlimsoll, startServe } from "../../test/support/plimsoll-serve.ts";
import { marketZones } from "./market.ts";
import type { Tool } from "./measure-run.ts";

/** Returns the tool: its market is a file of instance types. */
export function plimsollWhole(marketFile: string): Tool {
  return {
    name: "plimsoll",
    // Its kwok provider serves every NodeClass and knows none of Karpenter's; nodes join late by an option.
    takes: (object) => !("kind" in object && object.kind === "KWOKNodeClass"),
    start: async (plane, { joinSeconds }) => {
      await installPlimsoll(plane);
      const delays = marketZones.map((zone) => `${zone}=${joinSeconds}s`).join(",");
      const args = ["--kwok-instance-types", marketFile, "--kwok-join-delay", delays];
      const serve = await startServe({ controlPlane: plane, provider: "kwok", args });
      const stop = async (): Promise<void> => {
        await serve.stop();
      };
      return { pid: serve.pid, stop };
    },
  };
}
