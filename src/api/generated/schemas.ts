/**
 * The plain JSON schemas of our shapes. Generated from the schemas of src/api by `npm run generate`; don't edit.
 */
import type { JsonSchema, ShapeKind } from "../json-schema.ts";

/** The schema of each kind: for Kubernetes objects of spec and status, for the policies file of all of it. */
export const shapeSchemas: Readonly<Record<ShapeKind, JsonSchema>> = {
 "WorkloadProfile": {
  "type": "object",
  "required": [
   "spec"
  ],
  "properties": {
   "spec": {
    "type": "object",
    "properties": {
     "runtimeClass": {
      "type": "string",
      "description": "Class of the workload in the catalogue of policies.yaml.",
      "x-plimsoll-default": "settings.defaultClass",
      "x-plimsoll-check": "in the catalogue, and granted to the namespace"
     },
     "bind": {
      "type": "object",
      "properties": {
       "targetRef": {
        "type": "object",
        "required": [
         "kind",
         "name"
        ],
        "properties": {
         "apiVersion": {
          "type": "string",
          "description": "API version of the workload.",
          "x-plimsoll-default": "any version of the kind"
         },
         "kind": {
          "type": "string",
          "description": "Kind of the workload, such as Deployment."
         },
         "name": {
          "type": "string",
          "description": "Name of the workload."
         }
        },
        "description": "The one workload, by name."
       },
       "selector": {
        "type": "object",
        "properties": {
         "matchLabels": {
          "type": "object",
          "additionalProperties": {
           "type": "string",
           "description": "The value of the label."
          },
          "description": "Labels that must all be there."
         },
         "matchExpressions": {
          "type": "array",
          "items": {
           "type": "object",
           "required": [
            "key",
            "operator"
           ],
           "properties": {
            "key": {
             "type": "string",
             "description": "The label."
            },
            "operator": {
             "type": "string",
             "enum": [
              "In",
              "NotIn",
              "Exists",
              "DoesNotExist"
             ],
             "description": "How the label is compared."
            },
            "values": {
             "type": "array",
             "items": {
              "type": "string",
              "description": "A value."
             },
             "description": "The values of In and NotIn.",
             "x-kubernetes-list-type": "atomic"
            }
           },
           "description": "One condition on a label."
          },
          "description": "Conditions on labels that must all hold.",
          "x-kubernetes-list-type": "atomic"
         }
        },
        "description": "Chooses Pods by their labels."
       }
      },
      "description": "Which workload this profile is for; without it, the workload of the profile's own name."
     },
     "availability": {
      "type": "object",
      "properties": {
       "minReplicas": {
        "type": "integer",
        "description": "Replicas that must always be wanted.",
        "minimum": 0,
        "x-plimsoll-default": "class",
        "x-plimsoll-check": "not above scaling.maxReplicas; 0 and 1 only where the class allows it"
       },
       "zoneSpread": {
        "type": "string",
        "enum": [
         "required",
         "preferred",
         "none"
        ],
        "description": "Whether replicas are spread over zones.",
        "x-plimsoll-default": "class",
        "x-plimsoll-check": "required needs minReplicas >= 2 and two zones of the class"
       },
       "hostSpread": {
        "type": "string",
        "enum": [
         "required",
         "preferred",
         "none"
        ],
        "description": "Whether replicas are spread over nodes.",
        "x-plimsoll-default": "preferred"
       },
       "surviveZoneLoss": {
        "type": "boolean",
        "description": "Whether what stays after the loss of one zone is checked and reported.",
        "x-plimsoll-default": "false",
        "x-plimsoll-check": "needs zoneSpread required"
       },
       "zones": {
        "type": "array",
        "items": {
         "type": "string",
         "description": "A zone such as ap-southeast-1a."
        },
        "description": "Zones that the replicas may run in.",
        "x-kubernetes-list-type": "atomic",
        "maxItems": 32,
        "x-plimsoll-default": "class zones",
        "x-plimsoll-check": "a subset of the class zones"
       }
      },
      "description": "How many replicas there must be, and where."
     },
     "scaling": {
      "type": "object",
      "properties": {
       "maxReplicas": {
        "type": "integer",
        "description": "Most replicas that may be wanted.",
        "minimum": 1,
        "x-plimsoll-default": "minReplicas, at least 1",
        "x-plimsoll-check": "not above the class's limit"
       },
       "maxBurstPods": {
        "type": "integer",
        "description": "Most Pods that may be added within a minute.",
        "minimum": 1,
        "x-plimsoll-default": "maxReplicas - minReplicas",
        "x-plimsoll-check": "not above maxReplicas"
       },
       "headroomPods": {
        "x-kubernetes-int-or-string": true,
        "description": "Room kept free for this many more Pods, as a count or a percentage of the replicas.",
        "pattern": "^(100|[0-9]{1,2})%$",
        "minimum": 0,
        "x-plimsoll-default": "0",
        "x-plimsoll-check": "not above maxBurstPods"
       },
       "manage": {
        "type": "string",
        "enum": [
         "none",
         "hpa"
        ],
        "description": "Who changes the replicas: somebody else, or a HorizontalPodAutoscaler made from this profile.",
        "x-plimsoll-default": "none"
       },
       "metrics": {
        "type": "array",
        "items": {
         "type": "object",
         "required": [
          "type",
          "target"
         ],
         "properties": {
          "type": {
           "type": "string",
           "enum": [
            "cpu",
            "memory",
            "external"
           ],
           "description": "Where the signal comes from.",
           "x-plimsoll-check": "cpu needs compute.cpuRequest"
          },
          "name": {
           "type": "string",
           "description": "Name of an external metric."
          },
          "target": {
           "x-kubernetes-int-or-string": true,
           "description": "What to hold: percent of the request for cpu and memory, an average value a Pod for external.",
           "pattern": "^([0-9]{1,3}%|[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?)$",
           "minimum": 0
          }
         },
         "description": "One signal that replicas follow."
        },
        "description": "Signals of the HorizontalPodAutoscaler.",
        "x-kubernetes-list-type": "atomic",
        "x-plimsoll-default": "cpu at 70% where manage is hpa"
       },
       "lagMetric": {
        "type": "string",
        "description": "Name of the metric that says how far a queue's worker is behind.",
        "x-plimsoll-check": "class batch needs it"
       }
      },
      "description": "How far and how fast the workload may grow."
     },
     "compute": {
      "type": "object",
      "properties": {
       "cpuRequest": {
        "x-kubernetes-int-or-string": true,
        "description": "CPU that each replica is promised.",
        "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
        "minimum": 0,
        "x-plimsoll-default": "class",
        "x-plimsoll-check": "within the class's bounds"
       },
       "memoryRequest": {
        "x-kubernetes-int-or-string": true,
        "description": "Memory that each replica is promised.",
        "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
        "minimum": 0,
        "x-plimsoll-default": "class",
        "x-plimsoll-check": "within the class's bounds"
       },
       "memoryLimit": {
        "x-kubernetes-int-or-string": true,
        "description": "Memory above which a container is killed.",
        "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
        "minimum": 0,
        "x-plimsoll-default": "memoryRequest times the class's ratio",
        "x-plimsoll-check": "not below memoryRequest, not above the class's ratio"
       },
       "cpuLimit": {
        "x-kubernetes-int-or-string": true,
        "description": "CPU above which a container is throttled, or none.",
        "pattern": "^(none|[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?)$",
        "minimum": 0,
        "x-plimsoll-default": "none",
        "x-plimsoll-check": "not below cpuRequest"
       },
       "ephemeralStorageRequest": {
        "x-kubernetes-int-or-string": true,
        "description": "Disk of the node that each replica is promised.",
        "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
        "minimum": 0,
        "x-plimsoll-default": "class"
       },
       "gpu": {
        "type": "object",
        "required": [
         "name",
         "count"
        ],
        "properties": {
         "name": {
          "type": "string",
          "description": "Resource name such as nvidia.com/gpu.",
          "x-plimsoll-check": "class gpu only"
         },
         "count": {
          "type": "integer",
          "description": "How many.",
          "minimum": 1
         }
        },
        "description": "Accelerators; request and limit are the same."
       },
       "arch": {
        "type": "string",
        "enum": [
         "amd64",
         "arm64",
         "any"
        ],
        "description": "Processor architecture of the nodes.",
        "x-plimsoll-default": "class"
       },
       "containers": {
        "type": "object",
        "additionalProperties": {
         "type": "object",
         "properties": {
          "cpuRequest": {
           "x-kubernetes-int-or-string": true,
           "description": "CPU that each replica is promised.",
           "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
           "minimum": 0,
           "x-plimsoll-default": "class",
           "x-plimsoll-check": "within the class's bounds"
          },
          "memoryRequest": {
           "x-kubernetes-int-or-string": true,
           "description": "Memory that each replica is promised.",
           "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
           "minimum": 0,
           "x-plimsoll-default": "class",
           "x-plimsoll-check": "within the class's bounds"
          },
          "memoryLimit": {
           "x-kubernetes-int-or-string": true,
           "description": "Memory above which a container is killed.",
           "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
           "minimum": 0,
           "x-plimsoll-default": "memoryRequest times the class's ratio",
           "x-plimsoll-check": "not below memoryRequest, not above the class's ratio"
          },
          "cpuLimit": {
           "x-kubernetes-int-or-string": true,
           "description": "CPU above which a container is throttled, or none.",
           "pattern": "^(none|[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?)$",
           "minimum": 0,
           "x-plimsoll-default": "none",
           "x-plimsoll-check": "not below cpuRequest"
          },
          "ephemeralStorageRequest": {
           "x-kubernetes-int-or-string": true,
           "description": "Disk of the node that each replica is promised.",
           "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
           "minimum": 0,
           "x-plimsoll-default": "class"
          },
          "gpu": {
           "type": "object",
           "required": [
            "name",
            "count"
           ],
           "properties": {
            "name": {
             "type": "string",
             "description": "Resource name such as nvidia.com/gpu.",
             "x-plimsoll-check": "class gpu only"
            },
            "count": {
             "type": "integer",
             "description": "How many.",
             "minimum": 1
            }
           },
           "description": "Accelerators; request and limit are the same."
          }
         },
         "description": "Sizes of one container."
        },
        "description": "Sizes by container name, where a Pod has several.",
        "x-plimsoll-check": "each name is a container of the workload",
        "maxProperties": 100
       },
       "managedBy": {
        "type": "string",
        "enum": [
         "profile",
         "vpa",
         "none"
        ],
        "description": "Who owns the requests.",
        "x-plimsoll-default": "profile",
        "x-plimsoll-check": "vpa needs a VerticalPodAutoscaler for the workload"
       },
       "mode": {
        "type": "string",
        "enum": [
         "set",
         "fill",
         "floor"
        ],
        "description": "What happens to values that a Pod already has: set overwrites, fill adds what is missing, floor raises what is lower.",
        "x-plimsoll-default": "set"
       }
      },
      "description": "What each replica needs."
     },
     "disruption": {
      "type": "object",
      "properties": {
       "minAvailable": {
        "x-kubernetes-int-or-string": true,
        "description": "Replicas that must stay available while Pods are evicted.",
        "pattern": "^(100|[0-9]{1,2})%$",
        "minimum": 0,
        "x-plimsoll-default": "class",
        "x-plimsoll-check": "not beside maxUnavailable; a count must be below minReplicas"
       },
       "maxUnavailable": {
        "x-kubernetes-int-or-string": true,
        "description": "Replicas that may be unavailable while Pods are evicted.",
        "pattern": "^(100|[0-9]{1,2})%$",
        "minimum": 0,
        "x-plimsoll-default": "class",
        "x-plimsoll-check": "not beside minAvailable; above 0"
       },
       "gracePeriodSeconds": {
        "type": "integer",
        "description": "Seconds from SIGTERM to SIGKILL.",
        "minimum": 0,
        "x-plimsoll-default": "30",
        "x-plimsoll-check": "not below maxRequestSeconds; on Spot at most 110; within the class's limit"
       },
       "preStopSeconds": {
        "type": "integer",
        "description": "Seconds to wait before SIGTERM, so that traffic moves away first.",
        "minimum": 0,
        "x-plimsoll-default": "class, else 0",
        "x-plimsoll-check": "below gracePeriodSeconds"
       },
       "maxRequestSeconds": {
        "type": "integer",
        "description": "Longest request that must be able to finish.",
        "minimum": 0
       },
       "maxTaskSeconds": {
        "type": "integer",
        "description": "Longest task that must be able to finish.",
        "minimum": 0
       },
       "adopt": {
        "type": "boolean",
        "description": "Whether the profile may take over a PodDisruptionBudget of its name that somebody else made.",
        "x-plimsoll-default": "false"
       },
       "quorum": {
        "type": "boolean",
        "description": "The replicas vote: only one may be away at a time.",
        "x-plimsoll-default": "false",
        "x-plimsoll-check": "replicas are odd and at least 3"
       },
       "idempotent": {
        "type": "boolean",
        "description": "Work done twice does no harm.",
        "x-plimsoll-check": "class batch needs it or all guarantees"
       },
       "restartable": {
        "type": "boolean",
        "description": "Work can start again from the beginning."
       },
       "checkpointed": {
        "type": "boolean",
        "description": "Work goes on from its last checkpoint."
       },
       "guarantees": {
        "type": "object",
        "properties": {
         "ackAfterCompletion": {
          "type": "boolean",
          "description": "A message is acknowledged only after its work is done."
         },
         "retryable": {
          "type": "boolean",
          "description": "Work that was cut short is tried again."
         },
         "duplicateSafe": {
          "type": "boolean",
          "description": "The same work done twice does no harm."
         },
         "stopsPullingOnTerm": {
          "type": "boolean",
          "description": "SIGTERM stops the pulling of new work."
         },
         "inFlightSafe": {
          "type": "boolean",
          "description": "Work in flight at the kill is not lost."
         },
         "deadLetter": {
          "type": "boolean",
          "description": "Work that keeps failing is put aside."
         }
        },
        "description": "What the code promises, for work that may be interrupted; leave out what nobody has checked."
       },
       "protect": {
        "type": "string",
        "description": "Keeps the provisioner from disrupting the Pod: never kept, until the Pod has finished, or for a duration after its start.",
        "pattern": "^(none|untilFinished|([0-9]+(s|m|h))+)$",
        "x-plimsoll-default": "none",
        "x-plimsoll-check": "within the class's limit; not on a service with more than one replica"
       },
       "window": {
        "type": "array",
        "items": {
         "type": "object",
         "required": [
          "schedule",
          "duration"
         ],
         "properties": {
          "schedule": {
           "type": "string",
           "description": "When it opens: cron of five fields, in UTC.",
           "pattern": "^(@(annually|yearly|monthly|weekly|daily|midnight|hourly)|\\S+ +\\S+ +\\S+ +\\S+ +\\S+)$"
          },
          "duration": {
           "type": "string",
           "description": "How long it stays open.",
           "pattern": "^([0-9]+(s|m|h))+$"
          },
          "timezone": {
           "type": "string",
           "enum": [
            "UTC"
           ],
           "description": "The time zone of the schedule.",
           "x-plimsoll-default": "UTC"
          }
         },
         "description": "One window."
        },
        "description": "When voluntary disruption is allowed.",
        "x-kubernetes-list-type": "atomic",
        "x-plimsoll-default": "class"
       }
      },
      "description": "How much of the workload may be taken away at once, and how a Pod ends."
     },
     "rollout": {
      "type": "string",
      "enum": [
       "none",
       "onChange"
      ],
      "description": "Whether running Pods are rolled when what is compiled changes.",
      "x-plimsoll-default": "none"
     },
     "validateOnly": {
      "type": "boolean",
      "description": "Check what would be compiled, and change nothing: the manifests in git carry it already.",
      "x-plimsoll-default": "false"
     },
     "cost": {
      "type": "object",
      "properties": {
       "spotAllowed": {
        "type": "boolean",
        "description": "Whether replicas may run on Spot capacity.",
        "x-plimsoll-default": "false",
        "x-plimsoll-check": "only where the class allows it and the workload can stand an interruption"
       },
       "spotFloorOnDemand": {
        "x-kubernetes-int-or-string": true,
        "description": "Replicas that stay on on-demand capacity, as a count or a percentage.",
        "pattern": "^(100|[0-9]{1,2})%$",
        "minimum": 0,
        "x-plimsoll-default": "class, else 0"
       },
       "owner": {
        "type": "string",
        "description": "Who pays.",
        "x-plimsoll-default": "label cost-owner of the profile or of its namespace",
        "x-plimsoll-check": "one of costOwners"
       },
       "maxHourly": {
        "type": "number",
        "description": "Warn where the plan costs more US dollars an hour than this.",
        "minimum": 0
       }
      },
      "description": "What may be spent, and on whose account."
     },
     "storage": {
      "type": "object",
      "properties": {
       "stateful": {
        "type": "boolean",
        "description": "Whether replicas keep data of their own."
       },
       "backup": {
        "type": "string",
        "description": "How the data is backed up."
       },
       "zonePlan": {
        "type": "string",
        "description": "What happens to the data of a zone that is lost."
       }
      },
      "description": "What becomes of data."
     },
     "security": {
      "type": "object",
      "properties": {
       "dataClassification": {
        "type": "string",
        "enum": [
         "public",
         "internal",
         "confidential",
         "restricted"
        ],
        "description": "Classification of the data.",
        "x-plimsoll-default": "label data-classification of the namespace",
        "x-plimsoll-check": "class regulated needs it"
       }
      },
      "description": "How sensitive the workload is."
     },
     "podPatch": {
      "type": "object",
      "x-kubernetes-preserve-unknown-fields": true,
      "description": "A strategic merge patch for the Pod's spec, applied last.",
      "x-plimsoll-check": "only fields that policies.yaml allows"
     },
     "overrides": {
      "type": "array",
      "items": {
       "type": "object",
       "required": [
        "match"
       ],
       "properties": {
        "match": {
         "type": "object",
         "properties": {
          "labels": {
           "type": "object",
           "additionalProperties": {
            "type": "string",
            "description": "The value of the label."
           },
           "description": "Labels that the Pod must have.",
           "maxProperties": 100
          },
          "stage": {
           "type": "string",
           "enum": [
            "canary",
            "stable"
           ],
           "description": "Stage of an Argo Rollout."
          }
         },
         "description": "Which Pods are the variant."
        },
        "compute": {
         "type": "object",
         "properties": {
          "cpuRequest": {
           "x-kubernetes-int-or-string": true,
           "description": "CPU that each replica is promised.",
           "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
           "minimum": 0,
           "x-plimsoll-default": "class",
           "x-plimsoll-check": "within the class's bounds"
          },
          "memoryRequest": {
           "x-kubernetes-int-or-string": true,
           "description": "Memory that each replica is promised.",
           "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
           "minimum": 0,
           "x-plimsoll-default": "class",
           "x-plimsoll-check": "within the class's bounds"
          },
          "memoryLimit": {
           "x-kubernetes-int-or-string": true,
           "description": "Memory above which a container is killed.",
           "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
           "minimum": 0,
           "x-plimsoll-default": "memoryRequest times the class's ratio",
           "x-plimsoll-check": "not below memoryRequest, not above the class's ratio"
          },
          "cpuLimit": {
           "x-kubernetes-int-or-string": true,
           "description": "CPU above which a container is throttled, or none.",
           "pattern": "^(none|[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?)$",
           "minimum": 0,
           "x-plimsoll-default": "none",
           "x-plimsoll-check": "not below cpuRequest"
          },
          "ephemeralStorageRequest": {
           "x-kubernetes-int-or-string": true,
           "description": "Disk of the node that each replica is promised.",
           "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
           "minimum": 0,
           "x-plimsoll-default": "class"
          },
          "gpu": {
           "type": "object",
           "required": [
            "name",
            "count"
           ],
           "properties": {
            "name": {
             "type": "string",
             "description": "Resource name such as nvidia.com/gpu.",
             "x-plimsoll-check": "class gpu only"
            },
            "count": {
             "type": "integer",
             "description": "How many.",
             "minimum": 1
            }
           },
           "description": "Accelerators; request and limit are the same."
          },
          "arch": {
           "type": "string",
           "enum": [
            "amd64",
            "arm64",
            "any"
           ],
           "description": "Processor architecture of the nodes.",
           "x-plimsoll-default": "class"
          },
          "containers": {
           "type": "object",
           "additionalProperties": {
            "type": "object",
            "properties": {
             "cpuRequest": {
              "x-kubernetes-int-or-string": true,
              "description": "CPU that each replica is promised.",
              "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
              "minimum": 0,
              "x-plimsoll-default": "class",
              "x-plimsoll-check": "within the class's bounds"
             },
             "memoryRequest": {
              "x-kubernetes-int-or-string": true,
              "description": "Memory that each replica is promised.",
              "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
              "minimum": 0,
              "x-plimsoll-default": "class",
              "x-plimsoll-check": "within the class's bounds"
             },
             "memoryLimit": {
              "x-kubernetes-int-or-string": true,
              "description": "Memory above which a container is killed.",
              "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
              "minimum": 0,
              "x-plimsoll-default": "memoryRequest times the class's ratio",
              "x-plimsoll-check": "not below memoryRequest, not above the class's ratio"
             },
             "cpuLimit": {
              "x-kubernetes-int-or-string": true,
              "description": "CPU above which a container is throttled, or none.",
              "pattern": "^(none|[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?)$",
              "minimum": 0,
              "x-plimsoll-default": "none",
              "x-plimsoll-check": "not below cpuRequest"
             },
             "ephemeralStorageRequest": {
              "x-kubernetes-int-or-string": true,
              "description": "Disk of the node that each replica is promised.",
              "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
              "minimum": 0,
              "x-plimsoll-default": "class"
             },
             "gpu": {
              "type": "object",
              "required": [
               "name",
               "count"
              ],
              "properties": {
               "name": {
                "type": "string",
                "description": "Resource name such as nvidia.com/gpu.",
                "x-plimsoll-check": "class gpu only"
               },
               "count": {
                "type": "integer",
                "description": "How many.",
                "minimum": 1
               }
              },
              "description": "Accelerators; request and limit are the same."
             }
            },
            "description": "Sizes of one container."
           },
           "description": "Sizes by container name, where a Pod has several.",
           "x-plimsoll-check": "each name is a container of the workload",
           "maxProperties": 100
          }
         },
         "description": "Sizes of the variant."
        },
        "availability": {
         "type": "object",
         "properties": {
          "minReplicas": {
           "type": "integer",
           "description": "Replicas that must always be wanted.",
           "minimum": 0,
           "x-plimsoll-default": "class",
           "x-plimsoll-check": "not above scaling.maxReplicas; 0 and 1 only where the class allows it"
          },
          "zoneSpread": {
           "type": "string",
           "enum": [
            "required",
            "preferred",
            "none"
           ],
           "description": "Whether replicas are spread over zones.",
           "x-plimsoll-default": "class",
           "x-plimsoll-check": "required needs minReplicas >= 2 and two zones of the class"
          },
          "hostSpread": {
           "type": "string",
           "enum": [
            "required",
            "preferred",
            "none"
           ],
           "description": "Whether replicas are spread over nodes.",
           "x-plimsoll-default": "preferred"
          },
          "surviveZoneLoss": {
           "type": "boolean",
           "description": "Whether what stays after the loss of one zone is checked and reported.",
           "x-plimsoll-default": "false",
           "x-plimsoll-check": "needs zoneSpread required"
          },
          "zones": {
           "type": "array",
           "items": {
            "type": "string",
            "description": "A zone such as ap-southeast-1a."
           },
           "description": "Zones that the replicas may run in.",
           "x-kubernetes-list-type": "atomic",
           "maxItems": 32,
           "x-plimsoll-default": "class zones",
           "x-plimsoll-check": "a subset of the class zones"
          }
         },
         "description": "How many replicas there must be, and where."
        }
       },
       "description": "Other values for a variant of the workload."
      },
      "description": "Other values for variants of the workload; the first that a Pod matches holds for it.",
      "x-kubernetes-list-type": "atomic",
      "maxItems": 32
     }
    },
    "description": "What is asked."
   },
   "status": {
    "type": "object",
    "properties": {
     "observedGeneration": {
      "type": "integer",
      "description": "The metadata.generation that this status describes.",
      "format": "int64"
     },
     "conditions": {
      "type": "array",
      "items": {
       "type": "object",
       "required": [
        "type",
        "status",
        "lastTransitionTime",
        "reason",
        "message"
       ],
       "properties": {
        "type": {
         "type": "string",
         "description": "What the condition speaks of, in CamelCase.",
         "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
         "maxLength": 316
        },
        "status": {
         "type": "string",
         "enum": [
          "True",
          "False",
          "Unknown"
         ],
         "description": "Whether it holds."
        },
        "lastTransitionTime": {
         "type": "string",
         "description": "When the status last changed.",
         "format": "date-time"
        },
        "reason": {
         "type": "string",
         "description": "The cause of the last change, in CamelCase.",
         "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
         "minLength": 1,
         "maxLength": 1024
        },
        "message": {
         "type": "string",
         "description": "A sentence for people; may be empty.",
         "maxLength": 32768
        },
        "observedGeneration": {
         "type": "integer",
         "description": "The metadata.generation that the condition was computed from.",
         "format": "int64",
         "minimum": 0
        }
       },
       "description": "One observation."
      },
      "description": "What has been observed, one condition a type.",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": [
       "type"
      ]
     },
     "targets": {
      "type": "array",
      "items": {
       "type": "object",
       "required": [
        "kind",
        "name",
        "matchedBy"
       ],
       "properties": {
        "apiVersion": {
         "type": "string",
         "description": "API version of the workload."
        },
        "kind": {
         "type": "string",
         "description": "Kind of the workload."
        },
        "name": {
         "type": "string",
         "description": "Name of the workload."
        },
        "uid": {
         "type": "string",
         "description": "UID of the workload."
        },
        "matchedBy": {
         "type": "string",
         "enum": [
          "targetRef",
          "label",
          "selector",
          "name"
         ],
         "description": "What bound it."
        },
        "replicas": {
         "type": "integer",
         "description": "Replicas that it wants now.",
         "minimum": 0
        },
        "podsCompiled": {
         "type": "integer",
         "description": "Pods that carry the contract of now.",
         "minimum": 0
        },
        "podsStale": {
         "type": "integer",
         "description": "Pods that carry an older contract, or none, or were resized since.",
         "minimum": 0
        },
        "podsResized": {
         "type": "integer",
         "description": "Of the stale Pods, those that were resized in place since they were compiled.",
         "minimum": 0
        }
       },
       "description": "One workload that the profile binds."
      },
      "description": "The workloads that the profile binds.",
      "x-kubernetes-list-type": "atomic"
     },
     "targetCount": {
      "type": "integer",
      "description": "How many workloads the profile binds.",
      "minimum": 0
     },
     "compiled": {
      "type": "object",
      "required": [
       "hash"
      ],
      "properties": {
       "hash": {
        "type": "string",
        "description": "Hash of the compiled contract; Pods carry it as a label."
       },
       "policyBundle": {
        "type": "string",
        "description": "Hash of the policies.yaml that it was compiled with."
       },
       "pdb": {
        "type": "string",
        "description": "The PodDisruptionBudget, such as \"billing-api: maxUnavailable 1\"."
       },
       "hpa": {
        "type": "string",
        "description": "The HorizontalPodAutoscaler, such as \"billing-api: 3..50, cpu 70%\"."
       },
       "spread": {
        "type": "string",
        "description": "The spread, such as \"zone required, host preferred\"."
       },
       "placement": {
        "type": "string",
        "description": "Where Pods may run, such as \"workload-class=general\"."
       },
       "requests": {
        "type": "string",
        "description": "What each Pod requests, such as \"500m/768Mi\"."
       }
      },
      "description": "What was compiled."
     },
     "resolved": {
      "type": "object",
      "x-kubernetes-preserve-unknown-fields": true,
      "description": "The spec with every default filled in."
     },
     "evictionsAllowed": {
      "type": "object",
      "properties": {
       "atMin": {
        "type": "integer",
        "description": "At availability.minReplicas.",
        "minimum": 0
       },
       "now": {
        "type": "integer",
        "description": "At the replicas of now.",
        "minimum": 0
       },
       "atMax": {
        "type": "integer",
        "description": "At scaling.maxReplicas.",
        "minimum": 0
       },
       "summary": {
        "type": "string",
        "description": "now/atMin, for the column EVICT."
       }
      },
      "description": "How many Pods may be evicted at once while all are healthy."
     },
     "spot": {
      "type": "object",
      "required": [
       "allowed",
       "reason"
      ],
      "properties": {
       "allowed": {
        "type": "boolean",
        "description": "Whether they may, or could if the profile asked for it."
       },
       "reason": {
        "type": "string",
        "description": "Why, or why not, and what would change it."
       }
      },
      "description": "Whether replicas may run on Spot."
     },
     "coldStart": {
      "type": "object",
      "properties": {
       "p50Seconds": {
        "type": "number",
        "description": "Half of the starts were faster.",
        "minimum": 0
       },
       "p95Seconds": {
        "type": "number",
        "description": "19 of 20 starts were faster.",
        "minimum": 0
       },
       "samples": {
        "type": "integer",
        "description": "Starts that were measured.",
        "minimum": 0
       }
      },
      "description": "How long a Pod takes from its creation to Ready."
     },
     "plan": {
      "type": "object",
      "properties": {
       "pool": {
        "type": "string",
        "description": "The NodePool."
       },
       "candidateTypes": {
        "type": "array",
        "items": {
         "type": "string",
         "description": "An instance type."
        },
        "description": "Instance types, cheapest first.",
        "x-kubernetes-list-type": "atomic"
       },
       "perReplicaHourly": {
        "type": "string",
        "description": "US dollars an hour for one replica, such as \"0.0212\"."
       },
       "note": {
        "type": "string",
        "description": "What the replicas of now cost, where that is above cost.maxHourly."
       }
      },
      "description": "What a replica would run on."
     },
     "lostZones": {
      "type": "array",
      "items": {
       "type": "string",
       "description": "A zone."
      },
      "description": "Zones in which nothing that its Pods could run on has been to be had for minutes; new Pods are spread over the others.",
      "x-kubernetes-list-type": "atomic"
     },
     "exemptUntil": {
      "type": "string",
      "description": "When the first exemption in use expires."
     },
     "lastDenials": {
      "type": "array",
      "items": {
       "type": "object",
       "required": [
        "time",
        "user",
        "rule"
       ],
       "properties": {
        "time": {
         "type": "string",
         "description": "When.",
         "format": "date-time"
        },
        "user": {
         "type": "string",
         "description": "Who asked: a client, or a controller. Not by name, since anybody may call the webhook by another's."
        },
        "rule": {
         "type": "string",
         "description": "The rule that refused."
        },
        "message": {
         "type": "string",
         "description": "What was refused and why, in fixed words; who asked was told the numbers."
        }
       },
       "description": "One denial of a request that concerned the profile."
      },
      "description": "The latest denials, newest first.",
      "x-kubernetes-list-type": "atomic",
      "maxItems": 5
     }
    },
    "description": "What the platform made of the profile."
   }
  },
  "description": "The contract of one workload: what it asks, and what the platform made of it."
 },
 "NodePool": {
  "type": "object",
  "required": [
   "spec"
  ],
  "properties": {
   "spec": {
    "type": "object",
    "required": [
     "template"
    ],
    "properties": {
     "template": {
      "type": "object",
      "required": [
       "spec"
      ],
      "properties": {
       "metadata": {
        "type": "object",
        "properties": {
         "labels": {
          "type": "object",
          "additionalProperties": {
           "type": "string",
           "description": "The value of the label.",
           "pattern": "^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$",
           "maxLength": 63
          },
          "description": "Labels of the nodes; Pods may select them.",
          "maxProperties": 100,
          "x-kubernetes-map-type": "atomic",
          "x-kubernetes-validations": [
           {
            "rule": "self.all(key, key in ['karpenter.sh/capacity-type', 'karpenter.sh/nodepool'] || !key.find('^([^/]+)').endsWith('karpenter.sh'))",
            "message": "labels of the domain karpenter.sh are set by the provisioner"
           },
           {
            "rule": "self.all(key, key in ['karpenter.k8s.aws/instance-category', 'karpenter.k8s.aws/instance-family', 'karpenter.k8s.aws/instance-generation', 'karpenter.k8s.aws/instance-size', 'karpenter.k8s.aws/instance-cpu', 'karpenter.k8s.aws/instance-cpu-manufacturer', 'karpenter.k8s.aws/instance-cpu-sustained-clock-speed-mhz', 'karpenter.k8s.aws/instance-memory', 'karpenter.k8s.aws/instance-hypervisor', 'karpenter.k8s.aws/instance-encryption-in-transit-supported', 'karpenter.k8s.aws/instance-capability-flex', 'karpenter.k8s.aws/instance-local-nvme', 'karpenter.k8s.aws/instance-ebs-bandwidth', 'karpenter.k8s.aws/instance-network-bandwidth', 'karpenter.k8s.aws/instance-gpu-name', 'karpenter.k8s.aws/instance-gpu-manufacturer', 'karpenter.k8s.aws/instance-gpu-count', 'karpenter.k8s.aws/instance-gpu-memory', 'karpenter.k8s.aws/instance-accelerator-name', 'karpenter.k8s.aws/instance-accelerator-manufacturer', 'karpenter.k8s.aws/instance-accelerator-count', 'karpenter.k8s.aws/instance-tenancy', 'karpenter.k8s.aws/capacity-reservation-id', 'karpenter.k8s.aws/capacity-reservation-type', 'karpenter.k8s.aws/capacity-reservation-interruptible', 'karpenter.k8s.aws/placement-group-id', 'karpenter.k8s.aws/placement-group-partition', 'karpenter.k8s.aws/ec2nodeclass'] || !key.find('^([^/]+)').endsWith('karpenter.k8s.aws'))",
            "message": "labels of the domain karpenter.k8s.aws are set by the provisioner"
           },
           {
            "rule": "self.all(key, key != 'kubernetes.io/hostname')",
            "message": "label kubernetes.io/hostname is set by the provisioner"
           },
           {
            "rule": "self.all(key, key != 'karpenter.sh/nodepool')",
            "message": "label karpenter.sh/nodepool is set by the provisioner"
           }
          ]
         },
         "annotations": {
          "type": "object",
          "additionalProperties": {
           "type": "string",
           "description": "The value of the annotation."
          },
          "description": "Annotations of the nodes.",
          "x-kubernetes-map-type": "granular"
         }
        },
        "description": "Labels and annotations of the nodes."
       },
       "spec": {
        "type": "object",
        "required": [
         "nodeClassRef",
         "requirements"
        ],
        "properties": {
         "nodeClassRef": {
          "type": "object",
          "required": [
           "group",
           "kind",
           "name"
          ],
          "properties": {
           "group": {
            "type": "string",
            "description": "API group of the NodeClass.",
            "pattern": "^[^/]*$",
            "x-kubernetes-validations": [
             {
              "rule": "self != ''",
              "message": "group may not be empty"
             }
            ]
           },
           "kind": {
            "type": "string",
            "description": "Kind of the NodeClass.",
            "x-kubernetes-validations": [
             {
              "rule": "self != ''",
              "message": "kind may not be empty"
             }
            ]
           },
           "name": {
            "type": "string",
            "description": "Name of the NodeClass.",
            "x-kubernetes-validations": [
             {
              "rule": "self != ''",
              "message": "name may not be empty"
             }
            ]
           }
          },
          "description": "The NodeClass with the provider's settings.",
          "x-kubernetes-validations": [
           {
            "rule": "self.group == oldSelf.group",
            "message": "nodeClassRef.group can't change; make a new NodePool"
           },
           {
            "rule": "self.kind == oldSelf.kind",
            "message": "nodeClassRef.kind can't change; make a new NodePool"
           }
          ]
         },
         "requirements": {
          "type": "array",
          "items": {
           "type": "object",
           "required": [
            "key",
            "operator"
           ],
           "properties": {
            "key": {
             "type": "string",
             "description": "The label.",
             "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*(\\/))?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$",
             "maxLength": 316,
             "x-kubernetes-validations": [
              {
               "rule": "self in ['karpenter.sh/capacity-type', 'karpenter.sh/nodepool'] || !self.find('^([^/]+)').endsWith('karpenter.sh')",
               "message": "labels of the domain karpenter.sh are set by the provisioner"
              },
              {
               "rule": "self in ['karpenter.k8s.aws/instance-category', 'karpenter.k8s.aws/instance-family', 'karpenter.k8s.aws/instance-generation', 'karpenter.k8s.aws/instance-size', 'karpenter.k8s.aws/instance-cpu', 'karpenter.k8s.aws/instance-cpu-manufacturer', 'karpenter.k8s.aws/instance-cpu-sustained-clock-speed-mhz', 'karpenter.k8s.aws/instance-memory', 'karpenter.k8s.aws/instance-hypervisor', 'karpenter.k8s.aws/instance-encryption-in-transit-supported', 'karpenter.k8s.aws/instance-capability-flex', 'karpenter.k8s.aws/instance-local-nvme', 'karpenter.k8s.aws/instance-ebs-bandwidth', 'karpenter.k8s.aws/instance-network-bandwidth', 'karpenter.k8s.aws/instance-gpu-name', 'karpenter.k8s.aws/instance-gpu-manufacturer', 'karpenter.k8s.aws/instance-gpu-count', 'karpenter.k8s.aws/instance-gpu-memory', 'karpenter.k8s.aws/instance-accelerator-name', 'karpenter.k8s.aws/instance-accelerator-manufacturer', 'karpenter.k8s.aws/instance-accelerator-count', 'karpenter.k8s.aws/instance-tenancy', 'karpenter.k8s.aws/capacity-reservation-id', 'karpenter.k8s.aws/capacity-reservation-type', 'karpenter.k8s.aws/capacity-reservation-interruptible', 'karpenter.k8s.aws/placement-group-id', 'karpenter.k8s.aws/placement-group-partition', 'karpenter.k8s.aws/ec2nodeclass'] || !self.find('^([^/]+)').endsWith('karpenter.k8s.aws')",
               "message": "labels of the domain karpenter.k8s.aws are set by the provisioner"
              },
              {
               "rule": "self != 'kubernetes.io/hostname'",
               "message": "label kubernetes.io/hostname is set by the provisioner"
              },
              {
               "rule": "self != 'karpenter.sh/nodepool'",
               "message": "label karpenter.sh/nodepool is set by the provisioner"
              }
             ]
            },
            "operator": {
             "type": "string",
             "enum": [
              "In",
              "NotIn",
              "Exists",
              "DoesNotExist",
              "Gt",
              "Lt",
              "Gte",
              "Lte"
             ],
             "description": "How the label's value is compared."
            },
            "values": {
             "type": "array",
             "items": {
              "type": "string",
              "description": "A value."
             },
             "description": "The values of In and NotIn; the one whole number of Gt, Lt, Gte and Lte.",
             "x-kubernetes-list-type": "atomic",
             "x-plimsoll-check": "each is a label value"
            },
            "minValues": {
             "type": "integer",
             "description": "At least this many different values must stay possible.",
             "minimum": 1,
             "maximum": 50
            }
           },
           "description": "One condition on a label of the node."
          },
          "description": "What nodes may be; all conditions must hold.",
          "maxItems": 100,
          "x-kubernetes-list-type": "atomic",
          "x-kubernetes-validations": [
           {
            "rule": "self.all(x, x.operator == 'In' ? x.values.size() != 0 : true)",
            "message": "operator In needs at least one value"
           },
           {
            "rule": "self.all(x, x.operator in ['Gt', 'Lt', 'Gte', 'Lte'] ? (x.values.size() == 1 && int(x.values[0]) >= 0) : true)",
            "message": "operators Gt, Lt, Gte and Lte need exactly one value, a whole number not below 0"
           },
           {
            "rule": "self.all(x, (x.operator == 'In' && has(x.minValues)) ? x.values.size() >= x.minValues : true)",
            "message": "minValues needs at least that many values"
           }
          ]
         },
         "taints": {
          "type": "array",
          "items": {
           "type": "object",
           "required": [
            "key",
            "effect"
           ],
           "properties": {
            "key": {
             "type": "string",
             "description": "The taint's key.",
             "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*(\\/))?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$",
             "minLength": 1
            },
            "value": {
             "type": "string",
             "description": "The taint's value.",
             "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*(\\/))?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$"
            },
            "effect": {
             "type": "string",
             "enum": [
              "NoSchedule",
              "PreferNoSchedule",
              "NoExecute"
             ],
             "description": "What happens to Pods that don't tolerate it."
            },
            "timeAdded": {
             "type": "string",
             "description": "When it was added; Kubernetes writes it.",
             "format": "date-time"
            }
           },
           "description": "One taint."
          },
          "description": "Taints of the node; Pods must tolerate them.",
          "x-kubernetes-list-type": "atomic"
         },
         "startupTaints": {
          "type": "array",
          "items": {
           "type": "object",
           "required": [
            "key",
            "effect"
           ],
           "properties": {
            "key": {
             "type": "string",
             "description": "The taint's key.",
             "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*(\\/))?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$",
             "minLength": 1
            },
            "value": {
             "type": "string",
             "description": "The taint's value.",
             "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*(\\/))?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$"
            },
            "effect": {
             "type": "string",
             "enum": [
              "NoSchedule",
              "PreferNoSchedule",
              "NoExecute"
             ],
             "description": "What happens to Pods that don't tolerate it."
            },
            "timeAdded": {
             "type": "string",
             "description": "When it was added; Kubernetes writes it.",
             "format": "date-time"
            }
           },
           "description": "One taint."
          },
          "description": "Taints that the node starts with and that somebody removes; Pods need not tolerate them, and the node is not initialized before.",
          "x-kubernetes-list-type": "atomic"
         },
         "expireAfter": {
          "type": "string",
          "description": "Age at which the node is replaced, or Never.",
          "pattern": "^(([0-9]+(s|m|h))+|Never)$",
          "default": "720h"
         },
         "terminationGracePeriod": {
          "type": "string",
          "description": "Longest drain; after it the node goes, whatever blocks. Without it a drain may wait forever.",
          "pattern": "^([0-9]+(s|m|h))+$"
         }
        },
        "description": "The nodes themselves."
       }
      },
      "description": "What each node gets."
     },
     "disruption": {
      "type": "object",
      "properties": {
       "consolidateAfter": {
        "type": "string",
        "description": "How long a node must have had no Pod come or go before it is consolidated, or Never.",
        "pattern": "^(([0-9]+(s|m|h))+|Never)$",
        "default": "0s"
       },
       "consolidationPolicy": {
        "type": "string",
        "enum": [
         "WhenEmpty",
         "WhenEmptyOrUnderutilized",
         "Balanced"
        ],
        "description": "Which nodes are consolidated.",
        "default": "WhenEmptyOrUnderutilized"
       },
       "budgets": {
        "type": "array",
        "items": {
         "type": "object",
         "required": [
          "nodes"
         ],
         "properties": {
          "nodes": {
           "type": "string",
           "description": "How many: a count, or a percentage of the pool's nodes, rounded up.",
           "pattern": "^((100|[0-9]{1,2})%|[0-9]+)$",
           "default": "10%"
          },
          "reasons": {
           "type": "array",
           "items": {
            "type": "string",
            "enum": [
             "Underutilized",
             "Empty",
             "Drifted",
             "Unhealthy"
            ],
            "description": "A reason."
           },
           "description": "The reasons that it limits; without it, all.",
           "maxItems": 50,
           "x-kubernetes-list-type": "set"
          },
          "schedule": {
           "type": "string",
           "description": "When it starts to apply: cron in UTC; without it, always.",
           "pattern": "^@(annually|yearly|monthly|weekly|daily|midnight|hourly)|^.\\S*\\s.\\S*\\s.\\S*\\s.\\S*\\s.+$"
          },
          "duration": {
           "type": "string",
           "description": "How long it applies from each start.",
           "pattern": "^((([0-9]+(h|m))|([0-9]+h[0-9]+m))(0s)?)$"
          }
         },
         "description": "One limit on how many nodes may be disrupted at once."
        },
        "description": "Limits on nodes disrupted at once; the smallest that applies wins.",
        "default": [
         {
          "nodes": "10%"
         }
        ],
        "maxItems": 50,
        "x-kubernetes-list-type": "atomic",
        "x-kubernetes-validations": [
         {
          "rule": "self.all(x, has(x.schedule) == has(x.duration))",
          "message": "schedule and duration go together"
         }
        ]
       }
      },
      "description": "How nodes may be disrupted.",
      "default": {
       "consolidateAfter": "0s"
      }
     },
     "limits": {
      "type": "object",
      "additionalProperties": {
       "x-kubernetes-int-or-string": true,
       "description": "The amount.",
       "pattern": "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"
      },
      "description": "Most resources that the pool's nodes may have together; nodes counts them."
     },
     "weight": {
      "type": "integer",
      "description": "Pools of more weight are tried first.",
      "format": "int32",
      "minimum": 1,
      "maximum": 100
     },
     "replicas": {
      "type": "integer",
      "description": "Makes the pool static: this many nodes, whatever the Pods.",
      "format": "int64",
      "minimum": 0,
      "x-plimsoll-check": "not built yet: the pool makes no nodes, and its status says so"
     }
    },
    "description": "What nodes may be bought.",
    "x-kubernetes-validations": [
     {
      "rule": "has(self.replicas) == has(oldSelf.replicas)",
      "message": "a NodePool can't become static (replicas) or stop being it; make a new one"
     },
     {
      "rule": "!has(self.replicas) || !has(self.limits) || self.limits.all(name, name == 'nodes')",
      "message": "a static NodePool (replicas) may only limit nodes"
     },
     {
      "rule": "!has(self.replicas) || !has(self.weight)",
      "message": "a static NodePool (replicas) takes no weight"
     }
    ]
   },
   "status": {
    "type": "object",
    "properties": {
     "conditions": {
      "type": "array",
      "items": {
       "type": "object",
       "required": [
        "type",
        "status",
        "lastTransitionTime",
        "reason",
        "message"
       ],
       "properties": {
        "type": {
         "type": "string",
         "description": "What the condition speaks of, in CamelCase.",
         "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
         "maxLength": 316
        },
        "status": {
         "type": "string",
         "enum": [
          "True",
          "False",
          "Unknown"
         ],
         "description": "Whether it holds."
        },
        "lastTransitionTime": {
         "type": "string",
         "description": "When the status last changed.",
         "format": "date-time"
        },
        "reason": {
         "type": "string",
         "description": "The cause of the last change, in CamelCase.",
         "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
         "minLength": 1,
         "maxLength": 1024
        },
        "message": {
         "type": "string",
         "description": "A sentence for people; may be empty.",
         "maxLength": 32768
        },
        "observedGeneration": {
         "type": "integer",
         "description": "The metadata.generation that the condition was computed from.",
         "format": "int64",
         "minimum": 0
        }
       },
       "description": "One observation."
      },
      "description": "What has been observed, one condition a type.",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": [
       "type"
      ]
     },
     "nodes": {
      "type": "integer",
      "description": "Nodes of the pool.",
      "default": 0,
      "format": "int64"
     },
     "resources": {
      "type": "object",
      "additionalProperties": {
       "x-kubernetes-int-or-string": true,
       "description": "The amount.",
       "pattern": "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"
      },
      "description": "Capacity of the pool's nodes together."
     },
     "nodeClassObservedGeneration": {
      "type": "integer",
      "description": "The generation of the NodeClass that registration health was last measured with.",
      "format": "int64"
     }
    },
    "description": "What there is."
   }
  },
  "description": "What nodes may be bought for Pods, and how they may be disrupted."
 },
 "NodeClaim": {
  "type": "object",
  "required": [
   "spec"
  ],
  "properties": {
   "spec": {
    "type": "object",
    "required": [
     "nodeClassRef",
     "requirements"
    ],
    "properties": {
     "nodeClassRef": {
      "type": "object",
      "required": [
       "group",
       "kind",
       "name"
      ],
      "properties": {
       "group": {
        "type": "string",
        "description": "API group of the NodeClass.",
        "pattern": "^[^/]*$",
        "x-kubernetes-validations": [
         {
          "rule": "self != ''",
          "message": "group may not be empty"
         }
        ]
       },
       "kind": {
        "type": "string",
        "description": "Kind of the NodeClass.",
        "x-kubernetes-validations": [
         {
          "rule": "self != ''",
          "message": "kind may not be empty"
         }
        ]
       },
       "name": {
        "type": "string",
        "description": "Name of the NodeClass.",
        "x-kubernetes-validations": [
         {
          "rule": "self != ''",
          "message": "name may not be empty"
         }
        ]
       }
      },
      "description": "The NodeClass with the provider's settings."
     },
     "requirements": {
      "type": "array",
      "items": {
       "type": "object",
       "required": [
        "key",
        "operator"
       ],
       "properties": {
        "key": {
         "type": "string",
         "description": "The label.",
         "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*(\\/))?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$",
         "maxLength": 316,
         "x-kubernetes-validations": [
          {
           "rule": "self in ['karpenter.sh/capacity-type', 'karpenter.sh/nodepool'] || !self.find('^([^/]+)').endsWith('karpenter.sh')",
           "message": "labels of the domain karpenter.sh are set by the provisioner"
          },
          {
           "rule": "self in ['karpenter.k8s.aws/instance-category', 'karpenter.k8s.aws/instance-family', 'karpenter.k8s.aws/instance-generation', 'karpenter.k8s.aws/instance-size', 'karpenter.k8s.aws/instance-cpu', 'karpenter.k8s.aws/instance-cpu-manufacturer', 'karpenter.k8s.aws/instance-cpu-sustained-clock-speed-mhz', 'karpenter.k8s.aws/instance-memory', 'karpenter.k8s.aws/instance-hypervisor', 'karpenter.k8s.aws/instance-encryption-in-transit-supported', 'karpenter.k8s.aws/instance-capability-flex', 'karpenter.k8s.aws/instance-local-nvme', 'karpenter.k8s.aws/instance-ebs-bandwidth', 'karpenter.k8s.aws/instance-network-bandwidth', 'karpenter.k8s.aws/instance-gpu-name', 'karpenter.k8s.aws/instance-gpu-manufacturer', 'karpenter.k8s.aws/instance-gpu-count', 'karpenter.k8s.aws/instance-gpu-memory', 'karpenter.k8s.aws/instance-accelerator-name', 'karpenter.k8s.aws/instance-accelerator-manufacturer', 'karpenter.k8s.aws/instance-accelerator-count', 'karpenter.k8s.aws/instance-tenancy', 'karpenter.k8s.aws/capacity-reservation-id', 'karpenter.k8s.aws/capacity-reservation-type', 'karpenter.k8s.aws/capacity-reservation-interruptible', 'karpenter.k8s.aws/placement-group-id', 'karpenter.k8s.aws/placement-group-partition', 'karpenter.k8s.aws/ec2nodeclass'] || !self.find('^([^/]+)').endsWith('karpenter.k8s.aws')",
           "message": "labels of the domain karpenter.k8s.aws are set by the provisioner"
          },
          {
           "rule": "self != 'kubernetes.io/hostname'",
           "message": "label kubernetes.io/hostname is set by the provisioner"
          }
         ]
        },
        "operator": {
         "type": "string",
         "enum": [
          "In",
          "NotIn",
          "Exists",
          "DoesNotExist",
          "Gt",
          "Lt",
          "Gte",
          "Lte"
         ],
         "description": "How the label's value is compared."
        },
        "values": {
         "type": "array",
         "items": {
          "type": "string",
          "description": "A value."
         },
         "description": "The values of In and NotIn; the one whole number of Gt, Lt, Gte and Lte.",
         "x-kubernetes-list-type": "atomic",
         "x-plimsoll-check": "each is a label value"
        },
        "minValues": {
         "type": "integer",
         "description": "At least this many different values must stay possible.",
         "minimum": 1,
         "maximum": 50
        }
       },
       "description": "One condition on a label of the node."
      },
      "description": "What nodes may be; all conditions must hold.",
      "maxItems": 100,
      "x-kubernetes-list-type": "atomic",
      "x-kubernetes-validations": [
       {
        "rule": "self.all(x, x.operator == 'In' ? x.values.size() != 0 : true)",
        "message": "operator In needs at least one value"
       },
       {
        "rule": "self.all(x, x.operator in ['Gt', 'Lt', 'Gte', 'Lte'] ? (x.values.size() == 1 && int(x.values[0]) >= 0) : true)",
        "message": "operators Gt, Lt, Gte and Lte need exactly one value, a whole number not below 0"
       },
       {
        "rule": "self.all(x, (x.operator == 'In' && has(x.minValues)) ? x.values.size() >= x.minValues : true)",
        "message": "minValues needs at least that many values"
       }
      ]
     },
     "taints": {
      "type": "array",
      "items": {
       "type": "object",
       "required": [
        "key",
        "effect"
       ],
       "properties": {
        "key": {
         "type": "string",
         "description": "The taint's key.",
         "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*(\\/))?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$",
         "minLength": 1
        },
        "value": {
         "type": "string",
         "description": "The taint's value.",
         "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*(\\/))?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$"
        },
        "effect": {
         "type": "string",
         "enum": [
          "NoSchedule",
          "PreferNoSchedule",
          "NoExecute"
         ],
         "description": "What happens to Pods that don't tolerate it."
        },
        "timeAdded": {
         "type": "string",
         "description": "When it was added; Kubernetes writes it.",
         "format": "date-time"
        }
       },
       "description": "One taint."
      },
      "description": "Taints of the node; Pods must tolerate them.",
      "x-kubernetes-list-type": "atomic"
     },
     "startupTaints": {
      "type": "array",
      "items": {
       "type": "object",
       "required": [
        "key",
        "effect"
       ],
       "properties": {
        "key": {
         "type": "string",
         "description": "The taint's key.",
         "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*(\\/))?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$",
         "minLength": 1
        },
        "value": {
         "type": "string",
         "description": "The taint's value.",
         "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*(\\/))?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$"
        },
        "effect": {
         "type": "string",
         "enum": [
          "NoSchedule",
          "PreferNoSchedule",
          "NoExecute"
         ],
         "description": "What happens to Pods that don't tolerate it."
        },
        "timeAdded": {
         "type": "string",
         "description": "When it was added; Kubernetes writes it.",
         "format": "date-time"
        }
       },
       "description": "One taint."
      },
      "description": "Taints that the node starts with and that somebody removes; Pods need not tolerate them, and the node is not initialized before.",
      "x-kubernetes-list-type": "atomic"
     },
     "resources": {
      "type": "object",
      "properties": {
       "requests": {
        "type": "object",
        "additionalProperties": {
         "x-kubernetes-int-or-string": true,
         "description": "The amount.",
         "pattern": "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"
        },
        "description": "The Pods it was made for, and the least DaemonSet overhead."
       }
      },
      "description": "What the node must have room for."
     },
     "expireAfter": {
      "type": "string",
      "description": "Age at which the node is replaced, or Never.",
      "pattern": "^(([0-9]+(s|m|h))+|Never)$",
      "default": "720h"
     },
     "terminationGracePeriod": {
      "type": "string",
      "description": "Longest drain; after it the node goes, whatever blocks. Without it a drain may wait forever.",
      "pattern": "^([0-9]+(s|m|h))+$"
     }
    },
    "description": "The node that is wanted; it never changes.",
    "x-kubernetes-validations": [
     {
      "rule": "self == oldSelf",
      "message": "the spec of a NodeClaim can't change"
     }
    ]
   },
   "status": {
    "type": "object",
    "properties": {
     "conditions": {
      "type": "array",
      "items": {
       "type": "object",
       "required": [
        "type",
        "status",
        "lastTransitionTime"
       ],
       "properties": {
        "type": {
         "type": "string",
         "description": "What the condition speaks of, in CamelCase.",
         "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
         "maxLength": 316
        },
        "status": {
         "type": "string",
         "enum": [
          "True",
          "False",
          "Unknown"
         ],
         "description": "Whether it holds."
        },
        "lastTransitionTime": {
         "type": "string",
         "description": "When the status last changed.",
         "format": "date-time"
        },
        "reason": {
         "type": "string",
         "description": "The cause of the last change, in CamelCase; may be empty.",
         "pattern": "^([A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?|)$",
         "maxLength": 1024
        },
        "message": {
         "type": "string",
         "description": "A sentence for people; may be empty.",
         "maxLength": 32768
        },
        "observedGeneration": {
         "type": "integer",
         "description": "The metadata.generation that the condition was computed from.",
         "format": "int64",
         "minimum": 0
        }
       },
       "description": "One observation."
      },
      "description": "What has been observed, one condition a type.",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": [
       "type"
      ]
     },
     "nodeName": {
      "type": "string",
      "description": "Name of the Node."
     },
     "providerID": {
      "type": "string",
      "description": "The instance, in the words of the provider."
     },
     "imageID": {
      "type": "string",
      "description": "The image that the instance runs."
     },
     "capacity": {
      "type": "object",
      "additionalProperties": {
       "x-kubernetes-int-or-string": true,
       "description": "The amount.",
       "pattern": "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"
      },
      "description": "What the node has, estimated until it has joined."
     },
     "allocatable": {
      "type": "object",
      "additionalProperties": {
       "x-kubernetes-int-or-string": true,
       "description": "The amount.",
       "pattern": "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"
      },
      "description": "What Pods may use of it."
     },
     "lastPodEventTime": {
      "type": "string",
      "description": "When a Pod last came or went; consolidateAfter counts from it.",
      "format": "date-time"
     }
    },
    "description": "What became of it."
   }
  },
  "description": "One node that was asked for, from the request to its end."
 },
 "EC2NodeClass": {
  "type": "object",
  "properties": {
   "spec": {
    "type": "object",
    "required": [
     "subnetSelectorTerms",
     "securityGroupSelectorTerms",
     "amiSelectorTerms"
    ],
    "properties": {
     "subnetSelectorTerms": {
      "type": "array",
      "items": {
       "type": "object",
       "properties": {
        "id": {
         "type": "string",
         "description": "The subnet's id.",
         "pattern": "subnet-[0-9a-z]+"
        },
        "tags": {
         "type": "object",
         "additionalProperties": {
          "type": "string",
          "description": "The value of the tag."
         },
         "description": "Tags that must all be there; the value \"*\" means any.",
         "maxProperties": 20,
         "x-kubernetes-validations": [
          {
           "rule": "self.all(key, key != '' && self[key] != '')",
           "message": "tag keys and values may not be empty"
          }
         ]
        }
       },
       "description": "One way to find subnets."
      },
      "description": "Which subnets nodes may be launched into.",
      "maxItems": 30,
      "x-kubernetes-validations": [
       {
        "rule": "self.size() != 0",
        "message": "subnetSelectorTerms needs at least one term"
       },
       {
        "rule": "self.all(x, has(x.tags) || has(x.id))",
        "message": "each term needs one of tags, id"
       },
       {
        "rule": "!self.all(x, has(x.id) && has(x.tags))",
        "message": "a term with an id takes no tags"
       }
      ]
     },
     "securityGroupSelectorTerms": {
      "type": "array",
      "items": {
       "type": "object",
       "properties": {
        "id": {
         "type": "string",
         "description": "The security group's id.",
         "pattern": "sg-[0-9a-z]+"
        },
        "name": {
         "type": "string",
         "description": "The security group's name (not its Name tag)."
        },
        "tags": {
         "type": "object",
         "additionalProperties": {
          "type": "string",
          "description": "The value of the tag."
         },
         "description": "Tags that must all be there; the value \"*\" means any.",
         "maxProperties": 20,
         "x-kubernetes-validations": [
          {
           "rule": "self.all(key, key != '' && self[key] != '')",
           "message": "tag keys and values may not be empty"
          }
         ]
        }
       },
       "description": "One way to find security groups."
      },
      "description": "Which security groups nodes get.",
      "maxItems": 30,
      "x-kubernetes-validations": [
       {
        "rule": "self.size() != 0",
        "message": "securityGroupSelectorTerms needs at least one term"
       },
       {
        "rule": "self.all(x, has(x.tags) || has(x.id) || has(x.name))",
        "message": "each term needs one of tags, id, name"
       },
       {
        "rule": "!self.all(x, has(x.id) && (has(x.tags) || has(x.name)))",
        "message": "a term with an id takes neither tags nor a name"
       },
       {
        "rule": "!self.all(x, has(x.name) && (has(x.tags) || has(x.id)))",
        "message": "a term with a name takes neither tags nor an id"
       }
      ]
     },
     "amiSelectorTerms": {
      "type": "array",
      "items": {
       "type": "object",
       "properties": {
        "alias": {
         "type": "string",
         "description": "The provider's own images of a family at a version, such as al2023@v20260801 or bottlerocket@latest.",
         "maxLength": 30,
         "x-kubernetes-validations": [
          {
           "rule": "self.matches('^[a-zA-Z0-9]+@.+$')",
           "message": "an alias is <family>@<version>"
          },
          {
           "rule": "self.split('@')[0] in ['al2', 'al2023', 'bottlerocket', 'windows2019', 'windows2022', 'windows2025']",
           "message": "the family of an alias is al2, al2023, bottlerocket, windows2019, windows2022 or windows2025"
          },
          {
           "rule": "self.split('@')[0] in ['windows2019', 'windows2022', 'windows2025'] ? self.split('@')[1] == 'latest' : true",
           "message": "aliases of Windows families take only the version latest"
          }
         ]
        },
        "id": {
         "type": "string",
         "description": "The image's id.",
         "pattern": "ami-[0-9a-z]+"
        },
        "name": {
         "type": "string",
         "description": "The image's name; may hold wildcards."
        },
        "owner": {
         "type": "string",
         "description": "The account that owns the image, an alias of it, or self; without it, self and amazon."
        },
        "ssmParameter": {
         "type": "string",
         "description": "The SSM parameter that holds the image's id."
        },
        "tags": {
         "type": "object",
         "additionalProperties": {
          "type": "string",
          "description": "The value of the tag."
         },
         "description": "Tags that must all be there; the value \"*\" means any.",
         "maxProperties": 20,
         "x-kubernetes-validations": [
          {
           "rule": "self.all(key, key != '' && self[key] != '')",
           "message": "tag keys and values may not be empty"
          }
         ]
        }
       },
       "description": "One way to find images."
      },
      "description": "Which images nodes may run.",
      "minItems": 1,
      "maxItems": 30,
      "x-kubernetes-validations": [
       {
        "rule": "self.all(x, has(x.tags) || has(x.id) || has(x.name) || has(x.alias) || has(x.ssmParameter))",
        "message": "each term needs one of tags, id, name, alias, ssmParameter"
       },
       {
        "rule": "!self.exists(x, has(x.id) && (has(x.alias) || has(x.tags) || has(x.name) || has(x.owner)))",
        "message": "a term with an id takes neither alias, tags, name nor owner"
       },
       {
        "rule": "!self.exists(x, has(x.alias) && (has(x.id) || has(x.tags) || has(x.name) || has(x.owner)))",
        "message": "a term with an alias takes neither id, tags, name nor owner"
       },
       {
        "rule": "self.size() == 1 || !self.exists(x, has(x.alias))",
        "message": "an alias must be the only term"
       }
      ]
     },
     "amiFamily": {
      "type": "string",
      "enum": [
       "AL2",
       "AL2023",
       "Bottlerocket",
       "Custom",
       "Windows2019",
       "Windows2022",
       "Windows2025"
      ],
      "description": "How nodes of the image are set up; without it, the family of the alias."
     },
     "userData": {
      "type": "string",
      "description": "Start-up script or settings, merged with what the family needs."
     },
     "role": {
      "type": "string",
      "description": "IAM role of the nodes.",
      "x-kubernetes-validations": [
       {
        "rule": "self != ''",
        "message": "role may not be empty"
       }
      ]
     },
     "instanceProfile": {
      "type": "string",
      "description": "IAM instance profile of the nodes, in place of a role.",
      "x-kubernetes-validations": [
       {
        "rule": "self != ''",
        "message": "instanceProfile may not be empty"
       }
      ]
     },
     "capacityReservationSelectorTerms": {
      "type": "array",
      "items": {
       "type": "object",
       "properties": {
        "id": {
         "type": "string",
         "description": "The reservation's id.",
         "pattern": "^cr-[0-9a-z]+$"
        },
        "ownerID": {
         "type": "string",
         "description": "The account that owns the reservation.",
         "pattern": "^[0-9]{12}$"
        },
        "instanceMatchCriteria": {
         "type": "string",
         "enum": [
          "open",
          "targeted"
         ],
         "description": "Whether instances use the reservation by themselves or only when told."
        },
        "tags": {
         "type": "object",
         "additionalProperties": {
          "type": "string",
          "description": "The value of the tag."
         },
         "description": "Tags that must all be there; the value \"*\" means any.",
         "maxProperties": 20,
         "x-kubernetes-validations": [
          {
           "rule": "self.all(key, key != '' && self[key] != '')",
           "message": "tag keys and values may not be empty"
          }
         ]
        }
       },
       "description": "One way to find capacity reservations."
      },
      "description": "Which capacity reservations may be used.",
      "maxItems": 30,
      "x-kubernetes-validations": [
       {
        "rule": "self.all(x, has(x.tags) || has(x.id) || has(x.instanceMatchCriteria))",
        "message": "each term needs one of tags, id, instanceMatchCriteria"
       },
       {
        "rule": "!self.all(x, has(x.id) && (has(x.tags) || has(x.ownerID) || has(x.instanceMatchCriteria)))",
        "message": "a term with an id takes nothing else"
       }
      ]
     },
     "placementGroupSelector": {
      "type": "object",
      "properties": {
       "name": {
        "type": "string",
        "description": "The placement group's name.",
        "minLength": 1
       },
       "id": {
        "type": "string",
        "description": "The placement group's id.",
        "pattern": "^pg-[0-9a-z]+$"
       }
      },
      "description": "The placement group that nodes are launched into.",
      "x-kubernetes-validations": [
       {
        "rule": "has(self.name) != has(self.id)",
        "message": "exactly one of name and id must be set"
       }
      ]
     },
     "associatePublicIPAddress": {
      "type": "boolean",
      "description": "Whether nodes get a public address; without it, the subnet decides."
     },
     "ipPrefixCount": {
      "type": "integer",
      "description": "Address prefixes of the primary network interface.",
      "format": "int32",
      "minimum": 0
     },
     "networkInterfaces": {
      "type": "array",
      "items": {
       "type": "object",
       "required": [
        "networkCardIndex",
        "deviceIndex",
        "interfaceType"
       ],
       "properties": {
        "networkCardIndex": {
         "type": "integer",
         "description": "The network card.",
         "format": "int32",
         "minimum": 0
        },
        "deviceIndex": {
         "type": "integer",
         "description": "The place on the card.",
         "format": "int32",
         "minimum": 0
        },
        "interfaceType": {
         "type": "string",
         "enum": [
          "interface",
          "efa-only"
         ],
         "description": "An ordinary interface, or one for EFA traffic only."
        }
       },
       "description": "One network interface."
      },
      "description": "Network interfaces of the nodes; without it, one.",
      "maxItems": 150,
      "x-kubernetes-validations": [
       {
        "rule": "self.size() == 0 || self.exists(x, x.deviceIndex == 0 && x.networkCardIndex == 0 && x.interfaceType == 'interface')",
        "message": "card 0, device 0 must be there, with interfaceType interface"
       },
       {
        "rule": "self.all(x, self.filter(y, x.networkCardIndex == y.networkCardIndex && x.deviceIndex == y.deviceIndex).size() == 1 && (x.interfaceType != 'efa-only' || self.filter(y, x.networkCardIndex == y.networkCardIndex && y.interfaceType == 'efa-only').size() == 1))",
        "message": "each pair of card and device may be there once, and each card takes one efa-only interface"
       }
      ]
     },
     "connectionTracking": {
      "type": "object",
      "properties": {
       "tcpEstablishedTimeout": {
        "type": "integer",
        "description": "Seconds for established TCP connections.",
        "format": "int32",
        "minimum": 60,
        "maximum": 432000
       },
       "udpStreamTimeout": {
        "type": "integer",
        "description": "Seconds for UDP streams.",
        "format": "int32",
        "minimum": 60,
        "maximum": 180
       },
       "udpTimeout": {
        "type": "integer",
        "description": "Seconds for single UDP requests.",
        "format": "int32",
        "minimum": 30,
        "maximum": 60
       }
      },
      "description": "How long idle connections are tracked; Nitro instances only.",
      "x-kubernetes-validations": [
       {
        "rule": "has(self.tcpEstablishedTimeout) || has(self.udpStreamTimeout) || has(self.udpTimeout)",
        "message": "at least one of tcpEstablishedTimeout, udpStreamTimeout and udpTimeout must be set"
       }
      ]
     },
     "tags": {
      "type": "object",
      "additionalProperties": {
       "type": "string",
       "description": "The value of the tag."
      },
      "description": "Tags of all that is made for a node.",
      "x-kubernetes-validations": [
       {
        "rule": "self.all(key, key != '')",
        "message": "tag keys may not be empty"
       },
       {
        "rule": "self.all(key, key != 'eks:eks-cluster-name')",
        "message": "tag eks:eks-cluster-name is set by the provisioner"
       },
       {
        "rule": "self.all(key, key != 'karpenter.sh/nodepool')",
        "message": "tag karpenter.sh/nodepool is set by the provisioner"
       },
       {
        "rule": "self.all(key, key != 'karpenter.sh/nodeclaim')",
        "message": "tag karpenter.sh/nodeclaim is set by the provisioner"
       },
       {
        "rule": "self.all(key, key != 'karpenter.k8s.aws/ec2nodeclass')",
        "message": "tag karpenter.k8s.aws/ec2nodeclass is set by the provisioner"
       },
       {
        "rule": "self.all(key, !key.startsWith('kubernetes.io/cluster'))",
        "message": "tags kubernetes.io/cluster/… are set by the provisioner"
       }
      ]
     },
     "kubelet": {
      "type": "object",
      "x-kubernetes-preserve-unknown-fields": true,
      "description": "Settings of the kubelet, in KubeletConfiguration's words.",
      "x-plimsoll-check": "the provisioner checks each field"
     },
     "blockDeviceMappings": {
      "type": "array",
      "items": {
       "type": "object",
       "properties": {
        "deviceName": {
         "type": "string",
         "description": "Device name such as /dev/xvda."
        },
        "ebs": {
         "type": "object",
         "properties": {
          "volumeSize": {
           "type": "string",
           "description": "Size of the volume.",
           "pattern": "^((?:[1-9][0-9]{0,3}|[1-4][0-9]{4}|[5][0-8][0-9]{3}|59000)Gi|(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|[6][0-3][0-9]{3}|64000)G|([1-9]||[1-5][0-7]|58)Ti|([1-9]||[1-5][0-9]|6[0-3]|64)T)$"
          },
          "volumeType": {
           "type": "string",
           "enum": [
            "standard",
            "io1",
            "io2",
            "gp2",
            "sc1",
            "st1",
            "gp3"
           ],
           "description": "Type of the volume."
          },
          "iops": {
           "type": "integer",
           "description": "Operations a second, for io1, io2 and gp3.",
           "format": "int64"
          },
          "throughput": {
           "type": "integer",
           "description": "MiB a second, for gp3.",
           "format": "int64"
          },
          "encrypted": {
           "type": "boolean",
           "description": "Whether the volume is encrypted."
          },
          "kmsKeyID": {
           "type": "string",
           "description": "The key it is encrypted with."
          },
          "snapshotID": {
           "type": "string",
           "description": "The snapshot it starts from."
          },
          "volumeInitializationRate": {
           "type": "integer",
           "description": "MiB a second at which the snapshot is loaded.",
           "format": "int32",
           "minimum": 100,
           "maximum": 300
          },
          "deleteOnTermination": {
           "type": "boolean",
           "description": "Whether the volume goes with the instance."
          }
         },
         "description": "The EBS volume.",
         "x-kubernetes-validations": [
          {
           "rule": "has(self.snapshotID) || has(self.volumeSize)",
           "message": "snapshotID or volumeSize must be set"
          },
          {
           "rule": "!has(self.volumeInitializationRate) || (has(self.snapshotID) && self.snapshotID != '')",
           "message": "volumeInitializationRate needs a snapshotID"
          }
         ]
        },
        "rootVolume": {
         "type": "boolean",
         "description": "Whether this is the volume that kubelet and containers write to."
        }
       },
       "description": "One volume."
      },
      "description": "Volumes of the nodes; without it, those that the image family needs.",
      "maxItems": 50,
      "x-kubernetes-validations": [
       {
        "rule": "self.filter(x, has(x.rootVolume) && x.rootVolume).size() <= 1",
        "message": "only one volume may be the rootVolume"
       }
      ]
     },
     "instanceStorePolicy": {
      "type": "string",
      "enum": [
       "RAID0"
      ],
      "description": "What becomes of local disks: RAID0 joins them into the volume that Pods write to."
     },
     "metadataOptions": {
      "type": "object",
      "properties": {
       "httpEndpoint": {
        "type": "string",
        "enum": [
         "enabled",
         "disabled"
        ],
        "description": "Whether it answers at all.",
        "default": "enabled"
       },
       "httpProtocolIPv6": {
        "type": "string",
        "enum": [
         "enabled",
         "disabled"
        ],
        "description": "Whether it answers over IPv6.",
        "default": "disabled"
       },
       "httpPutResponseHopLimit": {
        "type": "integer",
        "description": "Hops that an answer may travel; 1 keeps Pods out.",
        "default": 1,
        "format": "int64",
        "minimum": 1,
        "maximum": 64
       },
       "httpTokens": {
        "type": "string",
        "enum": [
         "required",
         "optional"
        ],
        "description": "Whether a session token is needed (IMDSv2).",
        "default": "required"
       }
      },
      "description": "How the instance metadata service answers.",
      "default": {
       "httpEndpoint": "enabled",
       "httpProtocolIPv6": "disabled",
       "httpPutResponseHopLimit": 1,
       "httpTokens": "required"
      }
     },
     "detailedMonitoring": {
      "type": "boolean",
      "description": "Whether EC2 measures each minute instead of every five."
     },
     "cpuOptions": {
      "type": "object",
      "properties": {
       "nestedVirtualization": {
        "type": "string",
        "enum": [
         "enabled",
         "disabled"
        ],
        "description": "Whether instances may run virtual machines."
       }
      },
      "description": "Options of the processor."
     },
     "enclaveOptions": {
      "type": "object",
      "required": [
       "enabled"
      ],
      "properties": {
       "enabled": {
        "type": "boolean",
        "description": "Whether instances may run enclaves."
       }
      },
      "description": "Nitro Enclaves."
     },
     "context": {
      "type": "string",
      "description": "Context of the CreateFleet request."
     }
    },
    "description": "How nodes are launched.",
    "x-kubernetes-validations": [
     {
      "rule": "has(self.role) != has(self.instanceProfile)",
      "message": "exactly one of role and instanceProfile must be set"
     },
     {
      "rule": "!has(self.amiFamily) || self.amiFamily in ['AL2', 'Custom'] || !self.amiSelectorTerms.exists(x, has(x.alias) && x.alias.find('^[^@]+') == 'al2')",
      "message": "with an alias of al2, amiFamily is AL2 or Custom"
     },
     {
      "rule": "!has(self.amiFamily) || self.amiFamily in ['AL2023', 'Custom'] || !self.amiSelectorTerms.exists(x, has(x.alias) && x.alias.find('^[^@]+') == 'al2023')",
      "message": "with an alias of al2023, amiFamily is AL2023 or Custom"
     },
     {
      "rule": "!has(self.amiFamily) || self.amiFamily in ['Bottlerocket', 'Custom'] || !self.amiSelectorTerms.exists(x, has(x.alias) && x.alias.find('^[^@]+') == 'bottlerocket')",
      "message": "with an alias of bottlerocket, amiFamily is Bottlerocket or Custom"
     },
     {
      "rule": "!has(self.amiFamily) || self.amiFamily in ['Windows2019', 'Custom'] || !self.amiSelectorTerms.exists(x, has(x.alias) && x.alias.find('^[^@]+') == 'windows2019')",
      "message": "with an alias of windows2019, amiFamily is Windows2019 or Custom"
     },
     {
      "rule": "!has(self.amiFamily) || self.amiFamily in ['Windows2022', 'Custom'] || !self.amiSelectorTerms.exists(x, has(x.alias) && x.alias.find('^[^@]+') == 'windows2022')",
      "message": "with an alias of windows2022, amiFamily is Windows2022 or Custom"
     },
     {
      "rule": "!has(self.amiFamily) || self.amiFamily in ['Windows2025', 'Custom'] || !self.amiSelectorTerms.exists(x, has(x.alias) && x.alias.find('^[^@]+') == 'windows2025')",
      "message": "with an alias of windows2025, amiFamily is Windows2025 or Custom"
     },
     {
      "rule": "has(self.amiFamily) || self.amiSelectorTerms.exists(x, has(x.alias))",
      "message": "amiFamily must be set where no term is an alias"
     }
    ]
   },
   "status": {
    "type": "object",
    "properties": {
     "conditions": {
      "type": "array",
      "items": {
       "type": "object",
       "required": [
        "type",
        "status",
        "lastTransitionTime",
        "reason",
        "message"
       ],
       "properties": {
        "type": {
         "type": "string",
         "description": "What the condition speaks of, in CamelCase.",
         "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
         "maxLength": 316
        },
        "status": {
         "type": "string",
         "enum": [
          "True",
          "False",
          "Unknown"
         ],
         "description": "Whether it holds."
        },
        "lastTransitionTime": {
         "type": "string",
         "description": "When the status last changed.",
         "format": "date-time"
        },
        "reason": {
         "type": "string",
         "description": "The cause of the last change, in CamelCase.",
         "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
         "minLength": 1,
         "maxLength": 1024
        },
        "message": {
         "type": "string",
         "description": "A sentence for people; may be empty.",
         "maxLength": 32768
        },
        "observedGeneration": {
         "type": "integer",
         "description": "The metadata.generation that the condition was computed from.",
         "format": "int64",
         "minimum": 0
        }
       },
       "description": "One observation."
      },
      "description": "What has been observed."
     },
     "subnets": {
      "type": "array",
      "items": {
       "type": "object",
       "required": [
        "id",
        "zone"
       ],
       "properties": {
        "id": {
         "type": "string",
         "description": "The subnet's id."
        },
        "zone": {
         "type": "string",
         "description": "The zone by name, such as ap-southeast-1a."
        },
        "zoneID": {
         "type": "string",
         "description": "The zone by id, such as apse1-az1."
        }
       },
       "description": "One subnet."
      },
      "description": "The subnets."
     },
     "securityGroups": {
      "type": "array",
      "items": {
       "type": "object",
       "required": [
        "id"
       ],
       "properties": {
        "id": {
         "type": "string",
         "description": "The group's id."
        },
        "name": {
         "type": "string",
         "description": "The group's name."
        }
       },
       "description": "One security group."
      },
      "description": "The security groups."
     },
     "amis": {
      "type": "array",
      "items": {
       "type": "object",
       "required": [
        "id",
        "requirements"
       ],
       "properties": {
        "id": {
         "type": "string",
         "description": "The image's id."
        },
        "name": {
         "type": "string",
         "description": "The image's name."
        },
        "deprecated": {
         "type": "boolean",
         "description": "Whether its owner has deprecated it."
        },
        "requirements": {
         "type": "array",
         "items": {
          "type": "object",
          "required": [
           "key",
           "operator"
          ],
          "properties": {
           "key": {
            "type": "string",
            "description": "The label."
           },
           "operator": {
            "type": "string",
            "description": "How the label's value is compared."
           },
           "values": {
            "type": "array",
            "items": {
             "type": "string",
             "description": "A value."
            },
            "description": "The values.",
            "x-kubernetes-list-type": "atomic"
           }
          },
          "description": "One condition on a label of the node."
         },
         "description": "The nodes that the image is for."
        }
       },
       "description": "One image."
      },
      "description": "The images, preferred first."
     },
     "capacityReservations": {
      "type": "array",
      "items": {
       "type": "object",
       "required": [
        "id",
        "instanceType",
        "availabilityZone",
        "ownerID",
        "instanceMatchCriteria"
       ],
       "properties": {
        "id": {
         "type": "string",
         "description": "The reservation's id.",
         "pattern": "^cr-[0-9a-z]+$"
        },
        "instanceType": {
         "type": "string",
         "description": "The reserved instance type."
        },
        "availabilityZone": {
         "type": "string",
         "description": "The zone of the reservation."
        },
        "ownerID": {
         "type": "string",
         "description": "The account that owns it.",
         "pattern": "^[0-9]{12}$"
        },
        "instanceMatchCriteria": {
         "type": "string",
         "enum": [
          "open",
          "targeted"
         ],
         "description": "Whether instances use it by themselves or only when told."
        },
        "interruptible": {
         "type": "boolean",
         "description": "Whether its owner may take it back."
        },
        "reservationType": {
         "type": "string",
         "enum": [
          "default",
          "capacity-block"
         ],
         "description": "An ordinary reservation or a capacity block.",
         "default": "default"
        },
        "state": {
         "type": "string",
         "enum": [
          "active",
          "expiring"
         ],
         "description": "Whether it is usable.",
         "default": "active"
        },
        "endTime": {
         "type": "string",
         "description": "When it ends.",
         "format": "date-time"
        }
       },
       "description": "One capacity reservation."
      },
      "description": "The capacity reservations."
     },
     "instanceProfile": {
      "type": "string",
      "description": "The instance profile that nodes get."
     }
    },
    "description": "What the selectors found."
   }
  },
  "description": "How nodes are launched on EC2."
 },
 "NodeOverlay": {
  "type": "object",
  "required": [
   "spec"
  ],
  "properties": {
   "spec": {
    "type": "object",
    "required": [
     "requirements"
    ],
    "properties": {
     "requirements": {
      "type": "array",
      "items": {
       "type": "object",
       "required": [
        "key",
        "operator"
       ],
       "properties": {
        "key": {
         "type": "string",
         "description": "The label.",
         "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*(\\/))?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$",
         "maxLength": 316,
         "x-kubernetes-validations": [
          {
           "rule": "self in ['karpenter.sh/capacity-type', 'karpenter.sh/nodepool'] || !self.find('^([^/]+)').endsWith('karpenter.sh')",
           "message": "labels of the domain karpenter.sh are set by the provisioner"
          },
          {
           "rule": "self in ['karpenter.k8s.aws/instance-category', 'karpenter.k8s.aws/instance-family', 'karpenter.k8s.aws/instance-generation', 'karpenter.k8s.aws/instance-size', 'karpenter.k8s.aws/instance-cpu', 'karpenter.k8s.aws/instance-cpu-manufacturer', 'karpenter.k8s.aws/instance-cpu-sustained-clock-speed-mhz', 'karpenter.k8s.aws/instance-memory', 'karpenter.k8s.aws/instance-hypervisor', 'karpenter.k8s.aws/instance-encryption-in-transit-supported', 'karpenter.k8s.aws/instance-capability-flex', 'karpenter.k8s.aws/instance-local-nvme', 'karpenter.k8s.aws/instance-ebs-bandwidth', 'karpenter.k8s.aws/instance-network-bandwidth', 'karpenter.k8s.aws/instance-gpu-name', 'karpenter.k8s.aws/instance-gpu-manufacturer', 'karpenter.k8s.aws/instance-gpu-count', 'karpenter.k8s.aws/instance-gpu-memory', 'karpenter.k8s.aws/instance-accelerator-name', 'karpenter.k8s.aws/instance-accelerator-manufacturer', 'karpenter.k8s.aws/instance-accelerator-count', 'karpenter.k8s.aws/ec2nodeclass'] || !self.find('^([^/]+)').endsWith('karpenter.k8s.aws')",
           "message": "labels of the domain karpenter.k8s.aws are set by the provisioner"
          },
          {
           "rule": "self != 'kubernetes.io/hostname'",
           "message": "label kubernetes.io/hostname is set by the provisioner"
          }
         ]
        },
        "operator": {
         "type": "string",
         "enum": [
          "In",
          "NotIn",
          "Exists",
          "DoesNotExist",
          "Gt",
          "Lt",
          "Gte",
          "Lte"
         ],
         "description": "How the label's value is compared."
        },
        "values": {
         "type": "array",
         "items": {
          "type": "string",
          "description": "A value."
         },
         "description": "The values of In and NotIn; the one whole number of Gt, Lt, Gte and Lte.",
         "x-kubernetes-list-type": "atomic",
         "x-plimsoll-check": "each is a label value"
        }
       },
       "description": "One condition on a label of the node."
      },
      "description": "The nodes that it is about, by their labels; all conditions must hold.",
      "maxItems": 100,
      "x-kubernetes-list-type": "atomic",
      "x-kubernetes-validations": [
       {
        "rule": "self.all(x, x.operator == 'NotIn' ? x.values.size() != 0 : true)",
        "message": "operator NotIn needs at least one value"
       },
       {
        "rule": "self.all(x, x.operator == 'In' ? x.values.size() != 0 : true)",
        "message": "operator In needs at least one value"
       },
       {
        "rule": "self.all(x, x.operator in ['Gt', 'Lt', 'Gte', 'Lte'] ? (x.values.size() == 1 && int(x.values[0]) >= 0) : true)",
        "message": "operators Gt, Lt, Gte and Lte need exactly one value, a whole number not below 0"
       }
      ]
     },
     "price": {
      "type": "string",
      "description": "The price in USD an hour, in place of the known one; also prices a type without one.",
      "pattern": "^[0-9]+(\\.[0-9]+)?$"
     },
     "priceAdjustment": {
      "type": "string",
      "description": "What is added to the known price: USD an hour such as -0.05, or a percentage such as -15%; never below 0.",
      "pattern": "^([+-]([0-9]+(\\.[0-9]+)?|\\.[0-9]+)|\\+([0-9]+(\\.[0-9]+)?|\\.[0-9]+)%|-[0-9]{1,2}(\\.[0-9]+)?%|-100%)$"
     },
     "capacity": {
      "type": "object",
      "additionalProperties": {
       "x-kubernetes-int-or-string": true,
       "description": "The amount.",
       "pattern": "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"
      },
      "description": "Extended resources that nodes of these types have besides the catalogue's; the scheduler must see them too.",
      "x-kubernetes-validations": [
       {
        "rule": "self.all(name, !(name in ['cpu', 'memory', 'ephemeral-storage', 'pods']))",
        "message": "capacity takes extended resources only; cpu, memory, ephemeral-storage and pods are the type's own"
       }
      ]
     },
     "weight": {
      "type": "integer",
      "description": "Of overlays that concern the same, the one of more weight counts; without it, 0.",
      "format": "int32",
      "minimum": 1,
      "maximum": 10000
     }
    },
    "description": "What is known better, and of which nodes.",
    "x-kubernetes-validations": [
     {
      "rule": "!has(self.price) || !has(self.priceAdjustment)",
      "message": "price and priceAdjustment exclude each other"
     }
    ]
   },
   "status": {
    "type": "object",
    "properties": {
     "conditions": {
      "type": "array",
      "items": {
       "type": "object",
       "required": [
        "type",
        "status",
        "lastTransitionTime",
        "reason",
        "message"
       ],
       "properties": {
        "type": {
         "type": "string",
         "description": "What the condition speaks of, in CamelCase.",
         "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
         "maxLength": 316
        },
        "status": {
         "type": "string",
         "enum": [
          "True",
          "False",
          "Unknown"
         ],
         "description": "Whether it holds."
        },
        "lastTransitionTime": {
         "type": "string",
         "description": "When the status last changed.",
         "format": "date-time"
        },
        "reason": {
         "type": "string",
         "description": "The cause of the last change, in CamelCase.",
         "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
         "minLength": 1,
         "maxLength": 1024
        },
        "message": {
         "type": "string",
         "description": "A sentence for people; may be empty.",
         "maxLength": 32768
        },
        "observedGeneration": {
         "type": "integer",
         "description": "The metadata.generation that the condition was computed from.",
         "format": "int64",
         "minimum": 0
        }
       },
       "description": "One observation."
      },
      "description": "What has been observed, one condition a type.",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": [
       "type"
      ]
     }
    },
    "description": "What has been observed."
   }
  },
  "description": "What is known better than the catalogue: prices and extended resources of some instance types."
 },
 "CapacityBuffer": {
  "type": "object",
  "required": [
   "spec"
  ],
  "properties": {
   "spec": {
    "type": "object",
    "properties": {
     "provisioningStrategy": {
      "type": "string",
      "description": "How the room is kept; Karpenter and we know only the default, in which nodes are bought for it.",
      "default": "buffer.x-k8s.io/active-capacity"
     },
     "podTemplateRef": {
      "type": "object",
      "required": [
       "name"
      ],
      "properties": {
       "name": {
        "type": "string",
        "description": "Name of the PodTemplate.",
        "minLength": 1
       }
      },
      "description": "The PodTemplate of one chunk of the buffer, in the same namespace."
     },
     "scalableRef": {
      "type": "object",
      "required": [
       "kind",
       "name"
      ],
      "properties": {
       "apiGroup": {
        "type": "string",
        "description": "API group of the workload; empty for core kinds."
       },
       "kind": {
        "type": "string",
        "description": "Kind of the workload.",
        "minLength": 1
       },
       "name": {
        "type": "string",
        "description": "Name of the workload.",
        "minLength": 1
       }
      },
      "description": "The workload whose Pods are the chunks of the buffer, in the same namespace."
     },
     "replicas": {
      "type": "integer",
      "description": "How many chunks.",
      "format": "int32",
      "minimum": 0
     },
     "percentage": {
      "type": "integer",
      "description": "How many chunks, in percent of the replicas of scalableRef, rounded up.",
      "format": "int32",
      "minimum": 0
     },
     "limits": {
      "type": "object",
      "additionalProperties": {
       "x-kubernetes-int-or-string": true,
       "description": "The amount.",
       "pattern": "^(\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))(([KMGTPE]i)|[numkMGTPE]|([eE](\\+|-)?(([0-9]+(\\.[0-9]*)?)|(\\.[0-9]+))))?$"
      },
      "description": "Most resources that all chunks may ask for together."
     }
    },
    "description": "The room that is wanted.",
    "x-kubernetes-validations": [
     {
      "rule": "!has(self.podTemplateRef) || has(self.replicas) || has(self.limits)",
      "message": "a buffer of a podTemplateRef needs replicas or limits"
     },
     {
      "rule": "!(has(self.podTemplateRef) && has(self.scalableRef))",
      "message": "podTemplateRef and scalableRef exclude each other"
     }
    ]
   },
   "status": {
    "type": "object",
    "properties": {
     "conditions": {
      "type": "array",
      "items": {
       "type": "object",
       "required": [
        "type",
        "status",
        "lastTransitionTime",
        "reason",
        "message"
       ],
       "properties": {
        "type": {
         "type": "string",
         "description": "What the condition speaks of, in CamelCase.",
         "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
         "maxLength": 316
        },
        "status": {
         "type": "string",
         "enum": [
          "True",
          "False",
          "Unknown"
         ],
         "description": "Whether it holds."
        },
        "lastTransitionTime": {
         "type": "string",
         "description": "When the status last changed.",
         "format": "date-time"
        },
        "reason": {
         "type": "string",
         "description": "The cause of the last change, in CamelCase.",
         "pattern": "^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$",
         "minLength": 1,
         "maxLength": 1024
        },
        "message": {
         "type": "string",
         "description": "A sentence for people; may be empty.",
         "maxLength": 32768
        },
        "observedGeneration": {
         "type": "integer",
         "description": "The metadata.generation that the condition was computed from.",
         "format": "int64",
         "minimum": 0
        }
       },
       "description": "One observation."
      },
      "description": "What has been observed, one condition a type.",
      "x-kubernetes-list-type": "map",
      "x-kubernetes-list-map-keys": [
       "type"
      ]
     },
     "podTemplateRef": {
      "type": "object",
      "required": [
       "name"
      ],
      "properties": {
       "name": {
        "type": "string",
        "description": "Name of the PodTemplate.",
        "minLength": 1
       }
      },
      "description": "The PodTemplate that the chunks were made from."
     },
     "podTemplateGeneration": {
      "type": "integer",
      "description": "The generation of that PodTemplate.",
      "format": "int64"
     },
     "provisioningStrategy": {
      "type": "string",
      "description": "How the room is kept."
     },
     "replicas": {
      "type": "integer",
      "description": "How many chunks there are.",
      "format": "int32"
     }
    },
    "description": "What there is."
   }
  },
  "description": "Room that is kept free for Pods to come."
 },
 "NodeClass": {
  "type": "object",
  "required": [
   "spec"
  ],
  "properties": {
   "spec": {
    "type": "object",
    "properties": {
     "role": {
      "type": "string",
      "description": "IAM role of the nodes, by its name."
     },
     "instanceProfile": {
      "type": "string",
      "description": "IAM instance profile of the nodes, in place of a role."
     },
     "subnetSelectorTerms": {
      "type": "array",
      "items": {
       "type": "object",
       "properties": {
        "id": {
         "type": "string",
         "description": "The subnet's id.",
         "pattern": "subnet-[0-9a-z]+"
        },
        "tags": {
         "type": "object",
         "additionalProperties": {
          "type": "string",
          "description": "The value of the tag."
         },
         "description": "Tags that must all be there; the value \"*\" means any.",
         "maxProperties": 20,
         "x-kubernetes-validations": [
          {
           "rule": "self.all(key, key != '' && self[key] != '')",
           "message": "tag keys and values may not be empty"
          }
         ]
        }
       },
       "description": "One way to find subnets."
      },
      "description": "Which subnets nodes may be launched into.",
      "maxItems": 30,
      "x-kubernetes-validations": [
       {
        "rule": "self.size() != 0",
        "message": "subnetSelectorTerms needs at least one term"
       },
       {
        "rule": "self.all(x, has(x.tags) || has(x.id))",
        "message": "each term needs one of tags, id"
       },
       {
        "rule": "!self.all(x, has(x.id) && has(x.tags))",
        "message": "a term with an id takes no tags"
       }
      ]
     },
     "securityGroupSelectorTerms": {
      "type": "array",
      "items": {
       "type": "object",
       "properties": {
        "id": {
         "type": "string",
         "description": "The security group's id.",
         "pattern": "sg-[0-9a-z]+"
        },
        "name": {
         "type": "string",
         "description": "The security group's name (not its Name tag)."
        },
        "tags": {
         "type": "object",
         "additionalProperties": {
          "type": "string",
          "description": "The value of the tag."
         },
         "description": "Tags that must all be there; the value \"*\" means any.",
         "maxProperties": 20,
         "x-kubernetes-validations": [
          {
           "rule": "self.all(key, key != '' && self[key] != '')",
           "message": "tag keys and values may not be empty"
          }
         ]
        }
       },
       "description": "One way to find security groups."
      },
      "description": "Which security groups nodes get.",
      "maxItems": 30,
      "x-kubernetes-validations": [
       {
        "rule": "self.size() != 0",
        "message": "securityGroupSelectorTerms needs at least one term"
       },
       {
        "rule": "self.all(x, has(x.tags) || has(x.id) || has(x.name))",
        "message": "each term needs one of tags, id, name"
       },
       {
        "rule": "!self.all(x, has(x.id) && (has(x.tags) || has(x.name)))",
        "message": "a term with an id takes neither tags nor a name"
       },
       {
        "rule": "!self.all(x, has(x.name) && (has(x.tags) || has(x.id)))",
        "message": "a term with a name takes neither tags nor an id"
       }
      ]
     },
     "podSubnetSelectorTerms": {
      "type": "array",
      "items": {
       "type": "object",
       "properties": {
        "id": {
         "type": "string",
         "description": "The subnet's id.",
         "pattern": "subnet-[0-9a-z]+"
        },
        "tags": {
         "type": "object",
         "additionalProperties": {
          "type": "string",
          "description": "The value of the tag."
         },
         "description": "Tags that must all be there; the value \"*\" means any.",
         "maxProperties": 20,
         "x-kubernetes-validations": [
          {
           "rule": "self.all(key, key != '' && self[key] != '')",
           "message": "tag keys and values may not be empty"
          }
         ]
        }
       },
       "description": "One way to find subnets."
      },
      "description": "Which subnets nodes may be launched into.",
      "maxItems": 30,
      "x-kubernetes-validations": [
       {
        "rule": "self.size() != 0",
        "message": "subnetSelectorTerms needs at least one term"
       },
       {
        "rule": "self.all(x, has(x.tags) || has(x.id))",
        "message": "each term needs one of tags, id"
       },
       {
        "rule": "!self.all(x, has(x.id) && has(x.tags))",
        "message": "a term with an id takes no tags"
       }
      ]
     },
     "podSecurityGroupSelectorTerms": {
      "type": "array",
      "items": {
       "type": "object",
       "properties": {
        "id": {
         "type": "string",
         "description": "The security group's id.",
         "pattern": "sg-[0-9a-z]+"
        },
        "name": {
         "type": "string",
         "description": "The security group's name (not its Name tag)."
        },
        "tags": {
         "type": "object",
         "additionalProperties": {
          "type": "string",
          "description": "The value of the tag."
         },
         "description": "Tags that must all be there; the value \"*\" means any.",
         "maxProperties": 20,
         "x-kubernetes-validations": [
          {
           "rule": "self.all(key, key != '' && self[key] != '')",
           "message": "tag keys and values may not be empty"
          }
         ]
        }
       },
       "description": "One way to find security groups."
      },
      "description": "Which security groups nodes get.",
      "maxItems": 30,
      "x-kubernetes-validations": [
       {
        "rule": "self.size() != 0",
        "message": "securityGroupSelectorTerms needs at least one term"
       },
       {
        "rule": "self.all(x, has(x.tags) || has(x.id) || has(x.name))",
        "message": "each term needs one of tags, id, name"
       },
       {
        "rule": "!self.all(x, has(x.id) && (has(x.tags) || has(x.name)))",
        "message": "a term with an id takes neither tags nor a name"
       },
       {
        "rule": "!self.all(x, has(x.name) && (has(x.tags) || has(x.id)))",
        "message": "a term with a name takes neither tags nor an id"
       }
      ]
     },
     "capacityReservationSelectorTerms": {
      "type": "array",
      "items": {
       "type": "object",
       "properties": {
        "id": {
         "type": "string",
         "description": "The reservation's id.",
         "pattern": "^cr-[0-9a-z]+$"
        },
        "owner": {
         "type": "string",
         "description": "The account that owns the reservation.",
         "pattern": "^[0-9]{12}$"
        },
        "tags": {
         "type": "object",
         "additionalProperties": {
          "type": "string",
          "description": "The value of the tag."
         },
         "description": "Tags that must all be there."
        }
       },
       "description": "One way to find capacity reservations."
      },
      "description": "Which capacity reservations may be used."
     },
     "snatPolicy": {
      "type": "string",
      "enum": [
       "Random",
       "Disabled"
      ],
      "description": "Whether Pods' addresses are translated on their way out."
     },
     "networkPolicy": {
      "type": "string",
      "enum": [
       "DefaultAllow",
       "DefaultDeny"
      ],
      "description": "What happens to traffic that no NetworkPolicy mentions."
     },
     "networkPolicyEventLogs": {
      "type": "string",
      "enum": [
       "Enabled",
       "Disabled"
      ],
      "description": "Whether decisions on traffic are logged."
     },
     "ephemeralStorage": {
      "type": "object",
      "properties": {
       "size": {
        "type": "string",
        "description": "Size of the volume.",
        "pattern": "^((?:[1-9][0-9]{0,3}|[1-4][0-9]{4}|[5][0-8][0-9]{3}|59000)Gi|(?:[1-9][0-9]{0,3}|[1-5][0-9]{4}|[6][0-3][0-9]{3}|64000)G|([1-9]||[1-5][0-7]|58)Ti|([1-9]||[1-5][0-9]|6[0-3]|64)T)$",
        "x-plimsoll-default": "80Gi"
       },
       "iops": {
        "type": "integer",
        "description": "Operations a second.",
        "minimum": 3000,
        "maximum": 16000,
        "x-plimsoll-default": "3000"
       },
       "throughput": {
        "type": "integer",
        "description": "MiB a second.",
        "minimum": 125,
        "maximum": 1000,
        "x-plimsoll-default": "125"
       },
       "kmsKeyID": {
        "type": "string",
        "description": "The key it is encrypted with; without it, one that AWS manages."
       }
      },
      "description": "The volume that Pods write to."
     },
     "advancedNetworking": {
      "type": "object",
      "properties": {
       "associatePublicIPAddress": {
        "type": "boolean",
        "description": "Whether nodes get a public address; without it, the subnet decides."
       },
       "ipv4PrefixSize": {
        "type": "string",
        "enum": [
         "Auto",
         "32"
        ],
        "description": "Auto gives a node prefixes of addresses, 32 single ones.",
        "x-plimsoll-default": "Auto"
       },
       "enableV4Egress": {
        "type": "boolean",
        "description": "Whether Pods of an IPv6 cluster reach IPv4 addresses."
       },
       "httpsProxy": {
        "type": "string",
        "description": "The proxy for what leaves over HTTPS."
       },
       "noProxy": {
        "type": "array",
        "items": {
         "type": "string",
         "description": "A host, domain or CIDR."
        },
        "description": "What is reached without the proxy."
       }
      },
      "description": "What few clusters need of the network."
     },
     "advancedSecurity": {
      "type": "object",
      "x-kubernetes-preserve-unknown-fields": true,
      "description": "What few clusters need of security, such as fips."
     },
     "certificateBundles": {
      "type": "array",
      "items": {
       "type": "object",
       "required": [
        "name",
        "data"
       ],
       "properties": {
        "name": {
         "type": "string",
         "description": "Its name."
        },
        "data": {
         "type": "string",
         "description": "Certificates in base64."
        }
       },
       "description": "One bundle."
      },
      "description": "Certificate authorities that nodes trust besides the usual ones."
     },
     "tags": {
      "type": "object",
      "additionalProperties": {
       "type": "string",
       "description": "The value of the tag."
      },
      "description": "Tags of all that is made for a node."
     }
    },
    "description": "How nodes are launched."
   }
  },
  "description": "How AWS launches nodes in EKS Auto Mode."
 },
 "PoliciesFile": {
  "type": "object",
  "required": [
   "apiVersion",
   "classes"
  ],
  "properties": {
   "apiVersion": {
    "type": "string",
    "description": "The version of the file's form.",
    "pattern": "^[a-z0-9]([-a-z0-9.]*[a-z0-9])?/policies/v1$"
   },
   "settings": {
    "type": "object",
    "properties": {
     "defaultClass": {
      "type": "string",
      "description": "Class of workloads that name none.",
      "x-plimsoll-default": "general"
     },
     "unprofiled": {
      "type": "string",
      "enum": [
       "allow",
       "warn",
       "deny"
      ],
      "description": "What happens to workloads without a profile.",
      "x-plimsoll-default": "warn"
     },
     "failurePolicy": {
      "type": "object",
      "additionalProperties": {
       "type": "string",
       "enum": [
        "open",
        "closed"
       ],
       "description": "open lets them in and lists them later; closed refuses them."
      },
      "description": "By class: whether requests are let in while nobody answers.",
      "x-plimsoll-check": "a closed class needs grants"
     },
     "docsBase": {
      "type": "string",
      "description": "Address under which each rule has its page."
     },
     "capacityAdvice": {
      "type": "string",
      "enum": [
       "off",
       "warn"
      ],
      "description": "Whether a workload that asks for more Pods is told what nodes and money they need; where Plimsoll provisions.",
      "x-plimsoll-default": "off"
     },
     "evictions": {
      "type": "string",
      "enum": [
       "off",
       "explain",
       "surge"
      ],
      "description": "Who answers evictions that can't be now: the API server alone, Plimsoll with the reason, or it with a replacement of a single replica first.",
      "x-plimsoll-default": "surge"
     },
     "rebalanceRecommendation": {
      "type": "string",
      "enum": [
       "event",
       "replace"
      ],
      "description": "What follows where the cloud says that a Spot instance may soon be taken back: an Event, or a replacement; where Plimsoll provisions.",
      "x-plimsoll-default": "event"
     },
     "podPatch": {
      "type": "array",
      "items": {
       "type": "string",
       "description": "A member such as priorityClassName."
      },
      "description": "Members of a Pod's spec that the podPatch of a profile may set.",
      "x-plimsoll-default": "priorityClassName, runtimeClassName"
     },
     "grandfather": {
      "type": "object",
      "required": [
       "before",
       "until"
      ],
      "properties": {
       "before": {
        "type": "string",
        "description": "Workloads created before this are meant.",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?(Z|[-+][0-9]{2}:[0-9]{2}))?$"
       },
       "until": {
        "type": "string",
        "description": "The day on which this ends.",
        "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?(Z|[-+][0-9]{2}:[0-9]{2}))?$"
       },
       "unlessChanged": {
        "type": "array",
        "items": {
         "type": "string",
         "description": "A word."
        },
        "description": "Fields whose change is judged as a new workload.",
        "x-plimsoll-default": "[spec.template]"
       }
      },
      "description": "Workloads that were there before are not denied at once."
     },
     "controllers": {
      "type": "array",
      "items": {
       "type": "object",
       "required": [
        "makes"
       ],
       "properties": {
        "users": {
         "type": "array",
         "items": {
          "type": "string",
          "description": "A user such as system:serviceaccount:NAMESPACE:NAME."
         },
         "description": "Their names, as the API server has them."
        },
        "groups": {
         "type": "array",
         "items": {
          "type": "string",
          "description": "A group such as system:serviceaccounts:NAMESPACE."
         },
         "description": "Their groups."
        },
        "makes": {
         "type": "array",
         "items": {
          "type": "string",
          "enum": [
           "Pod",
           "ReplicaSet",
           "Job"
          ],
          "description": "A kind."
         },
         "description": "What they make for an owner."
        }
       },
       "description": "Some controllers."
      },
      "description": "Who is believed about the owners of what they make. Others are believed where they may update the owner's finalizers and status; of kinds that we don't judge one of the two is enough."
     },
     "provider": {
      "type": "object",
      "required": [
       "kind"
      ],
      "properties": {
       "kind": {
        "type": "string",
        "enum": [
         "karpenter",
         "eks-auto"
        ],
        "description": "The provisioner."
       }
      },
      "description": "What provisions nodes."
     },
     "maxNewDenials": {
      "type": "integer",
      "description": "Refuse an edit that would newly deny more live workloads than this.",
      "minimum": 0
     },
     "iKnow": {
      "type": "boolean",
      "description": "Accept a file that would deny the platform's own namespaces.",
      "x-plimsoll-default": "false"
     }
    },
    "description": "What holds for all."
   },
   "classes": {
    "type": "object",
    "additionalProperties": {
     "type": "object",
     "properties": {
      "purpose": {
       "type": "string",
       "description": "What the class is for."
      },
      "pools": {
       "type": "array",
       "items": {
        "type": "string",
        "description": "A NodePool."
       },
       "description": "NodePools of the class, first choice first."
      },
      "placement": {
       "type": "object",
       "properties": {
        "nodeSelector": {
         "type": "object",
         "additionalProperties": {
          "type": "string",
          "description": "The value of the label."
         },
         "description": "Labels of the nodes."
        },
        "tolerations": {
         "type": "array",
         "items": {
          "type": "object",
          "properties": {
           "key": {
            "type": "string",
            "description": "Key of the taint; without it, any."
           },
           "operator": {
            "type": "string",
            "enum": [
             "Equal",
             "Exists"
            ],
            "description": "How the value is compared.",
            "x-plimsoll-default": "Equal"
           },
           "value": {
            "type": "string",
            "description": "Value of the taint."
           },
           "effect": {
            "type": "string",
            "enum": [
             "NoSchedule",
             "PreferNoSchedule",
             "NoExecute"
            ],
            "description": "Effect of the taint; without it, any."
           },
           "tolerationSeconds": {
            "type": "integer",
            "description": "How long a NoExecute taint is tolerated."
           }
          },
          "description": "One toleration."
         },
         "description": "Taints of the nodes."
        }
       },
       "description": "What brings Pods onto the class's nodes."
      },
      "capacityTypes": {
       "type": "array",
       "items": {
        "type": "string",
        "enum": [
         "spot",
         "on-demand",
         "reserved"
        ],
        "description": "A capacity type."
       },
       "description": "How nodes are bought, first choice first."
      },
      "allowSpot": {
       "type": "boolean",
       "description": "Whether a profile may ask for Spot.",
       "x-plimsoll-default": "false"
      },
      "spotFloorOnDemand": {
       "x-kubernetes-int-or-string": true,
       "description": "Default of cost.spotFloorOnDemand.",
       "pattern": "^(100|[0-9]{1,2})%$",
       "minimum": 0
      },
      "zones": {
       "type": "array",
       "items": {
        "type": "string",
        "description": "A zone such as ap-southeast-1a."
       },
       "description": "Zones of the class."
      },
      "arch": {
       "type": "string",
       "enum": [
        "amd64",
        "arm64",
        "any"
       ],
       "description": "Default of compute.arch."
      },
      "requires": {
       "type": "array",
       "items": {
        "type": "string",
        "description": "A field such as disruption.idempotent."
       },
       "description": "Fields that a profile must set."
      },
      "requireAllGuarantees": {
       "type": "boolean",
       "description": "Whether all six disruption.guarantees are needed, so that disruption.idempotent alone does not do.",
       "x-plimsoll-default": "false"
      },
      "podPatch": {
       "type": "boolean",
       "description": "Whether profiles may carry a podPatch.",
       "x-plimsoll-default": "true"
      },
      "requests": {
       "type": "object",
       "properties": {
        "cpu": {
         "type": "object",
         "properties": {
          "min": {
           "x-kubernetes-int-or-string": true,
           "description": "Least that may be asked.",
           "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
           "minimum": 0
          },
          "max": {
           "x-kubernetes-int-or-string": true,
           "description": "Most that may be asked.",
           "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
           "minimum": 0
          },
          "default": {
           "x-kubernetes-int-or-string": true,
           "description": "What a workload gets that asks nothing.",
           "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
           "minimum": 0
          }
         },
         "description": "Bounds and default of compute.cpuRequest."
        },
        "memory": {
         "type": "object",
         "properties": {
          "min": {
           "x-kubernetes-int-or-string": true,
           "description": "Least that may be asked.",
           "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
           "minimum": 0
          },
          "max": {
           "x-kubernetes-int-or-string": true,
           "description": "Most that may be asked.",
           "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
           "minimum": 0
          },
          "default": {
           "x-kubernetes-int-or-string": true,
           "description": "What a workload gets that asks nothing.",
           "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
           "minimum": 0
          }
         },
         "description": "Bounds and default of compute.memoryRequest."
        },
        "ephemeralStorage": {
         "type": "object",
         "properties": {
          "min": {
           "x-kubernetes-int-or-string": true,
           "description": "Least that may be asked.",
           "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
           "minimum": 0
          },
          "max": {
           "x-kubernetes-int-or-string": true,
           "description": "Most that may be asked.",
           "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
           "minimum": 0
          },
          "default": {
           "x-kubernetes-int-or-string": true,
           "description": "What a workload gets that asks nothing.",
           "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
           "minimum": 0
          }
         },
         "description": "Bounds and default of compute.ephemeralStorageRequest."
        },
        "gibPerCpu": {
         "type": "object",
         "properties": {
          "min": {
           "type": "number",
           "description": "Least.",
           "minimum": 0
          },
          "max": {
           "type": "number",
           "description": "Most.",
           "minimum": 0
          }
         },
         "description": "Bounds of memory to CPU, in GiB a vCPU."
        },
        "sidecar": {
         "type": "object",
         "properties": {
          "cpu": {
           "x-kubernetes-int-or-string": true,
           "description": "CPU.",
           "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
           "minimum": 0
          },
          "memory": {
           "x-kubernetes-int-or-string": true,
           "description": "Memory.",
           "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
           "minimum": 0
          }
         },
         "description": "What containers beside the main one get that request nothing."
        }
       },
       "description": "What a replica may request."
      },
      "gpu": {
       "type": "object",
       "properties": {
        "min": {
         "type": "integer",
         "description": "Least compute.gpu.count.",
         "minimum": 0
        },
        "max": {
         "type": "integer",
         "description": "Most compute.gpu.count.",
         "minimum": 0
        }
       },
       "description": "Accelerators."
      },
      "limits": {
       "type": "object",
       "properties": {
        "cpu": {
         "x-kubernetes-int-or-string": true,
         "description": "Default of compute.cpuLimit.",
         "pattern": "^(none|[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?)$",
         "minimum": 0,
         "x-plimsoll-default": "none"
        },
        "memoryRatio": {
         "type": "number",
         "description": "Default of compute.memoryLimit, as a multiple of the request.",
         "minimum": 1
        },
        "maxCpuRatio": {
         "type": "number",
         "description": "Most CPU limit, as a multiple of the request.",
         "minimum": 1
        },
        "maxMemoryRatio": {
         "type": "number",
         "description": "Most memory limit, as a multiple of the request.",
         "minimum": 1
        }
       },
       "description": "How far a container may go above its request."
      },
      "availability": {
       "type": "object",
       "properties": {
        "minReplicas": {
         "type": "integer",
         "description": "Default of availability.minReplicas.",
         "minimum": 0
        },
        "allowZero": {
         "type": "boolean",
         "description": "Whether minReplicas may be 0.",
         "x-plimsoll-default": "true where the class's minReplicas is 0"
        },
        "zoneSpread": {
         "type": "string",
         "enum": [
          "required",
          "preferred",
          "none"
         ],
         "description": "Default of availability.zoneSpread."
        },
        "zoneSpreadFrom": {
         "type": "integer",
         "description": "Replicas from which the default zoneSpread holds.",
         "minimum": 1
        },
        "hostSpread": {
         "type": "string",
         "enum": [
          "required",
          "preferred",
          "none"
         ],
         "description": "Default of availability.hostSpread."
        },
        "singletons": {
         "type": "object",
         "additionalProperties": {
          "type": "string",
          "enum": [
           "allow",
           "warn",
           "deny"
          ],
          "description": "What happens to a workload with one replica."
         },
         "description": "What happens to a single replica: default, and by kind where kinds differ."
        }
       },
       "description": "How many replicas, and where."
      },
      "disruption": {
       "type": "object",
       "properties": {
        "minAvailable": {
         "x-kubernetes-int-or-string": true,
         "description": "Default of disruption.minAvailable.",
         "pattern": "^(100|[0-9]{1,2})%$",
         "minimum": 0
        },
        "maxUnavailable": {
         "x-kubernetes-int-or-string": true,
         "description": "Default of disruption.maxUnavailable.",
         "pattern": "^(100|[0-9]{1,2})%$",
         "minimum": 0
        },
        "gracePeriodSeconds": {
         "type": "integer",
         "description": "Default of disruption.gracePeriodSeconds.",
         "minimum": 0
        },
        "preStopSeconds": {
         "type": "integer",
         "description": "Default of disruption.preStopSeconds.",
         "minimum": 0
        },
        "maxGraceSeconds": {
         "type": "integer",
         "description": "Most gracePeriodSeconds.",
         "minimum": 0
        },
        "maxProtect": {
         "type": "string",
         "description": "Longest disruption.protect.",
         "pattern": "^([0-9]+(s|m|h))+$"
        },
        "consolidates": {
         "type": "boolean",
         "description": "Whether nodes of this class are consolidated."
        },
        "maxNodeAge": {
         "type": "string",
         "description": "Age at which nodes of this class are replaced.",
         "pattern": "^([0-9]+(s|m|h))+$"
        },
        "window": {
         "type": "array",
         "items": {
          "type": "object",
          "required": [
           "schedule",
           "duration"
          ],
          "properties": {
           "schedule": {
            "type": "string",
            "description": "When it opens: cron of five fields, in UTC.",
            "pattern": "^(@(annually|yearly|monthly|weekly|daily|midnight|hourly)|\\S+ +\\S+ +\\S+ +\\S+ +\\S+)$"
           },
           "duration": {
            "type": "string",
            "description": "How long it stays open.",
            "pattern": "^([0-9]+(s|m|h))+$"
           }
          },
          "description": "One window."
         },
         "description": "Default of disruption.window."
        }
       },
       "description": "How Pods end, and how nodes may be taken away."
      },
      "quota": {
       "type": "object",
       "properties": {
        "cpu": {
         "x-kubernetes-int-or-string": true,
         "description": "CPU.",
         "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
         "minimum": 0
        },
        "memory": {
         "x-kubernetes-int-or-string": true,
         "description": "Memory.",
         "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
         "minimum": 0
        },
        "replicasPerProfile": {
         "type": "integer",
         "description": "Most scaling.maxReplicas of one profile.",
         "minimum": 1
        }
       },
       "description": "What all workloads of the class may request together."
      }
     },
     "description": "One class of workloads."
    },
    "description": "The catalogue: each class by its name."
   },
   "grants": {
    "type": "object",
    "additionalProperties": {
     "type": "object",
     "properties": {
      "namespaces": {
       "type": "array",
       "items": {
        "type": "string",
        "description": "A namespace or a pattern."
       },
       "description": "Namespaces by name; * stands for any text."
      },
      "namespaceSelector": {
       "type": "object",
       "properties": {
        "matchLabels": {
         "type": "object",
         "additionalProperties": {
          "type": "string",
          "description": "The value of the label."
         },
         "description": "Labels that must all be there."
        }
       },
       "description": "Namespaces by their labels."
      },
      "requestFrom": {
       "type": "string",
       "description": "Whom to ask for a grant."
      }
     },
     "description": "Who may use a class; a class without a grant is for all."
    },
    "description": "Who may use a class, by class."
   },
   "namespaces": {
    "type": "object",
    "additionalProperties": {
     "type": "object",
     "properties": {
      "classDefaults": {
       "type": "object",
       "additionalProperties": {
        "type": "object",
        "properties": {
         "purpose": {
          "type": "string",
          "description": "What the class is for."
         },
         "pools": {
          "type": "array",
          "items": {
           "type": "string",
           "description": "A NodePool."
          },
          "description": "NodePools of the class, first choice first."
         },
         "placement": {
          "type": "object",
          "properties": {
           "nodeSelector": {
            "type": "object",
            "additionalProperties": {
             "type": "string",
             "description": "The value of the label."
            },
            "description": "Labels of the nodes."
           },
           "tolerations": {
            "type": "array",
            "items": {
             "type": "object",
             "properties": {
              "key": {
               "type": "string",
               "description": "Key of the taint; without it, any."
              },
              "operator": {
               "type": "string",
               "enum": [
                "Equal",
                "Exists"
               ],
               "description": "How the value is compared.",
               "x-plimsoll-default": "Equal"
              },
              "value": {
               "type": "string",
               "description": "Value of the taint."
              },
              "effect": {
               "type": "string",
               "enum": [
                "NoSchedule",
                "PreferNoSchedule",
                "NoExecute"
               ],
               "description": "Effect of the taint; without it, any."
              },
              "tolerationSeconds": {
               "type": "integer",
               "description": "How long a NoExecute taint is tolerated."
              }
             },
             "description": "One toleration."
            },
            "description": "Taints of the nodes."
           }
          },
          "description": "What brings Pods onto the class's nodes."
         },
         "capacityTypes": {
          "type": "array",
          "items": {
           "type": "string",
           "enum": [
            "spot",
            "on-demand",
            "reserved"
           ],
           "description": "A capacity type."
          },
          "description": "How nodes are bought, first choice first."
         },
         "allowSpot": {
          "type": "boolean",
          "description": "Whether a profile may ask for Spot.",
          "x-plimsoll-default": "false"
         },
         "spotFloorOnDemand": {
          "x-kubernetes-int-or-string": true,
          "description": "Default of cost.spotFloorOnDemand.",
          "pattern": "^(100|[0-9]{1,2})%$",
          "minimum": 0
         },
         "zones": {
          "type": "array",
          "items": {
           "type": "string",
           "description": "A zone such as ap-southeast-1a."
          },
          "description": "Zones of the class."
         },
         "arch": {
          "type": "string",
          "enum": [
           "amd64",
           "arm64",
           "any"
          ],
          "description": "Default of compute.arch."
         },
         "requires": {
          "type": "array",
          "items": {
           "type": "string",
           "description": "A field such as disruption.idempotent."
          },
          "description": "Fields that a profile must set."
         },
         "requireAllGuarantees": {
          "type": "boolean",
          "description": "Whether all six disruption.guarantees are needed, so that disruption.idempotent alone does not do.",
          "x-plimsoll-default": "false"
         },
         "podPatch": {
          "type": "boolean",
          "description": "Whether profiles may carry a podPatch.",
          "x-plimsoll-default": "true"
         },
         "requests": {
          "type": "object",
          "properties": {
           "cpu": {
            "type": "object",
            "properties": {
             "min": {
              "x-kubernetes-int-or-string": true,
              "description": "Least that may be asked.",
              "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
              "minimum": 0
             },
             "max": {
              "x-kubernetes-int-or-string": true,
              "description": "Most that may be asked.",
              "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
              "minimum": 0
             },
             "default": {
              "x-kubernetes-int-or-string": true,
              "description": "What a workload gets that asks nothing.",
              "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
              "minimum": 0
             }
            },
            "description": "Bounds and default of compute.cpuRequest."
           },
           "memory": {
            "type": "object",
            "properties": {
             "min": {
              "x-kubernetes-int-or-string": true,
              "description": "Least that may be asked.",
              "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
              "minimum": 0
             },
             "max": {
              "x-kubernetes-int-or-string": true,
              "description": "Most that may be asked.",
              "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
              "minimum": 0
             },
             "default": {
              "x-kubernetes-int-or-string": true,
              "description": "What a workload gets that asks nothing.",
              "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
              "minimum": 0
             }
            },
            "description": "Bounds and default of compute.memoryRequest."
           },
           "ephemeralStorage": {
            "type": "object",
            "properties": {
             "min": {
              "x-kubernetes-int-or-string": true,
              "description": "Least that may be asked.",
              "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
              "minimum": 0
             },
             "max": {
              "x-kubernetes-int-or-string": true,
              "description": "Most that may be asked.",
              "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
              "minimum": 0
             },
             "default": {
              "x-kubernetes-int-or-string": true,
              "description": "What a workload gets that asks nothing.",
              "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
              "minimum": 0
             }
            },
            "description": "Bounds and default of compute.ephemeralStorageRequest."
           },
           "gibPerCpu": {
            "type": "object",
            "properties": {
             "min": {
              "type": "number",
              "description": "Least.",
              "minimum": 0
             },
             "max": {
              "type": "number",
              "description": "Most.",
              "minimum": 0
             }
            },
            "description": "Bounds of memory to CPU, in GiB a vCPU."
           },
           "sidecar": {
            "type": "object",
            "properties": {
             "cpu": {
              "x-kubernetes-int-or-string": true,
              "description": "CPU.",
              "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
              "minimum": 0
             },
             "memory": {
              "x-kubernetes-int-or-string": true,
              "description": "Memory.",
              "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
              "minimum": 0
             }
            },
            "description": "What containers beside the main one get that request nothing."
           }
          },
          "description": "What a replica may request."
         },
         "gpu": {
          "type": "object",
          "properties": {
           "min": {
            "type": "integer",
            "description": "Least compute.gpu.count.",
            "minimum": 0
           },
           "max": {
            "type": "integer",
            "description": "Most compute.gpu.count.",
            "minimum": 0
           }
          },
          "description": "Accelerators."
         },
         "limits": {
          "type": "object",
          "properties": {
           "cpu": {
            "x-kubernetes-int-or-string": true,
            "description": "Default of compute.cpuLimit.",
            "pattern": "^(none|[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?)$",
            "minimum": 0,
            "x-plimsoll-default": "none"
           },
           "memoryRatio": {
            "type": "number",
            "description": "Default of compute.memoryLimit, as a multiple of the request.",
            "minimum": 1
           },
           "maxCpuRatio": {
            "type": "number",
            "description": "Most CPU limit, as a multiple of the request.",
            "minimum": 1
           },
           "maxMemoryRatio": {
            "type": "number",
            "description": "Most memory limit, as a multiple of the request.",
            "minimum": 1
           }
          },
          "description": "How far a container may go above its request."
         },
         "availability": {
          "type": "object",
          "properties": {
           "minReplicas": {
            "type": "integer",
            "description": "Default of availability.minReplicas.",
            "minimum": 0
           },
           "allowZero": {
            "type": "boolean",
            "description": "Whether minReplicas may be 0.",
            "x-plimsoll-default": "true where the class's minReplicas is 0"
           },
           "zoneSpread": {
            "type": "string",
            "enum": [
             "required",
             "preferred",
             "none"
            ],
            "description": "Default of availability.zoneSpread."
           },
           "zoneSpreadFrom": {
            "type": "integer",
            "description": "Replicas from which the default zoneSpread holds.",
            "minimum": 1
           },
           "hostSpread": {
            "type": "string",
            "enum": [
             "required",
             "preferred",
             "none"
            ],
            "description": "Default of availability.hostSpread."
           },
           "singletons": {
            "type": "object",
            "additionalProperties": {
             "type": "string",
             "enum": [
              "allow",
              "warn",
              "deny"
             ],
             "description": "What happens to a workload with one replica."
            },
            "description": "What happens to a single replica: default, and by kind where kinds differ."
           }
          },
          "description": "How many replicas, and where."
         },
         "disruption": {
          "type": "object",
          "properties": {
           "minAvailable": {
            "x-kubernetes-int-or-string": true,
            "description": "Default of disruption.minAvailable.",
            "pattern": "^(100|[0-9]{1,2})%$",
            "minimum": 0
           },
           "maxUnavailable": {
            "x-kubernetes-int-or-string": true,
            "description": "Default of disruption.maxUnavailable.",
            "pattern": "^(100|[0-9]{1,2})%$",
            "minimum": 0
           },
           "gracePeriodSeconds": {
            "type": "integer",
            "description": "Default of disruption.gracePeriodSeconds.",
            "minimum": 0
           },
           "preStopSeconds": {
            "type": "integer",
            "description": "Default of disruption.preStopSeconds.",
            "minimum": 0
           },
           "maxGraceSeconds": {
            "type": "integer",
            "description": "Most gracePeriodSeconds.",
            "minimum": 0
           },
           "maxProtect": {
            "type": "string",
            "description": "Longest disruption.protect.",
            "pattern": "^([0-9]+(s|m|h))+$"
           },
           "consolidates": {
            "type": "boolean",
            "description": "Whether nodes of this class are consolidated."
           },
           "maxNodeAge": {
            "type": "string",
            "description": "Age at which nodes of this class are replaced.",
            "pattern": "^([0-9]+(s|m|h))+$"
           },
           "window": {
            "type": "array",
            "items": {
             "type": "object",
             "required": [
              "schedule",
              "duration"
             ],
             "properties": {
              "schedule": {
               "type": "string",
               "description": "When it opens: cron of five fields, in UTC.",
               "pattern": "^(@(annually|yearly|monthly|weekly|daily|midnight|hourly)|\\S+ +\\S+ +\\S+ +\\S+ +\\S+)$"
              },
              "duration": {
               "type": "string",
               "description": "How long it stays open.",
               "pattern": "^([0-9]+(s|m|h))+$"
              }
             },
             "description": "One window."
            },
            "description": "Default of disruption.window."
           }
          },
          "description": "How Pods end, and how nodes may be taken away."
         },
         "quota": {
          "type": "object",
          "properties": {
           "cpu": {
            "x-kubernetes-int-or-string": true,
            "description": "CPU.",
            "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
            "minimum": 0
           },
           "memory": {
            "x-kubernetes-int-or-string": true,
            "description": "Memory.",
            "pattern": "^[0-9]+(\\.[0-9]+)?(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?$",
            "minimum": 0
           },
           "replicasPerProfile": {
            "type": "integer",
            "description": "Most scaling.maxReplicas of one profile.",
            "minimum": 1
           }
          },
          "description": "What all workloads of the class may request together."
         }
        },
        "description": "One class of workloads."
       },
       "description": "Values that replace the class's own, by class."
      }
     },
     "description": "What differs in some namespaces."
    },
    "description": "What differs in some namespaces, by name; * stands for any text."
   },
   "costOwners": {
    "type": "object",
    "required": [
     "values"
    ],
    "properties": {
     "source": {
      "type": "string",
      "enum": [
       "list"
      ],
      "description": "Where the owners come from.",
      "x-plimsoll-default": "list"
     },
     "values": {
      "type": "array",
      "items": {
       "type": "string",
       "description": "An owner."
      },
      "description": "The owners."
     },
     "requiredOn": {
      "type": "array",
      "items": {
       "type": "string",
       "enum": [
        "profile",
        "nodepool"
       ],
       "description": "A kind."
      },
      "description": "What must name an owner."
     },
     "tagKey": {
      "type": "string",
      "description": "The tag of the cloud that carries the owner."
     }
    },
    "description": "Who may pay."
   },
   "rules": {
    "type": "object",
    "additionalProperties": {
     "type": "object",
     "properties": {
      "action": {
       "type": "string",
       "enum": [
        "deny",
        "warn",
        "audit",
        "off"
       ],
       "description": "What a finding does.",
       "x-plimsoll-default": "the rule's own"
      },
      "params": {
       "type": "object",
       "x-kubernetes-preserve-unknown-fields": true,
       "description": "Numbers and words of the rule."
      },
      "scope": {
       "type": "object",
       "properties": {
        "classes": {
         "type": "array",
         "items": {
          "type": "string",
          "description": "A class."
         },
         "description": "Only these classes."
        },
        "namespaces": {
         "type": "array",
         "items": {
          "type": "string",
          "description": "A namespace or a pattern."
         },
         "description": "Only these namespaces; ! before a pattern leaves them out."
        },
        "labels": {
         "type": "object",
         "additionalProperties": {
          "type": "string",
          "description": "The value of the label."
         },
         "description": "Labels that must all be there."
        }
       },
       "description": "Where the rule holds; without it, everywhere."
      },
      "until": {
       "type": "string",
       "description": "The day on which then takes over.",
       "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?(Z|[-+][0-9]{2}:[0-9]{2}))?$"
      },
      "then": {
       "type": "string",
       "enum": [
        "deny",
        "warn",
        "audit",
        "off"
       ],
       "description": "The action from until on."
      }
     },
     "description": "How one rule acts."
    },
    "description": "How built-in rules act, by id; a rule that is left out acts by its default."
   },
   "custom": {
    "type": "array",
    "items": {
     "type": "object",
     "required": [
      "id",
      "expression"
     ],
     "properties": {
      "id": {
       "type": "string",
       "description": "Its id, such as X-IMG-001.",
       "pattern": "^[A-Z][A-Z0-9]*(-[A-Z0-9]+)+$",
       "x-plimsoll-check": "starts with X-"
      },
      "match": {
       "type": "object",
       "properties": {
        "kinds": {
         "type": "array",
         "items": {
          "type": "string",
          "description": "A kind."
         },
         "description": "Only these kinds. Pod stands for every workload too, unless an expression reads object or oldObject.",
         "x-plimsoll-default": "every kind that is a workload"
        },
        "classes": {
         "type": "array",
         "items": {
          "type": "string",
          "description": "A class."
         },
         "description": "Only these classes."
        },
        "namespaces": {
         "type": "array",
         "items": {
          "type": "string",
          "description": "A namespace or a pattern."
         },
         "description": "Only these namespaces."
        },
        "labels": {
         "type": "object",
         "additionalProperties": {
          "type": "string",
          "description": "The value of the label."
         },
         "description": "Labels that must all be there."
        }
       },
       "description": "What it judges."
      },
      "forEach": {
       "type": "string",
       "description": "A list, such as pod.containers, or CEL that gives one; the expression holds item for each of its elements.",
       "x-plimsoll-default": "the object itself"
      },
      "expression": {
       "type": "string",
       "description": "CEL; true means allowed."
      },
      "messageExpression": {
       "type": "string",
       "description": "CEL; the text of a finding."
      },
      "fix": {
       "type": "string",
       "description": "What to do about it."
      },
      "action": {
       "type": "string",
       "enum": [
        "deny",
        "warn",
        "audit",
        "off"
       ],
       "description": "What a finding does.",
       "x-plimsoll-default": "deny"
      },
      "until": {
       "type": "string",
       "description": "The day on which then takes over.",
       "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?(Z|[-+][0-9]{2}:[0-9]{2}))?$"
      },
      "then": {
       "type": "string",
       "enum": [
        "deny",
        "warn",
        "audit",
        "off"
       ],
       "description": "The action from until on."
      },
      "onError": {
       "type": "string",
       "enum": [
        "deny",
        "allow"
       ],
       "description": "What happens where the expression fails on what an object says. One that takes too many steps is always a finding.",
       "x-plimsoll-default": "deny"
      },
      "owner": {
       "type": "string",
       "description": "Who mends the rule; named where its expression fails.",
       "x-plimsoll-default": "the owners of the file"
      },
      "tests": {
       "type": "array",
       "items": {
        "type": "object",
        "required": [
         "name",
         "object",
         "expect"
        ],
        "properties": {
         "name": {
          "type": "string",
          "description": "Its name."
         },
         "object": {
          "x-kubernetes-preserve-unknown-fields": true,
          "description": "The object, or the file that holds it, seen from the policies file."
         },
         "expect": {
          "type": "string",
          "enum": [
           "allow",
           "deny"
          ],
          "description": "What must come of it."
         }
        },
        "description": "One case."
       },
       "description": "Cases that must hold before the file is taken."
      }
     },
     "description": "A rule of your own, as a CEL expression."
    },
    "description": "Rules of your own."
   },
   "nodepoolReview": {
    "type": "object",
    "properties": {
     "naming": {
      "type": "string",
      "description": "Regular expression for names."
     },
     "forbiddenNames": {
      "type": "array",
      "items": {
       "type": "string",
       "description": "A word."
      },
      "description": "Names that say nothing."
     },
     "minInstanceTypes": {
      "type": "object",
      "additionalProperties": {
       "type": "integer",
       "description": "At least so many.",
       "minimum": 1
      },
      "description": "Least number of instance types, by capacity type."
     },
     "justifications": {
      "type": "array",
      "items": {
       "type": "string",
       "description": "A word."
      },
      "description": "Reasons for which instance types may be pinned."
     },
     "requireTags": {
      "type": "array",
      "items": {
       "type": "string",
       "description": "A word."
      },
      "description": "Tags that a NodeClass must set."
     },
     "rules": {
      "type": "object",
      "additionalProperties": {
       "type": "string",
       "enum": [
        "deny",
        "warn",
        "audit",
        "off"
       ],
       "description": "What a finding does."
      },
      "description": "Actions of review rules, by id."
     }
    },
    "description": "How NodePools and NodeClasses are reviewed."
   },
   "exemptions": {
    "type": "array",
    "items": {
     "type": "object",
     "required": [
      "id",
      "rules",
      "match",
      "owner",
      "reason",
      "expires"
     ],
     "properties": {
      "id": {
       "type": "string",
       "description": "Its id, such as EX-2026-014."
      },
      "rules": {
       "type": "array",
       "items": {
        "type": "string",
        "description": "A rule id."
       },
       "description": "The rules that it lifts.",
       "minItems": 1
      },
      "match": {
       "type": "object",
       "required": [
        "namespace"
       ],
       "properties": {
        "namespace": {
         "type": "string",
         "description": "The namespace, or a pattern such as team-*."
        },
        "kind": {
         "type": "string",
         "description": "The kind."
        },
        "name": {
         "type": "string",
         "description": "The name, or a pattern such as ledger-*."
        },
        "labels": {
         "type": "object",
         "additionalProperties": {
          "type": "string",
          "description": "The value of the label."
         },
         "description": "Labels that must all be there."
        },
        "groups": {
         "type": "array",
         "items": {
          "type": "string",
          "description": "A group."
         },
         "description": "Groups of who asks, such as those on call: requests of others are refused as before. Each use makes an Event.",
         "minItems": 1
        }
       },
       "description": "What is exempt; at least a namespace, and a name, labels or groups."
      },
      "owner": {
       "type": "string",
       "description": "Who answers for it."
      },
      "reason": {
       "type": "string",
       "description": "Why."
      },
      "expires": {
       "type": "string",
       "description": "The day on which it ends.",
       "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?(Z|[-+][0-9]{2}:[0-9]{2}))?$",
       "x-plimsoll-check": "at most 180 days after the approval"
      },
      "approved": {
       "type": "string",
       "description": "The day on which it was approved.",
       "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?(Z|[-+][0-9]{2}:[0-9]{2}))?$",
       "x-plimsoll-default": "the day on which the file is read"
      },
      "approvedBy": {
       "type": "string",
       "description": "Who approved it."
      },
      "compensate": {
       "type": "array",
       "items": {
        "type": "object",
        "required": [
         "pool",
         "drainWindow",
         "duration"
        ],
        "properties": {
         "pool": {
          "type": "string",
          "description": "The NodePool."
         },
         "drainWindow": {
          "type": "string",
          "description": "When its nodes may be drained: cron in UTC.",
          "pattern": "^(@(annually|yearly|monthly|weekly|daily|midnight|hourly)|\\S+ +\\S+ +\\S+ +\\S+ +\\S+)$"
         },
         "duration": {
          "type": "string",
          "description": "How long.",
          "pattern": "^([0-9]+(s|m|h))+$"
         }
        },
        "description": "One measure."
       },
       "description": "What is done in return: a NodePool whose nodes are drained in a window only (EX-002)."
      }
     },
     "description": "One exemption from rules."
    },
    "description": "Exemptions from rules."
   },
   "migration": {
    "type": "object",
    "required": [
     "active"
    ],
    "properties": {
     "active": {
      "type": "boolean",
      "description": "Whether it is."
     },
     "until": {
      "type": "string",
      "description": "The day on which it ends.",
      "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\\.[0-9]+)?)?(Z|[-+][0-9]{2}:[0-9]{2}))?$"
     },
     "taint": {
      "type": "string",
      "description": "Key of the taint that keeps Pods off new NodePools.",
      "pattern": "^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*(\\/))?([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]$",
      "x-plimsoll-default": "migration.platform.example.com/karpenter; with provider eks-auto, eks-auto-mode"
     },
     "classesDone": {
      "type": "array",
      "items": {
       "type": "string",
       "description": "A class."
      },
      "description": "Classes that have moved."
     }
    },
    "description": "A move to other NodePools that is under way."
   }
  },
  "description": "What the platform team decides."
 }
};
