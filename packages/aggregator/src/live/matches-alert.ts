import { BlockList, isIP } from 'node:net';
import type { DetectionFilter } from '../store/find-detections.ts';
import type { DetectionRow } from '../store/schema.ts';

/** Whether an alert passes a filter, told by the alert alone: target and port by its samples and top ports. */
export function matchesAlert(alert: DetectionRow, filter: DetectionFilter): boolean {
  const { severity, confidence, open, source, network, model, agentId, since, until } = filter;
  return (
    (!severity || severity.includes(alert.severity)) &&
    (!confidence || confidence === alert.confidence) &&
    (open === undefined || open === (alert.ended === null)) &&
    (!source || source === alert.source) &&
    (!network || isWithin(alert.source, network)) &&
    (!model || model === alert.model) &&
    (!agentId || alert.agent_ids.includes(agentId)) &&
    (!since || since <= alert.started) &&
    (!until || until > alert.started) &&
    touches(alert, filter)
  );
}

function isWithin(address: string, network: string): boolean {
  const [base = '', bits] = network.split('/');
  const family = isIP(base) === 6 ? 'ipv6' : 'ipv4';
  const list = new BlockList();
  list.addSubnet(base, Number(bits), family);
  return isIP(address) === isIP(base) && list.check(address, family);
}

function touches({ details }: DetectionRow, { target, port }: DetectionFilter): boolean {
  if (!target && !port) return true;
  return (
    details.samples.some((sample) => (!target || sample.destination === target) && (!port || sample.port === port)) ||
    (!target && details.topPorts.some((top) => top.port === port))
  );
}
