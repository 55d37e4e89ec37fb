/**
 * Object form: an object of a file as the API server would hand it to admission.
 *
 * Reads one object as it is written. Returns it with its namespace, the defaults of its CRD and without nulls, or every
 * reason why the API server would refuse it before anybody could judge it. Other kinds than ours and those that admission
 * judges pass as they are.
 */
import { apiVersionOf, kindTable } from "../api/kinds.ts";
import type { PlatformNames } from "../api/labels.ts";
import type { KubeObject } from "../api/object.ts";
import { withCrdDefaults } from "../api/schema-default.ts";
import { createBuiltInSchemas } from "../sim/built-in-schemas.ts";
import { shapeValidator } from "../api/validation.ts";
import { withAutoDefaults } from "./auto-defaults.ts";
import { builtInForm, isNamespacedBeside, otherVersion } from "./built-in-form.ts";
import { decodedForm, type ObjectForm } from "./decoded-form.ts";
import { metadataNotes } from "./metadata-notes.ts";
import { anyType, readTypes } from "./read-types.ts";
import { groupOf } from "./served-kind.ts";

const shapedKinds = ["WorkloadProfile", "NodePool", "NodeClaim", "EC2NodeClass", "NodeClass", "NodeOverlay", "CapacityBuffer"] as const;

/** Returns the former of objects; keep one, since it reads each kind's schema only once. */
export function objectFormer(options: {
  readonly names: PlatformNames;
  /** Where an object goes that names no namespace. */
  readonly namespace: string;
}): (written: KubeObject) => ObjectForm {
  const kinds = kindTable(options.names.domain);
  const shapes = shapeValidator();
  const builtIn = builtInForm();
  const metadataForm = metadataFormer();
  return (written) => {
    const shaped = shapedKinds.find((kind) => kind === written.kind);
    if (shaped === undefined || groupOf(written.apiVersion) !== kinds[shaped].group) {
      const form = builtIn(written);
      const isJudged = shaped === undefined || form.problems.length > 0;
      const notes = isJudged ? form.notes : [otherGroup(written, kinds[shaped].group)];
      return { ...form, notes, object: placed(form.object, options) };
    }
    const served = apiVersionOf(kinds[shaped]);
    if (written.apiVersion !== served) return { object: written, problems: [{ message: otherVersion(written, served) }], notes: [] };
    const named = metadataForm(written);
    if (named.problems.length > 0) return named;
    const object = withCrdDefaults(shaped, shaped === "NodePool" ? withAutoDefaults(named.object) : named.object);
    const errors = shapes.validate(shaped, object);
    // A WorkloadProfile's unknown fields are a verdict (WP-005), unless there will be none because of something else.
    const isVerdict = shaped === "WorkloadProfile" && errors.every(({ keyword }) => keyword === "additionalProperties");
    const problems = isVerdict
      ? []
      : errors.map(({ field, message }) => ({ field, message: field === "" ? message : `${field}: ${message}` }));
    return { object: placed(object, options), problems, notes: metadataNotes(object) };
  };
}

/** Returns the former of objects of which only the metadata is known. */
export function metadataFormer(): (written: KubeObject) => ObjectForm {
  const schema = createBuiltInSchemas(readTypes)(anyType);
  return (written) => decodedForm(written, schema);
}

/** kubectl puts an object without a namespace into the context's. */
function placed(object: KubeObject, options: { readonly names: PlatformNames; readonly namespace: string }): KubeObject {
  const kinds = Object.values(kindTable(options.names.domain));
  const info = kinds.find((known) => known.kind === object.kind && apiVersionOf(known) === object.apiVersion);
  if (!(info?.namespaced ?? isNamespacedBeside(object)) || (object.metadata.namespace ?? "") !== "") return object;
  return { ...object, metadata: { ...object.metadata, namespace: options.namespace } };
}

function otherGroup({ kind, apiVersion }: KubeObject, group: string): string {
  const hint = kind === "WorkloadProfile" ? "; if it is yours, name its domain with --domain" : "";
  return `apiVersion ${apiVersion} is not of ${group}, so it was not judged${hint}`;
}
