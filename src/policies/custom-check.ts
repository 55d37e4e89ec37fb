/**
 * Checks of the custom rules of a policies file, and their compilation.
 *
 * Reads entries whose form is right. Returns the compiled rules, and what is wrong: an id that could meet a built-in one, an unknown
 * kind or class, half of a stage, and every mistake of an expression with its line and column in it.
 */
import type { CustomRuleEntry } from "../api/policies-file.ts";
import { nearestWord } from "../api/nearest-word.ts";
import { compileCustomRule, customCompiler, type CustomRule } from "./custom-rule.ts";
import { judgedKinds } from "./judged-kinds.ts";
import { isDay } from "./policy-day.ts";
import { problemAt, type PolicyProblem } from "./policy-problem.ts";

export interface CompiledCustomRules {
  readonly rules: readonly CustomRule[];
  readonly problems: readonly PolicyProblem[];
}

/** Compiles the custom rules of a file whose classes are known by name. */
export function compileCustomRules(entries: readonly CustomRuleEntry[], classNames: readonly string[]): CompiledCustomRules {
  // Opening the evaluator costs milliseconds, which a file without custom rules need not pay.
  if (entries.length === 0) return { rules: [], problems: [] };
  const compiler = customCompiler();
  const rules: CustomRule[] = [];
  const problems: PolicyProblem[] = [];
  entries.forEach((entry, index) => {
    problems.push(...entryProblems(entry, { index, entries, classNames }));
    const compiled = compileCustomRule(entry, compiler);
    if (compiled.ok) rules.push(compiled.value);
    else {
      const of = `custom ${entry.id}`;
      problems.push(
        ...compiled.error.map(({ field, message }) => ({
          path: `/custom/${index}/${field}`,
          field: field === "expression" ? of : `${of} ${field}`,
          message,
        })),
      );
    }
  });
  return { rules, problems };
}

interface Among {
  readonly index: number;
  readonly entries: readonly CustomRuleEntry[];
  readonly classNames: readonly string[];
}

function entryProblems(entry: CustomRuleEntry, { index, entries, classNames }: Among): readonly PolicyProblem[] {
  const at = ["custom", String(index)];
  const first = entries.findIndex(({ id }) => id === entry.id);
  const { until, then, match = {} } = entry;
  return [
    ...(entry.id.startsWith("X-")
      ? []
      : [problemAt([...at, "id"], `"${entry.id}" must start with X-, so that it never meets a built-in rule`)]),
    ...(first === index ? [] : [problemAt([...at, "id"], `"${entry.id}" is also the id of custom[${first}]`)]),
    ...((until === undefined) === (then === undefined) ? [] : [problemAt(at, "until and then belong together")]),
    ...(until !== undefined && !isDay(until) ? [problemAt([...at, "until"], `no such day: ${until}`)] : []),
    ...unknownWords(match.kinds ?? [], {
      known: judgedKinds,
      at: [...at, "match", "kinds"],
      what: "admission is not asked about this kind",
    }),
    ...unknownWords(match.classes ?? [], { known: classNames, at: [...at, "match", "classes"], what: "no such class" }),
  ];
}

function unknownWords(
  words: readonly string[],
  { known, at, what }: { readonly known: readonly string[]; readonly at: readonly string[]; readonly what: string },
): readonly PolicyProblem[] {
  return words.flatMap((word, index) => {
    if (known.includes(word)) return [];
    const nearest = nearestWord(word, known);
    return [problemAt([...at, String(index)], `${what}${nearest === undefined ? "" : `; did you mean ${nearest}`}`)];
  });
}
