/**
 * Validation of Pods and Pod templates: the mistakes that people make.
 *
 * Reads a Pod spec at a path. Returns the problems of containers, their resources, ports and names, and of a change of a Pod that only a new
 * Pod could take. Of the real server's validation it holds the parts that our manifests can meet.
 */
import { compareQuantities, isQuantity } from "../../kube/quantity.ts";
import type { FieldProblem } from "../api-failure.ts";
import {
  arrayAt,
  equalJson,
  isJsonObject,
  objectAt,
  stringAt,
  stringMapAt,
  valueAt,
  withValue,
  type JsonObject,
  type JsonValue,
} from "../json.ts";
import { duplicate, forbiddenField, invalidValue, notSupported, required } from "./field-problem.ts";

/** Returns the problems of a Pod spec. */
export function podSpecProblems(spec: JsonObject, path: string): readonly FieldProblem[] {
  const containers = arrayAt(spec, "containers");
  const seen = new Set<string>();
  return [
    ...(containers.length === 0 ? [required(`${path}.containers`)] : []),
    ...volumeProblems(spec, path),
    ...["initContainers", "containers"].flatMap((list) =>
      arrayAt(spec, list).flatMap((container, index) => containerProblems(container, `${path}.${list}[${index}]`, { seen, spec })),
    ),
    ...spreadProblems(spec, path),
    ...choiceProblems(spec, path),
  ];
}

const restartPolicies = ["Always", "OnFailure", "Never"];

function choiceProblems(spec: JsonObject, path: string): readonly FieldProblem[] {
  const policy = stringAt(spec, "restartPolicy") ?? "Always";
  const grace = valueAt(spec, "terminationGracePeriodSeconds");
  return [
    ...(restartPolicies.includes(policy) ? [] : [notSupported(`${path}.restartPolicy`, policy, restartPolicies)]),
    ...(typeof grace === "number" && grace < 0
      ? [invalidValue(`${path}.terminationGracePeriodSeconds`, grace, "must be greater than or equal to 0")]
      : []),
  ];
}

interface Siblings {
  readonly seen: Set<string>;
  readonly spec: JsonObject;
}

const labelPattern = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;

function containerProblems(container: JsonValue, path: string, { seen, spec }: Siblings): readonly FieldProblem[] {
  const name = stringAt(container, "name") ?? "";
  const isTaken = seen.has(name);
  seen.add(name);
  return [
    ...(name === "" ? [required(`${path}.name`)] : []),
    ...(name !== "" && isTaken ? [duplicate(`${path}.name`, name)] : []),
    ...(name !== "" && !labelPattern.test(name) ? [invalidValue(`${path}.name`, name, labelRule)] : []),
    ...((stringAt(container, "image") ?? "") === "" ? [required(`${path}.image`)] : []),
    ...mountProblems(container, path, spec),
    ...portProblems(container, path),
    ...resourceProblems(objectAt(container, "resources"), `${path}.resources`),
  ];
}

const labelRule =
  "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')";

function mountProblems(container: JsonValue, path: string, spec: JsonObject): readonly FieldProblem[] {
  const volumes = new Set(arrayAt(spec, "volumes").map((volume) => stringAt(volume, "name")));
  return arrayAt(container, "volumeMounts").flatMap((mount, index) => {
    const name = stringAt(mount, "name") ?? "";
    return volumes.has(name)
      ? []
      : [
          {
            reason: "FieldValueNotFound" as const,
            field: `${path}.volumeMounts[${index}].name`,
            message: `Not found: ${JSON.stringify(name)}`,
          },
        ];
  });
}

function portProblems(container: JsonValue, path: string): readonly FieldProblem[] {
  return arrayAt(container, "ports").flatMap((port, index) => {
    const number = valueAt(port, "containerPort");
    if (number === undefined || number === 0) return [required(`${path}.ports[${index}].containerPort`)];
    const isPort = typeof number === "number" && number > 0 && number < 65536;
    return isPort ? [] : [invalidValue(`${path}.ports[${index}].containerPort`, number, "must be between 1 and 65535, inclusive")];
  });
}

