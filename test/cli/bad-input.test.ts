/**
 * Bad input of the commands that read files: exit 2, one line a problem on stderr, and the others still judged.
 */
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { budgetText, deploymentText, podText, profileText } from "./manifest-texts.ts";
import { folderOf, runPlimsoll } from "./program-run.ts";

const goodText = deploymentText({ name: "debug" });

/** Each line repeats the one before nine times: a few hundred characters, nine to the ninth values. */
const aliasBomb = ["a: &a [x,x,x,x,x,x,x,x,x]", ...["ab", "bc", "cd", "de", "ef", "fg", "gh", "hi"].map(aliasLine)].join("\n");

function aliasLine(names: string): string {
  const [before, name] = [names.charAt(0), names.charAt(1)];
  return `${name}: &${name} [${Array.from({ length: 9 }, () => `*${before}`).join(",")}]`;
}

describe("a document that is no object is told by file and line, and the others are judged", () => {
  check("a syntax error", "a: [1\n", /bad\.yaml:2: Flow sequence/);
  check("tabs", "a:\n\t- b\n", /bad\.yaml:2: Tabs are not allowed/);
  check("a key twice", "apiVersion: v1\nkind: Pod\nkind: Pod\n", /bad\.yaml:3: Map keys must be unique/);
  check("broken JSON", '{"apiVersion": "v1",', /bad\.yaml:1: Flow map/);
  check("plain text", "hello", /bad\.yaml:1: is not a Kubernetes object/);
  check("a list", "- a", /bad\.yaml:1: is not a Kubernetes object/);
  check("no apiVersion", "kind: Pod\nmetadata: {name: a}", /bad\.yaml:1: apiVersion is missing/);
  check("a kind that is a number", "apiVersion: v1\nkind: 5\nmetadata: {name: a}", /bad\.yaml:2: kind must be text/);
  check("no metadata", "apiVersion: v1\nkind: Pod\n", /bad\.yaml:1: Pod: metadata is missing/);
  check("no name", "apiVersion: v1\nkind: Pod\nmetadata: {}\n", /bad\.yaml:3: Pod: metadata\.name is missing/);
  check("a namespace that is a number", podText.replace("shop", "7"), /metadata\.namespace must be text; quote it/);
  check(
    "a label that YAML takes for a number",
    podText.replace("name: debug,", "name: debug, labels: {v: 1.10},"),
    /metadata\.labels\.v must be text/,
  );
  check(
    "a label that kubectl takes for a boolean",
    podText.replace("name: debug,", "name: debug, labels: {v: yes},"),
    /metadata\.labels\.v must be text/,
  );
  check("a List without items", "apiVersion: v1\nkind: List\n", /List: items is missing/);
  check("a List with an item that is none", "apiVersion: v1\nkind: List\nitems: [7]\n", /items\[0\]: is not a Kubernetes object/);
  check(
    "an item of a List, at its own line",
    "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: Pod}\n- hello\n",
    /bad\.yaml:5: items\[1\]: is not/,
  );
  check(
    "a Helm template",
    '{{- if .Values.enabled }}\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ include "x.name" . }}\n{{- end }}\n',
    /^bad\.yaml:1: is a Helm template, not a manifest; judge what it renders: helm template NAME CHART \| plimsoll check -\nnote/,
  );
  check(
    "a Helm template that happens to parse",
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Values.name }}\n",
    /^bad\.yaml:4: is a Helm template/,
  );
  check("an alias bomb", aliasBomb, /Excessive alias count/);
  check("endless nesting", "[".repeat(50_000), /is nested too deeply/);
});

describe("a nested fault is told at its own line", () => {
  const pod = (container: string) =>
    `apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n  - name: a\n    image: b\n${container}`;
  check(
    "a quantity",
    pod("    resources:\n      requests:\n        cpu: 100x\n"),
    /bad\.yaml:11: Pod a: spec\.containers\[0\]\.resources\.requests\.cpu "100x"/,
  );
  check(
    "a type",
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  paused: false\n  replicas: three\n",
    /bad\.yaml:6: Deployment a: json/,
  );
  check(
    "in an item of a List",
    `apiVersion: v1\nkind: List\nitems:\n- ${pod("    ports: x\n").replaceAll("\n", "\n  ").trimEnd()}\n`,
    /bad\.yaml:12: Pod a: json: cannot unmarshal string/,
  );
  check(
    "in a profile",
    "apiVersion: platform.example.com/v1\nkind: WorkloadProfile\nmetadata: {name: a}\nspec:\n  compute:\n    cpuRequest: 5x\n",
    /bad\.yaml:6: WorkloadProfile a: spec\.compute/,
  );
});

