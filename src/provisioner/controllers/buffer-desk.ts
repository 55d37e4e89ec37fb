/**
 * The buffer desk: what the last plan made of each CapacityBuffer, from the provisioner's controller to that of the statuses.
 *
 * Holds one plan's numbers. Losing them loses nothing: the next plan tells them again, and a status stays as it was said last.
 */
import type { ObjectKey } from "../../api/object.ts";
import type { BufferPlaces, PlacesOfBuffers } from "../buffer-status.ts";

export interface BufferDesk {
  tell(places: PlacesOfBuffers): void;
  placesOf(key: ObjectKey): BufferPlaces | undefined;
  /** Calls for each buffer of which something else is told than before; returns how to end that. */
  onNews(wake: (key: ObjectKey) => void): () => void;
}

/** Opens a desk. */
export function bufferDesk(): BufferDesk {
  const state: { told: PlacesOfBuffers } = { told: new Map() };
  const listeners = new Set<(key: ObjectKey) => void>();
  return {
    tell: (places) => {
      const before = state.told;
      state.told = places;
      for (const [text, now] of places) {
        if (isSame(before.get(text), now)) continue;
        const [namespace = "", name = ""] = text.split("/");
        for (const wake of listeners) wake({ namespace, name });
      }
    },
    placesOf: ({ namespace, name }) => state.told.get(`${namespace}/${name}`),
    onNews: (wake) => {
      listeners.add(wake);
      return () => listeners.delete(wake);
    },
  };
}

function isSame(before: BufferPlaces | undefined, { wanted, existing, bought, failed, quota }: BufferPlaces): boolean {
  if (before?.quota?.allowed !== quota?.allowed || before?.quota?.limitedBy !== quota?.limitedBy) return false;
  if (before === undefined) return false;
  return before.wanted === wanted && before.existing === existing && before.bought === bought && before.failed === failed;
}
