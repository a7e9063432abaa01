import { describe, expect, it } from 'vitest';
import { defineConfig, type UserConfig } from '../../configuration/define.ts';

describe('defineConfig', () => {
  it('returns its argument', () => {
    const config: UserConfig = { timeZone: 'UTC', feeds: [] };

    expect(defineConfig(config)).toBe(config);
  });
});