describe("a fault hides no other, each at its own line", () => {
  checkAll("YAML's own", "a: 1\na: 2\nb: 3\nb: 4\n", ["bad.yaml:2: Map keys must be unique", "bad.yaml:4: Map keys must be unique"]);
  checkAll("of metadata", "apiVersion: 1\nmetadata:\n  namespace: 7\n  labels: {a: 1,\n    b: 2}\n", [
    "bad.yaml:1: apiVersion must be text",
    "bad.yaml:1: kind is missing: a Kubernetes object starts with apiVersion and kind",
    "bad.yaml:2: metadata.name is missing",
    "bad.yaml:3: metadata.namespace must be text; quote it",
    "bad.yaml:4: metadata.labels.a must be text; quote it",
    "bad.yaml:5: metadata.labels.b must be text; quote it",
  ]);
  const deployment = (containers: string) =>
    `apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\nspec:\n  replicas: three\n  template:\n    spec:\n      containers:\n${containers}  selector: {matchLabels: {a: b}}\n`;
  checkAll(
    "of types and quantities",
    deployment(
      "      - {name: a, image: b}\n      - name: c\n        tty: 1\n        resources:\n          requests: {cpu: 100x,\n            memory: 1GB}\n",
    ),
    [
      "bad.yaml:5: Deployment a: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32",
      "bad.yaml:11: Deployment a: json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.tty of type bool",
      `bad.yaml:13: Deployment a: spec.template.spec.containers[1].resources.requests.cpu "100x": quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
      `bad.yaml:14: Deployment a: spec.template.spec.containers[1].resources.requests.memory "1GB": quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
    ],
  );
  checkAll(
    "of types in a list, where nothing is null",
    deployment('      - {name: a, args: ["--port", 8080,\n          true]}\n').replace("three", "3"),
    [
      "bad.yaml:9: Deployment a: json: cannot unmarshal number into Go struct field Container.spec.template.spec.containers.args of type string",
      "bad.yaml:10: Deployment a: json: cannot unmarshal bool into Go struct field Container.spec.template.spec.containers.args of type string",
    ],
  );
  checkAll("of lists and operators", deployment("      - null\n      - null\n").replace("replicas: three", "replicas: 3"), [
    "bad.yaml:9: Deployment a: spec.template.spec.containers[0] is null",
    "bad.yaml:10: Deployment a: spec.template.spec.containers[1] is null",
  ]);
  const badContainer = "      - {name: a, image: b, resources: {requests: {cpu: 100x}}}\n";
  checkAll(
    "of thousands the first fifty, in the time of the file's size",
    deployment(badContainer.repeat(4_000)).replace("three", "3"),
    Array.from(
      { length: 50 },
      (_, index) =>
        `bad.yaml:${index + 9}: Deployment a: spec.template.spec.containers[${index}].resources.requests.cpu "100x": quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'`,
    ),
  );
  checkAll(
    "of a profile, its unknown fields among them",
    "apiVersion: platform.example.com/v1\nkind: WorkloadProfile\nmetadata: {name: a}\nspec:\n  compute:\n    cpuRequest: 5x\n    memoryRequst: 1Gi\n  availability: {minReplicas: two}\n",
    [
      'bad.yaml:6: WorkloadProfile a: spec.compute.cpuRequest: "5x" is not a Kubernetes quantity',
      "bad.yaml:7: WorkloadProfile a: spec.compute.memoryRequst: unknown field; nearest known field is spec.compute.memoryRequest",
      'bad.yaml:8: WorkloadProfile a: spec.availability.minReplicas: must be a whole number, not "two"',
    ],
  );
});

