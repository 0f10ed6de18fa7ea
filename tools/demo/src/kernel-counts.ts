import { askGraphql, type Server } from './ask-graphql.ts';

/** What the only agent's probe saw; `dropped` is what was lost in the kernel, for whatever reason. */
export type KernelCounts = { readonly seen: number; readonly submitted: number; readonly dropped: number };

type Answer = {
  readonly agents: readonly {
    readonly health: { seen: number; submitted: number; reserveFailed: number; recursionMisses: number };
  }[];
};

/** The counts that the agent told last; exact once it has stopped. */
export async function kernelCounts(server: Server): Promise<KernelCounts> {
  const query = '{ agents { health { seen submitted reserveFailed recursionMisses } } }';
  const { agents } = await askGraphql<Answer>(server, query);
  const { seen, submitted, reserveFailed, recursionMisses } = agents[0]!.health;
  return { seen, submitted, dropped: reserveFailed + recursionMisses };
}
