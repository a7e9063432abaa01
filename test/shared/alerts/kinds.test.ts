import { describe, expect, it } from 'vitest';
import { closingKindOf, isAlertKind, KINDS } from '../../../shared/alerts/kinds.ts';

describe('KINDS', () => {
  it('has the kinds that subscriptions may filter by', () => {
    expect(Object.keys(KINDS).sort()).toEqual([
      'claim-lost',
      'feed-late',
      'feed-recovered',
      'file-overwritten',
      'job-failed',
      'job-started',
      'job-succeeded',
      'job-unplaceable',
      'queue-blocked',
      'queue-unblocked',
      'submit-refused',
    ]);
  });
});

describe('isAlertKind', () => {
  it.each([
    ['job-failed', true],
    ['feed-lost', false],
    ['toString', false],
    ['', false],
  ])('says of %j: %s', (text, expected) => {
    expect(isAlertKind(text)).toBe(expected);
  });
});

describe('closingKindOf', () => {
  it.each([
    ['feed-late', 'feed-recovered'],
    ['queue-blocked', 'queue-unblocked'],
    ['submit-refused', 'submit-refused'],
  ] as const)('closes %s as %s', (kind, expected) => {
    expect(closingKindOf(kind)).toBe(expected);
  });
});
