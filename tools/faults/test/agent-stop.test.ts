import { test } from 'node:test';
import { stopProcesses } from '../src/agent/stop-processes.ts';
import { playQuickly } from './play-quickly.ts';

test('an agent and an aggregator that stand still for a while lose nothing that is not counted', () =>
  playQuickly(stopProcesses));
