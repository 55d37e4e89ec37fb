/**
 * `plimsoll check` tells what a server-side dry run tells, byte for byte: every object of the example corpus.
 *
 * The objects of all files of a batch are put into a real control plane while no webhook is registered. Then a real
 * `plimsoll serve` joins, and each object is sent as a dry run beside the others of its file. Each namespace has a LimitRange.
 * No controller runs: what stands in the cluster is what stands in the files. CI packs files into few batches and asks real
 * kubectl about a few; PLIMSOLL_LONG=1 judges each file that brings NodePools by itself, and asks kubectl about every object.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { stringify } from "yaml";
import { platformNames } from "../../src/api/labels.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { withAutoDefaults } from "../../src/cli/auto-defaults.ts";
import { checkResults } from "../../src/cli/check.ts";
import { withLastApplied } from "../../src/cli/last-applied.ts";
import { parseManifests } from "../../src/cli/manifest.ts";
import { objectFormer } from "../../src/cli/object-form.ts";
import { policySet } from "../support/admission.ts";
import { type ControlPlane, startControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { creatorOn, type CreateAnswer, type Creator } from "../support/dry-run.ts";
import { batchesOf, farReachingOf, collectionPath, exampleFiles, type ExampleBatch, type ExampleFile } from "../support/example-corpus.ts";
import { foreignDefinitions } from "../support/foreign-crds.ts";
import { isLongRun } from "../support/long-run.ts";
import { forbiddenRequests, installPlimsoll, startServe } from "../support/plimsoll-serve.ts";

const names = platformNames();
const form = objectFormer({ names, namespace: "default" });
const policies = policySet();
const allBatches = batchesOf(exampleFiles(), { alone: isLongRun });
/** Most files are in the first batches. */
const batches = isLongRun ? allBatches : allBatches.slice(0, 12);
/** In CI real kubectl is asked about each so manieth object. */
const kubectlEvery = isLongRun ? 1 : 25;

