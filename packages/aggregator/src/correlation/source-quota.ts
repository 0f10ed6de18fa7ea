/** How many sources each sensor may have looked at. */
export type SourceQuota = {
  /** Whether what this agent tells of a source is looked at; if not, that is counted. */
  admits(agentId: string, source: string, nowMs: number): boolean;
  /** How many were not, of one agent and of all. */
  refusedOf(agentId: string): number;
  refused(): number;
};

/**
 * Sources of one agent in a period at most: a thirty-second of the tables. A host that so many others touch without a word
 * within five minutes is none that was ever seen; an agent that invents sources would drive out what others saw.
 */
const MOST_SOURCES = 8192;
const PERIOD_MS = 300_000;

type Entry = { sources: Set<string>; sinceMs: number; refused: number };

export function createSourceQuota({ mostSources = MOST_SOURCES }: { readonly mostSources?: number } = {}): SourceQuota {
  const entries = new Map<string, Entry>();
  let refused = 0;
  return {
    admits(agentId, source, nowMs) {
      let entry = entries.get(agentId);
      if (!entry) {
        entry = { sources: new Set(), sinceMs: nowMs, refused: 0 };
        entries.set(agentId, entry);
      }
      if (Math.abs(nowMs - entry.sinceMs) >= PERIOD_MS) {
        entry.sources = new Set();
        entry.sinceMs = nowMs;
      }
      if (entry.sources.has(source)) return true;
      if (entry.sources.size < mostSources) {
        entry.sources.add(source);
        return true;
      }
      entry.refused++;
      refused++;
      return false;
    },
    refusedOf: (agentId) => entries.get(agentId)?.refused ?? 0,
    refused: () => refused,
  };
}
