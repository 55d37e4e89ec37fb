/**
 * Any input: public manifests that were mutated, and objects made from the schemas, through every command that reads files.
 *
 * The law: a command ends with 0, 1 or 2, never with a fault of ours, and what it can't read hides nothing that stands beside it.
 */
import { readdirSync } from "node:fs";
import { expect, it } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import { casesOf } from "../support/long-run.ts";
import { schemaObject } from "../support/schema-objects.ts";
import { objectsIn, yamlObjects, yamlText } from "../support/yaml-objects.ts";
import { mutatedReview } from "../webhook/review-mutation.ts";
import { randomOf } from "../webhook/seeded-random.ts";
import { deploymentText } from "./manifest-texts.ts";
import { folderOf, runPlimsoll } from "./program-run.ts";

const cases = casesOf({ ci: 30, long: 20_000 });
const lab = yamlObjects("examples/lab/a0-infrastructure.yaml");
const sources: readonly (readonly KubeObject[])[] = [
  ...readdirSync(new URL("../corpus/workloads", import.meta.url)).map((name) => objectsIn(yamlText(`test/corpus/workloads/${name}`))),
  ...["a1-checkout-api", "a2-invoice-export-worker", "a3-fraud-model-batch", "a5-dashboard-requirements"].map((name) => [
    ...lab,
    ...yamlObjects(`examples/lab/${name}.yaml`),
  ]),
];
const commands: readonly (readonly string[])[] = [
  ["check", "-o", "json"],
  ["render"],
  ["plan", "-o", "json"],
  ["review"],
  ["audit"],
  ["drain-preview"],
  ["advise", "class"],
  ["advise", "provider"],
];

it(`ends with a verdict or one line about each fault, for ${cases} files`, { timeout: cases * 10_000 }, async () => {
  const seen = new Map<number, number>();
  for (const seed of seeds()) {
    const text = fileOf(seed);
    for (const code of await codesOf(seed, text)) seen.set(code, (seen.get(code) ?? 0) + 1);
  }
  // Answers of every sort, or the mutations broke nothing, or everything.
  expect([...seen.keys()].sort()).toEqual([0, 1, 2]);
});

/** Seeds of the long run that once found a fault, then all of this run. */
const onceFaulty: readonly number[] = [29, 66, 146, 268, 346];

function* seeds(): Iterable<number> {
  yield* onceFaulty;
  const first = Number(process.env["PLIMSOLL_SEED"] ?? 1);
  for (let seed = first; seed < first + cases; seed++) yield seed;
}

/** A List of a few objects, each of them odd somewhere. */
function fileOf(seed: number): string {
  const random = randomOf(seed);
  const source = sources[Math.floor(random() * sources.length)] ?? [];
  const from = Math.floor(random() * source.length);
  const items = random() < 0.4 ? Array.from({ length: 5 }, () => schemaObject(random)) : source.slice(from, from + 6);
  return mutatedReview({ apiVersion: "v1", kind: "List", items }, random);
}

const good = deploymentText({ name: "stands-beside" });

async function codesOf(seed: number, text: string): Promise<readonly number[]> {
  const folder = folderOf({ "odd.json": text, "good.yaml": good });
  const codes: number[] = [];
  for (const command of commands) {
    const { code, stdout, stderr } = await runPlimsoll([...command, folder]);
    const told = `seed ${seed}, plimsoll ${command.join(" ")}: ${stderr}\n${text.slice(0, 4_000)}`;
    if (![0, 1, 2].includes(code) || /fault of ours/.test(stdout + stderr)) expect.fail(told);
    if (command[0] === "check" && !stdout.includes('"name": "stands-beside"')) expect.fail(`hid what stands beside: ${told}`);
    codes.push(code);
  }
  return codes;
}
