import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readJobEvent } from '../../../shared/jobs/job-event.ts';

const event = (file: string) => JSON.parse(readFileSync(`events/${file}.json`, 'utf8'));

describe('readJobEvent', () => {
  it.each([
    ['track-jobs-running', 'job changed', 'RUNNING'],
    ['notify-failure-service-job', 'job changed', 'FAILED'],
    ['notify-failure-queue-blocked', 'queue blocked', 'RUNNABLE'],
  ])('reads events/%s.json', (file, kind, status) => {
    expect(readJobEvent(event(file))).toMatchObject({ kind, job: { status } });
  });

  it.each([
    [{ 'detail-type': 'Object Created' }, 'Event field detail-type is not an event about a job: "Object Created"'],
    [{ 'detail-type': '__proto__' }, 'Event field detail-type is not an event about a job: "__proto__"'],
    [{ region: undefined }, 'Event field region is not a text: undefined'],
    [{ detail: undefined }, 'Event field detail is not an object: undefined'],
  ])('names what is wrong: %j', (differences, message) => {
    expect(() => readJobEvent({ ...event('track-jobs-running'), ...differences })).toThrow(message);
  });

  it.each([[undefined], [[]], ['text']])('refuses %j', (value) => {
    expect(() => readJobEvent(value)).toThrow('Event field (all of it) is not an object');
  });
});
