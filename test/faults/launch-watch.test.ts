/**
 * The watch of launches: it tells a doubled instance by its claim and by its token, whatever other claims have or lack.
 */
import { expect, test } from "vitest";
import { startLaunchWatch, type LaunchedInstance } from "./launch-watch.ts";

type Event =
  | { readonly claim: string; readonly token: string; readonly members: readonly string[] }
  | { readonly launch: string; readonly token: string }
  | { readonly end: string }
  | { readonly late: string };

function check(events: readonly Event[], problems: readonly string[]): void {
  const watch = startLaunchWatch();
  const instances = new Map<string, { -readonly [K in keyof LaunchedInstance]: LaunchedInstance[K] }>();
  for (const event of events) {
    if ("claim" in event) {
      const record = { token: event.token, members: event.members.map((uid) => ({ uid })) };
      watch.onRecord({ uid: event.claim, text: JSON.stringify(record) });
    } else if ("launch" in event) {
      const instance: LaunchedInstance = { id: event.launch, token: event.token, state: "pending" };
      instances.set(event.launch, instance);
      watch.onLaunch(instance);
    } else if ("end" in event) {
      const instance = instances.get(event.end);
      if (instance !== undefined) instance.state = "shutting-down";
    } else watch.onLate([event.late]);
  }
  expect(watch.problems()).toEqual(problems);
}

const first = { claim: "a", token: "t1", members: ["a"] };
const second = { claim: "a", token: "t2", members: ["a"] };
const lacking = { claim: "b", token: "t3", members: ["b"] };

test("a second instance of a claim is told, though another claim has none", () => {
  check(
    [first, lacking, { launch: "i-1", token: "t1" }, second, { launch: "i-2", token: "t2" }],
    ["NodeClaim a was given instance i-2 while its instance i-1 lived"],
  );
});

test("more instances of a token than members are told, though another claim has none", () => {
  check(
    [first, lacking, { launch: "i-1", token: "t1" }, { launch: "i-2", token: "t1" }],
    ['2 instances were launched for 1 NodeClaims with the token "t1"'],
  );
});

test("an instance of a token that no claim keeps is told", () => {
  check([first, { launch: "i-1", token: "other" }], ['1 instances were launched for 0 NodeClaims with the token "other"']);
});

test("one instance a member is fine, and so is another one once the first has ended", () => {
  const both = { claim: "a", token: "t1", members: ["a", "b"] };
  const launches = [both, { launch: "i-1", token: "t1" }, { launch: "i-2", token: "t1" }];
  check([...launches, { end: "i-1" }, second, { launch: "i-3", token: "t2" }], []);
});

test("what a request launched that arrived too late is nobody's second", () => {
  check([first, { launch: "i-1", token: "t1" }, second, { launch: "i-2", token: "t2" }, { late: "i-1" }], []);
});
