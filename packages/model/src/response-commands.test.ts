import assert from 'node:assert/strict';
import { test } from 'node:test';
import { responseCommands } from './response-commands.ts';

test('a source is blocked by its address, in its own family', () => {
  assert.deepEqual(responseCommands({ source: '10.0.0.1' }), [
    "nft 'add table inet connscan; add chain inet connscan block { type filter hook prerouting priority -300 ; }; add rule inet connscan block ip saddr 10.0.0.1 drop'",
    'iptables -t raw -I PREROUTING -s 10.0.0.1 -j DROP',
  ]);
  assert.deepEqual(responseCommands({ source: 'fd00::1' }), [
    "nft 'add table inet connscan; add chain inet connscan block { type filter hook prerouting priority -300 ; }; add rule inet connscan block ip6 saddr fd00::1 drop'",
    'ip6tables -t raw -I PREROUTING -s fd00::1 -j DROP',
  ]);
});

test('a /64 is blocked as a whole', () => {
  for (const command of responseCommands({ source: 'fd00::', sourcePrefixBits: 64 }))
    assert.match(command, / fd00::\/64 /);
});
