/**
 * Cloud notices: what a cloud tells of its instances unasked, and what it says of their health and their end when it is asked.
 *
 * Shapes only. ec2/ fills them from a queue, the status of instances and capacity reservations; provisioner/ decides what follows. An instance is named by
 * the last part of its providerID.
 */
import type { Instant } from "./ports.ts";
import type { Result } from "./result.ts";

export type CloudNoticeKind =
  /** The cloud takes a Spot instance back within two minutes. */
  | "spot-interruption"
  /** The cloud takes an instance back with the reservation that it stands in. */
  | "reservation-interruption"
  /** A Spot instance is more likely to be taken back than others. */
  | "rebalance-recommendation"
  /** Maintenance that stops, ends or reboots an instance. */
  | "scheduled-change"
  | "instance-stopping"
  | "instance-ending";

export interface CloudNotice {
  /** The same for the same notice told twice. */
  readonly id: string;
  readonly kind: CloudNoticeKind;
  readonly instances: readonly string[];
  readonly saidAt: Instant;
  /** When the instances end by themselves; absent where the cloud does not say. */
  readonly endsAt?: Instant;
}

/** A notice that can't be read: it is told of, and forgotten. */
export interface UnreadableNotice {
  readonly id: string;
  readonly kind: "unreadable";
  readonly message: string;
}

/** Who hears notices; at least once each, in any order. */
export interface CloudNotices {
  /** Begins to listen; returns how to end that. What was heard and is not done then is told again, to whoever listens next. */
  listen(listener: { heard(id: string): void; failed(): void }): () => void;
  /** A notice that was heard and is not done. */
  get(id: string): CloudNotice | UnreadableNotice | undefined;
  /** Why nothing can be heard now. */
  trouble(): string | undefined;
  /** The notice is acted on; it is not told again. */
  done(id: string): Promise<Result<void, string>>;
}

/** What is wrong with one instance, as the cloud sees it from outside. */
export interface InstanceTrouble {
  readonly instance: string;
  readonly kind: "InstanceImpaired" | "SystemImpaired" | "VolumeImpaired" | "ScheduledEvent";
  readonly message: string;
  /** Of a scheduled event: when it begins, where that is known. */
  readonly endsAt?: Instant;
}

/** Whoever can be asked how long capacity that was bought ahead is had. */
export interface CloudReservations {
  /** When reservations end, by id; one without an end, or that the cloud does not know, is not named. */
  endsOf(ids: readonly string[]): Promise<Result<ReadonlyMap<string, Instant>, string>>;
}

/** Whoever can be asked for the health of all instances. */
export interface CloudHealth {
  /** Everything that is wrong now; an instance that is not named is well. */
  troubles(): Promise<Result<readonly InstanceTrouble[], string>>;
}
