/** A parsed S3 URI with captures. */

/** The parts of a business date that a key can spell, from the largest to the smallest. */
export type DateUnit = 'yyyy' | 'MM' | 'dd' | 'HH' | 'mm';

export type TemplatePart =
  | { readonly kind: 'literal'; readonly text: string }
  /** Digits of fixed width. A date in several pieces is several parts. */
  | { readonly kind: 'date'; readonly unit: DateUnit }
  /** `{name}`: one or more characters without a slash. */
  | { readonly kind: 'capture'; readonly name: string }
  /** `*`: any number of characters without a slash. */
  | { readonly kind: 'any' };

export type Template = {
  /** The text of the user: `s3://landing/sales/{date:yyyyMMdd}/orders_{shop}.tsv.gz`. */
  readonly uri: string;
  readonly bucket: string;
  /** The parts of the key, literals merged. */
  readonly parts: readonly TemplatePart[];
};
