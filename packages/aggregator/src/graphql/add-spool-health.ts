import type { SpoolHealth } from '@connscan/wire';
import type { Builder } from './builder.ts';

export function addSpoolHealth(builder: Builder) {
  return builder.objectRef<SpoolHealth>('SpoolHealth').implement({
    authScopes: { viewer: true },
    description: 'Batches on the disk of an agent: appended = acknowledged + lostFull + lostDamage + waiting.',
    fields: (t) => {
      const count = (name: Exclude<keyof SpoolHealth, 'durable'>, description: string) =>
        t.expose(name, { type: 'Count', description });
      return {
        appended: count('appended', 'Batches since its epoch began.'),
        acknowledged: count('acknowledged', 'Of these, batches that the aggregator has committed or rejected.'),
        lostFull: count('lostFull', 'Batches that were given up as the spool or the disk was full.'),
        lostDamage: count('lostDamage', 'Batches that the disk had damaged.'),
        waiting: count('waiting', 'Batches that are not acknowledged yet.'),
        waitingBytes: count('waitingBytes', 'Their size, in bytes.'),
        oldestAgeMs: count('oldestAgeMs', 'Age of the oldest of them, in milliseconds; 0 if there is none.'),
        diskErrors: count('diskErrors', 'Calls of the file system that failed, since its start.'),
        durable: t.exposeBoolean('durable', { description: 'Whether what is appended now reaches the disk.' }),
      };
    },
  });
}
