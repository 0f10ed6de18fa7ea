import manifest from '../package.json' with { type: 'json' };

/** The version of this program, as the aggregator shows it. */
export const VERSION = manifest.version;
