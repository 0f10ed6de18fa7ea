import { test } from 'node:test';
import { limitFileSize } from '../src/spool/file-size-limit.ts';
import { fillDisk } from '../src/spool/full-disk.ts';
import { startReadOnly } from '../src/spool/read-only-disk.ts';
import { playQuickly } from './play-quickly.ts';

test('a spool whose files must not grow goes on in others', () => playQuickly(limitFileSize));

test('a spool on a full disk keeps its promises, and goes on when there is room', () => playQuickly(fillDisk));

test('a spool that was opened on a read-only disk goes to it when it can be written', () => playQuickly(startReadOnly));
