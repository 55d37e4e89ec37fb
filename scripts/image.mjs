/**
 * `npm run image`: runs the Dockerfile's own steps without a container engine, on the LTS, and the result once.
 *
 * Reads deploy/Dockerfile. Each stage becomes a folder; COPY copies, RUN runs in the WORKDIR with the LTS's node first on
 * the PATH. It proves that the steps work from a clean context and that the image's command starts; users and isolation
 * are the engine's.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { ensureLts, ltsVersion, say } from "./setup.mjs";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const binaries = ensureLts();
const env = { ...process.env, PATH: `${binaries}${delimiter}${process.env.PATH}` };
const work = mkdtempSync(join(tmpdir(), "plimsoll-image-"));
const stages = new Map();
let stage;

try {
  for (const line of instructions(readFileSync(join(root, "deploy", "Dockerfile"), "utf8"))) perform(line);
  const [command, ...args] = stage.entrypoint;
  const version = execFileSync(command, [...args, "--version"], { cwd: stage.workdir, env, encoding: "utf8" }).trim();
  execFileSync(command, [...args, "check", "examples/billing-api/namespace.yaml", "examples/billing-api/profile.yaml"], {
    cwd: stage.workdir,
    env,
    stdio: ["ignore", "ignore", "inherit"],
  });
  say(`the image's steps work: ${version} on Node ${ltsVersion}`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

function perform({ word, rest }) {
  const path = (place) => (place.startsWith("/") ? join(stage.folder, place) : join(stage.workdir, place));
  switch (word) {
    case "FROM": {
      const [image, , name] = rest.split(/\s+/);
      if (!image.startsWith(`node:${ltsVersion.split(".")[0]}`)) throw new Error(`${image} is not the LTS, ${ltsVersion}`);
      stage = { folder: mkdtempSync(join(work, "stage-")), workdir: work, entrypoint: [] };
      if (name) stages.set(name, stage);
      return;
    }
    case "WORKDIR":
      stage.workdir = join(stage.folder, rest);
      mkdirSync(stage.workdir, { recursive: true });
      return;
    case "COPY": {
      const words = rest.split(/\s+/);
      const from = words[0].startsWith("--from=") ? stages.get(words.shift().slice("--from=".length)).folder : root;
      const target = words.pop();
      for (const source of words) {
        const into = target.endsWith("/") ? join(path(target), source.split("/").pop()) : path(target);
        mkdirSync(dirname(into), { recursive: true });
        cpSync(join(from, source), into, { recursive: true, verbatimSymlinks: true });
      }
      return;
    }
    case "RUN":
      say(`RUN ${rest}`);
      execFileSync("sh", ["-c", rest], { cwd: stage.workdir, env, stdio: ["ignore", 2, 2] });
      return;
    case "ENTRYPOINT":
      stage.entrypoint = JSON.parse(rest);
      return;
    case "USER":
    case "EXPOSE":
    case "CMD":
      return;
    default:
      throw new Error(`${word} is not known to this script`);
  }
}

function instructions(text) {
  return text
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map((line) => ({ word: line.slice(0, line.indexOf(" ")), rest: line.slice(line.indexOf(" ") + 1).trim() }));
}
