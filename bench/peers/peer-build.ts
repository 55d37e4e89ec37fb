/**
 * A folder under .cache/peers that holds a peer ready to run, made once and kept.
 *
 * Reads a name that tells everything that the content depends on, and how to fill the folder; returns its path. It is filled under
 * another name and renamed at the end, so a folder that is there is whole. Peers are no dependencies of the product: only the bench
 * fetches them.
 */
import { execFile } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { resolve } from "node:path";

const peersFolder = resolve(import.meta.dirname, "../../.cache/peers");
const outputCharactersMax = 50_000_000;
const toldCharactersMax = 1000;

/** Returns the folder of this name, which `fill` makes first where it isn't there. */
export async function builtFolder(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = resolve(peersFolder, name);
  if (existsSync(folder)) return folder;
  const unfinished = `${folder}.${process.pid}.unfinished`;
  mkdirSync(unfinished, { recursive: true });
  try {
    await fill(unfinished);
    renameSync(unfinished, folder);
  } finally {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return folder;
}

/** Runs a build's command to its end and returns what it printed; throws with the end of what it said when it fails. */
export function runBuild(
  command: string,
  { args, cwd, env }: { readonly args: readonly string[]; readonly cwd: string; readonly env?: Readonly<Record<string, string>> },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { cwd, env: { ...process.env, ...env }, maxBuffer: outputCharactersMax };
    execFile(command, [...args], options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${command} ${args.join(" ")}: ${(stderr === "" ? error.message : stderr).trim().slice(-toldCharactersMax)}`));
    });
  });
}
