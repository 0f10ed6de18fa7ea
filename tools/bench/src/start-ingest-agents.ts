import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('./ingest-agents.ts', import.meta.url));

/** The program of ingest-agents.ts, running. */
export type IngestAgents = {
  /** Rows acknowledged a second, over so many milliseconds. */
  rate(ms: number): Promise<number>;
  /** Sends no more, waits for what is on its way; resolves with all rows that were acknowledged. */
  finish(): Promise<number>;
};

/** Throws from its functions if the program ends of itself. */
export function startIngestAgents(address: string, sessions: number): IngestAgents & Disposable {
  const child = spawn(process.execPath, [PROGRAM, address, String(sessions)], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.on('error', () => {});
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`the agents ended with ${code ?? signal}`);
  });
  ended.catch(() => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();

  async function answer(): Promise<number[]> {
    const line = await lines.next();
    return line.done ? ended : line.value.split(' ').map(Number);
  }

  return {
    async rate(ms) {
      child.stdin.write(`${ms}\n`);
      const [rows, tookMs] = await answer();
      return (rows! * 1000) / tookMs!;
    },
    async finish() {
      child.stdin.end();
      const [rows] = await answer();
      return rows!;
    },
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  };
}
