/** A posted review of a Pod, as text. */
export function podReview(annotations: Readonly<Record<string, string>> = {}): string {
  return JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      ...{ uid: "u-1", operation: "CREATE", namespace: "shop", name: "web", userInfo: { username: "ana" }, dryRun: false },
      kind: { group: "", version: "v1", kind: "Pod" },
      resource: { group: "", version: "v1", resource: "pods" },
      object: { apiVersion: "v1", kind: "Pod", metadata: { name: "web", annotations } },
    },
  });
}
