/**
 * The launch templates that stand on EC2: made before they are needed, and deleted when they no longer are.
 *
 * Reads templates (their names are hashes of what is in them). Returns whether one stands, and ends those that nobody has used for a while.
 * A template is found again by its tags, so that a process that starts knows those of the one before it. Only templates with our own tag
 * are deleted.
 */
import { clusterNameTag, type PlatformNames } from "../api/labels.ts";
import type { Clock, Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { Ec2Calls } from "./ec2-calls.ts";
import { failureText } from "./errors.ts";
import type { ClusterIdentity } from "./cluster-identity.ts";
import type { LaunchTemplate } from "./launch-template.ts";

export interface TemplateStore {
  /** Makes a template unless it stands; many launches of one template ask EC2 once. */
  ensure(template: LaunchTemplate): Promise<Result<void, string>>;
  /** EC2 has said that it does not stand (any more). */
  forget(name: string): void;
  /** Deletes templates that nobody used of late, at most a bound of them; returns their names. */
  sweep(keep: ReadonlySet<string>): Promise<Result<readonly string[], string>>;
}

export interface TemplateStorePorts {
  readonly ec2: Pick<Ec2Calls, "hasLaunchTemplate" | "createLaunchTemplate" | "launchTemplates" | "deleteLaunchTemplate">;
  readonly clock: Pick<Clock, "now">;
  readonly names: Pick<PlatformNames, "launchTag">;
  readonly cluster: ClusterIdentity;
}

/** A template that no launch has asked for in this time is deleted (Karpenter's is a minute, too). */
export const templateUnusedMs = 60_000;
/** A template that stands is asked about again after this long: somebody may have deleted it. */
const knownMs = 5 * 60_000;
const deletesMax = 50;
const namePrefix = "karpenter.k8s.aws/";

interface Known {
  readonly answer: Promise<Result<void, string>>;
  readonly askedAt: Instant;
  usedAt: Instant;
}

/** Opens the store. */
export function templateStore(ports: TemplateStorePorts): TemplateStore {
  const { ec2, clock, cluster } = ports;
  const known = new Map<string, Known>();
  /** When each template was first seen unused. */
  const unusedSince = new Map<string, Instant>();
  return {
    ensure: async (template) => {
      const now = clock.now();
      let entry = known.get(template.name);
      if (entry === undefined || now - entry.askedAt >= knownMs) {
        entry = { answer: make(ports, template), askedAt: now, usedAt: now };
        known.set(template.name, entry);
      }
      entry.usedAt = now;
      unusedSince.delete(template.name);
      const answer = await entry.answer;
      if (!answer.ok) known.delete(template.name);
      return answer;
    },
    forget: (name) => {
      known.delete(name);
    },
    sweep: async (keep) => {
      const standing = await ec2.launchTemplates({ Filters: [{ Name: `tag:${clusterNameTag}`, Values: [cluster.name] }] });
      if (!standing.ok) return err(failureText(standing.error));
      const now = clock.now();
      const own = standing.value.flatMap(({ LaunchTemplateName = "", Tags = [] }) => {
        const isOurs = Tags.some(({ Key }) => Key === ports.names.launchTag) && tagOf(Tags, clusterNameTag) === cluster.name;
        return isOurs && LaunchTemplateName.startsWith(namePrefix) ? [LaunchTemplateName] : [];
      });
      for (const name of unusedSince.keys()) if (!own.includes(name)) unusedSince.delete(name);
      for (const name of own) {
        const usedAt = known.get(name)?.usedAt;
        if (keep.has(name)) unusedSince.delete(name);
        else if (!unusedSince.has(name)) unusedSince.set(name, usedAt ?? now);
      }
      const due = own.filter((name) => now - (unusedSince.get(name) ?? now) >= templateUnusedMs).slice(0, deletesMax);
      for (const name of due) {
        // A launch has asked for it meanwhile.
        if (!unusedSince.has(name)) continue;
        known.delete(name);
        const deleted = await ec2.deleteLaunchTemplate(name);
        if (!deleted.ok && deleted.error.kind !== "launch-template-not-found") return err(failureText(deleted.error));
        unusedSince.delete(name);
      }
      return ok(due);
    },
  };
}

async function make({ ec2, names }: TemplateStorePorts, { name, tags, data }: LaunchTemplate): Promise<Result<void, string>> {
  const there = await ec2.hasLaunchTemplate(name);
  if (!there.ok) return err(failureText(there.error));
  if (there.value) return ok(undefined);
  // Whose a template is, permissions to launch from it and to delete it ask: it has the tags of what it makes, as Karpenter's have.
  const Tags = [...tags, { Key: names.launchTag, Value: "template" }];
  const TagSpecifications = [{ ResourceType: "launch-template" as const, Tags }];
  const made = await ec2.createLaunchTemplate({ LaunchTemplateName: name, LaunchTemplateData: data, TagSpecifications });
  // The name is the hash of the contents: one that is there already is this one.
  return made.ok || made.error.kind === "already-exists" ? ok(undefined) : err(failureText(made.error));
}

function tagOf(
  tags: readonly { readonly Key?: string | undefined; readonly Value?: string | undefined }[],
  key: string,
): string | undefined {
  return tags.find(({ Key }) => Key === key)?.Value;
}