await describeOnControlPlane("a server-side dry run and plimsoll check", () => {
  let controlPlane: ControlPlane;
  let creator: Creator;
  let restorer: Creator;
  const count = { objects: 0, denied: 0, warned: 0, byKubectl: 0 };

  beforeAll(async () => {
    controlPlane = await startControlPlane({ without: ["kwok", "kube-scheduler", "kube-controller-manager"] });
    creator = creatorOn(controlPlane);
    restorer = creatorOn(controlPlane, unseen);
    await installPlimsoll(controlPlane);
    for (const definition of foreignDefinitions) expect((await creator.create(definition)).status).toBe(201);
    // Somebody else leads for a day: no controller of ours writes anything.
    const lease = { leaseDurationSeconds: 86_400, holderIdentity: "nobody", renewTime: "2026-01-01T00:00:00.000000Z" };
    const metadata = { name: "plimsoll", namespace: "plimsoll-system" };
    const held = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata, spec: lease } as KubeObject;
    expect((await creator.create(held)).status).toBe(201);
  });

  afterAll(async () => {
    creator.close();
    restorer.close();
    await controlPlane.close();
  });

  it.each(batches.map((batch, index) => [index + 1, batch] as const))(
    "tell the same of each object of batch %i",
    async (_number, batch) => {
      const refused = await putIn(creator, batch);
      const serve = await startServe({ controlPlane, provider: "none" });
      try {
        await webhookCalled({ creator, batch, status: 403 });
        for (const file of batch) {
          const expected = repliesOf(file, batch);
          const told = await toldAbout({ file, refused, expected });
          expect.soft({ file: file.name, told }).toEqual({ file: file.name, told: told.map((_, index) => expected[index] ?? "no result") });
        }
        await kubectlAgrees(batch, refused);
      } finally {
        await serve.stop();
        await takeOut(creator, batch);
      }
    },
    isLongRun ? 1_800_000 : 240_000,
  );

  /** What the API server tells of each object, in the words of kubectl. */
  async function toldAbout({ file, refused, expected }: ToldInput): Promise<readonly string[]> {
    const told: string[] = [];
    for (const object of file.objects) {
      // Others' definitions stand here without their schemas, so that only check can find a wrong form.
      if (expected[told.length] === unformed && object.kind === "NodeClass") {
        told.push(unformed);
        continue;
      }
      const refusal = refused.get(object);
      if (isToldByFileAlone(object, file) || (refusal !== undefined && isOtherSelector(refusal, expected[told.length]))) {
        told.push(expected[told.length] ?? "no result");
        continue;
      }
      if (refusal !== undefined) told.push(expected[told.length] === unformed ? unformed : refusal);
      else told.push(inWordsOfKubectl(await creator.create(sent(object), { dryRun: true }), file.name));
    }
    count.objects += told.length;
    count.denied += told.filter((text) => text.includes("denied the request")).length;
    count.warned += told.filter((text) => text.startsWith("Warning: ")).length;
    return told;
  }

  /** kubectl's own stderr is the frame that the comparison above put together by hand. */
  async function kubectlAgrees(batch: ExampleBatch, refused: ReadonlyMap<KubeObject, string>): Promise<void> {
    const folder = await mkdtemp(join(tmpdir(), "plimsoll-dry-run-"));
    const asked = batch
      .flatMap((file) => file.objects.map((object) => ({ file, object })))
      .filter(
        ({ file, object }) => !refused.has(object) && object.kind !== "Namespace" && !isToldByFileAlone(object, file) && !isHeld(object),
      );
    await passUnseen(controlPlane);
    await webhookCalled({ creator: restorer, batch, status: 201 });
    for (const { file, object } of asked.filter((_, index) => index % kubectlEvery === 0)) {
      const expected = repliesOf(file, batch)[file.objects.indexOf(object)];
      if (expected === unformed) continue;
      const path = join(folder, "object.yaml");
      await writeFile(path, textOf(sent(object)));
      await creator.remove(`${collectionPath(object)}/${object.metadata.name ?? ""}`);
      const applied = await controlPlane.kubectl(["apply", "--dry-run=server", "-f", path]);
      expect(applied.stderr.replaceAll(path, file.name)).toBe(expected);
      // As it was put in: past the webhooks, or what they refuse would be missing beside the next one.
      expect((await restorer.create(sent(object))).status, `${file.name}: ${object.kind} ${object.metadata.name ?? ""}`).toBe(201);
      count.byKubectl += 1;
    }
    await rm(folder, { recursive: true });
  }

  it("tell something of a good part of the corpus, and nothing of the rest", () => {
    process.stdout.write(
      `dry-run equality: ${JSON.stringify({ files: exampleFiles().length, batches: `${batches.length} of ${allBatches.length}`, ...count })}\n`,
    );
    expect(count.objects).toBeGreaterThan(200);
    expect(count.denied).toBeGreaterThan(50);
    expect(count.warned).toBeGreaterThan(50);
    expect(count.byKubectl).toBeGreaterThan(5);
  });

  it("were told by a process that was forbidden nothing", async () => {
    expect(await forbiddenRequests(controlPlane)).toEqual([]);
  });
});

/** It is not gone when it is removed, to be brought in again. */
function isHeld({ metadata }: KubeObject): boolean {
  return (metadata.finalizers ?? []).length > 0;
}

/** Who asks decides whether an owner counts, and a file says nothing of that. */
function isOwned({ metadata }: KubeObject): boolean {
  return (metadata.ownerReferences ?? []).some(({ controller }) => controller === true);
}

/**
 * Admission is not asked about Services; and nothing is created in deletion, so what a file says beside such an object can't be asked
 * by a dry run.
 */
function isToldByFileAlone(object: KubeObject, file: ExampleFile): boolean {
  return isOwned(object) || object.kind === "Service" || file.objects.some(({ metadata }) => metadata.deletionTimestamp !== undefined);
}

/** The API server itself refuses what SEL-001 refuses, before any webhook, where the kind is its own. */
function isOtherSelector(refusal: string, expected = ""): boolean {
  return refusal.includes("`selector` does not match template `labels`") && expected.includes("[SEL-001]");
}

