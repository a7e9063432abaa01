import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { describe, expect, inject, it } from 'vitest';
import { clientSettings, ROOT } from '../../local/local-aws.ts';

const lambdas = new LambdaClient(clientSettings(inject('localAws').endpoint));

const FUNCTIONS = readdirSync(resolve(ROOT, 'functions'));
const FILES = readdirSync(resolve(ROOT, 'events')).filter((file) => file.endsWith('.json'));

/** Those that events start answer which records failed. */
const TAKES_RECORDS = ['submit-batch-job', 'track-jobs', 'notify-failure'];

/** The deployed function that a file is for: its name begins with the function's. */
const functionOf = (file: string): string => FUNCTIONS.find((name) => file.startsWith(`${name}-`)) ?? 'none';

describe('the deployed handler', () => {
  it.each(FILES)('takes events/%s', async (file) => {
    const { FunctionError: error, Payload: payload = new Uint8Array() } = await lambdas.send(
      new InvokeCommand({
        FunctionName: `breakaway-local-${functionOf(file)}`,
        Payload: readFileSync(resolve(ROOT, 'events', file)),
      }),
    );

    const answer = Buffer.from(payload).toString();
    expect([error, answer]).toEqual([undefined, expect.any(String)]);
    if (TAKES_RECORDS.includes(functionOf(file))) {
      expect(JSON.parse(answer)).toEqual({ batchItemFailures: [] });
    }
  });
});
