/**
 * The rotation: one process's part in keeping certificate, bundles and configurations true together.
 *
 * Each look goes the same way, and its order is what makes it safe: first the configurations in force are listed, then the
 * Secret is read, then configurations are written under the resourceVersion that was listed. So whoever writes a bundle has
 * read the Secret after the bundle that it replaces was written: a process that hung between for an hour loses the race by
 * a 409 and can't bring an old bundle back. A configuration that is missing is made without webhooks first, and filled by
 * the next round, for the same reason.
 *
 * Remembers what it serves, and since when each CA has stood in every configuration; both are lost by a restart, which costs
 * a settling time and nothing else.
 */
import type { ApiTransport, Clock, Instant } from "../api/ports.ts";
import { err, ok, type Result } from "../api/result.ts";
import type { KeyPair } from "./certificate.ts";
import type { CertificateStep } from "./certificate-plan.ts";
import { certificatesIn, type CertificateState, distinctCertificates } from "./certificate-state.ts";
import { advanceCertificate, type CertificateStoreOptions } from "./certificate-store.ts";
import { listRegistered, registerWebhooks, type RegisteredConfiguration } from "./register.ts";
import type { WebhookConfiguration } from "./registration.ts";

export interface RotationOptions extends CertificateStoreOptions {
  readonly transport: ApiTransport;
  readonly clock: Clock;
}

/** What one look came to. */
export interface RotationLook {
  readonly state: CertificateState;
  /** The certificate that this process serves from now on. */
  readonly serving: KeyPair;
  /** The CA that signed it, PEM. */
  readonly authorityPem: string;
  /** Every configuration in force trusts it, and did so for as long as API servers may lag: reviews may come. */
  readonly isTrusted: boolean;
  /** True where it is another than before. */
  readonly isNew: boolean;
  readonly step: CertificateStep;
}

export interface CertificateRotation {
  /** Looks at what is shared, takes a step where one is due, and says what to serve. Registers nothing. */
  look(): Promise<Result<RotationLook, string>>;
  /**
   * Looks, hands what is to be served to `serve`, and brings the configurations to what `wanted` makes of the shared state;
   * looks again while another process is quicker.
   */
  keep(request: {
    readonly wanted: (state: CertificateState) => Result<readonly WebhookConfiguration[], string>;
    readonly serve: (look: RotationLook) => void;
  }): Promise<Result<RotationLook, string>>;
}

/** Lost races and configurations that were just made take a round each. */
const roundsMax = 8;

/** Opens the rotation of one process. */
export function certificateRotation(options: RotationOptions): CertificateRotation {
  const memory: RotationMemory = { served: undefined, trustedSince: new Map() };
  return {
    look: async () => {
      const looked = await look(options, memory);
      return looked.ok ? ok(looked.value.look) : looked;
    },
    keep: async ({ wanted, serve }) => {
      let isSecond = false;
      for (let round = 0; round < roundsMax; round++) {
        const looked = await look(options, memory);
        if (!looked.ok) return looked;
        const { look: seen, registered } = looked.value;
        serve(seen);
        const configurations = wanted(seen.state);
        if (!configurations.ok) return configurations;
        const outcome = await registerWebhooks(options.transport, configurations.value, registered);
        if (!outcome.ok) return outcome;
        if (outcome.value === "again") continue;
        // Registered just now, a CA that nobody knew may be the only one in force: a first installation waits for nothing.
        if (!seen.state.provisional || isSecond) return ok(seen);
        isSecond = true;
      }
      return err("other processes keep writing the webhook configurations");
    },
  };
}

interface RotationMemory {
  served: { readonly serving: KeyPair; readonly authorityPem: string } | undefined;
  /** By PEM: since when each CA has been seen in every configuration, without a gap. */
  trustedSince: ReadonlyMap<string, Instant>;
}

async function look(
  options: RotationOptions,
  memory: RotationMemory,
): Promise<Result<{ readonly look: RotationLook; readonly registered: readonly RegisteredConfiguration[] }, string>> {
  const listed = await listRegistered(options.transport);
  if (!listed.ok) return listed;
  // After the list was answered: what it shows was written before this moment.
  const now = options.clock.now();
  memory.trustedSince = trustedSince(listed.value, memory.trustedSince, now);
  const isSettled = (authorityPem: string): boolean => {
    const since = memory.trustedSince.get(certificatesIn(authorityPem)[0] ?? "");
    return since !== undefined && now - since >= options.life.settleMs;
  };
  const authorities = distinctCertificates(listed.value.flatMap(({ bundles }) => bundles));
  const stored = await advanceCertificate(options, { now, authorities, everywhere: [...memory.trustedSince.keys()], isSettled });
  if (!stored.ok) return stored;
  const { state, step } = stored.value;
  const isKnown = (authorityPem: string): boolean => authorities.includes(certificatesIn(authorityPem)[0] ?? "");
  const isNew = servesNew(memory.served, state, { isSettled, isKnown });
  if (isNew) memory.served = { serving: state.serving, authorityPem: state.authority.certificatePem };
  const served = memory.served ?? { serving: state.serving, authorityPem: state.authority.certificatePem };
  const waits = state.provisional && served.serving.certificatePem === state.serving.certificatePem;
  const isTrusted = !waits && memory.trustedSince.has(certificatesIn(served.authorityPem)[0] ?? "");
  return ok({ look: { ...served, state, isTrusted, isNew, step }, registered: listed.value });
}

/**
 * A certificate of another CA than before is served once this process itself has seen that CA everywhere for long enough; at
 * once where no configuration knows what is served now.
 */
function servesNew(
  served: RotationMemory["served"],
  { serving, authority, provisional }: CertificateState,
  { isSettled, isKnown }: Readonly<Record<"isSettled" | "isKnown", (authorityPem: string) => boolean>>,
): boolean {
  if (served === undefined) return true;
  if (served.serving.certificatePem === serving.certificatePem) return false;
  if (served.authorityPem === authority.certificatePem || !isKnown(served.authorityPem)) return true;
  return !provisional && isSettled(authority.certificatePem);
}

/** CAs that every webhook of every configuration trusts now, each with the moment since when. */
function trustedSince(
  registered: readonly RegisteredConfiguration[],
  before: ReadonlyMap<string, Instant>,
  now: Instant,
): ReadonlyMap<string, Instant> {
  const sets = registered.flatMap(({ bundles }) =>
    bundles.length === 0 ? [new Set<string>()] : bundles.map((pem) => new Set(certificatesIn(pem))),
  );
  const everywhere = [...(sets[0] ?? [])].filter((pem) => sets.every((set) => set.has(pem)));
  return new Map(everywhere.map((pem) => [pem, before.get(pem) ?? now]));
}
