/**
 * The policies file: what the platform team edits (policies.yaml).
 *
 * One schema; the TypeScript type, the validator and the docs table come from it. It is no Kubernetes object. What one
 * entry says about another, and whether a rule id exists, is checked where the file is parsed.
 */
import { anything, choice, flag, list, mapOf, object, open, optional, text, whole, type Shape } from "./schema-field.ts";
import { workloadClassSchema } from "./workload-class.ts";

const action = choice("What a finding does.", ["deny", "warn", "audit", "off"]);
const word = text("A word.");
const labelMap = mapOf("Labels that must all be there.", text("The value of the label."));

const settings = object("What holds for all.", {
  defaultClass: optional(text("Class of workloads that name none.", { "x-plimsoll-default": "general" })),
  unprofiled: optional(choice("What happens to workloads without a profile.", ["allow", "warn", "deny"], { "x-plimsoll-default": "warn" })),
  failurePolicy: optional(
    mapOf(
      "By class: whether requests are let in while nobody answers.",
      choice("open lets them in and lists them later; closed refuses them.", ["open", "closed"]),
      { "x-plimsoll-check": "a closed class needs grants" },
    ),
  ),
  docsBase: optional(text("Address under which each rule has its page.")),
  capacityAdvice: optional(
    choice(
      "Whether a workload that asks for more Pods is told what nodes and money they need; where Plimsoll provisions.",
      ["off", "warn"],
      {
        "x-plimsoll-default": "off",
      },
    ),
  ),
  evictions: optional(
    choice(
      "Who answers evictions that can't be now: the API server alone, Plimsoll with the reason, or it with a replacement of a single replica first.",
      ["off", "explain", "surge"],
      { "x-plimsoll-default": "surge" },
    ),
  ),
  rebalanceRecommendation: optional(
    choice(
      "What follows where the cloud says that a Spot instance may soon be taken back: an Event, or a replacement; where Plimsoll provisions.",
      ["event", "replace"],
      { "x-plimsoll-default": "event" },
    ),
  ),
  podPatch: optional(
    list("Members of a Pod's spec that the podPatch of a profile may set.", text("A member such as priorityClassName."), {
      "x-plimsoll-default": "priorityClassName, runtimeClassName",
    }),
  ),
  grandfather: optional(
    object("Workloads that were there before are not denied at once.", {
      before: text("Workloads created before this are meant.", { pattern: "date" }),
      until: text("The day on which this ends.", { pattern: "date" }),
      unlessChanged: optional(list("Fields whose change is judged as a new workload.", word, { "x-plimsoll-default": "[spec.template]" })),
    }),
  ),
  controllers: optional(
    list(
      "Who is believed about the owners of what they make. Others are believed where they may update the owner's finalizers and status; of kinds that we don't judge one of the two is enough.",
      object("Some controllers.", {
        users: optional(list("Their names, as the API server has them.", text("A user such as system:serviceaccount:NAMESPACE:NAME."))),
        groups: optional(list("Their groups.", text("A group such as system:serviceaccounts:NAMESPACE."))),
        makes: list("What they make for an owner.", choice("A kind.", ["Pod", "ReplicaSet", "Job"])),
      }),
    ),
  ),
  provider: optional(object("What provisions nodes.", { kind: choice("The provisioner.", ["karpenter", "eks-auto"]) })),
  maxNewDenials: optional(whole("Refuse an edit that would newly deny more live workloads than this.", { minimum: 0 })),
  iKnow: optional(flag("Accept a file that would deny the platform's own namespaces.", { "x-plimsoll-default": "false" })),
});

const grant = object("Who may use a class; a class without a grant is for all.", {
  namespaces: optional(list("Namespaces by name; * stands for any text.", text("A namespace or a pattern."))),
  namespaceSelector: optional(object("Namespaces by their labels.", { matchLabels: optional(labelMap) })),
  requestFrom: optional(text("Whom to ask for a grant.")),
});

const namespaceSettings = object("What differs in some namespaces.", {
  classDefaults: optional(mapOf("Values that replace the class's own, by class.", workloadClassSchema)),
});

const costOwners = object("Who may pay.", {
  source: optional(choice("Where the owners come from.", ["list"], { "x-plimsoll-default": "list" })),
  values: list("The owners.", text("An owner.")),
  requiredOn: optional(list("What must name an owner.", choice("A kind.", ["profile", "nodepool"]))),
  tagKey: optional(text("The tag of the cloud that carries the owner.")),
});

const rule = object("How one rule acts.", {
  action: optional({ ...action, "x-plimsoll-default": "the rule's own" }),
  params: optional(open("Numbers and words of the rule.")),
  scope: optional(
    object("Where the rule holds; without it, everywhere.", {
      classes: optional(list("Only these classes.", text("A class."))),
      namespaces: optional(list("Only these namespaces; ! before a pattern leaves them out.", text("A namespace or a pattern."))),
      labels: optional(labelMap),
    }),
  ),
  until: optional(text("The day on which then takes over.", { pattern: "date" })),
  then: optional({ ...action, description: "The action from until on." }),
});

