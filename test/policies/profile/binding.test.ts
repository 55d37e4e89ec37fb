import { describe, expect, it } from "vitest";
import { platformNames } from "../../../src/api/labels.ts";
import { bindProfile, type BindingSubject } from "../../../src/policies/profile/binding.ts";
import type { WorkloadProfileSpec } from "../../../src/api/workload-profile.ts";
import { profile } from "../../support/objects.ts";

const names = platformNames();
const web: BindingSubject = {
  apiVersion: "apps/v1",
  kind: "Deployment",
  namespace: "shop",
  name: "web",
  labels: {},
  templateLabels: { app: "web" },
};
const named = (name: string, bind?: WorkloadProfileSpec["bind"], namespace?: string) =>
  profile({ name, ...(namespace === undefined ? {} : { namespace }), spec: bind === undefined ? {} : { bind } });
const targetWeb = { targetRef: { apiVersion: "apps/v1", kind: "Deployment", name: "web" } };
const selectWeb = { selector: { matchLabels: { app: "web" } } };

describe("binding a workload to its profile", () => {
  function check(
    name: string,
    profiles: Parameters<typeof bindProfile>[0]["profiles"],
    expected: string,
    workload: Partial<BindingSubject> = {},
  ) {
    it(name, () => {
      for (const order of [profiles, [...profiles].reverse()]) {
        const binding = bindProfile({ workload: { ...web, ...workload }, profiles: order, names });
        const told = {
          bound: () => (binding.kind === "bound" ? `${binding.profile.metadata.name} by ${binding.matchedBy}` : ""),
          none: () => "none",
          ambiguous: () => (binding.kind === "ambiguous" ? `${binding.rule}: ${binding.text}` : ""),
        }[binding.kind]();
        expect(told).toBe(expected);
      }
    });
  }
  const labelled = { labels: { [names.profileLabel]: "gold" } };

  check("binds by name where the profile says nothing", [named("web"), named("api")], "web by name");
  check("binds nothing where no profile fits", [named("api")], "none");
  check("looks only into the workload's namespace", [named("web", undefined, "elsewhere")], "none");
  check("prefers a targetRef to the name", [named("web"), named("gold", targetWeb)], "gold by targetRef");
  check("prefers a label to selector and name", [named("web"), named("gold"), named("s", selectWeb)], "gold by label", labelled);
  check("reads the label of the Pod template where the workload has none", [named("gold"), named("web")], "gold by label", {
    templateLabels: labelled.labels,
  });
  check("prefers the workload's own label to the template's", [named("gold"), named("tin")], "gold by label", {
    ...labelled,
    templateLabels: { [names.profileLabel]: "tin" },
  });
  check("prefers a selector to the name", [named("web"), named("s", selectWeb)], "s by selector");
  check("asks the next level where the label names no profile", [named("web")], "web by name", labelled);
  check("never binds by name a profile that targets another", [named("web", { targetRef: { kind: "Deployment", name: "api" } })], "none");
  check("tells kinds apart", [named("gold", { targetRef: { kind: "StatefulSet", name: "web" } })], "none");
  check(
    "tells API groups apart",
    [named("gold", { targetRef: { apiVersion: "argoproj.io/v1", kind: "Deployment", name: "web" } })],
    "none",
  );
  check(
    "takes every version of a group",
    [named("gold", { targetRef: { apiVersion: "apps/v1beta2", kind: "Deployment", name: "web" } })],
    "gold by targetRef",
  );
  check(
    "refuses two targetRefs",
    [named("a", targetWeb), named("b", targetWeb)],
    'BIND-002: profiles "a" and "b" both select Deployment/web',
  );
  check(
    "refuses two selectors",
    [named("b", selectWeb), named("a", selectWeb)],
    'BIND-002: profiles "a" and "b" both select Deployment/web',
  );
  check(
    "refuses a label and a targetRef that disagree",
    [named("gold"), named("b", targetWeb)],
    'BIND-003: label names profile "gold" but profile "b" targets this workload',
    labelled,
  );
  check("accepts a label and a targetRef that agree", [named("gold", targetWeb)], "gold by targetRef", labelled);
});
