import { z } from 'zod';

/**
 * An array of at most `max` elements whose length is checked first. `z.array().max()` checks it last: a megabyte of
 * nothing then makes a million problems, in 5 s.
 */
export function boundedArray<Element extends z.ZodType>(element: Element, max: number) {
  return z.array(z.unknown()).max(max).pipe(z.array(element));
}
