export { systemClock } from '../system-clock.ts';
export { openSpool } from './open-spool.ts';
export type { Spool, SpoolClock, SpoolReader } from './spool.ts';
export { openSpoolFiles } from './spool-files.ts';
