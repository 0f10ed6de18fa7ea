import assert from 'node:assert/strict';
import { test } from 'node:test';
import { agentIdOf, agentUri } from './agent-uri.ts';

const ID = '0b6f1f3e-52a5-4d8e-9c07-3f5b1d2a6c10';

test('a certificate that has the URI of an agent as its only name is of that agent', () => {
  assert.equal(agentIdOf(`URI:${agentUri(ID)}`), ID);
});

test('any other name, or one more, is of no agent', () => {
  for (const names of [
    undefined,
    '',
    ID,
    `DNS:${agentUri(ID)}`,
    `URI:${agentUri(ID)}, URI:${agentUri(ID)}`,
    `DNS:x, URI:${agentUri(ID)}`,
    `URI:${agentUri(ID.toUpperCase())}`,
    `URI:${agentUri(ID)}/`,
    `URI:spiffe://other/agent/${ID}`,
  ]) {
    assert.equal(agentIdOf(names), undefined, names);
  }
});
