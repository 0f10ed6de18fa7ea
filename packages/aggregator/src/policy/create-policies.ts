import { DEFAULT_POLICY, type Policy, policyHash, policySchema, problemsOf } from '@connscan/model';
import type { Logger } from '@connscan/program';
import { type Hello, type PolicyMessage, policyStateSchema } from '@connscan/wire';
import { Conflict, NotFound, ReasonMissing } from '../graphql/user-error.ts';
import type { Database, Labels, PolicyRow } from '../store/schema.ts';
import { unstorableReason } from '../store/unstorable-reason.ts';
import {
  type Documents,
  EVERYBODY,
  type InForce,
  inForceAsOf,
  inForceAt,
  loadDocuments,
  placeOf,
} from './documents.ts';
import { type EffectivePolicy, effectivePolicy } from './effective-policy.ts';
import { badPolicy, judgeChange, policyFor } from './judge-change.ts';
import { type PolicyChange, policyDiff } from './policy-diff.ts';
import { readDocument } from './read-document.ts';
import { findRollouts, OPEN_STATES } from './rollouts.ts';
import { addPolicy, findLabelSets, findLabels, saveInForce, savePolicyState, withdraw } from './save-policies.ts';

/** What an agent is to work by: one policy made of all documents that fit its labels. */
export type DesiredPolicy = Pick<EffectivePolicy, 'hash' | 'versions'> & {
  /** That of the newest document in force, whether it fits or not; 0 with none is the agent's config file. */
  readonly version: number;
  readonly document: string;
};

/** Why something is changed, and who does it. A change that makes the fleet see less needs the reason. */
type Why = { readonly reason?: string | undefined; readonly actor: string };

type SetPolicy = Why & {
  /** A document takes the place of the one that had its name. */
  readonly name: string;
  /** Labels that an agent must have. */
  readonly selector: Labels;
  /** YAML or JSON. */
  readonly document: string;
  /** It is in force for nobody until it is rolled out. */
  readonly draft?: boolean;
};

/** What a document says. */
export type DocumentValue = Readonly<Record<string, unknown>>;

type EditPolicy = Why & {
  readonly name: string;
  /** Of what the document in force says, an empty one if there is none. What it throws is thrown. */
  readonly edit: (document: DocumentValue) => DocumentValue;
};

