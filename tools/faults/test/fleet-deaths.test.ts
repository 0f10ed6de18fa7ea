import { test } from 'node:test';
import { killFleet } from '../src/fleet/kill-fleet.ts';
import { playQuickly } from './play-quickly.ts';

test('agents and aggregator that are killed, on connections that break, lose nothing that was promised', () =>
  playQuickly(killFleet));
