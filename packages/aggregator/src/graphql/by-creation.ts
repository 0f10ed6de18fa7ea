import type { Creation } from '../store/newest-first.ts';
import type { Order } from './paging.ts';

/** Cursors of the rows that newestFirst orders. */
export const byCreation: Order<Creation, Creation> = {
  textOf: ({ created, id }) => `${created.getTime()} ${id}`,
  parse(text) {
    const [, createdMs, id] = /^(\d{1,13}) ([0-9a-f-]{36})$/.exec(text) ?? [];
    return createdMs && id ? { created: new Date(Number(createdMs)), id } : undefined;
  },
};
