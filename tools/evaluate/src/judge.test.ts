import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge, type Observation } from './judge.ts';
import type { Expectation } from './scenario.ts';

const TENTATIVE = { confidence: 'TENTATIVE', endReason: null };
const CONFIRMED = { confidence: 'CONFIRMED', endReason: null };
const RECOGNISED = { confidence: 'TENTATIVE', endReason: 'RECOGNISED_CADENCE' };

const seen = (detections: Observation['detections'], counted = 12): Observation => ({
  detections,
  groundTruth: 12,
  counted,
});

function judged(expected: Expectation, ...observations: Observation[]) {
  const { got, ok } = judge({ name: 'x', program: 'x', expected }, observations);
  return [got, ok];
}

test('a scan must lead to a detection, whatever its confidence', () => {
  assert.deepEqual(judged('detection', seen([TENTATIVE])), ['tentative', true]);
  assert.deepEqual(judged('detection', seen([CONFIRMED])), ['confirmed', true]);
  assert.deepEqual(judged('detection', seen([])), ['none', false]);
  assert.deepEqual(judged('detection', seen([RECOGNISED])), ['recognised_cadence', false]);
});

test('of several sources each must be detected', () => {
  assert.deepEqual(judged('detection', seen([CONFIRMED]), seen([])), ['none', false]);
});

test('a scan of which services were not counted, or too many, is not found right', () => {
  assert.deepEqual(judged('detection', seen([CONFIRMED], 11)), ['confirmed', false]);
  assert.deepEqual(judged('detection', seen([CONFIRMED], 13), seen([CONFIRMED], 11)), ['confirmed', false]);
});

test('below the threshold every service must be seen, and nothing detected', () => {
  assert.deepEqual(judged('sightings', seen([]), seen([])), ['none', true]);
  assert.deepEqual(judged('sightings', seen([]), seen([TENTATIVE])), ['tentative', false]);
  assert.deepEqual(judged('sightings', seen([], 11)), ['none', false]);
});

test('where silence is due nothing may be confirmed', () => {
  assert.deepEqual(judged('silence', seen([], 0)), ['none', true]);
  assert.deepEqual(judged('silence', seen([RECOGNISED])), ['recognised_cadence', true]);
  assert.deepEqual(judged('silence', seen([RECOGNISED, CONFIRMED])), ['confirmed', false]);
});

test('a program that reached nothing proves nothing', () => {
  assert.deepEqual(judged('silence', { detections: [], groundTruth: 0, counted: 0 }), ['none', false]);
});

test('numbers are sums over the sources, the time is that of the last', () => {
  const { groundTruth, counted, secondsToDetection } = judge({ name: 'x', program: 'x', expected: 'detection' }, [
    { ...seen([CONFIRMED]), secondsToDetection: 2 },
    { ...seen([CONFIRMED]), secondsToDetection: 1 },
  ]);
  assert.deepEqual([groundTruth, counted, secondsToDetection], [24, 24, 2]);
});
