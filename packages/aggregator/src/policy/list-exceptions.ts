import { isDeepStrictEqual } from 'node:util';
import { type Exception, policySchema } from '@connscan/model';
import type { PolicyRow } from '../store/schema.ts';

/** An exception as the documents in force have it: they are where exceptions are, and nowhere else. */
export type ListedException = Exception & {
  /** The name of the document. */
  readonly document: string;
  readonly selector: PolicyRow['selector'];
  readonly createdAt: Date;
  readonly createdBy: string;
  readonly updatedAt: Date;
  readonly updatedBy: string;
};

/** Every exception of the documents in force, expired ones too; `rows` are all documents, the latest first, which say since when. */
export function listExceptions(rows: readonly PolicyRow[], inForce: readonly PolicyRow[]): ListedException[] {
  return inForce.flatMap((row) =>
    exceptionsOf(row).map((exception) => {
      const before = rows.filter(({ name, version }) => name === row.name && version <= row.version);
      const holds = (isSame: (other: Exception | undefined) => boolean) => {
        const end = before.findIndex((one) => !isSame(exceptionsOf(one).find(({ name }) => name === exception.name)));
        return before.at(end === -1 ? -1 : end - 1)!;
      };
      const first = holds((other) => other !== undefined);
      const last = holds((other) => isDeepStrictEqual(other, exception));
      return {
        ...exception,
        ...{ document: row.name, selector: row.selector },
        ...{ createdAt: first.created, createdBy: first.actor, updatedAt: last.created, updatedBy: last.actor },
      };
    }),
  );
}

function exceptionsOf({ document }: PolicyRow): readonly Exception[] {
  const policy = policySchema.safeParse(document);
  return policy.success ? policy.data.exceptions : [];
}
