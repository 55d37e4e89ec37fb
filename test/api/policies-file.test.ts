// The policies file: every section of the contract's example has its place in the schema, also those that our own file leaves out.
import { expect, test } from "vitest";
import { parse } from "yaml";
import { shapeValidator } from "../../src/api/validation.ts";

const everySection = `
apiVersion: platform.example.com/policies/v1
settings:
  defaultClass: general
  unprofiled: warn
  failurePolicy: {general: open, regulated: closed}
  docsBase: https://platform.example.com/rules/
  grandfather: {before: "2026-12-01T00:00:00Z", until: "2027-07-01", unlessChanged: [spec.template]}
  provider: {kind: karpenter}
  maxNewDenials: 10
  iKnow: true
classes:
  general:
    purpose: stateless services
    pools: [general-flex]
    placement:
      nodeSelector: {workload-class: general}
      tolerations: [{key: workload-class, operator: Equal, value: general, effect: NoSchedule}]
    capacityTypes: [on-demand]
    allowSpot: false
    spotFloorOnDemand: 50%
    zones: [ap-southeast-1a]
    arch: amd64
    requires: [disruption.idempotent]
    requireAllGuarantees: true
    podPatch: false
    requests:
      cpu: {min: 50m, max: "8", default: 250m}
      memory: {min: 64Mi, max: 32Gi, default: 256Mi}
      ephemeralStorage: {default: 1Gi}
      gibPerCpu: {min: 1, max: 6.5}
      sidecar: {cpu: 10m, memory: 32Mi}
    gpu: {min: 1, max: 8}
    limits: {cpu: none, memoryRatio: 2.0, maxCpuRatio: 10, maxMemoryRatio: 2}
    availability: {minReplicas: 2, allowZero: false, zoneSpread: required, zoneSpreadFrom: 3, hostSpread: none, singletons: {default: deny, Job: allow}}
    disruption:
      minAvailable: 80%
      gracePeriodSeconds: 30
      preStopSeconds: 5
      maxGraceSeconds: 600
      maxProtect: 4h
      consolidates: true
      maxNodeAge: 336h
      window: [{schedule: "0 2 * * 6", duration: 2h}]
    quota: {cpu: "800", memory: 1600Gi, replicasPerProfile: 200}
  batch: {disruption: {maxUnavailable: 20%}}
grants:
  system: {namespaces: [kube-system, platform-*]}
  regulated: {namespaceSelector: {matchLabels: {data-classification: restricted}}, requestFrom: security@example.com}
namespaces:
  dev-*: {classDefaults: {general: {availability: {singletons: {default: warn}, minReplicas: 1, zoneSpread: none}}}}
costOwners: {source: list, values: [billing], requiredOn: [profile, nodepool], tagKey: cost-center}
rules:
  DRAIN-001: {action: deny, params: {unprofiled: warn}}
  TOPO-001: {action: deny, scope: {classes: [general], namespaces: ["!dev-*"], labels: {tier: front}}}
  STOR-003: {action: audit, until: "2027-03-31", then: deny}
custom:
  - id: X-IMG-001
    match: {kinds: [Deployment], classes: [regulated]}
    forEach: pod.containers
    expression: "item.image.contains('@sha256:')"
    messageExpression: "'image ' + item.image"
    fix: pin images by digest
    action: deny
    onError: allow
    tests: [{name: tag denied, object: fixtures/tag.yaml, expect: deny}]
nodepoolReview:
  naming: '^(system|general)-[a-z0-9-]+$'
  forbiddenNames: [misc]
  minInstanceTypes: {spot: 10, on-demand: 5}
  justifications: [licence]
  requireTags: [environment]
  rules: {NP-003: warn}
exemptions:
  - id: EX-2026-014
    rules: [DRAIN-001]
    match: {namespace: billing, kind: StatefulSet, name: ledger-db}
    owner: dba@example.com
    reason: single-writer database
    expires: "2027-04-30"
    approvedBy: platform-oncall
    compensate: [{pool: general-flex, drainWindow: "0 2 * * 6", duration: 2h}]
migration: {active: true, until: "2027-04-30", taint: migration.platform.example.com/karpenter, classesDone: [batch]}
`;

const validator = shapeValidator();

test("a file with every section is right", () => {
  expect(validator.validate("PoliciesFile", parse(everySection))).toEqual([]);
});

test.each([
  ["unprofiled: warn", "unprofiled: warm", "settings.unprofiled"],
  ["regulated: closed", "regulated: shut", "settings.failurePolicy.regulated"],
  ['until: "2027-07-01"', "until: soon", "settings.grandfather.until"],
  ["max: 32Gi", "max: 32GB", "classes.general.requests.memory.max"],
  ["allowSpot: false", "allowSpot: never", "classes.general.allowSpot"],
  ["capacityTypes: [on-demand]", "capacityTypes: [ondemand]", "classes.general.capacityTypes[0]"],
  ["Job: allow", "Job: maybe", "classes.general.availability.singletons.Job"],
  ["maxNodeAge: 336h", "maxNodeAge: 14d", "classes.general.disruption.maxNodeAge"],
  ["zoneSpread: none}}}", "zoneSpred: none}}}", "namespaces.dev-*.classDefaults.general.availability.zoneSpred"],
  ["values: [billing], ", "", "costOwners.values"],
  ["action: audit", "action: log", "rules.STOR-003.action"],
  ["id: X-IMG-001", "id: x1", "custom[0].id"],
  ["spot: 10", "spot: 0", "nodepoolReview.minInstanceTypes.spot"],
  ["    owner: dba@example.com\n", "", "exemptions[0].owner"],
  ["active: true", "active: 1", "migration.active"],
  ["platform.example.com/policies/v1", "platform.example.com/v1", "apiVersion"],
  ["classes:\n  general:", "class:\n  general:", "class"],
])("%s written as %j is told at its field", (right, wrong, field) => {
  expect(everySection).toContain(right);
  const errors = validator.validate("PoliciesFile", parse(everySection.replace(right, wrong)));
  expect(errors.map((error) => error.field)).toContain(field);
});
