/**
 * CEL: the language as rules use it, Kubernetes' libraries, and the budget that ends every evaluation.
 */
import { describe, expect, it } from "vitest";
import { openAllowance } from "../../../src/policies/cel/cel-budget.ts";
import { celCompiler } from "../../../src/policies/cel/cel-expression.ts";
import { toCelValue } from "../../../src/policies/cel/cel-value.ts";

const compiler = celCompiler(["object", "item", "pods"]);
const object = {
  metadata: { labels: { constructor: "x", __proto__: "y", app: "web" } },
  spec: { replicas: 3, share: 0.5, cpu: "1500m", images: ["a:1", "b@sha256:ff"], ports: [80, 443] },
};

function outcome(text: string, values: Readonly<Record<string, unknown>> = { object: toCelValue(object) }): unknown {
  const compiled = compiler.compile(text);
  if (!compiled.ok) return `${compiled.error.line}:${compiled.error.column} ${compiled.error.message}`;
  const answer = compiled.value.evaluate(values, openAllowance());
  return answer.kind === "value" ? answer.value : `error: ${answer.message}`;
}

function check(text: string, expected: unknown): void {
  it(text, () => {
    expect(outcome(text)).toEqual(expected);
  });
}

describe("an expression sees JSON with its whole numbers as ints", () => {
  check("object.spec.replicas + 1", 4n);
  check("object.spec.replicas % 2 == 1 && object.spec.replicas <= 3", true);
  check("object.spec.share * 2.0", 1);
  check("type(object.spec.replicas) == int && type(object.spec.share) == double", true);
  check("object.spec.replicas == 3.0 && object.spec.replicas > 2.5", true);
  check("object.spec.ports.size() == 2 && size(object.spec.ports) == object.spec.replicas - 1", true);
  check("object.metadata.labels.constructor == 'x' && 'app' in object.metadata.labels", true);
  check("has(object.spec.paused) ? object.spec.paused : false", false);
  check("object.spec.?paused.orValue(true)", true);
  check("'images: ' + string(object.spec.images.size())", "images: 2");
  check("object.spec.paused", "error: No such key: paused");
  check("object.spec.images.filter(i, i.contains('@sha256:')).map(i, i.split('@')[0])", ["b"]);
  check("cel.bind(n, object.spec.replicas, n * n)", 9n);
});

describe("Kubernetes' libraries", () => {
  check("quantity(object.spec.cpu).isGreaterThan(quantity('1')) && !quantity('1Gi').isLessThan(quantity('1024Mi'))", true);
  check("quantity('1.5Gi').add(quantity('512Mi')) == quantity('2Gi')", true);
  check("quantity('1').sub(2).sign() == -1 && quantity('3k').asInteger() == 3000 && !quantity('50m').isInteger()", true);
  check("isQuantity('16GB') || !isQuantity('16Gi')", false);
  check("quantity('16GB')", 'error: "16GB" is not a quantity; write a number with an optional suffix, such as 500m, 2 or 768Mi');
  check("[3, 1, 2].sum() == 6 && [3, 1, 2].min() == 1 && [3, 1, 2].max() == 3", true);
  check("['a', 'b'].isSorted() && ![2, 1].isSorted() && ['x', 'y'].indexOf('y') == 1 && [1, 1].lastIndexOf(1) == 1", true);
  check("object.spec.ports.sum()", 523n);
  check("[].min()", "error: min() of an empty list");
  check("[[1, 2], [2]].flatten().distinct().size()", 2n);
  check("object.spec.images[0].matches('^[a-z]+:[0-9]+$')", true);
  check("'a1b22'.find('[0-9]+') == '1' && 'a1b22'.findAll('[0-9]+') == ['1', '22'] && 'a1b22'.findAll('[0-9]', 2).size() == 2", true);
  check("'%s has %d of %.1f%%'.format(['web', object.spec.replicas, 99.95])", "web has 3 of 100.0%");
  check("'a-b'.replace('-', '+').reverse() + 'xyz'.charAt(1) + ['q', 'r'].join('/') + ' T '.trim().lowerAscii()", "b+ayq/rt");
  check("cidr('10.0.0.0/8').containsIP('10.2.3.4') && !cidr('10.0.0.0/8').containsIP(ip('11.0.0.1'))", true);
  check("cidr('2001:db8::/32').containsCIDR('2001:db8:1::/48') && ip('::1').family() == 6 && !isIP('1.2.3') && isCIDR('::/0')", true);
});

describe("an expression that is wrong is told where", () => {
  check("object.spec.replicas > podz.size()", '1:24 undeclared reference "podz"');
  check("object.spec.replicas >\n  nothing", '2:3 undeclared reference "nothing"');
  check("object.spec.replicas +", "1:23 Unexpected token: EOF");
  check("'a' + 1", "1:1 no such overload: string + int");
  check("object.spec.cpu.frobnicate()", "1:1 found no matching overload for 'dyn.frobnicate()'");
  check("object.spec.cpu.matches('(?=a)')", '1:1 "(?=a)" is not RE2-safe: (?= is not of RE2');
  check("object.spec.images.all(i, i.matches('(a)\\\\1'))", '1:27 "(a)\\1" is not RE2-safe: \\1 is not of RE2');
  check("object.spec.cpu.matches(object.spec.cpu)", "1:1 the pattern must be written out, so that it can be made sure of");

  it("and one too deep or too long is refused", () => {
    expect(outcome("(".repeat(200) + "1" + ")".repeat(200))).toMatch(/^1:\d+ /);
    expect(outcome(Array.from({ length: 3_000 }, () => "1").join("+"))).toMatch(/^1:\d+ /);
  });
});

describe("the budget", () => {
  const many = toCelValue(Array.from({ length: 1_500 }, (_, index) => index));
  const spent = "error: it takes too many steps; its budget is spent";

  function checkSpent(text: string): void {
    it(`ends ${text}`, () => {
      expect(outcome(text, { pods: many })).toBe(spent);
    });
  }
  checkSpent("pods.all(a, pods.all(b, pods.all(c, a + b + c >= 0)))");
  checkSpent("pods.exists(a, pods.exists(b, a + b < 0)) || true");
  checkSpent("pods.map(a, pods.map(b, a * b)).size() > 0");
  checkSpent("pods.all(a, a in pods)");
  checkSpent(
    "cel.bind(a, 'x'.replace('x', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'), cel.bind(b, a.replace('x', a), cel.bind(c, b.replace('x', b), c.replace('x', c).size() > 0)))",
  );

  it("is enough for a pass over a large object, and new for each evaluation", () => {
    for (let turn = 0; turn < 20; turn += 1) expect(outcome("pods.all(a, a >= 0 && a < 5000)", { pods: many })).toBe(true);
  });

  it("ends the same way each time", () => {
    const text = "pods.all(a, pods.all(b, a + b >= 0))";
    expect(new Set(Array.from({ length: 5 }, () => outcome(text, { pods: many })))).toEqual(new Set([spent]));
  });
});

it("an expression tells which variables it uses, inside of macros too", () => {
  const compiled = compiler.compile("object.spec.images.all(i, pods.exists(p, p == i))");
  expect(compiled.ok && [...compiled.value.variables].filter((name) => name === "object" || name === "pods").sort()).toEqual([
    "object",
    "pods",
  ]);
});
