import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ComputeEnvironment } from '../../../shared/placement/compute-environment.ts';
import { FARGATE_PAIRS } from '../../../shared/placement/fargate-pairs.ts';
import { type Placement, placementOf } from '../../../shared/placement/placement.ts';
import type { Requirement } from '../../../shared/placement/requirement.ts';
import { aFargate, anEnvironment, asking, TYPES } from './builders.ts';

const place = (requirement: Requirement, ...environments: ComputeEnvironment[]): Placement =>
  placementOf(requirement, environments, TYPES);

const inEnvironment = (environment: Parameters<typeof anEnvironment>[0]) => (vcpus: number, memoryMiB: number) =>
  place(asking(vcpus, memoryMiB), anEnvironment(environment));

describe('placementOf', () => {
  it('shows the arithmetic of a job that can never run, and the nearest value that fits', () => {
    const placement = inEnvironment({ instanceTypes: ['r5.xlarge'] })(4, 32_000);

    expect(placement).toMatchObject({
      kind: 'never',
      reason: 'requests 32,000 MiB, the largest (r5.xlarge) offers about 31,431',
      fix: 'request at most 31,400 MiB',
      nearest: { vcpus: 4, memoryMiB: 31_400 },
    });
  });

  it.each<[string, string[], number, number, Placement['kind']]>([
    ['all of the vCPUs, and what the least estimate leaves', ['r5.xlarge'], 4, 31_431, 'fits'],
    ['a little more than is certain', ['r5.xlarge'], 4, 31_432, 'tight'],
    ['more than any such machine offered', ['r5.xlarge'], 4, 31_917, 'never'],
    ['as much as is installed', ['m4.large'], 1, 8192, 'never'],
    ['what the documentation measured', ['m4.large'], 1, 7953, 'tight'],
    ['one vCPU more than there is', ['r5.xlarge'], 5, 1024, 'never'],
    ['much of both, of which each type has one', ['c5.9xlarge', 'r5.xlarge'], 36, 150_000, 'never'],
    ['any size of a family', ['c5'], 36, 60_000, 'fits'],
    ['a size that the family has on bare metal only', ['c5'], 72, 60_000, 'tight'],
    ['bare metal that is named', ['c5.metal'], 72, 60_000, 'fits'],
    ['the largest of today’s bundle', ['optimal'], 128, 1_000_000, 'fits'],
    ['what only a family that may be in the bundle has', ['default_x86_64'], 192, 1_200_000, 'tight'],
    ['more than any family that may be in the bundle has', ['optimal'], 192, 1_600_000, 'never'],
    ['more than the known types have, beside an unknown one', ['r5.xlarge', 'c9'], 8, 1024, 'unknown'],
    ['little, beside an unknown one', ['r5.xlarge', 'c9'], 2, 1024, 'fits'],
    ['anything of an unknown bundle', ['default_riscv'], 1, 512, 'unknown'],
    ['anything where no type is named', [], 1, 512, 'unknown'],
    ['anything of a bundle that the Region has nothing of', ['default_arm64'], 1, 512, 'unknown'],
  ])('decides for a job that requests %s', (_, instanceTypes, vcpus, memoryMiB, kind) => {
    expect(inEnvironment({ instanceTypes })(vcpus, memoryMiB).kind).toBe(kind);
  });

  it.each<[string, Parameters<typeof anEnvironment>[0], number, number, string, string]>([
    [
      'too many vCPUs for any type',
      { instanceTypes: ['r5', 'm5'] },
      32,
      16_000,
      'requests 32 vCPUs, the largest (m5.4xlarge) has 16',
      'request at most 16 vCPUs',
    ],
    [
      'too many vCPUs for the environment',
      { instanceTypes: ['m5'], maxVcpus: 8 },
      16,
      16_000,
      'requests 16 vCPUs, maxvCpus is 8',
      'request at most 8 vCPUs',
    ],
    [
      'too much memory for the types that are wide enough',
      { instanceTypes: ['c5.9xlarge', 'm5.4xlarge'] },
      20,
      72_000,
      'requests 72,000 MiB, the largest (c5.9xlarge) offers about 70,753',
      'request at most 70,700 MiB',
    ],
    [
      'too much memory for its vCPUs, which narrower types have',
      { instanceTypes: ['c5.xlarge', 'r5.large'] },
      4,
      14_000,
      'requests 14,000 MiB, of the instance types with 4 vCPUs the largest (c5.xlarge) offers about 7,499',
      'request at most 7,400 MiB',
    ],
    [
      'too much of both',
      { instanceTypes: ['c5.large'] },
      4,
      8000,
      'requests 4 vCPUs, the largest (c5.large) has 2',
      'request at most 2 vCPUs and 3,600 MiB',
    ],
  ])('explains %s', (_, environment, vcpus, memoryMiB, reason, fix) => {
    expect(inEnvironment(environment)(vcpus, memoryMiB)).toMatchObject({ kind: 'never', reason, fix });
  });

  it('advises the smaller sacrifice: less memory or fewer vCPUs', () => {
    expect(inEnvironment({ instanceTypes: ['c5.xlarge', 'r5.large'] })(3, 15_000).fix).toBe('request at most 2 vCPUs');
  });

  it('is not certain of a machine that is larger than a strict maximum', () => {
    const environment = anEnvironment({
      machines: { kind: 'instances', maxVcpus: 8, instanceTypes: ['m5.4xlarge'], isMaxStrict: true },
    });

    expect(place(asking(4, 16_000), environment)).toMatchObject({
      kind: 'tight',
      reason: 'requests 4 vCPUs and 16,000 MiB, which m5.4xlarge has, but the environment may not be able to start it',
    });
  });

  it('lets one environment of the queue be enough', () => {
    const small = anEnvironment({ name: 'small', instanceTypes: ['m5.large'] });
    const large = anEnvironment({ name: 'large', instanceTypes: ['m5.4xlarge'] });

    expect(place(asking(8, 16_000), small, large).kind).toBe('fits');
    expect(place(asking(8, 16_000), small).kind).toBe('never');
  });

  it('speaks for the environment that comes nearest, and names it', () => {
    const small = anEnvironment({ name: 'small', instanceTypes: ['m5.large'] });
    const large = anEnvironment({ name: 'large', instanceTypes: ['r5.xlarge'] });

    expect(place(asking(2, 32_000), small, large)).toMatchObject({
      kind: 'never',
      reason: 'large requests 32,000 MiB, the largest (r5.xlarge) offers about 31,431',
      fix: 'request at most 31,400 MiB',
    });
  });

  it.each(['DISABLED', 'INVALID'])('does not count an environment that is %s', (state) => {
    const environment = anEnvironment({ isUsable: 'no', state });

    expect(place(asking(1, 512), environment)).toEqual({
      kind: 'never',
      reason: `etl-machines is ${state}`,
      byEnvironment: [{ kind: 'never', environment: 'etl-machines', reason: `is ${state}` }],
    });
    expect(place(asking(1, 512), environment, anEnvironment()).kind).toBe('fits');
  });

  it('is unknown while the environment is being changed', () => {
    expect(place(asking(1, 512), anEnvironment({ isUsable: 'not yet', state: 'UPDATING' })).kind).toBe('unknown');
  });

  it('is unknown for a job that is not modelled, with the reason', () => {
    const unmanaged = anEnvironment({ machines: { kind: 'unmodelled', reason: 'is unmanaged' } });

    expect(place(asking(1, 512), unmanaged)).toMatchObject({ kind: 'unknown', reason: 'etl-machines is unmanaged' });
    expect(place({ kind: 'unmodelled', reason: 'the job requests GPUs' }, anEnvironment())).toEqual({
      kind: 'unknown',
      reason: 'the job requests GPUs',
      byEnvironment: [],
    });
    expect(place(asking(1, 512)).kind).toBe('unknown');
  });

  it('is never `never` while one environment is unknown', () => {
    const unmanaged = anEnvironment({ name: 'own', machines: { kind: 'unmodelled', reason: 'is unmanaged' } });

    expect(place(asking(999, 512), anEnvironment(), unmanaged).kind).toBe('unknown');
  });

  it.each<[number, number, Placement['kind'], string | undefined]>([
    [4, 30_720, 'fits', undefined],
    [4, 31_000, 'never', 'request 4 vCPUs and 30,720 MiB'],
    [4, 7168, 'never', 'request 4 vCPUs and 8,192 MiB'],
    [3, 8192, 'never', 'request 4 vCPUs and 8,192 MiB'],
    [32, 122_880, 'never', 'request 16 vCPUs and 122,880 MiB'],
  ])('takes %d vCPUs with %d MiB on Fargate: %s', (vcpus, memoryMiB, kind, fix) => {
    const placement = place(asking(vcpus, memoryMiB, 'FARGATE'), aFargate(16));

    expect([placement.kind, placement.fix]).toEqual([kind, fix]);
  });

  it('distinguishes a pair that Fargate does not have from one that is too large for the environment', () => {
    expect(place(asking(4, 31_000, 'FARGATE'), aFargate()).reason).toBe(
      'requests 4 vCPUs and 31,000 MiB, a pair that Fargate does not have',
    );
    expect(place(asking(32, 122_880, 'FARGATE'), aFargate(16)).reason).toBe('requests 32 vCPUs, maxvCpus is 16');
    expect(place(asking(1, 2048, 'FARGATE'), aFargate(0.5)).fix).toBe('request 0.5 vCPUs and 2,048 MiB');
    expect(place(asking(1, 2048, 'FARGATE'), aFargate(0))).not.toHaveProperty('fix');
  });

  it('sends no job to machines that it is not for', () => {
    expect(place(asking(1, 2048, 'FARGATE'), anEnvironment())).toMatchObject({
      kind: 'never',
      reason: 'etl-machines has EC2 instances only, and the job is for Fargate',
    });
    expect(place(asking(1, 2048), aFargate())).toMatchObject({
      kind: 'never',
      reason: 'serverless has Fargate only, and the job is for EC2',
    });
  });
});

