import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import react from '@vitejs/plugin-react'
import type { Plugin } from 'vite'
import { defineConfig } from 'vitest/config'

const OUT = '../../app/instantreact/console'
const COMPRESSED = /\.(js|css|svg|json|webmanifest)$/
const LEAST_BYTES = 512

/** Writes each file compressed beside itself, once, so that the service compresses nothing. */
function compress(): Plugin {
  return {
    name: 'compress',
    apply: 'build',
    closeBundle() {
      const folder = join(import.meta.dirname, OUT)
      for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
        const path = join(folder, name)
        if (!COMPRESSED.test(name) || statSync(path).size < LEAST_BYTES) continue
        const content = readFileSync(path)
        const quality = { [constants.BROTLI_PARAM_QUALITY]: 9 }
        writeFileSync(`${path}.br`, brotliCompressSync(content, { params: quality }))
        writeFileSync(`${path}.gz`, gzipSync(content, { level: 9 }))
      }
    },
  }
}

/** The service whose API `npm run dev` shows: `instantreact serve` on its usual port. */
const SERVICE = process.env.CONSOLE_SERVICE ?? 'http://127.0.0.1:8000'

export default defineConfig({
  base: '/console/',
  plugins: [react(), compress()],
  resolve: { alias: { '@': join(import.meta.dirname, 'src') } },
  build: {
    outDir: OUT,
    emptyOutDir: true,
    target: 'es2022',
    manifest: 'manifest.json',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700, // checks/bundle.test.ts has the limit that counts
    reportCompressedSize: false,
  },
  server: { proxy: { '^/(?!console)': { target: SERVICE, ws: true } } },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}', 'checks/**/*.test.ts'],
    css: false,
    isolate: false,
  },
})
