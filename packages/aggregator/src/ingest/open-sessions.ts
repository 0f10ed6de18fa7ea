/** Which agents have a session open now. */
export type OpenSessions = {
  /** Counts one session of an agent until the returned function is called. */
  open(agentId: string): () => void;
  isOpen(agentId: string): boolean;
  /** Sessions open now, of all agents. */
  count(): number;
};

export function createOpenSessions(): OpenSessions {
  const counts = new Map<string, number>();

  function add(agentId: string, change: number): void {
    const count = (counts.get(agentId) ?? 0) + change;
    if (count > 0) counts.set(agentId, count);
    else counts.delete(agentId);
  }

  return {
    open(agentId) {
      add(agentId, 1);
      return () => add(agentId, -1);
    },
    isOpen: (agentId) => counts.has(agentId),
    count: () => counts.values().reduce((sum, count) => sum + count, 0),
  };
}
