/** Starts a local AWS of its own, says where it is, and holds it until it is killed: `node hold.ts RUNS`. */
import { setTimeout as sleep } from 'node:timers/promises';
import { startLocalAws } from '../../local/local-aws.ts';

const aws = await startLocalAws({ name: 'held', say: () => undefined, runs: process.argv[2] ?? '' });
process.stdout.write(`${JSON.stringify({ endpoint: aws.endpoint, folder: aws.folder.path })}\n`);
await sleep(10 * 60_000);
