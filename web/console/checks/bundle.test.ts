/** What a browser fetches before the first page is there, as it travels. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'

const BUILT = join(import.meta.dirname, '..', '..', '..', 'app', 'instantreact', 'console')
const MOST_BYTES = 250_000

interface Chunk {
  file: string
  isEntry?: boolean
  imports?: string[]
}

/** The scripts of a page and all that they import at once. */
function listScripts(manifest: Record<string, Chunk>, names: string[]): Set<string> {
  const found = new Set<string>()
  const visit = (name: string) => {
    const chunk = manifest[name]
    if (!chunk || found.has(chunk.file)) return
    found.add(chunk.file)
    for (const each of chunk.imports ?? []) visit(each)
  }
  for (const each of names) visit(each)
  return found
}

it.skipIf(!existsSync(join(BUILT, 'manifest.json')))('each page is there within 250 kB of JavaScript', () => {
  const manifest = JSON.parse(readFileSync(join(BUILT, 'manifest.json'), 'utf8')) as Record<string, Chunk>
  const pages = Object.keys(manifest).filter((name) => name.endsWith('Page.tsx'))
  expect(pages.length).toBeGreaterThan(2)
  const sizes = pages.map((page) => {
    const scripts = [...listScripts(manifest, ['index.html', page])]
    return { page, bytes: scripts.reduce((sum, each) => sum + gzipSync(readFileSync(join(BUILT, each))).length, 0) }
  })
  expect(sizes.filter((each) => each.bytes > MOST_BYTES)).toEqual([])
})
