/** The instance types that a compute environment may start, spelled as names, families or bundles. */
import type { InstanceType } from './usable-memory.ts';

/**
 * What AWS calls the bundles, and what they stand for.
 *
 * What a bundle holds differs by Region and changes with time, so families that it held before, or has in some Regions, may be in it or not.
 *
 * @see https://docs.aws.amazon.com/batch/latest/userguide/instance-type-compute-table.html
 * @see https://docs.aws.amazon.com/batch/latest/userguide/optimal-default-instance-troubleshooting.html
 */
const X86_64 = {
  families: ['m6i', 'c6i', 'r6i', 'c7i'],
  maybe: ['m4', 'c4', 'r4', 'm5', 'c5', 'r5', 'm7i', 'r7i'],
};

const BUNDLES: ReadonlyMap<string, { readonly families: readonly string[]; readonly maybe: readonly string[] }> =
  new Map([
    ['optimal', X86_64],
    ['default_x86_64', X86_64],
    ['default_arm64', { families: ['m6g', 'c6g', 'r6g', 'c7g'], maybe: ['m7g', 'r7g'] }],
  ]);

/** `c5`, `m5dn`, `u-6tb1`, `x2iedn`: there is no dot in it. */
const FAMILY = /^[a-z][a-z0-9-]*\d[a-z0-9-]*$/;

const TYPE = /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/;

/** What a compute environment names, sorted out. */
export type InstanceChoice = {
  /** Types and families that it names: it may start them. */
  readonly named: readonly string[];
  /** Families that a bundle which it names stands for; not every Region has them all. */
  readonly bundled: readonly string[];
  /** Families that the bundle may stand for, here or at another time. */
  readonly maybeBundled: readonly string[];
  /** What it names that is neither, nor a bundle that is known. */
  readonly unknown: readonly string[];
};

/** Sorts out what a compute environment names in `instanceTypes`. */
export const instanceChoice = (instanceTypes: readonly string[]): InstanceChoice => {
  const bundles = instanceTypes.flatMap((name) => BUNDLES.get(name) ?? []);
  const others = instanceTypes.filter((name) => !BUNDLES.has(name));
  const isKnown = (name: string): boolean => FAMILY.test(name) || TYPE.test(name);
  return {
    named: [...new Set(others.filter(isKnown))],
    bundled: [...new Set(bundles.flatMap(({ families }) => families))],
    maybeBundled: [...new Set(bundles.flatMap(({ maybe }) => maybe))],
    unknown: others.filter((name) => !isKnown(name)),
  };
};

/** Names every type and family that has to be known to judge a choice. */
export const namesIn = ({ named, bundled, maybeBundled }: InstanceChoice): string[] => [
  ...new Set([...named, ...bundled, ...maybeBundled]),
];

const isType = (name: string): boolean => name.includes('.');

/** Names the family of an instance type: `c5` of `c5.8xlarge`. */
export const familyOf = (instanceType: string): string => instanceType.slice(0, instanceType.indexOf('.'));

/** The instance types that an environment may start. */
export type ChosenTypes = {
  readonly certain: readonly InstanceType[];
  /** It starts these, or not. */
  readonly maybe: readonly InstanceType[];
  /** What it names that stands for no instance type known here. */
  readonly unknown: readonly string[];
};

/**
 * Finds the instance types that an environment may start.
 *
 * @param known - what EC2 told of every name in the choice
 */
export const chosenTypes = (choice: InstanceChoice, known: readonly InstanceType[]): ChosenTypes => {
  const typesOf = (name: string): readonly InstanceType[] =>
    known.filter((type) => (isType(name) ? type.name === name : familyOf(type.name) === name));
  const families = [...choice.named.filter((name) => !isType(name)), ...choice.bundled].flatMap(typesOf);
  return {
    certain: [...choice.named.filter(isType).flatMap(typesOf), ...families.filter(({ isBareMetal }) => !isBareMetal)],
    maybe: [
      // Whether a family stands for its bare-metal sizes too is not documented.
      ...families.filter(({ isBareMetal }) => isBareMetal),
      ...choice.maybeBundled.flatMap(typesOf),
    ],
    unknown: [...choice.unknown, ...choice.named.filter((name) => typesOf(name).length === 0)],
  };
};
