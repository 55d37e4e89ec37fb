/**
 * Admission in tests: the repository's own policies.yaml, requests about objects, and the world around them.
 */
import { readFileSync } from "node:fs";
import type { InstanceType } from "../../src/api/instance-type.ts";
import { kindTable, type KindInfo } from "../../src/api/kinds.ts";
import { platformNames } from "../../src/api/labels.ts";
import type { KubeObject } from "../../src/api/object.ts";
import { snapshotOf } from "../../src/kube/snapshot-of.ts";
import type { AdmissionContext } from "../../src/policies/admission-context.ts";
import type { AdmissionRequest, UserInfo } from "../../src/policies/admission-request.ts";
import { parsePolicySet } from "../../src/policies/parse-policy-set.ts";
import type { PolicySet } from "../../src/policies/policy-set.ts";

export const policiesText = readFileSync(new URL("../../policies.yaml", import.meta.url), "utf8");

/** The moment at which requests are judged and policies are read in tests. */
export const testNow = Date.parse("2026-12-01T00:00:00Z");

/** The repository's policies.yaml, or another text that must be good. */
export function policySet(text: string = policiesText): PolicySet {
  const parsed = parsePolicySet({ text, fileName: "policies.yaml", now: testNow });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
  return parsed.value;
}

export const person: UserInfo = { username: "ann@example.com", groups: ["system:authenticated"] };
export const autoscalerAccount: UserInfo = {
  username: "system:serviceaccount:kube-system:horizontal-pod-autoscaler",
  groups: ["system:serviceaccounts", "system:serviceaccounts:kube-system", "system:authenticated"],
};

export interface RequestOptions {
  readonly operation?: AdmissionRequest["operation"];
  /** Given, the request is an UPDATE. */
  readonly old?: KubeObject;
  readonly userInfo?: UserInfo;
  /** Such as "resize": the request is to this part of the object. */
  readonly subResource?: string;
}

/** A request about an object; a Scale is a request to the scale of the Deployment of that name. */
export function requestFor(object: KubeObject, options: RequestOptions = {}): AdmissionRequest {
  const scaled = object.kind === "Scale";
  const info: KindInfo | undefined = Object.values(kindTable()).find(({ kind }) => kind === (scaled ? "Deployment" : object.kind));
  if (info === undefined) throw new Error(`no such kind: ${object.kind}`);
  const [group, version] = scaled ? ["autoscaling", "v1"] : [info.group, info.version];
  return {
    uid: "00000000-0000-0000-0000-000000000001",
    operation: options.operation ?? (options.old === undefined && !scaled ? "CREATE" : "UPDATE"),
    kind: { group, version, kind: object.kind },
    resource: { group: info.group, version: info.version, resource: info.resource },
    ...(scaled ? { subResource: "scale" } : {}),
    ...(options.subResource === undefined ? {} : { subResource: options.subResource }),
    name: object.metadata.name ?? "",
    namespace: object.metadata.namespace ?? "",
    object,
    ...(options.old === undefined ? {} : { oldObject: options.old }),
    userInfo: options.userInfo ?? person,
    dryRun: false,
  };
}

/** A world of these objects, in which nothing else exists. */
export function contextOf(objects: readonly KubeObject[] = [], instanceTypes: readonly InstanceType[] = []): AdmissionContext {
  return { snapshot: snapshotOf(objects), instanceTypes, names: platformNames(), now: testNow };
}
