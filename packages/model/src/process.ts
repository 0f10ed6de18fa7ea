import { z } from 'zod';
import { boundedArray } from './bounded-array.ts';
import { wallMsSchema } from './wall-ms.ts';

/** Bounds of what is told of a process. An agent cuts or leaves out what exceeds them: a refused field loses a detection. */
export const PROCESS_LIMITS = {
  /** Characters of a path. A longer one is left out, as a part of a path names another file. */
  path: 1024,
  /** Characters of a name: of a process (15 bytes in the kernel), a user, a package, a unit. */
  name: 256,
  /** Arguments of a command line, and their characters together. */
  arguments: 100,
  commandLine: 4096,
  /** Arguments' characters of each ancestor: enough for the shell, script or service that began it. */
  ancestorCommandLine: 512,
  /** The process and its ancestors. */
  tree: 16,
  /** Things that could not be learnt. */
  unknown: 64,
} as const;

const pid = z.number().int().min(1).max(0x7fff_ffff);
const uid = z.number().int().min(0).max(0xffff_ffff);
const name = z.string().max(PROCESS_LIMITS.name);
const path = z.string().max(PROCESS_LIMITS.path);
const containerId = z.string().regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits');
const commandLine = (characters: number) =>
  boundedArray(z.string().max(characters), PROCESS_LIMITS.arguments).refine(
    (parts) => parts.reduce((sum, part) => sum + part.length, 0) <= characters,
    { error: `must have at most ${characters} characters together` },
  );

/**
 * The process that made the connections. What is unknown is absent: the kernel's own word is `pid`, `startedMs`, `comm`,
 * `uid` and `cgroupId`; the rest is read later, and only of a process that is proved to be the same one.
 */
export const processSchema = z.strictObject({
  pid,
  startedMs: wallMsSchema,
  /** The kernel's name of the process, which the process itself may change. */
  comm: name,
  /** The executable; of a process that was gone the path as it was given to exec, possibly relative. */
  exe: path.optional(),
  /** Its parent when it was first seen; without name if that parent had ended. */
  parent: z.strictObject({ pid, comm: name.optional() }).optional(),
  uid,
  user: name.optional(),
  /** A 64-bit number in decimal digits. */
  cgroupId: z
    .string()
    .regex(/^\d{1,20}$/, 'must be a decimal number')
    .optional(),
  containerId: containerId.optional(),
});

export type Process = z.output<typeof processSchema>;

const treeProcessSchema = z.strictObject({
  pid,
  startedMs: wallMsSchema.optional(),
  comm: name,
  exe: path.optional(),
  commandLine: commandLine(PROCESS_LIMITS.ancestorCommandLine).optional(),
  uid: uid.optional(),
  user: name.optional(),
});

/**
 * What an analyst looks at first to tell malware from a tool, as it was at `takenMs`, while the process still ran. What
 * is absent was not learnt, and `unknown` says why.
 */
export const snapshotSchema = z.strictObject({
  takenMs: wallMsSchema,
  /** The process, its parent, and so on up to init. */
  tree: boundedArray(treeProcessSchema, PROCESS_LIMITS.tree),
  /** Arguments from the program's name on; secrets are replaced by `***` unless the agent is told not to. */
  commandLine: commandLine(PROCESS_LIMITS.commandLine).optional(),
  exe: z
    .strictObject({
      path,
      /** Of the file that runs, also of a deleted one. */
      sha256: z
        .string()
        .regex(/^[0-9a-f]{64}$/, 'must be 64 lower-case hexadecimal digits')
        .optional(),
      /** The file that runs is no longer at its path. */
      deleted: z.boolean(),
      /** The Debian package that says the path is its own. */
      package: name.optional(),
      sizeBytes: z.number().int().min(0).optional(),
      modifiedMs: wallMsSchema.optional(),
    })
    .optional(),
  cwd: path.optional(),
  user: name.optional(),
  /** The login that the process descends from, as the kernel's audit keeps it through su and sudo. */
  loginSession: z.strictObject({ id: z.number().int().min(0).optional(), uid, user: name.optional() }).optional(),
  container: z.strictObject({ id: containerId, runtime: name.optional() }).optional(),
  /** Each thing that could not be learnt, with why: `exe: permission`. */
  unknown: boundedArray(name, PROCESS_LIMITS.unknown),
});

export type Snapshot = z.output<typeof snapshotSchema>;

/** The process that listens on a touched port, as the target's own sensor saw it. */
export const listenerSchema = z.strictObject({
  pid,
  comm: name,
  exe: path.optional(),
  /** The systemd unit it belongs to. */
  unit: name.optional(),
});

export type Listener = z.output<typeof listenerSchema>;
