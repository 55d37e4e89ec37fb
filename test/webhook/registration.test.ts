/** The registration's law: every request meets exactly one mutating and one validating entry, and closed ones fail closed. */
import { runInNewContext } from "node:vm";
import fc from "../support/properties.ts";
import { describe, expect, it } from "vitest";
import { platformNames } from "../../src/api/labels.ts";
import type { LabelSelector } from "../../src/api/object.ts";
import { matchesSelector } from "../../src/kube/selector.ts";
import { parseMatchCondition } from "../../src/sim/match-condition.ts";
import { closedNamespaces } from "../../src/webhook/closed-namespaces.ts";
import { type ClosedNamespaces, configurationNames, webhookConfigurations } from "../../src/webhook/registration.ts";

interface Entry {
  readonly failurePolicy: string;
  readonly namespaceSelector: LabelSelector;
  readonly matchConditions?: readonly { readonly expression: string }[];
  readonly rules: readonly { readonly resources: readonly string[]; readonly operations: readonly string[]; readonly scope: string }[];
  readonly clientConfig: { readonly url?: string; readonly service?: { readonly path: string } };
}

/** What a cluster, a node, a certificate or a webhook is repaired with. */
const neverAsked: readonly string[] = [
  ...["leases", "nodes", "nodes/status", "secrets", "configmaps", "serviceaccounts", "serviceaccounts/token", "services", "endpointslices"],
  ...["events", "pods/binding", "pods/status", "certificatesigningrequests", "customresourcedefinitions", "apiservices"],
  ...["mutatingwebhookconfigurations", "validatingwebhookconfigurations", "roles", "rolebindings", "clusterroles", "clusterrolebindings"],
];

const base = { names: platformNames(), authorityPem: "CA", word: "word", ownNamespace: "plimsoll-system" } as const;

