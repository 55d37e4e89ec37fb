/**
 * STOR-001, -003, -004, -006, -007: data that a lost node, or a lost zone, takes with it.
 *
 * Reads the volumes of each workload's Pod, the claims behind them and what its profile says of its data. Nodes are replaced all the
 * time and zones are lost: what matters stands elsewhere, or somebody has said what happens then.
 */
import type { Container, Volume } from "../../api/pod.ts";
import { claimsOf, isShared, zonesOfVolume, type VolumeClaim } from "../claims.ts";
import { podSpecPath } from "../container-path.ts";
import { aboutWorkload, pathIn, type Facts } from "../facts.ts";
import { termsOf } from "../profile-terms.ts";
import type { WorkloadView } from "../workload-view.ts";
import { profileManifest } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const podsOf = (kind: string, spec: string): string => `
apiVersion: apps/v1
kind: ${kind}
metadata: {name: db, namespace: shop}
spec:
  replicas: 3
  ${kind === "StatefulSet" ? "serviceName: db" : "revisionHistoryLimit: 10"}
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec:
      containers: [{name: app, resources: {requests: {cpu: 100m, memory: 128Mi}}}]
      ${spec}
`;

const profileOf = (spec: string): string => profileManifest({ name: "db", spec });

const dataIn = (zone: string): string => `
apiVersion: v1
kind: PersistentVolume
metadata: {name: pv-data}
spec:
  accessModes: [ReadWriteOnce]
  capacity: {storage: 8Gi}
  csi: {driver: ebs.csi.aws.com, volumeHandle: vol-0123456789abcdef0}
  nodeAffinity:
    required: {nodeSelectorTerms: [{matchExpressions: [{key: topology.kubernetes.io/zone, operator: In, values: [${zone}]}]}]}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: shop}
spec: {accessModes: [ReadWriteOnce], volumeName: pv-data, resources: {requests: {storage: 8Gi}}}
---${podsOf("Deployment", "volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]")}`;

const claimed = "volumes: [{name: data, persistentVolumeClaim: {claimName: data}}]";

export const stor001: Rule = {
  id: "STOR-001",
  summary: "A volume in a zone that the class does not have: its Pod can never be placed beside it.",
  defaultAction: "deny",
  needs: ["claims"],
  subjects: ["workload", "profile"],
  examples: { admitted: dataIn("ap-southeast-1a"), denied: dataIn("eu-west-1a") },
  judge: (facts) =>
    facts.views.flatMap((view): readonly Problem[] => {
      const { zones = [], name = "" } = view.workloadClass ?? {};
      if (zones.length === 0) return [];
      return claims(facts, view).flatMap(({ name: claim, volume }): readonly Problem[] => {
        const own = volume === undefined ? [] : zonesOfVolume(volume);
        if (own.length === 0 || own.some((zone) => zones.includes(zone))) return [];
        return [
          problem(facts, view, {
            message: `PVC "${claim}" lives in zone ${own.join(", ")}, not offered by class "${name}"`,
            fix: "use a pool with that zone",
          }),
        ];
      });
    }),
};

export const stor003: Rule = {
  id: "STOR-003",
  summary: "Data on the disk of one node: its replacement does not have it.",
  defaultAction: "deny",
  needs: ["claims"],
  subjects: ["workload"],
  examples: {
    admitted: podsOf("Deployment", "volumes: [{name: data, emptyDir: {sizeLimit: 1Gi}}]"),
    denied: podsOf("Deployment", "volumes: [{name: data, hostPath: {path: /var/data}}]"),
  },
  judge: (facts) =>
    facts.views.flatMap((view): readonly Problem[] => {
      // An agent that runs on each node is there to read that node.
      if (view.workload.kind === "DaemonSet") return [];
      const { volumes = [], containers, initContainers = [] } = view.podAsWritten.spec;
      const onHost = volumes
        .filter((volume) => keepsData(volume, [...containers, ...initContainers]))
        .map(({ name }) =>
          problem(facts, view, { message: `volume "${name}" is hostPath; node replacement loses it`, fix: "PVC or object storage" }),
        );
      const local = claims(facts, view)
        .filter(({ volume }) => volume?.spec.local !== undefined || volume?.spec.hostPath !== undefined)
        .map(({ name }) =>
          problem(facts, view, {
            message: `PVC "${name}" is a disk of one node; node replacement loses it`,
            fix: "a claim of a network disk, or object storage",
          }),
        );
      return [...onHost, ...local];
    }),
};

export const stor004: Rule = {
  id: "STOR-004",
  summary: "A StatefulSet with disks and no word on what happens when their zone is lost. Without a profile that is only recorded.",
  defaultAction: "deny",
  needs: ["claims"],
  subjects: ["workload", "profile"],
  examples: {
    admitted: `${profileOf("storage: {zonePlan: replicas in the other zones take over}")}---${podsOf("StatefulSet", claimed)}`,
    denied: `${profileOf("storage: {stateful: true}")}---${podsOf("StatefulSet", claimed)}`,
  },
  judge: (facts) =>
    facts.views.flatMap((view): readonly Problem[] => {
      const { binding, workload } = view;
      if (workload.kind !== "StatefulSet" || binding.kind === "ambiguous") return [];
      if (binding.kind === "bound" && isWritten(binding.profile.spec.storage?.zonePlan)) return [];
      if (claims(facts, view).every(isShared)) return [];
      const found = problem(facts, view, { message: "StatefulSet has no zone failure plan (storage.zonePlan)", fix: "declare it" });
      return [
        { ...found, path: pathIn(facts, { workload: "", profile: "/spec" }), ...(binding.kind === "bound" ? {} : { action: "audit" }) },
      ];
    }),
};

