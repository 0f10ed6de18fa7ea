import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { createLogger } from '@connscan/program';
import { Kysely, PostgresDialect } from 'kysely';
import { administrator, noSubscriptions } from '../../test/administrator.ts';
import { noCorrelation } from '../../test/no-correlation.ts';
import { noOutputs } from '../../test/no-outputs.ts';
import { createFleet } from '../fleet/create-fleet.ts';
import { createOpenSessions } from '../ingest/open-sessions.ts';
import { createLiveAgents } from '../live/live-agents.ts';
import { createLiveDetections } from '../live/live-detections.ts';
import { createPolicies } from '../policy/create-policies.ts';
import { createRollouts } from '../policy/create-rollouts.ts';
import { createEmbeddedPool } from '../store/embedded-pool.ts';
import type { Schema } from '../store/schema.ts';
import { createWhatIfs } from '../tuning/create-what-ifs.ts';
import { createGraphql } from './create-graphql.ts';

const log = createLogger('test');
log.level = 'silent';

/** A store that fails at every query: its directory cannot be made. */
const pool = createEmbeddedPool('/proc/connscan/store', () => {});
const db = new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) });
const parts = {
  db,
  policies: createPolicies({ db, log }),
  fleet: createFleet({ known: [], steadyMs: () => 0, wallMs: () => 0, onChange() {}, log }),
  whatIfs: createWhatIfs({ db, bulk: { copyOut: async () => [] }, log }),
};
const sources = {
  ...parts,
  rollouts: createRollouts({ ...parts, nowMs: Date.now, log }),
  live: createLiveDetections({ queueLength: 1 }),
  liveAgents: createLiveAgents({ queueLength: 1 }),
  subscriptions: noSubscriptions,
  outputs: noOutputs,
  correlation: noCorrelation,
  sessions: createOpenSessions({ steadyMs: () => 0, onClone: () => {} }),
  authority: undefined,
};

after(() => pool.end());

test('the text of an unexpected error stays inside', async () => {
  const graphql = createGraphql({ sources, authenticate: administrator, log, graphiql: false });
  const response = await graphql.fetch('http://localhost/graphql?query={agents{id}}');
  const { errors } = (await response.json()) as { errors: { message: string }[] };
  assert.deepEqual(
    errors.map(({ message }) => message),
    ['Unexpected error.'],
  );
});

test('GraphiQL, where it is asked for, loads nothing from anywhere', async () => {
  const graphql = createGraphql({ sources, authenticate: administrator, log, graphiql: true });
  const response = await graphql.fetch('http://localhost/graphql', { headers: { accept: 'text/html' } });
  const page = await response.text();
  assert.match(page, /<title>connscan<\/title>/);
  assert.doesNotMatch(page, /<script[^>]+src=|<link[^>]+href="http|@import/);
});
