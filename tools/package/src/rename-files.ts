import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';
import { RENAMED } from './programs.ts';

/** Makes the sources find the files beside them in the package. Fails the build if a source no longer names its file. */
export const renameFiles: Plugin = {
  name: 'rename files',
  setup(build) {
    build.onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const renamed = RENAMED[path];
      if (!renamed) return undefined;
      const [before, after, more] = (await readFile(path, 'utf8')).split(`'${renamed[0]}'`);
      if (after === undefined || more !== undefined) {
        return { errors: [{ text: `${path} must name ${renamed[0]} exactly once: see tools/package/src/programs.ts` }] };
      }
      return { contents: `${before}'${renamed[1]}'${after}`, loader: 'ts' };
    });
  },
};
