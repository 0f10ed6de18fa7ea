import { type Loss, MAX_BATCH_ROWS } from '@connscan/wire';

/** Adds a loss to what one batch can tell. Beyond MAX_BATCH_ROWS, the two of one reason that are nearest to each other become one. */
export function addLoss(losses: readonly Loss[], loss: Loss): Loss[] {
  const sorted = [...losses, loss].sort((a, b) =>
    a.reason === b.reason ? a.from - b.from : a.reason < b.reason ? -1 : 1,
  );
  let nearest = -1;
  let shortest = Number.POSITIVE_INFINITY;
  for (let i = 1; i < sorted.length; i++) {
    const distance = sorted[i - 1]!.reason === sorted[i]!.reason ? sorted[i]!.from - sorted[i - 1]!.through : Infinity;
    if (distance < shortest) [nearest, shortest] = [i, distance];
  }
  if (shortest <= 1 || sorted.length > MAX_BATCH_ROWS)
    sorted.splice(nearest - 1, 2, merge(sorted[nearest - 1]!, sorted[nearest]!));
  return sorted;
}

function merge(a: Loss, b: Loss): Loss {
  const rows = a.rows === undefined || b.rows === undefined ? undefined : a.rows + b.rows;
  return {
    from: a.from,
    through: Math.max(a.through, b.through),
    batches: a.batches + b.batches,
    ...(rows !== undefined && { rows }),
    reason: a.reason,
  };
}
