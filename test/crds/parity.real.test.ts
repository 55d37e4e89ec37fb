// Our CRDs of Karpenter's kinds mean what upstream's mean: on the real API server both accept and refuse the same objects, blame the same
// fields, fill in the same defaults, and print the same columns.
import { beforeAll, describe, expect, test, vi } from "vitest";
import { crdOf, type CustomResourceDefinition } from "../../src/api/crd.ts";
import { withCrdDefaults } from "../../src/api/schema-default.ts";
import { shapeValidator } from "../../src/api/validation.ts";
import { apiVersionOf, kindTable, resourcePath } from "../../src/api/kinds.ts";
import { startControlPlane, type ControlPlane } from "../support/control-plane.ts";
import { describeOnControlPlane } from "../support/control-plane-suite.ts";
import { capacityBufferTable } from "./capacitybuffer-table.ts";
import { ec2NodeClassTable } from "./ec2nodeclass-table.ts";
import { nodeClaimTable } from "./nodeclaim-table.ts";
import { nodeOverlayTable } from "./nodeoverlay-table.ts";
import { nodePoolTable } from "./nodepool-table.ts";
import { constraintsOf, type Cause } from "./constraint.ts";
import { withFields, type ParityTable, type Row } from "./row.ts";
import { upstreamCrds } from "./upstream-crds.ts";

const tables: readonly ParityTable[] = [nodePoolTable, nodeClaimTable, ec2NodeClassTable, nodeOverlayTable, capacityBufferTable];
const waitMsMax = 20_000;
/** Of the one kind that has any. */
const namespace = "default";

/** What the API server said to one row. */
type Answer = {
  readonly verdict: "accepted" | "refused";
  /** The fields that it blamed, sorted. */
  readonly blamed: readonly string[];
  /** The object with its defaults, where it was accepted. */
  readonly object: unknown;
  readonly message: string;
  readonly causes: readonly Cause[];
};

type Answers = {
  readonly rows: ReadonlyMap<Row, Answer>;
  /** Tables of kubectl get -o wide, and the scale of a static NodePool. */
  readonly printed: Readonly<Record<string, string>>;
};

await describeOnControlPlane("the CRDs of Karpenter's kinds, beside upstream's own", () => {
  let upstream: Answers;
  let ours: Answers;

  beforeAll(async () => {
    const files = await upstreamCrds();
    const plane = await startControlPlane({ without: ["kube-scheduler", "kube-controller-manager", "kwok"] });
    try {
      upstream = await answersUnder({ plane, crds: tables.map(({ kind }) => files[kind]) });
      ours = await answersUnder({ plane, crds: tables.map(({ kind }) => crdOf(kind)) });
    } finally {
      await plane.close();
    }
  }, 600_000);

  for (const table of tables) {
    describe(table.kind, () => {
      test.each(table.rows.map((row) => [row.title, row] as const))("%s", (_title, row) => {
        const theirs = upstream.rows.get(row);
        const own = ours.rows.get(row);
        expect(theirs?.verdict, `the table is wrong about upstream: ${theirs?.message ?? "no answer"}`).toBe(row.verdict);
        expect(own?.verdict, own?.message).toBe(row.verdict);
        expect(own?.blamed, own?.message).toEqual(theirs?.blamed);
        expect(own?.object).toEqual(theirs?.object);
      });
    });
  }

  test.each(tables.map((table) => [table.kind, table] as const))("each validation of %s is broken by a row", (kind, table) => {
    const causes = table.rows.flatMap((row) => ours.rows.get(row)?.causes ?? []);
    const unbroken = constraintsOf(crdOf(kind)).filter((constraint) => !causes.some((cause) => constraint.isBrokenIn(cause)));
    expect(unbroken.map((constraint) => constraint.name)).toEqual([]);
  });

  test.each(tables.map((table) => [table.kind, table] as const))("our own validator of %s agrees on all but CEL", (kind, table) => {
    const validator = shapeValidator();
    const celRules = constraintsOf(crdOf(kind)).filter((constraint) => constraint.isCel);
    const isCel = (cause: Cause): boolean => cause.message.includes("rule: ") || celRules.some((rule) => rule.isBrokenIn(cause));
    for (const row of table.rows.filter(({ update, title }) => update === undefined && !title.startsWith(nullForDefault))) {
      const own = ours.rows.get(row);
      const byForm = own?.verdict === "refused" && (own.causes.length === 0 || own.causes.some((cause) => !isCel(cause)));
      const errors = validator.validate(kind, withFields(table.good, row.fields));
      expect(errors.length > 0, `${row.title}: ${JSON.stringify(errors)} beside ${own?.message ?? ""}`).toBe(byForm);
    }
  });

  test.each(tables.map((table) => [table.kind, table] as const))("our own defaults of %s are the API server's", (kind, table) => {
    for (const row of table.rows.filter(({ update, verdict }) => update === undefined && verdict === "accepted")) {
      const { spec } = decodeObject(withCrdDefaults(kind, withFields(table.good, row.fields)));
      expect({ spec: JSON.parse(JSON.stringify(spec ?? null)) as unknown }, row.title).toEqual({
        spec: decodeSpec(ours.rows.get(row)?.object),
      });
    }
  });

  test("kubectl get prints the same columns, wide too, and a static NodePool has the same scale", () => {
    expect(ours.printed).toEqual(upstream.printed);
    expect(Object.keys(ours.printed)).toEqual(["NodePool", "NodeClaim", "EC2NodeClass", "NodeOverlay", "CapacityBuffer", "scale"]);
    expect(ours.printed.NodePool).toContain("WEIGHT");
    expect(ours.printed.scale).toContain('"replicas":3');
  });
});

