import type { Logger } from '@connscan/program';
import { ServerCredentials } from '@grpc/grpc-js';
import type { OpenSessions } from '../ingest/open-sessions.ts';
import type { Database } from '../store/schema.ts';
import { type Admission, createAdmission, credulousAdmission } from './admission.ts';
import { type Authority, openAuthority } from './authority.ts';
import { startRevocationWatch } from './revocation-watch.ts';
import { createEnrollment, type EnrollmentHandlers } from './serve-enrollment.ts';
import { createTlsCredentials } from './tls-credentials.ts';

/** What the port for agents needs to know who speaks. */
export type Identity = {
  readonly authority: Authority | undefined;
  readonly credentials: ServerCredentials;
  readonly admission: Admission;
  readonly enrollment: EnrollmentHandlers | undefined;
  stop(): Promise<void>;
};

export type IdentityOptions = {
  /** The aggregator's data directory. */
  readonly data: string;
  readonly db: Database;
  readonly sessions: OpenSessions;
  readonly log: Logger;
};

/** Identities by certificates of the aggregator's own authority. Throws IDENTITY_UNUSABLE. */
export async function startIdentity({ data, db, sessions, log }: IdentityOptions): Promise<Identity> {
  const nowMs = Date.now;
  const authority = await openAuthority({ data, nowMs, log });
  const tls = await createTlsCredentials({ authority, nowMs, log });
  const watch = startRevocationWatch({ db, sessions, nowMs, steadyMs: () => performance.now(), log });
  return {
    authority,
    credentials: tls.credentials,
    admission: createAdmission({ db, nowMs }),
    enrollment: createEnrollment({ db, authority, nowMs, log }),
    async stop() {
      tls.stop();
      await watch.stop();
    },
  };
}

/** None: for loopback only. */
export const insecureIdentity: Identity = {
  authority: undefined,
  credentials: ServerCredentials.createInsecure(),
  admission: credulousAdmission,
  enrollment: undefined,
  stop: async () => {},
};
