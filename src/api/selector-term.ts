/**
 * Selector terms of EC2NodeClass: how subnets, security groups, images, reservations and placement groups are found.
 *
 * Returns their schemas. A list of terms is a disjunction; what a term states must hold together. An id says all there
 * is to say, so it stands alone.
 */
import { choice, list, mapOf, object, optional, text, type CelRule } from "./schema-field.ts";

const termsMax = 30;

const tags = optional(
  mapOf('Tags that must all be there; the value "*" means any.', text("The value of the tag."), {
    maxProperties: 20,
    "x-kubernetes-validations": [{ rule: "self.all(key, key != '' && self[key] != '')", message: "tag keys and values may not be empty" }],
  }),
);

/** The images of a family at a version, such as al2023@latest. */
const imageAlias = text("The provider's own images of a family at a version, such as al2023@v20260801 or bottlerocket@latest.", {
  maxLength: 30,
  "x-kubernetes-validations": [
    { rule: "self.matches('^[a-zA-Z0-9]+@.+$')", message: "an alias is <family>@<version>" },
    {
      rule: "self.split('@')[0] in ['al2', 'al2023', 'bottlerocket', 'windows2019', 'windows2022', 'windows2025']",
      message: "the family of an alias is al2, al2023, bottlerocket, windows2019, windows2022 or windows2025",
    },
    {
      rule: "self.split('@')[0] in ['windows2019', 'windows2022', 'windows2025'] ? self.split('@')[1] == 'latest' : true",
      message: "aliases of Windows families take only the version latest",
    },
  ],
});

export const subnetSelectorTerms = list(
  "Which subnets nodes may be launched into.",
  object("One way to find subnets.", { id: optional(text("The subnet's id.", { pattern: "subnetId" })), tags }),
  {
    maxItems: termsMax,
    "x-kubernetes-validations": [
      notEmpty("subnetSelectorTerms"),
      someOf(["tags", "id"]),
      { rule: "!self.all(x, has(x.id) && has(x.tags))", message: "a term with an id takes no tags" },
    ],
  },
);

export const securityGroupSelectorTerms = list(
  "Which security groups nodes get.",
  object("One way to find security groups.", {
    id: optional(text("The security group's id.", { pattern: "securityGroupId" })),
    name: optional(text("The security group's name (not its Name tag).")),
    tags,
  }),
  {
    maxItems: termsMax,
    "x-kubernetes-validations": [
      notEmpty("securityGroupSelectorTerms"),
      someOf(["tags", "id", "name"]),
      { rule: "!self.all(x, has(x.id) && (has(x.tags) || has(x.name)))", message: "a term with an id takes neither tags nor a name" },
      { rule: "!self.all(x, has(x.name) && (has(x.tags) || has(x.id)))", message: "a term with a name takes neither tags nor an id" },
    ],
  },
);

export const capacityReservationSelectorTerms = list(
  "Which capacity reservations may be used.",
  object("One way to find capacity reservations.", {
    id: optional(text("The reservation's id.", { pattern: "capacityReservationId" })),
    ownerID: optional(text("The account that owns the reservation.", { pattern: "accountId" })),
    instanceMatchCriteria: optional(choice("Whether instances use the reservation by themselves or only when told.", ["open", "targeted"])),
    tags,
  }),
  {
    maxItems: termsMax,
    "x-kubernetes-validations": [
      someOf(["tags", "id", "instanceMatchCriteria"]),
      {
        rule: "!self.all(x, has(x.id) && (has(x.tags) || has(x.ownerID) || has(x.instanceMatchCriteria)))",
        message: "a term with an id takes nothing else",
      },
    ],
  },
);

export const amiSelectorTerms = list(
  "Which images nodes may run.",
  object("One way to find images.", {
    alias: optional(imageAlias),
    id: optional(text("The image's id.", { pattern: "imageId" })),
    name: optional(text("The image's name; may hold wildcards.")),
    owner: optional(text("The account that owns the image, an alias of it, or self; without it, self and amazon.")),
    ssmParameter: optional(text("The SSM parameter that holds the image's id.")),
    tags,
  }),
  {
    minItems: 1,
    maxItems: termsMax,
    "x-kubernetes-validations": [
      someOf(["tags", "id", "name", "alias", "ssmParameter"]),
      {
        rule: "!self.exists(x, has(x.id) && (has(x.alias) || has(x.tags) || has(x.name) || has(x.owner)))",
        message: "a term with an id takes neither alias, tags, name nor owner",
      },
      {
        rule: "!self.exists(x, has(x.alias) && (has(x.id) || has(x.tags) || has(x.name) || has(x.owner)))",
        message: "a term with an alias takes neither id, tags, name nor owner",
      },
      { rule: "self.size() == 1 || !self.exists(x, has(x.alias))", message: "an alias must be the only term" },
    ],
  },
);

export const placementGroupSelector = object(
  "The placement group that nodes are launched into.",
  {
    name: optional(text("The placement group's name.", { minLength: 1 })),
    id: optional(text("The placement group's id.", { pattern: "placementGroupId" })),
  },
  { "x-kubernetes-validations": [{ rule: "has(self.name) != has(self.id)", message: "exactly one of name and id must be set" }] },
);

function notEmpty(field: string): CelRule {
  return { rule: "self.size() != 0", message: `${field} needs at least one term` };
}

function someOf(fields: readonly string[]): CelRule {
  return {
    rule: `self.all(x, ${fields.map((field) => `has(x.${field})`).join(" || ")})`,
    message: `each term needs one of ${fields.join(", ")}`,
  };
}
