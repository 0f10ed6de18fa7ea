import { CONFIDENCES, SEVERITIES } from '@connscan/model';
import type { DetectionRow } from '../store/schema.ts';
import type { OutputFilter } from './output-settings.ts';

/** Whether an output with this filter gets the detection as it is after an alert; triaged: acknowledged or resolved. */
export function wantsAlert(filter: OutputFilter, alert: DetectionRow, isTriaged: boolean): boolean {
  const { severity = SEVERITIES[0], confidence = CONFIDENCES[0], alertTypes } = filter;
  return (
    SEVERITIES.indexOf(alert.severity) >= SEVERITIES.indexOf(severity) &&
    CONFIDENCES.indexOf(alert.confidence) >= CONFIDENCES.indexOf(confidence) &&
    (alertTypes === undefined || alertTypes.includes(alert.alert_type)) &&
    !(filter.untriaged && isTriaged)
  );
}
