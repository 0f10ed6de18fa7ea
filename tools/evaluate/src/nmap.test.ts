import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answeredPorts } from './nmap.ts';

test('open and closed ports answered, filtered ones did not', () => {
  const output = [
    '# Nmap 7.93 scan initiated as: nmap -sT',
    'Host: 10.77.0.2 ()\tStatus: Up',
    'Host: 10.77.0.2 ()\tPorts: 22/open/tcp//ssh///, 80/open/tcp//http///\tIgnored State: closed (98)',
    'Host: 10.77.0.3 ()\tPorts: 22/open/tcp//ssh///, 81/closed/tcp/////, 82/filtered/tcp/////',
    'Host: 10.77.0.4 ()\tPorts: 22/open/tcp//ssh///\tIgnored State: filtered (7)',
  ];
  assert.equal(answeredPorts(output.join('\n')), 103);
  assert.equal(answeredPorts('# Nmap done'), 0);
});
