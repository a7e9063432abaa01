import { describe, expect, it } from 'vitest';
import { chosenTypes, familyOf, instanceChoice, namesIn } from '../../../shared/placement/instance-choice.ts';
import { TYPES } from './builders.ts';

const namesOf = (instanceTypes: string[]) => {
  const { certain, maybe, unknown } = chosenTypes(instanceChoice(instanceTypes), TYPES);
  return { certain: certain.map(({ name }) => name), maybe: maybe.map(({ name }) => name), unknown };
};

describe('instanceChoice', () => {
  it('sorts types, families and unknown names', () => {
    expect(instanceChoice(['c5', 'r5.xlarge', 'u-6tb1.56xlarge', 'x2iedn', 'default_x86_64_v2', 'c5'])).toEqual({
      named: ['c5', 'r5.xlarge', 'u-6tb1.56xlarge', 'x2iedn'],
      bundled: [],
      maybeBundled: [],
      unknown: ['default_x86_64_v2'],
    });
  });

  it.each(['optimal', 'default_x86_64'])('takes %s for today’s bundle, which may hold older families', (bundle) => {
    const choice = instanceChoice([bundle]);

    expect(choice.bundled).toEqual(['m6i', 'c6i', 'r6i', 'c7i']);
    expect(choice.maybeBundled).toEqual(expect.arrayContaining(['m4', 'c4', 'r4', 'm5', 'c5', 'r5']));
    expect(choice.unknown).toEqual([]);
  });

  it('knows the bundle of the other architecture', () => {
    expect(instanceChoice(['default_arm64']).bundled).toEqual(['m6g', 'c6g', 'r6g', 'c7g']);
  });
});

describe('namesIn', () => {
  it('names each type and family once', () => {
    const names = namesIn(instanceChoice(['optimal', 'm6i', 'r5.xlarge']));

    expect(names).toEqual([...new Set(names)]);
    expect(names).toEqual(expect.arrayContaining(['m6i', 'r5.xlarge', 'c7i', 'm4']));
  });
});

describe('chosenTypes', () => {
  it('resolves a family to its sizes, and to no family with the same beginning', () => {
    expect(namesOf(['c5'])).toEqual({
      certain: ['c5.large', 'c5.xlarge', 'c5.9xlarge'],
      maybe: ['c5.metal'],
      unknown: [],
    });
  });

  it('resolves a type to itself, even bare metal', () => {
    expect(namesOf(['c5.metal', 'c5.large'])).toEqual({ certain: ['c5.metal', 'c5.large'], maybe: [], unknown: [] });
  });

  it('does not know a family that EC2 does not describe', () => {
    expect(namesOf(['c9', 'r5.large'])).toEqual({ certain: ['r5.large'], maybe: [], unknown: ['c9'] });
  });

  it('does without the families of a bundle that the Region lacks', () => {
    const { certain, maybe, unknown } = namesOf(['default_x86_64']);

    expect(certain).toEqual(['m6i.32xlarge', 'c6i.32xlarge', 'r6i.32xlarge', 'c7i.48xlarge']);
    expect(maybe).toEqual(expect.arrayContaining(['m4.large', 'r7i.48xlarge', 'c5.metal']));
    expect(unknown).toEqual([]);
  });
});

describe('familyOf', () => {
  it('is what stands before the dot', () => {
    expect(familyOf('c5d.metal')).toBe('c5d');
  });
});
