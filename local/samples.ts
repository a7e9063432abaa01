/** Files as the two data providers of the shipped configuration send them: of today and the two days before. The same on one day, to the byte. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { nextDate } from '../shared/feeds/business-dates.ts';

export type SampleFile = { readonly bucket: string; readonly key: string; readonly body: Buffer };

const SHOPS = ['tokyo', 'osaka', 'nagoya', 'sapporo', 'fukuoka'];
const CATALOG_SHOPS = ['tokyo', 'osaka', 'sapporo'];
const HOURS = ['00', '01', '02', '03', '04', '05'];
const CORRECTED_HOUR = '02';

const ORDERS = 4_000;
const PRODUCTS = 6_000;
const CLICKS = 5_000;
const CORRECTIONS = 40;
const CUSTOMERS = 2_500;

const CATEGORIES = ['books', 'garden', 'kitchen', 'stationery', 'toys', '文房具'];
const PAGES = ['/', '/search', '/cart', '/checkout', '/products'];

/** Makes a source of numbers from 0 to below 1 that is the same for the same name (xorshift). */
const numbersOf = (name: string): (() => number) => {
  let state = createHash('sha256').update(name).digest().readUInt32LE() | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
};

type Draw = { readonly below: (limit: number) => number; readonly pick: (from: readonly string[]) => string };

const drawFor = (name: string): Draw => {
  const next = numbersOf(name);
  const below = (limit: number): number => Math.floor(next() * limit);
  return { below, pick: (from) => from[below(from.length)] ?? '' };
};

const digits = (value: number, width: number): string => String(value).padStart(width, '0');

const timeOfDay = ({ below }: Draw): string =>
  `${digits(below(24), 2)}:${digits(below(60), 2)}:${digits(below(60), 2)}`;

const table = (
  separator: string,
  header: readonly string[],
  count: number,
  row: (index: number) => unknown[],
): string =>
  [header, ...Array.from({ length: count }, (_, index) => row(index))]
    .map((fields) => `${fields.join(separator)}\n`)
    .join('');

const ordersOf = (shop: string, date: string): string => {
  const draw = drawFor(`orders ${shop} ${date}`);
  const header = ['order_id', 'ordered_at', 'shop', 'customer_id', 'product_id', 'quantity', 'price_jpy'];
  return table('\t', header, ORDERS, (index) => [
    `${date.replaceAll('-', '')}-${shop}-${digits(index + 1, 6)}`,
    `${date}T${timeOfDay(draw)}+09:00`,
    shop,
    digits(draw.below(200_000), 7),
    `P${digits(draw.below(PRODUCTS), 5)}`,
    1 + draw.below(4),
    (1 + draw.below(300)) * 110,
  ]);
};

const catalogOf = (shop: string, date: string): string => {
  const draw = drawFor(`catalog ${shop} ${date}`);
  return table('\t', ['product_id', 'category', 'price_jpy', 'stock', 'updated_at'], PRODUCTS, (index) => [
    `P${digits(index, 5)}`,
    draw.pick(CATEGORIES),
    (1 + draw.below(300)) * 110,
    draw.below(500),
    `${date}T${timeOfDay(draw)}+09:00`,
  ]);
};

const eventsOf = (date: string, hour: string, part: string, count: number): string => {
  const draw = drawFor(`events ${date} ${hour} ${part}`);
  return Array.from({ length: count }, () => {
    const minute = digits(draw.below(60), 2);
    const second = digits(draw.below(60), 2);
    const event = {
      at: `${date}T${hour}:${minute}:${second}.${digits(draw.below(1_000), 3)}Z`,
      session: draw.below(2 ** 31).toString(36),
      customer: draw.below(4) === 0 ? digits(draw.below(200_000), 7) : null,
      page: draw.pick(PAGES),
      product: `P${digits(draw.below(PRODUCTS), 5)}`,
      ms: draw.below(9_000),
    };
    return `${JSON.stringify(event)}\n`;
  }).join('');
};

const segmentOf = (name: string): string => {
  const draw = drawFor(`segment ${name}`);
  return table(',', ['customer_id', 'score'], CUSTOMERS, () => [
    digits(draw.below(200_000), 7),
    (draw.below(1_000) / 1_000).toFixed(3),
  ]);
};

const northwind = (key: string, body: Buffer): SampleFile => ({ bucket: 'northwind-landing', key, body });
const clickstream = (key: string, body: Buffer): SampleFile => ({ bucket: 'clickstream-landing', key, body });

/** @param isComplete - whether `_SUCCESS` comes */
const salesFiles = (date: string, isComplete: boolean): SampleFile[] => {
  const folder = `sales/${date.replaceAll('-', '')}`;
  const orders = SHOPS.map((shop) => northwind(`${folder}/orders_${shop}.tsv.gz`, gzipSync(ordersOf(shop, date))));
  return isComplete ? [...orders, northwind(`${folder}/_SUCCESS`, Buffer.alloc(0))] : orders;
};

const catalogFiles = (date: string): SampleFile[] =>
  CATALOG_SHOPS.map((shop) =>
    northwind(`catalog/${date.replaceAll('-', '/')}/products_${shop}.tsv.gz`, gzipSync(catalogOf(shop, date))),
  );

const clickFiles = (date: string, hour: string): SampleFile[] => {
  const folder = `events/${date}/${hour}`;
  const parts = ['a', 'b'].map((part) =>
    clickstream(`${folder}/events_${part}.json.gz`, gzipSync(eventsOf(date, hour, part, CLICKS))),
  );
  const corrections = clickstream(
    `${folder}/corrections.json.gz`,
    gzipSync(eventsOf(date, hour, 'corrections', CORRECTIONS)),
  );
  return hour === CORRECTED_HOUR ? [corrections, ...parts] : parts;
};

const SEGMENTS = ['lapsed-buyers.csv', 'spring sale + 10% off.csv', '新規顧客=2026&11.csv'];

/**
 * Makes the sample files in the order in which they come.
 *
 * @remarks No feed waits for one of them, and `_SUCCESS` of today is not among them, so that its run goes on waiting.
 * @param today - `2026-11-22`, in the zone of the configuration
 */
export const sampleFiles = (today: string): SampleFile[] => [
  ...[-2, -1, 0].flatMap((days) => {
    const date = nextDate(today, days);
    return [...catalogFiles(date), ...salesFiles(date, days < 0)];
  }),
  northwind(
    'sales/README.txt',
    Buffer.from('Orders of all shops, one folder a day. Questions: data@northwind.example\n'),
  ),
  ...HOURS.flatMap((hour) => clickFiles(today, hour)),
  ...SEGMENTS.map((name) => clickstream(`segments/${name}`, Buffer.from(segmentOf(name)))),
];