const customRule = object("A rule of your own, as a CEL expression.", {
  id: text("Its id, such as X-IMG-001.", { pattern: "ruleId", "x-plimsoll-check": "starts with X-" }),
  match: optional(
    object("What it judges.", {
      kinds: optional(
        list("Only these kinds. Pod stands for every workload too, unless an expression reads object or oldObject.", text("A kind."), {
          "x-plimsoll-default": "every kind that is a workload",
        }),
      ),
      classes: optional(list("Only these classes.", text("A class."))),
      namespaces: optional(list("Only these namespaces.", text("A namespace or a pattern."))),
      labels: optional(labelMap),
    }),
  ),
  forEach: optional(
    text("A list, such as pod.containers, or CEL that gives one; the expression holds item for each of its elements.", {
      "x-plimsoll-default": "the object itself",
    }),
  ),
  expression: text("CEL; true means allowed."),
  messageExpression: optional(text("CEL; the text of a finding.")),
  fix: optional(text("What to do about it.")),
  action: optional({ ...action, "x-plimsoll-default": "deny" }),
  until: optional(text("The day on which then takes over.", { pattern: "date" })),
  then: optional({ ...action, description: "The action from until on." }),
  onError: optional(
    choice(
      "What happens where the expression fails on what an object says. One that takes too many steps is always a finding.",
      ["deny", "allow"],
      { "x-plimsoll-default": "deny" },
    ),
  ),
  owner: optional(text("Who mends the rule; named where its expression fails.", { "x-plimsoll-default": "the owners of the file" })),
  tests: optional(
    list(
      "Cases that must hold before the file is taken.",
      object("One case.", {
        name: text("Its name."),
        object: anything("The object, or the file that holds it, seen from the policies file."),
        expect: choice("What must come of it.", ["allow", "deny"]),
      }),
    ),
  ),
});

const nodepoolReview = object("How NodePools and NodeClasses are reviewed.", {
  naming: optional(text("Regular expression for names.")),
  forbiddenNames: optional(list("Names that say nothing.", word)),
  minInstanceTypes: optional(mapOf("Least number of instance types, by capacity type.", whole("At least so many.", { minimum: 1 }))),
  justifications: optional(list("Reasons for which instance types may be pinned.", word)),
  requireTags: optional(list("Tags that a NodeClass must set.", word)),
  rules: optional(mapOf("Actions of review rules, by id.", action)),
});

const exemption = object("One exemption from rules.", {
  id: text("Its id, such as EX-2026-014."),
  rules: list("The rules that it lifts.", text("A rule id."), { minItems: 1 }),
  match: object("What is exempt; at least a namespace, and a name, labels or groups.", {
    namespace: text("The namespace, or a pattern such as team-*."),
    kind: optional(text("The kind.")),
    name: optional(text("The name, or a pattern such as ledger-*.")),
    labels: optional(labelMap),
    groups: optional(
      list(
        "Groups of who asks, such as those on call: requests of others are refused as before. Each use makes an Event.",
        text("A group."),
        {
          minItems: 1,
        },
      ),
    ),
  }),
  owner: text("Who answers for it."),
  reason: text("Why."),
  expires: text("The day on which it ends.", { pattern: "date", "x-plimsoll-check": "at most 180 days after the approval" }),
  approved: optional(
    text("The day on which it was approved.", { pattern: "date", "x-plimsoll-default": "the day on which the file is read" }),
  ),
  approvedBy: optional(text("Who approved it.")),
  compensate: optional(
    list(
      "What is done in return: a NodePool whose nodes are drained in a window only (EX-002).",
      object("One measure.", {
        pool: text("The NodePool."),
        drainWindow: text("When its nodes may be drained: cron in UTC.", { pattern: "cron" }),
        duration: text("How long.", { pattern: "duration" }),
      }),
    ),
  ),
});

const migration = object("A move to other NodePools that is under way.", {
  active: flag("Whether it is."),
  until: optional(text("The day on which it ends.", { pattern: "date" })),
  taint: optional(
    text("Key of the taint that keeps Pods off new NodePools.", {
      pattern: "qualifiedName",
      "x-plimsoll-default": "migration.platform.example.com/karpenter; with provider eks-auto, eks-auto-mode",
    }),
  ),
  classesDone: optional(list("Classes that have moved.", text("A class."))),
});

export const policiesFileSchema = object("What the platform team decides.", {
  apiVersion: text("The version of the file's form.", { pattern: "policiesApiVersion" }),
  settings: optional(settings),
  classes: mapOf("The catalogue: each class by its name.", workloadClassSchema),
  grants: optional(mapOf("Who may use a class, by class.", grant)),
  namespaces: optional(mapOf("What differs in some namespaces, by name; * stands for any text.", namespaceSettings)),
  costOwners: optional(costOwners),
  rules: optional(mapOf("How built-in rules act, by id; a rule that is left out acts by its default.", rule)),
  custom: optional(list("Rules of your own.", customRule)),
  nodepoolReview: optional(nodepoolReview),
  exemptions: optional(list("Exemptions from rules.", exemption)),
  migration: optional(migration),
});

/** The policies file as decoded from YAML. */
export type PoliciesFile = Shape<typeof policiesFileSchema>;

export type RuleEntry = Shape<typeof rule>;

export type CustomRuleEntry = Shape<typeof customRule>;

export type ExemptionEntry = Shape<typeof exemption>;