/** The API server fills in a default for null; our validator refuses null everywhere, so that typed code never meets it. */
const nullForDefault = "null where there is a default";

async function answersUnder(setting: {
  readonly plane: ControlPlane;
  readonly crds: readonly CustomResourceDefinition[];
}): Promise<Answers> {
  for (const crd of setting.crds) await install({ plane: setting.plane, crd });
  const rows = new Map<Row, Answer>();
  for (const table of tables) {
    for (const row of table.rows) rows.set(row, await answerTo({ plane: setting.plane, table, row }));
  }
  const printed = await printedBy(setting.plane);
  for (const crd of setting.crds) await uninstall({ plane: setting.plane, crd });
  return { rows, printed };
}

const crdsPath = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

async function install({ plane, crd }: { readonly plane: ControlPlane; readonly crd: CustomResourceDefinition }): Promise<void> {
  const created = await plane.request({ method: "POST", path: crdsPath, body: crd });
  expect(created.status, JSON.stringify(created.body)).toBe(201);
  const { group, names, versions } = crd.spec;
  await statusBecomes({ plane, path: `/apis/${group}/${versions[0]?.name ?? ""}/${names.plural}`, status: 200 });
}

async function uninstall({ plane, crd }: { readonly plane: ControlPlane; readonly crd: CustomResourceDefinition }): Promise<void> {
  const path = `${crdsPath}/${crd.metadata.name ?? ""}`;
  await plane.request({ method: "DELETE", path });
  await statusBecomes({ plane, path, status: 404 });
}

async function statusBecomes(awaited: { readonly plane: ControlPlane; readonly path: string; readonly status: number }): Promise<void> {
  const look = async (): Promise<void> => {
    expect((await awaited.plane.request({ method: "GET", path: awaited.path })).status, awaited.path).toBe(awaited.status);
  };
  await vi.waitFor(look, { timeout: waitMsMax, interval: 50 });
}

async function answerTo(asked: { readonly plane: ControlPlane; readonly table: ParityTable; readonly row: Row }): Promise<Answer> {
  const { plane, row } = asked;
  const info = kindTable()[asked.table.kind];
  const object = withFields(asked.table.good, row.fields);
  const collection = resourcePath(info, { namespace });
  const dryRun = "?dryRun=All&fieldValidation=Strict";
  if (row.update === undefined) {
    return answerOf(await plane.request({ method: "POST", path: `${collection}${dryRun}`, body: object }));
  }
  const created = await plane.request({ method: "POST", path: collection, body: object });
  expect(created.status, `${row.title}: ${JSON.stringify(created.body)}`).toBe(201);
  const name = decodeObject(created.body).metadata.name;
  const path = resourcePath(info, { namespace, name, ...(row.onStatus && { subresource: "status" }) });
  const answer = await plane.request({ method: "PUT", path: `${path}${dryRun}`, body: withFields(decodeObject(created.body), row.update) });
  await plane.request({ method: "DELETE", path: resourcePath(info, { namespace, name }) });
  return answerOf(answer);
}

