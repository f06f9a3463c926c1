// How the browser tests run: the Chromium of this machine, the site in dist/app under a deep path,
// two window sizes. `cargo xtask test --only dist,e2e` builds the site first.
import { defineConfig } from '@playwright/test';

const launchOptions = {
  executablePath: process.env.LAYERGLASS_CHROMIUM || '/usr/bin/chromium',
  args: [
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ],
};

// The sample sites have to be built first: `cargo xtask test --only dist,samples`. What is large runs on demand alone.
const folder = process.env.LAYERGLASS_LARGE ? './large' : process.env.LAYERGLASS_SAMPLES ? './samples' : './specs';

export default defineConfig({
  testDir: folder,
  globalSetup: './lib/setup.mjs',
  outputDir: './results',
  reporter: [['list']],
  forbidOnly: !!process.env.CI,
  fullyParallel: true,
  workers: 2,
  retries: 0, // a test that passes the second time hides something
  timeout: 60_000,
  expect: { timeout: 10_000 },
  use: {
    launchOptions,
    locale: 'en-GB',
    colorScheme: 'light',
    screenshot: 'only-on-failure',
  },
  projects: [
    // Every test in a wide window; those tagged @narrow also on a phone's width.
    { name: 'wide', use: { viewport: { width: 1280, height: 800 } } },
    { name: 'narrow', use: { viewport: { width: 360, height: 740 }, hasTouch: true }, grep: /@narrow/ },
  ],
});
