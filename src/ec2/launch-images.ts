/**
 * Launch images: which image an instance type is launched with.
 *
 * Reads the images of a NodeClass, preferred first, each with the nodes that it is for. Returns a function that tells a type's image: the
 * first one whose architecture and accelerators are the type's.
 */
import type { InstanceType } from "../api/instance-type.ts";
import { wellKnownLabels } from "../api/labels.ts";
import { isCompatible, requirementsOf } from "../kube/requirements.ts";
import type { NodeImage } from "./node-class-images.ts";

export type ImageOf = (type: InstanceType) => string | undefined;

/** Returns the function. */
export function launchImages(images: readonly Pick<NodeImage, "id" | "requirements">[]): ImageOf {
  const known = images.map(({ id, requirements }) => ({ id, wanted: requirementsOf(requirements) }));
  return ({ requirements }) =>
    known.find(({ wanted }) => {
      // Of some thirty labels of a type only those that the image speaks of are read.
      const asked = requirementsOf(requirements.filter(({ key }) => wanted.has(key)));
      return isCompatible(asked, wanted, wellKnownLabels);
    })?.id;
}
