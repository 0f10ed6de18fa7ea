import { test } from 'node:test';
import { failCalls } from '../src/spool/failing-calls.ts';
import { playQuickly } from './play-quickly.ts';

test('a spool whose calls fail keeps its promises', () => playQuickly(failCalls));
