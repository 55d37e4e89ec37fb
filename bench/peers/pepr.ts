/**
 * Pepr as a peer: a capability that sets one label on each Pod, the least that a mutating webhook of Pepr can do.
 *
 * Installs the pinned npm package into .cache/peers, builds a module of ours with its own `pepr build`, and runs that module with node,
 * as Pepr's controller does once it has checked the module's hash; returns it as a contender for mutate. Its store is pepr-store-api.ts.
 * It logs errors only, which is in its favour: Pepr logs five lines a request by default.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { issueServingCertificate } from "../../src/webhook/certificate.ts";
import { answerProblem, patchedPaths } from "../admission-reviews.ts";
import type { Contender } from "../contender.ts";
import type { ServerProcess } from "../server-process.ts";
import { builtFolder, runBuild } from "./peer-build.ts";
import { startPeprStoreApi } from "./pepr-store-api.ts";
import { freePort } from "../../test/support/loopback.ts";
import { startPeer, type PeerProcess } from "./peer-process.ts";
import type { Peer } from "./peer.ts";

// Not the registry's "latest", which is an old version under a number that was given by mistake.
const version = "1.1.4";
const uuid = "5b0f2c7e-9a51-4c39-8a0b-6f2f7d1c0a11";
const label = "bench.example.com/labelled";
const secretPath = "bench";

const packageText = JSON.stringify({
  name: "one-label",
  version: "0.0.1",
  description: "Sets one label on each Pod",
  private: true,
  type: "commonjs",
  dependencies: { pepr: version },
  pepr: { uuid, onError: "reject", webhookTimeout: 10, alwaysIgnore: { namespaces: [] }, includedFiles: [], env: {}, rbacMode: "scoped" },
});

const compilerText = JSON.stringify({
  compilerOptions: {
    target: "ES2022",
    lib: ["ES2022"],
    module: "CommonJS",
    moduleResolution: "node",
    esModuleInterop: true,
    resolveJsonModule: true,
    declaration: true,
    emitDeclarationOnly: true,
    rootDir: ".",
    outDir: "dist",
  },
  include: ["pepr.ts"],
});

/** The module; it ends with its parent, whose pipe its standard input is. */
const moduleText = `import { Capability, PeprModule, a } from "pepr";
import configuration from "./package.json";

const oneLabel = new Capability({ name: "one-label", description: "Sets one label on each Pod" });
oneLabel.When(a.Pod).IsCreated().Mutate((pod) => pod.SetLabel("${label}", "yes"));

const peprModule = new PeprModule(configuration, [oneLabel], { deferStart: true });
if (process.env.PEPR_MODE !== "build") {
  peprModule.start(Number(process.env.BENCH_PORT));
  process.stdin.resume().on("end", () => process.exit());
}
`;

/** Installs and builds Pepr where need be, and starts it. */
export async function openPepr(): Promise<Peer> {
  const folder = await builtPepr();
  const { authority, serving } = issueServingCertificate({ names: ["localhost", "127.0.0.1"], now: Date.now() });
  const store = await startPeprStoreApi();
  const files = mkdtempSync(join(tmpdir(), "plimsoll-bench-pepr-"));
  const removeFiles = (): void => {
    rmSync(files, { recursive: true, force: true });
  };
  try {
    writeFileSync(join(files, "kubeconfig"), kubeconfigText(store.url));
    writeFileSync(join(files, "key.pem"), serving.keyPem, { mode: 0o600 });
    writeFileSync(join(files, "certificate.pem"), serving.certificatePem);
    const pepr = await startPepr({ folder, files });
    return {
      what: `pepr: ${version} from npm, its module built by \`pepr build\` and run by node ${process.versions.node}; one label; logs errors only`,
      contenders: [{ phase: "mutate", contender: peprContender(pepr.serving(authority.certificatePem)) }],
      close: async () => {
        await pepr.stop();
        await store.close();
        removeFiles();
      },
    };
  } catch (cause) {
    await store.close();
    removeFiles();
    throw cause;
  }
}

function peprContender(server: ServerProcess): Contender {
  const path = `/metadata/labels/${label.replace("/", "~1")}`;
  return {
    tool: "pepr",
    server,
    call: () => ({
      path: `/mutate/${secretPath}`,
      problem: (review, answer) =>
        answerProblem({ review, expected: "patch", ...answer }) ??
        (patchedPaths(answer.text).includes(path) ? undefined : `does not set ${label}`),
    }),
  };
}

async function startPepr({ folder, files }: { readonly folder: string; readonly files: string }): Promise<PeerProcess> {
  const port = await freePort();
  return startPeer({
    command: process.execPath,
    args: [join(folder, "dist", `pepr-${uuid}.js`)],
    cwd: folder,
    port,
    readyPath: "/healthz",
    env: {
      BENCH_PORT: String(port),
      KUBECONFIG: join(files, "kubeconfig"),
      LOG_LEVEL: "error",
      PEPR_API_PATH: secretPath,
      SSL_CERT_PATH: join(files, "certificate.pem"),
      SSL_KEY_PATH: join(files, "key.pem"),
    },
  });
}

function builtPepr(): Promise<string> {
  const content = createHash("sha256").update(packageText).update(compilerText).update(moduleText).digest("hex").slice(0, 12);
  return builtFolder(`pepr-${version}-${content}`, async (folder) => {
    process.stderr.write(`bench: installing Pepr ${version} (once, about a minute)\n`);
    writeFileSync(join(folder, "package.json"), packageText);
    writeFileSync(join(folder, "tsconfig.json"), compilerText);
    writeFileSync(join(folder, "pepr.ts"), moduleText);
    await runBuild("npm", { args: ["install", "--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund"], cwd: folder });
    await runBuild(process.execPath, { args: ["node_modules/pepr/dist/cli.js", "build"], cwd: folder });
  });
}

/** Plain HTTP on loopback, which Pepr's client takes only where it needn't verify a certificate. */
function kubeconfigText(server: string): string {
  const name = "store";
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name, cluster: { server, "insecure-skip-tls-verify": true } }],
    users: [{ name, user: { token: "none" } }],
    contexts: [{ name, context: { cluster: name, user: name } }],
    "current-context": name,
  });
}
