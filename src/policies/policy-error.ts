/**
 * PolicyError: one thing that is wrong with policies.yaml, and where.
 *
 * Every error of a file is reported at once; one error refuses the whole file, and the last good bundle stays.
 */
export interface PolicyError {
  readonly fileName: string;
  /** Counted from 1. */
  readonly line: number;
  readonly column: number;
  /** The entry as people write it, such as "classes.general.requests.cpu"; absent where the text itself is broken. */
  readonly field?: string;
  readonly message: string;
}

/** Returns an error in one line: "policies.yaml:41:7: classes.gpu.pools: must be a list". */
export function formatPolicyError({ fileName, line, column, field, message }: PolicyError): string {
  return `${fileName}:${line}:${column}: ${field === undefined || field === "" ? "" : `${field}: `}${message}`;
}
