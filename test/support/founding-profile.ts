// The WorkloadProfile of the founding document, byte for byte: no namespace, no binding, nine leaves. It must apply as it is.
export const foundingProfile = `apiVersion: platform.example.com/v1
kind: WorkloadProfile
metadata:
  name: billing-api
spec:
  runtimeClass: general
  availability:
    minReplicas: 3
    zoneSpread: required
  scaling:
    maxReplicas: 50
    maxBurstPods: 20
  compute:
    cpuRequest: 500m
    memoryRequest: 768Mi
  disruption:
    minAvailable: 80%
  cost:
    spotAllowed: false
`;
