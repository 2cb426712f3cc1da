// SPDX-License-Identifier: LicenseRef-Project
// Writes a .gz and a .br twin next to every text asset, so that the server never compresses.
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { Plugin } from 'vite';

const kTextAsset = /\.(html|js|css|svg|json|txt|webmanifest)$/;
/** Below this the headers of a second representation cost more than it saves. */
const kBytesMin = 512;

function compressFile(path: string): void {
  const content = readFileSync(path);
  if (content.length < kBytesMin) {
    return;
  }
  writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }));
  writeFileSync(
    `${path}.br`,
    brotliCompressSync(content, {
      params: {
        [constants.BROTLI_PARAM_QUALITY]: 11,
        [constants.BROTLI_PARAM_SIZE_HINT]: content.length,
      },
    }),
  );
}

function compressFolder(folder: string): void {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) {
      compressFolder(path);
    } else if (kTextAsset.test(entry.name)) {
      compressFile(path);
    }
  }
}

/** Runs after the bundle is on disk; `outDir` is the one the build was called with. */
export function compressPlugin(): Plugin {
  let outDir = '';
  return {
    name: 'compress',
    apply: 'build',
    configResolved(config) {
      outDir = join(config.root, config.build.outDir);
      if (config.build.outDir.startsWith('/')) {
        outDir = config.build.outDir;
      }
    },
    closeBundle() {
      compressFolder(outDir);
    },
  };
}
