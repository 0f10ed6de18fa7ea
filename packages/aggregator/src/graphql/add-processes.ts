import type { Listener, Process, Snapshot } from '@connscan/model';
import type { Builder } from './builder.ts';

type Known<Part extends keyof Snapshot> = NonNullable<Snapshot[Part]>;

/** Who scanned, and who was listening. Everything that an agent could not learn is null. */
export function addProcesses(builder: Builder) {
  return { Process: addProcess(builder), Snapshot: addSnapshot(builder), Listener: addListener(builder) };
}

export type ProcessTypes = ReturnType<typeof addProcesses>;

function addProcess(builder: Builder) {
  const Parent = builder.objectRef<NonNullable<Process['parent']>>('ParentProcess').implement({
    authScopes: { viewer: true },
    description: 'The parent of a process when that was first seen.',
    fields: (t) => ({
      pid: t.exposeInt('pid', { description: 'Its process id.' }),
      comm: t.exposeString('comm', { nullable: true, description: 'Its name; null if it had ended.' }),
    }),
  });

  return builder.objectRef<Process>('Process').implement({
    authScopes: { viewer: true },
    description: 'The process that scans. What could not be proved to be its own is null.',
    fields: (t) => ({
      pid: t.exposeInt('pid', { description: 'Its process id, as the host itself counts.' }),
      startedAt: t.field({
        type: 'DateTime',
        description: 'When it started.',
        resolve: ({ startedMs }) => new Date(startedMs),
      }),
      comm: t.exposeString('comm', { description: "The kernel's name of it, which it may change itself." }),
      exe: t.exposeString('exe', {
        nullable: true,
        description: 'Path of its executable; if it was gone, the path given to exec, which may be relative.',
      }),
      parent: t.expose('parent', { type: Parent, nullable: true, description: 'Its parent.' }),
      uid: t.expose('uid', { type: 'Count', description: 'User id, as the host itself counts.' }),
      user: t.exposeString('user', {
        nullable: true,
        description: 'User name; null in a container, which has users of its own.',
      }),
      cgroupId: t.exposeString('cgroupId', {
        nullable: true,
        description: 'Id of its control group, a decimal number.',
      }),
      containerId: t.exposeString('containerId', {
        nullable: true,
        description: 'Id of its container, 64 hexadecimal digits.',
      }),
    }),
  });
}

function addSnapshot(builder: Builder) {
  const TreeProcess = addTreeProcess(builder);
  const Executable = addExecutable(builder);
  const LoginSession = addLoginSession(builder);
  const Container = addContainer(builder);

  return builder.objectRef<Snapshot>('EndpointSnapshot').implement({
    authScopes: { viewer: true },
    description:
      'The scanning process on its host, as it was when the detection was confirmed: what tells malware from a tool. Null is what could not be learnt, and `unknown` says why.',
    fields: (t) => ({
      takenAt: t.field({
        type: 'DateTime',
        description: 'When it was taken.',
        resolve: ({ takenMs }) => new Date(takenMs),
      }),
      tree: t.expose('tree', {
        type: [TreeProcess],
        description: 'The process, its parent, and so on up to init, 16 at most.',
      }),
      commandLine: t.exposeStringList('commandLine', {
        nullable: true,
        description: 'Its arguments; the agent replaces secrets by `***` unless told not to.',
      }),
      exe: t.expose('exe', { type: Executable, nullable: true, description: 'The file it runs.' }),
      cwd: t.exposeString('cwd', { nullable: true, description: 'Its working directory.' }),
      user: t.exposeString('user', {
        nullable: true,
        description: 'User name; null in a container, which has users of its own.',
      }),
      loginSession: t.expose('loginSession', {
        type: LoginSession,
        nullable: true,
        description: 'The login it descends from; null for a service.',
      }),
      container: t.expose('container', {
        type: Container,
        nullable: true,
        description: 'The container it runs in; null if in none.',
      }),
      unknown: t.exposeStringList('unknown', {
        description: 'What could not be learnt, each with the reason, such as `cwd: permission`.',
      }),
    }),
  });
}

function addTreeProcess(builder: Builder) {
  return builder.objectRef<Snapshot['tree'][number]>('TreeProcess').implement({
    authScopes: { viewer: true },
    description: 'A process of a snapshot: the scanning one or an ancestor.',
    fields: (t) => ({
      pid: t.exposeInt('pid', { description: 'Its process id.' }),
      startedAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When it started.',
        resolve: ({ startedMs }) => (startedMs === undefined ? null : new Date(startedMs)),
      }),
      comm: t.exposeString('comm', { description: "The kernel's name of it." }),
      exe: t.exposeString('exe', { nullable: true, description: 'Path of its executable.' }),
      commandLine: t.exposeStringList('commandLine', {
        nullable: true,
        description: 'The first 512 characters of its arguments.',
      }),
      uid: t.expose('uid', { type: 'Count', nullable: true, description: 'User id.' }),
      user: t.exposeString('user', { nullable: true, description: 'User name.' }),
    }),
  });
}

function addExecutable(builder: Builder) {
  return builder.objectRef<Known<'exe'>>('Executable').implement({
    authScopes: { viewer: true },
    description: 'The file that a process runs.',
    fields: (t) => ({
      path: t.exposeString('path', { description: 'Where it is, or was.' }),
      sha256: t.exposeString('sha256', {
        nullable: true,
        description: 'SHA-256 of the file that runs, also of a deleted one; 64 hexadecimal digits.',
      }),
      deleted: t.exposeBoolean('deleted', { description: 'Whether the file that runs is no longer at its path.' }),
      package: t.exposeString('package', {
        nullable: true,
        description: 'The Debian package that owns the path; null if none does.',
      }),
      sizeBytes: t.expose('sizeBytes', { type: 'Count', nullable: true, description: 'Its size in bytes.' }),
      modifiedAt: t.field({
        type: 'DateTime',
        nullable: true,
        description: 'When it was last changed.',
        resolve: ({ modifiedMs }) => (modifiedMs === undefined ? null : new Date(modifiedMs)),
      }),
    }),
  });
}

function addLoginSession(builder: Builder) {
  return builder.objectRef<Known<'loginSession'>>('LoginSession').implement({
    authScopes: { viewer: true },
    description: 'A login, as the audit of the kernel keeps it through su and sudo.',
    fields: (t) => ({
      id: t.expose('id', { type: 'Count', nullable: true, description: 'Number of the session.' }),
      uid: t.expose('uid', { type: 'Count', description: 'User id of who logged in.' }),
      user: t.exposeString('user', { nullable: true, description: 'Name of who logged in.' }),
    }),
  });
}

function addContainer(builder: Builder) {
  return builder.objectRef<Known<'container'>>('Container').implement({
    authScopes: { viewer: true },
    description: 'A container.',
    fields: (t) => ({
      id: t.exposeString('id', { description: '64 hexadecimal digits.' }),
      runtime: t.exposeString('runtime', { nullable: true, description: 'docker, containerd, podman or cri-o.' }),
    }),
  });
}

function addListener(builder: Builder) {
  return builder.objectRef<Listener>('Listener').implement({
    authScopes: { viewer: true },
    description: 'The process that listens on a port of a host with a sensor.',
    fields: (t) => ({
      pid: t.exposeInt('pid', { description: 'Its process id.' }),
      comm: t.exposeString('comm', { description: "The kernel's name of it." }),
      exe: t.exposeString('exe', { nullable: true, description: 'Path of its executable.' }),
      unit: t.exposeString('unit', {
        nullable: true,
        description: 'The systemd unit it belongs to, such as ssh.service.',
      }),
    }),
  });
}
