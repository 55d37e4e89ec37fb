/**
 * Launch templates: one stands for all launches that need it, and goes when none does.
 */
import { describe, expect, test } from "vitest";
import { platformNames } from "../../src/api/labels.ts";
import { err, ok } from "../../src/api/result.ts";
import { ec2Failure } from "../../src/ec2/errors.ts";
import { templateStore, templateUnusedMs } from "../../src/ec2/launch-templates.ts";

const names = platformNames();

/** Templates with their tags, as EC2 has them. */
function store(standing: Map<string, Readonly<Record<string, string>>> = new Map()) {
  const time = { now: 0 };
  const asked: string[] = [];
  const open = () =>
    templateStore({
      clock: { now: () => time.now },
      names,
      cluster: { name: "prod" },
      ec2: {
        hasLaunchTemplate: (name) => {
          asked.push(name);
          return Promise.resolve(ok(standing.has(name)));
        },
        createLaunchTemplate: ({ LaunchTemplateName = "", TagSpecifications = [] }) => {
          if (standing.has(LaunchTemplateName))
            return Promise.resolve(err(ec2Failure({ name: "InvalidLaunchTemplateName.AlreadyExistsException", message: "" })));
          const tags = TagSpecifications.flatMap(({ Tags }) => Tags ?? []);
          standing.set(LaunchTemplateName, Object.fromEntries(tags.map(({ Key = "", Value = "" }) => [Key, Value])));
          return Promise.resolve(ok(undefined));
        },
        launchTemplates: () =>
          Promise.resolve(
            ok(
              [...standing].map(([LaunchTemplateName, tags]) => ({
                LaunchTemplateName,
                Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
              })),
            ),
          ),
        deleteLaunchTemplate: (name) => {
          standing.delete(name);
          return Promise.resolve(ok(undefined));
        },
      },
    });
  return { time, asked, standing, templates: open(), open };
}

const tags = [{ Key: "eks:eks-cluster-name", Value: "prod" }];
const template = { name: "karpenter.k8s.aws/abc", tags, data: {} };
const none: ReadonlySet<string> = new Set();

test("launches of one template ask EC2 once, and make it once", async () => {
  const { templates, asked, standing } = store();
  await Promise.all(Array.from({ length: 20 }, () => templates.ensure(template)));
  expect(asked).toHaveLength(1);
  expect([...standing.keys()]).toEqual([template.name]);
  templates.forget(template.name);
  standing.clear();
  await templates.ensure(template);
  expect([...standing.keys()]).toEqual([template.name]);
});

describe("a template goes", () => {
  test("when no launch has asked for it for a while, also one of a process before", async () => {
    const { templates, time, standing, open } = store();
    await templates.ensure(template);
    time.now = templateUnusedMs - 1;
    expect(await templates.sweep(none)).toEqual(ok([]));
    const next = open();
    expect(await next.sweep(none)).toEqual(ok([]));
    time.now += templateUnusedMs;
    expect(await next.sweep(none)).toEqual(ok([template.name]));
    expect(standing.size).toBe(0);
  });

  test("not while it is used, or an attempt that is still to be answered names it", async () => {
    const { templates, time, standing } = store();
    await templates.ensure(template);
    time.now = templateUnusedMs;
    await templates.ensure(template);
    expect(await templates.sweep(none)).toEqual(ok([]));
    time.now += templateUnusedMs;
    expect(await templates.sweep(new Set([template.name]))).toEqual(ok([]));
    expect(standing.size).toBe(1);
    expect(await templates.sweep(none)).toEqual(ok([template.name]));
  });

  test("only where it has our tag, our cluster's and a name like ours", async () => {
    const ours = { [names.launchTag]: "template", "eks:eks-cluster-name": "prod" };
    const others = new Map<string, Readonly<Record<string, string>>>([
      ["karpenter.k8s.aws/karpenters", { "eks:eks-cluster-name": "prod" }],
      ["karpenter.k8s.aws/staging", { ...ours, "eks:eks-cluster-name": "staging" }],
      ["somebody", ours],
    ]);
    const { templates, time } = store(others);
    await templates.sweep(none);
    time.now = 10 * templateUnusedMs;
    expect(await templates.sweep(none)).toEqual(ok([]));
    expect(others.size).toBe(3);
  });
});
