import { describe, expect, it } from 'vitest';
import { BUILT_IN_UIS, knownUis, portOn, type Ui } from '../../../shared/clusters/uis.ts';

const aUi = (ui: Partial<Ui> = {}): Ui => ({
  name: 'zeppelin',
  ports: [{ fromLine: 5, port: 8890 }],
  protocol: 'HTTP',
  primaries: 'all',
  healthCheck: { path: '/', codes: '200' },
  isSticky: false,
  ...ui,
});

describe('knownUis', () => {
  it('always has the five built-in names', () => {
    const five = ['hdfs-namenode', 'hue', 'spark-history-server', 'tez-ui', 'yarn-resource-manager'];

    expect([...knownUis(undefined).keys()].toSorted()).toEqual(five);
    expect([...knownUis({ defined: [aUi()], clusterUis: [] }).keys()].toSorted()).toEqual([...five, 'zeppelin']);
  });

  it('lets the configuration replace one', () => {
    const hue = aUi({ name: 'hue', protocol: 'HTTPS' });

    expect(knownUis({ defined: [hue], clusterUis: [] }).get('hue')).toEqual(hue);
    expect(knownUis({ defined: [hue], clusterUis: [] }).size).toBe(BUILT_IN_UIS.length);
  });
});

describe('portOn', () => {
  const ui = aUi({
    ports: [
      { fromLine: 5, port: 1 },
      { fromLine: 7, port: 2 },
    ],
  });

  it.each([
    ['emr-4.9.6', undefined],
    ['emr-5.0.0', 1],
    ['emr-6.15.0', 1],
    ['emr-7.0.0', 2],
    ['emr-12.1.0', 2],
    ['emr-x', undefined],
    ['7.0.0', undefined],
    [undefined, undefined],
  ])('finds the port of the newest line that is not newer than %s', (release, port) => {
    expect(portOn(ui, release)).toBe(port);
  });

  it('goes by ascending lines, as every built-in interface has them', () => {
    for (const { ports } of BUILT_IN_UIS) {
      expect(ports.map(({ fromLine }) => fromLine)).toEqual(
        ports.map(({ fromLine }) => fromLine).toSorted((one, other) => one - other),
      );
    }
  });
});
