import type { Correlation } from '../src/correlation/start-correlation.ts';

/** Where nothing is correlated. */
export const noCorrelation: Pick<Correlation, 'uncorrelatedOf' | 'habits'> = {
  uncorrelatedOf: () => 0,
  habits: () => [],
};
