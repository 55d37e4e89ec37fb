/**
 * The rotation plan: what is to be done next about certificates. Pure.
 *
 * Reads facts about the shared state; returns one step, never more, so that between any two steps every replica and every
 * API server can catch up, lag or die. The law that the order keeps: whatever certificate a replica may serve, every bundle
 * that an API server may still hold verifies it.
 *
 *   begin      nothing usable is stored: a new CA, provisional until API servers know it
 *   announce   a next CA enters the bundle; nothing is signed by it
 *   switch     it has stood in every configuration for the settling time: from now on it signs what is served. The CA before
 *              stays in the bundle without its key
 *   retire     a CA that has run out leaves the bundle
 *
 * No replica has to report what it serves: a certificate never outlives its CA, so a replica that lags, hangs or was cut off
 * for however long is covered until nothing that it could serve is valid any more.
 */
import type { Instant } from "../api/ports.ts";

export interface CertificateFacts {
  readonly now: Instant;
  readonly authority: AuthorityFacts;
  readonly serving: {
    readonly from: Instant;
    readonly to: Instant;
    /** Key and certificate belong together and the authority signed it; otherwise what is wrong. */
    readonly fault?: string;
    readonly missingName?: string;
  };
  readonly next?: AuthorityFacts;
  readonly trustedUntil: readonly Instant[];
  readonly provisional: boolean;
  /** Configurations in force trust a CA that has not run out and that the state does not know. */
  readonly hasStrangers: boolean;
  /** Configurations are in force, and they trust the authority alone: nobody can serve anything else. */
  readonly isAlone: boolean;
  /** The CA that waits (next, or a provisional authority) has stood in every configuration for the settling time. */
  readonly isSettled: boolean;
}

export interface AuthorityFacts {
  readonly from: Instant;
  readonly to: Instant;
  /** Its key is there and is its own. */
  readonly canSign: boolean;
}

export type CertificateStep =
  | { readonly kind: "keep" }
  /** Nothing stored can be used: a new CA and certificate; the CAs that are in force stay trusted. */
  | { readonly kind: "begin"; readonly because: string }
  /** What the configurations trust beside what the state knows stays trusted: somebody may be serving under it. */
  | { readonly kind: "adopt"; readonly because: string }
  | { readonly kind: "announce"; readonly because: string }
  | { readonly kind: "switch"; readonly because: string }
  | { readonly kind: "confirm"; readonly because: string }
  | { readonly kind: "renew"; readonly because: string }
  | { readonly kind: "retire"; readonly because: string };

/** Returns the next step of a state; `undefined` facts mean that there is no state. */
export function nextCertificateStep(facts: CertificateFacts | undefined): CertificateStep {
  if (facts === undefined) return { kind: "begin", because: "the Secret holds no certificate" };
  const { authority, serving, next, now } = facts;
  if (serving.fault !== undefined) return { kind: authority.canSign ? "renew" : "begin", because: serving.fault };
  if (now >= serving.to && !authority.canSign) return { kind: "begin", because: "the certificate has run out, and its CA can't sign" };
  if (facts.hasStrangers) return { kind: "adopt", because: "a configuration trusts a CA that the Secret does not hold" };
  if (facts.provisional) return facts.isSettled || facts.isAlone ? { kind: "confirm", because: "every configuration has the CA" } : keep;
  if (next?.canSign === true && facts.isSettled) return { kind: "switch", because: "every configuration has the announced CA" };
  if (next?.canSign !== true) {
    const because = authorityFault(authority, now);
    if (because !== undefined) return { kind: "announce", because };
  }
  return renewal(facts) ?? retirement(facts) ?? keep;
}

const keep = { kind: "keep" } as const;

function authorityFault(authority: AuthorityFacts, now: Instant): string | undefined {
  if (!authority.canSign) return "the CA can't sign";
  return isAgeing(authority, now) ? "two thirds of the CA's life are over" : undefined;
}

function renewal({ authority, serving, next, now }: CertificateFacts): CertificateStep | undefined {
  if (!authority.canSign) return undefined;
  if (serving.missingName !== undefined) return { kind: "renew", because: `the certificate does not name ${serving.missingName}` };
  // The announced CA is about to sign a new one anyway; only one that would run out before is renewed by the old CA.
  const isDue = next === undefined ? isAgeing(serving, now) : now >= serving.from + ((serving.to - serving.from) * 5) / 6;
  return isDue && serving.to < authority.to ? { kind: "renew", because: "two thirds of the certificate's life are over" } : undefined;
}

function retirement({ trustedUntil, now }: CertificateFacts): CertificateStep | undefined {
  return trustedUntil.some((until) => until < now) ? { kind: "retire", because: "an earlier CA has run out" } : undefined;
}

function isAgeing({ from, to }: { readonly from: Instant; readonly to: Instant }, now: Instant): boolean {
  return now >= from + ((to - from) * 2) / 3;
}
