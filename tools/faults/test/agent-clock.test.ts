import { test } from 'node:test';
import { jumpClock } from '../src/agent/jump-clock.ts';
import { playQuickly } from './play-quickly.ts';

test('an agent whose wall clock jumps finds every scan, once', () => playQuickly(jumpClock));
