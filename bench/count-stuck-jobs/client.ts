/**
 * Counts the queue of `server.ts`, and prints what it took.
 *
 * `client.ts <ours | bare | paginator> <url> <times>`; the time before the first count has ended is
 * not measured when there is a second.
 */
import { CLIENTS } from './clients.ts';

const [, , name = '', url = '', times = '1'] = process.argv;
Object.assign(process.env, {
  AWS_ENDPOINT_URL_BATCH: url,
  AWS_REGION: 'ap-northeast-1',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'test',
});

const create = CLIENTS[name];
if (create === undefined) {
  throw new Error(`There is no client ${name}`);
}
const count = create(url);
if (Number(times) > 1) {
  await count();
}
const before = process.cpuUsage();
const startedAt = performance.now();
const jobs = await count();
const { user, system } = process.cpuUsage(before);
console.log(
  JSON.stringify({
    jobs,
    cpuMs: (user + system) / 1000,
    wallMs: performance.now() - startedAt,
    maxRssMB: process.resourceUsage().maxRSS / 1000,
  }),
);
// The connections that are kept alive would keep the process.
process.exit(0);
