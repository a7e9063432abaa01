import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hostNameOf, hostNameProblem } from '../../configuration/host-names.ts';

describe('hostNameOf', () => {
  it.each([
    ['{ui}-{cluster}.emr.example.com', 'etl', 'hue-etl.emr.example.com'],
    ['{cluster}.{ui}.example.com', 'etl', 'etl.hue.example.com'],
    ['emr.example.com', 'etl', 'emr.example.com'],
    ['{ui}.{cluster}.example.com', 'Nightly ETL (eu)', 'hue.nightly-etl-eu.example.com'],
    ['{ui}.{cluster}.example.com', '日次', 'hue..example.com'],
  ])('fills in %s for %s', (template, cluster, host) => {
    expect(hostNameOf(template, { cluster, ui: 'hue' })).toBe(host);
  });

  it('is legal for any name of a cluster, or has a problem', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (cluster) => {
        const host = hostNameOf('{ui}.{cluster}.example.com', { cluster, ui: 'hue' });

        if (hostNameProblem(host) === undefined) {
          expect(host).toMatch(/^[a-z0-9.-]+$/);
          expect(new URL(`https://${host}`).host).toBe(host);
        }
      }),
    );
  });
});

describe('hostNameProblem', () => {
  it.each(['hue-etl.emr.example.com', 'a.b', '1.2.example.com'])('accepts %s', (host) => {
    expect(hostNameProblem(host)).toBeUndefined();
  });

  it.each([
    ['hue..example.com', '"" in hue..example.com is not a label of a host name'],
    ['-hue.example.com', '"-hue" in -hue.example.com'],
    ['hue-.example.com', '"hue-" in hue-.example.com'],
    ['Hue.example.com', '"Hue" in Hue.example.com'],
    ['{host}.example.com', '"{host}" in {host}.example.com'],
    [`${'a'.repeat(64)}.example.com`, 'at most 63 characters'],
    ['localhost', 'localhost has no domain'],
    ['10.0.0.1', '10.0.0.1 has no domain'],
    [`${'a.'.repeat(64)}b.com`, 'has 133 characters, and a rule allows 128'],
  ])('reports the problem of %s', (host, problem) => {
    expect(hostNameProblem(host)).toContain(problem);
  });
});
