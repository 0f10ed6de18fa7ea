/**
 * Ordinary traffic, as a program: `ordinary-traffic.ts COUNT URL…` asks each URL COUNT times over one kept connection and
 * COUNT times over a new connection each, and prints the number of answers.
 */
import { Agent, get } from 'node:http';
import { text } from 'node:stream/consumers';

const [count, ...urls] = process.argv.slice(2);
let answers = 0;

async function ask(url: string, agent: Agent): Promise<void> {
  const body = await new Promise<string>((resolve, reject) => {
    get(url, { agent }, (response) => text(response).then(resolve, reject)).on('error', reject);
  });
  if (body === 'hello\n') answers++;
}

for (const url of urls) {
  const kept = new Agent({ keepAlive: true, maxSockets: 1 });
  const fresh = new Agent({ keepAlive: false });
  for (let i = 0; i < Number(count); i++) await Promise.all([ask(url, kept), ask(url, fresh)]);
  kept.destroy();
}
console.log(`${answers} answers`);
