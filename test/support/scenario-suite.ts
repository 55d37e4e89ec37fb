/**
 * Scenarios on one real control plane with one `plimsoll serve`: a table of stories, each in a namespace and a golden file of its own.
 *
 * Starts Nodes of the classes that are asked for, so that Pods run; buys none. Fails at the end where the API server forbade us anything.
 */
import { copyFile, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { describeOnControlPlane } from "./control-plane-suite.ts";
import { foreignDefinitions } from "./foreign-crds.ts";
import { forbiddenRequests, installPlimsoll, type ServeProcess, startServe } from "./plimsoll-serve.ts";
import { nodesOf } from "./team-manifests.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

const root = resolve(import.meta.dirname, "../..");

/** What a story has at hand. */
export interface Stage {
  readonly terminal: Terminal;
  readonly controlPlane: ControlPlane;
  readonly serve: ServeProcess;
  /** The policies file that serve reads; a story that edits it puts it back. */
  readonly policies: string;
}

export interface Scenario {
  /** Scenario numbers and seed rows first, then the behaviour. */
  readonly title: string;
  /** Name of its golden file, and of its namespace unless that is told. */
  readonly golden: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly play: (stage: Stage) => Promise<void>;
}

export interface ScenarioSuite {
  readonly title: string;
  /** Classes whose Nodes are there. */
  readonly nodes: readonly string[];
  /** Files of the repository that are applied before serve starts. */
  readonly given: readonly string[];
  readonly scenarios: readonly Scenario[];
}

/** Declares a suite: `await describeScenarios({...})` at the top of a test file. */
export async function describeScenarios(suite: ScenarioSuite): Promise<void> {
  await describeOnControlPlane(suite.title, () => {
    let controlPlane: ControlPlane;
    let serve: ServeProcess;
    let policies: string;

    beforeAll(async () => {
      controlPlane = await startControlPlane();
      const apply = async (args: readonly string[], stdin = ""): Promise<void> => {
        const { code, stderr } = await controlPlane.kubectl(["apply", ...args], { stdin });
        expect(code, stderr).toBe(0);
      };
      await apply(["-f", "-"], [...foreignDefinitions, ...suite.nodes.flatMap(nodesOf)].map((object) => stringify(object)).join("---\n"));
      await installPlimsoll(controlPlane);
      for (const path of suite.given) await apply(["-f", resolve(root, path)]);
      policies = join(await mkdtemp(join(tmpdir(), "plimsoll-policies-")), "policies.yaml");
      await copyFile(resolve(root, "policies.yaml"), policies);
      serve = await startServe({ controlPlane, provider: "none", policies });
    });

    afterAll(async () => {
      await serve.stop();
      await controlPlane.close();
    });

    it.each(suite.scenarios.map((scenario) => [scenario.title, scenario] as const))("%s", async (_, scenario) => {
      const { labels } = scenario;
      const namespace = scenario.namespace ?? scenario.golden;
      const terminal = await openTerminal({ controlPlane, namespace, ...(labels === undefined ? {} : { labels }) });
      await scenario.play({ terminal, controlPlane, serve, policies });
      await expect(terminal.transcript()).toMatchFileSnapshot(join(root, `test/scenarios/golden/${scenario.golden}.txt`));
    });

    it("was forbidden nothing: deploy/ grants all that was asked", async () => {
      expect(await forbiddenRequests(controlPlane)).toEqual([]);
    });
  });
}
