import type { SpoolFiles } from './spool-files.ts';

async function refuse(): Promise<never> {
  throw Object.assign(new Error('nothing can be written'), { code: 'EROFS' });
}

/** A directory that is empty and stays so. */
export const NO_FILES: SpoolFiles = {
  makeDirectory: async () => {},
  list: async () => [],
  create: refuse,
  open: async () => {
    throw Object.assign(new Error('there is no file'), { code: 'ENOENT' });
  },
  rename: refuse,
  remove: refuse,
  syncDirectory: refuse,
};
