/** The NodePool and NodeClass texts that review tests change in one place each. */
import { parseAllDocuments } from "yaml";
import type { KubeObject } from "../../../src/api/object.ts";
import { goodAutoClass, goodAutoPool, goodClass, goodPool, goodRegulatedPool } from "../../../src/policies/rules/node-pool-example.ts";

/** The objects of a text. */
export function objectsOf(text: string): readonly KubeObject[] {
  return parseAllDocuments(text).map((document) => document.toJS() as KubeObject);
}

/** The one object of a text, with parts of the text replaced; a part that is not there is a mistake of the test. */
export function changed(text: string, ...changes: readonly (readonly [string, string])[]): KubeObject {
  const written = changes.reduce((all, [from, to]) => {
    if (!all.includes(from)) throw new Error(`not in the text: ${from}`);
    return all.replaceAll(from, to);
  }, text);
  const [object] = objectsOf(written);
  if (object === undefined) throw new Error("no object");
  return object;
}

type Changes = readonly (readonly [string, string])[];
export const pool = (...changes: Changes): KubeObject => changed(goodPool, ...changes);
export const autoPool = (...changes: Changes): KubeObject => changed(goodAutoPool, ...changes);
export const regulatedPool = (...changes: Changes): KubeObject => changed(goodRegulatedPool, ...changes);
export const nodeClass = (...changes: Changes): KubeObject => changed(goodClass, ...changes);
export const autoClass = (...changes: Changes): KubeObject => changed(goodAutoClass, ...changes);
export const named = (name: string): readonly [string, string] => ["name: general-flex", `name: ${name}`];
