/** Where the pieces of a date stand in a key, as far as a template alone can tell. */
import type { DateUnit, TemplatePart } from './template.ts';

/**
 * A border of a key: 0 is its start, then come its slashes, then its end. Captures take no slash, so that a template and each of its keys
 * have the same.
 */
type Border = { readonly index: number; readonly at: number };

/** What stands between two captures. All of it has one width, so whatever is beside a border has a fixed place. */
export type Stretch = {
  readonly pieces: readonly {
    readonly unit: DateUnit;
    /** Place among the parts of the template. */
    readonly index: number;
    /** Place in the stretch. */
    readonly at: number;
  }[];
  /** `undefined` of a stretch that floats: a capture or `*` is on both sides of it in its folder or file name. */
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

/** A piece of a date, and how many characters after a border of the key it begins. */
export type FixedPiece = { readonly unit: DateUnit; readonly border: number; readonly offset: number };

/** Lists the pieces of a date that have the same place whatever the captures take. */
export const fixedPieces = (stretches: readonly Stretch[]): FixedPiece[] =>
  stretches.flatMap(({ pieces, border }) =>
    border === undefined ? [] : pieces.map(({ unit, at }) => ({ unit, border: border.index, offset: at - border.at })),
  );
