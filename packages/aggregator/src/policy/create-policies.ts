import { ConnscanError, DEFAULT_POLICY, policyHash } from '@connscan/model';
import type { Logger } from '@connscan/program';
import { type Hello, type PolicyMessage, policyStateSchema } from '@connscan/wire';
import type { Database, Labels, PolicyRow } from '../store/schema.ts';
import { unstorableReason } from '../store/unstorable-reason.ts';
import { type EffectivePolicy, effectivePolicy } from './effective-policy.ts';
import { readDocument } from './read-document.ts';
import {
  addPolicy,
  findLabelSets,
  findLabels,
  findPolicies,
  saveInForce,
  savePolicyState,
  withdrawAbove,
} from './save-policies.ts';

/** What an agent is to work by: one policy made of all documents that fit its labels. */
export type DesiredPolicy = Pick<EffectivePolicy, 'hash' | 'versions'> & {
  /** That of the newest document in force, whether it fits or not; 0 with none is the agent's config file. */
  readonly version: number;
  readonly document: string;
};

type SetPolicy = {
  /** A document takes the place of the one that had its name. */
  readonly name: string;
  /** Labels that an agent must have. */
  readonly selector: Labels;
  /** YAML or JSON. */
  readonly document: string;
  readonly reason: string;
};

/** The policy of one session. */
export type PolicySession = {
  /** Takes what the agent tells of a policy; returns what is wrong with it. */
  told(state: unknown): Promise<string | undefined>;
  close(): void;
};

export type Policies = {
  /** Every document that ever was, the latest first. */
  all(): Promise<readonly PolicyRow[]>;
  /**
   * Adds a document, for every agent that it fits from now on. Throws BAD_USAGE with every problem of it, alone and together
   * with the others for each set of labels that agents have.
   */
  set(policy: SetPolicy): Promise<PolicyRow>;
  /** Withdraws every document above a version, 0 for all, and asks agents to go back. Throws BAD_USAGE if there is none. */
  rollBack(version: number, reason: string): Promise<number>;
  /** Undefined as long as there never was a document: then agents keep what they have. */
  desiredOf(agentIds: readonly string[]): Promise<Map<string, DesiredPolicy | undefined>>;
  /** What the aggregator's own detectors work by: the policy of an agent without labels; the defaults if it is none. */
  fleetPolicy(): Promise<Pick<EffectivePolicy, 'policy' | 'hash'>>;
  /** Calls back after every change of what anybody works by, until the returned function is called. */
  onChange(listener: () => void): () => void;
  /** Sends an agent what it is to work by, now and whenever that changes. */
  follow(hello: Hello, send: (message: PolicyMessage) => Promise<void>): Promise<PolicySession>;
};

/** The documents as they are now. */
type Documents = {
  readonly rows: readonly PolicyRow[];
  /** The latest of each name that is not withdrawn. */
  readonly inForce: readonly PolicyRow[];
  readonly version: number;
  /** The highest version that was ever given. */
  readonly highest: number;
};

type Entry = {
  readonly agentId: string;
  /** The version that the agent works by. */
  version: number;
  readonly send: (message: PolicyMessage) => Promise<void>;
  /** A message is on its way, and whether there was a change since. */
  sending: boolean;
  changed: boolean;
  /** What was sent last. */
  sent: string | undefined;
};

