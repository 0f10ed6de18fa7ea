import { once } from 'node:events';
import type { Detection } from '@connscan/model';
import {
  type AggregatorMessage,
  createUplinkClient,
  encodeDetections,
  type Health,
  type PolicyMessage,
  type PolicyState,
} from '@connscan/wire';
import { credentials } from '@grpc/grpc-js';
import { helloOf } from './rows.ts';

export type PolicyTestSession = ReturnType<typeof openPolicySession>;

/** A session of an agent that works by a policy, and answers only as it is told. */
export function openPolicySession(
  address: string,
  agentId: string,
  inForce = { version: 0, hash: '0000000000000000' },
) {
  const client = createUplinkClient(address, credentials.createInsecure());
  const stream = client.session();
  stream.on('error', () => {});
  const received: PolicyMessage[] = [];
  let acknowledged = 0;
  let seq = 0;
  stream.on('data', (message: AggregatorMessage) => {
    if ('policy' in message && message.policy) received.push(message.policy);
    if ('ack' in message && message.ack) acknowledged = message.ack.through;
    stream.emit('told');
  });
  stream.write({ hello: { ...helloOf(agentId), policyVersion: inForce.version, policyHash: inForce.hash } });
  return {
    agentId,
    /** The next policy that comes. */
    async policy(): Promise<PolicyMessage> {
      while (received.length === 0) await once(stream, 'told');
      return received.shift()!;
    },
    received,
    tell: (policyState: PolicyState) => void stream.write({ policyState }),
    count: (counters: Health) => void stream.write({ health: counters }),
    /** Sends detections, until they are committed. */
    async detect(detections: readonly Detection[]): Promise<void> {
      stream.write({ batch: { seq: ++seq, kind: 'DETECTIONS', payload: encodeDetections(detections) } } as never);
      while (acknowledged < seq) await once(stream, 'told');
    },
    close() {
      stream.cancel();
      client.close();
    },
  };
}
