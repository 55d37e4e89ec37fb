/**
 * Patterns of text fields, and for each the words that say what is expected.
 *
 * Reads a name. Returns a regular expression in the common part of RE2 (the API server's) and JavaScript's. The words
 * stand where a regular expression would otherwise be shown to a person. Karpenter's kinds accept exactly what
 * upstream's CRDs accept, so their patterns are upstream's or equal to them.
 */
interface PatternInfo {
  readonly source: string;
  /** Completes the sentence "must be …". */
  readonly words: string;
}

const number = "(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))";
const dnsName = "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*";
const labelName = "([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]";

/** An amount as people write it: not below 0. Short, since the API server shows it to whoever gets it wrong. */
const amount = "[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?";

const patternTable = {
  quantity: {
    source: `^(\\+|-)?${number}(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?${number}))?$`,
    words: "a Kubernetes quantity such as 500m or 2Gi",
  },
  amount: { source: `^${amount}$`, words: "a Kubernetes quantity such as 500m or 2Gi" },
  amountOrNone: { source: `^(none|${amount})$`, words: "a Kubernetes quantity such as 500m or 2Gi, or none" },
  amountOrPercent: { source: `^([0-9]{1,3}%|${amount})$`, words: "a percentage such as 70%, or a quantity such as 100" },
  percent: { source: "^(100|[0-9]{1,2})%$", words: "a whole number, or a percentage from 0% to 100%" },
  qualifiedName: { source: `^(${dnsName}(\\/))?${labelName}$`, words: "a label key such as name or example.com/name" },
  labelValue: { source: `^(${labelName})?$`, words: "a label value: letters, digits, - _ . with a letter or digit at both ends" },
  conditionType: { source: `^(${dnsName}/)?(${labelName})$`, words: "a condition type such as Ready" },
  conditionReason: { source: "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$", words: "a reason in CamelCase" },
  conditionReasonOrEmpty: { source: "^([A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?|)$", words: "a reason in CamelCase, or empty" },
  noSlash: { source: "^[^/]*$", words: "text without a /" },
  durationOrNever: { source: "^(([0-9]+(s|m|h))+|Never)$", words: "a duration such as 30s or 1h30m, or Never" },
  duration: { source: "^([0-9]+(s|m|h))+$", words: "a duration such as 30s or 1h30m" },
  budgetNodes: { source: "^((100|[0-9]{1,2})%|[0-9]+)$", words: 'a count such as "5" or a percentage from 0% to 100%' },
  // Five fields or one of seven names. The five are matched from the left, each up to its first blank: for text of one line that
  // is what upstream's pattern accepts, in linear time also where regular expressions backtrack.
  budgetSchedule: {
    source: "^@(annually|yearly|monthly|weekly|daily|midnight|hourly)|^.\\S*\\s.\\S*\\s.\\S*\\s.\\S*\\s.+$",
    words: "a cron schedule of five fields, or one of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually",
  },
  budgetDuration: {
    source: "^((([0-9]+(h|m))|([0-9]+h[0-9]+m))(0s)?)$",
    words: "a duration of hours and minutes such as 8h or 1h30m",
  },
  cron: {
    source: "^(@(annually|yearly|monthly|weekly|daily|midnight|hourly)|\\S+ +\\S+ +\\S+ +\\S+ +\\S+)$",
    words: "a cron schedule of five fields such as 0 2 * * 6, or a name such as @daily",
  },
  protect: { source: "^(none|untilFinished|([0-9]+(s|m|h))+)$", words: "none, untilFinished, or a duration such as 30m" },
  imageId: { source: "ami-[0-9a-z]+", words: "an AMI id such as ami-0123456789abcdef0" },
  subnetId: { source: "subnet-[0-9a-z]+", words: "a subnet id such as subnet-0123456789abcdef0" },
  securityGroupId: { source: "sg-[0-9a-z]+", words: "a security group id such as sg-0123456789abcdef0" },
  capacityReservationId: { source: "^cr-[0-9a-z]+$", words: "a capacity reservation id such as cr-0123456789abcdef0" },
  placementGroupId: { source: "^pg-[0-9a-z]+$", words: "a placement group id such as pg-0123456789abcdef0" },
  accountId: { source: "^[0-9]{12}$", words: "an AWS account id of 12 digits" },
  // Upstream's, gaps included (Ti alone passes, 18Ti does not): what one provisioner takes the other must take.
  volumeSize: {
    source:
      "^((?:[1-9][0-9]{0,3}|[1-4][0-9]{4}|[5][0-8][0-9]{3}|59000)Gi|(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|[6][0-3][0-9]{3}|64000)G|([1-9]||[1-5][0-7]|58)Ti|([1-9]||[1-5][0-9]|6[0-3]|64)T)$",
    words: "a volume size such as 20Gi, up to 59000Gi, 64000G, 58Ti or 64T",
  },
  price: { source: "^[0-9]+(\\.[0-9]+)?$", words: "a price in USD an hour such as 0.25" },
  priceAdjustment: {
    source: "^([+-]([0-9]+(\\.[0-9]+)?|\\.[0-9]+)|\\+([0-9]+(\\.[0-9]+)?|\\.[0-9]+)%|-[0-9]{1,2}(\\.[0-9]+)?%|-100%)$",
    words: "an amount with its sign such as +0.05 or -0.05, or a percentage such as +10% or -15%, down to -100%",
  },
  ruleId: { source: "^[A-Z][A-Z0-9]*(-[A-Z0-9]+)+$", words: "a rule id such as DRAIN-001" },
  policiesApiVersion: { source: "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?/policies/v1$", words: "<API domain>/policies/v1" },
  date: {
    source: "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?(Z|[-+][0-9]{2}:[0-9]{2}))?$",
    words: "a date such as 2027-03-31, or a time such as 2027-03-31T00:00:00Z",
  },
} as const satisfies Readonly<Record<string, PatternInfo>>;

/** The name of a pattern. */
export type PatternName = keyof typeof patternTable;

/** Returns the regular expression of a pattern. */
export function patternOf(name: PatternName): string {
  return patternTable[name].source;
}

/** Returns what a pattern expects, completing "must be …"; undefined for a pattern that is not ours. */
export function patternWords(source: string): string | undefined {
  return Object.values(patternTable).find((pattern) => pattern.source === source)?.words;
}
