const HIDDEN = '***';

/** Names whose value is a secret: with one of these words anywhere, or with a short one as a part of its own. */
const SECRET_WORD =
  /passw(?:or)?d|passphrase|secret|token|credential|api_?key|access_?key|private_?key|authorization|bearer/i;
const SECRET_HUMP = /[a-z]Key(?![a-z])/;
const SECRET_PART = /(?:^|[-_.])(?:key|pass|pwd|pw|auth)(?:$|[-_.])/i;
/** `--key-file`, `--token-path`: the value tells where the secret is, which an analyst wants to know. */
const PLACE = /(?:file|path|dir|url|name)$/i;

/** What stands behind `-p` and is no password: ports, as nmap and ssh write them, and numbers. */
const PORTS = /^(?:[TUS]:)?[\d,:*.[\]/-]+(?:[,:][TUS]:[\d,:*.[\]/-]+)*(?:\/(?:tcp|udp))?$/;
/** Options in one word that only begin like `-pPASSWORD`. */
const LONG_OPTION =
  /^-p(?:ing|ort|orts|ath|erm|rint0?|rintf|rocess|rofile|roject|roto|rotocol|roxy|rune|thread|assive|arallel)(?:[=:]|$)/;

const USER_OPTION = /^(?:-u|-U|--user|--proxy-user)$/;

/**
 * A command line without its secrets, each replaced by `***`: values of options, variables, headers and query parameters
 * named like a secret (`--password=…`, `--token …`, `PGPASSWORD=…`, `Authorization: …`), passwords of `-p…` that are not
 * ports, of `-u user:…`, and of URLs. Commands within an argument (`sh -c '…'`) are treated alike. Rather too much is
 * hidden than too little; a secret that nothing announces stays.
 */
export function redactArguments(args: readonly string[]): string[] {
  return args.map((argument, at) => {
    const option = args[at - 1] ?? '';
    if (at > 0 && takesSecret(option, argument)) return HIDDEN;
    if (at > 1 && USER_OPTION.test(option)) return redactUser(argument);
    return redactText(argument);
  });
}

function takesSecret(option: string, value: string): boolean {
  if (/^--?[A-Za-z]/.test(value) || !/^--?[\w.-]+$/.test(option)) return false;
  return option === '-p' ? !isPlain(value) : isSecretName(option);
}

/** Behind `-p`: ports, or the directory of `mkdir -p`. */
function isPlain(value: string): boolean {
  return PORTS.test(value) || value.startsWith('/') || value.startsWith('./');
}

function isSecretName(name: string): boolean {
  return (SECRET_WORD.test(name) || SECRET_PART.test(name) || SECRET_HUMP.test(name)) && !PLACE.test(name);
}

/** `user:password` and Samba's `user%password`; not `1000:1000`. */
function redactUser(value: string): string {
  return /^\d+:\d+$/.test(value) ? value : redactText(value.replace(/^([^\s:%]+[:%]).+$/s, `$1${HIDDEN}`));
}

/** Repetitions are bounded, so that no text takes longer than its length asks for. */
function redactText(text: string): string {
  const nameless = text
    .replace(/(authorization\s{0,3}[:=]\s{0,3})(?:[A-Za-z]+\s{1,3})?[^\s"']+/gi, `$1${HIDDEN}`)
    .replace(/((?:^|[\s"'])(?:set-)?cookie\s{0,3}:\s{0,3})[^"']+/gi, `$1${HIDDEN}`)
    .replace(/(:\/\/[^\s/:@"']{0,200}:)[^\s/@"']{1,500}@/g, `$1${HIDDEN}@`)
    .replace(/(:\/\/)[^\s/:@"']{20,500}@/g, `$1${HIDDEN}@`);
  return redactPairs(nameless)
    .replace(
      /((?:^|\s)--?[A-Za-z][\w.-]{0,100})(\s{1,3})("[^"]*"|'[^']*'|[^\s"'-][^\s"']*)/g,
      (whole, option: string, space: string, value: string) =>
        takesSecret(option.trim(), value) ? `${option}${space}${HIDDEN}` : whole,
    )
    .replace(/(^|\s)(-p[^\s-]\S*)/g, (whole, before: string, option: string) =>
      LONG_OPTION.test(option) || PORTS.test(option.slice(2)) ? whole : `${before}-p${HIDDEN}`,
    )
    .replace(/\b(bearer|basic|password|secret|token|key)(\s{1,3})[\w+/=-]{16,}/gi, `$1$2${HIDDEN}`);
}

/** `name=value` and `name: value`, also where the value of one pair is another pair. */
function redactPairs(text: string): string {
  const pair = /([\w.-]{1,100})\s{0,3}[=:]\s{0,3}/g;
  const value = /"[^"]*"|'[^']*'|[^\s&;,"']+/y;
  let redacted = '';
  let from = 0;
  for (let match = pair.exec(text); match; match = pair.exec(text)) {
    value.lastIndex = pair.lastIndex;
    if (!isSecretName(match[1]!) || !value.test(text)) continue;
    redacted += text.slice(from, pair.lastIndex) + HIDDEN;
    from = value.lastIndex;
    pair.lastIndex = from;
  }
  return redacted + text.slice(from);
}
