import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { scopeOf } from '../../../functions/rebind-emr-ui/event.ts';

const eventOf = (name: string): unknown => JSON.parse(readFileSync(`events/rebind-emr-ui-${name}.json`, 'utf8'));

describe('scopeOf', () => {
  it.each(['waiting', 'terminated'])('reads which cluster an EMR event is about: %s', (name) => {
    expect(scopeOf(eventOf(name))).toEqual({
      changed: { id: 'j-1BREAKAWAY0001', name: 'recommendation-20261122' },
      isDry: false,
    });
  });

  it('is all groups for a tick and for an empty event', () => {
    expect([eventOf('schedule'), {}, undefined].map(scopeOf)).toEqual([
      { isDry: false },
      { isDry: false },
      { isDry: false },
    ]);
  });

  it('lets every event ask for a dry run', () => {
    expect(scopeOf(eventOf('dry-run'))).toEqual({ isDry: true });
    expect(scopeOf({ ...(eventOf('waiting') as object), dryRun: true })).toMatchObject({
      changed: { id: 'j-1BREAKAWAY0001' },
      isDry: true,
    });
    expect(scopeOf({ dryRun: false })).toEqual({ isDry: false });
  });

  it('reads clusters whose name is blank', () => {
    const event = { 'detail-type': 'EMR Cluster State Change', detail: { clusterId: 'j-1', name: '' } };

    expect(scopeOf(event)).toEqual({ changed: { id: 'j-1', name: '' }, isDry: false });
    expect(scopeOf({ ...event, detail: { clusterId: 'j-1' } })).toEqual({
      changed: { id: 'j-1', name: '' },
      isDry: false,
    });
  });

  it.each([
    [{ dryRun: 'yes' }, 'Event field dryRun is neither true nor false: "yes"'],
    [
      { 'detail-type': 'EMR Step Status Change' },
      "Event field detail-type is neither 'EMR Cluster State Change' nor 'Scheduled Event': \"EMR Step Status Change\"",
    ],
    [{ 'detail-type': 'EMR Cluster State Change' }, 'Event field detail is not an object: undefined'],
    [
      { 'detail-type': 'EMR Cluster State Change', detail: {} },
      'Event field detail.clusterId is not a text: undefined',
    ],
  ])('refuses %j', (event, message) => {
    expect(() => scopeOf(event)).toThrow(message);
  });
});
