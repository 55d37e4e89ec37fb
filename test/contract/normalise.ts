// What two API servers may answer differently without being different: ids, times, revisions, ownership, texts of documentation.

const timePattern = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z/g;
const uidPattern = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/** Returns a JSON answer without what may differ. */
export function normalised(value: unknown): unknown {
  if (typeof value === "string") return normalisedText(value);
  if (Array.isArray(value)) return value.map(normalised);
  if (typeof value !== "object" || value === null) return value;
  const members = Object.entries(value).flatMap(([name, member]): [string, unknown][] => {
    if (name === "managedFields" || name === "description" || (name === "creationTimestamp" && member === null)) return [];
    if (name === "resourceVersion" && typeof member === "string") return [[name, member === "" ? "" : "<rv>"]];
    if (name === "continue") return [[name, "<continue>"]];
    if (name === "clusterIP" && member !== "None") return [[name, "<ip>"]];
    if (name === "clusterIPs") return [[name, ["<ip>"]]];
    return [[name, normalised(member)]];
  });
  return Object.fromEntries(members);
}

/** Returns a text without ids, times and generated suffixes. */
export function normalisedText(text: string): string {
  return text
    .replace(/Invalid value: "\{\\".*\}": /gs, 'Invalid value: "<object>": ') // a refused patch quotes the whole object
    .replace(uidPattern, "<uid>")
    .replace(timePattern, "<time>")
    .replace(/(generated-)[bcdfghjklmnpqrstvwxz2456789]{5}\b/g, "$1<suffix>");
}

/** Returns what kubectl printed, with ages, ids, addresses, and runs of blanks made equal. */
export function normalisedOutput(text: string): readonly string[] {
  return normalisedText(text)
    .replace(/\b\d+(s|m\d+s)\b/g, "<age>")
    .replace(/\b10\.\d+\.\d+\.\d+\b/g, "<ip>")
    .replace(/resourceVersion: "\d+"/g, 'resourceVersion: "<rv>"')
    .replace(/(CreationTimestamp|Start Time|Created On):(\s+).*/g, "$1: <time>")
    .split("\n")
    .map((line) => line.replace(/\s+/g, " ").trimEnd());
}
