import type { Logger } from '@connscan/program';
import { Conflict, InvalidInput, NotFound, ReasonMissing } from '../graphql/user-error.ts';
import type { AuditAction } from '../identity/audit.ts';
import type { DatabaseTransaction, Labels, PolicyRow, RolloutRow } from '../store/schema.ts';
import type { Policies } from './create-policies.ts';
import { type Documents, EVERYBODY, inForceAt } from './documents.ts';
import { createForecasts, type ForecastSources } from './forecast.ts';
import { judgeChange } from './judge-change.ts';
import { lookAtRollouts, type RolloutSources, type RolloutView } from './look-at-rollouts.ts';
import { documentOf, rolloutObstacle } from './rollout-obstacle.ts';
import { rolloutProblem } from './rollout-problem.ts';
import {
  addRollout,
  changeRollout,
  findRollouts,
  findRolloutsOf,
  noteRollout,
  OPEN_STATES,
  type RolloutChange,
  type RolloutState,
} from './rollouts.ts';
import { findLabelSets, withdraw } from './save-policies.ts';

type Why = { readonly actor: string; readonly reason?: string | undefined };

export type RolloutOptions = Why & {
  /** Of a draft. */
  readonly version: number;
  /** Shares of the agents that it fits, rising to 1. */
  readonly stages: readonly number[];
  /** How long each stage but the last is watched. */
  readonly soakMs: number;
  /** So many times the forecast pauses it. */
  readonly factor: number;
  /** Detections in an hour of all agents that it fits; the last day tells if left out. */
  readonly forecastPerHour?: number | undefined;
};

/** Staged roll-outs of drafts. Everything about them is in the store, and each change in the audit log. */
export type Rollouts = {
  /**
   * Rolls a draft out. Throws NotFound; Conflict if it is no draft, a newer document of its name is in force, or another roll-out
   * goes to some of its agents; InvalidInput if it does not go together with what is in force now; ReasonMissing.
   */
  start(options: RolloutOptions): Promise<RolloutRow>;
  /** Stops at the present stage. This and what follows throw NotFound, and Conflict in another state. */
  pause(version: number, why: Why): Promise<RolloutRow>;
  /** Goes on where it was paused; the stage is watched from its beginning. */
  resume(version: number, why: Why): Promise<RolloutRow>;
  /** Goes to the next stage at once. */
  advance(version: number, why: Why & { readonly reason: string }): Promise<RolloutRow>;
  /** Withdraws its document, and no other; agents go back. Throws ReasonMissing too. */
  rollBack(version: number, why: Why): Promise<RolloutRow>;
  /** How they are at this moment, by their version. */
  look(rollouts: readonly RolloutRow[]): Promise<ReadonlyMap<number, RolloutView>>;
  /** Lets each roll-out go on as far as it may; due every few seconds. */
  check(): Promise<void>;
};

export type RolloutParts = RolloutSources &
  Omit<ForecastSources, 'policies'> & { readonly policies: Policies; readonly log: Pick<Logger, 'info' | 'warn'> };

/** Who does what nobody asked for. */
const ITSELF = { actor: 'aggregator' } as const;