describe("the webhook registration", () => {
  it("gives every namespace exactly one entry a resource, Fail exactly where a grant is fail-closed", () => {
    const word = fc.constantFrom("a", "b", "prod-a", "prod-b", "kube-system", "plimsoll-system");
    const labels = fc.record({ tier: fc.constantFrom("x", "y", "z"), data: fc.constantFrom("p", "q") }, { requiredKeys: [] });
    const closed = fc.record({
      names: fc.uniqueArray(fc.constantFrom("a", "prod-*", "b"), { maxLength: 3 }),
      labels: fc.uniqueArray(fc.constantFrom({ key: "tier", value: "x" }, { key: "tier", value: "y" }, { key: "data", value: "p" }), {
        maxLength: 3,
      }),
    });
    fc.assert(
      fc.property(word, labels, closed, (namespace, ownLabels, grants) => {
        const all = { "kubernetes.io/metadata.name": namespace, ...ownLabels } as Record<string, string>;
        const met = (resource: string, kind: string) =>
          entries(grants, kind).filter(
            (entry) =>
              entry.rules.some(({ resources, operations }) => resources.includes(resource) && !operations.includes("DELETE")) &&
              meets(entry, namespace, all),
          );
        const exempt = ["kube-system", "plimsoll-system"].includes(namespace);
        const isClosed =
          grants.labels.some(({ key, value }) => all[key] === value) ||
          grants.names.some((glob) => (glob === "prod-*" ? namespace.startsWith("prod-") : glob === namespace));
        for (const [resource, kind] of [
          ["deployments", "ValidatingWebhookConfiguration"],
          ["deployments/scale", "ValidatingWebhookConfiguration"],
          ["pods", "MutatingWebhookConfiguration"],
        ] as const) {
          const found = met(resource, kind);
          expect(found).toHaveLength(exempt ? 0 : 1);
          if (!exempt) expect(found[0]?.failurePolicy).toBe(isClosed ? "Fail" : "Ignore");
        }
        expect(written(grants).filter((name) => !configurationNames.includes(name))).toEqual([]);
        expect(met("workloadprofiles", "ValidatingWebhookConfiguration").map(({ failurePolicy }) => failurePolicy)).toEqual(
          exempt ? [] : ["Fail"],
        );
      }),
    );
  });

  describe("of what Kubernetes' own controllers make of a workload", () => {
    const account = "system:serviceaccount:kube-system:";
    const closed = { names: ["prod-*"], labels: [{ key: "tier", value: "x" }] };
    const asks = (kind: string, namespace: string, of: Partial<Asked>): number =>
      entries(closed, kind).filter(
        (entry) =>
          entry.rules.some(
            ({ resources, operations }) => resources.includes(of.resource ?? "pods") && operations.includes(of.operation ?? "CREATE"),
          ) &&
          meets(entry, namespace, { "kubernetes.io/metadata.name": namespace, ...(namespace === "labelled" ? { tier: "x" } : {}) }, of),
      ).length;
    const check = (what: string, of: Partial<Asked>, validated: number): void => {
      it(what, () => {
        for (const namespace of ["shop", "prod-a", "labelled"]) {
          expect(asks("ValidatingWebhookConfiguration", namespace, of)).toBe(validated);
          if ((of.resource ?? "pods") === "pods") expect(asks("MutatingWebhookConfiguration", namespace, of)).toBe(1);
        }
      });
    };
    for (const maker of ["replicaset-controller", "statefulset-controller", "daemon-set-controller", "job-controller"]) {
      check(`shows a Pod of the ${maker} to the mutating entry alone`, { username: `${account}${maker}` }, 0);
    }
    check("shows a person's Pod to both", {}, 1);
    check("shows a Pod of another account of kube-system to both", { username: `${account}default` }, 1);
    check("shows a Pod of an account that is only called so to both", { username: "system:serviceaccount:shop:replicaset-controller" }, 1);
    check("shows a Pod of a controller manager with one account for all to both", { username: "system:kube-controller-manager" }, 1);
    check("shows other objects of those controllers", { resource: "replicasets", username: `${account}replicaset-controller` }, 1);
    check(
      "shows a change of a running Pod",
      { resource: "pods/resize", operation: "UPDATE", username: `${account}replicaset-controller` },
      1,
    );
  });

  it("shows a NodePool, which no namespaceSelector keeps out, to one entry whatever the grants are", () => {
    for (const names of [[], ["prod-*"]]) {
      const found = entries({ names, labels: [{ key: "tier", value: "x" }] }, "ValidatingWebhookConfiguration").filter(({ rules }) =>
        rules.some(({ resources, scope }) => scope !== "Namespaced" && resources.includes("nodepools")),
      );
      expect(found.map(({ failurePolicy }) => failurePolicy)).toEqual(["Ignore"]);
    }
  });

  it("can't lock a cluster out of its own repair, nor us out of ours, whatever is fail-closed", () => {
    const glob = fc.constantFrom("*", "kube-*", "plimsoll-*", "kube-system", "plimsoll-system", "prod-*");
    const closed = fc.record({
      names: fc.uniqueArray(glob, { maxLength: 4 }),
      labels: fc.uniqueArray(
        fc.constantFrom({ key: "tier", value: "x" }, { key: "kubernetes.io/metadata.name", value: "plimsoll-system" }),
        {
          maxLength: 2,
        },
      ),
    });
    const namespace = fc.constantFrom("kube-system", "kube-node-lease", "plimsoll-system");
    fc.assert(
      fc.property(namespace, closed, fc.constantFrom("x", "y"), (name, grants, tier) => {
        const all = ["MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"].flatMap((kind) => entries(grants, kind));
        const namespaced = all.filter((entry) => meets(entry, name, { "kubernetes.io/metadata.name": name, tier }));
        // What is in no namespace is kept out by no selector, so nothing that can refuse may ask for it.
        expect(namespaced.flatMap(({ rules }) => rules.filter(({ scope }) => scope === "Namespaced"))).toEqual([]);
        expect(
          all.filter(({ rules }) => rules.some(({ scope }) => scope !== "Namespaced")).map(({ failurePolicy }) => failurePolicy),
        ).toEqual(["Ignore"]);
        const asked = all.flatMap(({ rules }) => rules);
        expect(
          asked.flatMap(({ resources }) => resources).filter((resource) => resource.includes("*") || neverAsked.includes(resource)),
        ).toEqual([]);
        const deletions = all.filter(({ rules }) => rules.some(({ operations }) => operations.includes("DELETE")));
        expect(deletions.map(({ failurePolicy }) => failurePolicy)).toEqual(["Ignore"]);
      }),
    );
  });

  it("asks about evictions in every namespace but the exempt ones, and lets them be while nobody answers", () => {
    const closed = { names: ["prod-*"], labels: [{ key: "tier", value: "x" }] };
    const asked = entries(closed, "ValidatingWebhookConfiguration").filter(({ rules }) =>
      rules.some(({ resources }) => resources.includes("pods/eviction")),
    );
    expect(asked.map(({ failurePolicy }) => failurePolicy)).toEqual(["Ignore"]);
    const met = ["shop", "prod-a", "kube-system", "plimsoll-system"].filter((name) =>
      asked.some((entry) => meets(entry, name, { "kubernetes.io/metadata.name": name, tier: "x" }, { resource: "pods" })),
    );
    expect(met).toEqual(["shop", "prod-a"]);
  });

  describe("of what stands", () => {
    const pod = { apiVersion: "v1", kind: "Pod", metadata: { name: "a" }, spec: { nodeName: "n" } };
    const changed = (metadata: object, spec: object = pod.spec) => ({ ...pod, metadata: { ...pod.metadata, ...metadata }, spec });
    const labelled = changed({ labels: { app: "web" }, annotations: { "example.com/a": "1" } });
    const check = (
      what: string,
      of: { readonly object?: object; readonly oldObject?: object; readonly username?: string; readonly groups?: readonly string[] },
      met: boolean,
    ): void => {
      it(what, () => {
        const { object = pod, oldObject = pod, username = "jane", groups = [] } = of;
        const [entry] = entries({ names: [], labels: [] }, "ValidatingWebhookConfiguration").filter(({ rules }) =>
          rules.some(({ resources, operations }) => resources.includes("pods") && operations.includes("UPDATE")),
        );
        const answers = (entry?.matchConditions ?? []).map(({ expression }) => {
          const parsed = parseMatchCondition(expression);
          return parsed.ok
            ? parsed.value({ operation: "UPDATE", userInfo: { username, groups: [...groups] }, object, oldObject } as never)
            : parsed.error;
        });
        expect([entry?.failurePolicy, answers.every((answer) => answer === true)]).toEqual(["Ignore", met]);
      });
    };
    check("a Pod that stays as it is costs no call", {}, false);
    check("nor does a foreign annotation", { object: changed({ annotations: { "example.com/a": "1" } }) }, false);
    check(
      "nor another value of one",
      { object: changed({ labels: { app: "web" }, annotations: { "example.com/a": "2" } }), oldObject: labelled },
      false,
    );
    check("a label does", { object: changed({ labels: { app: "web" } }) }, true);
    check("one that goes does", { oldObject: changed({ labels: { app: "web" } }) }, true);
    check("another value of one does", { object: changed({ labels: { app: "b" } }), oldObject: changed({ labels: { app: "a" } }) }, true);
    check("do-not-disrupt does", { object: changed({ annotations: { "karpenter.sh/do-not-disrupt": "true" } }) }, true);
    check(
      "do-not-disrupt beside others does",
      {
        object: changed({ labels: { app: "web" }, annotations: { "example.com/a": "1", "karpenter.sh/do-not-disrupt": "true" } }),
        oldObject: labelled,
      },
      true,
    );
    check("a window of ours does", { object: changed({ annotations: { "platform.example.com/disruption-window": "[]" } }) }, true);
    check("a finalizer does", { object: changed({ finalizers: ["a/b"] }) }, true);
    check("an image does", { object: changed({}, { nodeName: "n", containers: [] }) }, true);
    check("what a controller labels does not", { object: labelled, username: "system:serviceaccount:kube-system:job-controller" }, false);
    check("what a kubelet writes does not", { object: labelled, username: "system:node:n", groups: ["system:nodes"] }, false);
  });

  it("reaches us by URL or by Service, at the path of the tier", () => {
    const byUrl = webhookConfigurations({
      ...base,
      closed: { names: [], labels: [] },
      address: { kind: "url", baseUrl: "https://127.0.0.1:9443/" },
    });
    expect(byUrl.flatMap(({ webhooks }) => (webhooks as readonly Entry[]).map(({ clientConfig }) => clientConfig.url))).toEqual([
      "https://127.0.0.1:9443/mutate/open/word",
      "https://127.0.0.1:9443/validate/closed/word",
      "https://127.0.0.1:9443/validate/open/word",
      "https://127.0.0.1:9443/validate/open/word",
      "https://127.0.0.1:9443/validate/open/word",
      "https://127.0.0.1:9443/validate/open/word",
    ]);
    const service = { kind: "service", namespace: "plimsoll-system", name: "plimsoll", port: 443 } as const;
    const byService = webhookConfigurations({ ...base, closed: { names: [], labels: [] }, address: service });
    expect((byService[0]?.webhooks as readonly Entry[])[0]?.clientConfig.service?.path).toBe("/mutate/open/word");
  });

  it("refuses a fail-closed label grant whose complement no selector can say", () => {
    const settings = { failurePolicy: new Map([["regulated", "closed" as const]]) };
    const grant = (namespaceSelector: LabelSelector) =>
      closedNamespaces({ settings: settings as never, grants: new Map([["regulated", { namespaces: ["vault"], namespaceSelector }]]) });
    expect(grant({ matchLabels: { a: "1", b: "2" } })).toEqual({
      ok: false,
      error: "grants.regulated.namespaceSelector: a fail-closed class is granted by one label with given values, not by several",
    });
    expect(grant({ matchExpressions: [{ key: "a", operator: "Exists" }] })).toMatchObject({ ok: false });
    const manyValues = Array.from({ length: 9 }, (_, index) => String(index));
    expect(grant({ matchExpressions: [{ key: "a", operator: "In", values: manyValues }] })).toEqual({
      ok: false,
      error: "grants: fail-closed classes are granted by 9 labels, and at most 8 can be told apart",
    });
    expect(grant({ matchLabels: { a: "1" } })).toEqual({ ok: true, value: { names: ["vault"], labels: [{ key: "a", value: "1" }] } });
  });
});

