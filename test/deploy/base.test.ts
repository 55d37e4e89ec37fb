import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import type { KubeObject } from "../../src/api/object.ts";
import type { Deployment } from "../../src/api/workload.ts";
import { configurationNames } from "../../src/webhook/registration.ts";
import { yamlObjects } from "../support/yaml-objects.ts";

const root = resolve(import.meta.dirname, "../..");

it("deploy/ carries policies.yaml as it stands at the root (npm run generate copies it)", () => {
  expect(readFileSync(resolve(root, "deploy/base/policies.yaml"), "utf8")).toBe(readFileSync(resolve(root, "policies.yaml"), "utf8"));
});

it("deploy/ lets Plimsoll write its own webhook configurations and no other's", () => {
  const [role] = yamlObjects("deploy/base/cluster-role.yaml") as readonly { readonly rules?: readonly Rule[] }[];
  const writing = (role?.rules ?? []).filter(
    ({ apiGroups, verbs }) =>
      apiGroups.includes("admissionregistration.k8s.io") && verbs.some((verb) => verb !== "list" && verb !== "watch"),
  );
  expect(writing.map(({ resourceNames }) => resourceNames)).toEqual([configurationNames]);
});

it("deploy/components/network-policy opens the port of the Pods that deploy/base makes, to themselves and to those whom an operator names", () => {
  const [policy] = yamlObjects("deploy/components/network-policy/network-policy.yaml") as unknown as readonly NetworkPolicy[];
  const [deployment] = yamlObjects("deploy/base/deployment.yaml") as unknown as readonly Deployment[];
  const { template } = deployment?.spec ?? {};
  expect(policy?.spec.podSelector.matchLabels).toEqual(template?.metadata?.labels);
  expect(policy?.spec.policyTypes).toEqual(["Ingress"]);
  const ports = (template?.spec.containers ?? []).flatMap((container) => (container.ports ?? []).map(({ name }) => name));
  expect(policy?.spec.ingress.flatMap(({ ports: open }) => open.map(({ port }) => port))).toEqual([ports[0], ports[0], ports[0]]);
  // An address that no cluster has: RFC 5737.
  expect(policy?.spec.ingress[0]?.from).toEqual([{ ipBlock: { cidr: "192.0.2.0/32" } }]);
  expect(policy?.spec.ingress.every(({ from }) => from.length > 0)).toBe(true);
  // The replicas post to each other's /peers. Theirs comes last, so that patches by index of the two before it hold.
  expect(policy?.spec.ingress.at(-1)?.from).toEqual([{ podSelector: { matchLabels: template?.metadata?.labels } }]);
});

it("docs/guides/operator.md lists what kubectl apply -k deploy/base creates", () => {
  const guide = readFileSync(resolve(root, "docs/guides/operator.md"), "utf8");
  const listed = (/^\$ kubectl apply -k deploy\/base\n((?:.* created\n)*)/m.exec(guide)?.[1] ?? "").trim().split("\n");
  const [made] = yamlObjects("deploy/base/kustomization.yaml") as unknown as readonly Kustomization[];
  const files = (made?.resources ?? []).filter((file) => file !== "../crds").map((file) => `deploy/base/${file}`);
  const objects = [...files, "deploy/crds/workloadprofiles.yaml"].flatMap((file) => yamlObjects(file));
  const maps = (made?.configMapGenerator ?? []).map(({ name }) => ({ apiVersion: "v1", kind: "ConfigMap", metadata: { name } }));
  expect(listed.toSorted()).toEqual([...objects, ...maps].map(createdLine).toSorted());
});

/** What kubectl prints of an object that it made: the kind with its group, and the name. */
function createdLine({ apiVersion, kind, metadata }: KubeObject): string {
  const group = apiVersion.includes("/") ? `.${apiVersion.split("/")[0] ?? ""}` : "";
  return `${kind.toLowerCase()}${group}/${metadata.name ?? ""} created`;
}

interface Kustomization {
  readonly resources: readonly string[];
  readonly configMapGenerator: readonly { readonly name: string }[];
}

interface NetworkPolicy {
  readonly spec: {
    readonly podSelector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly policyTypes: readonly string[];
    readonly ingress: readonly { readonly from: readonly object[]; readonly ports: readonly { readonly port: string }[] }[];
  };
}

interface Rule {
  readonly apiGroups: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}
