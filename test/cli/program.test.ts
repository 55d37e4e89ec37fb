/**
 * The program: version, help that teaches, and usage errors.
 */
import { describe, expect, it } from "vitest";
import { plimsollVersion } from "../../src/cli/version.ts";
import { runPlimsoll } from "./program-run.ts";

const commands = ["check", "render", "plan", "demo", "serve"];

it("--version prints the package's version", async () => {
  expect(await runPlimsoll(["--version"])).toEqual({ code: 0, stdout: `plimsoll ${plimsollVersion()}\n`, stderr: "" });
  expect(plimsollVersion()).toMatch(/^\d+\.\d+\.\d+/);
});

describe("help", () => {
  it("of the program names every command, and where to start", async () => {
    const { code, stdout } = await runPlimsoll(["--help"]);
    for (const command of commands) expect(stdout).toMatch(new RegExp(`^  ${command} `, "m"));
    expect([code, stdout.includes("Start here:")]).toEqual([0, true]);
  });

  it.each(commands)("of %s has an example that can be typed", async (command) => {
    const { code, stdout } = await runPlimsoll([command, "--help"]);
    expect(stdout).toMatch(/^Examples?:$/m);
    expect(stdout).toMatch(new RegExp(`^  .*plimsoll ${command}`, "m"));
    expect(code).toBe(0);
    expect(await runPlimsoll(["help", command])).toEqual({ code: 0, stdout, stderr: "" });
  });

  it.each(["check", "plan", "demo"])("of %s says what the exit codes mean", async (command) => {
    expect((await runPlimsoll([command, "--help"])).stdout).toMatch(/^Exit: 0 .*1 .*2 /ms);
  });
});

describe("a usage error exits 2, is told on stderr, and leaves stdout alone", () => {
  usage("an unknown command", ["chekc"], "unknown command 'chekc'");
  usage("an unknown option", ["check", "--polices", "x", "a.yaml"], "unknown option '--polices'");
  usage("no file", ["check"], "missing required argument 'files'");
  usage(
    "an output that there isn't",
    ["check", "-o", "xml", "a.yaml"],
    "argument 'xml' is invalid. Allowed choices are text, json, sarif, junit, github, kubectl.",
  );
  usage("a port that is none", ["demo", "--port", "x"], "a port is a number from 0 to 65535");
  usage("a provider that there isn't", ["serve", "--provider", "gke"], "Allowed choices are kwok, ec2, none.");
  usage("two addresses", ["serve", "--webhook-url", "https://a", "--webhook-service", "a/b"], "cannot be used with option");

  function usage(statement: string, argv: readonly string[], expected: string): void {
    it(statement, async () => {
      const { code, stdout, stderr } = await runPlimsoll(argv);
      expect(stderr).toContain(expected);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    });
  }

  it("no command at all shows the help", async () => {
    const { code, stderr } = await runPlimsoll([]);
    expect(stderr).toContain("Start here:");
    expect(code).toBe(2);
  });
});
