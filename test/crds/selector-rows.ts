// Rows for the selector terms of EC2NodeClass.
import { fields, values, type Row, type Verdict } from "./row.ts";

const tags = { discovery: "main" };
const manyTags = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`tag-${index}`, "a"]));
const badTags = [manyTags(21), { "": "a" }, { discovery: "" }, { discovery: 1 }];

export function selectorRows(): readonly Row[] {
  return [...subnetRows(), ...securityGroupRows(), ...reservationRows(), ...placementRows(), ...imageRows()];
}

function subnetRows(): readonly Row[] {
  const list = "/spec/subnetSelectorTerms";
  return [
    ...values(
      list,
      "refused",
      undefined,
      [],
      terms(31, { id: "subnet-1" }),
      [{}],
      [{ id: "1" }],
      [{ id: "subnet-" }],
      [{ id: "subnet-1", tags }],
    ),
    ...values(list, "refused", ...badTags.map((bad) => [{ tags: bad }]), [{ name: "a" }]),
    ...values(
      list,
      "accepted",
      terms(30, { id: "subnet-1" }),
      [{ id: "subnet-1" }],
      [{ tags: manyTags(20) }],
      [{ tags: {} }],
      [{ tags: { a: "*" } }],
    ),
    // Upstream refuses an id beside tags only where all terms have both, and doesn't anchor ids.
    ...values(list, "accepted", [{ id: "subnet-1", tags }, { tags }], [{ id: "my-subnet-1!" }]),
  ];
}

function securityGroupRows(): readonly Row[] {
  const list = "/spec/securityGroupSelectorTerms";
  return [
    ...values(
      list,
      "refused",
      undefined,
      [],
      terms(31, { id: "sg-1" }),
      [{}],
      [{ id: "1" }],
      [{ id: "sg-1", tags }],
      [{ id: "sg-1", name: "a" }],
    ),
    ...values(list, "refused", [{ name: "a", tags }], ...badTags.map((bad) => [{ tags: bad }])),
    ...values(
      list,
      "accepted",
      terms(30, { id: "sg-1" }),
      [{ id: "sg-1" }],
      [{ name: "a" }],
      [{ tags }],
      [{ id: "sg-1", tags }, { name: "a" }],
    ),
  ];
}

function reservationRows(): readonly Row[] {
  const list = "/spec/capacityReservationSelectorTerms";
  const ownerID = "123456789012";
  return [
    // Upstream's rule about ids is also broken by a list without terms.
    ...values(list, "refused", []),
    ...values(
      list,
      "accepted",
      terms(30, { id: "cr-1" }),
      [{ id: "cr-1" }],
      [{ tags }],
      [{ tags, ownerID }],
      [{ instanceMatchCriteria: "open" }],
    ),
    ...values(list, "accepted", [{ instanceMatchCriteria: "targeted", ownerID, tags }], [{ id: "cr-1", tags }, { tags }]),
    ...values(
      list,
      "refused",
      terms(31, { id: "cr-1" }),
      [{}],
      [{ ownerID }],
      [{ id: "cr-" }],
      [{ id: "my-cr-1" }],
      [{ id: "cr-1", tags }],
    ),
    ...values(
      list,
      "refused",
      [{ id: "cr-1", ownerID }],
      [{ id: "cr-1", instanceMatchCriteria: "open" }],
      [{ tags, ownerID: "12345678901" }],
    ),
    ...values(list, "refused", [{ instanceMatchCriteria: "all" }], ...badTags.map((bad) => [{ tags: bad }])),
  ];
}

function placementRows(): readonly Row[] {
  const selector = "/spec/placementGroupSelector";
  return [
    ...values(selector, "accepted", { name: "a" }, { id: "pg-1" }),
    ...values(selector, "refused", {}, { name: "" }, { id: "1" }, { id: "my-pg-1" }, { name: "a", id: "pg-1" }),
  ];
}

function imageRows(): readonly Row[] {
  const list = "/spec/amiSelectorTerms";
  const custom = (verdict: Verdict, ...given: readonly unknown[]): readonly Row[] =>
    given.map((terms) =>
      fields(`${list} = ${JSON.stringify(terms).slice(0, 90)} with amiFamily`, verdict, { [list]: terms, "/spec/amiFamily": "Custom" }),
    );
  const aliases = (verdict: Verdict, ...given: readonly unknown[]) => given.flatMap((alias) => values(list, verdict, [{ alias }]));
  return [
    ...values(list, "refused", undefined),
    ...custom(
      "refused",
      [],
      terms(31, { id: "ami-1" }),
      [{}],
      [{ owner: "self" }],
      [{ id: "1" }],
      ...badTags.map((bad) => [{ tags: bad }]),
    ),
    ...custom(
      "accepted",
      terms(30, { id: "ami-1" }),
      [{ id: "ami-1" }],
      [{ name: "a*" }],
      [{ tags, owner: "self" }],
      [{ ssmParameter: "/a" }],
    ),
    ...["alias", "tags", "name", "owner"].flatMap((field) =>
      custom("refused", [{ id: "ami-1", [field]: field === "tags" ? tags : "al2023@latest" }]),
    ),
    ...["tags", "name", "owner"].flatMap((field) =>
      custom("refused", [{ alias: "al2023@latest", [field]: field === "tags" ? tags : "a" }]),
    ),
    // Upstream lets ssmParameter stand beside id and alias.
    ...custom("accepted", [{ id: "ami-1", ssmParameter: "/a" }], [{ alias: "al2023@latest", ssmParameter: "/a" }]),
    ...custom("refused", [{ alias: "al2023@latest" }, { id: "ami-1" }], [{ alias: "al2023@latest" }, { alias: "al2023@latest" }]),
    ...custom("refused", [{ tags }, { id: "ami-1", name: "a" }]),
    ...aliases("accepted", "al2@latest", "al2023@v20260801", "bottlerocket@1.20.0", "windows2019@latest", "windows2022@latest"),
    ...aliases("accepted", "windows2025@latest", "al2023@latest@more"),
    ...aliases("refused", "", "al2023", "al2023@", "@latest", "ubuntu@latest", "AL2023@latest", "al-2023@latest", 1),
    ...aliases("refused", "windows2019@v1", "windows2022@v1", "windows2025@v1", `al2023@${"v".repeat(24)}`),
    ...aliases("accepted", `al2023@${"v".repeat(23)}`),
  ];
}

function terms(count: number, term: object): readonly object[] {
  return Array.from({ length: count }, () => term);
}