export function createPolicies({ db, log }: { readonly db: Database; readonly log: Logger }): Policies {
  const sessions = new Set<Entry>();
  const listeners = new Set<() => void>();
  let loaded: Promise<Documents> | undefined;
  let changing: Promise<unknown> = Promise.resolve();

  function documents(): Promise<Documents> {
    loaded ??= load(db).catch((error) => {
      loaded = undefined;
      throw error;
    });
    return loaded;
  }

  /** One change after the other, and then every session hears of it. */
  function change<Result>(work: () => Promise<Result>): Promise<Result> {
    const changed = changing.then(work).then((result) => {
      loaded = undefined;
      void pushAll();
      for (const listener of listeners) listener();
      return result;
    });
    changing = changed.catch(() => {});
    return changed;
  }

  async function desiredOf(agentIds: readonly string[]) {
    const [now, labels] = await Promise.all([documents(), findLabels(db, agentIds)]);
    /** Agents of the same labels work by the same. */
    const known = new Map<string, DesiredPolicy | undefined>();
    return new Map(
      agentIds.map((agentId) => {
        const own = labels.get(agentId) ?? {};
        const key = JSON.stringify(Object.entries(own).sort());
        if (!known.has(key)) known.set(key, desired(now, own));
        return [agentId, known.get(key)];
      }),
    );
  }

  function desired(now: Documents, labels: Labels): DesiredPolicy | undefined {
    if (now.highest === 0) return undefined;
    if (now.version === 0) return { version: 0, hash: '', versions: [], document: '' };
    const effective = effectivePolicy(now.inForce, labels);
    if ('problems' in effective) {
      log.error({ labels, problems: effective.problems }, 'the policies for these labels do not go together');
      return undefined;
    }
    const { policy, hash, versions } = effective;
    return { version: now.version, hash, versions, document: JSON.stringify(policy) };
  }

  async function pushAll(): Promise<void> {
    try {
      const wanted = await desiredOf([...new Set([...sessions].map(({ agentId }) => agentId))]);
      const { highest } = await documents();
      for (const entry of sessions) void push(entry, wanted.get(entry.agentId), highest);
    } catch (error) {
      log.error({ err: error }, 'the store failed: agents hear of a policy at their next session');
    }
  }

  /** A slow reader has one message on its way, and then the latest. */
  async function push(entry: Entry, wanted: DesiredPolicy | undefined, highest: number): Promise<void> {
    entry.changed = entry.sending;
    if (!wanted || entry.sending) return;
    const { version, hash, document } = wanted;
    const key = `${version} ${hash}`;
    if (entry.sent === key) return;
    // A version that nobody here ever gave came from elsewhere: that agent goes back for nobody's word.
    const rollback = version < entry.version && entry.version <= highest;
    entry.sent = key;
    entry.sending = true;
    await entry.send({ version, hash, document, rollback });
    entry.sending = false;
    if (entry.changed && sessions.has(entry)) void pushAll();
  }

  async function set({ name, selector, document: text, reason }: SetPolicy): Promise<PolicyRow> {
    const read = readDocument(text);
    if ('problems' in read) throw badPolicy(read.problems);
    const { document } = read;
    const { inForce, highest } = await documents();
    const next = { version: highest + 1, selector, document };
    const others = inForce.filter((row) => row.name !== name);
    for (const labels of [selector, ...(await findLabelSets(db))]) {
      const effective = effectivePolicy([...others, next], labels);
      if ('problems' in effective) {
        throw badPolicy(effective.problems.map((problem) => `for ${JSON.stringify(labels)}: ${problem}`));
      }
    }
    try {
      return await addPolicy(db, { name, selector, document, reason });
    } catch (error) {
      const problem = unstorableReason(error);
      if (problem === undefined) throw error;
      throw badPolicy([problem]);
    }
  }

  async function rollBack(version: number, reason: string): Promise<number> {
    const { rows } = await documents();
    const exists = version === 0 || rows.some((row) => row.version === version && row.withdrawn === null);
    if (!exists) throw new ConnscanError('BAD_USAGE', `version: there is no policy of version ${version} in force`);
    return withdrawAbove(db, version, reason);
  }

  return {
    all: async () => (await documents()).rows,
    set: (policy) => change(() => set(policy)),
    rollBack: (version, reason) => change(() => rollBack(version, reason)),
    desiredOf,

    async fleetPolicy() {
      const effective = effectivePolicy((await documents()).inForce, {});
      if ('policy' in effective) return effective;
      log.error({ problems: effective.problems }, 'the policies without labels do not go together');
      return { policy: DEFAULT_POLICY, hash: policyHash(DEFAULT_POLICY) };
    },

    onChange(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },

    async follow({ agentId, policyVersion, policyHash }, send) {
      const entry: Entry = { agentId, version: policyVersion, send, sending: false, changed: false, sent: undefined };
      sessions.add(entry);
      await saveInForce(db, agentId, policyVersion, policyHash);
      const [wanted, { highest }] = await Promise.all([desiredOf([agentId]), documents()]);
      void push(entry, wanted.get(agentId), highest);
      return {
        async told(received) {
          const state = policyStateSchema.safeParse(received);
          if (!state.success) return `policyState: ${state.error.issues[0]!.message}`;
          const { version, progress, notes } = state.data;
          if (progress === 'APPLIED') entry.version = version;
          if (progress === 'FAILED')
            log.warn({ agentId, version, notes: notes.slice(0, 10) }, 'an agent does not take a policy');
          await savePolicyState(db, agentId, state.data, entry.version);
          return undefined;
        },
        close: () => void sessions.delete(entry),
      };
    },
  };
}

async function load(db: Database): Promise<Documents> {
  const rows = await findPolicies(db);
  const standing = rows.filter(({ withdrawn }) => withdrawn === null);
  const inForce = [...Map.groupBy(standing, ({ name }) => name).values()].map(([latest]) => latest!);
  return { rows, inForce, version: standing[0]?.version ?? 0, highest: rows[0]?.version ?? 0 };
}

function badPolicy(problems: readonly string[]): ConnscanError {
  return new ConnscanError('BAD_USAGE', problems.map((problem) => `document: ${problem}`).join('\n'));
}
