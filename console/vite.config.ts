import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

// where `npm run dev` finds a server; the built console is served by the server itself
const server = process.env.MEGURI_URL ?? 'http://127.0.0.1:8080';

export default defineConfig({
  plugins: [react()],
  build: {
    target: ['chrome87', 'edge88', 'firefox78', 'safari14'],
    // the strict policy allows neither data: scripts nor inline code
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    cssCodeSplit: false,
    reportCompressedSize: false,
    sourcemap: false,
  },
  server: { proxy: { '/v1': server, '/graphql': server, '/healthz': server } },
  preview: { proxy: { '/v1': server, '/graphql': server, '/healthz': server } },
});
