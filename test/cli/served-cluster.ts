/**
 * A cluster behind a real HTTPS door with a kubeconfig, for tests of commands that read one.
 *
 * Takes the objects that stand there, as paths and bodies. Opens before a file's tests and closes after them; the embedded world is
 * empty but for its CRDs and those objects. Returns the path of the kubeconfig.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import { crdKinds, crdOf } from "../../src/api/crd.ts";
import { wallClock } from "../../src/cluster/wall-clock.ts";
import { type HttpsDoor, openHttpsDoor } from "../../src/sim/https-door.ts";
import { adminUser } from "../../src/sim/in-process-door.ts";
import { kubeconfigText } from "../../src/sim/kubeconfig.ts";
import { startWorld } from "../../src/sim/world.ts";
import { issueServingCertificate } from "../../src/webhook/certificate.ts";

/** Serves a cluster to the tests of a file; the seed names its objects. */
export function servedCluster(seed: string, objects: readonly (readonly [path: string, body: object])[]): string {
  const folder = mkdtempSync(join(tmpdir(), `plimsoll-${seed}-`));
  const kubeconfig = join(folder, "kubeconfig");
  const token = "t".repeat(32);
  const opened: { door?: HttpsDoor } = {};
  beforeAll(async () => {
    const clock = wallClock();
    const world = startWorld({ clock, seed });
    const transport = world.transport();
    const crds = crdKinds.map((kind) => ["/apis/apiextensions.k8s.io/v1/customresourcedefinitions", crdOf(kind)] as const);
    for (const [path, body] of [...crds, ...objects]) await transport.request({ method: "POST", path, body });
    const { authority, serving } = issueServingCertificate({ names: ["127.0.0.1", "localhost"], now: clock.now() });
    opened.door = await openHttpsDoor(world.server, { ...serving, tokens: new Map([[token, adminUser]]) });
    writeFileSync(kubeconfig, kubeconfigText({ url: opened.door.url, caPem: authority.certificatePem, token }), { mode: 0o600 });
  });
  afterAll(async () => {
    await opened.door?.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return kubeconfig;
}
