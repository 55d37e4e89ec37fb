/**
 * Instance profiles: one for each EC2NodeClass that names a role, made, found again and removed.
 *
 * Reads NodeClasses and NodeClaims; asks IAM. A profile's name follows from the class and the role, so that a process that died after
 * making one finds it; its path says whose it is. What is removed is under our path, stood for an hour, and nobody names it.
 */
import type { EC2NodeClass } from "../api/ec2-node-class.ts";
import { clusterNameTag, instanceProfileAnnotation, nodeClassTag, regionLabel } from "../api/labels.ts";
import type { NodeClaim } from "../api/node-claim.ts";
import type { Clock, Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import { failureText, type Ec2Failure } from "./errors.ts";
import type { IamCalls, NewProfile, ProfileFacts } from "./iam-calls.ts";
import { textHash } from "./structure-hash.ts";

/** A profile that is to be there, with a role in it. */
export interface ProfilePlan extends NewProfile {
  readonly role: string;
}

export type ProfileState =
  | { readonly kind: "ready"; readonly name: string }
  | { readonly kind: "missing"; readonly plan: ProfilePlan }
  /** There is no such role, or we may not make the profile: nothing is made until somebody mends it. */
  | ({ readonly kind: "refused" } & ProfileRefusal)
  | { readonly kind: "failed"; readonly message: string };

interface ProfileRefusal {
  readonly reason: "RoleNotFound" | "NotAuthorized";
  readonly message: string;
}

export interface InstanceProfiles {
  /** The profile of a class: the one that it names, or the one made of its role. */
  state(nodeClass: EC2NodeClass): Promise<ProfileState>;
  /** Makes a profile, or what lacks of it. Safe to repeat. */
  make(plan: ProfilePlan): Promise<Result<void, string>>;
  /** Removes every profile that was made for a class. */
  removeAllOf(nodeClass: EC2NodeClass): Promise<Result<void, string>>;
  /** Removes the profiles of the cluster that nobody uses; returns their names. */
  removeUnused(used: ProfileUsers): Promise<Result<readonly string[], string>>;
}

export interface ProfileUsers {
  readonly nodeClasses: readonly EC2NodeClass[];
  readonly nodeClaims: readonly NodeClaim[];
}

export interface InstanceProfilesOptions {
  readonly iam: IamCalls;
  readonly clock: Pick<Clock, "now">;
  readonly clusterName: string;
  readonly region: string;
}

/** A profile that was there is looked for again after this long (Karpenter's). */
const readyTtlMs = 15 * 60_000;
/** What was refused is tried again after this long. */
const refusedTtlMs = 60_000;
/** A profile stands so long before it counts as unused: a NodeClaim may just be naming it. */
const unusedAgeMs = 60 * 60_000;
const knownMax = 1_000;

interface Book extends InstanceProfilesOptions {
  /** Role by name of profile, and until when that is believed. */
  readonly ready: Map<string, { readonly role: string; readonly until: Instant }>;
  /** By name of profile. */
  readonly refused: Map<string, ProfileRefusal & { readonly until: Instant }>;
}

/** Makes the one that keeps profiles; IAM is first asked when something is. */
export function instanceProfiles(options: InstanceProfilesOptions): InstanceProfiles {
  const book: Book = { ...options, ready: new Map(), refused: new Map() };
  return {
    state: (nodeClass) => stateOf(book, nodeClass),
    make: (plan) => make(book, plan),
    removeAllOf: (nodeClass) => removeAllOf(book, nodeClass),
    removeUnused: (users) => removeUnused(book, users),
  };
}

/** Returns the profile that a class with this role gets. */
export function profilePlan(
  nodeClass: EC2NodeClass,
  { clusterName, region }: Pick<InstanceProfilesOptions, "clusterName" | "region">,
): ProfilePlan {
  const { name = "", uid = "" } = nodeClass.metadata;
  const role = roleName(nodeClass.spec?.role ?? "");
  const tags = {
    ...nodeClass.spec?.tags,
    [`kubernetes.io/cluster/${clusterName}`]: "owned",
    [clusterNameTag]: clusterName,
    [nodeClassTag]: name,
    [regionLabel]: region,
  };
  const id = textHash([region, name, uid, role].join("/"));
  return { name: `${clusterName}_${id}`, path: `/karpenter/${region}/${clusterName}/${uid}/`, role, tags };
}

/** A role may be written with its path; a profile takes the name alone. */
function roleName(role: string): string {
  return role.split("/").at(-1) ?? role;
}

async function stateOf(book: Book, nodeClass: EC2NodeClass): Promise<ProfileState> {
  const { role, instanceProfile } = nodeClass.spec ?? {};
  if (instanceProfile !== undefined) return { kind: "ready", name: instanceProfile };
  if (role === undefined) return { kind: "failed", message: "spec.role and spec.instanceProfile are both absent; set one of them" };
  const plan = profilePlan(nodeClass, book);
  // One that stands in the status may be of a Karpenter before us: as long as its role is right it is kept.
  const known = nodeClass.status?.instanceProfile;
  const names = known === undefined || known === "" || known === plan.name ? [plan.name] : [known, plan.name];
  for (const name of names) {
    const found = await roleIn(book, name);
    if (!found.ok) return { kind: "failed", message: `instance profile "${name}": ${found.error}` };
    if (found.value === plan.role) return { kind: "ready", name };
  }
  const refusal = book.refused.get(plan.name);
  return refusal !== undefined && refusal.until > book.clock.now()
    ? { kind: "refused", reason: refusal.reason, message: refusal.message }
    : { kind: "missing", plan };
}

async function roleIn({ iam, clock, ready }: Book, name: string): Promise<Result<string | undefined, string>> {
  const known = ready.get(name);
  if (known !== undefined && known.until > clock.now()) return ok(known.role);
  const found = await iam.profile(name);
  if (!found.ok) return err(failureText(found.error));
  ready.delete(name);
  const role = found.value?.role;
  if (role !== undefined) remember(ready, name, { role, until: clock.now() + readyTtlMs });
  return ok(role);
}

async function make(book: Book, plan: ProfilePlan): Promise<Result<void, string>> {
  const made = await makeWhole(book.iam, plan);
  if (made.ok) {
    book.refused.delete(plan.name);
    remember(book.ready, plan.name, { role: plan.role, until: book.clock.now() + readyTtlMs });
    return ok(undefined);
  }
  const { failure, what } = made.error;
  const message = `${what}: ${failureText(failure)}`;
  const reason = refusals[failure.kind];
  if (reason !== undefined) remember(book.refused, plan.name, { reason, message, until: book.clock.now() + refusedTtlMs });
  return err(message);
}

/** Kinds of failures that last until somebody mends them, as a condition names them. */
const refusals: Readonly<Partial<Record<Ec2Failure["kind"], ProfileRefusal["reason"]>>> = {
  "not-found": "RoleNotFound",
  unauthorized: "NotAuthorized",
};

interface MakeFailure {
  readonly failure: Ec2Failure;
  readonly what: string;
}

async function makeWhole(iam: IamCalls, plan: ProfilePlan): Promise<Result<void, MakeFailure>> {
  const { name, role } = plan;
  const found = await iam.profile(name);
  if (!found.ok) return err({ failure: found.error, what: `instance profile "${name}"` });
  if (found.value === undefined) {
    const made = await iam.createProfile(plan);
    if (!made.ok && made.error.kind !== "already-exists") return err({ failure: made.error, what: `making instance profile "${name}"` });
  }
  const before = found.value?.role;
  if (before === role) return ok(undefined);
  if (before !== undefined) {
    const removed = await iam.removeRole({ profile: name, role: before });
    if (!removed.ok) return err({ failure: removed.error, what: `role "${before}" can't be taken out of instance profile "${name}"` });
  }
  const added = await iam.addRole({ profile: name, role });
  return added.ok ? ok(undefined) : err({ failure: added.error, what: `role "${role}" can't be put into instance profile "${name}"` });
}

async function removeAllOf(book: Book, nodeClass: EC2NodeClass): Promise<Result<void, string>> {
  const { path } = profilePlan(nodeClass, book);
  const profiles = await book.iam.profilesUnder(path);
  if (!profiles.ok) return err(failureText(profiles.error));
  // Without a uid the path would be that of the whole cluster.
  const own = (nodeClass.metadata.uid ?? "") === "" ? [] : profiles.value.filter((profile) => profile.path === path);
  const legacy = await legacyProfile(book, nodeClass);
  if (!legacy.ok) return legacy;
  for (const profile of [...own, ...legacy.value]) {
    const removed = await remove(book, profile);
    if (!removed.ok) return removed;
  }
  return ok(undefined);
}

/** The profile of a Karpenter before 1.5, which has no path: by its tags it is known as this class's. */
async function legacyProfile(
  { iam, clusterName, region }: Book,
  { metadata: { name = "" } }: EC2NodeClass,
): Promise<Result<readonly ProfileFacts[], string>> {
  const found = await iam.profile(`${clusterName}_${textHash(`${region}${name}`)}`);
  if (!found.ok) return err(failureText(found.error));
  const tags = found.value?.tags ?? {};
  const isOurs = tags[clusterNameTag] === clusterName && tags[nodeClassTag] === name;
  return ok(found.value !== undefined && isOurs ? [found.value] : []);
}

async function removeUnused(book: Book, { nodeClasses, nodeClaims }: ProfileUsers): Promise<Result<readonly string[], string>> {
  const { clock, clusterName, region } = book;
  const root = `/karpenter/${region}/${clusterName}/`;
  const profiles = await book.iam.profilesUnder(root);
  if (!profiles.ok) return err(failureText(profiles.error));
  const named = new Set([
    ...nodeClasses.flatMap(({ spec, status }) => [spec?.instanceProfile, status?.instanceProfile]),
    ...nodeClasses.map((nodeClass) => profilePlan(nodeClass, book).name),
    ...nodeClaims.map(({ metadata }) => metadata.annotations?.[instanceProfileAnnotation]),
  ]);
  // A claim that does not say which profile its node has may have any of its class's.
  const silent = new Set(nodeClaims.flatMap((claim) => (hasProfileName(claim) ? [] : claim.spec.nodeClassRef.name)));
  const held = new Set(nodeClasses.flatMap(({ metadata }) => (silent.has(metadata.name ?? "") ? `${root}${metadata.uid ?? ""}/` : [])));
  const removed: string[] = [];
  for (const profile of profiles.value) {
    const isYoung = profile.createdAt === undefined || profile.createdAt > clock.now() - unusedAgeMs;
    if (named.has(profile.name) || held.has(profile.path) || isYoung || !profile.path.startsWith(root)) continue;
    const gone = await remove(book, profile);
    if (!gone.ok) return gone;
    removed.push(profile.name);
  }
  return ok(removed);
}

function hasProfileName({ metadata }: NodeClaim): boolean {
  return metadata.annotations?.[instanceProfileAnnotation] !== undefined;
}

async function remove({ iam, ready }: Book, { name, role }: ProfileFacts): Promise<Result<void, string>> {
  ready.delete(name);
  if (role !== undefined) {
    const emptied = await iam.removeRole({ profile: name, role });
    if (!emptied.ok) return err(`instance profile "${name}": ${failureText(emptied.error)}`);
  }
  const gone = await iam.deleteProfile(name);
  return gone.ok ? ok(undefined) : err(`instance profile "${name}": ${failureText(gone.error)}`);
}

/** The oldest go first. */
function remember<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.keys();
  if (map.size > knownMax && oldest !== undefined) map.delete(oldest);
}
