/** The key of a run: its feed, its business date, and the captured values of all its files. */
export type RunKey = {
  readonly feed: string;
  /** A date with the units of the feed's templates: `2026-11-22`, `2026-11-22T05`. */
  readonly date?: string;
  /**
   * The captures by name. A feed with one file slot and no captures has one run for each object,
   * with the value `object`: `s3://bucket/key`.
   */
  readonly values: Readonly<Record<string, string>>;
};

/**
 * Writes a run key as one string: `northwind-catalog@2026-11-22,shop=tokyo`.
 *
 * Different runs have different strings. A comma inside a value is doubled, to distinguish it from
 * the comma before the next value. The rest is unchanged, so that a person can read it and type it
 * into a shell.
 */
export const runKeyId = ({ feed, date, values }: RunKey): string => {
  // Sorted by code unit and not by locale, since the stored string must be the same on every
  // machine.
  const fields = Object.entries(values).sort(([one], [other]) => (one < other ? -1 : 1));

  return [
    date === undefined ? feed : `${feed}@${date}`,
    ...fields.map(([name, value]) => `${name}=${value.replaceAll(',', ',,')}`),
  ].join(',');
};