type Proposal = {
  /** Of the agents that are asked about. */
  readonly labels: Labels;
  /** YAML or JSON, laid over everything; with a name in the place of the document that has it. */
  readonly document?: string | undefined;
  readonly name?: string | undefined;
  /** Of a document, such as a draft, in the place of the one of its name. */
  readonly version?: number | undefined;
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
   * Adds a document, for every agent that it fits from now on. Throws InvalidInput with every problem of it, alone and together
   * with the others for each set of labels that agents have, and ReasonMissing.
   */
  set(policy: SetPolicy): Promise<PolicyRow>;
  /** Sets what has become of the document in force of a name. Throws as `set`. */
  edit(policy: EditPolicy): Promise<PolicyRow>;
  /** Withdraws every document above a version, 0 for all, and asks agents to go back. Throws NotFound and ReasonMissing. */
  rollBack(version: number, why: Why): Promise<number>;
  /** Does what changes documents by itself; everybody hears of it. */
  change<Result>(work: (documents: Documents) => Promise<Result>): Promise<Result>;
  /** Documents in force for everybody. */
  inForce(): Promise<readonly PolicyRow[]>;
  /** What agents with some labels would see change from one version to another; 0 is before all. Throws NotFound. */
  diff(from: number, to: number, labels?: Labels): Promise<PolicyChange[]>;
  /** What agents with some labels work by, and what they would. Throws InvalidInput and NotFound. */
  propose(proposal: Proposal): Promise<{ readonly present: Policy; readonly candidate: Policy }>;
  /** Undefined as long as there never was a document: then agents keep what they have. */
  desiredOf(agentIds: readonly string[]): Promise<Map<string, DesiredPolicy | undefined>>;
  /** What the aggregator's own detectors work by: the policy of an agent without labels; the defaults if it is none. */
  fleetPolicy(): Promise<Pick<EffectivePolicy, 'policy' | 'hash'>>;
  /** Calls back after every change of what anybody works by, until the returned function is called. */
  onChange(listener: () => void): () => void;
  /** Sends an agent what it is to work by, now and whenever that changes. */
  follow(hello: Hello, send: (message: PolicyMessage) => Promise<void>): Promise<PolicySession>;
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
    loaded ??= loadDocuments(db).catch((error) => {
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
    /** Agents of the same labels, and within the same reach, work by the same. */
    const known = new Map<string, DesiredPolicy | undefined>();
    return new Map(
      agentIds.map((agentId) => {
        const own = labels.get(agentId) ?? {};
        const place = placeOf(agentId);
        const reach = now.reaches.find((one) => one > place);
        const key = JSON.stringify([reach, Object.entries(own).sort()]);
        if (!known.has(key)) known.set(key, desired(now, inForceAt(now, place), own));
        return [agentId, known.get(key)];
      }),
    );
  }

  function desired({ highest }: Documents, inForce: InForce, labels: Labels): DesiredPolicy | undefined {
    if (highest === 0) return undefined;
    if (inForce.version === 0) return { version: 0, hash: '', versions: [], document: '' };
    const effective = effectivePolicy(inForce.documents, labels);
    if ('problems' in effective) {
      log.error({ labels, problems: effective.problems }, 'the policies for these labels do not go together');
      return undefined;
    }
    const { policy, hash, versions } = effective;
    return { version: inForce.version, hash, versions, document: JSON.stringify(policy) };
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

  async function set({ name, selector, document: text, draft = false, ...why }: SetPolicy): Promise<PolicyRow> {
    const read = readDocument(text);
    if ('problems' in read) throw badPolicy(read.problems);
    return add({ name, selector, document: read.document, reach: draft ? 0 : EVERYBODY, ...why });
  }

  async function edit({ name, edit: change, ...why }: EditPolicy): Promise<PolicyRow> {
    const before = inForceAt(await documents()).documents.find((row) => row.name === name);
    const document = change(before?.document ?? {});
    const policy = policySchema.safeParse(document);
    if (!policy.success) throw badPolicy(problemsOf(policy.error));
    return add({ name, selector: before?.selector ?? {}, document, reach: EVERYBODY, ...why });
  }

  type Addition = Pick<PolicyRow, 'name' | 'selector' | 'document' | 'reach'> & Why;

  async function add({ reason = '', ...policy }: Addition): Promise<PolicyRow> {
    const now = await documents();
    const { name, selector } = policy;
    const open = new Set((await findRollouts(db, OPEN_STATES)).map(({ version }) => version));
    const staged = now.rows.find((row) => row.name === name && open.has(row.version));
    if (staged) {
      throw new Conflict(`version ${staged.version} of ${name} is being rolled out: let it end, or roll it back`);
    }
    const weakens = judgeChange({
      now,
      change: (before) => [...before.filter((row) => row.name !== name), { ...policy, version: now.highest + 1 }],
      labelSets: [selector, ...(await findLabelSets(db))],
    });
    if (weakens.length > 0 && reason === '') throw new ReasonMissing();
    try {
      return await addPolicy(db, { ...policy, reason, weakens });
    } catch (error) {
      const problem = unstorableReason(error);
      if (problem === undefined) throw error;
      throw badPolicy([problem]);
    }
  }

  async function rollBack(version: number, { reason = '', actor }: Why): Promise<number> {
    const now = await documents();
    const exists = version === 0 || now.rows.some((row) => row.version === version && row.withdrawn === null);
    if (!exists) throw new NotFound(`${version}`, `there is no policy of version ${version} in force`);
    const rest = { ...now, rows: now.rows.filter((row) => row.version <= version) };
    const weakens = judgeChange({
      now,
      change: (_before, place) => inForceAt(rest, place).documents,
      labelSets: [{}, ...(await findLabelSets(db))],
    });
    if (weakens.length > 0 && reason === '') throw new ReasonMissing();
    return withdraw(db, { version, reason, actor, weakens });
  }

  async function diff(from: number, to: number, labels?: Labels): Promise<PolicyChange[]> {
    const now = await documents();
    for (const version of [from, to]) {
      const exists = version === 0 || now.rows.some((row) => row.version === version);
      if (!exists) throw new NotFound(`${version}`, `there is no policy of version ${version}`);
    }
    const of = labels ?? now.rows.find(({ version }) => version === to)?.selector ?? {};
    const [before, after] = [from, to].map((version) => policyFor(inForceAsOf(now, version).documents, of));
    return policyDiff(before!, after!);
  }

  async function propose({ labels, document: text, name, version }: Proposal) {
    const now = await documents();
    const { documents: inForce } = inForceAt(now);
    const present = policyFor(inForce, labels);
    if (version !== undefined) {
      const row = now.rows.find((one) => one.version === version);
      if (!row) throw new NotFound(`${version}`, `there is no policy of version ${version}`);
      return { present, candidate: policyFor([...inForce.filter((one) => one.name !== row.name), row], labels) };
    }
    const read = readDocument(text ?? '');
    if ('problems' in read) throw badPolicy(read.problems);
    const others = inForce.filter((row) => row.name !== name);
    const selector = inForce.find((row) => row.name === name)?.selector ?? labels;
    return {
      present,
      candidate: policyFor([...others, { version: now.highest + 1, selector, document: read.document }], labels),
    };
  }

  return {
    all: async () => (await documents()).rows,
    set: (policy) => change(() => set(policy)),
    edit: (policy) => change(() => edit(policy)),
    rollBack: (version, why) => change(() => rollBack(version, why)),
    change: (work) => change(async () => work(await documents())),
    inForce: async () => inForceAt(await documents()).documents,
    diff,
    propose,
    desiredOf,

    async fleetPolicy() {
      const effective = effectivePolicy(inForceAt(await documents()).documents, {});
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
