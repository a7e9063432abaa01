/** Finds, among many templates, the few that a key may match. Pure. */
import type { Template } from './template.ts';

type Slice = { readonly from: number; readonly to: number };

/** What every matching key says at the same places: the literals before the first capture, since a date has a fixed length. */
type Head = { readonly slices: readonly Slice[]; readonly text: string };

const headOf = ({ parts }: Template): Head => {
  const slices: Slice[] = [];
  let text = '';
  let at = 0;
  for (const part of parts) {
    if (part.kind === 'literal') {
      slices.push({ from: at, to: at + part.text.length });
      text += part.text;
      at += part.text.length;
    } else if (part.kind === 'date') {
      at += part.unit.length;
    } else {
      break;
    }
  }
  return { slices, text };
};

const shapeOf = ({ slices }: Head): string => slices.map(({ from, to }) => `${from}-${to}`).join();

/** The heads of one bucket that stand at the same places, by what they say. */
type Shape<Item> = { readonly slices: readonly Slice[]; readonly byText: ReadonlyMap<string, readonly Item[]> };

/**
 * Files items by the bucket of their template and by the text that stands at fixed places of every matching key.
 *
 * @returns a function that gives the items which a key may match, in any order: all that it matches are among them. Its work grows with the number of
 * different places, not with that of templates; only templates that begin alike up to their first capture are told apart by matching
 */
export const createTemplateIndex = <Item>(
  items: readonly Item[],
  templateOf: (item: Item) => Template,
): ((place: { readonly bucket: string; readonly key: string }) => Item[]) => {
  const filed = items.map((item) => ({ item, bucket: templateOf(item).bucket, head: headOf(templateOf(item)) }));
  const shapesOf = (ofBucket: typeof filed): Shape<Item>[] =>
    Array.from(
      Map.groupBy(ofBucket, ({ head }) => shapeOf(head)).values(),
      (alike): Shape<Item> => ({
        slices: alike[0]?.head.slices ?? [],
        byText: new Map(
          Array.from(
            Map.groupBy(alike, ({ head }) => head.text),
            ([text, found]) => [text, found.map(({ item }) => item)],
          ),
        ),
      }),
    );
  const shapes = new Map(
    Array.from(
      Map.groupBy(filed, ({ bucket }) => bucket),
      ([bucket, ofBucket]) => [bucket, shapesOf(ofBucket)],
    ),
  );

  return ({ bucket, key }) =>
    (shapes.get(bucket) ?? []).flatMap(
      ({ slices, byText }) => byText.get(slices.map(({ from, to }) => key.slice(from, to)).join('')) ?? [],
    );
};