function volumeProblems(spec: JsonObject, path: string): readonly FieldProblem[] {
  const seen = new Set<string>();
  return arrayAt(spec, "volumes").flatMap((volume, index) => {
    const name = stringAt(volume, "name") ?? "";
    const isTaken = seen.has(name);
    seen.add(name);
    if (name === "") return [required(`${path}.volumes[${index}].name`)];
    return isTaken ? [duplicate(`${path}.volumes[${index}].name`, name)] : [];
  });
}

function resourceProblems(resources: JsonObject, path: string): readonly FieldProblem[] {
  const limits = stringMapAt(resources, "limits");
  const requests = stringMapAt(resources, "requests");
  return [
    ...Object.entries(limits).flatMap(([name, value]) => signProblems(value, `${path}.limits[${name}]`)),
    ...Object.entries(requests).flatMap(([name, value]) => {
      const limit = limits[name];
      const negative = signProblems(value, `${path}.requests[${name}]`);
      const exceeds = limit !== undefined && compareQuantities(value, limit) > 0;
      return exceeds
        ? [...negative, invalidValue(`${path}.requests`, value, `must be less than or equal to ${name} limit of ${limit}`)]
        : negative;
    }),
  ];
}

function signProblems(value: string, field: string): readonly FieldProblem[] {
  if (!isQuantity(value) || compareQuantities(value, "0") >= 0) return [];
  return [invalidValue(field, value, "must be greater than or equal to 0")];
}

function spreadProblems(spec: JsonObject, path: string): readonly FieldProblem[] {
  return arrayAt(spec, "topologySpreadConstraints").flatMap((constraint, index) => {
    const at = `${path}.topologySpreadConstraints[${index}]`;
    const skew = valueAt(constraint, "maxSkew");
    const unsatisfiable = stringAt(constraint, "whenUnsatisfiable");
    const choices = ["DoNotSchedule", "ScheduleAnyway"];
    return [
      ...(typeof skew === "number" && skew > 0 ? [] : [invalidValue(`${at}.maxSkew`, skew ?? 0, "must be greater than zero")]),
      ...((stringAt(constraint, "topologyKey") ?? "") === "" ? [required(`${at}.topologyKey`, "can not be empty")] : []),
      ...(unsatisfiable !== undefined && choices.includes(unsatisfiable)
        ? []
        : [notSupported(`${at}.whenUnsatisfiable`, unsatisfiable ?? "", choices)]),
    ];
  });
}

const mutableFields =
  "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)";

/** Returns the problems of a change of a Pod: only images, the deadline and added tolerations may change. */
export function podChangeProblems(pod: JsonObject, current: JsonObject): readonly FieldProblem[] {
  const after = comparable(objectAt(pod, "spec"));
  const before = comparable(objectAt(current, "spec"));
  if (equalJson(after, before) && keepsTolerations(pod, current)) return [];
  return [forbiddenField("spec", `pod updates may not change fields other than ${mutableFields}`)];
}

function keepsTolerations(pod: JsonObject, current: JsonObject): boolean {
  const after = arrayAt(pod, "spec", "tolerations");
  return arrayAt(current, "spec", "tolerations").every((toleration) => after.some((item) => equalJson(item, toleration)));
}

function comparable(spec: JsonObject): JsonObject {
  const bare = ["tolerations", "activeDeadlineSeconds"].reduce((at, name) => withValue(at, [name], undefined), spec);
  return ["containers", "initContainers"].reduce((at, list) => {
    const containers = arrayAt(at, list);
    if (containers.length === 0) return at;
    return withValue(
      at,
      [list],
      containers.map((container) => (isJsonObject(container) ? withValue(container, ["image"], "") : container)),
    );
  }, bare);
}
