import type { Loss } from '@connscan/wire';
import type { Outcome } from '../scenario.ts';

/** What the aggregator knows of a spool, and what the spool has promised. */
export type Tally = {
  durable(epoch: string, seq: number, id: number): void;
  /** `id` is undefined if the payload had changed. */
  sent(epoch: string, seq: number, id: number | undefined): void;
  loss(epoch: string, seq: number, losses: readonly Loss[]): void;
  /** A number that the spool has given. */
  through(epoch: string, seq: number): void;
  copy(): Tally;
  outcome(points: number): Outcome & { readonly givenUp: number };
};

type Epoch = {
  readonly durable: Map<number, number>;
  readonly sent: Map<number, number>;
  readonly losses: Map<number, readonly Loss[]>;
  through: number;
};

export function createTally(start: ReadonlyMap<string, Epoch> = new Map(), duplicatedBefore = 0): Tally {
  const epochs = new Map(
    [...start].map(([name, { durable, sent, losses, through }]): [string, Epoch] => [
      name,
      { durable: new Map(durable), sent: new Map(sent), losses: new Map(losses), through },
    ]),
  );
  const places = new Map<number, string>();
  for (const [name, { sent }] of epochs) for (const [seq, id] of sent) places.set(id, `${name} ${seq}`);
  let duplicated = duplicatedBefore;

  function epochOf(name: string): Epoch {
    const found = epochs.get(name) ?? { durable: new Map(), sent: new Map(), losses: new Map(), through: 0 };
    epochs.set(name, found);
    return found;
  }

  function through(epoch: string, seq: number): Epoch {
    const found = epochOf(epoch);
    found.through = Math.max(found.through, seq);
    return found;
  }

  return {
    durable(epoch, seq, id) {
      const { durable } = through(epoch, seq);
      if ((durable.get(seq) ?? id) !== id) duplicated++;
      durable.set(seq, id);
    },
    sent(epoch, seq, id) {
      const { sent } = through(epoch, seq);
      if (id === undefined) return;
      const place = `${epoch} ${seq}`;
      if ((sent.get(seq) ?? id) !== id || (places.get(id) ?? place) !== place) duplicated++;
      sent.set(seq, id);
      places.set(id, place);
    },
    loss(epoch, seq, losses) {
      through(epoch, seq).losses.set(seq, losses);
    },
    through,
    copy: () => createTally(epochs, duplicated),
    outcome(points) {
      const sums = { points, acknowledged: 0, delivered: 0, lost: 0, duplicated, unexplainedGaps: 0, givenUp: 0 };
      for (const { durable, sent, losses, through } of epochs.values()) {
        sums.acknowledged += durable.size;
        sums.delivered += sent.size;
        const told = [...losses.values()].flat();
        const reasonsOf = (seq: number) => told.filter((loss) => loss.from <= seq && seq <= loss.through);
        for (const [seq, id] of durable) {
          if (sent.get(seq) === id) continue;
          if (reasonsOf(seq).some(({ reason }) => reason === 'full')) sums.givenUp++;
          else sums.lost++;
        }
        for (let seq = 1; seq <= through; seq++) {
          if (!sent.has(seq) && !losses.has(seq) && reasonsOf(seq).length === 0) sums.unexplainedGaps++;
        }
      }
      return sums;
    },
  };
}
