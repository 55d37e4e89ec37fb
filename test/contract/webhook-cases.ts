// Admission webhooks over real HTTPS: matching, patches, denials, warnings, failures, dry runs, in the real server's words.
import { printAll, tellAll, told, type Case } from "./case.ts";
import { normalised } from "./normalise.ts";
import { deployment, pod } from "./objects.ts";
import { startWebhookServer, type WebhookServer } from "./webhook-server.ts";
import type { WorldUnderTest } from "./world-under-test.ts";

const merge = "application/merge-patch+json";
const registration = "/apis/admissionregistration.k8s.io/v1";
const deployments = (namespace: string): string => `/apis/apps/v1/namespaces/${namespace}/deployments`;

type Hook = {
  readonly word: string;
  readonly more?: object;
  readonly phase?: "Mutating" | "Validating";
  readonly resources?: readonly string[];
};

/** Registers webhooks for the case's namespace only, waits until they are asked, runs, and takes them away again. */
async function withWebhooks(
  world: WorldUnderTest,
  namespace: string,
  hooks: readonly Hook[],
  run: (server: WebhookServer, pathOf: (word: string) => string) => Promise<unknown>,
): Promise<unknown> {
  const server = await startWebhookServer();
  const pathOf = (word: string): string => `/${world.name.replaceAll(" ", "-")}/${word}`;
  const written: string[] = [];
  try {
    for (const [index, hook] of hooks.entries()) {
      const { path, body } = configuration(namespace, { hook, index, server, url: server.url + pathOf(hook.word) });
      await world.request({ method: "POST", path, body });
      written.push(`${path}/${namespace}-${index}`);
    }
    // The real server reads configurations by a watch of its own.
    await new Promise((resolve) => setTimeout(resolve, world.name.includes("real") ? 1500 : 0));
    return await run(server, pathOf);
  } finally {
    for (const path of written) await world.request({ method: "DELETE", path });
    await server.close();
  }
}

function configuration(
  namespace: string,
  at: { readonly hook: Hook; readonly index: number; readonly server: WebhookServer; readonly url: string },
): { path: string; body: object } {
  const { hook, index, server, url } = at;
  const phase = hook.phase ?? "Validating";
  const rules = (hook.resources ?? ["deployments"]).map((resource) => ({
    operations: ["*"],
    apiGroups: ["", "apps"],
    apiVersions: ["v1"],
    resources: [resource],
  }));
  const webhook = {
    name: `${hook.word}.example.com`,
    clientConfig: { url, caBundle: server.caBundle },
    rules,
    namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": namespace } },
    sideEffects: "None",
    admissionReviewVersions: ["v1"],
    timeoutSeconds: 5,
    ...hook.more,
  };
  return {
    path: `${registration}/${phase.toLowerCase()}webhookconfigurations`,
    body: {
      apiVersion: "admissionregistration.k8s.io/v1",
      kind: `${phase}WebhookConfiguration`,
      metadata: { name: `${namespace}-${index}` },
      webhooks: [webhook],
    },
  };
}

const yaml = JSON.stringify(deployment("web"));

