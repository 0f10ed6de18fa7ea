import { test } from 'node:test';
import { stayOffline } from '../src/spool/long-offline.ts';
import { playQuickly } from './play-quickly.ts';

test('three days without an aggregator cost what the bound asks for and no more, and what is new goes ahead of the rest', () =>
  playQuickly(stayOffline));
