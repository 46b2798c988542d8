import react from '@vitejs/plugin-react';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

// where `npm run dev` finds a server; the built console is served by the server itself
const server = process.env.MEGURI_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  resolve: { alias: { '@0no-co/graphql.web': fileURLToPath(new URL('src/api/documents.ts', import.meta.url)) } },
  build: {
    target: ['chrome87', 'edge88', 'firefox78', 'safari14'],
    // the strict policy allows neither data: scripts nor inline code
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
    reportCompressedSize: false,
    sourcemap: false,
    rollupOptions: {
      output: {
        // what every page needs comes in one file: each request costs its headers
        manualChunks: (id) =>
          /node_modules|src\/(api|ui|i18n\/(index|ja|format)|App|main|lib\/(clock|day|id|number|report)|gql\/(shared|capacity))/.test(
            id,
          )
            ? 'core'
            : undefined,
      },
    },
  },
  server: { proxy: { '/v1': server, '/graphql': server, '/healthz': server } },
  preview: { proxy: { '/v1': server, '/graphql': server, '/healthz': server } },
});
