import assert from 'node:assert/strict';
import { test } from 'node:test';
import { formatPolicyDiff } from './format-policy-diff.ts';

const low = { path: 'models.connscan_internal_internal.thresholds.low', before: '10', after: '20', weakens: true };
const exception = { path: 'exceptions.backup', before: '{"ports":[873]}', after: null, weakens: false };

test('each setting is shown with what it was and is, and marked where the fleet sees less by it', () => {
  const [head, first, second] = formatPolicyDiff([low, exception]).split('\n');
  assert.match(head!, /^SETTING +BEFORE +AFTER +FLEET$/);
  assert.match(first!, /^models\.connscan_internal_internal\.thresholds\.low +10 +20 +sees less$/);
  assert.match(second!, /^exceptions\.backup +\{"ports":\[873\]\} +none$/);
});

test('it fits the terminal', () => {
  const long = { ...exception, after: `"${'x'.repeat(400)}"` };
  for (const line of formatPolicyDiff([low, long], { width: 60, colours: false }).split('\n'))
    assert.ok(line.length <= 60);
});

test('two policies that do not differ are said to', () => {
  assert.equal(formatPolicyDiff([]), 'nothing changes\n');
});
