/**
 * Pod Security admission: why the API server would refuse a Pod for its namespace's label pod-security.kubernetes.io/enforce.
 *
 * Reads a Pod as it will enter and the namespace's labels. Returns what it violates, in words; empty where it may enter. The checks
 * are those of the newest version of the standards but for the hosts of probes. What the API server was told in files
 * (exemptions, a level for namespaces without a label) can't be seen: a Pod that enters all the same counts by being there.
 */
import type { Namespace } from "../../api/namespace.ts";
import type { Container, Pod, PodSpec } from "../../api/pod.ts";
import type { ContainerSecurityContext, PodSecurityContext } from "../../api/pod-security-context.ts";

const enforceLabel = "pod-security.kubernetes.io/enforce";

type Check = (subject: Subject) => readonly string[];

interface Subject {
  readonly pod: Pod;
  readonly spec: PodSpec;
  readonly context: PodSecurityContext;
  readonly containers: readonly Container[];
  readonly isWindows: boolean;
}

/** Returns the level that a namespace enforces, and what of it a Pod violates; undefined where the Pod may enter. */
export function podSecurityRefusal(pod: Pod, namespace: Namespace | undefined): string | undefined {
  const level = namespace?.metadata.labels?.[enforceLabel];
  if (level !== "baseline" && level !== "restricted") return undefined;
  const { spec } = pod;
  const subject = {
    pod,
    spec,
    context: spec.securityContext ?? {},
    containers: [...(spec.initContainers ?? []), ...spec.containers],
    isWindows: spec.os?.name === "windows",
  };
  const checks = level === "baseline" ? baselineChecks : [...baselineChecks, ...restrictedChecks];
  const violations = checks.flatMap((check) => check(subject));
  return violations.length === 0 ? undefined : `Pod Security "${level}" refuses its Pods: ${violations.join(", ")}`;
}

const baselineCapabilities: ReadonlySet<string> = new Set([
  ...["AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD"],
  ...["NET_BIND_SERVICE", "SETFCAP", "SETGID", "SETPCAP", "SETUID", "SYS_CHROOT"],
]);
const seLinuxTypes: ReadonlySet<string> = new Set(["", "container_t", "container_init_t", "container_kvm_t", "container_engine_t"]);
const safeSysctls: ReadonlySet<string> = new Set([
  "kernel.shm_rmid_forced",
  ...["ip_local_port_range", "ip_unprivileged_port_start", "ip_local_reserved_ports", "ping_group_range"].map((name) => `net.ipv4.${name}`),
  ...["syncookies", "keepalive_time", "fin_timeout", "keepalive_intvl", "keepalive_probes", "rmem", "wmem"].map(
    (name) => `net.ipv4.tcp_${name}`,
  ),
]);
const confined: ReadonlySet<string> = new Set(["RuntimeDefault", "Localhost"]);
const appArmorAnnotation = "container.apparmor.security.beta.kubernetes.io/";
const restrictedVolumes: ReadonlySet<string> = new Set([
  ...["name", "configMap", "csi", "downwardAPI", "emptyDir", "ephemeral", "persistentVolumeClaim", "projected", "secret"],
]);

const baselineChecks: readonly Check[] = [
  ({ spec }) => [
    ...(spec.hostNetwork === true ? ["hostNetwork"] : []),
    ...(spec.hostPID === true ? ["hostPID"] : []),
    ...(spec.hostIPC === true ? ["hostIPC"] : []),
  ],
  ({ context }) => (context.windowsOptions?.hostProcess === true ? ["hostProcess"] : []),
  ({ spec }) => (spec.volumes ?? []).filter(({ hostPath }) => hostPath != null).map(({ name }) => `hostPath volume ${name}`),
  ({ context }) => (context.sysctls ?? []).filter(({ name }) => !safeSysctls.has(name)).map(({ name }) => `sysctl ${name}`),
  perContainer("hostPort", ({ ports }) => (ports ?? []).some(({ hostPort = 0 }) => hostPort !== 0)),
  perContext("hostProcess", ({ windowsOptions }) => windowsOptions?.hostProcess === true),
  perContext("privileged", ({ privileged }) => privileged === true),
  perContext("capabilities.add", ({ capabilities }) => (capabilities?.add ?? []).some((name) => !baselineCapabilities.has(name))),
  perContext("procMount", ({ procMount = "" }) => procMount !== "" && procMount !== "Default"),
  ofPodAndContainers("seccompProfile", ({ seccompProfile }) => seccompProfile?.type === "Unconfined"),
  ofPodAndContainers("appArmorProfile", ({ appArmorProfile }) => appArmorProfile?.type === "Unconfined"),
  ofPodAndContainers("seLinuxOptions", ({ seLinuxOptions: options }) => {
    return options != null && (!seLinuxTypes.has(options.type ?? "") || Boolean(options.user) || Boolean(options.role));
  }),
  ({ pod: { metadata } }) =>
    Object.entries(metadata.annotations ?? {})
      .filter(([key, value]) => key.startsWith(appArmorAnnotation) && !/^($|runtime\/default$|localhost\/)/.test(value))
      .map(([key]) => `annotation ${key}`),
];

const restrictedChecks: readonly Check[] = [
  ({ spec }) =>
    (spec.volumes ?? [])
      .filter((volume) => Object.keys(volume).some((key) => !restrictedVolumes.has(key)))
      .map(({ name }) => `volume ${name} of a restricted kind`),
  notOnWindows(perContext("allowPrivilegeEscalation != false", ({ allowPrivilegeEscalation }) => allowPrivilegeEscalation !== false)),
  notOnWindows(
    perContext("unrestricted capabilities", ({ capabilities }) => {
      const isDropped = capabilities?.drop?.includes("ALL") === true;
      return !isDropped || (capabilities.add ?? []).some((name) => name !== "NET_BIND_SERVICE");
    }),
  ),
  ofPodAndContainers("runAsUser = 0", ({ runAsUser }) => runAsUser === 0),
  ({ context, containers }) =>
    containers
      .filter(({ securityContext }) => (securityContext?.runAsNonRoot ?? context.runAsNonRoot) !== true)
      .map(({ name }) => `runAsNonRoot != true (container ${name})`),
  notOnWindows(({ context, containers }) =>
    containers
      .filter(({ securityContext }) => !confined.has((securityContext?.seccompProfile ?? context.seccompProfile)?.type ?? ""))
      .map(({ name }) => `seccompProfile (container ${name})`),
  ),
];

function perContainer(what: string, violates: (container: Container) => boolean): Check {
  return ({ containers }) => containers.filter(violates).map(({ name }) => `${what} (container ${name})`);
}

function perContext(what: string, violates: (context: ContainerSecurityContext) => boolean): Check {
  return perContainer(what, ({ securityContext }) => violates(securityContext ?? {}));
}

function ofPodAndContainers(what: string, violates: (context: PodSecurityContext | ContainerSecurityContext) => boolean): Check {
  const inContainers = perContext(what, violates);
  return (subject) => [...(violates(subject.context) ? [what] : []), ...inContainers(subject)];
}

function notOnWindows(check: Check): Check {
  return (subject) => (subject.isWindows ? [] : check(subject));
}
