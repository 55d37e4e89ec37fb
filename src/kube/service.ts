/**
 * Service: who its clients are, as far as its ports say so.
 *
 * Reads a Service. A port is not asked what it speaks: its name is all there is, and Prometheus's users name theirs metrics. A
 * name like http-metrics says too little, since Grafana's charts call the port so on which Loki answers everybody; and a port named
 * prometheus may be Prometheus's own, where people ask it.
 */
import type { Service } from "../api/service.ts";

/** Words in a port's name by which its clients are Prometheus alone: metrics, tcp-prometheus-servicemonitor. */
const scrapeWords: readonly string[] = ["metrics", "servicemonitor"];
/** Words by which others may be its clients too. */
const requestWords: readonly string[] = ["http", "https", "grpc"];

/**
 * Returns whether nothing but a collector of metrics is sent to a Service's Pods: it has ports, and each is named so. What it loses
 * when a Pod ends is one scrape of many, and a collector marks the Pod as down by itself.
 */
export function isScraped({ spec }: Service): boolean {
  const ports = spec.ports ?? [];
  return ports.length > 0 && ports.every(({ name = "" }) => isScrapePort(name.split("-")));
}

function isScrapePort(words: readonly string[]): boolean {
  return words.some((word) => scrapeWords.includes(word)) && !words.some((word) => requestWords.includes(word));
}
