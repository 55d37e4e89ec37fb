/**
 * Plan kinds: what a plan over a cluster, or over a snapshot of one, is made from. A Lease holds nothing that a plan asks about.
 *
 * Reads the table of kinds. Returns their names, for the reader of clusters and for the help, so that neither forgets one.
 */
import { kindTable, type KindName } from "../api/kinds.ts";

const infos = Object.values(kindTable()).filter(({ kind }) => kind !== "Lease");

/** Every kind that is looked up while Pods are predicted and placed. */
export const planKinds: readonly KindName[] = infos.map(({ kind }) => kind);

/** Returns the kinds as kubectl names them, after some first words, in lines of at most so many columns. */
export function planKindLines(first: string, columnsMax: number): string {
  const words = infos.map(({ resource }, index) => (index === infos.length - 1 ? `and ${resource}.` : `${resource},`));
  const lines = [first];
  for (const word of words) {
    const last = lines.at(-1) ?? "";
    if (last.length + 1 + word.length > columnsMax) lines.push(word);
    else lines[lines.length - 1] = `${last} ${word}`;
  }
  return lines.join("\n");
}
