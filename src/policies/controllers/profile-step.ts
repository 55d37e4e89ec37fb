/**
 * The profile step: what the profile's controller has decided to write, as data.
 *
 * A type only, in its own file, so that who decides and who writes need not know each other.
 */
import type { ControllerStep } from "../../api/controller.ts";
import type { HorizontalPodAutoscaler } from "../../api/horizontal-pod-autoscaler.ts";
import type { ObjectKey } from "../../api/object.ts";
import type { PodDisruptionBudget } from "../../api/pod-disruption-budget.ts";
import type { Pod } from "../../api/pod.ts";
import type { ChildObject, ChildPlan } from "../profile/child-plan.ts";
import type { ProfileStatus } from "../profile/status.ts";
import type { TemplateRoll } from "../profile/template-roll.ts";

export type ProfileStep =
  /** The informers have not listed everything once: what is missing may only be unknown. */
  | (ControllerStep & { readonly kind: "wait" })
  | (ControllerStep & { readonly kind: "keep"; readonly looksAgain: boolean })
  | (ControllerStep & {
      readonly kind: "write";
      readonly profile: ObjectKey;
      readonly budgets: ChildWrites<PodDisruptionBudget>;
      readonly autoscalers: ChildWrites<HorizontalPodAutoscaler>;
      /** Templates to be rolled, since the contract has changed under their Pods (spec.rollout: onChange). */
      readonly rolls: readonly TemplateRoll[];
      /** Absent where the status says it all already. */
      readonly status?: ProfileStatus;
      /** A Pod to be made again by its owner, for the zones of now. */
      readonly remake?: Pod;
      /** True where a Pod waits for zones: capacity changes without telling us. */
      readonly looksAgain: boolean;
    });

/** What becomes of the child objects of one kind. */
export type ChildWrites<T extends ChildObject> = Omit<ChildPlan<T>, "foreign">;
