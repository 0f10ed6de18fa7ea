/** The version of a document; else the problem goes into `problems`. */
export function readVersion(argument: string, text: string, problems: string[]): number {
  if (!/^\d{1,15}$/.test(text)) problems.push(`${argument}: must be a whole number, is ${JSON.stringify(text)}`);
  return Number(text);
}
