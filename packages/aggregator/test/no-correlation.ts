import type { Correlation } from '../src/correlation/start-correlation.ts';

/** Where nothing is correlated. */
export const noCorrelation: Pick<Correlation, 'uncorrelatedOf'> = { uncorrelatedOf: () => 0 };
