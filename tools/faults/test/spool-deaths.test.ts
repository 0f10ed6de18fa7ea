import { test } from 'node:test';
import { killSpool } from '../src/spool/kill.ts';
import { cutPower } from '../src/spool/power-cut.ts';
import { playQuickly } from './play-quickly.ts';

test('a spool that is killed at any point keeps its promises', () => playQuickly(killSpool));

test('a spool keeps its promises when the power fails', () => playQuickly(cutPower));
