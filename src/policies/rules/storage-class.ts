/**
 * STOR-002 and STOR-005: how a disk is made, and which nodes can mount it.
 *
 * Reads the storage classes of the claims of each workload and the NodePools of its class. Only drivers of zonal disks are judged:
 * where a network file system binds at once, nothing is tied to a zone.
 */
import { autoModeGroup, poolsOfClass } from "../class-pools.ts";
import { claimsOf } from "../claims.ts";
import { podSpecPath } from "../container-path.ts";
import { aboutWorkload, pathIn, type Facts } from "../facts.ts";
import type { WorkloadView } from "../workload-view.ts";
import { nodePoolManifest } from "./example-manifests.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const storageOf = (provisioner: string, mode: string): string => `
apiVersion: storage.k8s.io/v1
kind: StorageClass
metadata: {name: fast}
provisioner: ${provisioner}
volumeBindingMode: ${mode}
---${nodePoolManifest({
  nodeClass: "group: eks.amazonaws.com, kind: NodeClass",
  requirement: "{key: kubernetes.io/arch, operator: In, values: [amd64]}",
})}---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db, namespace: shop}
spec:
  replicas: 3
  serviceName: db
  selector: {matchLabels: {app: db}}
  volumeClaimTemplates:
    - metadata: {name: data}
      spec: {accessModes: [ReadWriteOnce], storageClassName: fast, resources: {requests: {storage: 10Gi}}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: app, resources: {requests: {cpu: 100m, memory: 128Mi}}}]}
`;

const selfManagedDriver = "ebs.csi.aws.com";
const autoModeDriver = "ebs.csi.eks.amazonaws.com";

/** Drivers of disks that live in one zone. */
const zonalDrivers: ReadonlySet<string> = new Set([selfManagedDriver, autoModeDriver, "kubernetes.io/aws-ebs"]);

export const stor002: Rule = {
  id: "STOR-002",
  summary: "A storage class that makes its disks before their Pod has a node, in a zone that it may never reach.",
  defaultAction: "deny",
  needs: ["claims"],
  subjects: ["workload", "profile"],
  examples: {
    admitted: storageOf(autoModeDriver, "WaitForFirstConsumer"),
    denied: storageOf(autoModeDriver, "Immediate"),
  },
  judge: (facts) =>
    facts.views.flatMap((view) =>
      classesOf(facts, view)
        // The API server's default is Immediate.
        .filter(({ provisioner, bindsAtOnce }) => zonalDrivers.has(provisioner) && bindsAtOnce)
        .map(({ name }) =>
          problem(facts, view, {
            message: `StorageClass "${name}" binds Immediate; the volume may land in a zone the pool lacks`,
            fix: "WaitForFirstConsumer",
          }),
        ),
    ),
};

export const stor005: Rule = {
  id: "STOR-005",
  summary: "A disk whose driver does not run on the nodes of the class: EKS Auto Mode brings its own, other nodes lack that one.",
  defaultAction: "deny",
  needs: ["claims"],
  subjects: ["workload", "profile"],
  examples: {
    admitted: storageOf(autoModeDriver, "WaitForFirstConsumer"),
    denied: storageOf(selfManagedDriver, "WaitForFirstConsumer"),
  },
  judge: (facts) =>
    facts.views.flatMap((view) => {
      const nodes = nodesOf(facts, view);
      if (nodes === undefined) return [];
      const [wrong, right] = nodes === "Auto Mode" ? [selfManagedDriver, autoModeDriver] : [autoModeDriver, selfManagedDriver];
      return classesOf(facts, view)
        .filter(({ provisioner }) => provisioner === wrong)
        .map(() =>
          problem(facts, view, {
            message: `PVC provisioner ${wrong} cannot mount on ${nodes} nodes (needs ${right})`,
            fix:
              nodes === "Auto Mode"
                ? "keep class on self-managed pool or migrate the volume"
                : "use a StorageClass of the driver that the nodes have",
          }),
        );
    }),
};

interface KnownClass {
  readonly name: string;
  readonly provisioner: string;
  readonly bindsAtOnce: boolean;
}

/** The storage classes of claims that have no volume yet, or whose volume's driver says what its class would; each once. */
function classesOf({ snapshot, names }: Facts, view: WorkloadView): readonly KnownClass[] {
  const known = claimsOf(view, { snapshot, domain: names.domain }).flatMap(({ storageClass, volume }): readonly KnownClass[] => {
    const driver = volume?.spec.csi?.driver;
    // A volume that is bound has its zone: STOR-001 judges where it is.
    if (volume !== undefined)
      return driver === undefined ? [] : [{ name: volume.spec.storageClassName ?? "", provisioner: driver, bindsAtOnce: false }];
    if (storageClass === undefined) return [];
    const { metadata, provisioner, volumeBindingMode = "Immediate" } = storageClass;
    return [{ name: metadata.name ?? "", provisioner, bindsAtOnce: volumeBindingMode === "Immediate" }];
  });
  return [...new Map(known.map((one) => [`${one.name}/${one.provisioner}`, one])).values()];
}

/** What all known pools of the class are; undefined where none is known, or where they differ. */
function nodesOf({ snapshot, policySet }: Facts, { workloadClass }: WorkloadView): "Auto Mode" | "self-managed" | undefined {
  if (workloadClass === undefined) return undefined;
  const pools = poolsOfClass(workloadClass, snapshot);
  if (pools.length === 0) return policySet.settings.provider === "eks-auto" ? "Auto Mode" : undefined;
  const auto = pools.filter(({ spec }) => spec.template.spec.nodeClassRef.group === autoModeGroup);
  if (auto.length === pools.length) return "Auto Mode";
  return auto.length === 0 ? "self-managed" : undefined;
}

function problem(facts: Facts, view: WorkloadView, of: { readonly message: string; readonly fix: string }): Problem {
  const spec = podSpecPath(view.workload.kind);
  const path = view.podAsWritten.spec.volumes === undefined ? spec : `${spec}/volumes`;
  return { path: pathIn(facts, { workload: path }), message: `${aboutWorkload(facts, view)}${of.message}`, fix: of.fix, ...classOf(view) };
}
