/** What a person reads who follows one run through faults: the lines of all hosts, found by the run's name. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host, LogLine } from '../child.ts';
import { FAULTS, type FaultProxy, startProxy } from '../proxy.ts';
import { aName, batchOf, endJob, minute, put, startCheck, startSubmit, upstream } from './deliveries.ts';

let proxy: FaultProxy;
let hosts: Host[];
let checker: Host;

beforeAll(async () => {
  proxy = await startProxy(upstream);
  hosts = await Promise.all([startSubmit(proxy), startSubmit(proxy)]);
  checker = await startCheck(proxy);
});
afterAll(async () => {
  await Promise.all([...hosts, checker].map((host) => host.stop()));
  await proxy.close();
});

const linesOf = (run: string): LogLine[] =>
  [...hosts, checker]
    .flatMap(({ logs }) => logs)
    .filter((line) => line['run'] === run)
    .sort((one, other) => (String(one['timestamp']) < String(other['timestamp']) ? -1 : 1));

describe('the log', () => {
  it('tells the story of one run, through lost answers, a dead owner, a takeover and a rerun', async () => {
    const name = aName();
    const run = `rerun,name=${name}`;
    const [first, second] = hosts as [Host, Host];
    const file = await put(`rerun/${name}.csv`, 'first');
    const event = batchOf(file);

    proxy.script.fault = ({ operation }) => (operation === 'SubmitJob' ? FAULTS.reset : undefined);
    await first.invoke(event, minute(0));
    proxy.script = {};
    await second.invoke(event, minute(3));
    await second.invoke(event, minute(6));
    let broken = 0;
    proxy.script.fault = ({ operation }) => {
      broken += Number(operation === 'TransactWriteItems');
      return operation === 'TransactWriteItems' && broken <= 3 ? FAULTS.serverError : undefined;
    };
    await first.invoke(event, minute(9));
    proxy.script.fault = ({ operation }) => (operation === 'SubmitJob' ? FAULTS.lostByServerError : undefined);
    await second.invoke(event, minute(12));
    proxy.script = {};
    const overwritten = batchOf(await put(file.key, 'second'));
    await first.invoke(overwritten, minute(20));
    await endJob('rerun', name);
    proxy.script.fault = ({ operation }) => (operation === 'SubmitJob' ? FAULTS.throttled : undefined);
    await first.invoke(overwritten, minute(23));
    proxy.script = {};
    await checker.invoke({}, minute(25));
    await second.invoke(overwritten, minute(26));

    const lines = linesOf(run);
    expect(lines.map(({ level, message, generation }) => `${level} ${message} ${generation ?? '?'}`)).toEqual([
      'INFO Run claimed 1',
      'WARN Answer of SubmitJob lost 1',
      'WARN Submission unconfirmed 1',
      'INFO Run claimed elsewhere 1',
      'WARN Job not found by its name 1',
      'WARN Submission unconfirmed 1',
      'ERROR Run not advanced ?',
      'WARN Job not found by its name 1',
      'WARN Claim taken over 1',
      'WARN Answer of SubmitJob lost 1',
      'INFO Job submitted 1',
      'WARN File changed after the claim 1',
      'INFO Run needs nothing 1',
      'INFO Generation opened 2',
      'INFO Run claimed 2',
      'WARN Job not accepted by Batch 2',
      'INFO Run claimed 2',
      'INFO Job submitted 2',
      'INFO Run needs nothing 2',
    ]);
    // All but one name the generation: the ledger, which knows it, could not be reached.
    for (const line of lines) {
      expect(line).toMatchObject({ feed: 'rerun', run, function_request_id: expect.stringMatching(/^request-\d+$/) });
    }
  });
});
