// SPDX-License-Identifier: LicenseRef-Project
// Build of the page: static, hashed, precompressed files that the API serves.
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vitest/config';
import { compressPlugin } from './compress_plugin';

/** Where `npm run dev` finds a running product. */
const kProduct = process.env['BRISTLE_URL'] ?? 'http://127.0.0.1:8000';
const kSource = fileURLToPath(new URL('./src', import.meta.url));
const kTests = fileURLToPath(new URL('../../tests/unit/controlplane/ui', import.meta.url));

export default defineConfig({
  plugins: [react(), compressPlugin()],
  resolve: { alias: { '@': kSource } },
  build: {
    outDir: '../../build/page',
    emptyOutDir: true,
    target: 'es2021',
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
    rollupOptions: {
      output: {
        manualChunks(id) {
          if (id.includes('node_modules/echarts') || id.includes('node_modules/zrender')) {
            return 'charts';
          }
          if (/node_modules\/(react|react-dom|scheduler)\//.test(id)) {
            return 'react';
          }
          return undefined;
        },
      },
    },
  },
  server: {
    fs: { allow: ['.', kTests] },
    proxy: { '/api': kProduct, '/livestream': kProduct },
  },
  test: {
    globals: true,
    dir: kTests,
    include: ['**/*_test.ts'],
    environment: 'node',
  },
});
