import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';

const root = new URL('../../../', import.meta.url);

/** A tree with nothing in it but the rules of this one. */
const tree = mkdtempSync(join(tmpdir(), 'connscan-'));
for (const file of ['biome.json', '.gitignore']) copyFileSync(new URL(file, root), join(tree, file));
after(() => rmSync(tree, { recursive: true }));

/** What the linter says of a file of this content at this place. */
function lint(path: string, content: string): string {
  const file = join(tree, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  const { stdout, stderr } = spawnSync('biome', ['lint', path], { cwd: tree, encoding: 'utf8' });
  return stdout + stderr;
}

const DIRECTION = /Dependencies go apps → libraries → model/;
const BY_NAME = /A package is imported by its name/;

for (const [path, specifier, refusal] of [
  ['packages/model/src/x.ts', '@connscan/detector', DIRECTION],
  ['packages/model/src/x.ts', '../../detector/src/index.ts', DIRECTION],
  ['packages/detector/src/x.ts', '@connscan/probe', DIRECTION],
  ['packages/wire/src/x.ts', '@connscan/agent', DIRECTION],
  ['packages/agent/src/x.ts', '@connscan/aggregator', DIRECTION],
  ['packages/aggregator/src/graphql/x.ts', '@connscan/cli', DIRECTION],
  ['packages/detector/src/x.ts', '../../probe/src/index.ts', BY_NAME],
  ['packages/aggregator/src/graphql/x.ts', '../../../wire/src/index.ts', BY_NAME],
] as const) {
  test(`${path} may not import ${specifier}`, () => {
    assert.match(lint(path, `import '${specifier}';\n`), refusal);
    assert.match(lint(path, `export const x = await import('${specifier}');\n`), refusal);
  });
}

for (const [path, specifier] of [
  ['packages/detector/src/x.ts', '@connscan/model'],
  ['packages/agent/src/x.ts', '@connscan/detector'],
  ['packages/cli/src/x.ts', '@connscan/program'],
  ['packages/aggregator/src/graphql/x.ts', '../store/schema.ts'],
] as const) {
  test(`${path} may import ${specifier}`, () => {
    const output = lint(path, `import '${specifier}';\n`);
    assert.match(output, /Checked 1 file/);
    assert.doesNotMatch(output, /noRestrictedImports/);
  });
}
