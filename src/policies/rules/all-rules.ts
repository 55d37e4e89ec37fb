/**
 * The built-in rules, sorted by id. Leaving one out of this list is all that it takes to remove it.
 */
import { bare001 } from "./bare-pod.ts";
import { bind001, bind002, bind003, bind004, bind005 } from "./bind.ts";
import { buf001, buf002, buf003 } from "./buffer.ts";
import { class001 } from "./class.ts";
import { class003, class004, class005 } from "./class-demand.ts";
import { class002 } from "./class-grant.ts";
import { conf002, conf003 } from "./conflict.ts";
import { cost001 } from "./cost.ts";
import { ds001 } from "./daemon-set.ts";
import { drain014, drain020, drain021, drain022 } from "./drain-annotations.ts";
import { drain004, drain005, drain006 } from "./drain-budget.ts";
import { drain015, drain016, drain017, drain018, drain019, drain043 } from "./drain-coverage.ts";
import { drain002, drain007 } from "./drain-evictions.ts";
import { drain044 } from "./drain-part.ts";
import { drain046, drain047 } from "./drain-deletion.ts";
import { drain034, drain035, drain036, drain037 } from "./drain-pod-ends.ts";
import { drain029, drain030 } from "./drain-quorum.ts";
import { drain011, drain013, drain026 } from "./drain-readiness.ts";
import { drain045 } from "./drain-running.ts";
import { drain001, drain003 } from "./drain-replicas.ts";
import { drain031, drain032, drain033 } from "./drain-rollout.ts";
import { drain010, drain012, drain023, drain024, drain025 } from "./drain-shutdown.ts";
import { drain027, drain028 } from "./drain-spare-node.ts";
import { drain038, drain039, drain040, drain041, drain042 } from "./drain-unguarded.ts";
import { ex001, ex002 } from "./exemption.ts";
import { pdb004 } from "./foreign-budget.ts";
import { job001, job002, job003 } from "./job.ts";
import { meta001, meta002 } from "./own-keys.ts";
import { mig001, mig002, mig003 } from "./migration.ts";
import { nc004, nc005, nc006, nc007 } from "./node-class.ts";
import { nc001, nc002, nc003, nc008 } from "./node-class-fields.ts";
import { np007, np008, np009, np020 } from "./node-pool-capacity.ts";
import { np005, np006, np014 } from "./node-pool-catalogue.ts";
import { np021 } from "./node-pool-budgets.ts";
import { np010, np011, np012, np013 } from "./node-pool-disruption.ts";
import { np015, np016, np017, np018 } from "./node-pool-lifetime.ts";
import { np001, np002 } from "./node-pool-name.ts";
import { np003, np004, np019 } from "./node-pool-types.ts";
import { obs001 } from "./observe.ts";
import { own001 } from "./owner.ts";
import { place002 } from "./place.ts";
import { place003, place004, place005 } from "./place-pin.ts";
import { pool001, pool002 } from "./pool.ts";
import { pool005 } from "./pool-fit.ts";
import { pool004 } from "./pool-room.ts";
import { pool003 } from "./pool-zone.ts";
import { probe001 } from "./probe.ts";
import { wp007, wp008 } from "./profile-values.ts";
import { req003 } from "./qos.ts";
import { req001, req002, req006 } from "./request.ts";
import type { Rule } from "./rule.ts";
import { scale001 } from "./scale.ts";
import { scale002, scale003 } from "./scale-target.ts";
import { sec001 } from "./security.ts";
import { sel001 } from "./selector.ts";
import { svc001, svc002 } from "./service.ts";
import { spot001, spot004, spot006, spot008 } from "./spot.ts";
import { spot002, spot003, spot005, spot007 } from "./spot-work.ts";
import { stor001, stor003, stor004, stor006, stor007 } from "./storage.ts";
import { stor002, stor005 } from "./storage-class.ts";
import { topo001, topo002, topo003, topo004 } from "./topology.ts";
import { conf004 } from "./vertical-autoscaler.ts";
import { wp001, wp002, wp003, wp004, wp005, wp006 } from "./workload-profile.ts";

/** Every built-in rule, sorted by id. */
export const allRules: readonly Rule[] = [
  bare001,
  bind001,
  bind002,
  bind003,
  bind004,
  bind005,
  buf001,
  buf002,
  buf003,
  class001,
  class002,
  class003,
  class004,
  class005,
  conf002,
  conf003,
  conf004,
  cost001,
  drain001,
  drain002,
  drain003,
  drain004,
  drain005,
  drain006,
  drain007,
  drain010,
  drain011,
  drain012,
  drain013,
  drain014,
  drain015,
  drain016,
  drain017,
  drain018,
  drain019,
  drain020,
  drain021,
  drain022,
  drain023,
  drain024,
  drain025,
  drain026,
  drain027,
  drain028,
  drain029,
  drain030,
  drain031,
  drain032,
  drain033,
  drain034,
  drain035,
  drain036,
  drain037,
  drain038,
  drain039,
  drain040,
  drain041,
  drain042,
  drain043,
  drain044,
  drain045,
  drain046,
  drain047,
  ds001,
  ex001,
  ex002,
  job001,
  job002,
  job003,
  meta001,
  meta002,
  mig001,
  mig002,
  mig003,
  nc001,
  nc002,
  nc003,
  nc004,
  nc005,
  nc006,
  nc007,
  nc008,
  np001,
  np002,
  np003,
  np004,
  np005,
  np006,
  np007,
  np008,
  np009,
  np010,
  np011,
  np012,
  np013,
  np014,
  np015,
  np016,
  np017,
  np018,
  np019,
  np020,
  np021,
  obs001,
  own001,
  pdb004,
  place002,
  place003,
  place004,
  place005,
  pool001,
  pool002,
  pool003,
  pool004,
  pool005,
  probe001,
  req001,
  req002,
  req003,
  req006,
  scale001,
  scale002,
  scale003,
  sec001,
  sel001,
  spot001,
  spot002,
  spot003,
  spot004,
  spot005,
  spot006,
  spot007,
  spot008,
  stor001,
  stor002,
  stor003,
  stor004,
  stor005,
  stor006,
  stor007,
  svc001,
  svc002,
  topo001,
  topo002,
  topo003,
  topo004,
  wp001,
  wp002,
  wp003,
  wp004,
  wp005,
  wp006,
  wp007,
  wp008,
];
