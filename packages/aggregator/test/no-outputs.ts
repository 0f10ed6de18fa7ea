import type { Outputs } from '../src/outputs/start-outputs.ts';

/** Where nothing is sent. */
export const noOutputs: Outputs = { wake() {}, test: async () => undefined, stop: async () => {} };
