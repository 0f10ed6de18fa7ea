import type { DetectionRow } from '../store/schema.ts';
import { createLive, type Live } from './create-live.ts';

/** An alert that was just committed. `missed`: alerts lost to this reader since its last one, because it was slow. */
export type LiveDetection = { readonly detection: DetectionRow; readonly missed: number };

/** Alerts as they are committed. */
export type LiveDetections = Live<DetectionRow, LiveDetection>;

export function createLiveDetections({ queueLength }: { readonly queueLength: number }): LiveDetections {
  return createLive({ queueLength, tell: (detection, missed) => ({ detection, missed }) });
}