interface ToldInput {
  readonly file: ExampleFile;
  /** What the API server itself refused, and its words. */
  readonly refused: ReadonlyMap<KubeObject, string>;
  readonly expected: readonly string[];
}

/** Whose requests our webhooks don't see. */
const unseen = "restorer";

/** Stands for an object whose form check finds wrong, which the API server refuses before any webhook. */
const unformed = "not an object of its kind";

/** What check prints for each object of a file, beside what the batch brings for the whole cluster. */
function repliesOf(file: ExampleFile, batch: ExampleBatch): readonly string[] {
  const others = [
    ...neighboursOf(file, batch),
    ...namespacesOf([file]).flatMap((name) => [...(hasNamespace(file, name) ? [] : [namespaceObject(name)]), limitRange(name)]),
  ];
  const text = [...file.objects, ...others].map((object) => textOf(object)).join("---\n");
  const { manifests } = parseManifests(file.name, text);
  const formed = manifests.map((manifest) => ({ ...manifest, written: manifest.object, ...form(manifest.object) }));
  const { replies, faults } = checkResults({ manifests: formed.filter(({ problems }) => problems.length === 0), names }, policies);
  expect(faults).toEqual([]);
  const left = [...replies];
  return formed.slice(0, file.objects.length).map(({ problems }) => (problems.length > 0 ? unformed : (left.shift() ?? "")));
}

/**
 * As `kubectl apply` sends it, since rules read its note of what was applied. A cluster of EKS Auto Mode has AWS's definition of a
 * NodePool, which is not ours to ship; Karpenter's has other defaults.
 */
function sent(object: KubeObject): KubeObject {
  return withLastApplied(object.kind === "NodePool" ? withAutoDefaults(object) : object);
}

/** kubectl reads YAML 1.1, to which a bare Off is false. */
function textOf(object: KubeObject): string {
  return stringify(object, { version: "1.1" });
}

/** Where a batch has NodePools, whatever runs on them counts, in each namespace. */
function neighboursOf(file: ExampleFile, batch: ExampleBatch): readonly KubeObject[] {
  const reaching = farReachingOf(batch);
  const all = reaching.some(({ kind }) => kind !== "DaemonSet") ? batch.flatMap(({ objects }) => objects) : reaching;
  const unique = new Map(
    all
      .filter((object) => !file.objects.includes(object))
      .map((object) => [`${collectionPath(object)}/${object.metadata.name ?? ""}`, object]),
  );
  for (const own of file.objects) unique.delete(`${collectionPath(own)}/${own.metadata.name ?? ""}`);
  return [...unique.values()];
}

function inWordsOfKubectl({ status, warnings, message }: CreateAnswer, file: string): string {
  const told = warnings.map((text) => `Warning: ${text}\n`).join("");
  // The object is already there: admission let it pass, and only the storage says no.
  if (status === 201 || status === 409) return told;
  return `${told}Error from server (${status === 403 ? "Forbidden" : String(status)}): error when creating "${file}": ${message}\n`;
}

/** Puts the objects of a batch into the cluster; returns those that the API server itself refuses. */
async function putIn(creator: Creator, batch: ExampleBatch): Promise<ReadonlyMap<KubeObject, string>> {
  const refused = new Map<KubeObject, string>();
  const files = batch.flatMap(({ objects }) => objects);
  for (const object of files.filter(({ kind }) => kind === "Namespace"))
    expect([201, 409]).toContain((await creator.create(object)).status);
  for (const namespace of namespacesOf(batch)) {
    await creator.create(namespaceObject(namespace));
    await creator.create(limitRange(namespace));
  }
  for (const account of accountsOf(files)) await creator.create(account);
  for (const object of files.filter(({ kind }) => kind !== "Namespace")) {
    const { status, message } = await creator.create(sent(object));
    if (status !== 201 && status !== 409) refused.set(object, `${status} ${message}`);
  }
  return refused;
}

