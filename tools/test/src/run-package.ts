#!/usr/bin/env node
/**
 * `connscan-test`: runs the tests of the package it is called in, and leaves their counts for `npm test` to add up. One file at a
 * time, as tests share the kernel's probe hook; with `--parallel`, for packages without the probe, one on each core.
 */
import { glob, mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import type { Totals } from './totals.ts';

const files = await Array.fromAsync(glob(['src/**/*.test.ts', 'test/**/*.test.ts']));
if (files.length === 0) throw new Error(`no test in ${process.cwd()}`);

const concurrency = process.argv.includes('--parallel') ? availableParallelism() : 1;
const tests = run({ files: files.toSorted(), concurrency });
tests.compose(new spec()).pipe(process.stdout);
const totals: Totals = { passed: 0, failed: 0 };
tests.on('test:summary', ({ file, counts }) => {
  if (file !== undefined) return;
  totals.passed = counts.passed;
  totals.failed = counts.tests - counts.passed;
});
tests.on('end', async () => {
  await mkdir('.test', { recursive: true });
  await writeFile('.test/totals.json', JSON.stringify(totals));
  process.exitCode = totals.failed > 0 ? 1 : 0;
});