function entries(closed: ClosedNamespaces, kind: string): readonly Entry[] {
  return webhookConfigurations({ ...base, closed, address: { kind: "url", baseUrl: "https://h" } })
    .filter((configuration) => configuration.kind === kind)
    .flatMap(({ webhooks }) => webhooks as readonly Entry[]);
}

function written(closed: ClosedNamespaces): readonly string[] {
  const configurations = webhookConfigurations({ ...base, closed, address: { kind: "url", baseUrl: "https://127.0.0.1:9443" } });
  return configurations.map(({ metadata }) => metadata.name ?? "");
}

/** What the API server does with an entry, in a few dumb lines: selector on labels, then the CEL forms that we generate. */
function meets(entry: Entry, namespace: string, labels: Record<string, string>, of: Partial<Asked> = {}): boolean {
  if (!matchesSelector(entry.namespaceSelector, labels)) return false;
  const { resource = "pods", operation = "CREATE", username = "jane" } = of;
  const request = { namespace, operation, resource: { resource }, userInfo: { username } };
  return (entry.matchConditions ?? []).every(({ expression }) => {
    const script = expression.replaceAll(/request\.namespace\.matches\(("[^"]*")\)/g, "new RegExp($1).test(request.namespace)");
    return runInNewContext(script, { request }) as boolean;
  });
}

interface Asked {
  readonly resource: string;
  readonly operation: string;
  readonly username: string;
}
