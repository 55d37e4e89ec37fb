/**
 * The last-applied annotation: what kubectl itself writes for the same object.
 */
import { expect, it } from "vitest";
import { withLastApplied } from "../../src/cli/last-applied.ts";

const name = "kubectl.kubernetes.io/last-applied-configuration";

it("holds the object with sorted keys, annotations always there, HTML escaped, and a newline", () => {
  const object = { kind: "ConfigMap", apiVersion: "v1", metadata: { namespace: "default", name: "a" }, data: { z: "a<b&c>d", a: "é" } };
  expect(withLastApplied(object)).toEqual({
    ...object,
    metadata: {
      ...object.metadata,
      annotations: {
        [name]: `${String.raw`{"apiVersion":"v1","data":{"a":"é","z":"a\u003cb\u0026c\u003ed"},"kind":"ConfigMap","metadata":{"annotations":{},"name":"a","namespace":"default"}}`}\n`,
      },
    },
  });
});

it("never holds itself, but the other annotations", () => {
  const annotations = { team: "shop", [name]: "old" };
  const applied = withLastApplied({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a", annotations } });
  expect(applied.metadata.annotations).toEqual({
    team: "shop",
    [name]: '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"annotations":{"team":"shop"},"name":"a"}}\n',
  });
});
