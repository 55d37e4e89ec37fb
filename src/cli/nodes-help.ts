/**
 * The help page of `plimsoll nodes`: its keys, its columns and what they mean.
 */

/** Lines of the page. */
export const helpLines: readonly string[] = [
  "plimsoll nodes",
  "",
  "  up down j k           one node up or down",
  "  page-up page-down     one screen; also b and space",
  "  home end g G          the first and the last node",
  "  left right h l        columns that don't fit",
  "  enter                 why this node is as it is",
  "  s S > <               sort by the next or the last column",
  "  r                     turn the order around",
  "  /                     filter; escape takes it away",
  "  m                     money by pool, class, owner, way to buy, type or zone",
  "  ?                     this page",
  "  q ctrl-c              quit",
  "",
  "A filter is words that must all hold: spot finds the word in any column, pool=general in one; cpu<40 and",
  "blocker>0 compare (shares in per cent), and ! before a word turns it around.",
  "",
  "  CPU, MEMORY           what Pods request of what the node can give; not what they use",
  "  STATE                 and since when: launching, joining (no Node yet), starting (not initialized), ready,",
  "                        cordoned, not ready, replacing, draining, ending",
  "  $/HOUR                by AWS (--live-prices) or price files, NodeOverlays and the dated table; - where nobody knows",
  "  CLASS, OWNER          of its Pods, those with the largest share first; +2 are two others",
  "  EXPIRES               when its age is up",
  "  IN THE WAY            why it is no further, and what would hold up a drain now",
  "",
  "Idle money is what no Pod requests: the price by the mean of the free cpu and the free memory.",
];
