/**
 * DRAIN-011, -013, -026: whether Ready means that a Pod can serve, which is all that a budget counts.
 *
 * Reads probes, budgets, Services and the cold starts that a profile's status has measured.
 */
import type { Probe } from "../../api/pod.ts";
import { evictionsAllowed } from "../../kube/disruption-budget.ts";
import { isScraped } from "../../kube/service.ts";
import { actionChoice } from "../action-param.ts";
import { countText } from "../count-words.ts";
import { isServing, podFieldPath, servingContainerOf } from "../drain-pod.ts";
import { budgetNameOf } from "../budget-words.ts";
import { aboutWorkload, pathIn } from "../facts.ts";
import { servicesSelecting } from "../selecting-objects.ts";
import type { WorkloadView } from "../workload-view.ts";
import { deploymentExample, profileExample, serviceExample } from "./drain-examples.ts";
import type { FindingAction } from "../verdict.ts";
import { classOf, type Problem, type Rule } from "./rule.ts";

const probe = "readinessProbe: {httpGet: {path: /ready, port: 8080}}";

export const drain011: Rule = {
  id: "DRAIN-011",
  summary: "A service without a readinessProbe: its Pods are Ready at once, so a drain goes on before the replacement serves.",
  defaultAction: "deny",
  needs: [["service", "budget"]],
  why: "Without a profile, and without a Service that sends it traffic, it only warns: many Pods need no probe, and most charts have none. A Service whose ports are all named for metrics (metrics, servicemonitor, without http or grpc) sends a collector's scrapes and no traffic.",
  subjects: ["workload"],
  params: {
    unprofiled: actionChoice({ default: "warn", meaning: "a workload without a WorkloadProfile" }),
  },
  examples: {
    admitted: `${serviceExample}---${deploymentExample({ container: probe })}`,
    denied: `${serviceExample}---${deploymentExample()}`,
  },
  judge: ({ views, snapshot }, params) =>
    views.flatMap((view): readonly Problem[] => {
      const container = servingContainerOf(view);
      const isProbed = view.pod.spec.containers.some(({ readinessProbe }) => readinessProbe !== undefined);
      if (!isServing(view.workload) || container === undefined || isProbed) return [];
      const isServed = servicesSelecting(view.workload, snapshot).some((service) => !isScraped(service));
      const [budget] = view.foreignBudgets;
      if (!isServed && budget === undefined) return [];
      const harm =
        isServed || budget === undefined
          ? "a replacement would take traffic before it is ready"
          : `PDB "${budgetNameOf(budget)}" counts replacements as healthy at once`;
      const bound = view.binding.kind === "bound";
      const unprofiled: FindingAction = params["unprofiled"] === "audit" ? "audit" : "warn";
      const isSoft = !isServed || (!bound && params["unprofiled"] !== "deny");
      const action: FindingAction = bound ? "warn" : unprofiled;
      const index = view.pod.spec.containers.indexOf(container);
      return [
        {
          path: podFieldPath(view, `containers/${index}/readinessProbe`),
          message: `container "${container.name}" has no readinessProbe; ${harm}`,
          fix: "add readinessProbe",
          ...(isSoft ? { action } : {}),
          ...classOf(view),
        },
      ];
    }),
};

export const drain013: Rule = {
  id: "DRAIN-013",
  summary: "Pods that start slowly under a budget that lets several go at once: a drain takes them out together for as long as they start.",
  defaultAction: "warn",
  needs: ["promises"],
  subjects: ["workload", "profile", "budget"],
  params: {
    seconds: { kind: "number", default: 60, min: 1, meaning: "from how many seconds on a start (19 of 20 are faster) is slow" },
  },
  examples: {
    admitted: `${profileWithStart(20)}---${deploymentExample({ replicas: 10 })}`,
    denied: `${profileWithStart(300)}---${deploymentExample({ replicas: 10 })}`,
  },
  judge: (facts, params) =>
    facts.views.flatMap((view): readonly Problem[] => {
      const seconds = view.binding.kind === "bound" ? view.binding.profile.status?.coldStart?.p95Seconds : undefined;
      if (seconds === undefined || seconds < Number(params["seconds"])) return [];
      const { replicas } = view.workload;
      const together = Math.min(replicas, evictionsTogether(view) ?? 0);
      if (together < 2) return [];
      return [
        {
          path: pathIn(facts, { profile: "/spec/disruption", budget: "/spec" }),
          message: `${aboutWorkload(facts, view)}cold start p95 ${seconds} s x evictions allowed at once would take ${together} of ${countText(replicas, "replica")} out together`,
          fix: "lower maxUnavailable or speed up start",
          ...classOf(view),
        },
      ];
    }),
};

export const drain026: Rule = {
  id: "DRAIN-026",
  summary:
    "A readinessProbe that asks another service: when that one is down all replicas are unready at once, and no budget allows a drain.",
  defaultAction: "warn",
  subjects: ["workload"],
  examples: {
    admitted: deploymentExample({ container: 'readinessProbe: {exec: {command: [curl, -f, "http://localhost:8080/ready"]}}' }),
    denied: deploymentExample({ container: 'readinessProbe: {exec: {command: [curl, -f, "http://orders-db:5432/"]}}' }),
  },
  judge: ({ views }) =>
    views.flatMap((view) =>
      isServing(view.workload)
        ? view.pod.spec.containers.flatMap(({ name, readinessProbe }, index): readonly Problem[] => {
            const peer = readinessProbe === undefined ? undefined : peerOf(readinessProbe);
            if (peer === undefined) return [];
            return [
              {
                path: podFieldPath(view, `containers/${index}/readinessProbe`),
                message: `container "${name}": its readinessProbe depends on ${peer}; if that fails, all replicas are unready and no drain goes on`,
                fix: "probe the container itself",
                ...classOf(view),
              },
            ];
          })
        : [],
    ),
};

/** What may go at once: under the compiled budget, else under the one foreign one. */
function evictionsTogether({ contract, foreignBudgets, workload }: WorkloadView): number | undefined {
  const budget = contract?.budget.kind === "budget" ? contract.budget.budget : foreignBudgets[0];
  return budget === undefined ? undefined : evictionsAllowed({ budget: budget.spec, replicas: workload.replicas });
}

/** Commands that ask over the network, with the host after a scheme, an option or as a bare word. */
const asksOver = /(?:^|[\s/])(?:curl|wget|nc|ncat|psql|pg_isready|mysql|mysqladmin|redis-cli|mongosh?|grpcurl)\s/;
const hostPattern = /(?:\w+:\/\/(?:[^\s/@]+@)?|-h\s*|--host[=\s])([A-Za-z0-9][-A-Za-z0-9.]*)/;
const itself: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "0.0.0.0"]);

function peerOf({ exec, httpGet, tcpSocket }: Probe): string | undefined {
  const command = (exec?.command ?? []).join(" ");
  const host = asksOver.test(command) ? hostPattern.exec(command)?.[1] : (httpGet?.host ?? tcpSocket?.host);
  return host === undefined || host === "" || itself.has(host) ? undefined : host;
}

function profileWithStart(p95Seconds: number): string {
  const profile = profileExample("runtimeClass: general, availability: {minReplicas: 10}, scaling: {maxReplicas: 20}");
  return `${profile}status: {coldStart: {p95Seconds: ${p95Seconds}, samples: 40}}\n`;
}
