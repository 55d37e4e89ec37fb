/**
 * ConditionWords: what a condition of an EC2NodeClass says, before it is known since when.
 */
export interface ConditionWords {
  readonly status: "True" | "False" | "Unknown";
  readonly reason: string;
  readonly message: string;
}
