/** A whole number from 1 to `most` of an option; else the problem goes into `problems`. */
export function readWholeNumber(option: string, text: string, most: number, problems: string[]): number {
  const number = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (number < 1 || number > most) {
    problems.push(`${option}: must be a whole number from 1 to ${most}, is ${JSON.stringify(text)}`);
  }
  return number;
}