function answerOf({ status, body }: { readonly status: number; readonly body: unknown }): Answer {
  if (status < 300) {
    const { spec, status: observed } = decodeObject(body);
    return { verdict: "accepted", blamed: [], object: { spec, status: observed }, message: "", causes: [] };
  }
  const { message = "", details } = body as {
    readonly message?: string;
    readonly details?: { readonly causes?: readonly Partial<Cause>[] };
  };
  expect([400, 422], message).toContain(status);
  const causes = (details?.causes ?? []).map((cause) => ({ field: cause.field ?? "", message: cause.message ?? "" }));
  const blamed = [...new Set(causes.map((cause) => cause.field))].sort();
  return { verdict: "refused", blamed, object: undefined, message, causes };
}

function decodeObject(body: unknown): { readonly metadata: { readonly name: string }; readonly spec?: unknown; readonly status?: unknown } {
  return body as { readonly metadata: { readonly name: string } };
}

function decodeSpec(stored: unknown): unknown {
  return (stored as { readonly spec?: unknown }).spec ?? null;
}

/** Creates one object of each kind with every column filled, and reads what kubectl makes of it. */
async function printedBy(plane: ControlPlane): Promise<Readonly<Record<string, string>>> {
  const printed: Record<string, string> = {};
  for (const table of tables) {
    const info = kindTable()[table.kind];
    const shown = await plane.request({
      method: "POST",
      path: resourcePath(info, { namespace }),
      body: withFields(table.good, shownFields[table.kind]),
    });
    const { name } = decodeObject(shown.body).metadata;
    const body = withFields(decodeObject(shown.body), { "/status": shownStatus });
    const updated = await plane.request({ method: "PUT", path: resourcePath(info, { namespace, name, subresource: "status" }), body });
    expect(updated.status, JSON.stringify(updated.body)).toBe(200);
    const { stdout } = await plane.kubectl(["get", `${info.resource}.${info.group}`, name, "-n", namespace, "-o", "wide"]);
    printed[table.kind] = stdout.replaceAll(/\b\d+s\b/g, "<age>").replaceAll(/ +/g, " ");
  }
  const pools = kindTable().NodePool;
  const replicas = { "/metadata/name": "static", "/spec/replicas": 3 };
  await plane.request({ method: "POST", path: resourcePath(pools), body: withFields(nodePoolTable.good, replicas) });
  const scale = await plane.request({ method: "GET", path: resourcePath(pools, { name: "static", subresource: "scale" }) });
  const { spec, status } = decodeObject(scale.body);
  return { ...printed, scale: JSON.stringify({ apiVersion: apiVersionOf(pools), spec, status }) };
}

const shownFields: Readonly<Record<ParityTable["kind"], Readonly<Record<string, unknown>>>> = {
  NodePool: { "/spec/weight": 10 },
  NodeClaim: {
    "/metadata/labels": {
      "node.kubernetes.io/instance-type": "m7i.large",
      "karpenter.sh/capacity-type": "spot",
      "topology.kubernetes.io/zone": "ap-southeast-1a",
      "karpenter.sh/nodepool": "general",
    },
  },
  EC2NodeClass: {},
  NodeOverlay: { "/spec/weight": 10 },
  CapacityBuffer: {},
};

/** Fields of all kinds; what a kind does not know is pruned. */
const shownStatus = {
  nodes: 2,
  replicas: 2,
  podTemplateRef: { name: "web" },
  resources: { cpu: "4", memory: "16Gi" },
  nodeName: "node-1",
  imageID: "ami-1",
  providerID: "aws:///ap-southeast-1a/i-1",
  conditions: ["Ready", "Drifted"].map((type) => ({
    type,
    status: "True",
    reason: type,
    message: "",
    lastTransitionTime: "2026-01-01T00:00:00Z",
  })),
};
