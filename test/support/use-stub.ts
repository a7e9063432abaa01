/** Makes a stub stand for services of AWS during the tests of a file or `describe`. */
import { afterAll, beforeAll, vi } from 'vitest';
import type { StubServer } from './stub-server.ts';

/** @param services - as in the names of their endpoint variables: `EMR`, `EC2` */
export const useStub = <Stub extends StubServer>(stub: Stub, services: readonly string[]): Stub => {
  beforeAll(async () => {
    const url = await stub.start();
    for (const service of services) {
      vi.stubEnv(`AWS_ENDPOINT_URL_${service}`, url);
    }
    vi.stubEnv('AWS_REGION', 'ap-northeast-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
  });
  afterAll(() => {
    stub.stop();
    vi.unstubAllEnvs();
  });
  return stub;
};
