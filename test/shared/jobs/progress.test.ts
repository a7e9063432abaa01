import { describe, expect, it } from 'vitest';
import { progressIn } from '../../../shared/jobs/progress.ts';

const lines = (...texts: string[]) => texts.map((text, index) => ({ at: new Date(index), text }));
const asIs = (text: string) => text;

describe('progressIn', () => {
  it('finds the newest line among others', () => {
    const log = lines('start', 'breakaway:progress 10 reading', 'INFO breakaway:progress 40 loading  shops\n', 'more');

    expect(progressIn(log, asIs)).toEqual({ percent: 40, text: 'loading shops', at: new Date(2) });
  });

  it.each([
    ['breakaway:progress 0', 0, ''],
    ['breakaway:progress 100 done', 100, 'done'],
    ['breakaway:progress 55% half', 55, 'half'],
    ['breakaway:progress 7 %', 7, ''],
  ])('reads %j', (text, percent, said) => {
    expect(progressIn(lines(text), asIs)).toMatchObject({ percent, text: said });
  });

  it.each([
    'breakaway:progress',
    'breakaway:progress 101 too much',
    'breakaway:progress -1',
    'breakaway:progress 12.5 fine',
    'breakaway:progress many',
    'breakaway:progress 1000',
    'xbreakaway:progress 5',
    'breakaway:progress 40loading',
  ])('reads nothing in %j', (text) => {
    expect(progressIn(lines(text), asIs)).toBeUndefined();
  });

  it('keeps a text short, plain, and without what is confidential', () => {
    const [long] = [progressIn(lines(`breakaway:progress 1 ${'x'.repeat(500)}`), asIs)];

    expect(long?.text).toHaveLength(100);
    expect(progressIn(lines('breakaway:progress 1 \u001b[31mred'), (text) => text.replace('red', '***'))?.text).toBe(
      '***',
    );
  });
});