describe("an object that the API server would refuse to read is told in its words, and the others are judged", () => {
  const owned = (uid: string) =>
    podText.replace("name: debug,", `name: debug, ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: a${uid}}],`);
  check(
    "an owner whose uid is null",
    owned(", uid: null"),
    "metadata.ownerReferences[0].uid is null: write it, or take metadata.ownerReferences[0] away",
  );
  check(
    "an owner without a uid",
    owned(""),
    "metadata.ownerReferences[0].uid is missing: write it, or take metadata.ownerReferences[0] away",
  );
  check(
    "a built-in kind in the core group",
    budgetText().replace("policy/v1", "v1"),
    'PodDisruptionBudget web: no matches for kind "PodDisruptionBudget" in version "v1"; write apiVersion: policy/v1',
  );
  check(
    "a Deployment in the core group",
    deploymentText().replace("apps/v1", "v1"),
    'Deployment web: no matches for kind "Deployment" in version "v1"; write apiVersion: apps/v1',
  );
  check(
    "a Service in the group of Deployments",
    "apiVersion: apps/v1\nkind: Service\nmetadata: {name: a}\n",
    'Service a: no matches for kind "Service" in version "apps/v1"; write apiVersion: v1',
  );
  check(
    "an Ingress of the group that Ingresses once had",
    "apiVersion: extensions/v1beta1\nkind: Ingress\nmetadata: {name: a}\n",
    'Ingress a: no matches for kind "Ingress" in version "extensions/v1beta1"; write apiVersion: networking.k8s.io/v1',
  );
  check(
    "a LimitRange that limits nothing",
    "apiVersion: v1\nkind: LimitRange\nmetadata: {name: a}\n",
    "LimitRange a: spec.limits is missing: write it",
  );
  const unmarshal = "json: cannot unmarshal";
  check(
    "text for a number",
    deploymentText({ spec: "replicas: three" }),
    `Deployment web: ${unmarshal} string into Go struct field DeploymentSpec.spec.replicas of type int32`,
  );
  check(
    "a number as text",
    deploymentText({ spec: 'replicas: "3"' }),
    `${unmarshal} string into Go struct field DeploymentSpec.spec.replicas`,
  );
  check(
    "a fraction",
    deploymentText({ spec: "replicas: 1.5" }),
    `${unmarshal} number 1.5 into Go struct field DeploymentSpec.spec.replicas`,
  );
  check("an object for a list", podText.replace(/\[(\{.*\})\]/, "$1"), `${unmarshal} object into Go struct field PodSpec.spec.containers`);
  check("a lone dash", podText.replace(/\[\{.*\}\]/, "[null]"), "Pod debug: spec.containers[0] is null");
  check(
    "a quantity that is none",
    podText.replace("100m", "100x"),
    'spec.containers[0].resources.requests.cpu "100x": quantities must match',
  );
  check(
    "no Pod template",
    "apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: a}\n",
    "spec.template with its spec.containers is missing",
  );
  check("a budget without spec", "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: {name: a}\n", "spec is missing");
  check(
    "an autoscaler of nothing",
    "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: a}\nspec: {maxReplicas: 2}\n",
    "spec.scaleTargetRef is missing: write it",
  );
  check(
    "a ScaledObject of nothing",
    "apiVersion: keda.sh/v1alpha1\nkind: ScaledObject\nmetadata: {name: a}\nspec: {triggers: []}\n",
    "spec.scaleTargetRef.name is missing",
  );
  check(
    "an unknown operator",
    budgetText().replace("{matchLabels: {app: web}}", "{matchExpressions: [{key: a, operator: Is}]}"),
    'operator: Unsupported value: "Is"',
  );
  check(
    "a version that is gone",
    deploymentText().replace("apps/v1", "apps/v1beta1"),
    'no matches for kind "Deployment" in version "apps/v1beta1"; write apiVersion: apps/v1',
  );
  check(
    "a group that is gone",
    deploymentText().replace("apps/v1", "extensions/v1beta1"),
    'no matches for kind "Deployment" in version "extensions/v1beta1"',
  );
  check("an unknown version of ours", profileText().replace("/v1", "/v2"), "write apiVersion: platform.example.com/v1");
  check(
    "a wrong type in a profile",
    profileText({ spec: "availability: {minReplicas: three}" }),
    "spec.availability.minReplicas: must be a whole number",
  );
  check(
    "a wrong quantity in a profile",
    profileText({ spec: "compute: {cpuRequest: 5x}" }),
    'spec.compute.cpuRequest: "5x" is not a Kubernetes quantity',
  );
  check(
    "a wrong type in a ConfigMap beside",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {port: 80}\n",
    `${unmarshal} number into Go struct field ConfigMap.data`,
  );
  check(
    "a NodePool without a NodeClass",
    "apiVersion: karpenter.sh/v1\nkind: NodePool\nmetadata: {name: a}\nspec: {template: {spec: {requirements: []}}}\n",
    "spec.template.spec.nodeClassRef: is required",
  );
  check("one object twice, and different", `${deploymentText()}---\n${deploymentText({ spec: "replicas: 4" })}`, "Deployment web: also at");
});

