/**
 * Parsing of policies.yaml: its text, or that of several files, into a PolicySet, or everything that is wrong with it.
 *
 * Reads text. Checks form first (the schema of src/api/policies-file.ts), then what one entry says about another
 * (policy-check.ts), then the cases of custom rules. One error refuses all: a policy that is half applied is worse than yesterday's.
 */
import type { PoliciesFile } from "../api/policies-file.ts";
import type { Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import { compileCustomRules } from "./custom-check.ts";
import { customTestProblems, runCustomTests, type CustomTestInput, type CustomTestOutcome, type ReadFixture } from "./custom-test.ts";
import { policyDomain, toPolicySet } from "./decoded-policy-set.ts";
import { checkPolicies } from "./policy-check.ts";
import { parsePolicyDocument } from "./policy-document.ts";
import type { PolicyError } from "./policy-error.ts";
import { decodePoliciesFile } from "./policy-file.ts";
import { mergeDocuments, type MergedDocument, type NamedDocument } from "./policy-merge.ts";
import type { PolicyProblem } from "./policy-problem.ts";
import type { PolicySet } from "./policy-set.ts";

/** The text of one file, and its name in errors. */
export interface PolicyText {
  readonly text: string;
  readonly fileName: string;
}

/** How policies are read. */
export interface PolicyReading {
  /** Our own namespace, which no policy may lock out; kube-system never may be. */
  readonly ownNamespace?: string;
  /** When they are read: an exemption may last no longer than 180 days from its approval, which is not after now. */
  readonly now?: Instant;
  /** Reads a file beside the policies, for the cases of custom rules; without it such a case fails. */
  readonly readFixture?: ReadFixture;
}

export type PolicySource = PolicyText & PolicyReading;

/** Several files that are one policy, in the order in which they are put together; `name` is what they are called together. */
export interface PolicyFilesSource extends PolicyReading {
  readonly name: string;
  readonly files: readonly [PolicyText, ...PolicyText[]];
}

/** The namespace of deploy/'s manifests. */
const defaultOwnNamespace = "plimsoll-system";

/** Parses a policies file; the errors are all there are, in the order of the file, each with line and column. */
export function parsePolicySet(source: PolicySource): Result<PolicySet, readonly PolicyError[]> {
  const { text, fileName, ...reading } = source;
  return parsePolicyFiles({ ...reading, name: fileName, files: [{ text, fileName }] });
}

/** Parses policies that stand in one or several files. */
export function parsePolicyFiles(source: PolicyFilesSource): Result<PolicySet, readonly PolicyError[]> {
  const read = readSet(source);
  if (!read.ok) return read;
  const failed = customTestProblems(testInput(read.value, source));
  return failed.length > 0 ? err(inOrder(failed, read.value.document)) : ok(read.value.policySet);
}

/** Policies with how the cases of their custom rules came out. */
export interface TestedPolicies {
  readonly policySet: PolicySet;
  readonly outcomes: readonly CustomTestOutcome[];
}

/** Runs the cases of custom rules, those that come out as expected too; the errors are what else is wrong. */
export function testPolicyFiles(source: PolicyFilesSource): Result<TestedPolicies, readonly PolicyError[]> {
  const read = readSet(source);
  if (!read.ok) return read;
  return ok({ policySet: read.value.policySet, outcomes: runCustomTests(testInput(read.value, source)) });
}

interface ReadSet {
  readonly policySet: PolicySet;
  readonly file: PoliciesFile;
  readonly document: MergedDocument;
}

function readSet(source: PolicyFilesSource): Result<ReadSet, readonly PolicyError[]> {
  const merged = readDocuments(source);
  if (!merged.ok) return merged;
  const document = merged.value;
  const decoded = decodePoliciesFile(document.value);
  if (!decoded.ok) return err(inOrder(decoded.error, document));
  const file = decoded.value;
  const custom = compileCustomRules(file.custom ?? [], Object.keys(file.classes));
  const problems = [
    ...checkPolicies(file, {
      protectedNamespaces: ["kube-system", source.ownNamespace ?? defaultOwnNamespace],
      ...(source.now === undefined ? {} : { now: source.now }),
    }),
    ...custom.problems,
  ];
  if (problems.length > 0) return err(inOrder(problems, document));
  return ok({ policySet: toPolicySet({ file, document, fileName: source.name, customRules: custom.rules }), file, document });
}

/** A file that can't be read hides nothing of the others. */
function readDocuments({ files }: PolicyFilesSource): Result<MergedDocument, readonly PolicyError[]> {
  const errors: PolicyError[] = [];
  const documents: NamedDocument[] = [];
  for (const file of files) {
    const document = parsePolicyDocument(file);
    if (document.ok) documents.push({ fileName: file.fileName, document: document.value });
    else errors.push(...document.error);
  }
  const [first, ...others] = documents;
  return errors.length > 0 || first === undefined ? err(errors) : mergeDocuments([first, ...others]);
}

function testInput({ policySet, file }: ReadSet, { readFixture }: PolicyReading): CustomTestInput {
  return {
    policySet,
    entries: file.custom ?? [],
    domain: policyDomain(file),
    readFixture: readFixture ?? (() => err("files beside the policies are not read here")),
  };
}

/** Errors in the order of the files, and of the lines in each. */
function inOrder(problems: readonly PolicyProblem[], document: MergedDocument): readonly PolicyError[] {
  return problems
    .map(({ path, field, message }) => ({ ...document.placeOf(path), field, message }))
    .sort((a, b) => compare(a.fileName, b.fileName) || a.line - b.line || a.column - b.column);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
