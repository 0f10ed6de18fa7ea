import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const packages = (path: string) => fileURLToPath(new URL(`../../../packages/${path}`, import.meta.url));
/** A file of a library, by its way from the library's door. */
const library = (door: string, file: string) => join(dirname(fileURLToPath(door)), file);

/** From the door of @grpc/reflection. */
const REFLECTION = '../proto/grpc/reflection';

/** Files by the names that they have in the package. */
type Files = Readonly<Record<string, string>>;

/** A program as it is packed. */
export type PackedProgram = {
  readonly name: string;
  /**
   * The entries of one bundle share their modules, as those must that are loaded by one thread. What another thread loads is
   * a bundle of its own, so that it has nothing that it does not need.
   */
  readonly bundles: readonly Files[];
  /** Copied. */
  readonly files: Files;
};

/** All that `npm run package` makes. The entry that has the name of its program is the one to run. */
export const PROGRAMS: readonly PackedProgram[] = [
  {
    name: 'connscan-agent',
    bundles: [
      { 'connscan-agent': packages('agent/src/main.ts') },
      {
        'drain-worker': packages('agent/src/drain-worker.ts'),
        // Piscina starts its threads with the file of this name beside it.
        worker: library(import.meta.resolve('piscina'), 'worker.js'),
      },
    ],
    files: {
      'connscan.node': packages('probe/build/connscan.node'),
      'detector.wasm': packages('detector/build/detector.wasm'),
      'connscan.proto': packages('wire/connscan.proto'),
    },
  },
  {
    name: 'connscan-aggregator',
    bundles: [
      { 'connscan-aggregator': packages('aggregator/src/main.ts') },
      { 'embedded-worker': packages('aggregator/src/store/embedded-worker.ts') },
      {
        'what-if-worker': packages('aggregator/src/tuning/what-if-worker.ts'),
        worker: library(import.meta.resolve('piscina'), 'worker.js'),
      },
    ],
    files: {
      'detector.wasm': packages('detector/build/detector.wasm'),
      'connscan.proto': packages('wire/connscan.proto'),
      'proto/health/v1/health.proto': library(
        import.meta.resolve('grpc-health-check'),
        '../../proto/health/v1/health.proto',
      ),
      'proto/grpc/reflection/v1/reflection.proto': library(
        import.meta.resolve('@grpc/reflection'),
        `${REFLECTION}/v1/reflection.proto`,
      ),
      'proto/grpc/reflection/v1alpha/reflection.proto': library(
        import.meta.resolve('@grpc/reflection'),
        `${REFLECTION}/v1alpha/reflection.proto`,
      ),
      'pglite.wasm': library(import.meta.resolve('@electric-sql/pglite'), 'pglite.wasm'),
      'pglite.data': library(import.meta.resolve('@electric-sql/pglite'), 'pglite.data'),
      'initdb.wasm': library(import.meta.resolve('@electric-sql/pglite'), 'initdb.wasm'),
    },
  },
  {
    name: 'connscan',
    bundles: [{ connscan: packages('cli/src/main.ts') }],
    files: {
      'connscan.node': packages('probe/build/connscan.node'),
      'detector.wasm': packages('detector/build/detector.wasm'),
      'connscan.proto': packages('wire/connscan.proto'),
    },
  },
];

/**
 * What sources call the files that lie beside them, and what those are called in a package, where everything lies in one
 * folder: by the source.
 */
export const RENAMED: Readonly<Record<string, readonly [from: string, to: string]>> = {
  [packages('agent/src/start-agent.ts')]: ['./drain-worker.ts', './drain-worker.js'],
  [packages('aggregator/src/store/embedded-stream.ts')]: ['./embedded-worker.ts', './embedded-worker.js'],
  [packages('aggregator/src/tuning/create-replayer.ts')]: ['./what-if-worker.ts', './what-if-worker.js'],
  [packages('detector/src/core.ts')]: ['../build/detector.wasm', './detector.wasm'],
  [packages('probe/src/native.ts')]: ['../build/connscan.node', './connscan.node'],
  [packages('wire/src/uplink.ts')]: ['../connscan.proto', './connscan.proto'],
  [library(import.meta.resolve('grpc-health-check'), 'health.js')]: ['../../proto', './proto'],
  [library(import.meta.resolve('@grpc/reflection'), 'implementations/reflection-v1.js')]: ['../../proto', './proto'],
  [library(import.meta.resolve('@grpc/reflection'), 'implementations/reflection-v1alpha.js')]: [
    '../../proto',
    './proto',
  ],
};