/** Takes out the objects of a batch and the webhooks; namespaces are never used twice. */
async function takeOut(creator: Creator, batch: ExampleBatch): Promise<void> {
  const ours = "labelSelector=app.kubernetes.io%2Fname%3Dplimsoll";
  for (const kind of ["mutating", "validating"]) {
    expect(await creator.remove(`/apis/admissionregistration.k8s.io/v1/${kind}webhookconfigurations?${ours}`)).toBe(200);
  }
  for (const object of batch.flatMap(({ objects }) => objects).filter(({ kind }) => kind !== "Namespace")) {
    await creator.remove(`${collectionPath(object)}/${object.metadata.name ?? ""}`);
  }
}

/** Lets what one user sends pass by our webhooks. Ours is applied anew without losing it: another manager's item of a list. */
async function passUnseen(controlPlane: ControlPlane): Promise<void> {
  const matchConditions = [{ name: "not-restoring", expression: `request.userInfo.username != "${unseen}"` }];
  for (const kind of ["Mutating", "Validating"] as const) {
    const name = kind === "Mutating" ? names.mutatingWebhook : names.validatingWebhook;
    const path = `/apis/admissionregistration.k8s.io/v1/${kind.toLowerCase()}webhookconfigurations`;
    const { body } = await controlPlane.request({ method: "GET", path: `${path}?labelSelector=app.kubernetes.io%2Fname%3Dplimsoll` });
    for (const { metadata } of (body as { readonly items: readonly KubeObject[] }).items) {
      const applied = await controlPlane.request({
        method: "PATCH",
        path: `${path}/${metadata.name ?? ""}?fieldManager=restoring`,
        contentType: "application/apply-patch+yaml",
        body: {
          apiVersion: "admissionregistration.k8s.io/v1",
          kind: `${kind}WebhookConfiguration`,
          metadata: { name: metadata.name },
          webhooks: [{ name, matchConditions }],
        },
      });
      expect(applied).toMatchObject({ status: 200 });
    }
  }
}

interface CallInput {
  readonly creator: Creator;
  readonly batch: ExampleBatch;
  readonly status: 201 | 403;
}

/** Waits until a dry run that we refuse is answered so: the API server has seen the registration. */
async function webhookCalled({ creator, batch, status }: CallInput): Promise<void> {
  const namespace = namespacesOf(batch).find((name) => name !== "kube-system") ?? "default";
  const metadata = { name: "is-it-called", namespace };
  const blocking = {
    apiVersion: "policy/v1",
    kind: "PodDisruptionBudget",
    metadata,
    spec: { maxUnavailable: 0, selector: { matchLabels: { a: "b" } } },
  };
  await expect.poll(async () => (await creator.create(blocking, { dryRun: true })).status).toBe(status);
}

function namespacesOf(files: readonly ExampleFile[]): readonly string[] {
  const found = files.flatMap(({ objects }) => objects.flatMap(({ metadata }) => metadata.namespace ?? []));
  return [...new Set(found)];
}

function hasNamespace({ objects }: ExampleFile, name: string): boolean {
  return objects.some(({ kind, metadata }) => kind === "Namespace" && metadata.name === name);
}

function namespaceObject(name: string): KubeObject {
  return { apiVersion: "v1", kind: "Namespace", metadata: { name } };
}

function limitRange(namespace: string): KubeObject {
  const limits = [{ type: "Container", default: { memory: "256Mi" }, defaultRequest: { cpu: "100m", memory: "128Mi" } }];
  return { apiVersion: "v1", kind: "LimitRange", metadata: { name: "defaults", namespace }, spec: { limits } } as KubeObject;
}

/** The API server refuses a Pod whose ServiceAccount is missing; no controller makes the default one here. */
function accountsOf(objects: readonly KubeObject[]): readonly KubeObject[] {
  const pods = objects.filter(({ kind }) => kind === "Pod") as readonly (KubeObject & {
    readonly spec?: { readonly serviceAccountName?: string };
  })[];
  return pods.map(({ metadata, spec }) => ({
    apiVersion: "v1",
    kind: "ServiceAccount",
    metadata: { name: spec?.serviceAccountName ?? "default", namespace: metadata.namespace ?? "" },
  }));
}