/** Each row is a bad file, and all that is told of it, in any order. */
function checkAll(statement: string, text: string, expected: readonly string[]): void {
  it(statement, async () => {
    const folder = folderOf({ "bad.yaml": text });
    const { stderr } = await runPlimsoll(["check", join(folder, "bad.yaml")]);
    const told = stderr.split("\n").filter((line) => line.includes("bad.yaml:"));
    expect(told.map((line) => line.replace(`${folder}/`, "")).sort()).toEqual([...expected].sort());
  });
}

/** Each row is a bad file beside a good one. */
function check(statement: string, text: string, expected: RegExp | string): void {
  it(statement, async () => {
    const folder = folderOf({ "bad.yaml": text, "good.yaml": goodText });
    const { code, stdout, stderr } = await runPlimsoll(["check", join(folder, "bad.yaml"), join(folder, "good.yaml")]);
    const told = stderr.replaceAll(`${folder}/`, "");
    if (typeof expected === "string") expect(told).toContain(expected);
    else expect(told).toMatch(expected);
    expect(told).not.toMatch(/^ +at |fault of ours/m);
    expect(stdout).toContain("allowed  Deployment shop/debug");
    expect(stdout).toContain("1 allowed, 0 denied");
    expect(code).toBe(2);
  });
}

describe("files", () => {
  it("that are not there, and folders without manifests, are problems", async () => {
    const folder = folderOf({ "empty/README.md": "", "good.yaml": goodText });
    const paths = ["gone.yaml", "empty", "good.yaml"].map((name) => join(folder, name));
    const { code, stdout, stderr } = await runPlimsoll(["check", ...paths]);
    expect(stderr.replaceAll(`${folder}/`, "").split("\n").slice(0, 2)).toEqual([
      "gone.yaml: no such file",
      "empty: holds no .yaml, .yml or .json file",
    ]);
    expect([code, stdout.includes("1 allowed")]).toEqual([2, true]);
  });

  it("a folder stands for its own manifests, and an empty file is only noted", async () => {
    const folder = folderOf({
      "a.yaml": goodText,
      "b.json": JSON.stringify({ apiVersion: "v1", kind: "Service", metadata: { name: "s" } }),
      "c.yml": "# nothing\n",
      "sub/d.yaml": "hello",
    });
    const { code, stdout, stderr } = await runPlimsoll(["check", folder]);
    expect([code, stdout.includes("2 allowed, 0 denied")]).toEqual([0, true]);
    expect(stderr).toContain(`note: ${join(folder, "c.yml")}: holds no object`);
  });

  it("the same object twice with the same contents does no harm", async () => {
    const { code, stdout } = await runPlimsoll(["check", "-"], `${goodText}---\n${goodText}`);
    expect([code, stdout.includes("2 allowed, 0 denied")]).toEqual([0, true]);
  });

  it("merge keys and anchors are read as kubectl reads them", async () => {
    const text = goodText.replace(
      /\{cpu: 100m, memory: 128Mi\}, limits: \{memory: 256Mi\}/,
      "&r {cpu: 100m, memory: 128Mi}, limits: {<<: *r, memory: 256Mi}",
    );
    const { code, stderr } = await runPlimsoll(["check", "-"], text);
    expect([code, stderr.includes("unknown field")]).toEqual([0, false]);
  });
});

describe("what stands beside manifests in a folder", () => {
  it("a kustomization is passed over, with a note that says what to judge instead", async () => {
    const kustomization = "apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\nresources: [a.yaml]\n";
    const folder = folderOf({ "a.yaml": goodText, "kustomization.yaml": kustomization, "old.yaml": "resources:\n- a.yaml\n" });
    const { code, stdout, stderr } = await runPlimsoll(["check", folder]);
    expect([code, stdout.includes("1 allowed, 0 denied")]).toEqual([0, true]);
    const notes = stderr.split("\n").filter((line) => line.includes("is a kustomization; judge what it builds: kubectl kustomize"));
    expect(notes.map((line) => line.replace(`${folder}/`, "").slice(0, 25))).toEqual([
      "note: kustomization.yaml:",
      "note: old.yaml:1: is a ku",
    ]);
  });

  it("Helm's output is read with its notes of sources, its empty documents and its separators", async () => {
    const output = `---\n# Source: shop/templates/empty.yaml\n---\n\n---\n# Source: shop/templates/web.yaml\n${goodText}---\n---\n`;
    const { code, stdout } = await runPlimsoll(["check", "-"], output);
    expect([code, stdout.includes("1 allowed, 0 denied")]).toEqual([0, true]);
  });

  it("an alert's text that holds template words is a text", async () => {
    const rule = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: alerts}\ndata:\n  a: 'on {{ $labels.pod }} {{ .Values.x }}'\n";
    const { code, stdout } = await runPlimsoll(["check", "-"], rule);
    expect([code, stdout.includes("allowed  ConfigMap default/alerts")]).toEqual([0, true]);
  });

  it("a Role, an Ingress and their like are named with the namespace that they go to", async () => {
    const role = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: reader}\nrules: []\n";
    const ingress = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: {name: web}\nspec: {}\n";
    const { stdout } = await runPlimsoll(["check", "-n", "shop", "-"], `${role}---\n${ingress}---\n${role.replace("Role", "ClusterRole")}`);
    expect(stdout.split("\n").slice(0, 3)).toEqual([
      "allowed  Role shop/reader",
      "allowed  Ingress shop/web",
      "allowed  ClusterRole reader",
    ]);
  });
});

