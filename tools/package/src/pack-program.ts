import { chmod, copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import type { PackedProgram } from './programs.ts';
import { renameFiles } from './rename-files.ts';

/** CommonJS inside of a module asks for these; several libraries are CommonJS. */
const COMMONJS = [
  "import { createRequire as createRequireOfPackage } from 'node:module';",
  'const require = createRequireOfPackage(import.meta.url);',
  'const __filename = import.meta.filename, __dirname = import.meta.dirname;',
].join('\n');

/**
 * Makes a folder with one program in it, which runs with Node 24 or newer wherever it is put; what was there before is
 * gone. The probe must be built. Throws with esbuild's messages.
 */
export async function packProgram(
  { name, bundles, files }: PackedProgram,
  folder: string,
  version: string,
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await Promise.all([
    ...bundles.map((entries) => bundle(entries, folder)),
    ...Object.entries(files).map(([file, source]) => copy(source, join(folder, file))),
  ]);
  const manifest = { name, version, type: 'module', engines: { node: '>=24' }, bin: { [name]: `./${name}.js` } };
  await writeFile(join(folder, 'package.json'), `${JSON.stringify(manifest, undefined, 2)}\n`);
  await chmod(join(folder, `${name}.js`), 0o755);
}

async function copy(source: string, file: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  await copyFile(source, file);
}

async function bundle(entries: Readonly<Record<string, string>>, folder: string): Promise<void> {
  await build({
    entryPoints: { ...entries },
    outdir: folder,
    bundle: true,
    splitting: true,
    chunkNames: 'shared-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // Not the names: stack traces and heap snapshots stay readable.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'linked',
    banner: { js: COMMONJS },
    plugins: [renameFiles],
    // Only asked for with options that are not used: Piscina's nice increment, and pg's binding in C.
    external: ['@napi-rs/nice', 'pg-native'],
    logLevel: 'warning',
  });
}
