import { BYSTANDERS } from './bystanders.ts';
import { HALF_OPEN } from './half-open.ts';
import { SCANNERS } from './scanners.ts';
import type { Scenario } from './scenario.ts';

/** The whole matrix, in the order of the table. */
export const SCENARIOS: readonly Scenario[] = [...SCANNERS, ...BYSTANDERS, ...HALF_OPEN];
