import { describe, expect, it } from 'vitest';
import { type Settings, selectGroups } from '../../../functions/rebind-emr-ui/scope.ts';
import { knownUis } from '../../../shared/clusters/uis.ts';
import { aGroup } from './builders.ts';

const settings = (changes: Partial<Settings> = {}): Settings => ({
  selectors: [],
  uis: knownUis(undefined),
  reliedOn: [],
  ...changes,
});

const OURS = [
  aGroup(),
  aGroup({ arn: 'arn:2', ui: 'tez-ui' }),
  aGroup({ arn: 'arn:3', cluster: 'adhoc' }),
  aGroup({ arn: 'arn:4', cluster: 'odd', ui: 'zeppelin' }),
];

const selected = (...args: Parameters<typeof selectGroups>): string[] =>
  selectGroups(...args).groups.map(({ group }) => group.arn);

describe('selectGroups', () => {
  it('selects all groups with a known UI for a tick, and names each logical cluster once', () => {
    const { groups, clusterNames, withUnknownUi, withoutGroup } = selectGroups(OURS, undefined, settings());

    expect(groups.map(({ group, ui }) => `${group.arn} ${ui.name}`)).toEqual([
      'arn:1 hue',
      'arn:2 tez-ui',
      'arn:3 hue',
    ]);
    expect(clusterNames).toEqual(['etl', 'adhoc']);
    expect(withUnknownUi).toEqual(OURS.slice(3));
    expect(withoutGroup).toEqual([]);
  });

  it.each<[string, string, Settings['selectors'], string[]]>([
    ['of exactly its name', 'adhoc', [], ['arn:3']],
    ['of no name', 'nightly', [], []],
    ['of the name that a pattern gives it', 'x-1', [{ kind: 'pattern', pattern: 'x-*', name: 'adhoc' }], ['arn:3']],
    [
      'of a name that its tags may give it',
      'x-1',
      [{ kind: 'tag', key: 'team', value: 'ml', name: 'etl' }],
      ['arn:1', 'arn:2'],
    ],
    [
      'of its own name, where the configuration gives that to no logical cluster',
      'etl',
      [{ kind: 'pattern', pattern: 'etl*', name: 'all' }],
      ['arn:1', 'arn:2'],
    ],
  ])('selects the groups %s for a state change', (_, name, selectors, expected) => {
    expect(selected(OURS, { id: 'j-1', name }, settings({ selectors }))).toEqual(expected);
  });

  it('names the UIs without a group for a tick only, and finds their clusters too', () => {
    const reliedOn = [
      { cluster: 'etl', ui: 'hue' },
      { cluster: 'reports', ui: 'hue' },
    ];

    const tick = selectGroups(OURS, undefined, settings({ reliedOn }));
    const change = selectGroups(OURS, { id: 'j-1', name: 'reports' }, settings({ reliedOn }));

    expect(tick).toMatchObject({ withoutGroup: reliedOn.slice(1), clusterNames: ['etl', 'adhoc', 'reports'] });
    expect(change).toMatchObject({ groups: [], withoutGroup: [], clusterNames: [] });
  });
});
