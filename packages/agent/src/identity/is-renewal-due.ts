import type { X509Certificate } from 'node:crypto';

/** Whether two thirds of a certificate's life are over. */
export function isRenewalDue(
  { validFromDate, validToDate }: Pick<X509Certificate, 'validFromDate' | 'validToDate'>,
  nowMs: number,
): boolean {
  const [fromMs, toMs] = [validFromDate.getTime(), validToDate.getTime()];
  return nowMs >= fromMs + ((toMs - fromMs) * 2) / 3;
}