const anyEnvironment = fc
  .record({
    instanceTypes: fc.subarray(
      [...TYPES.map(({ name }) => name), 'c5', 'm5', 'r5', 'optimal', 'default_x86_64', 'c9', 'x_y'],
      {
        maxLength: 4,
      },
    ),
    maxVcpus: fc.integer({ min: 0, max: 256 }),
    isMaxStrict: fc.boolean(),
    isUsable: fc.constantFrom('yes' as const, 'yes' as const, 'no' as const, 'not yet' as const),
    isModelled: fc.boolean(),
  })
  .map(({ instanceTypes, maxVcpus, isMaxStrict, isUsable, isModelled }) =>
    anEnvironment({
      isUsable,
      machines:
        isModelled || instanceTypes.length > 0
          ? { kind: 'instances', instanceTypes, maxVcpus, isMaxStrict }
          : { kind: 'unmodelled', reason: 'is unmanaged' },
    }),
  );

const anyAsk = fc.record({
  vcpus: fc.integer({ min: 1, max: 256 }),
  memoryMiB: fc.integer({ min: 4, max: 1_700_000 }),
});

/** Values near what the types offer are where mistakes would be. */
const anyEdgeAsk = fc.oneof(
  anyAsk,
  fc
    .record({
      type: fc.constantFrom(...TYPES),
      offMiB: fc.integer({ min: -900, max: 900 }),
      offVcpus: fc.integer({ min: -1, max: 1 }),
    })
    .map(({ type, offMiB, offVcpus }) => ({
      vcpus: Math.max(1, type.vcpus + offVcpus),
      memoryMiB: Math.max(4, Math.floor(type.memoryMiB * 0.97) + offMiB),
    })),
);

