import { jumpClock } from './agent/jump-clock.ts';
import { stopProcesses } from './agent/stop-processes.ts';
import { killFleet } from './fleet/kill-fleet.ts';
import type { Scenario } from './scenario.ts';
import { failCalls } from './spool/failing-calls.ts';
import { limitFileSize } from './spool/file-size-limit.ts';
import { fillDisk } from './spool/full-disk.ts';
import { killSpool } from './spool/kill.ts';
import { stayOffline } from './spool/long-offline.ts';
import { cutPower } from './spool/power-cut.ts';
import { startReadOnly } from './spool/read-only-disk.ts';

export const SCENARIOS: readonly Scenario[] = [
  { name: 'spool-kill', run: killSpool },
  { name: 'spool-failing-calls', run: failCalls },
  { name: 'spool-full-disk', run: fillDisk },
  { name: 'spool-file-size-limit', run: limitFileSize },
  { name: 'spool-power-cut', run: cutPower },
  { name: 'spool-read-only', run: startReadOnly },
  { name: 'spool-offline', run: stayOffline },
  { name: 'fleet-kill', run: killFleet },
  { name: 'agent-clock', run: jumpClock },
  { name: 'agent-stop', run: stopProcesses },
];
