/**
 * The fields of KubeletConfiguration (kubelet.config.k8s.io/v1beta1, Kubernetes 1.36) by the shape of their values.
 *
 * Returns a table. An EC2NodeClass keeps whatever stands in spec.kubelet, so a misspelled field would reach every node and be
 * refused by its kubelet: then no node ever joins. `object` stands for what the kubelet alone understands.
 */
export type KubeletShape =
  "flag" | "whole" | "decimal" | "text" | "textMap" | "flagMap" | "texts" | "wholes" | "objects" | "object" | "textsMap";

const byShape: Readonly<Record<KubeletShape, string>> = {
  flag:
    "cgroupsPerQOS cpuCFSQuota enableContentionProfiling enableControllerAttachDetach enableDebugFlagsHandler enableDebuggingHandlers " +
    "enableProfilingHandler enableServer enableSystemLogHandler enableSystemLogQuery failCgroupV1 failSwapOn kernelMemcgNotification " +
    "localStorageCapacityIsolation makeIPTablesUtilChains mergeDefaultEvictionSettings protectKernelDefaults registerNode rotateCertificates " +
    "runOnce seccompDefault serializeImagePulls serverTLSBootstrap singleProcessOOMKill",
  whole:
    "containerLogMaxFiles containerLogMaxWorkers eventBurst eventRecordQPS evictionMaxPodGracePeriod healthzPort imageGCHighThresholdPercent " +
    "imageGCLowThresholdPercent iptablesDropBit iptablesMasqueradeBit kubeAPIBurst kubeAPIQPS maxOpenFiles maxParallelImagePulls maxPods " +
    "nodeLeaseDurationSeconds nodeStatusMaxImages oomScoreAdj podPidsLimit podsPerCore port readOnlyPort registryBurst registryPullQPS",
  decimal: "memoryThrottlingFactor",
  text:
    "address apiVersion cgroupDriver cgroupRoot clusterDomain configMapAndSecretChangeDetectionStrategy containerLogMaxSize " +
    "containerLogMonitorInterval containerRuntimeEndpoint contentType cpuCFSQuotaPeriod cpuManagerPolicy cpuManagerReconcilePeriod " +
    "evictionPressureTransitionPeriod fileCheckFrequency hairpinMode healthzBindAddress httpCheckFrequency imageMaximumGCAge imageMinimumGCAge " +
    "imagePullCredentialsVerificationPolicy imageServiceEndpoint kind kubeReservedCgroup kubeletCgroups memoryManagerPolicy " +
    "memoryReservationPolicy nodeStatusReportFrequency nodeStatusUpdateFrequency podCIDR podLogsDir providerID reservedSystemCPUs resolvConf " +
    "runtimeRequestTimeout showHiddenMetricsForVersion shutdownGracePeriod shutdownGracePeriodCriticalPods staticPodPath staticPodURL " +
    "streamingConnectionIdleTimeout syncFrequency systemCgroups systemReservedCgroup tlsCertFile tlsMinVersion tlsPrivateKeyFile " +
    "topologyManagerPolicy topologyManagerScope volumePluginDir volumeStatsAggPeriod",
  textMap:
    "cpuManagerPolicyOptions evictionHard evictionMinimumReclaim evictionSoft evictionSoftGracePeriod kubeReserved qosReserved " +
    "systemReserved topologyManagerPolicyOptions",
  flagMap: "featureGates",
  texts: "allowedUnsafeSysctls clusterDNS enforceNodeAllocatable preloadedImagesVerificationAllowlist tlsCipherSuites",
  wholes: "tlsCurvePreferences",
  objects: "registerWithTaints reservedMemory shutdownGracePeriodByPodPriority",
  object: "authentication authorization crashLoopBackOff logging memorySwap tracing userNamespaces",
  textsMap: "staticPodURLHeader",
};

/** Every field with its shape. */
export const kubeletFields: ReadonlyMap<string, KubeletShape> = new Map(
  (Object.keys(byShape) as KubeletShape[]).flatMap((shape) =>
    byShape[shape].split(" ").map((field): [string, KubeletShape] => [field, shape]),
  ),
);

/** The fields that are set on images which take no other: those that the provisioner turns into their own words. */
export const managedKubeletFields: ReadonlySet<string> = new Set([
  "clusterDNS",
  "maxPods",
  "podsPerCore",
  "systemReserved",
  "kubeReserved",
  "evictionHard",
  "evictionSoft",
  "evictionSoftGracePeriod",
  "evictionMaxPodGracePeriod",
  "imageGCHighThresholdPercent",
  "imageGCLowThresholdPercent",
  "cpuCFSQuota",
]);
