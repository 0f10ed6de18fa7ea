/** `npm run package`: each program in a folder of dist/. */
import { fileURLToPath } from 'node:url';
import manifest from '../package.json' with { type: 'json' };
import { packProgram } from './pack-program.ts';
import { PROGRAMS } from './programs.ts';

const dist = fileURLToPath(new URL('../../../dist', import.meta.url));
for (const program of PROGRAMS) {
  const folder = `${dist}/${program.name}`;
  await packProgram(program, folder, manifest.version);
  process.stdout.write(`${folder}\n`);
}
