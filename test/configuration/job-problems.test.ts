import { describe, expect, it } from 'vitest';
import { jobProblems, jobWarnings } from '../../configuration/job-problems.ts';
import type { BatchJob } from '../../shared/feeds/feed.ts';
import { aFeed, aFileSlot } from '../support/builders.ts';

const slots = [
  aFileSlot({ name: 'orders', uri: 's3://landing/{date:yyyyMMdd}/{shop}/orders_*.csv' }),
  aFileSlot({ name: 'complete', uri: 's3://landing/{date:yyyyMMdd}/{shop}/_SUCCESS' }),
  aFileSlot({ name: 'extra', uri: 's3://landing/{date:yyyyMMdd}/{shop}/extra.csv', optional: true }),
];

const problemsOf = (batch: Partial<BatchJob>, isIncomplete = false) =>
  jobProblems(aFeed({ slots, batch: { parameters: {}, ...batch } }), isIncomplete).map(
    (problem) => problem.split('\n')[0],
  );

const many = (count: number, text: string) =>
  Array.from({ length: count }, (_, index) => [`${text}${index}`, 'x'] as const);

describe('jobProblems', () => {
  it('accepts a job that uses every field', () => {
    expect(
      problemsOf({
        queue: 'Queue_1-a',
        definition: 'import:12',
        parameters: {
          a: '{date:yyyy-MM-dd} {shop} {feed} {generation} {manifest} {complete.uri} {complete.bucket} {complete.key} {{x}}',
          b: '{extra.uri}',
        },
        environment: { EXTRA: '{extra.key}', _x: '' },
        command: ['import', '--shop', '{shop}', '{complete.key}', 'Ref::a'],
        tags: { team: 'data', shop: '{shop}' },
        retry: {
          attempts: 3,
          evaluateOnExit: [
            { action: 'RETRY', onStatusReason: 'Host EC2*' },
            { action: 'RETRY', onReason: '*' },
            { action: 'EXIT', onExitCode: '13*' },
            { action: 'EXIT', onExitCode: '*' },
          ],
        },
        shareIdentifier: 'team7*',
        schedulingPriority: 3,
      }),
    ).toEqual([]);
  });

  it.each([
    [{ queue: '' }, 'job, queue: "" is not the name of a queue'],
    [{ queue: 'a'.repeat(129) }, 'is not the name of a queue: at most 128 letters, digits, "_" and "-"'],
    [{ queue: 'arn:aws:batch:eu-west-1:1:job-queue/x' }, 'is not the name of a queue'],
    [{ queue: '{shop}' }, 'is not the name of a queue'],
    [{ definition: 'import:0' }, 'job, definition: "import:0" is not the name of a job definition: at most 128'],
    [{ definition: 'import:' }, 'is not the name of a job definition'],
    [{ definition: 'im port' }, 'is not the name of a job definition'],
    [{ command: ['a', ''] }, 'job, command argument 2: Batch does not allow an empty argument'],
    [
      { environment: { AWS_BATCH_JOB_ID: '1' } },
      'job, environment variable AWS_BATCH_JOB_ID: Batch itself sets the names that start with AWS_BATCH',
    ],
    [{ environment: { '': '1' } }, 'a name is not empty and has no "=" and no NUL character'],
    [{ environment: { 'A=B': '1' } }, 'a name is not empty and has no "=" and no NUL character'],
    [{ tags: Object.fromEntries(many(51, 'tag')) }, 'job, tags: there are 51, and Batch allows 50'],
    [{ tags: { ['k'.repeat(129)]: 'x' } }, 'the key has 129 characters, Batch takes 1 to 128'],
    [{ tags: { '': 'x' } }, 'the key has 0 characters, Batch takes 1 to 128'],
    [{ tags: { team: 'v'.repeat(257) } }, 'job, tag team: the value has 257 characters, Batch takes 256'],
    [{ tags: { 'Aws:team': 'x' } }, 'job, tag Aws:team: AWS reserves keys and values that start with "aws:"'],
    [{ tags: { team: 'aws:x' } }, 'job, tag team: AWS reserves keys and values that start with "aws:"'],
    [
      { tags: { team: 'a|b' } },
      'job, tag team: the value has a "|", Batch takes only letters, digits, spaces and _ . : / = + - @',
    ],
    [{ tags: { team: '2.8.1+mc(0.10.0)' } }, 'job, tag team: the value has a "("'],
    [{ tags: { 'te\tam': 'a' } }, 'the key has a "\\t", Batch takes only'],
    [{ tags: { team: '{shop}|' }, propagateTags: true }, 'job, tag team: the value has a "|"'],
    [{ tags: { team: `{shop}${'v'.repeat(256)}` } }, 'job, tag team: the value has 257 characters, Batch takes 256'],
    [{ command: ['a\0'] }, 'job, command argument 1: has a NUL character, which a container cannot get'],
    [{ parameters: { a: '{shop}\0' } }, 'job, parameter a: has a NUL character'],
    [{ environment: { E: '\0' } }, 'job, environment variable E: has a NUL character'],
    [{ environment: { 'E\0': 'x' } }, 'a name is not empty and has no "=" and no NUL character'],
    [{ parameters: { 'a\0': 'x' } }, 'a name is not empty and has no NUL character'],
    [
      { command: ['Ref::q{shop}'] },
      'job, command argument 1: a file name would choose the parameter that replaces "Ref::q…": write the whole name',
    ],
    [{ command: ['x', 'Ref::{feed}'] }, 'job, command argument 2: a file name would choose the parameter'],
    [{ parameters: { a: 'x Ref::q-_{date:yyyy}' } }, 'job, parameter a: a file name would choose the parameter'],
    [
      { retry: { attempts: 1, evaluateOnExit: [{ action: 'EXIT', onReason: 'x'.repeat(513) }] } },
      'job, retry, evaluateOnExit rule 1, onReason: has 513 characters, and Batch allows 1 to 512',
    ],
    [
      { retry: { attempts: 1, evaluateOnExit: [{ action: 'EXIT', onReason: '' }] } },
      'onReason: has 0 characters, and Batch allows 1 to 512',
    ],
    [
      { retry: { attempts: 1, evaluateOnExit: [{ action: 'EXIT', onStatusReason: '*EC2' }] } },
      'onStatusReason: "*EC2" has a * that is not at its end',
    ],
    [
      { retry: { attempts: 1, evaluateOnExit: [{ action: 'EXIT', onExitCode: '1x' }] } },
      'onExitCode: "1x" is not an exit code: digits, and * only at the end',
    ],
    [
      { retry: { attempts: 1, evaluateOnExit: [{ action: 'EXIT', onExitCode: '1*2' }] } },
      'onExitCode: "1*2" is not an exit code',
    ],
    [
      { shareIdentifier: 'a-b' },
      'job, shareIdentifier: "a-b" is not valid: at most 255 letters and digits, and * only at the end',
    ],
    [{ shareIdentifier: 'a'.repeat(256) }, 'is not valid: at most 255 letters and digits'],
    [
      { schedulingPriority: 1 },
      'job, schedulingPriority: has an effect only together with shareIdentifier, in a fair-share queue',
    ],
    [{ parameters: Object.fromEntries(many(3_000, 'parameter')) }, 'bytes, and Batch allows 30720'],
    [{ environment: { LIST: '東'.repeat(11_000) } }, 'job, size: the request has at least 33'],
    [{ environment: { A: 'x'.repeat(30_690) } }, 'bytes, and Batch allows 30720'],
  ] as const)('refuses %j', (batch, problem) => {
    expect(problemsOf(batch)).toEqual([expect.stringContaining(problem)]);
  });

  it('accepts values at the limits', () => {
    expect(
      problemsOf({
        tags: { ...Object.fromEntries(many(49, 'tag')), ['𠮷'.repeat(128)]: '東'.repeat(256) },
        environment: { LIST: 'x'.repeat(20_000), AWS_BATC: 'x' },
        shareIdentifier: 'a'.repeat(255),
        queue: 'a'.repeat(128),
        definition: `${'a'.repeat(128)}:1`,
      }),
    ).toEqual([]);
    expect(problemsOf({ tags: { team: '東京 a_b.c:d/e=f+g-h@i', shop: '{shop}aws:' } })).toEqual([]);
    expect(problemsOf({ command: ['Ref::date/{shop}', '{shop}Ref::date', 'Ref::a.{shop}', 'Ref::a{{b}}'] })).toEqual(
      [],
    );
  });

  it.each([
    [
      '{shp}',
      'position 1: {shp} is not a placeholder of this feed (did you mean {shop}?); the placeholders are {date:yyyy}, {date:MM}, {date:dd}, {shop}, {feed}, {generation}, {manifest}, {complete.uri}, {complete.bucket}, {complete.key}, {extra.uri}, {extra.bucket}, {extra.key}',
    ],
    ['x{complete}', 'position 2: {complete} is not a placeholder of this feed (did you mean {complete.uri}?)'],
    ['{complete.url}', '{complete.url} is not a placeholder of this feed (did you mean {complete.uri}?)'],
    ['{complte.uri}', '{complte.uri} is not a placeholder of this feed (did you mean {complete.uri}?)'],
    ['{horses}', '{horses} is not a placeholder of this feed; the placeholders are '],
    ['{date}', '{date} is not a placeholder of this feed'],
    ['{toString}', '{toString} is not a placeholder of this feed'],
    ['{date:yyyy-MM-dd HH}', 'position 1: {date:HH} is not in the templates of the slots, so it has no value'],
    ['{orders.uri}', 'position 1: slot orders can have several files in a run: pass their list, {manifest}'],
    ['{date:YYYY}', 'position 7: "YYYY" is not a unit of a date'],
    ['a } b', 'position 3: this } has no {'],
  ])('reports the placeholder in %j', (text, problem) => {
    expect(problemsOf({ parameters: { x: text } })).toEqual([expect.stringContaining(problem)]);
    expect(problemsOf({ parameters: { x: text } })[0]).toMatch(/^job, parameter x, position/);
  });

  it('points at a placeholder with a caret', () => {
    expect(jobProblems(aFeed({ slots, batch: { parameters: { x: 'a{shp}' } } }), false)[0]).toMatch(
      /\n {4}a\{shp\}\n {5}\^$/,
    );
  });

  it('validates every value that can have placeholders', () => {
    expect(
      problemsOf({
        parameters: { a: '{p}' },
        command: ['a', '{q}'],
        environment: { E: '{r}' },
        tags: { t: '{s}' },
      }).map((problem) => problem?.slice(0, problem.indexOf(' is no'))),
    ).toEqual([
      'job, parameter a, position 1: {p}',
      'job, command argument 2, position 1: {q}',
      'job, environment variable E, position 1: {r}',
      'job, tag t, position 1: {s}',
    ]);
  });

  it('reports no unknown placeholder while a slot could not be read', () => {
    const parameters = { a: '{area}', b: '{date:HH}', c: '{none.uri}' };

    expect(problemsOf({ parameters }, true)).toEqual([]);
    expect(problemsOf({ parameters: { a: '{orders.uri}', b: '{date:hh}' } }, true)).toHaveLength(2);
  });

  it.each([
    { parameters: { x: 'a {extra.uri}' } },
    { parameters: { x: '{extra.uri}{extra.key}' } },
    { environment: { X: '{extra.uri}.gz' } },
    { command: ['{extra.uri}'] },
    { tags: { x: '{extra.key}' } },
  ])('refuses the file of an optional slot anywhere but as a whole parameter or environment variable: %j', (batch) => {
    const problems = problemsOf(batch);

    expect(problems.length).toBeGreaterThan(0);
    expect(
      problems.every((problem) => problem?.includes('slot extra is optional: its file must be the whole value')),
    ).toBe(true);
  });

  it('accepts the file of a run for each object', () => {
    const feed = aFeed({
      slots: [aFileSlot({ name: 'file', uri: 's3://landing/*.csv' })],
      batch: { parameters: { file: '{file.uri}' } },
    });

    expect(jobProblems(feed, false)).toEqual([]);
  });

  it.each([
    [['sh', '-c', 'import {shop}'], 3],
    [['/bin/bash', '-euo', 'pipefail', '-c', 'import {complete.key}'], 5],
    [['env', 'bash', '-o', 'pipefail', '-lc', 'import {complete.uri}'], 6],
    [['sh', '-c', '-e', 'import {shop}'], 4],
    [['timeout', '60', 'dash', '+x', '-c', '{shop}'], 6],
    [['sh', '-c', 'import Ref::shop'], 3],
    [['bash', '--rcfile', 'f', '-c', '{shop}'], 5],
    [['bash', '--init-file', 'f', '-c', '{shop}'], 5],
    [['bash', '-O', 'extglob', '-c', '{shop}'], 5],
    [['bash', '+O', 'extglob', '-oc', 'pipefail', '{shop}'], 6],
    [['rbash', '-c', '{shop}'], 3],
    [['su', '-c', 'import {shop}', 'app'], 3],
    [['/bin/su', '-', 'app', '-c', 'import {shop}'], 5],
    [['su', 'app', '--command', 'import Ref::shop'], 4],
    [['su', 'app', '--command=import {shop}'], 3],
    [['su', 'app', '-cimport {shop}'], 3],
    [['runuser', 'app', '-lc', 'import {shop}'], 4],
    [['env', '-S', 'sh -c "import {shop}"'], 3],
    [['/usr/bin/env', '-i', 'A=1', '-u', 'B', '-vS', 'import {shop}'], 7],
    [['env', '-Simport {shop}'], 2],
    [['env', '--split-string=import {shop}'], 2],
    [['env', '--split-string', 'import {shop}'], 3],
  ])('refuses text from a key in the shell script of %j', (command, argument) => {
    expect(problemsOf({ command, parameters: { shop: '{shop}' } })).toEqual([
      expect.stringMatching(
        new RegExp(`^job, command argument ${argument}: .* a shell script: pass it as an argument`),
      ),
    ]);
  });

  it.each([
    [['sh', '-c', 'import "$1"', 'import', '{shop}']],
    [['sh', '-c', 'import {date:yyyyMMdd} {feed} {complete.bucket} {manifest}']],
    [['sh', '-c', 'import Ref::date']],
    [['sh', 'import.sh', '-c', '{shop}']],
    [['import', '-c', '{shop}']],
    [['sh', '-c']],
    [['bash']],
    [['bash', '--rcfile', '-c', 'import.sh', '{shop}']],
    [['su', 'app', '-c', 'import "$1"', 'import', '{shop}']],
    [['su', '{shop}']],
    [['env', 'A=1', 'import', '-S', '{shop}']],
    [['env', '-u', 'A', '-C', '/work', 'import', '{shop}']],
    [['sh', '-c', 'eval "$1"', 'import', '{feed}']],
    [['sh', '-c', 'evaluate "$1"', 'import', '{shop}']],
    [['sh', 'eval', '{shop}']],
  ])('accepts %j', (command) => {
    expect(problemsOf({ command, parameters: { date: '{date:yyyy}', shop: '{shop}' } })).toEqual([]);
  });

  it.each([
    [{ command: ['sh', '-c', 'eval "$1"', 'import', '{shop}'] }],
    [{ command: ['sh', '-c', 'x=$1; eval "import $x"', 'import', 'Ref::shop'], parameters: { shop: '{shop}' } }],
    [{ command: ['su', 'app', '-c', 'eval "$FILE"'], environment: { FILE: '{complete.uri}' } }],
  ])('refuses a script that evaluates text from a key: %j', (batch) => {
    expect(problemsOf(batch)).toEqual([
      expect.stringMatching(/^job, command argument \d: eval would run text from a key as a command/),
    ]);
  });

  it('requires a condition in an exit rule, since Batch does not document a rule without one', () => {
    expect(
      problemsOf({ retry: { attempts: 2, evaluateOnExit: [{ action: 'EXIT', onReason: 'x' }, { action: 'EXIT' }] } }),
    ).toEqual(['job, retry, evaluateOnExit rule 2: has no condition: write onStatusReason, onReason or onExitCode']);
  });

  it('requires a name for a parameter', () => {
    expect(problemsOf({ parameters: { '': 'x' } })).toEqual([
      'job, parameter "": a name is not empty and has no NUL character',
    ]);
  });
});

describe('jobWarnings', () => {
  const warningsOf = (rule: object) =>
    jobWarnings(aFeed({ slots, batch: { retry: { attempts: 2, evaluateOnExit: [{ action: 'EXIT', ...rule }] } } }));

  it.each([
    [{ onReason: 'exit (1)' }, 'onReason: "exit (1)" has a "("'],
    [{ onStatusReason: 'Host-EC2*' }, 'onStatusReason: "Host-EC2*" has a "-"'],
  ])('warns of a character that Batch does not document: %j', (rule, warning) => {
    expect(warningsOf(rule)).toEqual([
      `feed sales, job, retry, evaluateOnExit rule 1, ${warning}, and Batch documents only letters, digits, ".", ":" and white space, with * at the end: the job may be refused`,
    ]);
  });

  it.each([{ onReason: 'CannotPullContainerError:*' }, { onStatusReason: 'Host EC2*' }, { onExitCode: '1*' }, {}])(
    'say nothing of %j',
    (rule) => {
      expect(warningsOf(rule)).toEqual([]);
    },
  );

  it('has no warning about a job without rules', () => {
    expect(jobWarnings(aFeed({ slots }))).toEqual([]);
  });
});