export const webhookCases: readonly Case[] = [
  {
    name: "a denial reaches kubectl in the webhook's words, with its warnings",
    run: (world, ns) =>
      withWebhooks(world, ns, [{ word: "deny" }], async () => [
        ...(await printAll(world, [
          [`apply -n ${ns} -f -`, yaml],
          [`create -n ${ns} -f -`, yaml],
        ])),
        ...(await tellAll(world, [{ method: "POST", path: deployments(ns), body: deployment("web") }])),
      ]),
  },
  {
    name: "a denial without code, without message, and with another code",
    run: async (world, ns) => {
      const denied: unknown[] = [];
      for (const word of ["bare", "message", "busy"]) {
        denied.push(
          await withWebhooks(world, ns, [{ word }], () =>
            tellAll(world, [{ method: "POST", path: deployments(ns), body: deployment("web") }]),
          ),
        );
      }
      return denied;
    },
  },
  {
    name: "warnings of an allowing webhook are printed once, without those that a header can't carry",
    run: (world, ns) =>
      withWebhooks(world, ns, [{ word: "allow" }], () =>
        printAll(world, [
          [`apply -n ${ns} -f -`, yaml],
          [`scale -n ${ns} deployment web --replicas=3`],
          [`delete -n ${ns} deployment web`],
        ]),
      ),
  },
  {
    name: "what a webhook is told of each operation, and which it is not told of",
    run: (world, ns) =>
      withWebhooks(
        world,
        ns,
        [{ word: "allow", resources: ["deployments", "deployments/scale", "pods/eviction"] }],
        async (server, pathOf) => {
          const path = `${deployments(ns)}/web`;
          const pods = `/api/v1/namespaces/${ns}/pods`;
          await world.request({ method: "POST", path: `${deployments(ns)}?dryRun=All`, body: deployment("web") });
          await world.request({
            method: "POST",
            path: deployments(ns),
            body: { ...deployment("web"), metadata: { generateName: "generated-" } },
          });
          await world.request({ method: "POST", path: deployments(ns), body: deployment("web") });
          await world.request({ method: "PATCH", path, contentType: merge, body: { spec: { replicas: 3 } } });
          await world.request({ method: "PATCH", path: `${path}/scale`, contentType: merge, body: { spec: { replicas: 4 } } });
          await world.request({ method: "PATCH", path: `${path}/status`, contentType: merge, body: { status: { replicas: 4 } } });
          await world.request({ method: "POST", path: pods, body: pod("p") });
          await world.request({
            method: "POST",
            path: `${pods}/p/eviction`,
            body: { apiVersion: "policy/v1", kind: "Eviction", metadata: { name: "p" } },
          });
          await world.request({ method: "DELETE", path });
          return server.seen(pathOf("allow")).map((request) => normalised({ ...request, userInfo: undefined }));
        },
      ),
  },
  {
    name: "mutating webhooks patch in order, are asked again if they wish, and lose unknown fields",
    run: (world, ns) =>
      withWebhooks(
        world,
        ns,
        [
          { word: "label", phase: "Mutating", more: { reinvocationPolicy: "IfNeeded" } },
          { word: "relabel", phase: "Mutating" },
          { word: "unknown", phase: "Mutating", more: { failurePolicy: "Ignore" } },
        ],
        async (server, pathOf) => {
          const created = await world.request({
            method: "POST",
            path: deployments(ns),
            body: { ...deployment("web"), metadata: { name: "web" } },
          });
          return [told(created), server.seen(pathOf("label")).length, server.seen(pathOf("relabel")).length];
        },
      ),
  },
  {
    name: "a failing webhook refuses or is passed over, as its failurePolicy says",
    run: async (world, ns) => {
      const results: unknown[] = [];
      for (const failurePolicy of ["Fail", "Ignore"]) {
        for (const [word, more] of [
          ["broken", {}],
          ["slow", { timeoutSeconds: 1 }],
          ["other", {}],
          ["half", {}],
        ] as const) {
          const answer = await withWebhooks(
            world,
            ns,
            [{ word, phase: word === "half" ? "Mutating" : "Validating", more: { failurePolicy, ...more } }],
            async () => {
              const { status, body } = await world.request({
                method: "POST",
                path: `${deployments(ns)}?dryRun=All`,
                body: deployment("web"),
              });
              const { reason, message = "" } = body as { reason?: string; message?: string };
              // Ports, draws and the client's own words about bodies differ.
              return {
                status,
                reason,
                message: message.replaceAll(/127\.0\.0\.1:\d+\/[^/]+/g, "<server>").replaceAll(/"[0-9a-f-]{36}"/g, '"<uid>"'),
              };
            },
          );
          results.push({ word, failurePolicy, answer });
        }
      }
      return results;
    },
  },
  {
    name: "a patch that does not apply is an error even where failures are ignored",
    run: (world, ns) =>
      withWebhooks(world, ns, [{ word: "misplaced", phase: "Mutating", more: { failurePolicy: "Ignore" } }], async () => {
        const { status, body } = await world.request({ method: "POST", path: deployments(ns), body: deployment("web") });
        return [status, (body as { reason?: string }).reason];
      }),
  },
  {
    name: "match conditions and object selectors keep a webhook out",
    run: (world, ns) =>
      withWebhooks(
        world,
        ns,
        [
          {
            word: "deny",
            more: {
              matchConditions: [
                { name: "named", expression: `request.namespace == "elsewhere" || request.namespace.matches("^other-[a-z]*$")` },
              ],
            },
          },
          { word: "bare", more: { objectSelector: { matchLabels: { app: "db" } } } },
          {
            word: "message",
            more: {
              matchConditions: [
                { name: "named", expression: `!(request.namespace == "elsewhere") && request.userInfo.username != "nobody"` },
              ],
            },
          },
        ],
        () => tellAll(world, [{ method: "POST", path: deployments(ns), body: deployment("web") }]),
      ),
  },
  {
    name: "a broken webhook configuration is refused in the same words",
    run: (world, ns) => {
      const path = `${registration}/validatingwebhookconfigurations`;
      const hook = {
        name: "a.example.com",
        clientConfig: { url: "https://127.0.0.1:1/x" },
        sideEffects: "None",
        admissionReviewVersions: ["v1"],
        rules: [],
      };
      const post = (change: object) => ({
        method: "POST" as const,
        path,
        body: {
          apiVersion: "admissionregistration.k8s.io/v1",
          kind: "ValidatingWebhookConfiguration",
          metadata: { name: `${ns}-broken` },
          webhooks: [{ ...hook, ...change }],
        },
      });
      return tellAll(world, [
        post({ name: "short" }),
        post({ timeoutSeconds: 31 }),
        post({ sideEffects: "Some" }),
        post({ admissionReviewVersions: ["v9"] }),
        post({ clientConfig: {} }),
        { ...post({}), path: `${path}?dryRun=All` },
      ]);
    },
  },
];
