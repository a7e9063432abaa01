/** Which run of a feed: the business date and the captured values that all its files share. */
export type RunKey = {
  readonly feed: string;
  /** As fine as the feed's templates spell it: `2026-11-22`, `2026-11-22T05`. */
  readonly date?: string;
  /**
   * The captures by name. A feed with one file slot and no captures has one run for each object, which stands here as `object`:
   * `s3://bucket/key`.
   */
  readonly values: Readonly<Record<string, string>>;
};

/**
 * Writes a run key as one string: `northwind-catalog@2026-11-22,shop=tokyo`.
 *
 * Two runs have the same string only if they are the same. A comma inside a value is doubled, which tells it from the one that starts the
 * next value; nothing else is changed, so that a person can read it and type it into a shell.
 */
export const runKeyId = ({ feed, date, values }: RunKey): string => {
  // By code unit and not by locale: the string is stored, so it must be the same on every machine.
  const fields = Object.entries(values).sort(([one], [other]) => (one < other ? -1 : 1));

  return [
    date === undefined ? feed : `${feed}@${date}`,
    ...fields.map(([name, value]) => `${name}=${value.replaceAll(',', ',,')}`),
  ].join(',');
};
