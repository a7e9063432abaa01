/** The feeds that the faults are tried on; two deployments differ in the revision of their job definition. */
import { defineConfig, type UserConfig } from '../../../configuration/define.ts';
import { sizeOf } from '../../support/test-size.ts';

export const LANDING = 'faults-landing';
export const QUEUE = 'faults';
export const DEFINITION = 'import';

/** How many files the slot of the feed `large` waits for. */
export const LARGE = sizeOf({ usual: 2_000, long: 10_000 });

const batch = (revision: number, parameters: Record<string, string>, queue = QUEUE) => ({
  batch: { queue, definition: `${DEFINITION}:${revision}`, parameters },
});

/** The configuration of a deployment. */
export const feedsOf = (revision: number): UserConfig =>
  defineConfig({
    timeZone: 'Asia/Tokyo',
    feeds: [
      {
        name: 'single',
        slots: { file: { files: `s3://${LANDING}/single/{name}.csv` } },
        job: batch(revision, { file: '{file.uri}' }),
      },
      {
        name: 'pair',
        slots: {
          orders: { files: `s3://${LANDING}/pair/{name}/orders_*` },
          complete: { files: `s3://${LANDING}/pair/{name}/_SUCCESS` },
        },
        job: batch(revision, { manifest: '{manifest}' }),
      },
      {
        name: 'alerted',
        slots: { file: { files: `s3://${LANDING}/alerted/{name}.csv` } },
        onOverwrite: 'alert',
        job: batch(revision, { name: '{name}' }),
      },
      {
        name: 'rerun',
        slots: { file: { files: `s3://${LANDING}/rerun/{name}.csv` } },
        onOverwrite: 'rerun',
        job: batch(revision, { manifest: '{manifest}' }),
      },
      {
        name: 'large',
        slots: { parts: { files: `s3://${LANDING}/large/{name}/part_*`, min: LARGE } },
        job: batch(revision, { manifest: '{manifest}' }),
      },
      {
        name: 'refused',
        slots: { file: { files: `s3://${LANDING}/refused/{name}.csv` } },
        job: batch(revision, { name: '{name}' }, 'no-such-queue'),
      },
    ],
  });
