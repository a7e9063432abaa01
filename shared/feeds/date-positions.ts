/**
 * Finds the positions of the pieces of a date in a key, as far as the template alone determines
 * them.
 */
import type { DateUnit, TemplatePart } from './template.ts';

/**
 * A border of a key: 0 is its start, then come its slashes, then its end. A capture contains no
 * slash, so a template and each of its keys have the same borders.
 */
type Border = { readonly index: number; readonly at: number };

/**
 * The part of a template between two captures. Its width is fixed, so a piece next to a border has
 * a fixed position.
 */
export type Stretch = {
  readonly pieces: readonly {
    readonly unit: DateUnit;
    /** Index among the parts of the template. */
    readonly index: number;
    /** Index of the first character in the stretch. */
    readonly at: number;
  }[];
  /**
   * `undefined` for a stretch that floats: both sides of it in its folder or file name are a
   * capture or `*`.
   */
  readonly border: Border | undefined;
};

/** Cuts a template at its captures. */
export const cutIntoStretches = (
  parts: readonly TemplatePart[],
): { readonly stretches: readonly Stretch[]; readonly slashes: number } => {
  const stretches: Stretch[] = [];
  let slashes = 0;
  let pieces: Stretch['pieces'][number][] = [];
  let border: Border | undefined = { index: 0, at: -1 };
  let width = 0;
  for (const [index, part] of parts.entries()) {
    if (part.kind === 'literal') {
      for (const { index: at } of part.text.matchAll(/\//g)) {
        slashes += 1;
        border ??= { index: slashes, at: width + at };
      }
      width += part.text.length;
    } else if (part.kind === 'date') {
      pieces.push({ unit: part.unit, index, at: width });
      width += part.unit.length;
    } else {
      stretches.push({ pieces, border });
      pieces = [];
      border = undefined;
      width = 0;
    }
  }
  stretches.push({ pieces, border: border ?? { index: slashes + 1, at: width } });

  return { stretches, slashes };
};

/**
 * A piece of a date, and the number of characters between a border of the key and its beginning.
 */
export type FixedPiece = { readonly unit: DateUnit; readonly border: number; readonly offset: number };

/** Lists the pieces of a date that have the same position in every key. */
export const fixedPieces = (stretches: readonly Stretch[]): FixedPiece[] =>
  stretches.flatMap(({ pieces, border }) =>
    border === undefined ? [] : pieces.map(({ unit, at }) => ({ unit, border: border.index, offset: at - border.at })),
  );
