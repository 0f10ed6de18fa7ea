/**
 * Text of other people as one line that cannot speak to the terminal: control characters, and what turns or hides the text
 * after it, become `?`.
 */
export function printableText(text: unknown): string {
  return String(text).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?');
}
