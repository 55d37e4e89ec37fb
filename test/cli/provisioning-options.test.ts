/**
 * The options of who provisions: what they mean when they are left out, and what is wrong with a Lease's name.
 */
import { Command } from "commander";
import { expect, test } from "vitest";
import { karpenterLeaseOption, modeOption } from "../../src/cli/provisioning-options.ts";

function parse(...args: readonly string[]): unknown {
  const command = new Command("serve").addOption(modeOption()).addOption(karpenterLeaseOption());
  const told: string[] = [];
  command.exitOverride().configureOutput({ writeErr: (text) => told.push(text.trim()) });
  try {
    return command.parse([...args], { from: "user" }).opts();
  } catch {
    return told.join("\n");
  }
}

test("left out, nodes are provisioned unless a Karpenter is alive where its charts put it", () => {
  const leases = [
    { namespace: "kube-system", name: "karpenter-leader-election" },
    { namespace: "karpenter", name: "karpenter-leader-election" },
  ];
  expect(parse()).toEqual({ mode: "own", karpenterLease: leases });
});

test("other Leases take their place", () => {
  expect(parse("--mode", "observe", "--karpenter-lease", "infra/karpenter-a,infra/karpenter.b")).toEqual({
    mode: "observe",
    karpenterLease: [
      { namespace: "infra", name: "karpenter-a" },
      { namespace: "infra", name: "karpenter.b" },
    ],
  });
});

test.each(["karpenter", "a/b/c", "a/", "/b", "A/b", "a/b,"])("--karpenter-lease %s is refused, with its form", (text) => {
  expect(parse("--karpenter-lease", text)).toContain("is not namespace/name, such as kube-system/karpenter-leader-election.");
});

test("a mode that there is not is refused", () => {
  expect(parse("--mode", "watch")).toContain("Allowed choices are own, observe, off");
});
