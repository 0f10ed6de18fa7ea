import { advance } from './advance.ts';
import { clearArena, fillArena } from './arena.ts';
import { entryAt, shiftOf } from './block.ts';
import { hasBeat, periodOf } from './cadence.ts';
import { forgetAll } from './forget-all.ts';
import { hsiphash2, hsiphash5 } from './hsiphash.ts';
import {
  cadence,
  changeMs,
  classes,
  confirmMs,
  corroboratedAborted,
  corroboratedFailed,
  exceptionsTag,
  forgetMs,
  hasOverrides,
  hasRules,
  high,
  low,
  medium,
  overrideInUse,
  probationMs,
  rulesTag,
  slow,
  slowMs,
  tellsSightings,
  updateMs,
  warmUpMs,
  windowMs,
} from './limits.ts';
import { lookAtAll, moveClock } from './move-clock.ts';
import { moveTime, observeInTime, setQuiet, setStep, setStop } from './move-time.ts';
import { observeMany } from './observe-many.ts';
import { giveLine } from './pool.ts';
import { recover } from './recover.ts';
import { settle } from './settle.ts';
import { clockOf, findSource, isIpv4, unqueueSource } from './source-table.ts';
import { arenaFrom, arenaLines, bucketMask, buckets, episodesFrom, key0, key1, owners, sourcesFrom } from './tables.ts';
import { ageOf, forget } from './window.ts';

/** What src/core.ts sees of the module: its functions, and what it sets when it opens tables. */
export {
  advance,
  ageOf,
  arenaFrom,
  arenaLines,
  bucketMask,
  buckets,
  cadence,
  changeMs,
  classes,
  clearArena,
  clockOf,
  confirmMs,
  corroboratedAborted,
  corroboratedFailed,
  entryAt,
  episodesFrom,
  exceptionsTag,
  fillArena,
  findSource,
  forget,
  forgetAll,
  forgetMs,
  giveLine,
  hasBeat,
  hasOverrides,
  hasRules,
  high,
  hsiphash2,
  hsiphash5,
  isIpv4,
  key0,
  key1,
  lookAtAll,
  low,
  medium,
  moveClock,
  moveTime,
  observeInTime,
  observeMany,
  overrideInUse,
  owners,
  periodOf,
  probationMs,
  recover,
  rulesTag,
  setQuiet,
  setStep,
  setStop,
  settle,
  shiftOf,
  slow,
  slowMs,
  sourcesFrom,
  tellsSightings,
  unqueueSource,
  updateMs,
  warmUpMs,
  windowMs,
};
