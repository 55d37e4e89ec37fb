/**
 * `plimsoll catalog refresh`: reads every instance type from an EC2 endpoint and writes the catalog's table.
 *
 * Reads EC2 (DescribeInstanceTypes, DescribeInstanceTypeOfferings; read-only, bounded pages). Writes one file: a table as
 * src/catalog/instance-table.ts reads it, or, where the name ends in .ts, the module that carries it in this program.
 */
import { writeFileSync } from "node:fs";
import { formatInstanceTable } from "../catalog/instance-table.ts";
import { ec2Calls } from "../ec2/ec2-calls.ts";
import { instanceFacts } from "../ec2/instance-facts.ts";
import type { ProgramSurroundings } from "./surroundings.ts";

export interface CatalogRefreshRequest extends Pick<ProgramSurroundings, "stdout" | "stderr"> {
  readonly endpoint?: string;
  readonly region: string;
  readonly out: string;
  /** Who answered, for the table's first line; default: the endpoint. */
  readonly source?: string;
  readonly now: number;
}

/** Runs the command; returns 0 when the file is written, 2 when EC2 did not answer or the file can't be written. */
export async function runCatalogRefresh(request: CatalogRefreshRequest): Promise<number> {
  const { endpoint, region, out, now } = request;
  const facts = await instanceFacts(ec2Calls({ region, ...(endpoint === undefined ? {} : { endpoint }) }), region);
  if (!facts.ok) {
    request.stderr.write(`plimsoll: EC2 did not tell its instance types: ${facts.error}\n`);
    return 2;
  }
  if (facts.value.length === 0) {
    request.stderr.write("plimsoll: EC2 told no instance type, so nothing was written\n");
    return 2;
  }
  const source = request.source ?? `DescribeInstanceTypes of ${endpoint ?? `EC2 in ${region}`}`;
  const table = formatInstanceTable({ source, region, date: new Date(now).toISOString().slice(0, 10), facts: facts.value });
  try {
    writeFileSync(out, out.endsWith(".ts") ? moduleOf(table) : table);
  } catch (cause) {
    request.stderr.write(`plimsoll: ${out} can't be written: ${String(cause)}\n`);
    return 2;
  }
  const here = facts.value.filter(({ offeredIn }) => (offeredIn?.zones ?? []).length > 0).length;
  request.stdout.write(`${facts.value.length} instance types, ${here} of them offered in ${region}, written to ${out}\n`);
  return 0;
}

function moduleOf(table: string): string {
  return `/**
 * The instance types of EC2, as the first lines of the table say. Written by \`plimsoll catalog refresh\`; don't edit.
 */
export const recording = {
  text: \`${table.replaceAll(/[\\`$]/g, (character) => `\\${character}`)}\`,
};
`;
}
