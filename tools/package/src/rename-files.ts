import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';
import { RENAMED } from './programs.ts';

/** Makes sources find the files beside them in the package. Fails the build if a source no longer names its file. */
export const renameFiles: Plugin = {
  name: 'rename files',
  setup(build) {
    build.onLoad({ filter: /\.[tj]s$/ }, async ({ path }) => {
      const renamed = RENAMED[path];
      if (!renamed) return undefined;
      const [from, to] = renamed;
      const text = await readFile(path, 'utf8');
      if (!text.includes(from)) {
        return { errors: [{ text: `${path} no longer names ${from}: see tools/package/src/programs.ts` }] };
      }
      return { contents: text.replaceAll(from, to), loader: path.endsWith('.ts') ? 'ts' : 'js' };
    });
  },
};
