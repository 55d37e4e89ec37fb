/**
 * The requirements list of NodePool, NodeClaim and NodeOverlay: what nodes may be, as conditions on their labels.
 *
 * Reads which keys a kind keeps for itself. Returns the list's schema. The restrictions are Karpenter's: its own label
 * domains are not for users, except the labels that describe capacity, which every NodePool may ask for.
 */
import { awsLabelDomain, openAwsLabels, overlayAwsLabels } from "./labels.ts";
import { choice, list, object, optional, text, whole, type CelRule } from "./schema-field.ts";

const openCoreLabels = ["karpenter.sh/capacity-type", "karpenter.sh/nodepool"];

const domainRules = (awsLabels: readonly string[]): readonly { readonly domain: string; readonly open: readonly string[] }[] => [
  { domain: "karpenter.sh", open: openCoreLabels },
  { domain: awsLabelDomain, open: awsLabels },
];

const boundRule: CelRule = {
  rule: "self.all(x, x.operator in ['Gt', 'Lt', 'Gte', 'Lte'] ? (x.values.size() == 1 && int(x.values[0]) >= 0) : true)",
  message: "operators Gt, Lt, Gte and Lte need exactly one value, a whole number not below 0",
};

/**
 * Returns the CEL rules that keep users out of the label keys that Karpenter owns.
 *
 * `over` says whether the rules stand on one key or on a map of labels; `nodePoolLabel` whether karpenter.sh/nodepool,
 * which only the provisioner sets, may be written (NodeClaims: yes, NodePools: no); `awsLabels` which of the provider's
 * labels may be.
 */
export function restrictedKeyRules(options: {
  readonly over: "key" | "labels";
  readonly nodePoolLabel: "allowed" | "refused";
  readonly awsLabels?: readonly string[];
}): readonly CelRule[] {
  const refused = ["kubernetes.io/hostname", ...(options.nodePoolLabel === "refused" ? ["karpenter.sh/nodepool"] : [])];
  const subject = options.over === "key" ? "self" : "key";
  const each = (condition: string) => (options.over === "key" ? condition : `self.all(key, ${condition})`);
  return [
    ...domainRules(options.awsLabels ?? openAwsLabels).map(({ domain, open }) => ({
      rule: each(`${subject} in [${open.map(quoted).join(", ")}] || !${subject}.find('^([^/]+)').endsWith('${domain}')`),
      message: `labels of the domain ${domain} are set by the provisioner`,
    })),
    ...refused.map((key) => ({ rule: each(`${subject} != ${quoted(key)}`), message: `label ${key} is set by the provisioner` })),
  ];
}

/** Returns the schema of a requirements list, which differs between kinds by the keys that may be named. */
export function requirementList(options: { readonly nodePoolLabel: "allowed" | "refused" }) {
  const requirement = object("One condition on a label of the node.", {
    ...condition(restrictedKeyRules({ over: "key", nodePoolLabel: options.nodePoolLabel })),
    minValues: optional(whole("At least this many different values must stay possible.", { minimum: 1, maximum: 50 })),
  });
  return list("What nodes may be; all conditions must hold.", requirement, {
    maxItems: 100,
    "x-kubernetes-list-type": "atomic",
    "x-kubernetes-validations": [
      valuesNeeded("In"),
      boundRule,
      {
        rule: "self.all(x, (x.operator == 'In' && has(x.minValues)) ? x.values.size() >= x.minValues : true)",
        message: "minValues needs at least that many values",
      },
    ],
  });
}

/** Returns the schema of a NodeOverlay's requirements: no minValues, and fewer of the provider's labels. */
export function overlayRequirementList() {
  const requirement = object(
    "One condition on a label of the node.",
    condition(restrictedKeyRules({ over: "key", nodePoolLabel: "allowed", awsLabels: overlayAwsLabels })),
  );
  return list("The nodes that it is about, by their labels; all conditions must hold.", requirement, {
    maxItems: 100,
    "x-kubernetes-list-type": "atomic",
    "x-kubernetes-validations": [valuesNeeded("NotIn"), valuesNeeded("In"), boundRule],
  });
}

/** The fields of a condition, under the rules for its key. */
function condition(keyRules: readonly CelRule[]) {
  return {
    key: text("The label.", { maxLength: 316, pattern: "qualifiedName", "x-kubernetes-validations": keyRules }),
    operator: choice("How the label's value is compared.", ["In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt", "Gte", "Lte"]),
    values: optional(
      list("The values of In and NotIn; the one whole number of Gt, Lt, Gte and Lte.", text("A value."), {
        "x-kubernetes-list-type": "atomic",
        "x-plimsoll-check": "each is a label value",
      }),
    ),
  };
}

function valuesNeeded(operator: "In" | "NotIn"): CelRule {
  return {
    rule: `self.all(x, x.operator == '${operator}' ? x.values.size() != 0 : true)`,
    message: `operator ${operator} needs at least one value`,
  };
}

function quoted(text: string): string {
  return `'${text}'`;
}
