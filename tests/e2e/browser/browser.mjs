// SPDX-License-Identifier: LicenseRef-Project
// A fresh headless Chromium for a test file, what the page said on its console, and pictures kept as artifacts.
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';

const kArtifacts = fileURLToPath(new URL('../../artifacts/page/', import.meta.url));
const kAxe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const kArguments = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

export function launch() {
  return chromium.launch({
    executablePath: process.env.BRISTLE_CHROMIUM ?? '/usr/bin/chromium',
    args: kArguments,
  });
}

// Opens a page and records its problems: console errors, uncaught exceptions, requests to other origins. `expected`
// says which failed requests belong to the test (a wrong password answers 400).
export async function openPage(browser, { expected = () => false, origin, ...options } = {}) {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    locale: 'en-US',
    timezoneId: 'UTC',
    ...options,
  });
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const problems = [];
  page.on('console', (message) => {
    if (message.type() === 'error' && !expected(message.location().url)) {
      problems.push(`console: ${message.text()} (${message.location().url})`);
    }
  });
  page.on('pageerror', (error) => problems.push(`uncaught: ${error.message}`));
  page.on('request', (request) => {
    const url = new URL(request.url());
    if (origin !== undefined && url.protocol.startsWith('http') && url.origin !== origin) {
      problems.push(`request to another origin: ${request.url()}`);
    }
  });
  return { page, context, problems };
}

export async function keepPicture(page, name) {
  mkdirSync(kArtifacts, { recursive: true });
  await page.screenshot({ path: `${kArtifacts}${name}.png` });
}

// Fails with the rule and the element of every accessibility violation.
export async function assertAccessible(page, where) {
  // Not a script tag: the page's content security policy rightly refuses one.
  await page.evaluate(kAxe);
  const violations = await page.evaluate(async () => {
    const { violations: found } = await globalThis.axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    });
    return found.flatMap((rule) =>
      rule.nodes.map((node) => `${rule.id}: ${node.html.slice(0, 160)} — ${node.failureSummary}`),
    );
  });
  assert.deepEqual(violations, [], `accessibility of ${where}`);
}
