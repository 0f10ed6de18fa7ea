/** What was read, or why it could not be. */
export type Learnt<Value> = { readonly value: Value } | { readonly why: string };

/**
 * Reads something of /proc, where any read may fail at any time: the process ends (`gone`), or is not ours to look at
 * (`permission`).
 */
export async function learn<Value>(reading: Promise<Value>): Promise<Learnt<Value>> {
  try {
    return { value: await reading };
  } catch (error) {
    return { why: reasonOf(error as NodeJS.ErrnoException) };
  }
}

/** What was read, undefined if it could not be, where the reason does not matter. */
export async function tryRead<Value>(reading: Promise<Value>): Promise<Value | undefined> {
  const learnt = await learn(reading);
  return 'value' in learnt ? learnt.value : undefined;
}

function reasonOf({ code }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT' || code === 'ESRCH' || code === 'ENOTDIR') return 'gone';
  if (code === 'EACCES' || code === 'EPERM') return 'permission';
  return code ?? 'unreadable';
}
