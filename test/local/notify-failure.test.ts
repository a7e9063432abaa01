import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { STACK } from '../../local/stack.ts';
import { describeJob, type Listener, letFail, listen, putEvent, setDelay, submitJob, type Told, withContainer, writeLog } from './batch-jobs.ts';
import { eventually, logLines } from './deployed.ts';

const FUNCTION = `${STACK}-notify-failure`;
const FAILURES = `${STACK}-job-failures`;
const DELAY_SECONDS = 60;

let mailbox: Listener;

beforeAll(async () => {
  mailbox = await listen();
  await setDelay(FAILURES, 0);
});
afterAll(async () => {
  await setDelay(FAILURES, DELAY_SECONDS);
  await mailbox?.stop();
});

const toldOf = async (text: string): Promise<Told[]> =>
  (await mailbox.told()).filter(({ body }) => body.includes(text));

describe('a job that fails', () => {
  it('is told once, with its reason, the end of its log and no secret', async () => {
    const secret = `k-${randomUUID()}`;
    const { jobId = '', jobName = '', jobDefinition = '' } = await submitJob('recommendation-adhoc', { API_KEY: secret });
    const stream = `nightly/default/${randomUUID()}`;
    await writeLog(stream, ['reading shops', `calling with ${secret}`, 'password=hunter2', 'ValueError: 13 columns']);
    const failed = withContainer(await letFail(jobId), 1, stream);

    console.log(await putEvent(failed));
    await putEvent(failed);

    const [told] = await eventually(async () => {
      const messages = await toldOf(jobName);
      expect(messages).toHaveLength(1);
      return messages;
    });
    console.log(told?.subject, '\n', told?.body, told?.attributes, jobDefinition);
    console.log(await describeJob(jobId));
  });
});
