/**
 * Obstacle: what stands between a Pod and one way to place it, as data.
 *
 * Reads what reasons.ts found. Returns the sentences that Events, conditions and plans say: this is the one place that has the words.
 * An obstacle is about one NodePool and one term of the Pod's node affinity, about some of the nodes that are there, or, where it
 * names neither, about everything.
 */
import { hostnameLabel } from "../../api/labels.ts";
import { formatConflict } from "../../kube/requirements.ts";

export type Constraint =
  | "accepting"
  | "attachments"
  | "limits"
  | "minValues"
  | "offerings"
  | "places"
  | "pools"
  | "ports"
  | "prices"
  | "requirements"
  | "resources"
  | "taint"
  | "topology"
  | "types"
  | "unfinished"
  | "unsupported"
  | "volumes";

export interface Obstacle {
  readonly pool?: string;
  /** Nodes that are there for which this comes first. */
  readonly nodes?: { readonly count: number; readonly names: readonly string[] };
  /** Position of the node affinity term that this is about, where the Pod has several. */
  readonly term?: number;
  readonly constraint: Constraint;
  /** The label, taint, resource, port or CSI driver that it is about. */
  readonly key?: string;
  /** The taint; the instance types; what else than capacity offerings lack; of a node that is there, how many volumes of the driver it can attach. */
  readonly value?: string;
  readonly asked?: string;
  readonly available?: string;
  /** What was probably meant, where a label or its value looks like a slip of the hand. */
  readonly meant?: string;
  /** Where a spread's minDomains asks for more domains than there are: while it does, an empty one is taken to be there. */
  readonly domains?: { readonly asked: number; readonly found: number };
  /** The domain that spread and affinity leave open, where the obstacle stands only there. */
  readonly within?: string;
  /** What would take it out of the way. */
  readonly fix?: string;
}

/** What is known of a Pod without a place. */
export interface LeftOut {
  /** Sentences, one for each NodePool and one for existing nodes. */
  readonly reasons: readonly string[];
  /** The same as data: what is first in the way of each alternative. */
  readonly obstacles: readonly Obstacle[];
  /** Alternatives (a NodePool with a term of the Pod's node affinity) that were not asked, as there are very many. */
  readonly alternativesLeft: number;
}

/** Returns obstacles with their sentences. */
export function leftOut(obstacles: readonly Obstacle[], alternativesLeft = 0): LeftOut {
  const pools = new Map<string, readonly Obstacle[]>();
  for (const one of obstacles) if (one.pool !== undefined) pools.set(one.pool, [...(pools.get(one.pool) ?? []), one]);
  const ofPools = [...pools].map(([pool, own]) => `NodePool ${pool}: ${poolWords(own)}`);
  const general = obstacles.filter(({ pool, nodes }) => pool === undefined && nodes === undefined).map(words);
  const more = alternativesLeft === 0 ? [] : [`and ${alternativesLeft} more alternatives that were not asked`];
  return { reasons: [...general, ...ofPools, ...more, ...nodesWords(obstacles)], obstacles, alternativesLeft };
}

/** Words about one pool: terms are joined by "or", what is in the way of one term by ";". */
function poolWords(obstacles: readonly Obstacle[]): string {
  const byTerm = new Map<number | undefined, Obstacle[]>();
  for (const one of obstacles) {
    const known = byTerm.get(one.term);
    if (known === undefined) byTerm.set(one.term, [one]);
    else known.push(one);
  }
  const ofTerms = [...byTerm.values()].map((own) => {
    const limits = own.filter(({ constraint }) => constraint === "limits");
    const others = own.filter(({ constraint }) => constraint !== "limits").map(words);
    return [...others.sort(), ...(limits.length === 0 ? [] : [limitWords(limits)])].join("; ");
  });
  return [...new Set(ofTerms)].join("; or ");
}

/** Returns the words of one obstacle, without the pool or the nodes that it is about. */
export function words(obstacle: Obstacle): string {
  const { constraint, key = "", value = "", asked = "", within } = obstacle;
  const where = within === undefined ? "" : `in ${within}, where spread and affinity would let it, `;
  switch (constraint) {
    case "taint":
      return `the Pod does not tolerate its taint ${value}`;
    case "requirements":
      return key === ""
        ? "its required node affinity has only empty terms, which select no node"
        : formatConflict({ ...obstacle, key, asked });
    case "offerings":
      return `${where}${offeringWords(obstacle)}`;
    case "types":
    case "places":
    case "prices":
      return `${where}${typeWords(obstacle)}`;
    case "resources":
      return `${where}${resourceWords(obstacle)}`;
    case "minValues":
      return `${where}too few instance types hold the Pod for the pool's minValues${key === "" ? "" : ` of ${key}`}`;
    case "limits":
      return `${where}${limitWords([obstacle])}`;
    case "topology":
      return topologyWords(obstacle);
    case "pools":
      return "there is no NodePool to buy a node from";
    case "ports":
      return `${where}DaemonSets take ${key} on every instance type that it allows and the Pod asks for`;
    case "attachments":
      return attachmentWords(obstacle);
    case "accepting":
      return "it takes no more Pods";
    default:
      return asked;
  }
}