export const stor006: Rule = {
  id: "STOR-006",
  summary: "Persistent data without a word on its backup, in a class that requires one.",
  defaultAction: "deny",
  needs: [["profile", "claims"]],
  subjects: ["workload", "profile"],
  examples: {
    admitted: profileOf("runtimeClass: regulated, storage: {stateful: true, backup: nightly snapshots kept 30 days}"),
    denied: profileOf("runtimeClass: regulated, storage: {stateful: true}"),
  },
  judge(facts) {
    const byViews = facts.views.flatMap((view): readonly Problem[] => {
      if (view.binding.kind !== "bound" || view.workloadClass?.requires.includes(backupField) !== true) return [];
      if (isWritten(view.binding.profile.spec.storage?.backup) || claims(facts, view).length === 0) return [];
      return [problem(facts, view, { message: backupText(view.workloadClass.name), fix: `set spec.${backupField}` })];
    });
    return byViews.length > 0 ? byViews : statefulWithoutBackup(facts);
  },
};

export const stor007: Rule = {
  id: "STOR-007",
  summary: "A scratch directory on the node's disk without a bound: it may fill the disk under its neighbours, and is lost with the node.",
  defaultAction: "audit",
  needs: ["volumes"],
  subjects: ["workload"],
  examples: {
    admitted: podsOf("Deployment", "volumes: [{name: scratch, emptyDir: {sizeLimit: 1Gi}}]"),
    denied: podsOf("Deployment", "volumes: [{name: scratch, emptyDir: {}}]"),
  },
  judge: (facts) =>
    facts.views.flatMap((view) =>
      (view.podAsWritten.spec.volumes ?? []).flatMap(({ name, emptyDir }, index): readonly Problem[] => {
        if (emptyDir === undefined || emptyDir.sizeLimit !== undefined || isInMemory(emptyDir.medium) || isBounded(view)) return [];
        const path = `${podSpecPath(view.workload.kind)}/volumes/${index}/emptyDir`;
        return [
          {
            path,
            message: `volume "${name}" is an emptyDir without sizeLimit`,
            fix: "set emptyDir.sizeLimit, or request ephemeral-storage with a limit",
            ...classOf(view),
          },
        ];
      }),
    ),
};

/** Memory and huge pages count against the container's limits, and take no disk. */
function isInMemory(medium = ""): boolean {
  return medium === "Memory" || medium.startsWith("HugePages");
}

const backupField = "storage.backup";

function backupText(className: string): string {
  return `class "${className}" requires ${backupField} for persistent volumes`;
}

function statefulWithoutBackup(facts: Facts): readonly Problem[] {
  if (facts.subject.kind !== "profile") return [];
  const { storage } = facts.subject.profile.spec;
  if (storage?.stateful !== true || isWritten(storage.backup)) return [];
  const terms = termsOf(facts.subject.profile, facts);
  if (terms?.workloadClass.requires.includes(backupField) !== true) return [];
  return [
    {
      path: "/spec/storage",
      message: backupText(terms.workloadClass.name),
      fix: `set spec.${backupField}`,
      className: terms.workloadClass.name,
    },
  ];
}

function claims({ snapshot, names }: Facts, view: WorkloadView): readonly VolumeClaim[] {
  return claimsOf(view, { snapshot, domain: names.domain });
}

function problem(facts: Facts, view: WorkloadView, of: { readonly message: string; readonly fix: string }): Problem {
  const spec = podSpecPath(view.workload.kind);
  return {
    // What a StatefulSet's claim templates make stands in no list of volumes.
    path: pathIn(facts, { workload: view.podAsWritten.spec.volumes === undefined ? spec : `${spec}/volumes` }),
    message: `${aboutWorkload(facts, view)}${of.message}`,
    fix: of.fix,
    ...classOf(view),
  };
}

function isWritten(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== "";
}

const deviceTypes: ReadonlySet<string> = new Set(["Socket", "CharDevice", "BlockDevice"]);

/** What is only read, and what is no directory or file, holds no data of the Pod. */
function keepsData({ name, hostPath }: Volume, containers: readonly Container[]): boolean {
  if (hostPath === undefined || deviceTypes.has(hostPath.type ?? "")) return false;
  const mounts = containers.flatMap(({ volumeMounts = [] }) => volumeMounts.filter((mount) => mount.name === name));
  return mounts.length === 0 || mounts.some(({ readOnly }) => readOnly !== true);
}

/** A limit on the Pod's disk bounds all of its directories together. */
function isBounded({ pod }: WorkloadView): boolean {
  return pod.spec.containers.every(({ resources }) => resources?.limits?.["ephemeral-storage"] !== undefined);
}
