/**
 * The Pod's row: readiness, the status word and restarts.
 *
 * Reads a Pod. Returns the cells of `kubectl get pods`; the status word is that of the real printer: a phase, a reason, Init:1/2, Terminating.
 */
import type { Instant } from "../../api/ports.ts";
import { arrayAt, numberAt, objectAt, stringAt, valueAt, type JsonObject, type JsonValue } from "../json.ts";
import { ageOf } from "./human-duration.ts";
import { columns, nameOf, objectAge, type Printer } from "./printer.ts";

/** Shows Pods. */
export const podPrinter: Printer = {
  columns: columns("Name", "Ready", "Status", "Restarts", "Age", "IP*", "Node*", "Nominated Node*", "Readiness Gates*"),
  cells: (pod, now) => {
    const statuses = arrayAt(pod, "status", "containerStatuses");
    const sidecars = sidecarStatuses(pod);
    const ready = [...statuses.filter(isRunningReady), ...sidecars.filter((status) => valueAt(status, "ready") === true)].length;
    const total = arrayAt(pod, "spec", "containers").length + sidecarNames(pod).size;
    return [
      nameOf(pod),
      `${ready}/${total}`,
      statusWord(pod),
      restarts([...statuses, ...sidecars], now),
      objectAge(pod, now),
      stringAt(arrayAt(pod, "status", "podIPs")[0], "ip") ?? "<none>",
      stringAt(pod, "spec", "nodeName") ?? "<none>",
      stringAt(pod, "status", "nominatedNodeName") ?? "<none>",
      readinessGates(pod),
    ];
  },
};

function isRunningReady(status: JsonValue): boolean {
  return valueAt(status, "ready") === true && valueAt(status, "state", "running") !== undefined;
}

function sidecarNames(pod: JsonObject): ReadonlySet<string> {
  const sidecars = arrayAt(pod, "spec", "initContainers").filter((item) => stringAt(item, "restartPolicy") === "Always");
  return new Set(sidecars.map((item) => stringAt(item, "name") ?? ""));
}

function sidecarStatuses(pod: JsonObject): readonly JsonValue[] {
  const names = sidecarNames(pod);
  return arrayAt(pod, "status", "initContainerStatuses").filter((status) => names.has(stringAt(status, "name") ?? ""));
}

function restarts(statuses: readonly JsonValue[], now: Instant): string {
  const count = statuses.reduce<number>((sum, status) => sum + (numberAt(status, "restartCount") ?? 0), 0);
  const ended = statuses.flatMap((status) => stringAt(status, "lastState", "terminated", "finishedAt") ?? []).sort();
  const last = ended.at(-1);
  return count === 0 || last === undefined ? String(count) : `${count} (${ageOf(last, now)} ago)`;
}

function statusWord(pod: JsonObject): string {
  const phase = stringAt(pod, "status", "phase") ?? "";
  const isTerminal = phase === "Succeeded" || phase === "Failed";
  if (stringAt(pod, "metadata", "deletionTimestamp") !== undefined) {
    if (stringAt(pod, "status", "reason") === "NodeLost") return "Unknown";
    if (!isTerminal) return "Terminating";
  }
  const initWord = initializingWord(pod);
  if (initWord !== undefined && !hasTrueCondition(pod, "Initialized")) return initWord;
  return runningWord(pod, gatedWord(pod) ?? stringAt(pod, "status", "reason") ?? phase);
}

function gatedWord(pod: JsonObject): string | undefined {
  const gated = arrayAt(pod, "status", "conditions").some(
    (condition) => stringAt(condition, "type") === "PodScheduled" && stringAt(condition, "reason") === "SchedulingGated",
  );
  return gated ? "SchedulingGated" : undefined;
}

function initializingWord(pod: JsonObject): string | undefined {
  const statuses = arrayAt(pod, "status", "initContainerStatuses");
  const sidecars = sidecarNames(pod);
  for (const [index, status] of statuses.entries()) {
    if (numberAt(status, "state", "terminated", "exitCode") === 0) continue;
    if (sidecars.has(stringAt(status, "name") ?? "") && valueAt(status, "started") === true) continue;
    const ended = valueAt(status, "state", "terminated");
    if (ended !== undefined) return `Init:${endedWord(objectAt(ended))}`;
    const waiting = stringAt(status, "state", "waiting", "reason");
    if (waiting !== undefined && waiting !== "PodInitializing") return `Init:${waiting}`;
    return `Init:${index}/${arrayAt(pod, "spec", "initContainers").length}`;
  }
  return undefined;
}

function endedWord(terminated: JsonObject): string {
  const signal = numberAt(terminated, "signal") ?? 0;
  return stringAt(terminated, "reason") ?? (signal === 0 ? `ExitCode:${numberAt(terminated, "exitCode") ?? 0}` : `Signal:${signal}`);
}

function runningWord(pod: JsonObject, start: string): string {
  let word = start;
  let failed: string | undefined;
  let isRunning = false;
  for (const status of arrayAt(pod, "status", "containerStatuses").toReversed()) {
    const ended = valueAt(status, "state", "terminated");
    word = stringAt(status, "state", "waiting", "reason") ?? (ended === undefined ? word : endedWord(objectAt(ended)));
    if (ended !== undefined && numberAt(ended, "exitCode") !== 0) failed = word;
    isRunning ||= isRunningReady(status);
  }
  if (word !== "Completed") return word;
  if (isRunning && hasTrueCondition(pod, "Ready")) return "Running";
  return failed ?? (isRunning ? "NotReady" : word);
}

function hasTrueCondition(pod: JsonObject, type: string): boolean {
  return arrayAt(pod, "status", "conditions").some(
    (condition) => stringAt(condition, "type") === type && stringAt(condition, "status") === "True",
  );
}

function readinessGates(pod: JsonObject): string {
  const gates = arrayAt(pod, "spec", "readinessGates");
  const met = gates.filter((gate) => hasTrueCondition(pod, stringAt(gate, "conditionType") ?? ""));
  return gates.length === 0 ? "<none>" : `${met.length}/${gates.length}`;
}
