import type { Admitted } from '../access/create-authenticate.ts';

/** Which subscriptions are open now. */
export type OpenSubscriptions = {
  /** Takes up a subscription, which `end` ends; undefined if there are too many. Returns what to call at its end. */
  open(actor: Admitted, end: () => void): (() => void) | undefined;
  /** Subscriptions open now. */
  count(): number;
  /** Ends those whose token has expired or does not stand any more. */
  look(): Promise<void>;
  stop(): void;
};

export type OpenSubscriptionsOptions = {
  readonly nowMs: () => number;
  /** Those of the API tokens that do not stand. */
  readonly findFallen: (tokenIds: readonly string[]) => Promise<readonly string[]>;
  /** Hears of a look that failed; the next one may not. */
  readonly onError: (error: Error) => void;
};

/** A console has three, a person a few consoles. */
export const MAX_OF_ACTOR = 20;

/** Each may hold 1000 alerts, about 1 MB, when its reader is slow. */
export const MAX_SUBSCRIPTIONS = 500;

/** How often it is looked whose token stands, in milliseconds. */
const LOOK_MS = 10_000;

type Entry = { readonly actor: Admitted; readonly end: () => void };

/** A token is looked at when a subscription begins, and so it must be looked at again as long as that lasts. */
export function createOpenSubscriptions({ nowMs, findFallen, onError }: OpenSubscriptionsOptions): OpenSubscriptions {
  const entries = new Set<Entry>();

  async function look(): Promise<void> {
    const tokenIds = new Set([...entries].map(({ actor }) => actor.tokenId).filter((id) => id !== undefined));
    const fallen = new Set(tokenIds.size > 0 ? await findFallen([...tokenIds]) : []);
    for (const { actor, end } of entries) {
      if (actor.expiresMs <= nowMs() || (actor.tokenId !== undefined && fallen.has(actor.tokenId))) end();
    }
  }

  const timer = setInterval(() => void look().catch(onError), LOOK_MS).unref();
  return {
    open(actor, end) {
      const own = [...entries].filter((entry) => entry.actor.name === actor.name).length;
      if (own >= MAX_OF_ACTOR || entries.size >= MAX_SUBSCRIPTIONS) return undefined;
      const entry = { actor, end };
      entries.add(entry);
      return () => void entries.delete(entry);
    },
    count: () => entries.size,
    look,
    stop: () => clearInterval(timer),
  };
}
