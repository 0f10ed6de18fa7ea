import { type Policy, policyHash } from '@connscan/model';
import type { Logger } from '@connscan/program';
import type { PolicyMessage, PolicyState } from '@connscan/wire';
import { applyFloors } from './floors.ts';
import { readLastGood, writeLastGood } from './last-good.ts';
import { readPolicyMessage } from './read-policy-message.ts';

/** The policy that an agent works by. */
type PolicyInForce = {
  /** 0 is that of the config file. */
  readonly version: number;
  /** Of `policy`, which floors may have made another one than was asked for. */
  readonly hash: string;
  readonly policy: Policy;
};

export type PolicyFollowerOptions = {
  /** Where the last good policy is kept. */
  readonly directory: string;
  /** The policy of the config file: version 0. */
  readonly config: Policy;
  /** Brings probe and shards to a policy; resolves when all work by it. If it rejects, they work by the one before. */
  readonly apply: (policy: Policy) => Promise<void>;
  readonly logger: Logger;
};

export type PolicyFollower = {
  /** What is in force; at the start what was in force last. */
  current(): PolicyInForce;
  /** What became of the last policy that was received; due after each Hello. */
  state(): PolicyState;
  /** Takes a policy of the aggregator up or refuses it, one after the other, and tells each step. Never rejects. */
  receive(message: PolicyMessage, tell: (state: PolicyState) => void): Promise<void>;
};

/** A state holds so many notes, of so many characters. */
const MAX_NOTES = 1000;
const MAX_NOTE_LENGTH = 500;

type Notes = Pick<PolicyState, 'version' | 'progress'> & { readonly notes: readonly string[] };

/** Follows the aggregator's policies, within the floors of this agent. Reads what the last start left. */
export async function createPolicyFollower(options: PolicyFollowerOptions): Promise<PolicyFollower> {
  const { directory, config, apply, logger } = options;
  const configured: PolicyInForce = { version: 0, hash: policyHash(config), policy: config };
  const start = await takeUp(directory, configured, logger);
  let current = start.inForce;
  /** Hash of the document that it was made of; undefined for the config file's. */
  let currentDocument = start.document;
  let state = stateOf({ version: current.version, progress: 'APPLIED', notes: start.notes });
  let last: Promise<void> = Promise.resolve();

  function stateOf({ version, progress, notes }: Notes): PolicyState {
    const told = notes.slice(0, MAX_NOTES).map((note) => note.slice(0, MAX_NOTE_LENGTH));
    return { version, hash: current.hash, progress, notes: told };
  }

  async function take(message: PolicyMessage, tell: (state: PolicyState) => void): Promise<void> {
    const { version, hash } = message;
    const say = (progress: PolicyState['progress'], notes: readonly string[]) => {
      state = stateOf({ version, progress, notes });
      if (progress === 'FAILED') logger.error({ version, notes }, 'a policy is not taken; the one before stays');
      tell(state);
    };
    if (version === current.version && hash === currentDocument) return tell(state);
    if (version < current.version && !message.rollback) {
      const reason = `version: ${version} is older than ${current.version}, which is in force, and no rollback was asked for`;
      return say('FAILED', [reason]);
    }
    const read = version === 0 ? { policy: config } : readPolicyMessage(message);
    if ('problems' in read) return say('FAILED', read.problems);
    const { policy, notes } = version === 0 ? { policy: config, notes: [] } : applyFloors(read.policy);
    const next: PolicyInForce = { version, hash: policyHash(policy), policy };
    say('APPLYING', notes);
    try {
      if (next.hash !== current.hash) await apply(policy);
    } catch (error) {
      return say('FAILED', [(error as Error).message]);
    }
    current = next;
    currentDocument = version === 0 ? undefined : hash;
    const kept = await keep(message);
    logger.info({ version, hash: next.hash, notes: notes.length }, 'a policy is in force');
    say('APPLIED', [...notes, ...kept]);
  }

  /** What is in force stays so if the disk is full; only a restart would not know it. */
  async function keep({ version, hash, document }: PolicyMessage): Promise<string[]> {
    try {
      await writeLastGood(directory, { version, hash, document });
      return [];
    } catch (error) {
      return [`not kept for the next start: ${(error as Error).message}`];
    }
  }

  return {
    current: () => current,
    state: () => state,
    receive(message, tell) {
      last = last.then(() => take(message, tell));
      return last;
    },
  };
}

type Start = {
  readonly inForce: PolicyInForce;
  readonly document: string | undefined;
  readonly notes: readonly string[];
};

/** What is in force at a start: the last good policy within the floors of this program, or that of the config file. */
async function takeUp(directory: string, configured: PolicyInForce, logger: Logger): Promise<Start> {
  const fallBack = (reasons: readonly string[]): Start => {
    logger.error({ reasons }, 'the policy that was kept cannot be used; that of the config file is in force');
    return { inForce: configured, document: undefined, notes: reasons.map((reason) => `kept policy: ${reason}`) };
  };
  try {
    const lastGood = await readLastGood(directory);
    if (!lastGood || lastGood.version === 0) return { inForce: configured, document: undefined, notes: [] };
    const read = readPolicyMessage(lastGood);
    if ('problems' in read) return fallBack(read.problems);
    const { policy, notes } = applyFloors(read.policy);
    const { version, hash } = lastGood;
    return { inForce: { version, hash: policyHash(policy), policy }, document: hash, notes };
  } catch (error) {
    return fallBack([(error as Error).message]);
  }
}
