/**
 * What the process hands to its commands, and what the longest of them is told on the command line. Shapes only.
 */
import type { ObjectKey } from "../api/object.ts";
import type { PlanSettings } from "../provisioner/plan-settings.ts";
import type { ProvisioningMode } from "./provisioning-options.ts";

/** The process's own things, handed in so that tests can run the program in theirs. */
export interface ProgramSurroundings {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Everything that is piped in; read only where a command names it with -. */
  readonly stdin: () => Promise<string>;
  readonly stdout: { write(text: string): unknown };
  readonly stderr: { write(text: string): unknown };
  readonly isTerminal: boolean;
  /** How wide the terminal is, where there is one. */
  readonly columns?: number | undefined;
  /** Both ends of the terminal, where a person sits at one. */
  readonly terminal?: TerminalStreams | undefined;
}

/** A terminal that can be taken over: keys as they are pressed, and a screen of a known size. */
export interface TerminalStreams {
  readonly input: {
    setRawMode(isRaw: boolean): unknown;
    setEncoding(encoding: "utf8"): unknown;
    resume(): unknown;
    pause(): unknown;
    on(event: "data", listener: (chunk: string) => void): unknown;
    off(event: "data", listener: (chunk: string) => void): unknown;
  };
  readonly output: {
    write(text: string): unknown;
    on(event: "resize", listener: () => void): unknown;
    off(event: "resize", listener: () => void): unknown;
    readonly columns: number;
    readonly rows: number;
    /** True while the terminal has not taken what was written yet. */
    readonly writableNeedDrain: boolean;
  };
}

/** The options of `plimsoll serve`, as commander names them. */
export interface ServeOptions extends PlanSettings {
  readonly policies: string;
  readonly kubeconfig?: string;
  readonly namespace: string;
  readonly domain: string;
  readonly host: string;
  readonly port: number;
  readonly webhookUrl?: string;
  readonly webhookService?: string;
  readonly provider: "kwok" | "ec2" | "none";
  readonly mode?: ProvisioningMode;
  readonly karpenterLease?: readonly ObjectKey[];
  readonly kwokJoinDelay?: string;
  readonly kwokInstanceTypes?: string;
  readonly clusterName?: string;
  readonly clusterEndpoint?: string;
  readonly clusterCa?: string;
  readonly serviceCidr?: string;
  readonly ec2Endpoint?: string;
  readonly region?: string;
  readonly isolatedVpc?: boolean;
  readonly disableDryRun?: boolean;
  readonly recordCalls?: string;
  readonly interruptionQueue?: string;
  readonly rateCard?: string;
  readonly predictByDryRun?: boolean;
  /** MiB. */
  readonly provisionerMemory?: number;
  readonly metricsOpen?: boolean;
  readonly lameDuck: number;
  readonly certificateLife: string;
  readonly logLevel: "debug" | "info" | "warn" | "error";
}

/** The options of `plimsoll uninstall`. */
export interface UninstallOptions {
  readonly kubeconfig?: string;
  readonly namespace: string;
  readonly domain: string;
  readonly crds: boolean;
  readonly yes: boolean;
  readonly dryRun: boolean;
}

/** The options of the commands that read files instead of a cluster. */
export interface OfflineOptions {
  readonly policies: string;
  readonly namespace: string;
  readonly domain: string;
}
