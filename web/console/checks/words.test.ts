/** Everything that people read stands in a catalogue, in every language. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'
import type { Sayings } from '@/shared/words/catalogue'

const SOURCES = join(import.meta.dirname, '..', 'src')
/** The same in both languages. */
const SAME = new Set([
  'Pages',
  'API',
  'Information',
  'Mute',
  'Source',
  'Date',
  'Camera',
  'Audio',
  'Service',
  'Version',
  'Messenger',
  'Telegram',
  'Webhook',
  'Apprise',
  'MQTT',
  'Zone',
  'Clip',
])
const SPOKEN = new Set(['alt', 'aria-label', 'description', 'label', 'placeholder', 'title', 'error'])

function listFiles(suffix: string): string[] {
  const found = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' })
  return found.filter((name) => name.endsWith(suffix) && !name.includes('.test.'))
}

function list(sayings: Sayings, path: string): [string, string | ((...values: never[]) => string)][] {
  return Object.entries(sayings).flatMap(([key, said]) =>
    typeof said === 'object' ? list(said, `${path}.${key}`) : [[`${path}.${key}`, said] as [string, typeof said]],
  )
}

type Loaded = Record<string, { en: Sayings; fr: Sayings }>
const loaded = import.meta.glob<Loaded>(['../src/**/words.ts', '../src/shared/words/*.ts', '!../src/**/*.test.ts'], {
  eager: true,
})
const catalogues = Object.entries(loaded).flatMap(([file, exported]) =>
  Object.values(exported)
    .filter(
      (each) =>
        typeof each === 'object' && each !== null && 'en' in each && 'fr' in each && 'object' === typeof each.en,
    )
    .map((each) => ({ file, ...each })),
)

describe('catalogues', () => {
  it('are found', () => expect(catalogues.length).toBeGreaterThan(3))

  it.each(catalogues)('$file says everything in French, and not in English words', ({ en, fr }) => {
    const english = new Map(list(en, ''))
    const french = new Map(list(fr, ''))
    expect([...french.keys()]).toEqual([...english.keys()])
    const left = [...french].filter(([key, said]) => {
      const original = english.get(key)
      return typeof said === 'string' && said === original && /[a-z]{3}/i.test(said) && !SAME.has(said)
    })
    expect(left).toEqual([])
    expect([...french].filter(([, said]) => said === '')).toEqual([])
  })
})

function findSpoken(name: string): string[] {
  const text = readFileSync(join(SOURCES, name), 'utf8')
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX)
  const found: string[] = []
  const note = (said: string, node: ts.Node) => {
    if (!/\p{L}{2}/u.test(said)) return
    found.push(`${name}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1} ${said.trim()}`)
  }
  const visit = (node: ts.Node): void => {
    if (ts.isJsxText(node)) note(node.text, node)
    if (ts.isJsxAttribute(node) && node.initializer && ts.isStringLiteral(node.initializer)) {
      if (SPOKEN.has(node.name.getText())) note(node.initializer.text, node)
    }
    ts.forEachChild(node, visit)
  }
  visit(source)
  return found
}

it('no component says anything that is in no catalogue', () => {
  const names = new Set(['InstantReact'])
  const found = listFiles('.tsx').flatMap(findSpoken)
  expect(found.filter((each) => !names.has(each.split(' ').slice(1).join(' ')))).toEqual([])
})
