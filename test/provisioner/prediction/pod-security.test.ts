/**
 * Pod Security: what of a Pod each level refuses, one row a check.
 */
import { describe, expect, test } from "vitest";
import type { ContainerSecurityContext } from "../../../src/api/pod-security-context.ts";
import type { Container, Pod, PodSpec } from "../../../src/api/pod.ts";
import { podSecurityRefusal } from "../../../src/provisioner/prediction/pod-security.ts";
import { namespaceObject, pod } from "../../support/objects.ts";

type Level = "privileged" | "baseline" | "restricted" | undefined;

const good: ContainerSecurityContext = { allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } };

/** A Pod that every level lets in, with something laid over it. */
function made(spec: Partial<PodSpec> = {}, container: Partial<Container> = {}): Pod {
  const context = { runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } };
  return pod({ spec: { securityContext: context, containers: [{ name: "app", securityContext: good, ...container }], ...spec } });
}

function refusal(subject: Pod, level: Level): string | undefined {
  const labels = level === undefined ? {} : { "pod-security.kubernetes.io/enforce": level };
  return podSecurityRefusal(subject, namespaceObject("shop", labels));
}

describe("a Pod that keeps every rule", () => {
  for (const level of [undefined, "privileged", "baseline", "restricted"] as const) {
    test(`enters a namespace of level ${level ?? "(none)"}`, () => {
      expect(refusal(made(), level)).toBeUndefined();
    });
  }
});

const forbidden = (name: string, subject: Pod, words: string): void => {
  test(`baseline and restricted refuse ${name}`, () => {
    expect(refusal(subject, "privileged")).toBeUndefined();
    expect(refusal(subject, "baseline")).toContain(words);
    expect(refusal(subject, "restricted")).toContain(words);
  });
};

const restricted = (name: string, subject: Pod, words: string): void => {
  test(`only restricted refuses ${name}`, () => {
    expect(refusal(subject, "baseline")).toBeUndefined();
    expect(refusal(subject, "restricted")).toContain(words);
  });
};

const within = (context: ContainerSecurityContext): Pod => made({}, { securityContext: { ...good, ...context } });

forbidden("the host's network", made({ hostNetwork: true }), "hostNetwork");
forbidden("the host's processes", made({ hostPID: true }), "hostPID");
forbidden("the host's memory", made({ hostIPC: true }), "hostIPC");
forbidden("a hostPath volume", made({ volumes: [{ name: "root", hostPath: { path: "/" } }] }), "hostPath volume root");
forbidden("a host port", made({}, { ports: [{ containerPort: 80, hostPort: 80 }] }), "hostPort (container app)");
forbidden("a privileged container", within({ privileged: true }), "privileged (container app)");
forbidden("a strong capability", within({ capabilities: { drop: ["ALL"], add: ["SYS_ADMIN"] } }), "capabilities.add (container app)");
forbidden("an unmasked /proc", within({ procMount: "Unmasked" }), "procMount");
forbidden("an unconfined container", within({ seccompProfile: { type: "Unconfined" } }), "seccompProfile");
forbidden("AppArmor switched off", within({ appArmorProfile: { type: "Unconfined" } }), "appArmorProfile");
forbidden("another SELinux type", within({ seLinuxOptions: { type: "spc_t" } }), "seLinuxOptions");
forbidden("a Windows host process", within({ windowsOptions: { hostProcess: true } }), "hostProcess");
forbidden(
  "an unsafe sysctl",
  made({ securityContext: { ...made().spec.securityContext, sysctls: [{ name: "kernel.msgmax" }] } }),
  "sysctl kernel.msgmax",
);
forbidden(
  "a privileged init container",
  made({ initContainers: [{ name: "setup", securityContext: { ...good, privileged: true } }] }),
  "privileged (container setup)",
);

restricted("a container that may gain privileges", within({ allowPrivilegeEscalation: true }), "allowPrivilegeEscalation");
restricted("capabilities that are not dropped", made({}, { securityContext: { allowPrivilegeEscalation: false } }), "capabilities");
restricted("root", within({ runAsUser: 0 }), "runAsUser = 0");
restricted("a container that may be root", within({ runAsNonRoot: false }), "runAsNonRoot != true (container app)");
restricted("a Pod that says nothing of root", made({ securityContext: { seccompProfile: { type: "RuntimeDefault" } } }), "runAsNonRoot");
restricted("a Pod without a seccomp profile", made({ securityContext: { runAsNonRoot: true } }), "seccompProfile (container app)");
restricted("a volume of another kind", made({ volumes: [{ name: "share", nfs: {} } as never] }), "volume share");

test("an ordinary Pod that says nothing of security enters baseline and not restricted", () => {
  expect(refusal(pod(), "baseline")).toBeUndefined();
  expect(refusal(pod(), "restricted")).toMatch(/^Pod Security "restricted" refuses its Pods: /);
});

test("Windows has no capabilities, escalation or seccomp to drop", () => {
  const windows = made({ os: { name: "windows" }, securityContext: { runAsNonRoot: true } }, { securityContext: {} });
  expect(refusal(windows, "restricted")).toBeUndefined();
});
