import type { Batch } from '@connscan/wire';
import type { Spool } from '../src/spool/spool.ts';

/** What is appended, in that order. */
export function collectBatches(): Pick<Spool, 'append'> & { readonly batches: readonly Batch[] } {
  const batches: Batch[] = [];
  return {
    batches,
    async append(kind, payload) {
      return batches.push({ seq: batches.length + 1, kind, payload });
    },
  };
}
