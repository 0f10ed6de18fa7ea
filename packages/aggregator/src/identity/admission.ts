import type { Hello } from '@connscan/wire';
import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { Database } from '../store/schema.ts';
import { writeAuditOnceAMinute } from './audit.ts';
import { readStanding } from './identities.ts';
import { type Peer, peerOf, type Refusal } from './peer-of.ts';

type Call = Pick<ServerDuplexStream<unknown, unknown>, 'getAuthContext'>;

/** Decides who may open a session, and as which agent. */
export type Admission = {
  /** Before anything is read of a session: whether its connection has an identity. */
  refuse(call: Call): Refusal | undefined;
  /** After its Hello: the agent that it is. Throws only if the store fails, and then nobody is admitted. */
  admit(call: Call, hello: Hello): Promise<Peer | Refusal>;
};

/** By the certificate alone; an id in the Hello that contradicts it is refused and written down. */
export function createAdmission({ db, nowMs }: { readonly db: Database; readonly nowMs: () => number }): Admission {
  return {
    refuse(call) {
      const peer = peerOf(call, nowMs());
      return 'code' in peer ? peer : undefined;
    },
    async admit(call, { agentId: claimed, hostname }) {
      const peer = peerOf(call, nowMs());
      if ('code' in peer) return peer;
      const { agentId } = peer;
      if (claimed.toLowerCase() !== agentId) {
        const entry = { actor: `agent ${agentId}`, action: 'IDENTITY_FORGED', subject: claimed.toLowerCase() } as const;
        await writeAuditOnceAMinute(db, { ...entry, detail: { hostname } });
        const details = `hello: agentId: the certificate is of agent ${agentId}, this is written down`;
        return { code: status.PERMISSION_DENIED, details };
      }
      const standing = await readStanding(db, agentId);
      return 'problem' in standing ? { code: status.PERMISSION_DENIED, details: standing.problem } : peer;
    },
  };
}

/** Without TLS, on loopback: everybody is who it says. */
export const credulousAdmission: Admission = {
  refuse: () => undefined,
  admit: async (_call, { agentId }) => ({ agentId: agentId.toLowerCase(), expiresMs: Number.POSITIVE_INFINITY }),
};