export function createRollouts(parts: RolloutParts): Rollouts {
  const { db, policies, nowMs, log } = parts;
  const forecasts = createForecasts(parts);

  /** Changes a roll-out in one of some states, while no document is changed by others. */
  function change(
    version: number,
    states: readonly RolloutState[],
    work: (transaction: DatabaseTransaction, rollout: RolloutRow, documents: Documents) => Promise<RolloutRow>,
  ): Promise<RolloutRow> {
    return policies.change(async (documents) => {
      const [rollout] = await findRolloutsOf(db, [version]);
      if (!rollout) throw new NotFound(`${version}`, `there is no roll-out of version ${version}`);
      if (!states.includes(rollout.state)) throw new Conflict(`the roll-out of version ${version} is ${rollout.state}`);
      return db.transaction().execute((transaction) => work(transaction, rollout, documents));
    });
  }

  /** What the roll-out does by itself, unless somebody was faster. */
  async function changeItself(
    seen: RolloutRow,
    work: (transaction: DatabaseTransaction, documents: Documents) => Promise<RolloutRow>,
  ): Promise<void> {
    await change(seen.version, OPEN_STATES, async (transaction, rollout, documents) => {
      const isSame = rollout.state === seen.state && rollout.stage_since.getTime() === seen.stage_since.getTime();
      return isSame ? work(transaction, documents) : rollout;
    });
  }

  async function start({ reason, ...options }: RolloutOptions): Promise<RolloutRow> {
    const { version, stages, soakMs, factor, forecastPerHour, actor } = options;
    return policies.change(async (documents) => {
      const draft = documents.rows.find((row) => row.version === version);
      if (!draft) throw new NotFound(`${version}`, `there is no policy of version ${version}`);
      const obstacle = rolloutObstacle(draft, documents, await findRollouts(db, OPEN_STATES));
      if (obstacle !== undefined) throw new Conflict(obstacle);
      const weakens = judgeStage(draft, documents, await findLabelSets(db));
      if (weakens.length > 0 && !reason && draft.reason === '') throw new ReasonMissing();
      const detail = { stages, soakSeconds: soakMs / 1000, factor, forecastPerHour, reason, weakens };
      return db.transaction().execute(async (transaction) => {
        const created = new Date(nowMs());
        const forecast_per_hour = forecastPerHour ?? null;
        const row = { version, stages, soak_ms: soakMs, factor, forecast_per_hour, actor, created };
        const rollout = await addRollout(transaction, row, detail);
        return forecastPerHour === undefined ? rollout : enter(transaction, rollout, 0, { actor });
      });
    });
  }

  /** Sets the reach of a stage. With the last one it is done: there is nobody left to be spared. */
  function enter(
    transaction: DatabaseTransaction,
    { version, stages, forecast_per_hour }: Pick<RolloutRow, 'version' | 'stages' | 'forecast_per_hour'>,
    stage: number,
    { actor, reason }: Why,
  ): Promise<RolloutRow> {
    const share = stages[stage]!;
    const state = stage === stages.length - 1 ? 'DONE' : 'RUNNING';
    return changeRollout(
      transaction,
      version,
      { stage, state, note: '', forecast_per_hour, reach: reachOf(share), stage_since: new Date(nowMs()) },
      { actor, action: 'ROLLOUT_ADVANCED', detail: { stage: stage + 1, share, reason } },
    );
  }

  /** Enters a stage, unless what else was set since the last one does not go together with it. */
  async function goTo(
    transaction: DatabaseTransaction,
    rollout: RolloutRow,
    documents: Documents,
    stage: number,
    why: Why,
  ): Promise<RolloutRow> {
    judgeStage(documentOf(rollout, documents), documents, await findLabelSets(transaction));
    return enter(transaction, rollout, stage, why);
  }

  /** Another state, at the same stage. */
  function set(
    transaction: DatabaseTransaction,
    { version }: RolloutRow,
    action: AuditAction,
    { actor, reason }: Why,
    columns: RolloutChange,
  ): Promise<RolloutRow> {
    return changeRollout(transaction, version, columns, { actor, action, detail: { reason } });
  }

  async function pauseItself(seen: RolloutRow, reason: string): Promise<void> {
    await changeItself(seen, (transaction) =>
      set(transaction, seen, 'ROLLOUT_PAUSED', { ...ITSELF, reason }, { state: 'PAUSED', note: reason }),
    );
    log.warn({ version: seen.version, reason }, 'a roll-out has paused itself');
  }

  async function enterItself(seen: RolloutRow, stage: number): Promise<void> {
    await unlessRefused(seen, () =>
      changeItself(seen, (transaction, documents) => goTo(transaction, seen, documents, stage, ITSELF)),
    );
    log.info({ version: seen.version, stage: stage + 1, stages: seen.stages }, 'a roll-out goes on');
  }

  async function unlessRefused(seen: RolloutRow, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      await pauseItself(seen, error.message);
    }
  }

  async function forecast(rollout: RolloutRow, draft: PolicyRow): Promise<void> {
    const found = await forecasts.of(draft);
    if (!found) return;
    if ('problem' in found) await pauseItself(rollout, `there is no forecast: ${found.problem}`);
    else await enterItself({ ...rollout, forecast_per_hour: found.perHour }, 0);
  }

  async function judge(rollout: RolloutRow, view: RolloutView): Promise<void> {
    const problem = rolloutProblem(rollout, view);
    if (problem !== undefined) return pauseItself(rollout, problem);
    const hasSoaked = nowMs() - rollout.stage_since.getTime() >= rollout.soak_ms;
    const behind = view.applying + view.failed;
    if (hasSoaked && behind === 0) return enterItself(rollout, rollout.stage + 1);
    const note = hasSoaked ? `waits for ${behind} of the ${view.inReach} agents within reach` : '';
    if (note !== rollout.note) await noteRollout(db, rollout, note);
  }

  return {
    start,

    pause: (version, why) =>
      change(version, ['FORECASTING', 'RUNNING'], (transaction, rollout) => {
        const note = why.reason ?? `by ${why.actor}`;
        return set(transaction, rollout, 'ROLLOUT_PAUSED', why, { state: 'PAUSED', note });
      }),

    resume: (version, why) =>
      change(version, ['PAUSED'], (transaction, rollout) => {
        const state = rollout.forecast_per_hour === null ? 'FORECASTING' : 'RUNNING';
        const columns = { state, note: '', stage_since: new Date(nowMs()) } as const;
        return set(transaction, rollout, 'ROLLOUT_RESUMED', why, columns);
      }),

    advance: (version, why) =>
      change(version, ['RUNNING'], (transaction, rollout, documents) =>
        goTo(transaction, rollout, documents, rollout.stage + 1, why),
      ),

    rollBack: (version, { actor, reason = '' }) =>
      policies.change(async (documents) => {
        const [rollout] = await findRolloutsOf(db, [version]);
        if (!rollout) throw new NotFound(`${version}`, `there is no roll-out of version ${version}`);
        if (rollout.state === 'ROLLED_BACK') throw new Conflict(`the roll-out of version ${version} is ROLLED_BACK`);
        const { selector } = documentOf(rollout, documents);
        const rest = { ...documents, rows: documents.rows.filter((row) => row.version !== version) };
        const weakens = judgeChange({
          now: documents,
          change: (_before, place) => inForceAt(rest, place).documents,
          labelSets: [selector, ...(await findLabelSets(db))],
        });
        if (weakens.length > 0 && reason === '') throw new ReasonMissing();
        await withdraw(db, { version, only: true, reason, actor, weakens });
        return (await findRolloutsOf(db, [version]))[0]!;
      }),

    look: (rollouts) => lookAtRollouts(parts, rollouts),

    async check() {
      const open = await findRollouts(db, ['FORECASTING', 'RUNNING']);
      const waiting = open.filter(({ state }) => state === 'FORECASTING');
      forecasts.keep(waiting.map(({ version }) => version));
      const running = open.filter(({ state }) => state === 'RUNNING');
      const views = running.length > 0 ? await lookAtRollouts(parts, running) : undefined;
      for (const rollout of running) await judge(rollout, views!.get(rollout.version)!);
      if (waiting.length === 0) return;
      const rows = await policies.all();
      for (const rollout of waiting) {
        const draft = rows.find(({ version }) => version === rollout.version)!;
        await unlessRefused(rollout, () => forecast(rollout, draft));
      }
    },
  };
}

/** What a document makes agents see less, as soon as it holds for them. Throws InvalidInput. */
function judgeStage(draft: PolicyRow, now: Documents, labelSets: readonly Labels[]): string[] {
  const change = (before: readonly PolicyRow[]) => [...before.filter(({ name }) => name !== draft.name), draft];
  return judgeChange({ now, change, labelSets: [draft.selector, ...labelSets] });
}

/** In places: a share of next to none is one place. */
function reachOf(share: number): number {
  return Math.max(1, Math.round(share * EVERYBODY));
}
