import type { DocumentValue } from './create-policies.ts';

type Entry = Readonly<Record<string, unknown>>;

/** The document with an entry of a list in the place of those that it stands for, or without them. */
export function editList(
  document: DocumentValue,
  list: 'exceptions' | 'habits',
  isReplaced: (entry: Entry) => boolean,
  entry: Entry | undefined,
): DocumentValue {
  const before = (document[list] ?? []) as readonly Entry[];
  const place = before.findIndex(isReplaced);
  if (entry && place !== -1) return { ...document, [list]: before.with(place, entry) };
  return { ...document, [list]: [...before.filter((one) => !isReplaced(one)), ...(entry ? [entry] : [])] };
}
