/** An S3 URI with captures, parsed. */

/** The parts of a business date that a key can spell, from the largest to the smallest. */
export type DateUnit = 'yyyy' | 'MM' | 'dd' | 'HH' | 'mm';

export type TemplatePart =
  | { readonly kind: 'literal'; readonly text: string }
  /** A run of digits of fixed width. Of one date spread over a key, each piece is a part of its own. */
  | { readonly kind: 'date'; readonly unit: DateUnit }
  /** `{name}`: one or more characters, none of them a slash. */
  | { readonly kind: 'capture'; readonly name: string }
  /** `*`: any number of characters, none of them a slash. */
  | { readonly kind: 'any' };

export type Template = {
  /** As the user wrote it: `s3://landing/sales/{date:yyyyMMdd}/orders_{shop}.tsv.gz`. */
  readonly uri: string;
  readonly bucket: string;
  /** The parts of the key, literals merged. */
  readonly parts: readonly TemplatePart[];
};
