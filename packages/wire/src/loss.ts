import { z } from 'zod';

const seq = z.number().int().min(1);

export const LOSS_REASONS = ['full', 'damage'] as const;

/** Batches that an agent lost: those numbered `from` to `through`, both included, that it had not sent before. */
export const lossSchema = z
  .object({
    from: seq,
    through: seq,
    /** How many of them: the others were acknowledged. */
    batches: z.number().int().min(1),
    /** Rows in them, where the damage left that known. */
    rows: z.number().int().min(0).optional(),
    reason: z.enum(LOSS_REASONS),
  })
  .refine(({ from, through, batches }) => from <= through && batches <= through - from + 1, {
    error: 'must name a range of numbers, and no more batches than it has',
  });

export type Loss = z.output<typeof lossSchema>;
export type LossReason = Loss['reason'];
