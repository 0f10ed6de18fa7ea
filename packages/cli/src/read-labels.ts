/** A label as GraphQL takes it. */
export type Label = { readonly name: string; readonly value: string };

/** Labels that are written NAME=VALUE; those that are not go into `problems`. */
export function readLabels(texts: readonly string[], problems: string[]): Label[] {
  return texts.map((text) => {
    const at = text.indexOf('=');
    if (at < 1) problems.push(`--label: must be NAME=VALUE such as site=north, is ${JSON.stringify(text)}`);
    return { name: text.slice(0, at), value: text.slice(at + 1) };
  });
}