function limitWords(limits: readonly Obstacle[]): string {
  return `its limits leave ${limits.map(({ key = "", available = "" }) => `${key} ${available}`).join(", ")}`;
}

function offeringWords({ key, value, asked = "", available = "", meant }: Obstacle): string {
  if (asked === "") return `no instance type that it allows is offered now${value === undefined ? "" : `: ${value}`}`;
  const none = "no instance type that it allows and the Pod asks for is offered now";
  const hint = meant === undefined ? "" : ` (typo of "${meant}"?)`;
  return key === undefined ? none : `${none}: the Pod asks for ${asked}, offered is ${available}${hint}`;
}

/** What a NodePool lacks before anything is asked for. */
function typeWords({ constraint, key, value = "", asked = "", available, meant }: Obstacle): string {
  if (constraint === "prices") return `no price is known for ${value}, and nothing is bought without one`;
  if (constraint === "places") {
    const where = asked === "" ? "" : ` (${asked})`;
    return `the instance types that it allows are not sold where it may buy${where}: ${value}`;
  }
  if (key === undefined) return "its requirements together leave no instance type, though each alone leaves some";
  const hint = meant === undefined ? "" : ` (typo of "${meant}"?)`;
  return `its requirement ${asked} leaves no instance type${hint}${available === undefined ? "" : `, known is ${available}`}`;
}

function resourceWords({ key, asked = "", available = "" }: Obstacle): string {
  if (key === undefined) return "no instance type holds all that the Pod asks for at once";
  return `no instance type is large enough: the Pod asks for ${key} ${asked}, and there is at most ${key} ${available} beside DaemonSets`;
}

/** Of one node, as there is only one with so many left, or of all that a NodePool could make. */
function attachmentWords({ key = "", value = "", asked = "", available = "", nodes, within }: Obstacle): string {
  if (nodes === undefined) {
    const where = within === undefined ? "" : `in ${within}, where spread and affinity would let it, `;
    return `${where}no instance type attaches enough volumes: the Pod needs ${asked} of ${key}, and there is room for at most ${available}`;
  }
  return `without room for its volumes (${available} of ${value} ${key} volumes are free on ${nodes.names[0] ?? ""}, it needs ${asked})`;
}

function topologyWords({ key, available, domains }: Obstacle): string {
  if (key === undefined) return "its constraints and those of other Pods leave no zone in which a type is offered now";
  if (key === hostnameLabel) return "its Pod affinity needs a node where another Pod already is";
  if (available === undefined) return `its constraint over ${key} needs nodes with that label`;
  if (domains !== undefined)
    return `its spread over ${key} has minDomains ${domains.asked}, only ${domains.found} can be had, and those are full: ${available}`;
  return `its spread or Pod (anti-)affinity over ${key} refuses every value: ${available}`;
}

const nodeWords: Readonly<Partial<Record<Constraint, string>>> = {
  accepting: "going away or cordoned",
  attachments: "without room for its volumes",
  taint: "with a taint that the Pod does not tolerate",
  requirements: "with other labels",
  ports: "with a host port that is taken",
  resources: "without room",
  volumes: "out of reach of its volumes",
  topology: "refused by spread or Pod (anti-)affinity",
};

/** One sentence for all nodes that are there, counted by what is in the way. */
function nodesWords(obstacles: readonly Obstacle[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const obstacle of obstacles) {
    const { constraint, nodes, available } = obstacle;
    if (nodes === undefined) continue;
    const isCounted = constraint === "attachments" && available !== undefined;
    const text = isCounted ? attachmentWords(obstacle) : (nodeWords[constraint] ?? constraint);
    counts.set(text, (counts.get(text) ?? 0) + nodes.count);
  }
  const parts = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([text, count]) => `${count} ${text}`);
  return parts.length === 0 ? [] : [`existing nodes: ${parts.join(", ")}`];
}
