import type { Detection } from '@connscan/model';

/** A claim of the aggregator as the store has it. */
export type StoredClaim = {
  readonly id: string;
  readonly revision: number;
  readonly model: string;
  readonly source: string;
  readonly source_prefix_bits: 64 | null;
};

/** Under which id and revision alerts are told: those of a claim that was begun before a restart go on as they were. */
export type ClaimNames = {
  /** From now on, alerts of this episode are told as those of a claim that has so many revisions. */
  adopt(alert: Detection, claim: Pick<StoredClaim, 'id' | 'revision'>): void;
  /** The alert as it is told; one with an end is the last of its episode. */
  told(alert: Detection): Detection;
};

export function createClaimNames(): ClaimNames {
  const names = new Map<string, { readonly id: string; readonly added: number }>();
  return {
    adopt(alert, { id, revision }) {
      names.set(alert.id, { id, added: revision - alert.revision });
    },
    told(alert) {
      const name = names.get(alert.id);
      if (alert.alertType === 'end') names.delete(alert.id);
      if (!name) return alert;
      // The store has its start already.
      const alertType = alert.alertType === 'start' ? 'ongoing' : alert.alertType;
      return { ...alert, id: name.id, revision: alert.revision + name.added, alertType };
    },
  };
}

/** What is told of one scan by one claimant at a time. */
export function scanOf(claim: Detection | StoredClaim): string {
  const bits = 'source_prefix_bits' in claim ? claim.source_prefix_bits : claim.sourcePrefixBits;
  return [claim.model, claim.source, bits ?? 128].join(' ');
}