describe('placementOf for any request', () => {
  it('turns no fit into never when less is asked for', () => {
    fc.assert(
      fc.property(
        fc.array(anyEnvironment, { maxLength: 3 }),
        anyEdgeAsk,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (environments, ask, shareOfVcpus, shareOfMemory) => {
          const less = {
            vcpus: Math.max(1, Math.floor(ask.vcpus * shareOfVcpus)),
            memoryMiB: Math.max(4, Math.floor(ask.memoryMiB * shareOfMemory)),
          };

          const placement = place(asking(ask.vcpus, ask.memoryMiB), ...environments);
          const ofLess = place(asking(less.vcpus, less.memoryMiB), ...environments);

          if (placement.kind === 'fits') {
            expect(ofLess.kind).toBe('fits');
          }
          if (placement.kind !== 'never') {
            expect(ofLess.kind).not.toBe('never');
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('advises only resources that fit, and never more than requested', () => {
    fc.assert(
      fc.property(fc.array(anyEnvironment, { minLength: 1, maxLength: 3 }), anyEdgeAsk, (environments, ask) => {
        const { kind, nearest, fix } = place(asking(ask.vcpus, ask.memoryMiB), ...environments);

        expect(fix === undefined).toBe(nearest === undefined);
        if (nearest !== undefined) {
          expect(['tight', 'never']).toContain(kind);
          expect(nearest.vcpus).toBeGreaterThan(0);
          expect(nearest.vcpus).toBeLessThanOrEqual(ask.vcpus);
          expect(nearest.memoryMiB).toBeLessThanOrEqual(ask.memoryMiB);
          expect(place(asking(nearest.vcpus, nearest.memoryMiB), ...environments).kind).toBe('fits');
        }
      }),
      { numRuns: 2000 },
    );
  });

  it('agrees with trying one type after another', () => {
    fc.assert(
      fc.property(
        fc.subarray([...TYPES], { minLength: 1 }),
        fc.integer({ min: 1, max: 256 }),
        anyEdgeAsk,
        (types, maxVcpus, ask) => {
          const environment = anEnvironment({ instanceTypes: types.map(({ name }) => name), maxVcpus });

          const { kind } = place(asking(ask.vcpus, ask.memoryMiB), environment);

          const couldRun = types.some(
            (type) => ask.vcpus <= maxVcpus && ask.vcpus <= type.vcpus && ask.memoryMiB <= type.memoryMiB * 0.94 - 480,
          );
          const couldNever = types.every(
            (type) => ask.vcpus > maxVcpus || ask.vcpus > type.vcpus || ask.memoryMiB > type.memoryMiB * 0.985,
          );
          if (couldRun) {
            expect(kind).toBe('fits');
          }
          if (couldNever) {
            expect(kind).toBe('never');
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('turns no pair of Fargate into never for a smaller one', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...FARGATE_PAIRS),
        fc.constantFrom(...FARGATE_PAIRS),
        fc.integer({ min: 0, max: 64 }),
        (pair, other, max) => {
          const placement = place(asking(pair.vcpus, pair.memoryMiB, 'FARGATE'), aFargate(max));

          if (placement.kind === 'fits' && other.vcpus <= pair.vcpus) {
            expect(place(asking(other.vcpus, other.memoryMiB, 'FARGATE'), aFargate(max)).kind).toBe('fits');
          }
        },
      ),
    );
  });
});
