/** Finds, among many templates, the few that can match a key. Pure. */
import type { Template } from './template.ts';

type Slice = { readonly from: number; readonly to: number };

/**
 * The text that every matching key has at the same positions: the literals before the first
 * capture, since a date has a fixed length.
 */
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

/** The heads of one bucket with the same positions, by their text. */
type Shape<Item> = { readonly slices: readonly Slice[]; readonly byText: Map<string, Item[]> };

const shapesOf = <Item>(filed: readonly { readonly item: Item; readonly head: Head }[]): Shape<Item>[] => {
  const shapes = new Map<string, Shape<Item>>();
  for (const { item, head } of filed) {
    const places = head.slices.map(({ from, to }) => `${from}-${to}`).join();
    const shape = shapes.get(places) ?? { slices: head.slices, byText: new Map() };
    const alike = shape.byText.get(head.text) ?? [];
    alike.push(item);
    shape.byText.set(head.text, alike);
    shapes.set(places, shape);
  }
  return [...shapes.values()];
};

/**
 * Indexes items by the bucket of their template and by the text at fixed positions of every
 * matching key.
 *
 * @returns the function that lists the items whose template can match a key, in any order. Its work
 * grows with the number of different positions, not with the number of templates. Templates with
 * the same text before their first capture are all in the list
 */
export const createTemplateIndex = <Item>(
  items: readonly Item[],
  templateOf: (item: Item) => Template,
): ((place: { readonly bucket: string; readonly key: string }) => Item[]) => {
  const filed = items.map((item) => ({ item, bucket: templateOf(item).bucket, head: headOf(templateOf(item)) }));
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
