/** The name in every aggregator's certificate: an agent trusts who signed it, wherever the aggregator is reached. */
export const AGGREGATOR_NAME = 'aggregator.connscan.internal';

const PREFIX = 'spiffe://connscan/agent/';
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** How an agent's certificate names it. */
export function agentUri(agentId: string): string {
  return `${PREFIX}${agentId}`;
}

/**
 * The agent that a certificate names, from its alternative names as node:crypto and node:tls write them; undefined unless
 * an agent's URI is all that they are.
 */
export function agentIdOf(subjectAltName: string | undefined): string | undefined {
  const start = `URI:${PREFIX}`;
  if (!subjectAltName?.startsWith(start)) return undefined;
  const agentId = subjectAltName.slice(start.length);
  return UUID.test(agentId) ? agentId : undefined;
}
