/** The contract of the notes of failures, for the table in DynamoDB and the notes in memory. */
import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, it } from 'vitest';
import type { FailureNotes } from '../../functions/notify-failure/failure-notes.ts';

const WINDOW = new Date('2026-11-22T03:00:00.000Z');
const NEXT_WINDOW = new Date('2026-11-22T03:10:00.000Z');
const signal = new AbortController().signal;

const aFailure = (id: string) => ({ id, title: `${id}: exit code 1`, link: `https://console/${id}` });

export const describeFailureNotes = (name: string, open: () => FailureNotes): void => {
  describe(`the notes of failures in ${name}`, () => {
    let notes: FailureNotes;
    let queue: string;
    let root: string;

    beforeEach(() => {
      notes = open();
      // A queue and a job of its own for each test, so that one table serves all.
      queue = `queue-${randomUUID()}`;
      root = randomUUID();
    });

    const takePlace = (id: string, window = WINDOW) => notes.takePlace(queue, window, id, 2, signal);
    const addToBurst = (...ids: string[]) => notes.addToBurst(queue, WINDOW, ids.map(aFailure), 3, signal);

    it('gives as many places as there are, and says how many are taken', async () => {
      expect([await takePlace('a'), await takePlace('b'), await takePlace('c')]).toEqual([1, 2, undefined]);
    });

    it('lets a failure keep its place', async () => {
      await takePlace('a');
      await takePlace('b');

      expect([await takePlace('a'), await takePlace('b')]).toEqual([2, 2]);
    });

    it('gives the places of each window and queue anew', async () => {
      await takePlace('a');
      await takePlace('b');

      expect(await takePlace('c', NEXT_WINDOW)).toBe(1);
      expect(await notes.takePlace(`${queue}-other`, WINDOW, 'c', 2, signal)).toBe(1);
    });

    it('gives two of twenty places that are asked for at once', async () => {
      const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => takePlace(`job-${index}`)));

      expect(answers.filter((taken) => taken !== undefined)).toHaveLength(2);
    });

    it('counts what is held back once, however often it comes', async () => {
      await addToBurst('a', 'b');

      const count = await addToBurst('b', 'c', 'c');

      expect(count).toEqual({ count: 3, isAll: true, samples: ['a', 'b', 'c'].map(aFailure) });
    });

    it('does not count what has a place', async () => {
      await takePlace('a');

      expect(await addToBurst('a', 'b')).toMatchObject({ count: 1, samples: [aFailure('b')] });
    });

    it('keeps as many samples as are asked for', async () => {
      expect((await addToBurst('a', 'b', 'c', 'd', 'e')).samples).toHaveLength(3);
      expect(await addToBurst('f')).toMatchObject({ count: 6, samples: ['a', 'b', 'c'].map(aFailure) });
    });

    it('counts thousands', async () => {
      const ids = Array.from({ length: 2_000 }, () => randomUUID());
      for (let start = 0; start < ids.length; start += 500) {
        await addToBurst(...ids.slice(start, start + 500));
      }

      expect(await addToBurst(...ids.slice(0, 3))).toMatchObject({ count: 2_000, isAll: true });
    });

    it('tells which were counted in a window, and which had a place', async () => {
      await takePlace('p');
      await addToBurst('a', 'b', 'p');

      expect(await notes.notedAmong(queue, WINDOW, ['b', 'c', 'p'], signal)).toEqual({
        counted: new Set(['b']),
        placed: new Set(['p']),
      });
      expect(await notes.notedAmong(queue, NEXT_WINDOW, ['b', 'p'], signal)).toEqual({
        counted: new Set(),
        placed: new Set(),
      });
    });

    it('knows no job that fell with one that nobody depends on', async () => {
      expect(await notes.takeCascaded(root, signal)).toEqual(new Set());
      expect(await notes.readCascaded(root, signal)).toEqual({ jobs: new Set(), notified: new Set() });
    });

    it('names the jobs that fell with one, and notes that a notification counts them', async () => {
      await notes.addCascaded(root, ['a', 'b'], signal);
      await notes.addCascaded(root, ['b', 'c'], signal);
      expect(await notes.readCascaded(root, signal)).toEqual({ jobs: new Set(['a', 'b', 'c']), notified: new Set() });

      expect(await notes.takeCascaded(root, signal)).toEqual(new Set(['a', 'b', 'c']));
      await notes.addCascaded(root, ['d'], signal);

      expect(await notes.readCascaded(root, signal)).toEqual({
        jobs: new Set(['a', 'b', 'c', 'd']),
        notified: new Set(['a', 'b', 'c']),
      });
    });
  });
};
