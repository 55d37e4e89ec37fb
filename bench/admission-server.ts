/**
 * The server under test: Plimsoll's own webhook server and admission handler over the bench's world, with the repository's
 * policies.yaml. What `plimsoll serve` runs, less the watches that would fill the snapshot.
 */
import { readFileSync } from "node:fs";
import { platformNames } from "../src/api/labels.ts";
import { catalogInstanceTypes } from "../src/catalog/instance-types.ts";
import { wallClock } from "../src/cluster/wall-clock.ts";
import { keepReviewsYoung } from "../src/cli/heap-flags.ts";
import { snapshotOf } from "../src/kube/snapshot-of.ts";
import { parsePolicySet } from "../src/policies/parse-policy-set.ts";
import { admissionHandler } from "../src/webhook/admission-handler.ts";
import { webhookMetrics } from "../src/webhook/metrics.ts";
import { startWebhookServer } from "../src/webhook/server.ts";
import { benchObjects, benchZones } from "./admission-world.ts";
import { serveForParent, type ServerCertificate } from "./child-server.ts";

keepReviewsYoung();
serveForParent(async ({ certificatePem, keyPem }: ServerCertificate) => {
  const parsed = parsePolicySet({ text: readFileSync("policies.yaml", "utf8"), fileName: "policies.yaml" });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  const snapshot = snapshotOf(benchObjects());
  const instanceTypes = catalogInstanceTypes({ zones: benchZones });
  const metrics = webhookMetrics();
  const clock = wallClock();
  const server = await startWebhookServer({
    host: "127.0.0.1",
    port: 0,
    certificatePem,
    keyPem,
    clock,
    metrics,
    handler: admissionHandler({
      policySet: () => parsed.value,
      snapshot: () => snapshot,
      instanceTypes: () => instanceTypes,
      neededKinds: ["WorkloadProfile", "Namespace", "Pod", "Deployment", "ReplicaSet", "PodDisruptionBudget", "NodePool"],
      names: platformNames(),
      clock,
      metrics,
    }),
    notReady: () => [],
    onError: (error) => {
      console.error(error);
    },
  });
  return server.port;
});