describe("no object in all inputs together is bad input", () => {
  const empty = { results: [], summary: { allowed: 0, denied: 0, findings: 0 } };
  it.each([
    ["check", "0 allowed, 0 denied\n"],
    ["check -o json", `${JSON.stringify(empty, undefined, 2)}\n`],
    ["render", ""],
    ["plan", ""],
    ["plan -o json", ""],
  ])("%s says so", async (command, answer) => {
    const { code, stdout, stderr } = await runPlimsoll([...command.split(" "), "-"], "");
    expect(stderr.split("\n")).toContain("no objects to judge");
    expect({ code, stdout }).toEqual({ code: 2, stdout: answer });
  });
});

describe("what only changes no verdict is a note", () => {
  note(
    "an unknown field of a built-in kind",
    deploymentText({ spec: "replica: 3" }),
    'unknown field "spec.replica"; kubectl refuses it unless --validate=false',
  );
  note(
    "what the API server's own validation refuses",
    deploymentText({ spec: "replicas: -1" }),
    "the API server would refuse it: spec.replicas: Invalid value: -1",
  );
  const nightly = (name: string) =>
    `apiVersion: batch/v1\nkind: CronJob\nmetadata: {name: ${name}}\nspec: {schedule: 0 2 * * *, jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: b, resources: {requests: {cpu: 1, memory: 1Gi}}}]}}}}}\n`;
  note(
    "a CronJob's name that leaves no room for its Jobs'",
    nightly("n".repeat(53)),
    `the API server would refuse it: metadata.name: Invalid value: "${"n".repeat(53)}": must be no more than 52 characters`,
  );
  note(
    "a name in capitals",
    deploymentText().replace("name: web", "name: Web"),
    'metadata.name: Invalid value: "Web": a lowercase RFC 1123',
  );
  note("a profile's too", profileText().replace(/name: [a-z-]+/, "name: Web"), 'metadata.name: Invalid value: "Web": a lowercase RFC 1123');
  note(
    "and that of what stands beside",
    "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: Web}\n",
    'ConfigMap Web: the API server would refuse it: metadata.name: Invalid value: "Web"',
  );
  note(
    "a profile of another domain",
    profileText().replace("platform.example.com/v1", "apps.acme.io/v1"),
    "so it was not judged; if it is yours, name its domain with --domain",
  );

  function note(statement: string, text: string, expected: string): void {
    it(statement, async () => {
      const { code, stderr } = await runPlimsoll(["check", "-"], text);
      expect(stderr).toContain(expected);
      expect(stderr.split("\n").filter((line) => line !== "" && !line.startsWith("note: "))).toEqual([]);
      expect(code).toBe(0);
    });
  }
});

describe("without good policies there is no verdict", () => {
  it.each(["check", "render", "plan"])("%s says which file is missing", async (command) => {
    const { code, stdout, stderr } = await runPlimsoll([command, "--policies", "gone.yaml", "-"], podText);
    expect({ code, stdout, first: stderr.split("\n")[0] }).toEqual({
      code: 2,
      stdout: "",
      first: "gone.yaml: no such policies file; name one with --policies FILE",
    });
  });

  it.each(["check", "render", "plan"])("%s tells line and column of each error of a broken one", async (command) => {
    const folder = folderOf({
      "policies.yaml": "apiVersion: platform.example.com/policies/v1\nclasses: {}\nrules:\n  DRAIN-999: {action: deny}\n",
    });
    const { code, stdout, stderr } = await runPlimsoll([command, "--policies", join(folder, "policies.yaml"), "-"], podText);
    expect(stderr).toMatch(/policies\.yaml:4:3: .*DRAIN-999/);
    expect(stderr).not.toMatch(/^ +at /m);
    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
  });
});
