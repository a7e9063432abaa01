import { describe, expect, it } from 'vitest';
import { parseTemplate } from '../../configuration/parse-template.ts';
import { bindingsOf, hasOneFile, slotNameProblem, slotProblems } from '../../configuration/slot-problems.ts';
import type { FileSlot } from '../../shared/feeds/feed.ts';
import { aFeed, aFileSlot } from '../support/builders.ts';

type SlotText = Partial<FileSlot> & { uri: string };

const problemsOf = (...slots: SlotText[]) =>
  slotProblems(aFeed({ slots: slots.map((slot) => aFileSlot(slot)) }), false);

describe('slotProblems', () => {
  it('accepts slots with the same date and captures', () => {
    expect(
      problemsOf(
        { name: 'orders', uri: 's3://landing/{date:yyyyMMdd}/{shop}_*.csv', min: 3 },
        { name: 'complete', uri: 's3://other/{shop}/{date:dd}.{date:MM}.{date:yyyy}/_SUCCESS' },
        { name: 'extra', uri: 's3://landing/extra/{shop}/{date:yyyyMMdd}', optional: true },
      ),
    ).toEqual([]);
  });

  it('reports each capture and unit that a slot lacks, and the slot that has it', () => {
    expect(
      problemsOf(
        { name: 'orders', uri: 's3://landing/{date:yyyyMMddHH}/{shop}' },
        { name: 'complete', uri: 's3://landing/{date:yyyyMMdd}/{area}' },
      ),
    ).toEqual([
      'slot complete: its template has no {date:HH}, which slot orders has, so the run of its files is unknown',
      'slot complete: its template has no {shop}, which slot orders has, so the run of its files is unknown',
      'slot orders: its template has no {area}, which slot complete has, so the run of its files is unknown',
    ]);
  });

  it('reports a capture once, with all slots that lack it', () => {
    expect(
      problemsOf(
        { name: 'one', uri: 's3://landing/1/{date:yyyy}/{a}' },
        { name: 'two', uri: 's3://landing/2/{date:yyyy}/{b}' },
        { name: 'three', uri: 's3://landing/3/{date:yyyy}/{c}' },
        { name: 'four', uri: 's3://landing/4/{date:yyyyMM}/{a}' },
      ),
    ).toEqual([
      'slots two and three: their templates have no {a}, which slot one has, so the run of their files is unknown',
      'slots one, three and four: their templates have no {b}, which slot two has, so the run of their files is unknown',
      'slots one, two and four: their templates have no {c}, which slot three has, so the run of their files is unknown',
      'slots one, two and three: their templates have no {date:MM}, which slot four has, so the run of their files is unknown',
    ]);
  });

  it('refuses several slots without a date and captures', () => {
    expect(
      problemsOf({ name: 'one', uri: 's3://landing/one/*' }, { name: 'other', uri: 's3://landing/other/*' }),
    ).toEqual(['slots: several slots need a date or a capture, or all files would belong to one run']);
    expect(problemsOf({ name: 'one', uri: 's3://landing/one/*' })).toEqual([]);
  });

  it('requires a slot that is not optional', () => {
    const optional = { name: 'one', uri: 's3://landing/{date:yyyy}', optional: true };

    expect(problemsOf(optional)).toEqual(['slots: at least one must not be optional, or nothing would start the job']);
    expect(problemsOf()).toEqual(['slots: at least one must not be optional, or nothing would start the job']);
    expect(slotProblems(aFeed({ slots: [aFileSlot(optional)] }), true)).toEqual([]);
  });

  it.each([
    [
      's3://landing/{shop}.csv',
      {},
      'slot orders: min 2 needs a * in the template: without it, a run has a single file',
    ],
    [
      's3://landing/*.csv',
      {},
      'slot orders: min 2 is never reached: the template has no date and no capture, so every file has its own run',
    ],
  ])('refuses a min of 2 for %s', (uri, slot, problem) => {
    expect(problemsOf({ uri, min: 2, ...slot })).toEqual([problem]);
  });

  it('refuses a min for an optional slot', () => {
    expect(
      problemsOf(
        { name: 'orders', uri: 's3://landing/{shop}/a.csv' },
        { name: 'extra', uri: 's3://landing/{shop}/*', optional: true, min: 2 },
      ),
    ).toEqual(['slot extra: min 2 has no effect on an optional slot']);
  });

  it('refuses a capture with the name of a slot, and points at it', () => {
    expect(problemsOf({ name: 'orders', uri: 's3://landing/{orders}/x' })).toEqual([
      [
        'slot orders, position 14: {orders} is the name of a slot, too',
        '    s3://landing/{orders}/x',
        '                 ^',
      ].join('\n'),
    ]);
  });
});

describe('slotNameProblem', () => {
  it.each(['orders', 'Orders-2_x', 'a'.repeat(40), 'constructor'])('takes %s', (name) => {
    expect(slotNameProblem(name)).toBeUndefined();
  });

  it.each(['', '2nd', 'a.b', 'a b', 'a'.repeat(41), '__proto__'])('refuses %j', (name) => {
    expect(slotNameProblem(name)).toContain('the name of a slot is a letter');
  });

  it.each(['date', 'feed', 'generation', 'manifest'])('refuses %s, which is a placeholder', (name) => {
    expect(slotNameProblem(name)).toBe(`{${name}} has another meaning in a job: use another name`);
  });
});

describe('bindingsOf', () => {
  it('lists units from the year down, and captures', () => {
    expect(bindingsOf(parseTemplate('s3://landing/{shop}/{date:dd.MM.yyyy}/*_{area}/{date:yyyy}'))).toEqual([
      '{date:yyyy}',
      '{date:MM}',
      '{date:dd}',
      '{shop}',
      '{area}',
    ]);
  });
});

describe('hasOneFile', () => {
  it.each([
    ['without a star', ['s3://landing/{shop}.csv'], true],
    ['with a star', ['s3://landing/{shop}_*.csv'], false],
    ['with a star and a run for each object', ['s3://landing/*.csv'], true],
  ])('decides for a slot %s', (_, uris, expected) => {
    const slots = uris.map((uri) => aFileSlot({ uri }));

    expect(slots.map((slot) => hasOneFile({ slots }, slot))).toEqual([expected]);
  });
});
