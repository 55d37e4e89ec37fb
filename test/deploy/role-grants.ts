/**
 * Each single right of the roles in deploy/, and whether a request used it.
 *
 * Reads the roles' files and events of an API server's audit log, which say by which role a request was allowed: a right that the account
 * has from elsewhere is no use of ours.
 */
import type { AuditEvent } from "../support/control-plane.ts";
import { yamlObjects } from "../support/yaml-objects.ts";

export interface Grant {
  /** Verb, resource and, where there is one, its name; rights of other roles than the ClusterRole plimsoll end with theirs. */
  readonly name: string;
  readonly isUsedBy: (event: AuditEvent) => boolean;
}

interface Role {
  readonly kind: string;
  readonly metadata: { readonly name?: string };
  readonly rules: readonly PolicyRule[];
}

interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

interface Right {
  readonly verb: string;
  readonly group: string;
  /** With its subresource: "pods/eviction". */
  readonly resource: string;
  /** Empty: of every name. */
  readonly names: readonly string[];
}

/** The account that every process of ours runs under. */
export const serviceAccount = "system:serviceaccount:plimsoll-system:plimsoll";

const files = ["deploy/base/cluster-role.yaml", "deploy/base/role.yaml", "deploy/components/pod-dry-run/cluster-role.yaml"];
const created = 201;

/** Returns every right that deploy/ grants. */
export function deployedGrants(): readonly Grant[] {
  const roles = files.flatMap((path) => yamlObjects(path)).filter(({ kind }) => kind === "Role" || kind === "ClusterRole");
  return (roles as unknown as readonly Role[]).flatMap((role) =>
    role.rules.flatMap(rightsOf).map((right) => ({
      name: `${rightName(right)}${roleSuffix(role)}`,
      isUsedBy: (event) => isAllowedBy(role, event) && isUse(right, event),
    })),
  );
}

function rightsOf({ apiGroups, resources, resourceNames: names = [], verbs }: PolicyRule): readonly Right[] {
  return apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => ({ verb, group, resource, names }))));
}

function rightName({ verb, group, resource, names }: Right): string {
  const [only] = names.length === 1 ? names : [];
  return `${verb} ${resource}${group === "" ? "" : `.${group}`}${only === undefined ? "" : ` ${only}`}`;
}

function roleSuffix({ kind, metadata: { name = "" } }: Role): string {
  if (kind === "Role") return " (own namespace)";
  return name === "plimsoll" ? "" : ` (${name})`;
}

/** The API server's own word: RBAC names the role that allowed a request. */
function isAllowedBy({ kind, metadata: { name = "" } }: Role, { user, annotations = {} }: AuditEvent): boolean {
  const isAllowed = annotations["authorization.k8s.io/decision"] === "allow";
  const reason = annotations["authorization.k8s.io/reason"] ?? "";
  return user.username === serviceAccount && isAllowed && reason.includes(` of ${kind} "${name}" `);
}

function isUse({ verb, group, resource, names }: Right, { verb: asked, objectRef = {}, responseStatus }: AuditEvent): boolean {
  const { apiGroup = "", subresource } = objectRef;
  const own = subresource === undefined ? objectRef.resource : `${objectRef.resource ?? ""}/${subresource}`;
  const isNamed = names.length === 0 || names.includes(objectRef.name ?? "");
  // A server-side apply that creates is asked for that too, without an event of its own.
  const isAsked = asked === verb || (verb === "create" && asked === "patch" && responseStatus?.code === created);
  return own === resource && apiGroup === group && isNamed && isAsked;
}
