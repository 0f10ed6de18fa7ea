import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatEnrollTokens } from './format-enroll-tokens.ts';

const NOW = '2026-01-31T12:00:00.000Z';

test('each token has its state, its uses and its labels in a line', () => {
  const good = { id: '1', labels: [], uses: 0, maxUses: 2, createdAt: NOW, expiresAt: '2026-01-31T12:00:00.001Z' };
  const tokens = [
    { ...good, revokedAt: null, labels: [{ name: 'site', value: 'north' }] },
    { ...good, revokedAt: null, uses: 2 },
    { ...good, revokedAt: null, expiresAt: NOW },
    { ...good, revokedAt: NOW },
  ];
  assert.equal(
    formatEnrollTokens(tokens, Date.parse(NOW)),
    `ID  STATE    USED  EXPIRES                   LABELS
1   good     0/2   2026-01-31T12:00:00.001Z  site=north
1   used up  2/2   2026-01-31T12:00:00.001Z
1   expired  0/2   2026-01-31T12:00:00.000Z
1   revoked  0/2   2026-01-31T12:00:00.001Z
`,
  );
  assert.equal(formatEnrollTokens([], 0), 'no tokens\n');
});
