import { describe, expect, it } from 'vitest'
import { parseBlocks, parseInline } from './markdown'

describe('blocks', () => {
  it('are headings, paragraphs, lists, tables and code', () => {
    const card =
      '# Card\none\ntwo\n\n- a\n  more\n- b\n\n1. c\n\n| x | y |\n|---|--:|\n| 1 | a \\| b |\n\n```sh\n# no\n```\nend'
    expect(parseBlocks(card)).toEqual([
      { kind: 'heading', level: 1, text: 'Card' },
      { kind: 'paragraph', text: 'one two' },
      { kind: 'list', isOrdered: false, items: ['a more', 'b'] },
      { kind: 'list', isOrdered: true, items: ['c'] },
      { kind: 'table', head: ['x', 'y'], rows: [['1', 'a | b']] },
      { kind: 'code', text: '# no' },
      { kind: 'paragraph', text: 'end' },
    ])
  })

  it('end with the text, however it is broken off', () => {
    expect(parseBlocks('```\nx')).toEqual([{ kind: 'code', text: 'x' }])
    expect(parseBlocks('a\n| x |\n|---|')).toHaveLength(2)
    expect(parseBlocks('')).toEqual([])
  })

  it('leave HTML as the text that it is', () => {
    expect(parseBlocks('<script>alert(1)</script>')).toEqual([{ kind: 'paragraph', text: '<script>alert(1)</script>' }])
  })
})

describe('lines', () => {
  it('have code, strong words, and links that lead to the web', () => {
    expect(
      parseInline('a `b*c*` **d** *e* [f](https://example.org/x) [g](../docs/h.md) [i](javascript:alert(1))'),
    ).toEqual([
      { kind: 'text', text: 'a ' },
      { kind: 'code', text: 'b*c*' },
      { kind: 'text', text: ' ' },
      { kind: 'strong', text: 'd' },
      { kind: 'text', text: ' ' },
      { kind: 'em', text: 'e' },
      { kind: 'text', text: ' ' },
      { kind: 'link', text: 'f', to: 'https://example.org/x' },
      { kind: 'text', text: ' ' },
      { kind: 'text', text: 'g' },
      { kind: 'text', text: ' [i](javascript:alert(1))' },
    ])
  })

  it('keep a star that stands alone', () => {
    expect(parseInline('METEOR* and 2 * 3')).toEqual([{ kind: 'text', text: 'METEOR* and 2 * 3' }])
  })
})
