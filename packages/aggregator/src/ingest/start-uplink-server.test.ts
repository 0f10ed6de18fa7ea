import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { ConnscanError } from '@connscan/model';
import { createLogger, formatSocketAddress } from '@connscan/program';
import { status } from '@grpc/grpc-js';
import { Kysely, PostgresDialect } from 'kysely';
import { AGENT_ID, helloOf } from '../../test/rows.ts';
import { openSession } from '../../test/session.ts';
import { createFleet } from '../fleet/create-fleet.ts';
import { insecureIdentity } from '../identity/start-identity.ts';
import { createPolicies } from '../policy/create-policies.ts';
import { createEmbeddedPool } from '../store/embedded-pool.ts';
import type { Schema } from '../store/schema.ts';
import { createCommitter } from './create-committer.ts';
import { createOpenSessions } from './open-sessions.ts';
import { createRowQuota } from './row-quota.ts';
import { startUplinkServer, type UplinkServer } from './start-uplink-server.ts';

const free = { host: '127.0.0.1', port: 0 };
const log = createLogger('test');
log.level = 'silent';

/** A store that fails at every query: its directory cannot be made. */
const pool = createEmbeddedPool('/proc/connscan/store', () => {});
const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
const context = {
  ...insecureIdentity,
  db,
  policies: createPolicies({ db, log }),
  fleet: createFleet({ known: [], steadyMs: () => 0, wallMs: () => 0, onChange() {}, log }),
  rowQuota: createRowQuota({ rowsPerSecond: 1, steadyMs: () => 0 }),
  committer: createCommitter({ db, hold: async () => {}, days: { cover: async () => {} }, onCommitted() {} }),
  sessions: createOpenSessions({ steadyMs: () => 0, onClone: () => {} }),
  wallTimeMs: Date.now,
  log,
};

let server: UplinkServer;

before(async () => {
  server = await startUplinkServer(free, context);
});

after(async () => {
  await server.stop();
  await pool.end();
});

test('a store that fails ends the session with UNAVAILABLE and acknowledges nothing', async () => {
  for (const _ of [1, 2]) {
    const session = openSession(formatSocketAddress(server.address));
    session.send({ hello: helloOf(AGENT_ID) });
    session.send({ batch: { seq: 1, kind: 'SIGHTINGS', payload: Buffer.from('cs') } });
    const { code, details } = await session.ended((answer) =>
      assert.ok('retryAfter' in answer, 'nothing is acknowledged'),
    );
    assert.equal(code, status.UNAVAILABLE);
    assert.match(details, /^the store failed/);
    session.close();
  }
});

test('a busy port is refused with its name', async () => {
  await assert.rejects(startUplinkServer(server.address, context), (error: ConnscanError) => {
    assert.equal(error.code, 'ADDRESS_UNUSABLE');
    assert.match(error.message, new RegExp(`^grpc 127\\.0\\.0\\.1:${server.address.port}: .*EADDRINUSE`));
    return true;
  });
});
