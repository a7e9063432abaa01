/** Resolves the names, families and bundles of a compute environment to instance types. */
import type { InstanceType } from './usable-memory.ts';

/**
 * The bundles of AWS and their families.
 *
 * The families of a bundle differ by Region and change over time. `maybe` lists families that it
 * had before, or has in some Regions.
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

/** `c5`, `m5dn`, `u-6tb1`, `x2iedn`: a family has no dot. */
const FAMILY = /^[a-z][a-z0-9-]*\d[a-z0-9-]*$/;

const TYPE = /^[a-z][a-z0-9-]*\.[a-z0-9-]+$/;

/** The entries of a compute environment, by kind. */
export type InstanceChoice = {
  /** Types and families that it names, so that it may start them. */
  readonly named: readonly string[];
  /** Families of a bundle that it names; some Regions do not have all. */
  readonly bundled: readonly string[];
  /** Families that the bundle may have in this Region. */
  readonly maybeBundled: readonly string[];
  /** Entries that are not a type, a family or a known bundle. */
  readonly unknown: readonly string[];
};

/** Sorts the `instanceTypes` of a compute environment by kind. */
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

/** Lists every type and family that EC2 has to describe. */
export const namesIn = ({ named, bundled, maybeBundled }: InstanceChoice): string[] => [
  ...new Set([...named, ...bundled, ...maybeBundled]),
];

const isType = (name: string): boolean => name.includes('.');

/** Returns the family of an instance type: `c5` of `c5.8xlarge`. */
export const familyOf = (instanceType: string): string => instanceType.slice(0, instanceType.indexOf('.'));

/** The instance types that an environment may start. */
export type ChosenTypes = {
  readonly certain: readonly InstanceType[];
  /** Types that it may or may not start. */
  readonly maybe: readonly InstanceType[];
  /** Entries without a known instance type. */
  readonly unknown: readonly string[];
};

/**
 * Finds the instance types that an environment may start.
 *
 * @param known - the instance types that EC2 described for the names of the choice
 */
export const chosenTypes = (choice: InstanceChoice, known: readonly InstanceType[]): ChosenTypes => {
  const typesOf = (name: string): readonly InstanceType[] =>
    known.filter((type) => (isType(name) ? type.name === name : familyOf(type.name) === name));
  const families = [...choice.named.filter((name) => !isType(name)), ...choice.bundled].flatMap(typesOf);
  return {
    certain: [...choice.named.filter(isType).flatMap(typesOf), ...families.filter(({ isBareMetal }) => !isBareMetal)],
    maybe: [
      // AWS does not document whether a family includes its bare-metal sizes.
      ...families.filter(({ isBareMetal }) => isBareMetal),
      ...choice.maybeBundled.flatMap(typesOf),
    ],
    unknown: [...choice.unknown, ...choice.named.filter((name) => typesOf(name).length === 0)],
  };
};
